"""JSON: what is read is checked first, what cannot be written raises."""

import datetime
import enum
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.errors import EncodingError, RequestError

TRICKY = st.text(alphabet='[]{}"\\\n\u00e9a', max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | TRICKY
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=25,
)
CLOSING = {"[": "]", '{"a":': "}"}


class Body(msgspec.Struct):
    function: Any = None


BODY = _json.decoder(Body)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def nested(levels: int, *kinds: str) -> bytes:
    opened = [kinds[level % len(kinds)] for level in range(levels)]
    closed = [CLOSING[kind] for kind in reversed(opened)]
    return f"{''.join(opened)}1{''.join(closed)}".encode()


def refusal(body: bytes) -> str:
    with pytest.raises(RequestError) as refused:
        _json.read(BODY, body)
    assert refused.value.status == 400
    return refused.value.message


@pytest.mark.parametrize("kinds", [("[",), ('{"a":',), ("[", '{"a":'), ('{"a":', "[", "[")])
def test_64_levels_are_read_and_65_are_not(kinds: tuple[str, ...]) -> None:
    assert not _json.too_deep(nested(64, *kinds))
    assert _json.too_deep(nested(65, *kinds))
    _json.read(_json.decoder(object), nested(64, *kinds))
    with pytest.raises(RequestError, match="nests deeper than 64 levels"):
        _json.read(_json.decoder(object), nested(65, *kinds))


@pytest.mark.parametrize("string", [b'"[{"', b'"]}"', rb'"\"["', rb'"\\"', rb'"\\\"]"', b'""'])
@pytest.mark.parametrize("levels", [64, 65])
def test_brackets_in_strings_do_not_count(levels: int, string: bytes) -> None:
    text = b"[%s," % string * levels + string + b",%s]" % string * levels
    assert depth_of(_json.decode(text)) == levels
    assert _json.too_deep(text) is (levels > 64)


PADS = [_json.SHORT_BODY, _json.SMALL_BODY]


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("levels", [1, 7, 8, 9, 63])
@pytest.mark.parametrize("kinds", [("[",), ('{"a":',), ("[", '{"a":')])
def test_a_long_body_of_any_shape_is_decoded(kinds: tuple[str], levels: int, pad: int) -> None:
    body = b'["%s",%s]' % (b"x" * pad, nested(levels, *kinds))
    assert _json.decode_checked(body) == _json.decode(body)


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("levels", [64, 10_000])
def test_a_long_body_that_nests_too_deep_is_not_decoded(levels: int, pad: int) -> None:
    with pytest.raises(RequestError, match="nests deeper than 64 levels"):
        _json.decode_checked(b'["%s",%s]' % (b"x" * pad, nested(levels, "[")))


@given(VALUES, st.sampled_from([b"", b" " * _json.SHORT_BODY]))
def test_what_is_decoded_does_not_depend_on_how_the_depth_is_seen(
    value: object, pad: bytes
) -> None:
    text = pad + _json.encode(value)
    assert _json.decode_checked(text) == _json.decode(text)


@pytest.mark.parametrize("wrong", [b"[1", b"[1e400]", b"[nan]", b'["\xff"]', rb'["\q"]'], ids=repr)
def test_a_long_body_that_cannot_be_read_is_refused_with_the_same_reason(wrong: bytes) -> None:
    text = b" " * _json.SHORT_BODY + wrong
    with pytest.raises(ValueError, match=r"JSON|range|truncated|byte") as known:
        _json.decode(text)
    with pytest.raises(ValueError, match=re.escape(str(known.value))):
        _json.decode_checked(text)


def test_strings_that_look_like_brackets_cannot_hide_a_deep_text() -> None:
    text = b'["]",' * 100 + b"1" + b',"["]' * 100
    assert depth_of(_json.decode(text)) == 100
    assert _json.too_deep(text)


@pytest.mark.parametrize("tail", [b"", b'"', b'"]]]', b'"\\', b',"a'])
def test_a_truncated_text_is_as_deep_as_what_came(tail: bytes) -> None:
    assert not _json.too_deep(b"[" * 64 + tail)
    assert _json.too_deep(b"[" * 65 + tail)


def test_a_truncated_text_is_not_called_deep_for_having_many_brackets() -> None:
    assert not _json.too_deep(b"[" + b"[]," * 100)
    assert (
        refusal(b'{"a":[' + b"{}," * 100) == "the body is not valid JSON: Input data was truncated"
    )


@pytest.mark.parametrize("text", [b"]" * 100 + b"[" * 64, b"][" * 100, b'"[["' * 100 + b'["'])
def test_nonsense_is_not_deep(text: bytes) -> None:
    assert not _json.too_deep(text)


@pytest.mark.parametrize(
    "unit", [b'\\"', b'"', b"\\", b'"["', b"][", b"{", b'{"a":"\\"', b"[]"], ids=repr
)
def test_a_megabyte_of_anything_is_judged_at_once(unit: bytes) -> None:
    """A quadratic search would take an hour, which the time limit of the tests would notice."""
    _json.too_deep(b"[" * 65 + b'"' + unit * (1_000_000 // len(unit)))
    _json.too_deep(b"[" * 65 + unit * (1_000_000 // len(unit)))


@given(VALUES, st.integers(0, 8))
@example({"a": [1, {}]}, 2)
def test_too_deep_agrees_with_counting_levels(value: object, limit: int) -> None:
    text = _json.encode(value)
    assert _json.too_deep(text, limit) is (depth_of(value) > limit)


@given(VALUES, st.integers(0, 8), st.data())
def test_cutting_a_text_never_makes_it_deeper(
    value: object, limit: int, data: st.DataObject
) -> None:
    text = _json.encode(value)
    cut = text[: data.draw(st.integers(0, len(text)))]
    assert _json.too_deep(text, limit) or not _json.too_deep(cut, limit)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_check(text: bytes) -> None:
    _json.too_deep(text, 2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not valid JSON: Input data was truncated"),
        (b" ", "the body is not valid JSON: Input data was truncated"),
        (b"{", "the body is not valid JSON: Input data was truncated"),
        (b'{"function"', "the body is not valid JSON: Input data was truncated"),
        (b'{"function":"a', "the body is not valid JSON: Input data was truncated"),
        (b"nul", "the body is not valid JSON: Input data was truncated"),
        (b"[]", "the body must be a JSON object: Expected `object`, got `array`"),
        (b"null", "the body must be a JSON object: Expected `object`, got `null`"),
        (b'"x"', "the body must be a JSON object: Expected `object`, got `str`"),
        (b"1", "the body must be a JSON object: Expected `object`, got `int`"),
        (b"1.5", "the body must be a JSON object: Expected `object`, got `float`"),
        (b"true", "the body must be a JSON object: Expected `object`, got `bool`"),
        (b"NaN", "the body is not valid JSON: JSON is malformed: invalid character (byte 0)"),
        (
            b'{"function":NaN}',
            "the body is not valid JSON: JSON is malformed: invalid character (byte 12)",
        ),
        (
            b'{"function":-Infinity}',
            "the body is not valid JSON: JSON is malformed: invalid character (byte 13)",
        ),
        (
            b'{"a":[Infinity]}',
            "the body is not valid JSON: JSON is malformed: invalid character (byte 6)",
        ),
        (
            b"\xef\xbb\xbf{}",
            "the body is not valid JSON: JSON is malformed: invalid character (byte 0)",
        ),
        (
            b"\xff\xfe{\0}\0",
            "the body is not valid JSON: JSON is malformed: invalid character (byte 0)",
        ),
        (
            b"{}{}",
            "the body is not valid JSON: JSON is malformed: trailing characters (byte 3)",
        ),
        (
            b'{"a":1,}',
            "the body is not valid JSON: JSON is malformed: trailing comma in object (byte 7)",
        ),
        (
            b"{'a':1}",
            "the body is not valid JSON: JSON is malformed: object keys must be strings (byte 1)",
        ),
        (
            b'{"a":"\n"}',
            "the body is not valid JSON: JSON is malformed: invalid character (byte 6)",
        ),
        (b'{"a":01}', "the body is not valid JSON: JSON is malformed: invalid number (byte 6)"),
        (
            rb'{"function":"\ud800 and more"}',
            "the body is not valid JSON: JSON is malformed: unexpected end of escaped utf-16 "
            "surrogate pair (byte 19)",
        ),
        (
            rb'{"function":"\udc00"}',
            "the body is not valid JSON: JSON is malformed: invalid utf-16 surrogate pair "
            "(byte 19)",
        ),
        (
            b'{"function":"\xff"}',
            "the body is not valid JSON: 'utf-8' codec can't decode byte 0xff in position 0: "
            "invalid start byte",
        ),
        (b"[" * 1000, "the body nests deeper than 64 levels"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "the body nests deeper than 64 levels"),
    ],
    ids=repr,
)
def test_a_wrong_body_is_refused_with_what_is_wrong(body: bytes, message: str) -> None:
    assert refusal(body) == message


def test_a_large_body_is_checked_before_the_whole_of_it_is_used() -> None:
    """Its decoder has a guard of its own; what it passes over costs nothing."""
    large = b'{"pad":"%s","function":' % (b"x" * _json.SMALL_BODY)
    deep = large + b'{"a":' * 65 + b"1" + b"}" * 66
    assert _json.read(BODY, deep).function
    with pytest.raises(RequestError) as refused:
        _json.check_depth(deep)
    assert (refused.value.status, refused.value.message) == (400, _json.TOO_DEEP)
    assert refusal(large + b"[" * 100_000) == _json.TOO_DEEP
    assert refusal(large + b"}").startswith("the body is not valid JSON: JSON is malformed")
    _json.check_depth(large + b"1}")


class Inner(msgspec.Struct):
    call_id: Any = None


class Outer(msgspec.Struct):
    call: Inner | None = None


def test_an_object_within_the_body_is_named_when_it_is_none() -> None:
    for given_, told in (
        (b'{"call":5}', "call must be an object"),
        (b'{"call":[]}', "call must be an object"),
        (b"[]", "the body must be a JSON object: Expected `object`, got `array`"),
    ):
        with pytest.raises(RequestError) as refused:
            _json.read(_json.decoder(Outer), given_)
        assert refused.value.message == told


class Named(msgspec.Struct):
    function: _json.Once = _json.ABSENT
    call_id: _json.Once = _json.ABSENT
    argument: Any = None


NAMED = _json.OnceReader(Named)


@pytest.mark.parametrize(
    ("body", "fields", "call_id"),
    [
        (b"{}", 0, None),
        (b'{"argument":{"call_id":"x","function":"y"}}', 0, None),
        (b'{"call_id":"a"}', 1, "a"),
        (b'{"call_id":null}', 1, None),
        (b'{"call_id":"a","call_id":"b"}', 2, "b"),
        (rb'{"call_id":"a","c\u0061ll_id":{"call_id":1},"function":1}', 3, {"call_id": 1}),
    ],
)
def test_fields_that_may_stand_once_are_counted(body: bytes, fields: int, call_id: object) -> None:
    for _ in range(2):
        read, counted = NAMED.read(body)
        assert (counted, read.call_id.value) == (fields, call_id)


def test_a_body_that_was_refused_is_not_counted_into_the_next() -> None:
    with pytest.raises(RequestError):
        NAMED.read(b'{"call_id":"a","function":"b"')
    assert NAMED.read(b'{"call_id":"a"}')[1] == 1


def test_threads_that_read_at_the_same_time_never_miss_a_field() -> None:
    def read_many(fields: int) -> int:
        body = b'{"call_id":1,%s}' % b",".join([b'"function":2'] * (fields - 1))
        return min(NAMED.read(body)[1] for _ in range(500)) - fields

    with ThreadPoolExecutor(4) as pool:
        assert all(missing >= 0 for missing in pool.map(read_many, range(2, 6)))


def test_a_decoder_without_a_depth_check_of_its_own_gives_up_politely() -> None:
    body = b'{"function":' * 60 + b"1" + b"}" * 60
    shallow = Shallow()
    with pytest.raises(RequestError) as refused:
        _json.read(shallow, body)  # type: ignore[arg-type]  # stands in for a stack nearly used up
    assert (refused.value.status, refused.value.message) == (400, _json.TOO_DEEP)


class Shallow:
    def decode(self, body: bytes) -> object:
        raise RecursionError(f"{len(body)} bytes")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_a_body_is_read_or_refused_and_nothing_else(body: bytes) -> None:
    with suppress(RequestError):
        assert isinstance(_json.read(BODY, body), Body)


def test_unknown_keys_are_passed_over_and_the_last_of_a_key_counts() -> None:
    body = b'{"other":[1],"function":"a","function":"b"}'
    assert _json.read(BODY, body) == Body("b")


KEYS = (b'"function"', b'"call_id"')


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"function":"call_id","call_id":"function"}',
        b'{"function":"function"}',
        b'{"function":"a","argument":{"function":"b","call_id":"c"},"call_id":"d"}',
        b'{"argument":[{"function":1},{"function":2}],"function":"a"}',
        rb'{"say":"\"function\":","function":"a","more":"\"function\""}',
        rb'{"my\"function":1,"function":2}',
        b'{"argument":{"function":1},"argument":{},"function":"a"}',
        rb'{"\u00e9":1,"\u00e9":2,"function":"a"}',
        b'{"other":1,"other":2,"function":"a"}',
    ],
)
def test_a_key_that_stands_once_is_not_called_repeated(body: bytes) -> None:
    _json.refuse_repeated(body, KEYS)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"function":"a","function":"b"}', "function"),
        (b'{"call_id":"a","function":"f","call_id":"a"}', "call_id"),
        (b'{"function":{"function":1},"x":2,"function":3}', "function"),
        (b'{ "call_id" : 1 , "function":1, "call_id" : 2 }', "call_id"),
        (rb'{"function":"a","\u0066unction":"b"}', "function"),
        (rb'{"\u0063all_id":"a","c\u0061ll_id":"b"}', "call_id"),
    ],
)
def test_a_key_that_stands_twice_is_refused_however_it_is_written(body: bytes, key: str) -> None:
    with pytest.raises(RequestError) as refused:
        _json.refuse_repeated(body, KEYS)
    assert refused.value.status == 400
    assert refused.value.message == f'the body has "{key}" more than once'


def test_a_key_that_is_no_text_is_refused_while_keys_are_counted() -> None:
    with pytest.raises(RequestError, match="the body is not valid JSON: 'utf-8' codec") as refused:
        _json.refuse_repeated(rb'{"\u0061":1,' + b'"\xff":2}', KEYS)
    assert refused.value.status == 400


@given(VALUES)
def test_what_is_encoded_decodes_to_the_same(value: object) -> None:
    assert _json.decode(_json.encode(value)) == value
    assert _json.decode(_json.encode(value).decode()) == value
    assert _json.decode(_json.indented(value)) == value


def test_json_for_people_has_lines() -> None:
    assert _json.indented({"a": [1, "é"]}) == '{\n  "a": [\n    1,\n    "é"\n  ]\n}'


def test_a_text_that_is_not_json_is_a_value_error() -> None:
    for text in ("{", b"{", "[" * 100_000, b"\xff", "\ud800"):
        with pytest.raises(ValueError):  # noqa: PT011 - the words are the decoder's
            _json.decode(text)


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct):
    x: int


def test_structs_enums_and_dates_become_plain_data() -> None:
    day = datetime.date(2026, 7, 1)
    value = {"p": Point(1), 1: Colour.RED, "d": [day], "t": (1, 2)}
    plain = {"p": {"x": 1}, "1": "red", "d": ["2026-07-01"], "t": [1, 2]}
    assert _json.decode(_json.encode(value)) == plain
    assert _json.decode(_json.encode(_json.to_builtins(value))) == plain


class Words(str):
    """Such as a `Template`."""

    __slots__ = ()


def test_a_subclass_of_a_plain_type_is_written_as_what_it_equals() -> None:
    class Number(int):
        pass

    class Ratio(float):
        pass

    class Table(dict[str, object]):
        pass

    class Row(list[object]):
        pass

    value = Table(a=Row([Words("é"), Number(1), Ratio(1.5), Table()]), b=Words())
    plain = {"a": ["é", 1, 1.5, {}], "b": ""}
    assert _json.encode(value) == _json.encode(plain)
    assert _json.to_builtins(value) == plain
    assert type(_json.to_builtins(Words("x"))) is str


def test_what_json_cannot_carry_is_an_encoding_error() -> None:
    circle: list[object] = []
    circle.append(circle)
    for value in (object(), {1, object()}, {(1, 2): 3}, "\ud800", circle, 1j, {None: 1}):
        with pytest.raises(EncodingError, match="JSON cannot carry this value: "):
            _json.encode(value)
    for value in (object(), circle, {(1, 2): 3}):
        with pytest.raises(EncodingError, match="JSON cannot carry this value: "):
            _json.to_builtins(value)
