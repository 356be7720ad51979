import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.line import Line, run, web
from agentkit.loopback.trace import Trace
from agentkit.testing.asgi import Receive, Scope, Send
from tests.loopback.line.apps import App, Got, answer, redirect
from tests.loopback.line.conftest import Lines, told, tool, webhook
from tests.testing.test_http_transport import answering, served

CERTIFICATES = Path(__file__).parents[2] / "certificates"
CERTIFICATE = CERTIFICATES / "server.pem"


async def slow(got: Got, send: Send) -> None:
    await asyncio.sleep(0.05)
    await answer(200, b'{"response":"slow"}')(got, send)


@pytest.fixture
def agent() -> App:
    return App([answer(200, b'{"response":"done"}')])


@pytest.fixture
def url(agent: App) -> Iterator[str]:
    with served(agent) as url:
        yield url


async def test_a_webhook_crosses_a_socket_with_the_platforms_headers_only(
    line_to: Lines, agent: App, url: str
) -> None:
    async with line_to(url) as line:
        for path in ("/swaig?__token=a%20b&x=%7B", "/a%2Fb/é"):
            reply = await line.send(tool(path, auth=("u", "p")))
            assert (reply.json(), reply.status, reply.attempts) == ({"response": "done"}, 200, 1)
    first, second = agent.got
    assert (first.method, first.path, first.query) == ("POST", "/swaig", "__token=a%20b&x=%7B")
    assert first.body == tool().body
    assert first.headers == {
        "host": url.removeprefix("http://"),
        "accept": "*/*",
        "content-type": "application/json",
        "content-length": "20",
        "authorization": "Basic dTpw",
    }
    assert second.path == "/a/b/é"


async def test_a_public_name_reaches_the_server_that_stands_for_it(
    line_to: Lines, agent: App, url: str
) -> None:
    async with line_to(url, base_url="http://bot.example.com:81") as line:
        await line.send(tool("http://bot.example.com:81/swaig"))
        await line.send(tool(f"{url}/swaig"))
    hosts = [got.headers["host"] for got in agent.got]
    assert hosts == ["bot.example.com:81", url.removeprefix("http://")]


@pytest.mark.parametrize("name", ["localhost", "[::1]"])
async def test_a_server_of_this_host_may_be_named_in_other_ways(
    line_to: Lines, agent: App, url: str, name: str
) -> None:
    async with line_to(url) as line:
        await line.send(tool(f"{url.replace('127.0.0.1', name)}/swaig"))
    assert [got.path for got in agent.got] == ["/swaig"]


async def test_redirects_and_re_sendings_cross_sockets_too(line_to: Lines) -> None:
    agent = App([answer(503), redirect("/moved", 308), answer()])
    with served(agent) as url:
        async with line_to(url) as line:
            reply = await line.send(tool())
    assert (reply.status, reply.attempts) == (200, 2)
    assert [got.path for got in agent.got] == ["/swaig", "/swaig", "/moved"]


async def test_a_refused_connection_is_tried_four_times(
    line_to: Lines, trace: Trace, clock: Clock
) -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        reply = await line_to(f"http://127.0.0.1:{closed.getsockname()[1]}").send(tool())
    assert (reply.status, reply.error, reply.attempts) == (0, "connection", 4)
    assert [kind for kind, _ in told(trace)] == ["request", "reply"] * 4
    assert clock.us == Clock().us + 3_000_000


def read_request(connection: socket.socket) -> None:
    """Read all of a request: a server that closes before resets the connection."""
    request = b""
    while not request.endswith(b"}"):
        request += connection.recv(65536)


def says(*pieces: bytes) -> Callable[[socket.socket], None]:
    def converse(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return converse


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",),
        (b"HTTP/1.1 200 OK\r\nconte",),
        (b"220 mail.example ESMTP\r\n",),
        (b"\x00\xff\x16\x03\x01" * 50,),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",),
        (b"HTTP/1.1 OK\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000,),
    ],
    ids=["nothing", "cut body", "cut head", "smtp", "tls", "chunk", "negative", "two lengths",
         "no status", "endless head"],
)  # fmt: skip
async def test_what_is_no_http_is_a_failed_connection(
    line_to: Lines, pieces: tuple[bytes, ...]
) -> None:
    with answering(says(*pieces)) as port:
        async with line_to(f"http://127.0.0.1:{port}") as line:
            reply = await line.send(webhook("datamap", "/x"))
    assert (reply.status, reply.error, reply.body) == (0, "connection", b"")


async def test_each_request_has_a_connection_as_a_server_may_close_one_unsaid(
    line_to: Lines,
) -> None:
    agent, clients = App([answer(500)]), set()

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        clients.add(scope["client"])
        await agent(scope, receive, send)

    with served(noting) as url:
        async with line_to(url) as line:
            assert (await line.send(tool())).attempts == 4
    assert len(clients) == 4


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b"<html>", b""),
        (b"\x1f\x8b\x08\x00garbage", b"content-encoding: gzip\r\n"),
        (b"", b""),
        (b"{" * 100_000, b""),
        (b"\xff\xfe", b"content-type: application/json; charset=utf-16\r\n"),
    ],
)
async def test_an_answer_that_is_not_json_arrives_as_it_is(
    line_to: Lines, body: bytes, more: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%s\r\n" % (len(body), more)
    with answering(says(head, body)) as port:
        async with line_to(f"http://127.0.0.1:{port}") as line:
            reply = await line.send(tool())
    assert (reply.status, reply.body, reply.attempts) == (200, body, 1)
    with pytest.raises(ValueError, match=r"."):
        reply.json()


async def test_an_answer_without_end_is_cut(
    line_to: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MOST_BYTES", 1000)

    def floods(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 4096)
        except OSError:
            pass  # the line has hung up

    with answering(floods) as port:
        async with line_to(f"http://127.0.0.1:{port}") as line:
            reply = await line.send(webhook("document", "/"))
    assert (reply.status, reply.error) == (0, "connection")


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",)])
async def test_an_answer_that_does_not_come_whole_is_given_up(
    line_to: Lines, pieces: tuple[bytes, ...]
) -> None:
    over = threading.Event()

    def stops(connection: socket.socket) -> None:
        says(*pieces)(connection)
        over.wait()

    with answering(stops) as port:
        async with line_to(f"http://127.0.0.1:{port}") as line:
            reply = await line.send(webhook("request", "/", timeout_seconds=0.05))
            over.set()
    assert (reply.status, reply.error) == (0, "timeout")


async def test_a_connection_that_does_not_come_about_is_given_up(
    line_to: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(anyio, "connect_tcp", never)
    monkeypatch.setitem(web._TIMEOUTS, "connect", 0.01)
    line = line_to("http://127.0.0.1:1")
    assert (await line.send(webhook("document", "/"))).error == "timeout"


def greets_with_tls(connection: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, CERTIFICATES / "server.key.pem")
    try:
        with context.wrap_socket(connection, server_side=True) as secured:
            read_request(secured)
            secured.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    except OSError:
        pass  # the line does not trust the certificate


async def test_a_certificate_that_nobody_vouches_for_is_a_failed_connection(
    line_to: Lines,
) -> None:
    with answering(greets_with_tls) as port:
        async with line_to(f"https://127.0.0.1:{port}") as line:
            reply = await line.send(webhook("document", "/"))
    assert (reply.status, reply.error) == (0, "connection")


async def test_a_certificate_is_judged_as_the_test_says(line_to: Lines) -> None:
    tls = ssl.create_default_context(cafile=CERTIFICATE)
    tls.check_hostname = False
    with answering(greets_with_tls) as port:
        async with line_to(f"https://127.0.0.1:{port}", tls=tls) as line:
            reply = await line.send(webhook("document", "/"))
    assert (reply.status, reply.body, reply.error) == (200, b"{}", "")


async def test_tls_to_a_plain_server_is_a_failed_connection(line_to: Lines, url: str) -> None:
    async with line_to(url.replace("http:", "https:")) as line:
        reply = await line.send(webhook("document", "/"))
    assert (reply.status, reply.error) == (0, "connection")


def test_time_does_not_jump_over_a_connection(clock: Clock) -> None:
    async def main() -> tuple[Any, float, int]:
        async with Line(url, clock=clock, trace=Trace(clock)) as line:
            await clock.sleep(60)
            reply = await line.send(tool())
            return reply.json(), reply.seconds, clock.us - Clock().us

    with served(App([slow])) as url:
        assert run(main, clock) == ({"response": "slow"}, 0, 60_000_000)


async def test_a_line_over_which_nothing_went_has_nothing_to_close(line_to: Lines) -> None:
    async with line_to("http://127.0.0.1:1"):
        pass


async def test_a_url_needs_httpx2(monkeypatch: pytest.MonkeyPatch, line_to: Lines) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(CallError, match=r"pip install agentkit-swml\[loopback\]"):
        line_to("http://127.0.0.1:1")
