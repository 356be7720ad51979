"""One call, answered by two server processes that share a store: `two_processes.py STORE_URL`.

Every other request goes to the other process, as behind a load balancer. Try it with a Redis or a
PostgreSQL at hand: `python examples/two_processes.py redis://127.0.0.1:6379/0`.
"""

import itertools
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import anyio

from agentkit.serve import listening_socket
from agentkit.testing import AgentClient, HTTPTransport, Request, Response, SimulatedCall, render

AUTH = ("user", secrets.token_hex(8))
SHARED = {
    "AGENTKIT_SECRET": secrets.token_hex(32),  # what one process signs, the other must verify
    "SWML_BASIC_AUTH_USER": AUTH[0],
    "SWML_BASIC_AUTH_PASSWORD": AUTH[1],
}


class Balancer:
    """Sends each request to the next process."""

    def __init__(self, ports: list[int]) -> None:
        self._turns = itertools.cycle([HTTPTransport("127.0.0.1", port) for port in ports])

    async def exchange(self, request: Request) -> Response:
        return await next(self._turns).exchange(request)

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


def free_port() -> int:
    with listening_socket("127.0.0.1", 0) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def serving(store: str, port: int) -> Iterator[None]:
    """Serve the stateful agent in a process of its own."""
    command = [sys.executable, "-m", "agentkit", "run", "stateful_agent.py:agent"]
    environment = {**os.environ, **SHARED, "AGENTKIT_STATE": store}
    place = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    folder = Path(__file__).parent
    process = subprocess.Popen([*command, *place], env=environment, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def ready(port: int) -> None:
    """Wait until a process answers."""
    client = AgentClient(f"http://127.0.0.1:{port}")
    with anyio.fail_after(20):
        while True:
            try:
                await client.get("/health")
            except OSError:
                await anyio.sleep(0.05)
            else:
                return


async def play(ports: list[int]) -> str:
    """Play a call whose requests take turns between the processes."""
    for port in ports:
        await ready(port)
    client = AgentClient(Balancer(ports), base_url=f"http://127.0.0.1:{ports[0]}", auth=AUTH)
    call = SimulatedCall(client, url="/tea")
    await call.start()
    for tea, packs in (("Darjeeling", 2), ("Sencha", 1), ("Assam", 3)):
        await call.tool("add_tea", tea=tea, packs=packs)
    await call.tool("read_order")
    await call.hang_up(summary={"teas": 3})
    return render(call.transcript)


def main(store: str) -> None:
    """Serve twice, play once."""
    ports = [free_port(), free_port()]
    with ExitStack() as processes:
        for port in ports:
            processes.enter_context(serving(store, port))
        print(anyio.run(play, ports))


if __name__ == "__main__":
    main(sys.argv[1])
