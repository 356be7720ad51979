"""Starlette, loaded when more of it than its types is needed for the first time.

An agent that serves documents and answers tool calls needs none of it, and its modules are a third
of the time that importing agentkit would take.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from agentkit import mounts

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute, Router
    from starlette.types import ASGIApp, Receive, Scope, Send


def request(scope: "Scope", receive: "Receive") -> "Request":
    """Return a request."""
    made: Request = _load("requests").Request(scope, receive)
    return made


def is_response(value: object) -> bool:
    """Say whether user code made a whole response by itself."""
    responses = sys.modules.get("starlette.responses")  # unless it is loaded, nobody made one
    return responses is not None and isinstance(value, responses.Response)


def telling(response: "ASGIApp", tell: Callable[[bool], Awaitable[None]]) -> "ASGIApp":
    """Return a response that tells afterwards whether it was sent as a whole."""

    async def sent_and_told(scope: "Scope", receive: "Receive", send: "Send") -> None:
        sent = False
        try:
            await response(scope, receive, send)
            sent = True
        finally:
            await tell(sent)

    return sent_and_told


def file_response(path: "Path", headers: Mapping[str, str]) -> "Response":
    """Return a response that sends a file."""
    made: Response = _load("responses").FileResponse(path, headers=headers)
    return made


class Living(Protocol):
    """An application that hosts may start and stop."""

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Be an ASGI application."""
        ...

    def lifespan(self, app: object) -> AbstractAsyncContextManager[None]:
        """Start on entry and stop on exit."""
        ...


def application(app: Living) -> "Starlette":
    """Return a Starlette application that hands everything to app, and its own lifespan."""
    routes = [_load("routing").Mount("/", app=app)]
    made: Starlette = _load("applications").Starlette(routes=routes, lifespan=app.lifespan)
    return made


def router(routes: "Iterable[BaseRoute]") -> "Router":
    """Return a router of these routes, of FastAPI's kind where FastAPI is: it takes no other."""
    fastapi = sys.modules.get("fastapi.routing")
    kind = fastapi.APIRouter if fastapi else _load("routing").Router
    made: Router = kind(routes=list(routes))
    return made


def flat_routes(app: "ASGIApp", paths: Iterable[str], prefix: str) -> "list[BaseRoute]":
    """Return one route a path, which hands the request to app below prefix."""

    class Found:
        """An endpoint that is an ASGI application: Starlette adds no method check to it."""

        def __init__(self, path: str) -> None:
            self.path = path

        async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
            await app(mounts.flat(scope, self.path), receive, send)

    route = _load("routing").Route
    return [route(f"{prefix}{path}", Found(path)) for path in paths if f"{prefix}{path}"]


def mount_routes(apps: "Iterable[tuple[str, ASGIApp]]") -> "list[BaseRoute]":
    """Return one mount an application, by prefix."""
    mount = _load("routing").Mount
    return [mount(prefix, app) for prefix, app in apps]


def _load(module: str) -> Any:
    return import_module(f"starlette.{module}")
