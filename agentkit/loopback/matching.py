"""When a text or a value is what a test expects, and what comes closest when it is not."""

import difflib
import re
from collections.abc import Iterable, Mapping
from types import EllipsisType
from typing import Any

from agentkit import _json
from agentkit.testing.transcript import without_secrets

Wanted = str | re.Pattern[str]
"""A text that shall occur, or a pattern that shall be found."""

_EXCERPT = 160
_COMPARED = 200  # signs; comparing takes time with the square of them


def text_matches(wanted: Wanted, text: str, *, exact: bool = False) -> bool:
    """Tell whether a text is the one wanted.

    A str is looked for in the text, whatever the case and however long the gaps between words; with
    `exact` it must be the whole text. A pattern is searched for, and with `exact` matches it all.
    """
    if isinstance(wanted, re.Pattern):
        return bool(wanted.fullmatch(text) if exact else wanted.search(text))
    if exact:
        return wanted == text
    return _folded(wanted) in _folded(text)


def value_matches(wanted: object, value: object) -> bool:
    """Tell whether a JSON value is the one wanted.

    An object needs to hold only the keys wanted, a list as many items; `...` stands for any value,
    a pattern for a text in which it is found. True and 1 are different, 1 and 1.0 are not.
    """
    if wanted is ...:
        return True
    if isinstance(wanted, re.Pattern):
        return isinstance(value, str) and bool(wanted.search(value))
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and subset_matches(wanted, value)
    if isinstance(wanted, list | tuple):
        return _items_match(wanted, value)
    return wanted == value and isinstance(wanted, bool) == isinstance(value, bool)


def subset_matches(wanted: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Tell whether an object holds what is wanted, key by key as `value_matches`."""
    return all(key in values and value_matches(wanted[key], values[key]) for key in wanted)


def differences(wanted: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Return a line for each key that is not as wanted."""
    lines = []
    for key, value in wanted.items():
        if key not in values:
            lines.append(f"{key}: expected {shown(value)}, not there{_near(key, values)}")
        elif not value_matches(value, values[key]):
            lines.append(f"{key}: expected {shown(value)}, is {shown(values[key])}")
    return lines


def closest(name: str, names: Iterable[str]) -> str:
    """Return the name most like this one, or "" when none is."""
    by_beginning = {each[:_COMPARED]: each for each in names}
    found = difflib.get_close_matches(name[:_COMPARED], list(by_beginning), n=1)
    return by_beginning[found[0]] if found else ""


def shown(value: object) -> str:
    """Return a value as a test would write it, without secrets, cut where it gets long."""
    if isinstance(value, EllipsisType):
        return "anything"
    text = f"/{value.pattern}/" if isinstance(value, re.Pattern) else _written(value)
    text = without_secrets(text)  # before it is cut: half a URL is not known as one
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"


def _written(value: object) -> str:
    try:
        return _json.encode(value).decode()
    except ValueError:  # a pattern or `...` within an object
        return repr(value)


def _items_match(wanted: list[Any] | tuple[Any, ...], value: object) -> bool:
    if not isinstance(value, list | tuple) or len(wanted) != len(value):
        return False
    return all(value_matches(*pair) for pair in zip(wanted, value, strict=True))


def _near(key: str, values: Mapping[str, Any]) -> str:
    near = closest(key, values)
    return f", but {near} is {shown(values[near])}" if near else ""


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
