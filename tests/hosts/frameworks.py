"""Agents inside applications of other frameworks."""

import asyncio
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Host as HostRoute
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentkit import AgentBase, AgentServer
from agentkit.testing import AgentClient
from tests.interaction.hosts import AUTH, Host, Reached

PREFIX = "/voice"


def reached(
    app: ASGIApp, agent: AgentBase, prefix: str = PREFIX, public: str | None = None
) -> Reached:
    """What the platform needs to reach an agent below a prefix of an application in process."""
    client = AgentClient(app, auth=AUTH)
    given = None if public is None else f"{client.base_url}{public}"
    return Reached(client, f"{prefix}{agent.route}".rstrip("/") or "/", prefix, given)


def below(reached: Reached) -> Reached:
    """Starlette's mounts redirect the bare prefix, so a phone number is set to the slash."""
    reached.path = reached.path if reached.path != reached.prefix else f"{reached.path}/"
    return reached


def stripped(app: ASGIApp, prefix: str) -> ASGIApp:
    """What is behind a proxy that takes a prefix from each path and says nothing about it."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(prefix)
        raw_path = scope["raw_path"].removeprefix(prefix.encode())
        await app({**scope, "path": path, "raw_path": raw_path}, receive, send)

    return proxy


# Starlette.


@asynccontextmanager
async def starlette_host(agent: AgentBase) -> AsyncIterator[Reached]:
    app = Starlette(routes=[HostRoute("testserver", app=agent)])
    yield reached(app, agent, "")


@asynccontextmanager
async def nested(agent: AgentBase) -> AsyncIterator[Reached]:
    inner = Starlette(routes=[Mount("/inner", app=agent)])
    app = Starlette(routes=[Mount("/outer", routes=[Mount("/{tenant}", app=inner)])])
    yield below(reached(app, agent, "/outer/acme/inner"))


@asynccontextmanager
async def mounted_router(agent: AgentBase) -> AsyncIterator[Reached]:
    app = Starlette(routes=[Mount(PREFIX, app=agent.as_router())])
    yield below(reached(app, agent))


@asynccontextmanager
async def flat_in_a_mount(agent: AgentBase) -> AsyncIterator[Reached]:
    app = Starlette(routes=[Mount("/outer", routes=agent.routes("/in"))])
    yield reached(app, agent, "/outer/in")


@asynccontextmanager
async def mounted_server(agent: AgentBase) -> AsyncIterator[Reached]:
    other = AgentBase("other", route="/other", basic_auth=("o", "o"))
    app = Starlette(routes=[Mount(PREFIX, app=AgentServer().register(other).register(agent))])
    yield below(reached(app, agent))


@asynccontextmanager
async def own_application(agent: AgentBase) -> AsyncIterator[Reached]:
    yield reached(agent.get_app(), agent, "")


# FastAPI.


def fastapi(**options: Any) -> Any:
    import fastapi

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        return fastapi.FastAPI(**options)


@asynccontextmanager
async def fastapi_mount(agent: AgentBase) -> AsyncIterator[Reached]:
    app = fastapi()
    app.mount(PREFIX, agent)
    yield below(reached(app, agent))


@asynccontextmanager
async def fastapi_include(agent: AgentBase) -> AsyncIterator[Reached]:
    app = fastapi()
    app.include_router(agent.as_router(), prefix=PREFIX)
    yield below(reached(app, agent))


@asynccontextmanager
async def fastapi_routes(agent: AgentBase) -> AsyncIterator[Reached]:
    app = fastapi()
    app.router.routes.extend(agent.routes(PREFIX))
    yield reached(app, agent)


@asynccontextmanager
async def fastapi_mount_stripped(agent: AgentBase) -> AsyncIterator[Reached]:
    app = fastapi(root_path="/shop")
    app.mount(PREFIX, agent)
    yield below(reached(stripped(app, "/shop"), agent, f"/shop{PREFIX}"))


@asynccontextmanager
async def fastapi_include_stripped(agent: AgentBase) -> AsyncIterator[Reached]:
    app = fastapi(root_path="/shop")
    app.include_router(agent.as_router(), prefix=PREFIX)
    yield below(reached(stripped(app, "/shop"), agent, f"/shop{PREFIX}"))


# Litestar, Quart, Django, Flask.


@asynccontextmanager
async def litestar(agent: AgentBase) -> AsyncIterator[Reached]:
    from litestar import Litestar, asgi

    app = Litestar([asgi(PREFIX, is_mount=True, copy_scope=True)(agent)])
    yield reached(app, agent)


@asynccontextmanager
async def quart(agent: AgentBase) -> AsyncIterator[Reached]:
    from hypercorn.middleware import DispatcherMiddleware
    from quart import Quart

    app = Quart(__name__)
    app.asgi_app = DispatcherMiddleware({PREFIX: agent, "": app.asgi_app})
    yield reached(app, agent)


@asynccontextmanager
async def django(agent: AgentBase) -> AsyncIterator[Reached]:
    site = django_site()

    async def dispatcher(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(f"{PREFIX}/"):
            await agent({**scope, "root_path": PREFIX}, receive, send)
        else:
            await site(scope, receive, send)

    assert (await AgentClient(dispatcher).get("/")).text == "the shop"
    yield below(reached(dispatcher, agent))


def django_site() -> Any:
    """A Django application with one page."""
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    module = sys.modules[__name__]
    if not settings.configured:
        settings.configure(ROOT_URLCONF=module.__name__, ALLOWED_HOSTS=["*"], DEBUG=False)
    urls = [path("", lambda request: HttpResponse("the shop"))]
    setattr(module, "urlpatterns", urls)  # noqa: B010 - where Django looks for them
    return lowering(get_asgi_application())


def lowering(app: ASGIApp) -> ASGIApp:
    """Django's names of headers are in lower case only on the wire of a server that makes them."""

    async def lowered(scope: Scope, receive: Receive, send: Send) -> None:
        async def passed(message: Message) -> None:
            fields = message.get("headers", [])
            await send({**message, "headers": [(name.lower(), value) for name, value in fields]})

        await app(scope, receive, passed)

    return lowered


@asynccontextmanager
async def beside_flask(agent: AgentBase) -> AsyncIterator[Reached]:
    from a2wsgi import WSGIMiddleware

    app = Starlette(routes=[Mount(PREFIX, app=agent), Mount("/", app=WSGIMiddleware(flask_site()))])
    assert (await AgentClient(app).get("/")).text == "the shop"
    yield below(reached(app, agent))


@asynccontextmanager
async def in_flask(agent: AgentBase) -> AsyncIterator[Reached]:
    from a2wsgi import ASGIMiddleware
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    site = flask_site()
    with loop_in_a_thread() as loop:
        inside = ASGIMiddleware(agent, loop=loop)
        site.wsgi_app = DispatcherMiddleware(site.wsgi_app, {PREFIX: inside})
        async with at_wsgi_server(site, agent) as found:
            yield found


@contextmanager
def loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop beside WSGI's threads, as a2wsgi would for the life of the process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def at_wsgi_server(site: Any, agent: AgentBase) -> AsyncIterator[Reached]:
    with wsgi_server(site) as port:
        client = AgentClient(f"http://127.0.0.1:{port}", auth=AUTH)
        assert (await client.get("/")).text == "the shop"
        yield Reached(client, f"{PREFIX}{agent.route}".rstrip("/"), PREFIX)


def flask_site() -> Any:
    """A Flask application with one page."""
    from flask import Flask

    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "the shop")
    return app


@contextmanager
def wsgi_server(app: Any) -> Iterator[int]:
    """Serve a WSGI application on a loopback socket and give the port."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with WSGIServer(("127.0.0.1", 0), Quiet) as server:
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


# The lifespan that a host may have or not.


@asynccontextmanager
async def lifespan_on(agent: AgentBase) -> AsyncIterator[Reached]:
    found = reached(agent, agent, "")
    async with found.client.lifespan():
        yield found


@asynccontextmanager
async def lifespan_twice(agent: AgentBase) -> AsyncIterator[Reached]:
    found = reached(agent, agent, "")
    async with found.client.lifespan():
        assert (await found.client.get("/ready")).status == 200
    async with found.client.lifespan():
        yield found


@asynccontextmanager
async def after_lifespan(agent: AgentBase) -> AsyncIterator[Reached]:
    found = reached(agent, agent, "")
    async with found.client.lifespan():
        pass
    yield found


async def home(request: object) -> PlainTextResponse:
    """A page of the host."""
    return PlainTextResponse("the shop")


@asynccontextmanager
async def lifespan_of_a_host(agent: AgentBase) -> AsyncIterator[Reached]:
    """A mounted application gets no lifespan; its host has one."""
    app = Starlette(routes=[Route("/", home), Mount(PREFIX, app=agent)])
    found = below(reached(app, agent))
    async with found.client.lifespan():
        assert (await found.client.get("/")).text == "the shop"
        yield found


HOSTS: dict[str, Host] = {
    "Starlette Host": starlette_host,
    "mounts in mounts": nested,
    "a mounted router": mounted_router,
    "flat routes in a mount": flat_in_a_mount,
    "a mounted server": mounted_server,
    "get_app": own_application,
    "FastAPI mount": fastapi_mount,
    "FastAPI include_router": fastapi_include,
    "FastAPI routes": fastapi_routes,
    "FastAPI root_path, stripping proxy, mount": fastapi_mount_stripped,
    "FastAPI root_path, stripping proxy, include_router": fastapi_include_stripped,
    "Litestar": litestar,
    "Quart": quart,
    "Django": django,
    "beside Flask": beside_flask,
    "in Flask": in_flask,
    "lifespan on": lifespan_on,
    "lifespan twice": lifespan_twice,
    "after the lifespan": after_lifespan,
    "lifespan of a host": lifespan_of_a_host,
}
