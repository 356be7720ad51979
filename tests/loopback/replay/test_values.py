"""How values differ: by names, in meaning."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.loopback.replay.values import Difference, differences

D = Difference
DIFFERENT: dict[str, tuple[Any, Any, list[Difference]]] = {
    "a value": ({"a": 1}, {"a": 2}, [D("a", "changed", 1, 2)]),
    "a kind": ({"a": 1}, {"a": "1"}, [D("a", "changed", 1, "1")]),
    "a flag and a number": ({"a": True}, {"a": 1}, [D("a", "changed", True, 1)]),
    "the top": (1, None, [D("", "changed", 1, None)]),
    "a new member": ({}, {"a": {"b": 1}}, [D("a", "added", None, {"b": 1})]),
    "a member that is gone": ({"x": {"a": 1}}, {"x": {}}, [D("x.a", "removed", 1)]),
    "a function": (
        {"f": [{"function": "a", "d": 1}, {"function": "b"}]},
        {"f": [{"function": "b"}, {"function": "c"}]},
        [
            D("f.a", "removed", {"function": "a", "d": 1}),
            D("f.c", "added", None, {"function": "c"}),
        ],
    ),
    "the order of names": (
        [{"name": "a"}, {"name": "b"}],
        [{"name": "b"}, {"name": "a"}],
        [D("", "moved", ["a", "b"], ["b", "a"])],
    ),
    "a verb": (
        [{"play": "a"}, {"play": "b"}, {"hangup": {}}],
        [{"play": "a"}, {"play": "c"}, {"hangup": {}}],
        [D("play#2", "changed", "b", "c")],
    ),
    "an action with its sibling": (
        [{"SWML": {"a": 1}, "transfer": "true"}],
        [{"SWML": {"a": 2}, "transfer": "true"}],
        [D("SWML.SWML.a", "changed", 1, 2)],
    ),
    "texts": (["a", "b"], ["a"], [D("", "changed", ["a", "b"], ["a"])]),
    "texts that are flags": ([1], [True], [D("", "changed", [1], [True])]),
    "items without names": (
        [{"a": 1, "b": 1}, [1]],
        [{"a": 2, "b": 1}],
        [D("0.a", "changed", 1, 2), D("1", "removed", [1])],
    ),
    "names that are not unique": (
        [{"name": "a", "v": 1}, {"name": "a", "v": 2}],
        [{"name": "a", "v": 1}, {"name": "a", "v": 3}],
        [D("1.v", "changed", 2, 3)],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_differences_are_found_by_name(before: Any, after: Any, expected: list[Difference]) -> None:
    assert list(differences(before, after)) == expected


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "name", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "a", "b"]), inner)
    ),
    max_leaves=8,
)


@given(JSONS)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(differences(value, value)) == []


@given(JSONS, JSONS)
def test_values_that_are_not_equal_differ(one: Any, other: Any) -> None:
    found = list(differences(one, other))
    assert bool(found) or repr(one) == repr(other) or one == other


def test_whole_numbers_are_equal_however_they_are_written() -> None:
    assert list(differences({"a": 1, "b": [2]}, {"a": 1.0, "b": [2.0]})) == []
