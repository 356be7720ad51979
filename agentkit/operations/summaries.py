"""Take the summary of a call, or give a stored one back (D10 and D11 of the design).

A summary is told once, for however many deliveries: `agentkit.outbox` knows how far each has come.
What the author's code could not take is kept and tried again, and the platform is told 200 when it
is stored. Only what can neither be handled nor stored is answered 503, so that it comes again.
"""

import anyio

from agentkit._log import log
from agentkit.compile import CompiledAgent
from agentkit.context import Exchange
from agentkit.errors import RequestError, StateError
from agentkit.operations import conversations, watching
from agentkit.operations.agents import Agent
from agentkit.operations.looking import listens
from agentkit.operations.retries import look_if_it_is_time
from agentkit.operations.telling import attempt, digest_of, outbox_of, report, tell
from agentkit.outbox import Outbox, Progress, Stage, Taken, delivery_id
from agentkit.reply import Reply, json_reply
from agentkit.swaig.payload import PostPrompt, checked_id

JOIN_SECONDS = 100.0
"""How long a repeated summary waits for the first: the platform itself waits 120 s."""

_SUMMARIES = (None, "post_conversation")
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


async def take_summary(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> Reply:
    """Answer what the platform posts to `/post_prompt`."""
    post = exchange.post_prompt()
    call_id = checked_id(post.call_id.value, "call_id")
    if not compiled.accepts_summary(exchange.token(), call_id, agent.clock()):
        raise RequestError(403, "the token is missing, wrong, expired or of another call")
    if post.action not in _SUMMARIES or not listens(agent, compiled):
        exchange.check_depth()
        return await _untold(agent, post)
    exchange.data()  # what cannot be read is refused before anything runs
    began = watching.clock()
    progress, repeated = await _taken(
        agent, compiled, exchange, delivery_of(agent, post, exchange.body)
    )
    await report(compiled.spec, call_id, progress, began, repeated=repeated)
    await look_if_it_is_time(agent)
    return _told(progress)


def delivery_of(agent: Agent, post: PostPrompt, body: bytes) -> str:
    """Return the id under which a summary is told once."""
    session = post.ai_session_id
    named = session if isinstance(session, str) and session else None
    return delivery_id(digest_of(agent), post.call_id.value or None, named, body)


async def _untold(agent: Agent, post: PostPrompt) -> Reply:
    """Answer what no user code is told of."""
    if post.action == "fetch_conversation":
        return json_reply(await conversations.fetched(agent.states, post))
    if post.action not in _SUMMARIES:
        log.info("post_prompt_action_unknown", action=post.action)
        return json_reply({"success": True})
    return await _only_kept(agent, post)


async def _only_kept(agent: Agent, post: PostPrompt) -> Reply:
    """Without user code there is only the conversation to keep, which may be done twice."""
    try:
        await conversations.keep(agent.states, post)
    except StateError as error:
        raise _come_again("conversation_not_kept", error) from error
    return json_reply({"success": True})


async def _taken(
    agent: Agent, compiled: CompiledAgent, exchange: Exchange, name: str
) -> tuple[Progress, bool]:
    """Return how far a summary has come, and whether others brought it there."""
    outbox = outbox_of(agent)
    try:
        taken = await _claimed(outbox, name)
    except StateError as error:
        log.error("summary_unguarded", reason=str(error))
        return await _unguarded(agent, compiled, exchange), False
    if taken.version is None:
        log.info("summary_repeated", id=name, stage=taken.progress.stage.value)
        return taken.progress, True
    try:
        return await attempt(agent, compiled, exchange, outbox, taken), False
    except StateError as error:
        raise _come_again("summary_not_kept", error) from error


async def _claimed(outbox: Outbox, name: str) -> Taken:
    """Take a delivery, or wait until whoever has it is done."""
    deadline, pause = anyio.current_time() + JOIN_SECONDS, _FIRST_PAUSE
    while True:
        taken = await outbox.take(name)
        if taken.version is not None or taken.progress.stage is not Stage.STARTED:
            return taken
        if anyio.current_time() + pause > deadline:
            raise RequestError(503, "this summary is still being taken")
        await anyio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _unguarded(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> Progress:
    """Tell a summary while the store is away: rather twice than never."""
    error_id = await tell(agent, compiled, exchange)
    if error_id:
        raise RequestError(503, f"the summary could neither be handled nor stored ({error_id})")
    return Progress(Stage.DONE)


def _told(progress: Progress) -> Reply:
    if progress.stage is Stage.DONE:
        return json_reply({"success": True})
    return json_reply({"success": False, "error_id": progress.error_id})


def _come_again(event: str, error: StateError) -> RequestError:
    log.error(event, reason=str(error))
    return RequestError(503, "the summary could not be stored")
