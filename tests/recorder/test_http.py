"""The HTTP of tools: it passes as it was, and is journalled on its way."""

import gzip
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentkit import AgentBase, _json
from agentkit.recorder import Bounds, InMemory, Recorder
from agentkit.recorder.http import RecordedSyncTransport, RecordedTransport
from agentkit.testing import AgentClient, SimulatedCall
from tests.recorder.journals import AUTH, closed, flushed

URL = "https://user:canary-1@tea.example/stock?key=canary-2"
JSON = dict[str, Any]


def reply(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/down":
        raise httpx2.ConnectError("canary-3", request=request)
    if request.url.path == "/zipped":
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        return httpx2.Response(200, headers=headers, stream=Pieces(gzip.compress(b'{"packs":7}')))
    if request.url.path == "/odd":
        headers = {"content-encoding": request.url.params["as"]}
        return httpx2.Response(200, headers=headers, stream=Pieces(b"\x00\x01"))
    sent = request.content if isinstance(request.stream, httpx2.ByteStream) else b""
    return httpx2.Response(200, json={"packs": 7, "sent": sent.decode()})


class Pieces(httpx2.AsyncByteStream, httpx2.SyncByteStream):
    """A body that nobody has read yet, as over a connection."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data[:7]
        yield self._data[7:]

    def __iter__(self) -> Iterator[bytes]:
        yield self._data[:7]
        yield self._data[7:]


class Shop:
    """An agent whose tools ask another service in every way."""

    def __init__(self, sink: InMemory, **options: Any) -> None:  # noqa: C901 - a tool each
        agent = AgentBase("shop", route="/shop", basic_auth=AUTH)
        self.aclient = httpx2.AsyncClient(transport=RecordedTransport(httpx2.MockTransport(reply)))
        self.client = httpx2.Client(transport=RecordedSyncTransport(httpx2.MockTransport(reply)))

        @agent.tool
        async def ask(url: str, body: str = "") -> str:
            """Ask."""
            try:
                return (await self.aclient.post(url, content=body)).text
            except httpx2.ConnectError as error:
                return f"failed: {error}"

        @agent.tool
        def ask_plainly(url: str) -> str:
            """Ask."""
            try:
                return self.client.get(url).text
            except httpx2.ConnectError as error:
                return f"failed: {error}"

        @agent.tool
        async def stream(url: str) -> str:
            """Send a body that can be read only once, and read part of the reply."""

            async def pieces() -> AsyncIterator[bytes]:
                yield b"x"

            async with self.aclient.stream("POST", url, content=pieces()) as response:
                return str(response.status_code)

        @agent.tool
        def stream_plainly(url: str) -> str:
            """Likewise."""
            with self.client.stream("POST", url, content=iter([b"x"])) as response:
                return str(response.status_code)

        @agent.tool
        async def raw(url: str) -> str:
            """Read a reply whose encoding nobody knows."""
            async with self.aclient.stream("POST", url) as response:
                return str([piece async for piece in response.aiter_raw()])

        self.app = Recorder(agent, sink=sink, **options)
        self.sink = sink

    async def tool(self, name: str, **arguments: Any) -> str:
        call = SimulatedCall(AgentClient(self.app, auth=AUTH), url="/shop", call_id="c-1")
        await call.start()
        return str((await call.tool(name, **arguments)).response)

    async def http(self) -> list[JSON]:
        await flushed(self.app)
        lines = [_json.decode(line) for line in self.sink.lines["c-1"]]
        return [line for line in lines if line["kind"] == "http"]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop(InMemory())
    yield made
    await made.aclient.aclose()
    made.client.close()
    await closed(made.app)


@pytest.mark.parametrize("tool", ["ask", "ask_plainly"])
async def test_requests_and_replies_are_journalled_without_secrets(shop: Shop, tool: str) -> None:
    assert '"packs":7' in await shop.tool(tool, url=URL)
    [line] = await shop.http()
    assert line["function"] == tool
    assert line["body"]["request"]["url"] == "https://***@tea.example/stock?key=***"
    assert line["body"]["reply"]["body"]["packs"] == 7
    assert line["seconds"] >= 0
    assert "canary" not in str(shop.sink.lines)


@pytest.mark.parametrize("tool", ["ask", "ask_plainly"])
async def test_a_request_that_fails_fails_and_is_journalled(shop: Shop, tool: str) -> None:
    assert await shop.tool(tool, url="https://tea.example/down") == "failed: canary-3"
    [line] = await shop.http()
    assert line["body"]["reply"] == {"error": "ConnectError"}


async def test_a_body_that_was_sent_is_journalled(shop: Shop) -> None:
    await shop.tool("ask", url=URL, body='{"pin": "1234", "a": 1}')
    assert (await shop.http())[0]["body"]["request"]["body"] == {"pin": "***", "a": 1}


@pytest.mark.parametrize("tool", ["ask", "ask_plainly"])
async def test_a_compressed_reply_is_journalled_as_it_is_read(shop: Shop, tool: str) -> None:
    assert await shop.tool(tool, url="https://tea.example/zipped") == '{"packs":7}'
    assert (await shop.http())[0]["body"]["reply"]["body"] == {"packs": 7}


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_reply_that_cannot_be_read_is_told_by_its_length(shop: Shop, encoding: str) -> None:
    assert "x01" in await shop.tool("raw", url=f"https://tea.example/odd?as={encoding}")
    assert (await shop.http())[0]["body"]["reply"]["cut"] == 2


@pytest.mark.parametrize("tool", ["stream", "stream_plainly"])
async def test_bodies_that_are_streamed_are_left_alone(shop: Shop, tool: str) -> None:
    assert await shop.tool(tool, url=URL) == "200"
    [line] = await shop.http()
    assert line["body"]["request"]["cut"] == -1
    assert line["body"]["reply"]["status"] == 200


async def test_what_is_too_long_is_told_by_its_length() -> None:
    shop = Shop(InMemory(), bounds=Bounds(body_bytes=2_000))
    await shop.tool("ask", url=URL, body="x" * 3_000)
    await closed(shop.app)
    [line] = await shop.http()
    assert line["body"]["request"]["cut"] == 3_000
    assert line["body"]["reply"]["cut"] > 3_000


async def test_a_zipped_bomb_is_not_opened() -> None:
    def bomb(_: httpx2.Request) -> httpx2.Response:
        packed = Pieces(gzip.compress(b"0" * 1_000_000))
        return httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=packed)

    shop = Shop(InMemory(), bounds=Bounds(body_bytes=5_000))
    shop.client = httpx2.Client(transport=RecordedSyncTransport(httpx2.MockTransport(bomb)))
    await shop.tool("ask_plainly", url=URL)
    await closed(shop.app)
    assert (await shop.http())[0]["body"]["reply"]["cut"] > 900


async def test_outside_of_a_recorded_call_nothing_happens(shop: Shop) -> None:
    assert (await shop.aclient.get(URL)).status_code == 200
    assert shop.client.get(URL).status_code == 200
    with pytest.raises(httpx2.ConnectError):
        await shop.aclient.get("https://tea.example/down")
    await flushed(shop.app)
    assert shop.sink.lines == {}


async def test_a_request_before_the_call_is_known_is_not_journalled(tmp_path: Path) -> None:
    sink, client = (
        InMemory(),
        httpx2.AsyncClient(transport=RecordedTransport(httpx2.MockTransport(reply))),
    )

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await client.get(URL)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    recorder = Recorder(app, sink=sink)
    await AgentClient(recorder).get("/")
    await closed(recorder)
    assert sink.lines == {}


class Table:
    """Answers from a table by path."""

    def __init__(self, table: JSON) -> None:
        self.table, self.asked = table, list[JSON]()

    def answer(self, request: JSON) -> JSON | None:
        self.asked.append(request)
        found: JSON | None = self.table.get(httpx2.URL(request["url"]).path)
        return found


@pytest.mark.parametrize("tool", ["ask", "ask_plainly"])
async def test_replies_may_come_from_a_journal(tool: str) -> None:
    table = Table(
        {
            "/json": {"status": 200, "body": {"packs": 3}},
            "/text": {"status": 200, "text": "three", "headers": {"content-type": "text/plain"}},
            "/down": {"error": "ReadTimeout"},
        }
    )
    shop = Shop(InMemory(), http=table)
    answers = [
        await shop.tool(tool, url=f"https://tea.example{path}")
        for path in ("/json", "/text", "/down", "/new")
    ]
    await closed(shop.app)
    assert answers[:2] == ['{"packs":3}', "three"]
    assert answers[2].endswith("tea.example/down: ReadTimeout in the journal")
    assert answers[3].endswith("tea.example/new: the journal has no reply")
    assert [line["body"]["reply"] for line in await shop.http()][2] == {"error": "ConnectError"}
    assert (await shop.http())[0]["body"]["reply"]["body"] == {"packs": 3}


def test_the_usual_transports_send_by_default() -> None:
    assert isinstance(httpx2.AsyncClient(transport=RecordedTransport()), httpx2.AsyncClient)
    with httpx2.Client(transport=RecordedSyncTransport()) as plain:
        assert isinstance(plain, httpx2.Client)
