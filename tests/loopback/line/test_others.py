import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.line import Line, run
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer
from agentkit.testing import ASGITransport
from agentkit.testing.asgi import Receive, Scope, Send
from agentkit.testing.messages import Headers, Request, Response
from tests.loopback.line.apps import App, Got, answer, answering
from tests.loopback.line.conftest import Lines, tool, webhook


class Wired:
    """A transport that keeps what it carries and answers as it is told."""

    def __init__(self, answer: Response | OSError | None) -> None:
        self.answer = answer
        self.phases: list[str] = []
        self.carried: list[Request] = []

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        self.phases.append("open")
        yield
        self.phases.append("closed")

    async def exchange(self, request: Request) -> Response:
        self.carried.append(request)
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, OSError):
            raise self.answer
        assert self.answer
        return self.answer


async def test_a_transport_carries_requests_as_the_platform_sends_them(line_to: Lines) -> None:
    wired = Wired(Response(201, Headers([("X-Sign", "ü")]), b"[]"))
    async with line_to(wired) as line:
        reply = await line.send(tool("http://u:p@testserver/a%20b?x=1"))
    assert wired.phases == ["open", "closed"]
    assert (reply.status, reply.body, reply.headers) == (201, b"[]", (("x-sign", "ü"),))
    [request] = wired.carried
    assert (request.method, request.scheme, request.host) == ("POST", "http", "testserver")
    assert (request.target, request.chunks) == ("/a%20b?x=1", (tool().body,))
    assert request.headers["authorization"] == "Basic dTpw"


async def test_a_transport_of_an_application_under_a_mount_works(line_to: Lines) -> None:
    agent = answering()
    async with line_to(ASGITransport(agent, root_path="/mounted")) as line:
        assert (await line.send(tool("/mounted/swaig"))).status == 200
    assert agent.got[0].path == "/mounted/swaig"


async def test_a_line_may_be_entered_and_left_in_different_tasks(line_to: Lines) -> None:
    phases: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for phase in ("startup", "shutdown"):
            await receive()
            phases.append(phase)
            await send({"type": f"lifespan.{phase}.complete"})

    line = line_to(ASGITransport(app))
    await asyncio.create_task(line.__aenter__())
    await asyncio.create_task(line.__aexit__(None, None, None))
    assert phases == ["startup", "shutdown"]


async def test_a_transport_of_a_line_that_was_not_entered_has_no_lifespan(line_to: Lines) -> None:
    wired = Wired(Response(200, Headers([]), b""))
    await line_to(wired).__aexit__(None, None, None)
    assert wired.phases == []


async def test_a_transport_that_fails_is_a_failed_connection(line_to: Lines) -> None:
    reply = await line_to(Wired(ConnectionResetError())).send(tool())
    assert (reply.status, reply.error, reply.attempts) == (0, "connection", 4)


GIVEN_UP = Answer(0, error="timeout", seconds=120.0)


def sent(clock: Clock, target: Any) -> Answer:
    async def main() -> Answer:
        line = Line(answering(), clock=clock, trace=Trace(clock), outside={"*": target})
        return await line.send(webhook("datamap", "https://api.example/"))

    return run(main, clock)


def test_a_transport_that_hangs_is_given_up(clock: Clock) -> None:
    assert sent(clock, Wired(None)) == GIVEN_UP


def test_a_function_that_hangs_is_given_up(clock: Clock) -> None:
    async def hangs(request: Request) -> None:
        await asyncio.Event().wait()

    assert sent(clock, hangs) == GIVEN_UP


def test_a_request_may_say_how_long_its_answer_takes(clock: Clock) -> None:
    async def hangs(got: object, send: Send) -> None:
        await asyncio.Event().wait()

    async def main() -> tuple[str, float]:
        async with Line(App([hangs]), clock=clock, trace=Trace(clock)) as line:
            reply = await line.send(webhook("request", "/", timeout_seconds=7.5))
            return reply.error, reply.seconds

    assert run(main, clock) == ("timeout", 7.5)


def test_a_request_of_the_script_is_waited_for_however_long_it_takes(clock: Clock) -> None:
    async def slow(got: Got, send: Send) -> None:
        await asyncio.sleep(3600)
        await answer()(got, send)

    async def main() -> tuple[int, float]:
        async with Line(App([slow]), clock=clock, trace=Trace(clock)) as line:
            reply = await line.send(webhook("request", "/"))
            return reply.status, reply.seconds

    assert run(main, clock) == (200, 3600)


def test_a_function_that_fails_is_a_failed_connection(clock: Clock) -> None:
    def refuses(request: Request) -> None:
        raise ConnectionRefusedError

    assert sent(clock, refuses).error == "connection"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"a": 1}, 200, b'{"a":1}'),
        ([], 200, b"[]"),
        (None, 200, b"null"),
        ((503, {"error": "down"}), 503, b'{"error":"down"}'),
        (Response(204, Headers([]), b""), 204, b""),
    ],
)
def test_a_function_answers_with_data_or_a_whole_response(
    clock: Clock, answer: object, status: int, body: bytes
) -> None:
    reply = sent(clock, lambda request: answer)
    assert (reply.status, reply.body) == (status, body)
