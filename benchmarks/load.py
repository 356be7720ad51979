"""A small load client: so many keep-alive connections, each asks again when it was answered.

It runs in a process of its own and reads the request from its standard input:
`python -m benchmarks.load PORT SECONDS`.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from typing import NamedTuple, cast

from benchmarks import content
from benchmarks.wire import Request

CONNECTIONS = 16
WARM_UP_SECONDS = 0.2
_numbers = itertools.count(time.time_ns() % 10**11)  # a later process begins elsewhere


def http_bytes(asked: Request) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{asked.scope['method']} {asked.target} HTTP/1.1".encode()]
    lines += [b"%s: %s" % header for header in asked.scope["headers"]]
    return b"\r\n".join([*lines, b"", b""]) + asked.body


class Load(NamedTuple):
    """Requests a second in the time that counts, and all requests, warm-up and all."""

    rate: float
    answered: int


def put_load(port: int, asked: Request, seconds: float) -> Load:
    """Return how much a server answered."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), str(seconds)]
    told = subprocess.run(command, input=http_bytes(asked), capture_output=True, check=True)
    return Load(*json.loads(told.stdout))


class Connection(asyncio.Protocol):
    """One connection without pipelining."""

    answered = 0
    refused = b""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._missing = 0

    def connection_made(  # type: ignore[explicit-override]
        self, transport: asyncio.BaseTransport
    ) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]
        """Count an answer when it is complete, and ask again."""
        if not self._missing:
            head, _, body = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                Connection.refused = head
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._missing = int(length) - len(body)
        else:
            self._missing -= len(data)
        if not self._missing:
            Connection.answered += 1
            self._ask()

    def _ask(self) -> None:
        numbered = self._request.replace(content.NUMBER, b"%012d" % next(_numbers))
        self._transport.write(numbered)


async def _load(port: int, seconds: float, request: bytes) -> Load:
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Connection(request), "127.0.0.1", port)
    await asyncio.sleep(WARM_UP_SECONDS)
    began, before = time.monotonic(), Connection.answered
    await asyncio.sleep(seconds)
    if Connection.refused or Connection.answered == before:
        sys.exit(f"not answered with 200 but {Connection.refused!r}")
    rate = (Connection.answered - before) / (time.monotonic() - began)
    return Load(rate, Connection.answered)


def main(port: str, seconds: str) -> None:
    """Print the load as JSON."""
    import uvloop  # noqa: PLC0415 - only this process needs it

    request = sys.stdin.buffer.read()
    print(json.dumps(uvloop.run(_load(int(port), float(seconds), request))))


if __name__ == "__main__":
    main(*sys.argv[1:])
