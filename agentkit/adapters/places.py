"""Where the world reaches a function, put into the scope of each request (D4's adapter hint).

A platform's front ends TLS and may take a prefix from the path, and what it hands over does not
say so in ASGI's terms. The adapters know, and say it there, so that the application below makes
its URLs as under any other server.
"""

from collections.abc import Callable
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit.urls import clean_route


class Place(NamedTuple):
    """The parts of a public URL: `scheme://host`, a prefix, and the path below it."""

    scheme: str
    host: str
    prefix: str
    path: str


def placing(app: ASGIApp, find: Callable[[Scope], Place]) -> ASGIApp:
    """Return an application that hands on each request as one to its public place."""

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        told = at(scope, find(scope)) if scope["type"] == "http" else scope
        await app(told, receive, send)

    return placed


def at(scope: Scope, place: Place) -> Scope:
    """Return a scope as a server would make it that is reached at this place."""
    headers = [field for field in scope["headers"] if field[0] != b"host"]
    return {
        **scope,
        "scheme": place.scheme,
        "root_path": place.prefix,
        "path": f"{place.prefix}{place.path}",
        "raw_path": None,
        "headers": [(b"host", place.host.encode("latin-1", "replace")), *headers],
    }


def behind_front(prefix: str, *, strips: bool) -> Callable[[Scope], Place]:
    """Return what finds the place of a request that came through a platform's own front.

    The front alone reaches the function, so its word in X-Forwarded-Proto counts.

    Args:
        prefix: what stands before the application's routes in public URLs.
        strips: whether the front takes the prefix away from paths.
    """
    before = clean_route(prefix or "/")

    def find(scope: Scope) -> Place:
        path = scope["path"] if strips else cut(scope["path"], before)
        scheme = header(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
        return Place(scheme or scope["scheme"], header(scope, b"host"), before, path)

    return find


def cut(path: str, prefix: str) -> str:
    """Return a path without a prefix, or as it is where it does not begin with it."""
    return path.removeprefix(prefix) if f"{path}/".startswith(f"{prefix}/") else path


def header(scope: Scope, name: bytes) -> str:
    """Return the values of a header, joined as a proxy would."""
    return b",".join(value for key, value in scope["headers"] if key == name).decode("latin-1")
