"""How a hostile request comes in: as an ASGI scope made by hand, or as bytes on a real socket.

A request is written down once, down to its request line and framing. Nothing on its way mends it,
so what an HTTP client would refuse to send arrives as well.
"""

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

import anyio.to_thread
import pytest
import uvicorn

from agentkit.serve import ServeOptions, run_server
from agentkit.testing import asgi
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.deadlines import LONG
from tests.hostile.canaries import AUTHORIZATION, LEDGER

HOST = "agents.example"

Field = tuple[str, str]
Body = bytes | tuple[bytes, ...] | None


class Asked(NamedTuple):
    """A request as it is sent; the target is what stands in the request line."""

    method: str
    target: str
    fields: tuple[Field, ...]
    pieces: tuple[bytes, ...] = ()
    chunked: bool = False

    def wire(self) -> Iterator[bytes]:
        """The bytes on the socket; of a chunked body no end is sent, so it never closes early."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{k}: {v}" for k, v in self.fields)]
        yield "\r\n".join([*lines, "", ""]).encode("latin-1")
        for piece in self.pieces:
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked and piece else piece
        if self.chunked and self.pieces[-1:] == (b"",):
            yield b"0\r\n\r\n"

    def scope(self) -> Scope:
        """What a server makes of it."""
        raw_path, _, query = self.target.partition("?")
        fields = ((name.lower(), value.strip(" \t")) for name, value in self.fields)
        return {
            "type": "http",
            "asgi": dict(asgi.VERSION),
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in fields],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
        }


class Told(NamedTuple):
    """An answer: JSON data (or the bytes of another body), and every header but the usual ones."""

    status: int
    data: Any
    more: tuple[Field, ...] = ()

    @property
    def by_server(self) -> bool:
        """Whether the server refused the request before any application saw it."""
        return self.status == 400 and isinstance(self.data, bytes)


BASE = (
    ("cache-control", "no-store"),
    ("content-type", "application/json"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
"""What every answer of an agent carries, beside its length."""


def told(status: int, fields: list[Field], body: bytes, method: str) -> Told:
    """Read an answer; an agent's own has the base headers, the right length, and JSON."""
    kept = [(k.lower(), v) for k, v in fields if k.lower() != "date"]
    if not set(BASE) <= set(kept):
        return Told(status, body, tuple(sorted(kept)))
    lengths = [value for name, value in kept if name == "content-length"]
    assert method == "HEAD" or lengths == [str(len(body))]
    more = sorted(f for f in kept if f not in BASE and f[0] != "content-length")
    return Told(status, json.loads(body) if body else None, tuple(more))


class Door(Protocol):
    """A way to an application."""

    name: str
    app: ASGIApp

    async def send(self, asked: Asked) -> Told:
        """Send a request and return the answer."""
        ...


class InProcess:
    """Calls the application, as a server that keeps to the protocol does."""

    name = "in process"

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def send(self, asked: Asked) -> Told:
        """Send a request and return the answer."""
        found = await asgi.call(self.app, asked.scope(), asked.pieces)
        fields = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in found.headers]
        LEDGER.reply(found.status, fields, found.body)
        return told(found.status, fields, found.body, asked.method)


class Stage:
    """A real server, as `run()` starts it, whose application can be exchanged."""

    def __init__(self, name: str, app: ASGIApp) -> None:
        self.name = name
        self.app = app
        self.port = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # without a lifespan, which an agent does not need
        await self.app(scope, receive, send)

    async def send(self, asked: Asked) -> Told:
        """Send a request on a connection of its own and return the answer."""
        return await anyio.to_thread.run_sync(self.exchange, asked, abandon_on_cancel=True)

    def exchange(self, asked: Asked) -> Told:
        """Do what `send` does, in this thread."""
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, LONG) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                # A server that refuses a large body closes without reading it; its answer is there.
                connection.sendall(b"".join(asked.wire()))
            answer = http.client.HTTPResponse(connection, method=asked.method)
            answer.begin()
            body = answer.read()
        LEDGER.reply(answer.status, answer.getheaders(), body)
        return told(answer.status, answer.getheaders(), body, asked.method)

    def hang_up_after(self, asked: Asked) -> None:
        """Send a request, or as much of one as there is, and leave."""
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, LONG) as connection:
            connection.sendall(b"".join(asked.wire()))


@contextmanager
def staged(http_parser: str) -> Iterator[Stage]:
    """Run a server in a thread with the settings of `run()`, and stop it."""
    begun: SimpleQueue[tuple[uvicorn.Server, int]] = SimpleQueue()

    class Watched(uvicorn.Server):
        def run(self, sockets: list[socket.socket] | None = None) -> None:
            assert sockets is not None
            begun.put((self, sockets[0].getsockname()[1]))
            super().run(sockets)

    stage = Stage(http_parser, nothing_here)
    options = ServeOptions(host="127.0.0.1", port=0, log_level="debug")
    thread = threading.Thread(target=run_server, args=(stage, options))
    with pytest.MonkeyPatch.context() as patched:
        # A long request may come in pieces; of those h11 by itself takes no more than 16 KiB.
        whole = partial(uvicorn.Config, h11_max_incomplete_event_size=1 << 20)
        config = partial(whole, log_config=None, http=http_parser)
        patched.setattr(uvicorn, "Config", config)
        patched.setattr(uvicorn, "Server", Watched)
        thread.start()
        server, stage.port = begun.get(timeout=LONG)
    try:
        yield stage
    finally:
        server.should_exit = True
        thread.join()


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for an application until a test brings one."""
    raise AssertionError("no test has put an application here")  # pragma: no cover


def ask(
    method: str, target: str, body: Body = None, *fields: Field, without: tuple[str, ...] = ()
) -> Asked:
    """A request that is all right, but for the fields that replace those of the same name.

    A body of several pieces is sent in chunks; it ends with an empty one.
    """
    chunked = isinstance(body, tuple)
    pieces = body if isinstance(body, tuple) else (body or b"",)
    usual = [("host", HOST), ("authorization", AUTHORIZATION)]
    if body is not None:
        length = (
            ("transfer-encoding", "chunked") if chunked else ("content-length", str(len(pieces[0])))
        )
        usual += [("content-type", "application/json"), length]
    replaced = {*without, *(name.lower() for name, _ in fields)}
    kept = [field for field in usual if field[0] not in replaced]
    return Asked(method, target, (*kept, *fields), pieces, chunked)


def basic(user: str, password: str) -> Field:
    """The header with these credentials."""
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return ("authorization", f"Basic {encoded}")


def get(target: str, *fields: Field, without: tuple[str, ...] = ()) -> Asked:
    """A GET request."""
    return ask("GET", target, None, *fields, without=without)


def post(target: str, data: object, *fields: Field, without: tuple[str, ...] = ()) -> Asked:
    """A POST request with JSON data, or with bytes or pieces as they are."""
    body = data if isinstance(data, bytes | tuple) else json.dumps(data).encode()
    return ask("POST", target, body, *fields, without=without)


def refused(status: int, error: str, *more: Field) -> Told:
    """The answer to a request that is refused."""
    return Told(status, {"error": error}, more)


UNAUTHORIZED = refused(
    401, "Unauthorized", ("www-authenticate", 'Basic realm="agentkit", charset="UTF-8"')
)
