"""Bodies that are no JSON object are refused with the reason, before anything has run (D5)."""

from collections.abc import Callable

import pytest

from agentkit import AgentBase
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
from tests.hostile.doors import Door, InProcess, Told, ask, post, refused

ENDPOINTS = (SWML, SWAIG, POST_PROMPT, CHECK_FOR_INPUT, CALLBACK)
TRUNCATED = "the body is not valid JSON: Input data was truncated"
DEEP = "the body nests deeper than 64 levels"
MALFORMED = "the body is not valid JSON: JSON is malformed: "
BAD_KEY = f"{MALFORMED}object keys must be strings (byte 1)"
BRACE = f"{MALFORMED}expected ',' or '}}' (byte 6)"


def nested(depth: int, inside: bytes = b"1") -> bytes:
    """An object that nests so deep, itself included."""
    lists = depth - 1
    return b'{"x":' + b"[" * lists + inside + b"]" * lists + b"}"


def character(byte: int) -> str:
    return f"{MALFORMED}invalid character (byte {byte})"


def trailing(byte: int) -> str:
    return f"{MALFORMED}trailing characters (byte {byte})"


def not_utf8(byte: int) -> str:
    return f"the body is not valid JSON: byte {byte} is not UTF-8"


def no_object(kind: str) -> str:
    return f"the body must be a JSON object: Expected `object`, got `{kind}`"


BROKEN = {
    "text": (b"hello", character(0)),
    "truncated": (b'{"call_id": "c', TRUNCATED),
    "truncated after a key": (b'{"call_id"', TRUNCATED),
    "one brace": (b"{", TRUNCATED),
    "blank": (b" \r\n", TRUNCATED),
    "array": (b"[]", no_object("array")),
    "array of an object": (b'[{"call_id":"c"}]', no_object("array")),
    "string": (b'"call_id"', no_object("str")),
    "number": (b"5", no_object("int")),
    "fraction": (b"5.5", no_object("float")),
    "true": (b"true", no_object("bool")),
    "null": (b"null", no_object("null")),
    "65 deep": (nested(65), DEEP),
    "1,000 deep": (nested(1_000), DEEP),
    "100,000 deep": (nested(100_000), DEEP),
    "100,000 openers": (b"[" * 100_000, DEEP),
    "65 deep with closers in text": (nested(65, b'"]]]]"'), DEEP),
    "65 deep with a quote in text": (nested(65, rb'"\"]]]]"'), DEEP),
    "NaN": (b'{"x":NaN}', character(5)),
    "Infinity": (b'{"x":Infinity}', character(5)),
    "-Infinity": (b'{"x":-Infinity}', character(6)),
    "plus sign": (b'{"x":+1}', character(5)),
    "leading zero": (b'{"x":01}', f"{MALFORMED}invalid number (byte 6)"),
    "hexadecimal": (b'{"x":0x10}', BRACE),
    "comment": (b'{"x":1/**/}', BRACE),
    "high surrogate at the end": (rb'{"x":"\ud800"}', TRUNCATED),
    "high surrogate": (
        rb'{"x":"\ud800 and more"}',
        f"{MALFORMED}unexpected end of hex escape (byte 12)",
    ),
    "low surrogate": (
        rb'{"x":"\udc00 and more"}',
        f"{MALFORMED}invalid utf-16 surrogate pair (byte 12)",
    ),
    "surrogate in a key": (
        rb'{"\ud800 and more":1}',
        f"{MALFORMED}unexpected end of escaped utf-16 surrogate pair (byte 8)",
    ),
    "BOM": (b'\xef\xbb\xbf{"x":1}', character(0)),
    "UTF-16": ('{"x":1}'.encode("utf-16-le"), BAD_KEY),
    "UTF-16 with BOM": (b"\xff\xfe{\x00}\x00", not_utf8(0)),
    "latin-1": (b'{"x":"caf\xe9"}', not_utf8(9)),
    "latin-1 in a key": (b'{"\xe9":1}', not_utf8(2)),
    "overlong UTF-8": (b'{"x":"\xc0\xaf"}', not_utf8(6)),
    "surrogate in UTF-8": (b'{"x":"\xed\xa0\x80"}', not_utf8(6)),
    "cut UTF-8": (b'{"x":"\xe2\x82"}', not_utf8(6)),
    "NUL in text": (b'{"x":"a\x00b"}', character(7)),
    "newline in text": (b'{"x":"a\nb"}', character(7)),
    "NUL after it": (b'{"x":1}\x00', trailing(8)),
    "text after it": (b'{"x":1}x', trailing(8)),
    "two objects": (b'{"x":1}{"x":1}', trailing(8)),
    "trailing comma": (b'{"x":1,}', f"{MALFORMED}trailing comma in object (byte 7)"),
    "single quotes": (b"{'x':1}", BAD_KEY),
    "bare key": (b"{x:1}", BAD_KEY),
    "number as key": (b"{1:1}", BAD_KEY),
    "bad escape": (rb'{"x":"\q"}', f"{MALFORMED}invalid escaped character (byte 7)"),
}


@table(BROKEN)
async def test_a_body_that_is_no_json_object_is_refused_everywhere(
    case: tuple[bytes, str], door: Door
) -> None:
    body, error = case
    everything, simple = Everything(), plain()
    simple.register_routing_callback(everything.desk, "/desk")

    for door.app in (everything, simple):
        answers = {path: await door.send(post(path, body)) for path in ENDPOINTS}
        assert answers == dict.fromkeys(ENDPOINTS, refused(400, error))
    assert everything.ran == []


@pytest.mark.parametrize("body", [b"", b'"action":"fetch_conversation",', b'"action":"other",'])
@pytest.mark.parametrize("kind", [Everything, plain])
@pytest.mark.parametrize("size", [10, 5_000, 60_000])
async def test_a_summary_of_any_size_that_nests_too_deep_is_refused(
    body: bytes, kind: Callable[[], AgentBase], size: int, door: Door
) -> None:
    door.app = agent = kind()
    agent.set_post_prompt("Sum it up.")
    dialled = await dial(door)
    ran = getattr(agent, "ran", [])
    ran.clear()
    deep = b'{%s"call_id":"call-1",%s' % (body, nested(65, b'"%s"' % (b"x" * size))[1:])

    assert await door.send(post(dialled.post_prompt, deep)) == refused(400, DEEP)
    assert ran == []


async def test_of_a_long_summary_that_nobody_hears_the_decoders_own_guard_is_enough(
    door: Door,
) -> None:
    door.app = agent = plain()
    agent.set_post_prompt("Sum it up.")
    dialled = await dial(door)
    long = b'{"call_id":"call-1",%s' % nested(65, b'"%s"' % (b"x" * 70_000))[1:]

    assert (await door.send(post(dialled.post_prompt, long))).status == 200


@pytest.mark.parametrize("typed", [True, False], ids=["JSON", "no content type"])
@pytest.mark.parametrize("body", [b"", (b"",)], ids=["length 0", "chunked"])
async def test_an_empty_body_is_an_empty_object_where_a_document_is_fetched(
    body: bytes | tuple[bytes, ...], typed: bool, door: Door
) -> None:
    door.app = Everything(clock=lambda: 1_800_000_000.0)  # tokens tell the second
    without = () if typed else ("content-type",)

    documents = [
        await door.send(ask("POST", path, body, without=without)) for path in (SWML, CALLBACK)
    ]

    assert documents == [await door.send(post(path, {})) for path in (SWML, CALLBACK)]
    assert [found.status for found in documents] == [200, 200]


@pytest.mark.parametrize("path", [SWAIG, POST_PROMPT, CHECK_FOR_INPUT])
@pytest.mark.parametrize("body", [b"", (b"",)], ids=["length 0", "chunked"])
async def test_an_empty_body_is_refused_elsewhere(
    body: bytes | tuple[bytes, ...], path: str, door: Door
) -> None:
    door.app = agent = Everything()

    assert await door.send(ask("POST", path, body)) == refused(400, "the body is empty")
    assert agent.ran == []


TWICE = {
    "call_id": (
        b'{"function":"order","call_id":"a","call_id":"call-1"}',
        {SWAIG, POST_PROMPT, SWML, CALLBACK},
        'the body has "call_id" more than once',
    ),
    "call_id, the same": (
        b'{"call_id":"call-1","function":"order","call_id":"call-1"}',
        {SWAIG, POST_PROMPT, SWML, CALLBACK},
        'the body has "call_id" more than once',
    ),
    "call_id, escaped": (
        rb'{"function":"order","call_id":"a","call\u005fid":"call-1"}',
        {SWAIG, POST_PROMPT, SWML, CALLBACK},
        'the body has "call_id" more than once',
    ),
    "function": (
        b'{"function":"other","call_id":"call-1","function":"order"}',
        {SWAIG},
        'the body has "function" more than once',
    ),
    "function, escaped": (
        rb'{"function":"other","call_id":"call-1","\u0066unction":"order"}',
        {SWAIG},
        'the body has "function" more than once',
    ),
}


@table(TWICE)
async def test_a_body_that_names_its_call_or_function_twice_is_refused(
    case: tuple[bytes, set[str], str], door: Door
) -> None:
    body, paths, error = case
    door.app = agent = Everything()
    dialled = await dial(door)
    targets = {SWAIG: dialled.swaig, POST_PROMPT: dialled.post_prompt}
    agent.ran.clear()

    answers = {path: await door.send(post(targets.get(path, path), body)) for path in paths}

    assert answers == dict.fromkeys(paths, refused(400, error))
    assert agent.ran == []


LAST_WINS = {
    "other key": b'{"x":1,"x":2,',
    "argument": b'{"argument":5,',
    "nested": b'{"x":{"call_id":1,"call_id":2},',
    "nested, in a key that stands twice": b'{"x":{"call_id":1},"x":{"call_id":2},',
    "as text": b'{"x":"call_id","y":"call_id",',
    "within a key": rb'{"x\"call_id":1,',
}
"""How bodies begin that are good."""


@table(LAST_WINS)
async def test_of_other_repeated_keys_the_last_one_counts(case: bytes, door: Door) -> None:
    door.app = agent = Everything()
    dialled = await dial(door)
    tea = b'{"tea":"Oolong","tea":"Assam"}'
    end = b'"function":"order","call_id":"call-1","argument":{"parsed":[%s]}}' % tea

    answer = await door.send(post(dialled.swaig, case + end))

    assert answer == Told(200, {"response": "One Assam."})
    assert agent.ran == ["on_swml_request", "order"]


HUGE = b"9" * 400
OUT_OF_RANGE = {
    "1e999": (b"1e999", "Number out of range"),
    "-1e999": (b"-1e999", "Number out of range"),
    "5,000 digits": (b"9" * 5_000, "Integer value out of range"),
}


@table(OUT_OF_RANGE)
async def test_a_number_out_of_range_is_refused_where_it_is_read(
    case: tuple[bytes, str], door: Door
) -> None:
    number, error = case
    door.app = agent = Everything()
    dialled = await dial(door)
    agent.ran.clear()
    in_argument = b'{"function":"order","call_id":"call-1","argument":{"parsed":[{"tea":%s}]}}'

    called = await door.send(post(dialled.swaig, in_argument % number))
    read = [
        await door.send(post(target, b'{"call_id":"call-1","x":%s}' % number))
        for target in (SWML, CALLBACK, dialled.post_prompt)
    ]

    where = "$.argument[...][0][...]"
    assert called == refused(400, f"the body must be a JSON object: {error} - at `{where}`")
    assert read == [refused(400, f"the body cannot be read: {error} - at `$[...]`")] * 3
    assert agent.ran == []


async def test_a_number_out_of_range_that_nobody_reads_harms_nobody(door: Door) -> None:
    door.app = agent = Everything()
    dialled = await dial(door)
    body = (
        b'{"x":1e999,"function":"order","call_id":"call-1","argument":{"parsed":[{"tea":"Assam"}]}}'
    )

    assert await door.send(post(dialled.swaig, body)) == Told(200, {"response": "One Assam."})
    assert agent.ran == ["on_swml_request", "order"]


GOOD = {
    "64 deep": nested(64),
    "64 deep with openers in text": nested(64, b'"[[[["'),
    "many brackets, not deep": b'{"x":[' + b",".join([b"{}"] * 5_000) + b"]}",
    "a large integer": b'{"x":%s}' % HUGE,
    "a tiny number": b'{"x":1e-999}',
    "an escaped NUL": rb'{"x":"a\u0000b"}',
    "a surrogate pair": rb'{"x":"\ud83c\udf75"}',
    "noncharacters": '{"x":"\ufffe\uffff"}'.encode(),
    "white space around it": b' \t\r\n{"x":1}\r\n ',
    "an empty key": b'{"":1}',
    "unknown fields of every type": b'{"a":null,"b":true,"c":[1.5,{}],"version":7,"node_id":{}}',
}


@table(GOOD)
async def test_an_odd_body_that_is_json_is_taken_everywhere(case: bytes, door: Door) -> None:
    door.app = agent = Everything()
    dialled = await dial(door, call_id=None)
    agent.ran.clear()
    end = case.rindex(b"}")
    body = b'%s,"function":"order","argument":{"parsed":[{"tea":"Assam"}]}%s' % (
        case[:end],
        case[end:],
    )
    targets = (SWML, CALLBACK, CHECK_FOR_INPUT, dialled.post_prompt, dialled.swaig)

    answers = [await door.send(post(target, body)) for target in targets]

    assert [answer.status for answer in answers] == [200] * 5
    assert answers[-2:] == [Told(200, {"success": True}), Told(200, {"response": "One Assam."})]
    assert agent.ran == [
        "on_swml_request", "desk", "on_swml_request", "check_for_input", "on_summary", "order",
    ]  # fmt: skip


ID_RULE = "must be text of at most 256 characters, no control characters"
BAD_IDS: dict[str, object] = {
    "number": 5,
    "true": True,
    "list": ["call-1"],
    "object": {"call_id": "call-1"},
    "257 characters": "c" * 257,
    "NUL": "call-1\0",
    "newline": "call-1\n",
    "escape": "\x1b[2J",
    "C1 control": "call-1\x85",
    "delete": "call\x7f-1",
}


@table(BAD_IDS)
async def test_an_id_that_is_no_text_names_no_call(case: object, door: Door) -> None:
    door.app = agent = Everything()
    dialled = await dial(door)
    agent.ran.clear()
    in_call = {"call": {"call_id": case}}

    answers = [
        await door.send(asked)
        for asked in (
            post(dialled.swaig, call("order", call_id=case, tea="Assam")),
            post(dialled.post_prompt, {"call_id": case}),
            post(SWML, {"call_id": case}),
        )
    ]
    fetched = [await door.send(post(path, in_call)) for path in (SWML, CALLBACK)]

    assert answers == [refused(400, f"call_id {ID_RULE}")] * 3
    assert fetched == [refused(400, f"call.call_id {ID_RULE}")] * 2
    assert agent.ran == []


@pytest.mark.parametrize("call_of", [5, "call-1", [], [{"call_id": "c"}], True])
async def test_a_call_that_is_no_object_is_refused(call_of: object, door: Door) -> None:
    door.app = agent = Everything()

    answers = [await door.send(post(path, {"call": call_of})) for path in (SWML, CALLBACK)]

    assert answers == [refused(400, "call must be an object")] * 2
    assert agent.ran == []


@pytest.mark.timeout(60)  # to look at each quote from the one before would take many minutes
async def test_quotes_without_an_end_take_no_longer_to_refuse_than_to_read() -> None:
    door = InProcess(plain())
    body = b"[" * 65 + b'"' + rb"\"" * 500_000

    assert await door.send(post(SWML, body)) == refused(400, DEEP)
