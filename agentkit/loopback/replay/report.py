"""A comparison in words, for a terminal and for a program.

Each line of the text begins with what it is: `+` what is new, `-` what is gone, `~` what is another
value, with both values below. A front end may colour them by that.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from agentkit import _json
from agentkit.loopback.replay.comparing import Changed, Comparison
from agentkit.loopback.replay.values import Difference

JSON = dict[str, Any]

_WIDTH = 88
_AROUND = 5  # words that are shown before and after what has changed
_MOST_WORDS = 4_000  # comparing may take the square of it
_LEFT_OUT = re.compile(r"^sections\.[^.]+\.(?:ai\.(?:SWAIG\.|prompt\.)?)?")
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~"}


def as_text(comparison: Comparison) -> str:
    """Return a comparison as lines for people."""
    return "\n".join(_lines(comparison))


def as_json(comparison: Comparison) -> JSON:
    """Return a comparison as plain data."""
    plain: JSON = _json.to_builtins(comparison)
    return {**plain, "is_equal": comparison.is_equal}


def summed_up(comparison: Comparison) -> str:
    """Return a comparison in one line."""
    different = len({each.number for each in comparison.changed if each.number})
    parts = [f"{comparison.equal} answered as before", f"{different} otherwise"]
    if comparison.skipped:
        parts.append(f"{len(comparison.skipped)} not compared")
    return f"call {_line(comparison.call_id)}: {', '.join(parts)}"


def _lines(comparison: Comparison) -> Iterator[str]:
    for (number, about), found in groupby(
        comparison.changed, lambda each: (each.number, each.about)
    ):
        yield f"{number}. {_line(about)}" if number else _line(about)
        for changed in found:
            yield from _change(changed)
        yield ""
    yield from (f"not compared: {_line(text)}" for text in comparison.skipped)
    yield from (f"missing: {_line(text)}" for text in comparison.missing)
    yield summed_up(comparison)


def _change(changed: Changed) -> Iterator[str]:
    what = changed.what
    yield f"  {_SIGNS[what.change]} {changed.area}: {_line(_place(changed))}".rstrip(": ")
    if what.change == "removed":
        yield f"      - {_value(what.before)}"
    elif what.change == "added":
        yield f"      + {_value(what.after)}"
    else:
        yield from _both(what)


def _place(changed: Changed) -> str:
    """Leave out of a path what the area says already."""
    path = _LEFT_OUT.sub("", changed.what.path)
    own = changed.area.removesuffix("s")
    if path in {own, changed.area}:
        return ""
    return path.removeprefix(f"{changed.area}.").removeprefix(f"{own}.")


def _both(what: Difference) -> Iterator[str]:
    before, after = what.before, what.after
    if isinstance(before, str) and isinstance(after, str) and len(before) + len(after) > _WIDTH:
        before, after = _excerpts(before.split(), after.split())
        yield f"      - {_cut(_line(before))}"
        yield f"      + {_cut(_line(after))}"
        return
    yield f"      - {_value(before)}"
    yield f"      + {_value(after)}"


def _excerpts(before: list[str], after: list[str]) -> tuple[str, str]:
    """Return the words that differ, with a few around them."""
    if len(before) + len(after) > _MOST_WORDS:
        return " ".join(before), " ".join(after)
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal"]
    if not changed:
        return " ".join(before), " ".join(after)
    first, last = changed[0], changed[-1]
    return _excerpt(before, first[1], last[2]), _excerpt(after, first[3], last[4])


def _excerpt(words: list[str], begin: int, end: int) -> str:
    start, stop = max(begin - _AROUND, 0), end + _AROUND
    parts = ["…"] if start else []
    return " ".join([*parts, *words[start:stop], *(["…"] if stop < len(words) else [])])


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value.strip() else _json.encode(value).decode()
    return _cut(_line(text))


def _cut(text: str) -> str:
    return text if len(text) <= 4 * _WIDTH else f"{text[: 4 * _WIDTH]}…"


def _line(text: str) -> str:
    """Return text on one line, without what could move a cursor."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
