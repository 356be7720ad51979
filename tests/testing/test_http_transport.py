import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import anyio
import pytest
import uvicorn

from agentkit.testing import AgentClient, HTTPTransport
from agentkit.testing.asgi import ASGIApp, Receive, Scope, Send
from tests.testing.apps import body, echo, start


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that takes connections before anybody answers them, so nothing has to wait."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application by uvicorn in a thread; yields its URL."""
    config = uvicorn.Config(app, log_config=None, ws="none", loop="asyncio")
    server = uvicorn.Server(config)
    with listening() as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def answering(converse: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection by hand; yields the port."""
    with listening() as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                converse(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


async def agent(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/cookies":
        await send(start(200, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]))
        await send(body())
    elif scope["path"] == "/refuse":
        await send(start(413, [(b"connection", b"close")]))
        await send(body(b"too large"))
    else:
        await echo(scope, receive, send)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(agent) as found:
        yield found


@pytest.fixture(params=["in process", "server"])
def client(request: pytest.FixtureRequest, url: str) -> AgentClient:
    if request.param == "server":
        return AgentClient(url)
    return AgentClient(agent, base_url=url)


async def test_a_request_arrives_the_same_way_in_process_and_at_a_server(
    client: AgentClient,
) -> None:
    async with client.lifespan():
        response = await client.post("/caf%C3%A9%2F?q=%20x", json={"a": "é"}, headers={"x-a": "1"})

    arrived = response.json()
    assert (response.status, arrived["method"], arrived["body"]) == (200, "POST", '{"a":"é"}')
    assert (arrived["path"], arrived["raw_path"]) == ("/café/", "/caf%C3%A9%2F")
    assert (arrived["query"], arrived["root_path"], arrived["scheme"]) == ("q=%20x", "", "http")
    assert arrived["headers"] == [
        ["host", client.base_url.removeprefix("http://")],
        ["accept", "*/*"],
        ["content-type", "application/json"],
        ["x-a", "1"],
        ["content-length", "10"],
    ]


async def test_a_body_in_chunks_arrives_whole(client: AgentClient) -> None:
    arrived = (await client.post("/", chunks=[b"ab", b"", b"c"])).json()

    assert arrived["body"] == "abc"
    assert ["transfer-encoding", "chunked"] in arrived["headers"]


async def test_chunks_with_a_length_arrive_as_one_plain_body(client: AgentClient) -> None:
    arrived = (await client.post("/", chunks=[b"ab", b"c"], headers={"content-length": "3"})).json()

    assert arrived["body"] == "abc"
    assert ["transfer-encoding", "chunked"] not in arrived["headers"]


async def test_repeated_headers_of_an_answer_stay_apart(client: AgentClient) -> None:
    response = await client.get("/cookies")

    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_credentials_of_a_url_are_sent(client: AgentClient) -> None:
    arrived = (await client.get(client.base_url.replace("://", "://a:b@"))).json()

    assert ["authorization", "Basic YTpi"] in arrived["headers"]


async def test_head_has_no_body(client: AgentClient) -> None:
    response = await client.request("HEAD", "/")

    assert (response.status, response.body) == (200, b"")


async def test_an_application_may_answer_before_it_has_read_the_body(client: AgentClient) -> None:
    response = await client.post("/refuse", content=b"x" * 100_000)

    assert (response.status, response.body) == (413, b"too large")


def test_a_server_may_hang_up_on_a_body_once_it_has_answered() -> None:
    def converse(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno")

    with answering(converse) as port:
        client = AgentClient(HTTPTransport("127.0.0.1", port))
        response = anyio.run(partial(client.post, "/", content=b"x" * 50_000_000))

    assert (response.status, response.body) == (413, b"no")


def test_a_server_that_hangs_up_without_an_answer_is_an_error() -> None:
    with answering(lambda connection: None) as port:
        client = AgentClient(HTTPTransport("127.0.0.1", port))

        with pytest.raises(ConnectionError):
            anyio.run(client.get, "/")


def test_a_server_that_does_not_answer_is_an_error_after_a_while() -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        client = AgentClient(HTTPTransport("127.0.0.1", port, timeout_seconds=0.01))

        with pytest.raises(TimeoutError):
            anyio.run(client.get, "/")


def test_waiting_for_a_server_can_be_cancelled() -> None:
    async def scenario(client: AgentClient) -> bool:
        with anyio.move_on_after(0.01) as scope:
            await client.get("/")
        return scope.cancelled_caught

    with listening() as listener:
        port = listener.getsockname()[1]

        assert anyio.run(scenario, AgentClient(HTTPTransport("127.0.0.1", port)))


async def test_requests_go_to_the_server_whatever_host_their_url_names(url: str) -> None:
    port = int(url.rpartition(":")[2])
    client = AgentClient(HTTPTransport("127.0.0.1", port), base_url="https://tea.example")

    arrived = (await client.get("/")).json()

    assert ["host", "tea.example"] in arrived["headers"]
