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


@contextmanager
def serving(store: str) -> Iterator[int]:
    """Serve the stateful agent in a process of its own and give the port that it has found."""
    command = [sys.executable, "-m", "agentkit", "run", "stateful_agent.py:agent"]
    environment = {**os.environ, **SHARED, "AGENTKIT_STATE": store}
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0"],
        env=environment,
        cwd=Path(__file__).parent,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield port_told_by(process)
    finally:
        process.terminate()
        process.communicate()


def port_told_by(process: "subprocess.Popen[str]") -> int:
    """Return where a process listens: it says so once it does."""
    said = list[str]()
    for line in process.stderr or ():
        said.append(line)
        if " serving address=127.0.0.1:" in line:
            return int(line.partition("address=127.0.0.1:")[2].split()[0])
    raise RuntimeError("".join(said))


async def play(ports: list[int]) -> str:
    """Play a call whose requests take turns between the processes."""
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
    with ExitStack() as processes:
        ports = [processes.enter_context(serving(store)) for _ in range(2)]
        print(anyio.run(play, ports))


if __name__ == "__main__":
    main(sys.argv[1])
