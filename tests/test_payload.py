"""What the platform posts is taken as it comes; only ids are looked at closely."""

from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.errors import RequestError
from agentkit.swaig.payload import (
    CALL_ID_LIMIT,
    Anything,
    InputCheck,
    PostPrompt,
    arguments_of,
    checked_id,
    read_post_prompt,
    read_swaig,
    read_swml,
    summary_of,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["parsed", "raw", "call", "call_id"]), inner, max_size=3)
    ),
    max_leaves=8,
)
DEEP = '{"a":' * 65 + "1" + "}" * 65
FITS = '{"a":' * 64 + "1" + "}" * 64


def request_of(**fields: object) -> bytes:
    return _json.encode(fields)


def refusal(body: bytes) -> str:
    with pytest.raises(RequestError) as refused:
        read_swml(body)
    assert refused.value.status == 400
    return refused.value.message


# Ids.


@pytest.mark.parametrize("value", [None, ""])
def test_an_absent_id_is_none(value: object) -> None:
    assert checked_id(value, "call_id") is None


@pytest.mark.parametrize(
    "value",
    [
        "c",
        "f6af412f-f629-4610-a2b5-4dfdb15f3580",
        "x" * 256,
        "é ☃",
        "../../etc",
        '"',
        "0",
        "a\u2028b",
    ],
)
def test_an_id_is_any_text_that_is_not_too_long(value: str) -> None:
    assert checked_id(value, "call_id") == value


@pytest.mark.parametrize(
    "value",
    [0, 1, 1.5, True, False, [], ["c"], {}, {"id": "c"}, b"c", "x" * 257, "a\nb", "a\r", "\x00",
     "\x1b[2J",
     "\x7f", "\x85", "\x9b"],
)  # fmt: skip
def test_what_is_no_clean_text_is_no_id(value: object) -> None:
    with pytest.raises(RequestError) as refused:
        checked_id(value, "call.call_id")
    assert (refused.value.status, refused.value.message) == (
        400,
        "call.call_id must be text of at most 256 characters, no control characters",
    )
    assert CALL_ID_LIMIT == 256


@pytest.mark.parametrize(
    ("request_", "call_id"),
    [
        (request_of(), None),
        (request_of(call={}), None),
        (request_of(call={"call_id": None}), None),
        (request_of(call={"call_id": "c"}), "c"),
        (request_of(call={"call_id": "c"}, call_id="top"), "c"),
        (request_of(call={"call_id": ""}, call_id="top"), "top"),
        (request_of(call={}, call_id="top"), "top"),
        (request_of(call_id="top"), "top"),
        (request_of(params={"call": {"call_id": "p"}}), "p"),
        (request_of(params={"call": {"call_id": "p"}}, call={"call_id": "c"}), "c"),
        (request_of(params={"call": None}, call_id="top"), "top"),
        (request_of(params={"call_id": "p"}), None),
        (request_of(params=["call"]), None),
        (request_of(params="call", call_id="top"), "top"),
    ],
)
def test_the_call_of_a_document_is_found_where_senders_put_it(
    request_: bytes, call_id: str | None
) -> None:
    assert read_swml(request_) == call_id


@pytest.mark.parametrize("call", ["c", 5, [], ["c"], False, 0])
def test_a_call_that_is_no_object_is_refused(call: object) -> None:
    assert refusal(request_of(call=call)) == "call must be an object"
    assert read_swml(request_of(params={"call": call}, call_id="top")) == "top"


def test_a_wrong_id_is_refused_by_the_name_of_its_field() -> None:
    assert refusal(request_of(call={"call_id": 5})).startswith("call.call_id must be text")
    assert refusal(request_of(call_id=5)).startswith("call_id must be text")
    assert refusal(request_of(call={"call_id": 0}, call_id="top")).startswith("call.call_id must")


# Arguments.


@pytest.mark.parametrize(
    ("argument", "arguments"),
    [
        ({"parsed": [{"a": 1}], "raw": '{"a": 2}'}, {"a": 1}),
        ({"parsed": [{}], "raw": "{}"}, {}),
        ({"parsed": [{"a": 1}, {"b": 2}]}, {"a": 1}),
        ({"parsed": {"a": 1}}, {"a": 1}),
        ({"parsed": [], "raw": '{"a": 2}'}, {"a": 2}),
        ({"parsed": None, "raw": '{"a": 2}'}, {"a": 2}),
        ({"parsed": "x", "raw": '{"a": 2}'}, {"a": 2}),
        ({"parsed": [5], "raw": '{"a": 2}'}, {"a": 2}),
        ({"parsed": ["{}"], "raw": ' {"a": 2} '}, {"a": 2}),
        ({"raw": ""}, {}),
        ({"raw": "no json"}, {}),
        ({"raw": "[1]"}, {}),
        ({"raw": "5"}, {}),
        ({"raw": '{"a": NaN}'}, {}),
        ({"raw": {"a": 2}}, {}),
        ({"raw": "\ud800"}, {}),
        ({}, {}),
        ([], {}),
        ([{"parsed": [{"a": 1}]}], {}),
        ("", {}),
        (None, {}),
        (5, {}),
    ],
)
def test_arguments_are_found_in_every_shape_the_platform_sends(
    argument: object, arguments: dict[str, Any]
) -> None:
    assert arguments_of(argument) == arguments


@given(JSON)
def test_arguments_are_always_an_object(argument: object) -> None:
    assert isinstance(arguments_of(argument), dict)
    assert isinstance(arguments_of({"raw": _json.encode(argument).decode()}), dict)


def test_arguments_in_a_string_are_no_deeper_than_a_body_may_be() -> None:
    assert arguments_of({"raw": FITS}) == _json.decode(FITS)
    assert arguments_of({"raw": DEEP}) == {}
    assert arguments_of({"raw": '{"a":' * 100_000}) == {}


# Summaries.


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ({}, None),
        ({"summary": {"a": 1}, "post_prompt_data": {"parsed": [2]}}, {"a": 1}),
        ({"summary": ""}, ""),
        ({"summary": 0}, 0),
        ({"post_prompt_data": {"parsed": [{"a": 1}], "raw": "text"}}, {"a": 1}),
        ({"post_prompt_data": {"parsed": ["x", "y"]}}, "x"),
        ({"post_prompt_data": {"parsed": [], "raw": '{"a": 1}'}}, {"a": 1}),
        ({"post_prompt_data": {"parsed": {}, "raw": " [1, 2] "}}, [1, 2]),
        ({"post_prompt_data": {"raw": '```json\n{"a": 1}\n```'}}, {"a": 1}),
        ({"post_prompt_data": {"raw": '```\n{"a": 1}\n```\n'}}, {"a": 1}),
        ({"post_prompt_data": {"raw": "```json"}}, "```json"),
        ({"post_prompt_data": {"raw": " They want tea. "}}, " They want tea. "),
        ({"post_prompt_data": {"raw": "```\nplain\n```"}}, "```\nplain\n```"),
        ({"post_prompt_data": {"raw": "5"}}, 5),
        ({"post_prompt_data": {"raw": "\ud800"}}, "\ud800"),
        ({"post_prompt_data": {"parsed": [], "raw": "", "substituted": "x"}}, None),
        ({"post_prompt_data": {"raw": "  "}}, None),
        ({"post_prompt_data": {"raw": 5}}, None),
        ({"post_prompt_data": {"raw": {"a": 1}, "b": 2}}, {"b": 2}),
        ({"post_prompt_data": {"topic": "tea", "substituted": "x"}}, {"topic": "tea"}),
        ({"post_prompt_data": {}}, None),
        ({"post_prompt_data": "They want tea."}, "They want tea."),
        ({"post_prompt_data": ["a"]}, ["a"]),
        ({"post_prompt_data": ""}, None),
        ({"post_prompt_data": []}, None),
    ],
)
def test_a_summary_is_found_in_every_shape_the_platform_sends(
    fields: dict[str, Any], summary: object
) -> None:
    assert summary_of(PostPrompt(**fields)) == summary


def test_a_summary_in_a_string_is_no_deeper_than_a_body_may_be() -> None:
    assert summary_of(PostPrompt(post_prompt_data={"raw": FITS})) == _json.decode(FITS)
    assert summary_of(PostPrompt(post_prompt_data={"raw": DEEP})) == DEEP


@given(JSON, JSON)
def test_no_summary_breaks_the_search(summary: object, data: object) -> None:
    summary_of(PostPrompt(summary=summary, post_prompt_data=data))
    summary_of(PostPrompt(post_prompt_data={"raw": _json.encode(data).decode()}))


# Unknown and odd fields.


@pytest.mark.parametrize("kind", [InputCheck, Anything])
@given(value=JSON)
def test_no_field_of_an_unexpected_type_refuses_a_body(
    kind: type[msgspec.Struct], value: object
) -> None:
    body = dict.fromkeys(kind.__struct_fields__, value) | {"unknown": value}
    read = _json.read(_json.decoder(kind), _json.encode(body))
    assert msgspec.structs.asdict(read) == dict.fromkeys(kind.__struct_fields__, value)


@given(JSON)
def test_no_odd_field_refuses_a_call_or_its_summary(value: object) -> None:
    fields = ("argument", "action", "functions", "post_prompt_data", "conversation_id")
    body = _json.encode(dict.fromkeys(fields, value) | {"function": "f", "call_id": "c"})
    request, post = read_swaig(body), read_post_prompt(body)
    assert (request.function.value, request.call_id.value, post.call_id.value) == ("f", "c", "c")
    assert request.argument == post.post_prompt_data == value


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"call":{"call_id":"a"},"call":{"call_id":"b"}}', 'the body has "call" more than once'),
        (b'{"call":{"call_id":"a","call_id":"b"}}', 'call has "call_id" more than once'),
        (b'{"call_id":"a","c\\u0061ll_id":"b"}', 'the body has "call_id" more than once'),
    ],
)
def test_a_call_that_is_named_twice_is_refused(body: bytes, told: str) -> None:
    assert refusal(body) == told


@pytest.mark.parametrize("key", ["function", "call_id"])
@pytest.mark.parametrize("again", ['"%s":"b"', '"%s":null', '"\\u006%x%s":"b"'])
def test_a_function_or_its_call_that_is_named_twice_is_refused(key: str, again: str) -> None:
    written = again % ((ord(key[0]) & 15, key[1:]) if "u006" in again else key)
    body = f'{{"{key}":"a","argument":{{"{key}":1}},{written}}}'.encode()
    with pytest.raises(RequestError) as refused:
        read_swaig(body)
    told = (400, f'the body has "{key}" more than once')
    assert (refused.value.status, refused.value.message) == told
    if key == "call_id":
        with pytest.raises(RequestError) as refused:
            read_post_prompt(body)
        assert (refused.value.status, refused.value.message) == told


@pytest.mark.parametrize(
    "body",
    [
        b'{"function":"call_id","call_id":"function","argument":{"function":1,"call_id":2}}',
        b'{"argument":1,"argument":2,"function":"f"}',
        rb'{"\u00e9":1,"say":"\"call_id\":","call_id":"c"}',
        b"{}",
    ],
)
def test_other_keys_may_stand_twice_and_names_anywhere_else(body: bytes) -> None:
    read_swaig(body)
    read_post_prompt(body)
    read_swml(body)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"call":null}', b'{"call":{"call_id":"a"},"call_id":"b","function":"f"}'],
)
def test_a_body_is_not_refused_because_other_threads_read_at_the_same_time(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_json, "_ticks", count(step=7))
    for read in (read_swml, read_swaig, read_post_prompt):
        read(body)


@given(JSON, JSON)
def test_any_body_is_read_or_refused(value: object, other: object) -> None:
    fields = ("call", "call_id", "params", "function", "argument", "post_prompt_data")
    for body in (_json.encode(value), _json.encode(dict.fromkeys(fields, value) | {"x": other})):
        for read in (read_swml, read_swaig, read_post_prompt):
            with suppress(RequestError):
                read(body)
