"""How two dicts of plain data become one.

Theory. A dict is seen as the set of its leaves: paths of keys that end in something other than a
dict (lists are leaves: there is no telling which item of a list is which). A change adds, replaces
or deletes leaves. Two changes of one base made at the same time are both kept wherever they touch
different leaves; where both touch the same leaf, mine wins, for mine is the later write.

    merge(stored, changes)             adds and replaces, and can delete nothing
    merge_three_ways(base, mine, theirs)   knows from the base what each side deleted

A dict that one side deleted is, to the other side, a dict whose leaves are gone: what was added to
it at the same time stays. Equal means equal as JSON: 1, 1.0 and true are three values. With an
empty base the two functions agree: merge_three_ways({}, mine, theirs) == merge(theirs, mine).
Arguments are never changed; results may share parts with them.
"""

from typing import Any

_ABSENT: Any = object()


def merge(stored: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return stored with changes laid over it: dicts key by key, everything else replaced."""
    merged = dict(stored)
    for key, change in changes.items():
        known = merged.get(key)
        if isinstance(known, dict) and isinstance(change, dict):
            merged[key] = merge(known, change)
        else:
            merged[key] = change
    return merged


def merge_three_ways(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> dict[str, Any]:
    """Return what two changes of one base make together; mine wins where both changed a leaf."""
    merged = {}
    for key in {**theirs, **mine}:
        sides = (side.get(key, _ABSENT) for side in (base, mine, theirs))
        value = _merge_value(*sides)
        if value is not _ABSENT:
            merged[key] = value
    return merged


def _merge_value(base: Any, mine: Any, theirs: Any) -> Any:
    if _same(mine, base):
        return theirs
    if _same(theirs, base):
        return mine
    return _merge_changes(base, mine, theirs)


def _merge_changes(base: Any, mine: Any, theirs: Any) -> Any:
    """Both sides changed the value: merge what is in it if both left it a dict, or deleted one."""
    leaves = [_leaves(base, base), _leaves(mine, base), _leaves(theirs, base)]
    if leaves[1] is None or leaves[2] is None:
        return mine
    merged = merge_three_ways(leaves[0] or {}, leaves[1], leaves[2])
    return merged if merged or mine is not _ABSENT else _ABSENT


def _leaves(value: Any, base: Any) -> dict[str, Any] | None:
    """Return value as a dict, or None if it is none: a deleted dict has no leaves."""
    if isinstance(value, dict):
        return value
    return {} if value is _ABSENT and isinstance(base, dict) else None


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
