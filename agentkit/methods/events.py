"""What is run when something happens in a call: its begin and end, each tool, each event."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from agentkit import tracking
from agentkit.errors import DefinitionError
from agentkit.hooks import default_hook, is_async
from agentkit.late import LateModule
from agentkit.operations import inputs
from agentkit.operations.agents import Agent
from agentkit.spec import AgentSpec, Holder, callback_of
from agentkit.tools import Tool

if TYPE_CHECKING:
    from starlette.requests import Request

_retries = LateModule("agentkit.operations.retries")
Hook = TypeVar("Hook", bound=Callable[..., Any])


class Tracked(Protocol):
    """An agent whose calls are tracked by tools."""

    _spec: AgentSpec

    @property
    def spec(self) -> AgentSpec:
        """The agent as one value."""
        ...

    def add_tool(self, tool: Tool) -> Self:
        """Register a tool."""
        ...

    def set_param(self, key: str, value: Any) -> Self:
        """Set one parameter of the `ai` verb."""
        ...

    def set_web_hook_url(self, url: str) -> Self:
        """Have every function that has no URL of its own answered elsewhere."""
        ...


def on_call_start(self: Tracked, handler: Hook) -> Hook:
    """Run a handler when a call begins, before the model speaks; usable as a decorator.

    It takes a `Call`, `(raw_data)` or `(args, raw_data)`; sync or async, 3 seconds in all. What
    it returns is a tool's result: text joins the prompt, actions run. Runs in `startup_hook`.
    """
    self._spec = self._spec.adding("call_start", callback_of(handler, "on_call_start"))
    track(self, "startup_hook")
    return handler


def on_call_end(self: Tracked, handler: Hook) -> Hook:
    """Run a handler when a call ends; the state can still be read.

    It takes a `Call`, `(raw_data)` or `(call_log, raw_data)`: the whole talk, unless the
    parameter `swaig_post_conversation` was set before. Else as of `on_call_start`.
    """
    self._spec = self._spec.adding("call_end", callback_of(handler, "on_call_end"))
    if "swaig_post_conversation" not in self._spec.params:
        self.set_param("swaig_post_conversation", True)  # the hook then gets the whole talk
    track(self, "hangup_hook")
    return handler


def on_debug_event(self: Holder, handler: Hook) -> Hook:
    """Run a handler for each debug event; usable as a decorator.

    It takes a `DebugEvent`, or `(event_type, data)` with the whole body; sync or async. Events
    are best effort and come in no order. What a handler raises is logged.
    """
    self._spec = self._spec.adding("on_debug", callback_of(handler, "on_debug_event"))
    return handler


def middleware(self: Holder, function: Hook) -> Hook:
    """Run a coroutine function around every tool; usable as a decorator.

    It takes the `Call` and a function `next` without arguments, which runs the tool (or the
    next middleware), returns what the tool returned and raises what it raised. What the
    middleware returns is the tool's result. The tool's deadline holds for all of them together.

    Raises:
        DefinitionError: it is no coroutine function: `next` must be awaited.
    """
    if not is_async(callback_of(function, "middleware")):
        raise DefinitionError("middleware takes a coroutine function: it awaits `next()`")
    self._spec = self._spec.adding("middleware", function)
    return function


def on_event(self: Holder, handler: Hook) -> Hook:
    """Tell a function what happens, one `agentkit.events.Event` at a time; a decorator too.

    Sync or async, a second each; an answer waits for it. One that fails is logged.
    """
    self._spec = self._spec.adding("observers", callback_of(handler, "on_event"))
    return handler


@default_hook
async def handle_check_for_input_request(self: Agent, request: "Request") -> Any:
    """Say what is new in a conversation: the messages in its inbox.

    Override it to ask your own store.

    Returns:
        A dict, or a Starlette response.
    """
    return await inputs.default_answer(self, request)


async def retry_summaries(self: Agent) -> int:
    """Hand over the summaries that `on_summary` failed on and whose time has come.

    Applications with a lifespan do this by themselves; others may call it now and then.

    Returns:
        How many were tried; ask again while there are any.

    Raises:
        StateError: the store cannot be reached.
    """
    tried: int = await _retries.run_due(self)
    return tried


def begin(agent: Tracked, web_hook_url: str | None, *, tracked: bool) -> None:
    """Do what options ask for by the agent's own setters, which its class may override."""
    if web_hook_url is not None:
        agent.set_web_hook_url(web_hook_url)
    if tracked:
        track(agent, "startup_hook", "hangup_hook")


def track(agent: Tracked, *names: str) -> None:
    """Register the platform's hooks of these names, unless the agent has tools of that name."""
    for hook in tracking.HOOKS:
        if hook.name in names and hook.name not in agent.spec.tools:
            agent.add_tool(hook)
