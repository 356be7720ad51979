"""Run a tool once for a call and its arguments, however often it is asked for.

The journal in the record of the call says what was begun and what became of it. The tool's own
writes to the state of the call are held back and stored together with its outcome. An outcome that
nobody knows (the worker died, the tool raised or ran out of time) is `unconfirmed`: it is said so,
and not run again, unless the tool's policy is to repeat it. A `ToolError` says that nothing was
done, so the tool may be asked again.
"""

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from msgspec import Struct

from agentkit import _json, bridge
from agentkit._log import log
from agentkit.claims import StillRunningError
from agentkit.context import Call
from agentkit.errors import (
    CallEnded,
    RequestError,
    StateCorrupt,
    StateError,
    StateSchema,
    StateTooLarge,
    ToolError,
)
from agentkit.events import Outcome
from agentkit.operations.agents import Agent
from agentkit.reply import Reply
from agentkit.slots import StuckError, busy
from agentkit.state.journal import Entry, Place, Step
from agentkit.state.stage import Stage
from agentkit.tools import REPEAT, Tool

ALREADY_DONE = "That was done already."
"""Said when a result was too long to be kept."""

_NEVER = (StateCorrupt, StateSchema, StateTooLarge)  # sending the request again would not help


class Attempted(Struct, eq=False):
    """What a run of a tool came to: the answer, and why there is none of its own."""

    reply: Reply
    error: BaseException | None = None


Attempt = Callable[[], Awaitable[Attempted]]


async def run_once(agent: Agent, tool: Tool, call: Call, attempt: Attempt) -> Reply:
    """Answer a call of a `once` tool: by running it, or with what is known of it.

    Raises:
        RequestError: 503, the store could not be reached and nothing has run.
        StateError: what the store holds of this call cannot be used; nothing has run.
        UserCodeError: the tool's key function raised.
    """
    call.once_key = await _key_of(tool, call)
    if call.call_id is None:
        log.warning("once_without_a_call")
        return (await attempt()).reply
    place = Place(call.call_id, f"{agent.name}:{call.once_key}")
    standing = await _claim(agent, tool, place)
    if standing is not None:
        return _told(tool, call, standing)
    call.states, stage = agent.states.staged(call.call_id)
    try:
        outcome = await attempt()
    except BaseException as error:
        await _noted(_abandoned(agent, tool, place, error))
        raise
    await _noted(_settled(agent, tool, place, outcome, stage))
    if outcome.error is None:
        call.states = agent.states  # what it left running writes for itself
    return outcome.reply


async def _key_of(tool: Tool, call: Call) -> str:
    """Return what one step has in common with its repetitions."""
    told: object = call.arguments
    if callable(tool.once):
        told = await bridge.call(tool.once, call, seconds=tool.seconds)
    digest = blake2b(_json.canonical(told), digest_size=16).hexdigest()
    return f"{tool.name}:{digest}"


async def _claim(agent: Agent, tool: Tool, place: Place) -> Entry | None:
    again = tool.on_crash == REPEAT
    try:
        return await agent.traffic.claims.take(agent.states, place, tool.seconds, again=again)
    except (StillRunningError, CallEnded):
        return Entry("", 0.0, Step.UNCONFIRMED)
    except _NEVER:
        raise
    except StateError as error:
        log.exception("once_not_claimed", error)
        raise busy() from error


def _told(tool: Tool, call: Call, standing: Entry) -> Reply:
    """Say what became of the step."""
    if standing.step is Step.DONE:
        call.outcome = Outcome.REPEATED
        log.info("once_repeated", key=tool.name)
        body = standing.reply
        return Reply(_json.encode({"response": ALREADY_DONE}) if body is None else body.encode())
    call.outcome = Outcome.UNCONFIRMED
    log.warning("once_unconfirmed", key=tool.name)
    said = {"response": tool.on_unconfirmed} if tool.on_unconfirmed else {}
    return Reply(_json.encode(said))


async def _settled(
    agent: Agent, tool: Tool, place: Place, outcome: Attempted, stage: Stage
) -> None:
    claims, states = agent.traffic.claims, agent.states
    if outcome.error is None:
        body = outcome.reply.body
        await claims.settle(states, place, Step.DONE, reply=body, changes=stage.changes)
    else:
        await _abandoned(agent, tool, place, outcome.error)


async def _abandoned(agent: Agent, tool: Tool, place: Place, error: BaseException) -> None:
    claims, states = agent.traffic.claims, agent.states
    if tool.on_crash == REPEAT or _did_nothing(error):
        await claims.release(states, place)
    else:
        await claims.settle(states, place, Step.UNCONFIRMED)


def _did_nothing(error: BaseException) -> bool:
    """Say whether the tool said so, or never began; else nobody knows."""
    if isinstance(error, bridge.UserCodeError):
        return isinstance(error.original, ToolError)
    return isinstance(error, RequestError | StuckError)


async def _noted(work: Awaitable[None]) -> None:
    """User code has run, so the answer stands; what could not be stored stays unconfirmed."""
    try:
        await work
    except StateError as error:
        log.exception("once_not_settled", error)
