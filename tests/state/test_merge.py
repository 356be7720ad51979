"""The laws of merging: nothing that only one side touched is lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import _json
from agentkit.state.merge import merge, merge_three_ways

LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, "", "x"])
KEYS = st.sampled_from("abc")
VALUES = st.recursive(
    LEAVES | st.lists(LEAVES, max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
DICTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(KEYS, VALUES, max_size=3)
# Dicts that agree on where the dicts are: `a` and `b` are leaves, `c` is a dict of leaves.
ALIKE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"a": LEAVES, "b": LEAVES, "c": st.dictionaries(KEYS, LEAVES, max_size=3)}
)


def equal(one: Any, other: Any) -> bool:
    """Equal as JSON, where 1, 1.0 and true differ."""
    return _sorted_json(one) == _sorted_json(other)


def _sorted_json(value: Any) -> bytes:
    if isinstance(value, dict):
        parts = [_json.encode(key) + _sorted_json(value[key]) for key in sorted(value)]
        return b"{" + b",".join(parts) + b"}"
    return _json.encode(value)


@given(DICTS)
def test_nothing_merged_in_changes_nothing(stored: dict[str, Any]) -> None:
    assert equal(merge(stored, {}), stored)
    assert equal(merge({}, stored), stored)


@given(DICTS, DICTS)
def test_merging_the_same_changes_twice_is_merging_them_once(
    stored: dict[str, Any], changes: dict[str, Any]
) -> None:
    once = merge(stored, changes)
    assert equal(merge(once, changes), once)


@given(ALIKE, ALIKE, ALIKE)
def test_merging_is_associative_where_dicts_stay_dicts(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
) -> None:
    assert equal(merge(merge(one, two), three), merge(one, merge(two, three)))


@given(DICTS, DICTS)
def test_merging_keeps_every_key_of_both(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert merge(one, two).keys() == one.keys() | two.keys()


@given(DICTS, DICTS, DICTS)
def test_merging_changes_no_argument(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    before = [_json.encode(each) for each in (base, mine, theirs)]
    merge(mine, theirs)
    merge_three_ways(base, mine, theirs)
    assert [_json.encode(each) for each in (base, mine, theirs)] == before


@given(DICTS, DICTS)
def test_where_one_side_changed_nothing_the_other_side_counts(
    base: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert equal(merge_three_ways(base, changed, base), changed)
    assert equal(merge_three_ways(base, base, changed), changed)


@given(DICTS, DICTS)
def test_the_same_change_on_both_sides_is_made_once(
    base: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert equal(merge_three_ways(base, changed, changed), changed)


@given(DICTS, DICTS)
def test_without_a_base_mine_is_merged_into_theirs(
    mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    assert equal(merge_three_ways({}, mine, theirs), merge(theirs, mine))


@given(DICTS, DICTS, DICTS)
def test_changes_of_different_keys_are_both_kept(
    base: dict[str, Any], left: dict[str, Any], right: dict[str, Any]
) -> None:
    mine = {**base, **{f"mine-{key}": value for key, value in left.items()}}
    theirs = {**base, **{f"theirs-{key}": value for key, value in right.items()}}
    both = merge_three_ways(base, mine, theirs)
    assert equal(both, {**theirs, **mine})
    assert equal(both, merge_three_ways(base, theirs, mine))


@given(DICTS, DICTS, DICTS)
def test_merging_the_result_again_changes_nothing(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    merged = merge_three_ways(base, mine, theirs)
    assert equal(merge_three_ways(theirs, merged, theirs), merged)
    assert equal(merge_three_ways(base, merged, merged), merged)


CONFLICTS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("mine wins a leaf", {"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}),
    ("mine wins by deleting a leaf", {"a": 1}, {}, {"a": 3}, {}),
    ("mine wins over a deletion", {"a": 1}, {"a": 2}, {}, {"a": 2}),
    ("my deletion stays", {"a": 1, "b": 1}, {"a": 1}, {"a": 2, "b": 1}, {"a": 2}),
    ("their deletion stays", {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1}, {"a": 2}),
    ("both deleted a leaf", {"a": 1}, {}, {}, {}),
    ("both deleted a dict", {"p": {"a": 1}}, {}, {}, {}),
    ("1 and true differ", {"a": 1}, {"a": True}, {"a": 1}, {"a": True}),
    ("1 and 1.0 differ", {"a": 1}, {"a": 1.0}, {"a": 1}, {"a": 1.0}),
    ("they differ in lists", {"a": [1]}, {"a": [True]}, {"a": [1]}, {"a": [True]}),
    ("a list is a leaf", {"a": [1]}, {"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 2]}),
    ("two new dicts", {}, {"p": {"a": 1}}, {"p": {"b": 1}}, {"p": {"a": 1, "b": 1}}),
    ("I deleted, they added", {"p": {"a": 1}}, {}, {"p": {"a": 1, "b": 2}}, {"p": {"b": 2}}),
    ("they deleted, I added", {"p": {"a": 1}}, {"p": {"a": 1, "b": 2}}, {}, {"p": {"b": 2}}),
    ("I deleted what they changed", {"p": {"a": 1}}, {}, {"p": {"a": 2}}, {}),
    ("they deleted what I cut", {"p": {"a": 1, "b": 1}}, {"p": {"a": 1}}, {}, {"p": {}}),
    ("I replaced a dict", {"p": {"a": 1}}, {"p": 5}, {"p": {"a": 2}}, {"p": 5}),
    ("they replaced a dict", {"p": {"a": 1}}, {"p": {"a": 2}}, {"p": 5}, {"p": {"a": 2}}),
    ("they deleted what I made a dict", {"p": 5}, {"p": {}}, {}, {"p": {}}),
]


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [row[1:] for row in CONFLICTS],
    ids=[row[0] for row in CONFLICTS],
)
def test_conflicting_changes_merge_leaf_by_leaf(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert equal(merge_three_ways(base, mine, theirs), merged)
