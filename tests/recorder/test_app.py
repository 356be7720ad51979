"""Calls through a recorder: everything is journalled, and nobody notices."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from agentkit import AgentBase, AgentServer
from agentkit.errors import DefinitionError, StateError
from agentkit.recorder import Bounds, Counts, InMemory, Recorder, Redaction, journal_name, watching
from agentkit.recorder import app as module
from agentkit.recorder import format as format_module
from agentkit.serve import ServeOptions
from agentkit.state.manager import StateManager
from agentkit.state.memory import MemoryState
from agentkit.testing import AgentClient, SimulatedCall
from tests.recorder.journals import AUTH, client_of, flushed, journal, kinds, started, tea_shop

SWML = {"call": {"call_id": "c-1"}}
Made = list[Recorder]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def made() -> Iterator[Made]:
    recorders: Made = []
    yield recorders
    closed = [recorder.close() for recorder in recorders]
    assert all(closed)


@pytest.fixture
def app(folder: Path, made: Made) -> Recorder:
    made.append(Recorder(tea_shop(), folder))
    return made[0]


async def test_webhooks_answers_and_states_are_journalled(app: Recorder, folder: Path) -> None:
    call = await started(app)
    await call.tool("order", tea="Assam", packs=2)
    await call.tool("ping")
    await call.hang_up()
    lines = await journal(app, folder)
    expected = ["call", "webhook", "answer", "webhook", "answer", "state", "webhook", "answer"]
    assert kinds(lines)[:8] == expected
    assert lines[3]["what"] == "function"
    assert lines[3]["body"]["argument"]["parsed"] == [{"tea": "Assam", "packs": 2}]
    assert lines[4]["body"] == {"response": "2 packs of Assam"}
    assert lines[5]["body"] == {"tea": "Assam", "packs": 2}
    assert {line["exchange"] for line in lines[3:6]} == {lines[3]["exchange"]}
    assert lines[-2]["what"] == "post_prompt"
    assert all(line["at"] > 0 for line in lines)
    assert app.counts == Counts(written=len(lines) - 1)


async def test_no_credential_and_no_token_reaches_the_folder(app: Recorder, folder: Path) -> None:
    call = await started(app)
    await call.tool("ping")
    await flushed(app)
    text = await anyio.Path(folder / journal_name("c-1")).read_text("utf-8")
    assert "canary" not in text
    assert "v1." not in text
    assert "Basic" not in text


async def test_answers_are_the_same_bytes_with_and_without(folder: Path, made: Made) -> None:
    agent = tea_shop()
    made.append(Recorder(agent, folder))
    bare, recorded = AgentClient(agent, auth=AUTH), client_of(made[0])
    for url, body in [("/shop", SWML), ("/shop/swaig", {"function": "ping"}), ("/nowhere", {})]:
        one, other = await bare.post(url, json=body), await recorded.post(url, json=body)
        assert (one.status, one.headers.pairs) == (other.status, other.headers.pairs)
        assert len(one.body) == len(other.body)


async def test_without_a_folder_nothing_is_done(made: Made) -> None:
    app = Recorder(tea_shop())
    call = await started(app)
    assert (await call.tool("ping")).response == "pong"
    assert app.counts == Counts()
    assert app.flush()
    assert app.close()


async def test_requests_without_a_call_and_refused_ones_are_not_journalled(
    app: Recorder, folder: Path
) -> None:
    client = client_of(app)
    await client.get("/health")
    await client.get("/shop")
    await client.post("/shop", json={})
    await client.post("/shop", content=b"{", headers={"content-type": "application/json"})
    await client.with_auth(None).post("/shop", json=SWML)
    await client.with_auth(None).get("/shop?call_id=c-1")
    await client.request("DELETE", "/shop?call_id=c-1")
    await flushed(app)
    assert app.counts == Counts()
    assert await journal(app, folder) == []


async def test_what_is_refused_after_its_body_was_read_is_journalled(
    app: Recorder, folder: Path
) -> None:
    body = {"function": "order", "argument": {}, "call_id": "c-1"}
    await client_of(app).post("/shop/swaig?token=forged", json=body)
    [_, asked, answer] = await journal(app, folder)
    assert (asked["query"], answer["status"]) == ({"token": "***"}, 403)


async def test_a_document_may_be_fetched_by_get(app: Recorder, folder: Path) -> None:
    await client_of(app).get("/shop?call_id=c-1&from=x")
    [_, asked, answer] = await journal(app, folder)
    assert (asked["method"], asked["what"]) == ("GET", "document")
    assert asked["query"] == {"call_id": "c-1", "from": "***"}
    assert answer["body"]["version"] == "1.0.0"


async def test_bodies_that_are_too_long_are_told_by_their_length(folder: Path, made: Made) -> None:
    made.append(Recorder(tea_shop(), folder, bounds=Bounds(body_bytes=600)))
    call = await started(made[0])
    await call.tool("ping")
    lines = await journal(made[0], folder)
    assert lines[1]["body"]["call"]["call_id"] == "c-1"
    assert lines[2]["cut"] > 600
    assert kinds(lines) == ["call", "webhook", "answer", "webhook", "answer"]
    assert lines[3]["cut"] > 600


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    raise RuntimeError("canary")


async def test_an_application_that_raises_raises_still(folder: Path, made: Made) -> None:
    made.append(Recorder(failing, folder))
    with pytest.raises(RuntimeError, match="canary"):
        await AgentClient(made[0]).post("/", json=SWML)
    answer = (await journal(made[0], folder))[-1]
    assert (answer["status"], answer["error"]) == (0, "RuntimeError")
    assert "canary" not in str(answer)


async def test_a_webhook_is_journalled_before_it_is_answered(folder: Path, made: Made) -> None:
    seen: list[list[str]] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        lines = await journal(made[0], folder)
        seen.append(kinds(lines))
        await JSONResponse({})(scope, receive, send)

    made.append(Recorder(looking, folder))
    await AgentClient(made[0]).post("/", json=SWML)
    assert seen == [["call", "webhook"]]


async def test_bodies_in_pieces_pass_and_are_put_together(folder: Path, made: Made) -> None:
    async def echo(request: Request) -> StreamingResponse:
        data = await request.body()
        return StreamingResponse(iter([data[:5], data[5:]]))

    made.append(Recorder(Starlette(routes=[Route("/", echo, methods=["POST"])]), folder))
    chunks = [b'{"call":{"call_', b'id":"c-1"}}']
    response = await AgentClient(made[0]).post("/", chunks=chunks)
    lines = await journal(made[0], folder)
    assert response.json() == SWML
    assert [line["body"] for line in lines[1:]] == [SWML, SWML]


async def test_a_fault_of_the_recorder_breaks_no_call(
    app: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a fault")

    monkeypatch.setattr(format_module, "call_of", broken)
    assert (await client_of(app).post("/shop", json=SWML)).status == 200
    assert app.counts.refused == 1
    assert "journal_failed" in caplog.text


async def test_a_folder_that_cannot_be_made_breaks_no_call(
    tmp_path: Path, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    made.append(Recorder(tea_shop(), tmp_path / "file" / "calls"))
    call = await started(made[0])
    assert (await call.tool("ping")).response == "pong"
    await flushed(made[0])
    assert made[0].counts.refused == 4
    told = [record for record in caplog.records if record.levelno > logging.INFO]
    assert [record.levelno for record in told] == [logging.ERROR]


async def test_states_of_all_agents_of_a_server_are_seen(folder: Path, made: Made) -> None:
    server = AgentServer()
    inner = AgentBase("inner", route="/shop/inner", basic_auth=AUTH)
    server.register(tea_shop())
    server.register(inner)
    made.append(Recorder(server, folder))
    call = await started(made[0])
    await call.tool("order", tea="Assam", packs=2)
    await AgentClient(made[0], auth=AUTH).post("/shop/inner", json={"call": {"call_id": "c-2"}})
    assert kinds(await journal(made[0], folder))[-1] == "state"
    assert "state" not in kinds(await journal(made[0], folder, "c-2"))


async def test_states_of_agents_below_another_application_are_seen_when_they_are_named(
    folder: Path, made: Made
) -> None:
    agent = tea_shop()
    host = Starlette(routes=[Mount("/base", app=agent)])
    made.append(Recorder(host, folder, agents=[agent, object()]))
    call = SimulatedCall(AgentClient(made[0], auth=AUTH), url="/base/shop", call_id="c-1")
    await call.start()
    await call.tool("order", tea="Assam", packs=2)
    assert kinds(await journal(made[0], folder))[-1] == "state"


async def test_a_store_that_is_away_breaks_no_call(
    app: Recorder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StateError("away")

    monkeypatch.setattr(StateManager, "run", away)
    assert (await client_of(app).post("/shop", json=SWML)).status == 200
    assert kinds(await journal(app, folder)) == ["call", "webhook", "answer"]


async def test_only_so_many_calls_are_remembered(
    app: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "REMEMBERED", 2)
    for number in range(4):
        call = await started(app, f"c-{number}")
        await call.tool("order", tea="Assam", packs=1)
    assert list(app._states._seen) == ["c-2", "c-3"]


async def test_the_end_of_the_lifespan_waits_for_the_journals(folder: Path, made: Made) -> None:
    ended: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})

    async def received() -> Message:
        return {"type": "lifespan.startup"}

    async def sent(message: Message) -> None:
        ended.append(message)

    made.append(Recorder(app, folder))
    await made[0]({"type": "lifespan"}, received, sent)
    assert [message["type"] for message in ended][-1] == "lifespan.shutdown.complete"


async def test_a_websocket_passes(folder: Path, made: Made) -> None:
    made.append(Recorder(tea_shop(), folder))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    await made[0]({"type": "websocket", "path": "/"}, receive, send)
    assert sent[0]["type"] == "websocket.close"


async def test_what_is_left_out_can_be_chosen(folder: Path, made: Made) -> None:
    redaction = Redaction(paths=["argument.parsed.*.tea"], patterns=["Assam"])
    made.append(Recorder(tea_shop(), folder, redaction=redaction))
    call = await started(made[0])
    await call.tool("order", tea="Assam", packs=2)
    lines = await journal(made[0], folder)
    assert "Assam" not in str(lines)
    assert lines[4]["body"]["response"] == "2 packs of ***"


async def test_a_sink_may_take_the_place_of_a_folder(made: Made) -> None:
    sink = InMemory()
    made.append(Recorder(tea_shop(), sink=sink, clock=lambda: 7.0))
    await started(made[0])
    await flushed(made[0])
    assert all(line.startswith(b'{"at":7.0,') for line in sink.lines["c-1"])


async def test_state_is_told_again_only_when_it_has_changed(folder: Path, made: Made) -> None:
    agent = AgentBase("a", basic_auth=AUTH, state_manager=StateManager(MemoryState()))
    made.append(Recorder(agent, folder))
    client = AgentClient(made[0], auth=AUTH)
    agent.states.set_state("c-1", {"n": 1})
    for _ in range(3):
        await client.post("/", json=SWML)
    agent.states.delete_state("c-1")
    await client.post("/", json=SWML)
    states = [line["body"] for line in await journal(made[0], folder) if line["kind"] == "state"]
    assert states == [{"n": 1}, None]


def test_what_is_no_application_is_refused() -> None:
    nothing: Any = 7
    with pytest.raises(DefinitionError, match="takes an ASGI application, not 7"):
        Recorder(nothing, "calls")


def test_run_serves_the_recorder_as_its_application_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: list[tuple[Any, ServeOptions]] = []
    monkeypatch.setattr(module, "run_server", lambda *given: served.append(given))
    app = Recorder(AgentServer(host="::1", port=4000), None)
    app.run()
    app.run("127.0.0.1", 0, log_level="debug")
    Recorder(failing).run()
    assert [(options.host, options.port) for _, options in served] == [
        ("::1", 4000),
        ("127.0.0.1", 0),
        ("0.0.0.0", 3000),
    ]
    assert served[0][0] is app
    assert [options.log_level for _, options in served] == ["info", "debug", "info"]
    with pytest.raises(DefinitionError, match="in memory, which 2 workers do not share"):
        Recorder(tea_shop()).run(workers=2)


async def test_a_body_that_is_no_json_belongs_to_the_call_in_the_query(
    folder: Path, made: Made
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()  # once more: the client has left
        await send({"type": "http.response.debug", "info": {}})
        await JSONResponse({})(scope, receive, send)

    async def sent(message: Message) -> None:
        del message

    messages: list[Message] = [{"type": "http.request", "body": b"a=1"}, {"type": "http.request"}]

    async def received() -> Message:
        return messages.pop(0)

    made.append(Recorder(app, folder))
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await made[0]({**scope, "query_string": b"call_id=c-1"}, received, sent)
    [_, asked, answer] = await journal(made[0], folder)
    assert (asked["text"], asked["url"]) == ("a=1", "http://localhost/")
    assert (answer["status"], answer["body"]) == (200, {})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_calls_are_journalled_on_both_kinds_of_loop(folder: Path, made: Made, backend: str) -> None:
    made.append(Recorder(tea_shop(), folder))

    async def play() -> None:
        call = await started(made[0])
        await call.tool("order", tea="Assam", packs=2)

    anyio.run(play, backend=backend)
    made[0].flush()
    text = (folder / journal_name("c-1")).read_text("utf-8")
    assert text.count("\n") == 6
    assert '"kind":"state"' in text


async def test_calls_at_the_same_time_have_a_journal_each(app: Recorder, folder: Path) -> None:
    async def play(call_id: str) -> None:
        call = await started(app, call_id)
        for packs in range(3):
            await call.tool("order", tea=call_id, packs=packs)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(play, f"c-{number}")
    for number in range(20):
        lines = await journal(app, folder, f"c-{number}")
        states = [line["body"] for line in lines if line["kind"] == "state"]
        assert states == [{"tea": f"c-{number}", "packs": packs} for packs in range(3)]
