"""Which call gets which document: per-call configuration, routing callbacks, SIP usernames."""

from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

from agentkit import sip, urls
from agentkit.compile import check_callback_path
from agentkit.operations.agents import checked_target
from agentkit.spec import AgentSpec, SipRouting, callback_of

JSON = dict[str, Any]
RoutingCallback = Callable[..., Any]
PerCallConfig = Callable[..., Any]


class Callee(Protocol):
    """An agent that answers to SIP usernames."""

    _spec: AgentSpec

    def auto_map_sip_usernames(self) -> Self:
        """Answer to the agent's cleaned name and route."""
        ...


A = TypeVar("A", bound=Callee)


def set_dynamic_config_callback(spec: AgentSpec, callback: PerCallConfig) -> AgentSpec:
    """Configure the agent for each request: `callback(query, body, headers, agent)`.

    A parameter `request` gets the Starlette request, with its path and path parameters.
    The agent that it gets is a copy; what is set on it reaches this request and no other.
    When it raises, the error document is served.
    """
    return spec.changed(per_call=(callback_of(callback, "set_dynamic_config_callback"),))


def add_per_call_config(spec: AgentSpec, callback: PerCallConfig) -> AgentSpec:
    """Add one more callback as of `set_dynamic_config_callback`; they run in order."""
    return spec.adding("per_call", callback_of(callback, "add_per_call_config"))


def register_routing_callback(
    spec: AgentSpec, callback_fn: RoutingCallback, path: str = "/sip"
) -> AgentSpec:
    """Answer at another path, as `callback(request, body)` or `callback(body, headers)` says.

    It is plain or async; names or annotations of its parameters tell its form. It returns a
    path of this application (served at once), another path or URL (answered with 307), an
    agent, a document, or None to go on to `on_swml_request`.

    Raises:
        DefinitionError: the path is no path, or is an endpoint already.
    """
    cleaned = urls.clean_route(path)
    check_callback_path(cleaned)
    known = callback_of(callback_fn, "register_routing_callback")
    return spec.merging("callbacks", {cleaned: known})


def enable_sip_routing(
    self: A, auto_map: bool = True, path: str = "/sip", fallback: object = None
) -> A:
    """Answer calls for the agent's SIP usernames at a path, and calls for nobody else.

    A call for one of them goes on to `on_swml_request` with this path as `callback_path`.

    Args:
        auto_map: have the usernames of `auto_map_sip_usernames`, too.
        path: where calls come in, below the agent's route.
        fallback: who answers other calls: an agent, a path or a document; else 404.

    Raises:
        DefinitionError: the path is taken, or the fallback is none.
    """
    cleaned = urls.clean_route(path)
    check_callback_path(cleaned)
    routing = SipRouting(checked_target(fallback, "fallback"))
    if auto_map:
        self.auto_map_sip_usernames()
    self._spec = self._spec.merging("callbacks", {cleaned: routing})
    return self


def register_sip_username(spec: AgentSpec, sip_username: str) -> AgentSpec:
    """Answer to one more SIP username: the part before the @, in any case.

    Raises:
        DefinitionError: no address could name it.
    """
    name = sip.checked_username(sip_username)
    return spec if name in spec.sip_usernames else spec.adding("sip_usernames", name)


def auto_map_sip_usernames(spec: AgentSpec) -> AgentSpec:
    """Answer to the agent's cleaned name and route, and to its name without vowels.

    Only letters a-z, digits and underscores are kept; the last one when the name is longer
    than three letters. They follow the route when it changes.
    """
    return spec.changed(sip_auto_map=True)


def get_sip_usernames(spec: AgentSpec) -> tuple[str, ...]:
    """Return the SIP usernames that the agent answers to."""
    return spec.usernames()


def extract_sip_username(request_body: JSON) -> str | None:
    """Return whom a request for a document is for, None when it does not say.

    The user part of `call.to`, percent-decoded and in lower case; `call.to` may be a SIP or
    `tel:` URI, a number or a path.
    """
    return sip.username_in(request_body)
