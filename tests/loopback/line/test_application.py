import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.line import Line, run
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer
from agentkit.testing.asgi import ASGIApp, ASGIError, Message, Receive, Scope, Send
from tests.loopback.line.apps import App, Got, answer, answering, start
from tests.loopback.line.conftest import Lines, told, tool, webhook

DONE = {"type": "http.response.body", "body": b"{}"}


def sends(*messages: Any) -> App:
    async def behave(got: Got, send: Send) -> None:
        for message in messages:
            await send(message)

    return App([behave])


async def test_a_body_in_parts_arrives_whole(line_to: Lines) -> None:
    part = {"type": "http.response.body", "body": b"[1,", "more_body": True}
    last = {"type": "http.response.body", "body": b"2]"}
    assert (await line_to(sends(start(), part, last)).send(tool())).json() == [1, 2]


async def test_an_answer_to_head_has_no_body(line_to: Lines) -> None:
    reply = await line_to(answering()).send(webhook("request", "/", b"", method="HEAD"))
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        ((), "returned before its response was complete"),
        ((start(),), "returned before its response was complete"),
        ((DONE,), "http.response.body before http.response.start"),
        ((start(), start()), "a second http.response.start"),
        ((start(), DONE, DONE), "after the response was complete"),
        ((start(99),), "status 99 is not a final HTTP status"),
        (({"type": "websocket.accept"},), "unknown type 'websocket.accept'"),
        ((start(204), {**DONE, "body": b"x"}), "a body with status 204"),
        ((start(200, {b"content-length": b"9"}), DONE), "content-length b'9', but 2 bytes"),
        ((start(200, {b"Upper": b"x"}),), "not a token in lower case"),
        ((start(200, {b"x": b"a\r\nb"}),), "control character"),
        ((start(), {**DONE, "body": "text"}), "a body of type str"),
    ],
)
async def test_an_application_that_breaks_the_protocol_fails_the_test(
    line_to: Lines, messages: tuple[Message, ...], what: str
) -> None:
    with pytest.raises(ASGIError, match=what):
        await line_to(sends(*messages)).send(tool())


async def test_an_application_that_swallows_its_violation_fails_too(line_to: Lines) -> None:
    async def swallows(got: Got, send: Send) -> None:
        with pytest.raises(ASGIError):
            await send(DONE)
        await answer()(got, send)

    with pytest.raises(ASGIError, match="body before"):
        await line_to(App([swallows])).send(tool())


async def test_an_answer_that_breaks_off_is_a_cut_connection(line_to: Lines) -> None:
    async def breaks_off(got: Got, send: Send) -> None:
        await send(start())
        raise OSError("disk full")

    line = line_to(App([breaks_off, answer()]))
    reply = await line.send(tool())
    assert (reply.status, reply.attempts) == (200, 2)
    assert [str(error) for error in line.raised] == ["disk full"]


async def test_an_application_that_is_cancelled_is_a_cut_connection(line_to: Lines) -> None:
    async def cancels_itself(got: Got, send: Send) -> None:
        raise asyncio.CancelledError

    reply = await line_to(App([cancels_itself])).send(webhook("document", "/"))
    assert (reply.status, reply.error) == (0, "connection")


async def test_what_no_server_catches_ends_the_test(line_to: Lines) -> None:
    class Ended(BaseException):
        pass

    async def ends(got: Got, send: Send) -> None:
        raise Ended

    with pytest.raises(Ended):
        await line_to(App([ends])).send(tool())


async def test_an_application_may_go_on_after_its_answer(line_to: Lines) -> None:
    go_on, gone_on = asyncio.Event(), asyncio.Event()

    async def works_on(got: Got, send: Send) -> None:
        await answer()(got, send)
        await go_on.wait()
        gone_on.set()
        raise KeyError("too late to matter")

    line = line_to(App([works_on]))
    assert (await line.send(tool())).status == 200
    go_on.set()
    await gone_on.wait()
    await asyncio.sleep(0)
    assert [type(error) for error in line.raised] == [KeyError]


def asgi(serve: Callable[[Receive, Send], Awaitable[None]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await serve(receive, send)

    return app


def test_a_handler_hears_when_the_platform_gives_up_and_may_speak_to_nobody(clock: Clock) -> None:
    heard: list[str] = []

    async def listens(receive: Receive, send: Send) -> None:
        heard.append((await receive())["type"])
        both = await asyncio.gather(receive(), receive())
        heard.extend(message["type"] for message in both)
        heard.append((await receive())["type"])
        await send(start())
        await send(DONE)
        heard.append("sent")

    async def main() -> Answer:
        async with Line(asgi(listens), clock=clock, trace=Trace(clock)) as line:
            reply = await line.send(webhook("document", "/"))
            await asyncio.sleep(1)
            return reply

    reply = run(main, clock)
    assert (reply.status, reply.error, reply.seconds) == (0, "timeout", 120.0)
    assert heard == ["http.request", *["http.disconnect"] * 3, "sent"]


def test_an_answer_in_the_moment_of_the_timeout_counts(clock: Clock) -> None:
    in_time = asyncio.Event()

    async def waits(got: Got, send: Send) -> None:
        await in_time.wait()
        await answer()(got, send)

    async def main() -> Answer:
        sending = asyncio.ensure_future(
            Line(App([waits]), clock=clock, trace=Trace(clock)).send(tool())
        )
        await asyncio.sleep(50)
        clock.advance(70)
        in_time.set()
        return await sending

    assert run(main, clock) == Answer(
        200, b"{}", (("content-type", "application/json"),), seconds=120.0
    )


async def test_a_handler_that_listens_hears_of_the_end_of_its_answer(line_to: Lines) -> None:
    heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    async def listens(receive: Receive, send: Send) -> None:
        await receive()
        listening = asyncio.ensure_future(receive())
        no_more = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        no_more.cancel()
        await asyncio.sleep(0)
        await send(start())
        await send(DONE)
        heard.set_result(await listening)

    assert (await line_to(asgi(listens)).send(tool())).status == 200
    assert await heard == {"type": "http.disconnect"}


async def test_a_handler_ends_with_the_test_that_sent_to_it(line_to: Lines) -> None:
    ended = asyncio.Event()

    async def hangs(receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    sending = asyncio.ensure_future(line_to(asgi(hangs)).send(tool()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sending.cancel()
    await ended.wait()
    assert sending.cancelled()


async def test_startup_and_shutdown_frame_what_is_sent(line_to: Lines) -> None:
    phases: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["pool"] = "open"
            for phase in ("startup", "shutdown"):
                await receive()
                phases.append(phase)
                await send({"type": f"lifespan.{phase}.complete"})
        else:
            phases.append(scope["state"]["pool"])
            await send(start())
            await send(DONE)

    async with line_to(app) as line:
        await line.send(tool())
    assert phases == ["startup", "open", "shutdown"]


async def test_a_failed_startup_is_an_error(line_to: Lines) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ASGIError, match="no database"):
        async with line_to(app):
            raise AssertionError


async def test_a_line_that_was_not_entered_has_no_startup(line_to: Lines, trace: Trace) -> None:
    line = line_to(answering())
    await line.send(tool())
    await line.__aexit__(None, None, None)
    assert [kind for kind, _ in told(trace)] == ["request", "reply"]


def test_an_application_may_be_a_function_that_returns_an_awaitable(clock: Clock) -> None:
    app = answering()

    def wrapped(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return asyncio.ensure_future(app(scope, receive, send))

    async def main() -> Answer:
        return await Line(wrapped, clock=clock, trace=Trace(clock)).send(tool())

    assert run(main, clock).status == 200
