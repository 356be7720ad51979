from typing import Any

import anyio
import pytest

from agentkit.testing import AgentClient, ASGIError
from agentkit.testing.asgi import ASGIApp, Message, Receive, Scope, Send
from tests.testing.apps import body, echo, sends, start

BROKEN = {
    "body before start": ([body(b"x")], "before http.response.start"),
    "two starts": ([start(), start(), body()], "a second http.response.start"),
    "nothing at all": ([], "before its response was complete"),
    "start only": ([start()], "before its response was complete"),
    "an unfinished body": ([start(), body(b"x", True)], "before its response was complete"),
    "more after the end": ([start(), body(b"x"), body(b"y")], "after the response was complete"),
    "start after the end": ([start(), body(), start()], "after the response was complete"),
    "a body of text": ([start(), body("x")], "a body of type str, not bytes"),
    "more_body that is no boolean": ([start(), body(b"", 1)], "more_body is 1, not a boolean"),
    "an unknown message": ([start(), {"type": "http.response.push"}], "unknown type"),
    "a message without type": ([{}], "unknown type None"),
    "an informational status": ([start(100), body()], "status 100 is not a final HTTP status"),
    "a status of text": ([start("200"), body()], "status '200' is not"),
    "a header of text": ([start(200, [("a", "b")])], "not a pair of bytes"),
    "a header of three parts": ([start(200, [(b"a", b"b", b"c")])], "not a pair of bytes"),
    "headers as a mapping": ([start(200, {b"ab": b"c"})], "not a pair of bytes"),
    "a header name in capitals": ([start(200, [(b"Allow", b"GET")])], "not a token in lower case"),
    "a header name with a space": ([start(200, [(b"a b", b"c")])], "not a token in lower case"),
    "a line break in a header": ([start(200, [(b"a", b"b\r\nc: d")])], "a control character"),
    "too short a body": ([start(200, [(b"content-length", b"2")]), body(b"x")], "but 1 bytes"),
    "too long a body": ([start(200, [(b"content-length", b"0")]), body(b"x")], "but 1 bytes"),
    "no body": ([start(200, [(b"content-length", b"1")]), body()], "but 0 bytes"),
    "two lengths": (
        [start(200, [(b"content-length", b"1"), (b"content-length", b"2")]), body(b"x")],
        "content-length b'2', but 1 bytes",
    ),
    "a body with status 204": ([start(204), body(b"x")], "a body with status 204"),
    "a body with status 304": ([start(304), body(b"x")], "a body with status 304"),
}


@pytest.mark.parametrize(("messages", "complaint"), BROKEN.values(), ids=BROKEN.keys())
async def test_an_application_that_breaks_the_protocol_fails_the_test(
    messages: list[Message], complaint: str
) -> None:
    with pytest.raises(ASGIError, match=complaint):
        await AgentClient(sends(*messages)).get("/")


async def test_a_violation_fails_the_test_even_if_the_application_swallows_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        with pytest.raises(ASGIError):
            await send(start())
        with pytest.raises(ASGIError):
            await send(body("text"))
        await send(body(b"fine"))

    with pytest.raises(ASGIError, match="a second"):
        await AgentClient(app, raise_app_exceptions=False).get("/")


async def test_a_violation_is_an_assertion_that_failed() -> None:
    with pytest.raises(AssertionError):
        await AgentClient(sends()).get("/")


async def test_an_answer_may_come_in_pieces() -> None:
    app = sends(start(), body(b"one ", True), body(b"", True), body(b"two"))

    assert (await AgentClient(app).get("/")).body == b"one two"


async def test_a_body_message_may_leave_everything_out() -> None:
    app = sends(start(), {"type": "http.response.body"})

    assert (await AgentClient(app).get("/")).body == b""


async def test_headers_may_be_lists_and_may_be_left_out() -> None:
    bare: Message = {"type": "http.response.start", "status": 200}

    listed = await AgentClient(sends(start(200, [[b"x-a", b"1"]]), body())).get("/")

    assert listed.headers.pairs == [("x-a", "1")]
    assert (await AgentClient(sends(bare, body())).get("/")).headers.pairs == []


@pytest.mark.parametrize("sent", [b"", b"12345"])
async def test_an_answer_to_head_has_the_length_of_a_body_that_it_does_not_have(
    sent: bytes,
) -> None:
    app = sends(start(200, [(b"content-length", b"5")]), body(sent))

    response = await AgentClient(app).request("HEAD", "/")

    assert (response.headers["content-length"], response.body) == ("5", b"")


async def test_an_answer_to_head_with_another_length_fails() -> None:
    app = sends(start(200, [(b"content-length", b"5")]), body(b"1"))

    with pytest.raises(ASGIError, match="but 1 bytes"):
        await AgentClient(app).request("HEAD", "/")


async def test_not_modified_may_tell_the_length_of_what_it_does_not_send() -> None:
    app = sends(start(304, [(b"content-length", b"5")]), body())

    assert (await AgentClient(app).get("/")).status == 304


async def test_an_exception_of_the_application_reaches_the_test() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no tea")

    with pytest.raises(LookupError, match="no tea"):
        await AgentClient(app).get("/")


async def test_an_exception_becomes_status_500_as_from_a_server() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no tea")

    response = await AgentClient(app, raise_app_exceptions=False).get("/")

    assert (response.status, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_an_exception_after_the_response_does_not_change_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(201))
        await send(body(b"made"))
        raise LookupError("too late")

    response = await AgentClient(app, raise_app_exceptions=False).get("/")

    assert (response.status, response.body) == (201, b"made")
    with pytest.raises(LookupError, match="too late"):
        await AgentClient(app).get("/")


async def test_an_exception_within_the_response_breaks_the_connection() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        raise LookupError("no tea")

    with pytest.raises(ConnectionResetError) as caught:
        await AgentClient(app, raise_app_exceptions=False).get("/")

    assert isinstance(caught.value.__cause__, LookupError)


async def test_the_request_arrives_in_the_pieces_it_was_sent_in() -> None:
    client = AgentClient(echo)

    assert (await client.post("/", chunks=[b"ab", b"", b"c"])).json()["sizes"] == [2, 0, 1]
    assert (await client.post("/", chunks=[])).json()["sizes"] == [0]
    assert (await client.post("/", content=b"abc")).json()["sizes"] == [3]
    assert (await client.get("/")).json()["sizes"] == [0]


async def test_the_disconnect_comes_after_the_answer() -> None:
    order = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> None:
            order.append((await receive())["type"])

        await receive()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await send(start())
            await anyio.lowlevel.checkpoint()
            order.append("answered")
            await send(body())

    await AgentClient(app).post("/", content=b"x")

    assert order == ["answered", "http.disconnect"]


def test_the_client_and_its_checks_run_on_trio_too() -> None:
    async def scenario() -> None:
        async with AgentClient(echo).lifespan():
            assert (await AgentClient(echo).post("/", content=b"x")).json()["body"] == "x"
        with pytest.raises(ASGIError):
            await AgentClient(sends(start())).get("/")
        async with AgentClient(lifespan_app([])).lifespan():
            pass

    anyio.run(scenario, backend="trio")


def lifespan_app(heard: list[str], *, at_startup: str = "complete") -> ASGIApp:
    """An application with the lifespan protocol that notes what it hears."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            heard.append(f"request with {scope['state']}")
            await sends(start(), body())(scope, receive, send)
            return
        heard.append((await receive())["type"])
        scope["state"]["pool"] = "open"
        await send({"type": f"lifespan.startup.{at_startup}", "message": "no database"})
        heard.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})

    return app


async def test_the_lifespan_surrounds_the_requests_and_hands_them_its_state() -> None:
    heard: list[str] = []
    client = AgentClient(lifespan_app(heard))

    async with client.lifespan():
        await client.get("/")

    assert heard == ["lifespan.startup", "request with {'pool': 'open'}", "lifespan.shutdown"]


async def test_a_request_cannot_change_the_state_of_the_next_one() -> None:
    heard: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(dict(scope["state"]))
        scope["state"]["left"] = "behind"
        await sends(start(), body())(scope, receive, send)

    client = AgentClient(app)
    await client.get("/")
    await client.get("/")

    assert heard == [{}, {}]


async def test_the_lifespan_can_be_run_again() -> None:
    heard: list[str] = []
    client = AgentClient(lifespan_app(heard))

    for _ in range(2):
        async with client.lifespan():
            pass

    assert heard == ["lifespan.startup", "lifespan.shutdown"] * 2


async def test_a_failed_startup_is_raised() -> None:
    app = lifespan_app([], at_startup="failed")

    with pytest.raises(ASGIError, match="the startup of the application failed: no database"):
        await AgentClient(app).lifespan().__aenter__()


async def test_a_failed_shutdown_is_raised() -> None:
    app = lifespan_phases("lifespan.startup.complete", "lifespan.shutdown.failed")

    with pytest.raises(ASGIError, match=r"the shutdown of the application failed: $"):
        async with AgentClient(app).lifespan():
            pass


async def test_a_message_that_does_not_belong_to_the_phase_is_raised() -> None:
    app = lifespan_phases("lifespan.shutdown.complete", "lifespan.shutdown.complete")

    with pytest.raises(ASGIError, match="where its startup was to be confirmed"):
        await AgentClient(app).lifespan().__aenter__()


def lifespan_phases(*kinds: str) -> ASGIApp:
    """An application that answers each phase of the lifespan with a message of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for kind in kinds:
            await receive()
            await send({"type": kind})

    return app


async def test_an_exception_at_shutdown_is_raised() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise LookupError("cannot close")

    with pytest.raises(LookupError, match="cannot close"):
        async with AgentClient(app).lifespan():
            pass


async def test_an_application_that_raises_at_a_lifespan_does_not_support_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await sends(start(), body())(scope, receive, send)

    client = AgentClient(app)
    async with client.lifespan():
        assert (await client.get("/")).status == 200


async def test_an_application_may_go_on_listening_after_the_shutdown() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    async with AgentClient(app).lifespan():
        pass


async def test_an_application_may_leave_its_lifespan_early() -> None:
    async with AgentClient(lifespan_phases("lifespan.startup.complete")).lifespan():
        pass


@pytest.mark.parametrize(
    "error", [ValueError("mine"), KeyboardInterrupt(), ExceptionGroup("", [OSError()])]
)
async def test_the_error_of_a_test_within_a_lifespan_stays_what_it_is(error: Any) -> None:
    heard: list[str] = []

    with pytest.raises(type(error)) as caught:
        async with AgentClient(lifespan_app(heard)).lifespan():
            raise error

    assert caught.value is error
    assert heard == ["lifespan.startup", "lifespan.shutdown"]


async def test_the_error_of_a_test_comes_before_that_of_the_shutdown() -> None:
    app = lifespan_phases("lifespan.startup.complete", "lifespan.shutdown.failed")

    with pytest.raises(ValueError, match="mine"):
        async with AgentClient(app).lifespan():
            raise ValueError("mine")


async def test_a_startup_that_hangs_can_be_cancelled() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0) as scope:
        await AgentClient(app).lifespan().__aenter__()

    assert scope.cancelled_caught
