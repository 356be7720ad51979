"""Where an agent is reached, and with which credentials."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol, overload

from agentkit import urls
from agentkit.compile import CompiledAgent
from agentkit.spec import AgentSpec

if TYPE_CHECKING:
    from starlette.requests import Request

_ANY_HOST = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


class Reached(Protocol):
    """An agent that listens somewhere."""

    host: str
    port: int | None
    clock: Callable[[], float]

    @property
    def spec(self) -> AgentSpec:
        """The agent as one value."""
        ...

    def compiled(self) -> CompiledAgent:
        """Return the current spec, compiled."""
        ...

    def get_full_url(self, include_auth: bool = False) -> str:
        """Return the agent's address."""
        ...


def get_name(spec: AgentSpec) -> str:
    """Return the agent's name."""
    return spec.name


@overload
def get_basic_auth_credentials(self: Reached) -> tuple[str, str]: ...


@overload
def get_basic_auth_credentials(
    self: Reached, include_source: Literal[True]
) -> tuple[str, str, str]: ...


def get_basic_auth_credentials(self: Reached, include_source: bool = False) -> tuple[str, ...]:
    """Return user and password as they stand in the agent's URLs.

    Args:
        include_source: add where they come from: `provided`, `environment` or `generated`.
    """
    auth = self.spec.access.auth
    return (*auth.credentials[0], auth.source) if include_source else auth.credentials[0]


def validate_basic_auth(spec: AgentSpec, username: str, password: str) -> bool:
    """Say whether these are credentials of the agent."""
    return spec.access.auth.knows(username, password)


def check_basic_auth(self: Reached, request: "Request") -> bool:
    """Say whether a request carries the agent's credentials."""
    header = request.headers.get("authorization")
    return self.compiled().access.auth.accepts(header.encode("latin-1") if header else None)


def get_full_url(self: Reached, include_auth: bool = False) -> str:
    """Return the agent's address: under the public URL, else under host and port.

    Args:
        include_auth: put user and password into the URL. Treat it as a secret then.
    """
    host = "localhost" if self.host in _ANY_HOST else self.host
    local = f"http://{f'[{host}]' if ':' in host else host}:{self.port or 3000}"
    access = self.spec.access
    base = access.public_url or urls.Base(local, "")
    home = base.with_user(access.auth.userinfo) if include_auth else f"{base.origin}{base.prefix}"
    return f"{home}{self.spec.route}"


def get_mcp_url(
    self: Reached, include_auth: bool = False, token_seconds: float | None = None
) -> str:
    """Return where MCP clients find the agent, with a token when one is demanded.

    Args:
        include_auth: put user and password into the URL. Treat it as a secret then.
        token_seconds: how long the token is good, else as long as a document's.
    """
    compiled = self.compiled()
    url = f"{self.get_full_url(include_auth).rstrip('/')}/mcp"
    if compiled.access.verifier is None:
        return url
    seconds = compiled.access.token_seconds if token_seconds is None else token_seconds
    return f"{url}?__token={compiled.mint_mcp(seconds, self.clock())}"
