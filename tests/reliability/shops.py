"""A shop whose tools are slow, hang, or have an effect outside that can be counted.

It runs in processes of its own: `python -m tests.reliability.shops WORKERS`. The environment says
where its state and its ledger are. The ledger is a file to which each effect adds a line.
"""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio

from agentkit import AgentBase, AgentServer, Call
from agentkit.slots import Limits
from tests.reliability.posting import AUTH

STARTED = "serving address="

T = TypeVar("T")


def note(line: str) -> None:
    """Add a line to the ledger, whole or not at all."""
    ledger = os.open(os.environ["SHOP_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(ledger, f"{line}\n".encode())
    finally:
        os.close(ledger)


def shop() -> AgentBase:
    """Return the agent."""
    limits = Limits(
        calls=int(os.environ.get("SHOP_CALLS", "1000")),
        threads=int(os.environ.get("SHOP_THREADS", "512")),
        queue_seconds=float(os.environ.get("SHOP_QUEUE", "0.5")),
    )
    agent = AgentBase(
        "shop",
        route="/shop",
        basic_auth=AUTH,
        secret="s" * 32,
        state=os.environ.get("SHOP_STATE", f"sqlite:///{os.environ['AGENTKIT_HOME']}/calls.db"),
        limits=limits,
    )

    @agent.tool(once=True, secure=False)
    def book(order: str, call: Call) -> str:
        """Book, which must not happen twice."""
        time.sleep(random.uniform(0.0, 0.02))
        note(f"book {call.call_id} {order}")
        time.sleep(random.uniform(0.0, 0.02))
        return f"booked {order}"

    @agent.tool(secure=False)
    async def slow(call: Call, seconds: float = 1.0) -> str:
        """Take some time."""
        await anyio.to_thread.run_sync(note, f"slow {call.call_id}")
        await anyio.sleep(seconds)
        return "done"

    @agent.tool(secure=False)
    def block(seconds: float = 0.2) -> str:
        """Block a thread for some time."""
        time.sleep(seconds)
        return "done"

    @agent.tool(secure=False, timeout=0.5, on_error="Too slow.")
    def hang() -> str:
        """Hang in a thread."""
        threading.Event().wait()
        return "never"

    @agent.tool(secure=False, timeout=30, on_error="Too slow.")
    def hang_long() -> str:
        """Hang in a thread for long."""
        note("hung")
        threading.Event().wait()
        return "never"

    @agent.tool(secure=False, timeout=0.5, on_error="Too slow.")
    async def hang_async() -> str:
        """Hang on the event loop."""
        await anyio.sleep_forever()
        return "never"

    @agent.tool(secure=False)
    async def quick() -> str:
        """Be quick."""
        return "done"

    return agent


server = AgentServer("127.0.0.1", 0)
if "SHOP_LEDGER" in os.environ:
    server.register(shop())


@contextmanager
def open_shop(
    folder: Path, workers: int = 1, **environ: str
) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run a shop, and give its process and its port."""
    known = {**os.environ, "SHOP_LEDGER": str(folder / "ledger"), "AGENTKIT_HOME": str(folder)}
    command = [sys.executable, "-m", "tests.reliability.shops", str(workers)]
    with subprocess.Popen(
        command, env={**known, **environ}, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        try:
            lines = [process.stderr.readline()]
            while STARTED not in lines[-1]:
                assert lines[-1], f"the shop did not open: {''.join(lines)}"
                lines.append(process.stderr.readline())
            reader.start()
            port = int(lines[-1].partition(STARTED)[2].split()[0].rpartition(":")[2])
            wait_for(port)
            yield process, port
        finally:
            process.kill()
            process.wait()
            if reader.ident is not None:
                reader.join()


@asynccontextmanager
async def opened(shop: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Open a shop while others go on."""
    entered = await anyio.to_thread.run_sync(shop.__enter__)
    try:
        yield entered
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(shop.__exit__, None, None, None))


def wait_for(port: int) -> None:
    """Return when somebody answers at a port that is bound already."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 200")


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds that processes make true."""
    while not await anyio.to_thread.run_sync(holds):  # noqa: ASYNC110 - no event of ours
        await anyio.sleep(0.02)


def ledger(folder: Path) -> list[str]:
    """Return the effects so far."""
    path = folder / "ledger"
    return path.read_text("utf-8").splitlines() if path.exists() else []


if __name__ == "__main__":
    delay = float(os.environ.get("SHOP_DELAY", "0"))
    workers = int(sys.argv[1])
    server.run(app="tests.reliability.shops:server", workers=workers, drain_delay=delay)
