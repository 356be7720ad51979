"""A body is counted while it arrives, and not looked at before the credentials (D2, D5)."""

import json
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from agentkit.testing import asgi
from tests.hostile.agents import (
    CALLBACK,
    CHECK_FOR_INPUT,
    POST_PROMPT,
    SWAIG,
    SWML,
    Everything,
    call,
    dial,
    plain,
    table,
)
from tests.hostile.canaries import AUTHORIZATION
from tests.hostile.doors import Asked, Door, Field, Stage, Told, ask, get, post, refused

MEGABYTE = 1024 * 1024
LIMITS = {
    SWML: MEGABYTE,
    SWAIG: MEGABYTE,
    CHECK_FOR_INPUT: MEGABYTE,
    CALLBACK: MEGABYTE,
    POST_PROMPT: 8 * MEGABYTE,
}


def too_large(limit: int) -> Told:
    return refused(413, f"the body is larger than {limit} bytes", ("connection", "close"))


def padded(body: bytes, size: int) -> bytes:
    """A JSON object made so long with spaces."""
    return body[:-1] + b" " * (size - len(body)) + body[-1:]


def in_pieces(body: bytes, size: int) -> tuple[bytes, ...]:
    return (*(body[i : i + size] for i in range(0, len(body), size)), b"")


@table({path: (path, limit) for path, limit in LIMITS.items()})
async def test_a_body_that_is_declared_too_large_is_refused_unread(
    case: tuple[str, int], door: Door
) -> None:
    path, limit = case
    door.app = agent = Everything()
    asked = ask("POST", path, b"", ("content-length", str(limit + 1)))

    assert await door.send(asked) == too_large(limit)
    assert agent.ran == []


@table({path: (path, limit) for path, limit in LIMITS.items()})
async def test_a_body_in_chunks_is_refused_at_the_first_byte_over(
    case: tuple[str, int], door: Door
) -> None:
    path, limit = case
    door.app = agent = Everything()
    pieces = (*repeat(b" " * 65_536, limit // 65_536), b"}")  # and no end

    assert await door.send(ask("POST", path, pieces)) == too_large(limit)
    assert agent.ran == []


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "declared"])
async def test_a_body_at_the_limit_is_taken(chunked: bool, door: Door) -> None:
    door.app = Everything()
    dialled = await dial(door)
    bodies = {
        SWML: b"{}",
        CALLBACK: b"{}",
        CHECK_FOR_INPUT: b"{}",
        dialled.swaig: json.dumps(call("order", tea="Assam")).encode(),
        dialled.post_prompt: b'{"call_id":"call-1"}',
    }

    for path, body in bodies.items():
        limit = LIMITS.get(path, LIMITS[SWAIG if "swaig" in path else POST_PROMPT])
        whole = padded(body, limit)
        sent = in_pieces(whole, 100_000) if chunked else whole
        assert (await door.send(post(path, sent))).status == 200


LENGTHS = {
    "negative": "-1",
    "garbage": "many",
    "empty": "",
    "a sign": "+5",
    "a fraction": "5.0",
    "hexadecimal": "0x10",
    "two in one": "5, 5",
    "digits of another script": "\u0662",
    "superscript": "\xb2",
    "shorter than the body": "1",
}


@table(LENGTHS)
async def test_a_length_that_no_server_lets_through_is_not_relied_on(case: str) -> None:
    """Servers refuse these; an application behind another one may still see them."""
    app = plain()
    scope = ask("POST", SWML, b"{}").scope()
    declared = (b"content-length", case.encode("utf-8"))
    scope["headers"] = [f for f in scope["headers"] if f[0] != b"content-length"] + [declared]
    large = [b" " * MEGABYTE, b"{}"]

    assert (await asgi.call(app, scope, [b"{}"])).status == 200
    assert (await asgi.call(app, scope, large)).status == 413


TWO_LENGTHS = {"small first": (b"2", b"99999999"), "large first": (b"99999999", b"2")}


@table(TWO_LENGTHS)
async def test_of_two_lengths_none_lets_a_large_body_in(case: tuple[bytes, bytes]) -> None:
    app = plain()
    scope = ask("POST", SWML, b"{}").scope()
    scope["headers"] += [(b"content-length", length) for length in case]
    large = [b" " * MEGABYTE, b"{}"]

    assert (await asgi.call(app, scope, large)).status == 413


BAD_FRAMING: dict[str, tuple[Field, ...]] = {
    "negative": (("content-length", "-1"),),
    "garbage": (("content-length", "many"),),
    "a sign": (("content-length", "+2"),),
    "a fraction": (("content-length", "2.0"),),
    "hexadecimal": (("content-length", "0x2"),),
    "two that differ": (("content-length", "2"), ("content-length", "3")),
    "a list that differs": (("content-length", "2, 3"),),
    "beyond 64 bits": (("content-length", "9" * 25),),
    "unknown coding": (("transfer-encoding", "rot13"),),
}


@table(BAD_FRAMING)
async def test_a_server_refuses_framing_that_two_readers_could_read_in_two_ways(
    case: tuple[Field, ...], server: Stage
) -> None:
    server.app = agent = Everything()

    answer = await server.send(ask("POST", SWML, b"{}", *case, without=("content-length",)))

    assert answer.by_server or answer == too_large(MEGABYTE)
    assert agent.ran == []


UNREAD = {
    "no credentials": (post(SWML, {}, without=("authorization",)), 401),
    "wrong credentials": (post(SWAIG, {}, ("authorization", "Basic YTpi")), 401),
    "two sets of credentials": (
        post(POST_PROMPT, {}, *[("authorization", AUTHORIZATION)] * 2),
        401,
    ),
    "no credentials, too large": (
        ask("POST", SWML, b"", ("content-length", "9" * 9), without=("authorization",)),
        401,
    ),
    "no credentials, wrong type": (
        post(SWML, {}, ("content-type", "text/plain"), without=("authorization",)),
        401,
    ),
    "no credentials, no such path": (post("/agent/x", {}, without=("authorization",)), 401),
    "no such path": (post("/agent/x", {}), 404),
    "wrong method": (ask("PUT", SWML, b"{}"), 405),
    "wrong type": (post(SWML, {}, ("content-type", "text/plain")), 415),
    "compressed": (post(SWML, {}, ("content-encoding", "gzip")), 415),
    "declared too large": (ask("POST", SWML, b"", ("content-length", str(MEGABYTE + 1))), 413),
    "a document by GET": (get(SWML), 200),
    "health": (post("/health", {}, without=("authorization",)), 200),
}


@table(UNREAD)
async def test_a_body_is_not_read_before_everything_else_is_right(
    case: tuple[Asked, int],
) -> None:
    asked, status = case
    sent: list[asgi.Message] = []

    async def never() -> asgi.Message:
        raise AssertionError("the body was read")  # pragma: no cover

    async def send(message: asgi.Message) -> None:
        sent.append(message)

    await plain()(asked.scope(), never, send)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == status


GONE = {
    "before the body": [],
    "in the body": [b'{"call_id":'],
    "after a whole object": [b'{"call_id":"call-1"}'],
    "after an empty piece": [b""],
}


@table(GONE)
@pytest.mark.parametrize("path", LIMITS)
async def test_nothing_runs_and_nobody_is_answered_when_the_client_left(
    path: str, case: list[bytes]
) -> None:
    agent = Everything()
    messages: Iterator[asgi.Message] = chain(
        ({"type": "http.request", "body": piece, "more_body": True} for piece in case),
        [{"type": "http.disconnect"}],
    )

    async def receive() -> asgi.Message:
        return next(messages)

    async def send(message: asgi.Message) -> None:
        raise AssertionError(f"somebody was answered: {message}")  # pragma: no cover

    await agent(post(path, b"x" * 50).scope(), receive, send)

    assert agent.ran == []


async def test_a_client_that_hangs_up_in_the_body_leaves_no_trace(server: Stage) -> None:
    server.app = agent = Everything()
    asked = ask("POST", SWML, b'{"call', ("content-length", "1000"))

    server.hang_up_after(asked)

    assert (await server.send(get("/health"))).status == 200
    assert agent.ran == []


async def test_a_message_without_a_body_is_an_empty_piece() -> None:
    messages: Iterator[asgi.Message] = iter([{"type": "http.request"}])
    statuses: list[object] = []

    async def receive() -> asgi.Message:
        return next(messages)

    async def send(message: asgi.Message) -> None:
        statuses.append(message.get("status"))

    await plain()(post(SWML, b"{}").scope(), receive, send)

    assert statuses == [200, None]
