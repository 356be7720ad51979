"""How two JSON values differ in meaning: by names where things have names, not by their places.

The functions of a document, the steps of a context, the sections of a prompt and the verbs of a
section are lists, but what somebody changes is one of them by its name. So the items of a list
whose items are named are compared by name, and their order apart from that.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

Change = Literal["added", "removed", "changed", "moved"]

_NAMES = ("function", "name", "title", "code", "id", "label", "key")
_PAIR = 2


class Difference(Struct, frozen=True):
    """One place at which two values differ.

    Attributes:
        path: where, such as `sections.main.ai.SWAIG.functions.order.description`.
        change: what happened there; `moved` when the order of named items is another.
        before: the value then; None when it was added.
        after: the value now; None when it is gone.
    """

    path: str
    change: Change
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Return where two values of plain JSON data differ, in the order of the first."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_members(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_items(before, after, path)
    elif not _same(before, after):
        yield Difference(path, "changed", before, after)


def _same(before: Any, after: Any) -> bool:
    """1 and 1.0 are the same number, 1 and True are not the same value."""
    return isinstance(before, bool) is isinstance(after, bool) and bool(before == after)


def _of_members(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str
) -> Iterator[Difference]:
    for name, value in before.items():
        below = f"{path}.{name}" if path else name
        if name in after:
            yield from differences(value, after[name], below)
        else:
            yield Difference(below, "removed", before=value)
    for name, value in after.items():
        if name not in before:
            yield Difference(f"{path}.{name}" if path else name, "added", after=value)


def _of_items(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    names, others = _named(before), _named(after)
    if names is None or others is None:
        yield from _by_place(before, after, path)
        return
    yield from _of_members(names, others, path)
    kept, now = [name for name in names if name in others], [n for n in others if n in names]
    if kept != now:
        yield Difference(path, "moved", kept, now)


def _by_place(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    if not any(isinstance(item, dict | list) for item in (*before, *after)):
        if not (len(before) == len(after) and all(map(_same, before, after))):
            yield Difference(path, "changed", before, after)
        return
    yield from _of_members(_numbered(before), _numbered(after), path)


def _numbered(items: list[Any]) -> dict[str, Any]:
    return {str(place): item for place, item in enumerate(items)}


def _named(items: list[Any]) -> dict[str, Any] | None:
    """Return items by name, None when they have none that tells them apart."""
    if not all(isinstance(item, dict) for item in items):
        return None
    for name in _NAMES:
        found = [item.get(name) for item in items]
        if found and all(isinstance(each, str) for each in found) and len(set(found)) == len(found):
            return dict(zip(found, items, strict=True))
    return _verbs(items) if all(_is_verb(item) for item in items) else None


def _is_verb(item: dict[str, Any]) -> bool:
    """A verb or an action is an object with one key, but for the `transfer` beside a `SWML`."""
    return len(item) == 1 or (len(item) == _PAIR and item.keys() == {"SWML", "transfer"})


def _verbs(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return verbs by name, the second of a name as `play#2`."""
    seen: Counter[str] = Counter()
    named = {}
    for item in items:
        verb = "SWML" if len(item) == _PAIR else next(iter(item))
        seen[verb] += 1
        name = verb if seen[verb] == 1 else f"{verb}#{seen[verb]}"
        named[name] = item if len(item) == _PAIR else item[verb]
    return named
