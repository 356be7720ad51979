"""What state can hold comes back equal; what it cannot hold is refused with its path."""

import enum
from collections import OrderedDict, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import StateCorrupt, StateEncoding, StateTooLarge
from agentkit.state.values import MAX_DEPTH, MAX_KEYS, pack, plain, unpack

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DICTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(TEXT, VALUES, max_size=3)


class Colour(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


class Half(float):
    pass


@given(DICTS)
def test_what_was_packed_comes_back_with_the_same_types(value: dict[str, Any]) -> None:
    assert repr(unpack(pack(plain(value)))) == repr(value)
    assert pack(value) == pack(plain(value))


@given(DICTS, st.binary(max_size=30), st.integers(0, 50))
def test_damaged_bytes_raise_one_error_or_are_a_dict(
    value: dict[str, Any], noise: bytes, at: int
) -> None:
    packed = pack(plain(value))
    try:
        found = unpack(packed[:at] + noise + packed[at + 1 :])
    except StateCorrupt:
        return
    assert isinstance(found, dict)


def test_a_copy_shares_nothing_with_the_original() -> None:
    original = {"a": [{"b": [1]}]}
    copy = plain(original)
    original["a"][0]["b"].append(2)
    assert copy == {"a": [{"b": [1]}]}


def test_subclasses_are_stored_as_the_plain_values_that_they_equal() -> None:
    lists = defaultdict(list, {"a": [1]})
    value = OrderedDict({Colour.RED: [Colour.RED, Size.LARGE, Half(0.5)], "lists": lists})
    copy = plain(value)
    assert copy == {"red": ["red", 3, 0.5], "lists": {"a": [1]}}
    assert [type(item) for item in copy["red"]] == [str, int, float]
    assert [type(each) for each in (copy, next(iter(copy)), copy["lists"])] == [dict, str, dict]
    assert unpack(pack(copy)) == value
    assert pack(value) == pack(copy)


@pytest.mark.parametrize("inner", [Colour.RED, Size.LARGE, Half(0.5), OrderedDict(a=1), [Size(3)]])
def test_one_subclass_anywhere_is_stored_as_what_it_equals(inner: Any) -> None:
    for value in ({"a": inner}, {"a": [inner]}, {"a": {"b": [0, inner]}}):
        assert pack(value) == pack(plain(value))
        assert unpack(pack(value)) == value


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def shared_lists() -> list[Any]:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    return value


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["a"] = value
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"^\$ is a list: call state is a dict"),
        (None, r"^\$ is a NoneType"),
        ({"cart": [{}, {}, {"price": float("nan")}]}, r"^\$\.cart\[2\]\.price is nan"),
        ({"a": float("inf")}, r"^\$\.a is inf"),
        ({"a": -float("inf")}, r"^\$\.a is -inf"),
        ({"a": 2**63}, r"^\$\.a is an int beyond 64 bits"),
        ({"a": -(2**63) - 1}, r"^\$\.a is an int beyond 64 bits"),
        ({"a": b"x"}, r"^\$\.a is a bytes, which is not plain data"),
        ({"a": (1, 2)}, r"^\$\.a is a tuple"),
        ({"a": {1}}, r"^\$\.a is a set"),
        ({"a": object()}, r"^\$\.a is a object"),
        ({"a": 1j}, r"^\$\.a is a complex"),
        ({"a": "\ud800"}, r"^\$\.a has a lone surrogate"),
        ({"a": ["\udfffx"]}, r"^\$\.a\[0\] has a lone surrogate"),
        ({"a": {"\ud800": 1}}, r"^\$\.a\['\\ud800'\] has a lone surrogate"),
        ({"a": {1: 2}}, r"^\$\.a\[1\] has a key that is a int, not a str"),
        ({"a": {None: 2}}, r"^\$\.a\[None\] has a key that is a NoneType"),
        ({"odd key": {"": 1j}}, r"^\$\['odd key'\]\[''\] is a complex"),
        ({"k" * 99: 1j}, r"^\$\['k{39}…\] is a complex"),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_path(value: Any, message: str) -> None:
    with pytest.raises(StateEncoding, match=message):
        plain(value)
    with pytest.raises(StateEncoding, match=message):
        pack(value)


def test_the_limits_of_numbers_can_be_stored() -> None:
    limits = {"int": [-(2**63), 2**63 - 1], "float": [1.7976931348623157e308, 5e-324, -0.0]}
    assert unpack(pack(plain(limits))) == limits
    assert unpack(pack(limits)) == limits


def test_the_deepest_value_can_be_stored_and_a_deeper_one_is_refused() -> None:
    deepest = nested(MAX_DEPTH)
    assert unpack(pack(plain(deepest))) == deepest
    with pytest.raises(StateTooLarge, match=r"^\$(\.a){64} nests deeper than 64 levels"):
        plain(nested(MAX_DEPTH + 1))
    with pytest.raises(StateTooLarge, match="nests deeper"):
        plain(endless())
    assert pack(deepest) == pack(plain(deepest))
    for value in (nested(MAX_DEPTH + 1), endless()):
        with pytest.raises(StateTooLarge, match="nests deeper than 64 levels"):
            pack(value)


def test_keys_are_counted_in_all_dicts_together() -> None:
    half = dict.fromkeys(map(str, range(MAX_KEYS // 2 - 2)))
    assert plain({"a": half, "b": half}) == {"a": half, "b": half}
    with pytest.raises(StateTooLarge, match=r"^\$\.c exceeds the limit of 4096 keys in all"):
        plain({"a": half, "b": half, "c": {"d": 1, "e": 1}})
    with pytest.raises(StateTooLarge, match=r"^\$\.c exceeds the limit of 4096 keys in all"):
        pack({"a": half, "b": half, "c": {"d": 1, "e": 1}})
    many = {"a": half, "items": [None] * MAX_KEYS}
    assert unpack(pack(many)) == many  # items are not keys


def test_a_small_value_that_unfolds_to_a_huge_one_is_refused_soon() -> None:
    with pytest.raises(StateTooLarge, match="holds more items than the limit"):
        plain({"a": shared_lists()})
    with pytest.raises(StateTooLarge, match="holds more items than the limit"):
        pack({"a": shared_lists()})


def test_a_value_over_the_limit_names_its_largest_part() -> None:
    fits = {"a": "x" * 50, "notes": "x" * 30}
    size = len(pack(fits)) - 1
    assert unpack(pack(fits, size)) == fits
    message = rf"^\$ takes {size} bytes as JSON, the limit is {size - 1}; .* \$\.a \(52 bytes\)"
    with pytest.raises(StateTooLarge, match=message):
        pack(fits, size - 1)


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", "unknown format empty"),
        (b"\x03{}", "unknown format 03"),
        (b"{}", "unknown format 7b"),
        (b"\x01", "is damaged"),
        (b'\x01{"a":', "is damaged"),
        (b'\x01{"a":"\xff"}', "is damaged"),
        (b"\x01" + b"[" * 100_000, "is damaged"),
        (b"\x01[]", "is a list, not a dict"),
    ],
)
def test_bytes_that_are_no_state_are_corrupt(packed: bytes, message: str) -> None:
    with pytest.raises(StateCorrupt, match=message):
        unpack(packed)
