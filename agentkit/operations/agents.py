"""An agent as the operations see it, and per-call configuration: spec to spec, for one request."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeGuard, runtime_checkable

from msgspec import Struct

from agentkit import urls
from agentkit.compile import CompiledAgent, Endpoint
from agentkit.context import Exchange
from agentkit.errors import DefinitionError
from agentkit.hooks import fitted, takes
from agentkit.late import LateModule
from agentkit.operations.desks import Desk
from agentkit.shared import Shared
from agentkit.spec import plain_dict
from agentkit.swml.document import VERSION

if TYPE_CHECKING:
    from agentkit import bridge
    from agentkit.state.manager import StateManager
    from agentkit.traffic import Traffic
else:
    bridge = LateModule("agentkit.bridge", globals())

JSON = dict[str, Any]

DOCUMENT_SECONDS = 5.0
"""How long user code may take while the platform waits for a document."""


@runtime_checkable
class Documented(Protocol):
    """What an agent is told by; a look at its store would make that."""

    clock: Callable[[], float]
    shared: Shared

    def compiled(self) -> CompiledAgent:
        """Return the current spec, compiled."""
        ...

    def fork(self) -> Self:
        """Return a copy whose setters change only the copy."""
        ...


class Agent(Documented, Protocol):
    """What the operations need of an agent."""

    @property
    def traffic(self) -> "Traffic":
        """What goes on at this agent now."""
        ...

    @property
    def states(self) -> "StateManager":
        """The call state of this agent."""
        ...

    @property
    def name(self) -> str:
        """The agent's name."""
        ...

    @property
    def route(self) -> str:
        """The path that it answers at."""
        ...

    @property
    def state_kind(self) -> type[Struct] | None:
        """What types the state of a call."""
        ...

    def on_swml_request(self, request_data: JSON | None, callback_path: str | None) -> Any:
        """Change the document of one request."""
        ...

    def on_summary(self, summary: Any, raw_data: JSON | None) -> Any:
        """Take the summary of a call."""
        ...

    def on_function_call(self, name: str, args: JSON, raw_data: JSON | None) -> Any:
        """Run a tool."""
        ...

    def _handle_check_for_input_request(self, request: Any) -> Any: ...


class Site(Protocol):
    """An application: whose agents there are, and at which paths."""

    def agent_at(self, path: str) -> Agent | Desk | None:
        """Return the agent or the desk that a path belongs to, None when it is nobody's."""
        ...

    def all_agents(self) -> Iterable[Agent]:
        """Return all agents."""
        ...


def found_at(site: Site, path: str) -> tuple[Agent, Endpoint] | Desk | None:
    """Return the agent and its endpoint at a path, or the desk; None when there is none."""
    agent = site.agent_at(path)
    if isinstance(agent, Desk):
        return agent
    endpoint = agent.compiled().paths.get(path) if agent is not None else None
    return (agent, endpoint) if agent is not None and endpoint is not None else None


def is_agent(given: object) -> TypeGuard[Agent]:
    """Say whether something is an agent."""
    return isinstance(given, Documented)


def as_plain(given: object) -> object:
    """Return an agent as it is, of a service its agent, of a `SWML` its document as a dict."""
    if is_agent(given):
        return given
    serving = getattr(given, "agent", None)
    if is_agent(serving):
        return serving
    return given.to_dict() if hasattr(given, "to_dict") else given


def checked_target(given: object, setting: str) -> object:
    """Return whom a call may be passed on to: an agent, a path or URL, a document, or None.

    Raises:
        DefinitionError: it is none of them.
    """
    given = as_plain(given)
    if given is None or is_agent(given):
        return given
    if isinstance(given, str) and (urls.is_safe_path(given) or urls.is_safe_url(given)):
        return given
    if isinstance(given, dict) and isinstance(given.get("sections"), dict):
        return {"version": VERSION, **plain_dict(given, setting)}
    raise DefinitionError(f"{setting} takes an agent, a path or a document, not {given!r}")


async def configured(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> "Configured":
    """Return the agent as configured for this request; the original is never changed.

    Raises:
        UserCodeError: a configuration callback raised, or set what no document can carry.
        DeadlineError: it took too long.
    """
    callbacks = compiled.spec.per_call
    if not callbacks:
        return agent, compiled
    copy = agent.fork()
    data: Mapping[str, Any] = exchange.data() if exchange.body else {}
    for callback in callbacks:
        known = {"request": exchange.request()} if takes(callback, "request") else {}
        offered = (exchange.query(), data, exchange.text_headers(), copy)
        call = fitted(callback, *offered, **known)
        await bridge.call(call, seconds=DOCUMENT_SECONDS)
    return copy, await bridge.call_async(_compiled, copy, seconds=DOCUMENT_SECONDS)


async def _compiled(agent: Agent) -> CompiledAgent:
    """Compile behind the bridge: what a callback has set may be nonsense."""
    return agent.compiled()


Configured = tuple[Agent, CompiledAgent]
