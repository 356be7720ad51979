"""Tell an author of the end of a call: one attempt to hand a summary over, and what becomes of it.

The attempt is taken from an `Outbox` before, so nobody else makes one at the same time.
"""

from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode

import anyio

from agentkit import bridge
from agentkit._log import log, new_error_id, subject
from agentkit.compile import CompiledAgent
from agentkit.context import Exchange, Subject
from agentkit.errors import StateError
from agentkit.events import Outcome, SummaryTaken
from agentkit.hooks import annotated, fitted, is_overridden, place_of, takes
from agentkit.late import LateModule
from agentkit.operations import conversations, watching
from agentkit.operations.agents import Agent, configured
from agentkit.outbox import Outbox, Progress, Stage, Taken, agent_digest
from agentkit.spec import AgentSpec
from agentkit.state.outbox import Head, Letter
from agentkit.swaig.payload import summary_of

JSON = dict[str, Any]

SUMMARY_SECONDS = 30.0
"""How long `on_summary` may take; nobody on the call waits for it."""

GIVE_BACK_SECONDS = 5.0
"""How long it may take to give an attempt back that was broken off."""

_typed = LateModule("agentkit.summary")


def digest_of(agent: Agent) -> str:
    """Return what stands for an agent in its outbox."""
    return agent_digest(agent.name, agent.route)


def outbox_of(agent: Agent) -> Outbox:
    """Return the outbox of an agent."""
    return Outbox(agent.states, digest_of(agent), agent.clock, agent.shared.watch.worker())


async def attempt(
    agent: Agent,
    compiled: CompiledAgent,
    exchange: Exchange,
    outbox: Outbox,
    taken: Taken,
    letter: Letter | None = None,
) -> Progress:
    """Tell the author's hook of a summary, and store what became of it.

    Args:
        agent: whose hook it is.
        compiled: the agent, compiled.
        exchange: the request that brought the summary, or a letter as one.
        outbox: what the attempt was taken from.
        taken: the attempt.
        letter: what to keep if it fails, when it is a letter already.

    Raises:
        StateError: the hook failed, and what it was told could not be kept for later.
    """
    ended = False
    try:
        error_id = await tell(agent, compiled, exchange)
        if error_id:
            failed = letter or letter_of(agent, exchange)
            progress = await _kept(agent, outbox, taken, failed, error_id)
        else:
            progress = Progress(Stage.DONE)
            await _remembered(outbox, taken)
        ended = True
    finally:
        if not ended:
            await _given_back(outbox, taken)
    return progress


async def report(
    spec: AgentSpec, call_id: str | None, progress: Progress, began: float, *, repeated: bool
) -> None:
    """Tell those who watch the agent what became of a summary."""
    outcome = Outcome.ANSWERED if progress.stage is Stage.DONE else Outcome.FAILED
    event = SummaryTaken(
        agent=spec.name,
        call_id=call_id,
        outcome=Outcome.REPEATED if repeated else outcome,
        seconds=watching.clock() - began,
    )
    await watching.tell(spec, event)


async def tell(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> str:
    """Tell the author's hook and return "", or the id of the failure that was logged."""
    post = exchange.post_prompt()
    call_id = post.call_id.value if isinstance(post.call_id.value, str) else None
    before = subject.set(Subject(call_id or None, agent.name))
    try:
        await _keep_conversation(agent, exchange)
        agent, _ = await configured(agent, compiled, exchange)
        if is_overridden(agent.on_summary):
            call = wanted(agent.on_summary, summary_of(post), exchange.data())
            await bridge.call(call, seconds=SUMMARY_SECONDS)
    except (bridge.UserCodeError, bridge.DeadlineError) as error:
        error_id = new_error_id()
        log.exception("summary_failed", error.__cause__ or error, error_id=error_id)
        return error_id
    finally:
        subject.reset(before)
    return ""


def wanted(hook: Callable[..., Any], summary: Any, raw: JSON) -> Callable[[], Any]:
    """Return the hook with what it takes; a `Summary` is made for a parameter that asks for one."""
    name = annotated(hook, "agentkit.summary.Summary")
    if name is None and not takes(hook, "report"):
        return fitted(hook, summary, raw)
    report = _typed.Summary(raw)
    places = {0: (report, raw), 1: (summary, report)}
    place = None if name is None else place_of(hook, name)
    if place in places:
        return fitted(hook, *places[place])
    return fitted(hook, summary, raw, **{name or "report": report})


def letter_of(agent: Agent, exchange: Exchange) -> Letter:
    """Return a request as it is kept: without credentials, tokens and headers."""
    call_id = exchange.post_prompt().call_id.value
    query = urlencode(exchange.query())
    head = Head(agent.name, agent.route, call_id or None, query, agent.clock())
    return Letter(head, exchange.body)


def exchange_of(letter: Letter) -> Exchange:
    """Return a kept request as it was, but for its headers."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{letter.head.route.rstrip('/')}/post_prompt",
        "query_string": letter.head.query.encode("latin-1", "replace"),
        "headers": [],
    }
    return Exchange(scope, _no_more, {}, "", "POST", letter.body)


async def _no_more() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


async def _kept(
    agent: Agent, outbox: Outbox, taken: Taken, letter: Letter, error_id: str
) -> Progress:
    progress = await outbox.failed(taken, letter, error_id)
    if progress.stage is Stage.DEAD:
        log.error("summary_dead", id=taken.id, attempts=progress.attempts, error_id=error_id)
    else:
        agent.shared.watch.note(taken.id, progress.next_at, agent.clock())
    return progress


async def _keep_conversation(agent: Agent, exchange: Exchange) -> None:
    """Keep what the platform remembers; without it the author is told all the same."""
    try:
        await conversations.keep(agent.states, exchange.post_prompt())
    except StateError as error:
        log.error("conversation_not_kept", reason=str(error))


async def _remembered(outbox: Outbox, taken: Taken) -> None:
    """Remember a success; if that fails, a repetition may tell the author once more."""
    try:
        await outbox.done(taken)
    except StateError as error:
        log.error("summary_not_remembered", id=taken.id, reason=str(error))


async def _given_back(outbox: Outbox, taken: Taken) -> None:
    """Let others have an attempt that was broken off, also while this one is cancelled."""
    with anyio.move_on_after(GIVE_BACK_SECONDS, shield=True):
        try:
            await outbox.release(taken)
        except StateError as error:  # then its lease must end
            log.error("summary_not_given_back", id=taken.id, reason=str(error))
