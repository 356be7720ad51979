"""A body is taken when it is declared as UTF-8 JSON, and as nothing else (D5)."""

import pytest

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
from tests.hostile.doors import Door, Field, Told, ask, post, refused

ENDPOINTS = (SWML, SWAIG, POST_PROMPT, CHECK_FOR_INPUT, CALLBACK)
WRONG = refused(415, "the content type must be application/json")

OTHER_TYPES = {
    "empty": "",
    "text": "text/plain",
    "text with JSON as a parameter": "text/plain; x=application/json",
    "JSON as a suffix": "application/ld+json",
    "JSON as a prefix": "application/json-seq",
    "a list": "application/json, text/plain",
    "a list of the same": "application/json, application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "any": "*/*",
    "any application": "application/*",
    "only a parameter": "; charset=utf-8",
    "latin-1": "application/json; charset=latin-1",
    "ISO-8859-1 in capitals": "APPLICATION/JSON; CHARSET=ISO-8859-1",
    "UTF-16": "application/json; charset=utf-16",
    "UTF-7": 'application/json;charset="utf-7"',
    "two charsets": "application/json; charset=utf-8; charset=latin-1",
    "no charset named": "application/json; charset=",
    "a space inside": "application /json",
    "quoted": '"application/json"',
    "no-break space": "\xa0application/json",
    "bytes": "application/json\xff",
}


@table(OTHER_TYPES)
async def test_a_body_of_another_type_is_refused_everywhere(case: str, door: Door) -> None:
    door.app = agent = Everything()

    answers = [await door.send(post(path, {}, ("content-type", case))) for path in ENDPOINTS]

    assert answers == [WRONG] * 5
    assert agent.ran == []


async def test_a_body_without_a_type_is_refused_everywhere(door: Door) -> None:
    door.app = agent = Everything()

    answers = [await door.send(post(path, {}, without=("content-type",))) for path in ENDPOINTS]

    assert answers == [WRONG] * 5
    assert agent.ran == []


@pytest.mark.parametrize("path", [SWAIG, POST_PROMPT, CHECK_FOR_INPUT])
async def test_an_empty_body_without_a_type_is_refused_where_one_is_needed(
    path: str, door: Door
) -> None:
    door.app = plain()

    assert await door.send(ask("POST", path, b"", without=("content-type",))) == WRONG


async def test_an_empty_body_of_another_type_is_refused(door: Door) -> None:
    door.app = plain()

    assert await door.send(ask("POST", SWML, b"", ("content-type", "text/plain"))) == WRONG


JSON_TYPES: dict[str, tuple[Field, ...]] = {
    "plain": (("content-type", "application/json"),),
    "odd case": (("Content-TYPE", "Application/JSON"),),
    "charset": (("content-type", "application/json; charset=utf-8"),),
    "charset in capitals": (("content-type", "application/json; Charset=UTF-8"),),
    "charset without a hyphen": (("content-type", "application/json;charset=utf8"),),
    "charset in quotes": (("content-type", 'application/json ; charset = "utf-8" ; x=1'),),
    "the same charset twice": (("content-type", "application/json;charset=utf-8;charset=UTF-8"),),
    "other parameter": (("content-type", "application/json; version=2"),),
    "empty parameter": (("content-type", "application/json;"),),
    "of two the last": (("content-type", "text/plain"), ("content-type", "application/json")),
    "identity": (("content-type", "application/json"), ("content-encoding", "identity")),
}


@table(JSON_TYPES)
async def test_json_in_utf8_is_taken_however_it_is_declared(
    case: tuple[Field, ...], door: Door
) -> None:
    door.app = Everything()
    dialled = await dial(door)
    body = call("order", tea="Öölong")

    assert await door.send(post(dialled.swaig, body, *case)) == Told(
        200, {"response": "One Öölong."}
    )


async def test_of_two_types_the_last_one_counts(door: Door) -> None:
    door.app = plain()
    fields = (("content-type", "application/json"), ("content-type", "text/plain"))

    assert await door.send(post(SWML, {}, *fields)) == WRONG


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x", ""])
async def test_a_compressed_body_is_refused_everywhere(coding: str, door: Door) -> None:
    door.app = agent = Everything()
    fields = ("content-encoding", coding)

    answers = [await door.send(post(path, b"\x1f\x8b\x08\x00", fields)) for path in ENDPOINTS]

    assert answers == [refused(415, "a compressed body is not taken")] * 5
    assert agent.ran == []
