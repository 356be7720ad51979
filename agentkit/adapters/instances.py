"""What instances of a function must share, because each request may meet another of them.

A document is served by one instance, and the tool call that it leads to arrives at the next one,
which has a disk, a memory and an environment of its own. So credentials and the secret of tokens
come from the code or the environment, and call state from a store that all of them reach.
"""

from typing import Any, Protocol, TypeGuard, runtime_checkable

from agentkit.access import Access
from agentkit.errors import DefinitionError
from agentkit.workers import Stateful


class Settings(Protocol):
    """A spec, as far as it matters here."""

    @property
    def access(self) -> Access:
        """Who may come in."""
        ...


@runtime_checkable
class _Told(Protocol):
    """What an agent is told by here; a look at its store would make that."""

    needs_state: bool

    @property
    def spec(self) -> Settings:
        """What it was told."""
        ...


class Deployed(Stateful, Protocol):
    """An agent that instances serve."""

    @property
    def spec(self) -> Settings:
        """What it was told."""
        ...


def check_instances(app: object, *, one_host: bool = False) -> None:
    """Refuse agents whose calls would break when the next request meets another instance.

    Of another application than an agent or a server nothing is known, and nothing is checked.

    Args:
        app: an agent, a server, or another ASGI application.
        one_host: all instances are processes of one host and share its files.

    Raises:
        DefinitionError: the agent is named, and what it lacks.
    """
    for agent in _agents_of(app):
        if not one_host:
            _check_secrets(agent)
        _check_store(agent, one_host=one_host)


def _agents_of(app: Any) -> list[Deployed]:
    listed = getattr(app, "get_agents", None)
    found = [agent for _, agent in listed()] if callable(listed) else [app]
    return [agent for agent in found if _is_deployed(agent)]


def _is_deployed(app: object) -> TypeGuard[Deployed]:
    return isinstance(app, _Told)


def _check_secrets(agent: Deployed) -> None:
    access = agent.spec.access
    if access.secret_is_local:
        raise DefinitionError(
            f"agent {agent.name!r}: another instance could not verify its tokens: "
            "set AGENTKIT_SECRET or pass secret="
        )
    if access.auth_is_local:
        raise DefinitionError(
            f"agent {agent.name!r}: another instance would generate other credentials: set "
            "SWML_BASIC_AUTH_USER and SWML_BASIC_AUTH_PASSWORD or pass basic_auth="
        )


def _check_store(agent: Deployed, *, one_host: bool) -> None:
    if not agent.needs_state:
        return
    can = agent.states.capabilities
    shared = can.shared_between_processes if one_host else can.shared_between_hosts
    if not shared:
        raise DefinitionError(
            f"agent {agent.name!r} keeps call state where another instance cannot find it: "
            + ("pass state='sqlite:///calls.db'" if one_host else "pass state='redis://…'")
            + " or another store that they share"
        )
