"""Agents on servers: uvicorn's two parsers, granian, hypercorn, on sockets bound before."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio

from agentkit import AgentBase
from agentkit.serve import listening_socket
from agentkit.testing import AgentClient
from agentkit.testing.client import HTTPTransport
from agentkit.testing.messages import Request, Response
from tests.interaction.hosts import AUTH, Host, Reached, served

ROOT = "/voice"


class StrippingProxy(HTTPTransport):
    """A proxy that takes a prefix from each path; it knows no other paths."""

    async def exchange(self, request: Request) -> Response:
        assert request.path.startswith(f"{ROOT}/") or request.path == ROOT, request.path
        path = request.path.removeprefix(ROOT) or "/"
        bare = Request(
            request.method, request.scheme, request.host, path, request.query,
            request.headers, request.chunks,
        )  # fmt: skip
        return await super().exchange(bare)


def at(port: int, agent: AgentBase, prefix: str = "") -> Reached:
    """What the platform needs to reach an agent on a port, behind a proxy if there is a prefix."""
    carrier: Any = StrippingProxy("127.0.0.1", port) if prefix else f"http://127.0.0.1:{port}"
    client = AgentClient(carrier, base_url=f"http://127.0.0.1:{port}", auth=AUTH)
    return Reached(client, f"{prefix}{agent.route}".rstrip("/") or "/", prefix)


@asynccontextmanager
async def uvicorn(http: str, agent: AgentBase, root_path: str = "") -> AsyncIterator[Reached]:
    async with served(agent, http=http, root_path=root_path) as port:
        yield at(port, agent, root_path)


@asynccontextmanager
async def granian(agent: AgentBase, prefix: str = "") -> AsyncIterator[Reached]:
    from granian.constants import Interfaces
    from granian.net import SocketHolder
    from granian.server.embed import Server

    with listening_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        server = Server(
            agent, "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False,
            url_path_prefix=prefix or None, websockets=False,
        )  # fmt: skip
        server._init_shared_socket = partial(
            vars(server).update, _ssp=None, _shd=SocketHolder(os.dup(listening.fileno()), False, 64)
        )
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve)
            try:
                yield at(port, agent, prefix)
            finally:
                server.stop()


@asynccontextmanager
async def hypercorn(agent: AgentBase, root_path: str = "") -> AsyncIterator[Reached]:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    with listening_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        config = Config()
        config.bind = [f"fd://{os.dup(listening.fileno())}"]
        config.root_path = root_path
        config.errorlog = logging.getLogger("hypercorn.quiet")
        end = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(partial(serve, agent, config, shutdown_trigger=end.wait))
            try:
                yield at(port, agent, root_path)
            finally:
                end.set()


HOSTS: dict[str, Host] = {
    "uvicorn, h11": partial(uvicorn, "h11"),
    "uvicorn, httptools": partial(uvicorn, "httptools"),
    "uvicorn --root-path, h11, stripping proxy": partial(uvicorn, "h11", root_path=ROOT),
    "uvicorn --root-path, httptools, stripping proxy": partial(
        uvicorn, "httptools", root_path=ROOT
    ),
    "granian": granian,
    "granian --url-path-prefix, stripping proxy": partial(granian, prefix=ROOT),
    "hypercorn": hypercorn,
    "hypercorn --root-path, stripping proxy": partial(hypercorn, root_path=ROOT),
}
