"""A request and its response, as they travel through a `Transport`."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from agentkit import _json

Fields = Mapping[str, str] | Iterable[tuple[str, str]]
"""Header fields by name, or pairs to send a name twice."""


class Headers:
    """Header fields in their order; `headers[name]` joins repeated ones with a comma.

    Attributes:
        pairs: every field as (name in lower case, value).
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = [(name.lower(), value) for name, value in pairs]

    def __contains__(self, name: str) -> bool:
        return bool(self.get_list(name))

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str) -> str | None:
        """Return the value of a field, or None."""
        values = self.get_list(name)
        return ", ".join(values) if values else None

    def get_list(self, name: str) -> list[str]:
        """Return the value of each field of this name."""
        return [value for key, value in self.pairs if key == name.lower()]


@dataclass(frozen=True, slots=True)
class Request:
    """One request on its way through a transport.

    Attributes:
        host: the name and port in the Host header.
        path: percent-encoded; starts with the root path, if there is one.
        query: what follows the question mark, percent-encoded.
        chunks: the body, in the pieces in which it is sent.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: Headers
    chunks: tuple[bytes, ...]

    @property
    def target(self) -> str:
        """The path with the query, as in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Response:
    """The whole answer to a request."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """Return the body's JSON data.

        Raises:
            ValueError: the body is not JSON.
        """
        return _json.decode(self.body)


@runtime_checkable
class Transport(Protocol):
    """Carries requests to an application."""

    async def exchange(self, request: Request) -> Response:
        """Send the request and return the response."""
        ...

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Start the application on entry and stop it on exit, where that is the client's part."""
        ...
