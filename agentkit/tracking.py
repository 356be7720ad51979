"""The functions that the platform calls when a call begins and when it ends (facts 3.3).

They begin and end the state of the call and run the author's handlers. A handler that fails is
logged and keeps neither the others nor the call from going on.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import anyio

from agentkit import bridge
from agentkit._log import log
from agentkit.context import Call
from agentkit.errors import EncodingError
from agentkit.hooks import fitted, takes_two
from agentkit.operations.results import answer_of
from agentkit.spec import AgentSpec
from agentkit.state.manager import StateManager
from agentkit.tools import REPEAT, ToolOptions, build

JSON = dict[str, Any]

HOOK_SECONDS = 3.0
"""How long the handlers of a hook may take: the platform is silent until `startup_hook` answers."""

LEAST_SECONDS = 0.1
"""How long a handler may take when those before it have used up the time."""

STORE_SECONDS = 2.0
"""How long the state of the call may take to be begun or ended."""


class Tracked(Protocol):
    """An agent whose calls are tracked."""

    @property
    def spec(self) -> AgentSpec:
        """The agent as one value."""
        ...

    @property
    def states(self) -> StateManager:
        """Where state is kept."""
        ...


async def startup_hook(agent: Tracked, call: Call) -> JSON:
    """Begin the call."""
    if call.call_id is not None:
        await agent.states.run(agent.states.operations.ensure(call.call_id))
    return await _told(agent.spec.call_start, call, {})


async def hangup_hook(agent: Tracked, call: Call) -> JSON:
    """End the call."""
    answer = await _told(agent.spec.call_end, call, _talk(call))
    if call.call_id is not None:
        await agent.states.run(agent.states.operations.end_call(call.call_id))
    return answer


async def _told(handlers: Iterable[Callable[..., Any]], call: Call, first: object) -> JSON:
    """Run the handlers and join what they answer: texts by lines, actions in order."""
    deadline = anyio.current_time() + HOOK_SECONDS
    wanted = [_wanted(handler, call, first) for handler in handlers]
    answers = [await _answer(handler, deadline) for handler in wanted]
    texts = [answer["response"] for answer in answers if answer.get("response")]
    actions = [action for answer in answers for action in answer.get("action", ())]
    joined = {"response": "\n".join(map(str, texts)), "action": actions}
    return {key: value for key, value in joined.items() if value}


async def _answer(handler: Callable[[], Any], deadline: float) -> JSON:
    seconds = max(deadline - anyio.current_time(), LEAST_SECONDS)
    try:
        result = await bridge.call(handler, seconds=seconds)
        return {} if result is None else answer_of(result)
    except (bridge.UserCodeError, bridge.DeadlineError, EncodingError) as error:
        log.exception("call_handler_failed", error.__cause__ or error)
        return {}


def _wanted(handler: Callable[..., Any], call: Call, first: object) -> Callable[[], Any]:
    """A handler takes a `Call`, or as in the vendor's SDK `raw_data`, or that after another."""
    if takes_two(handler):
        return fitted(handler, first, call.raw_data)
    return fitted(handler, call, raw_data=call.raw_data)


def _talk(call: Call) -> list[Any]:
    """Return what was said, which the platform tells if `swaig_post_conversation` is set."""
    logs = (call.raw_data.get(name) for name in ("call_log", "raw_call_log"))
    return next((log for log in logs if log and isinstance(log, list)), [])


def _session(call: Call) -> object:
    """A call whose document runs the model twice has two sessions, and each begins and ends."""
    return call.raw_data.get("ai_session_id")


_OPTIONS = ToolOptions(
    timeout=HOOK_SECONDS + STORE_SECONDS,
    on_error="",
    on_unconfirmed="",
    once=_session,
    on_crash=REPEAT,
)

HOOKS = [build(hook, _OPTIONS, takes_agent=True) for hook in (startup_hook, hangup_hook)]
"""The tools, the same for every agent."""
