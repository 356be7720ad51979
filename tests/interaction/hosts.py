"""Where an agent can run; the same tests run on each."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from agentkit import AgentBase, AgentServer
from agentkit.serve import listening_socket
from agentkit.testing import AgentClient

AUTH = ("user", "s3cret/with:odd@signs")

Host = Callable[[AgentBase], AbstractAsyncContextManager["Reached"]]


class Reached:
    """A running agent: a client, the path that the platform was given, and the public address."""

    def __init__(
        self, client: AgentClient, path: str, prefix: str = "", public: str | None = None
    ) -> None:
        self.client = client
        self.path = path
        self.prefix = prefix
        self.public = f"{client.base_url}{prefix}" if public is None else public

    def at(self, suffix: str) -> str:
        return f"{self.path.rstrip('/')}{suffix}" if suffix.startswith("/") else self.path + suffix


@asynccontextmanager
async def in_process(agent: AgentBase) -> AsyncIterator[Reached]:
    yield Reached(AgentClient(agent, auth=AUTH), agent.route)


@asynccontextmanager
async def on_server(agent: AgentBase) -> AsyncIterator[Reached]:
    other = AgentBase("other", route="/other-agent", basic_auth=("o", "o"))
    server = AgentServer().register(other).register(agent)
    client = AgentClient(server, auth=AUTH)
    async with client.lifespan():
        yield Reached(client, agent.route)


@asynccontextmanager
async def mounted(agent: AgentBase) -> AsyncIterator[Reached]:
    app = Starlette(routes=[Mount("/voice/v1", app=agent)])
    yield Reached(AgentClient(app, auth=AUTH), f"/voice/v1{agent.route}", "/voice/v1")


@asynccontextmanager
async def flat(agent: AgentBase) -> AsyncIterator[Reached]:
    app = Starlette(routes=agent.routes("/in"))
    yield Reached(AgentClient(app, auth=AUTH), f"/in{agent.route}".rstrip("/"), "/in")


@asynccontextmanager
async def served(app: ASGIApp, **options: Any) -> AsyncIterator[int]:
    """Serve an application with uvicorn and give the port."""
    with listening_socket("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, log_level="warning", access_log=False, **options)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listening])
            try:
                yield listening.getsockname()[1]
            finally:
                server.should_exit = True


@asynccontextmanager
async def socket(agent: AgentBase) -> AsyncIterator[Reached]:
    async with served(agent) as port:
        yield Reached(AgentClient(f"http://127.0.0.1:{port}", auth=AUTH), agent.route)


HOSTS: dict[str, Host] = {
    "in process": in_process,
    "on a server": on_server,
    "mounted": mounted,
    "flat routes": flat,
    "socket": socket,
}
