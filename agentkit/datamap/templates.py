"""Templates: `${path}`, `%{path}` and `@{function …}`, expanded as the platform does it.

What a template reads is one JSON object. A path names a value from its root: `args.city`,
`results[0].title`, `results[-1]`; names match without regard to case and take one index each. What
it does not find becomes an empty text. Inside a template another one may stand, one level deep: it
is expanded first, and its text becomes part of the outer path or of the function's argument. What
was put in is never looked at again.

(Sources: facts 5.2, and the vendor's guide to data maps, section 4.)
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from agentkit import _json
from agentkit.datamap import phones
from agentkit.datamap.encoding import url_encoded

JSON = dict[str, Any]
Function = Callable[[str, str], str | None]

LEVELS = 2
"""How deep templates may stand in templates: a template, and one inside it."""

_BRACKET = re.compile(r"[$%@]?\{|\}")
_HELPERS = re.compile(r"(?:(?:lc|enc|fmt_ph):)*", re.IGNORECASE)
_STEP = re.compile(r"([^\[\]]*)(?:\[(-?\d{1,9})\])?")
_UPPER = re.compile(r"[A-Z]+")
_MISSING = object()


class Expander:
    """Expands templates over one object, and remembers what it did not find.

    Attributes:
        unresolved: paths and functions that gave nothing.
        holds_data: whether an object or a list was put into a text.
    """

    def __init__(self, data: Mapping[str, Any], function: Function) -> None:
        self._data = data
        self._function = function
        self.unresolved: list[str] = []
        self.holds_data = False

    def all(self, value: Any) -> Any:
        """Return plain data with every text in it expanded."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.all(item) for key, item in value.items()}
        return [self.all(item) for item in value] if isinstance(value, list) else value

    def text(self, text: str) -> str:
        """Return a text with its templates expanded."""
        return self._expanded(text, 0, len(text), _closings(text), LEVELS)

    def _expanded(
        self, text: str, start: int, end: int, closings: Mapping[int, int], levels: int
    ) -> str:
        parts, position = [], start
        while levels and (hit := _opening(text, position, end, closings)) is not None:
            opening, closing = hit
            parts.append(text[position:opening])
            inner = self._expanded(text, opening + 2, closing, closings, levels - 1)
            parts.append(self._value(text[opening], inner))
            position = closing + 1
        return "".join([*parts, text[position:end]])

    def _value(self, sign: str, inner: str) -> str:
        if sign != "@":
            return self._looked_up(inner)
        name, _, argument = inner.strip().partition(" ")
        made = self._function(name, argument)
        if made is None:
            self.unresolved.append(f"@{{{inner}}}")
        return made or ""

    def _looked_up(self, inner: str) -> str:
        hit = _HELPERS.match(inner)
        helpers = hit[0].lower().split(":") if hit else []
        path = inner[hit.end() :] if hit else inner
        value = found(self._data, path.strip())
        if value is _MISSING:
            self.unresolved.append(path.strip())
            return ""
        self.holds_data = self.holds_data or isinstance(value, dict | list)
        return _helped(printed(value), helpers)


def found(data: object, path: str) -> Any:
    """Return the value at a path, or something that is no value when there is none."""
    for step in path.split("."):
        hit = _STEP.fullmatch(step)
        if hit is None:
            return _MISSING
        name, index = hit.groups()
        data = _field(data, name) if name else _MISSING
        if index is not None:
            data = _item(data, int(index))
    return data


def printed(value: object) -> str:
    """Return a value as it is put into a text: a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.6f}"
    return _json.encode(value).decode()


def _helped(text: str, helpers: list[str]) -> str:
    """Apply helpers in the platform's order, however they were written."""
    if "fmt_ph" in helpers:
        text = phones.formatted(text)
    if "lc" in helpers:
        text = _UPPER.sub(lambda hit: hit[0].lower(), text)
    return url_encoded(text) if "enc" in helpers else text


def _field(data: object, name: str) -> Any:
    if not isinstance(data, Mapping):
        return _MISSING
    folded = name.casefold()
    return next((value for key, value in data.items() if key.casefold() == folded), _MISSING)


def _item(data: object, index: int) -> Any:
    is_there = isinstance(data, list) and -len(data) <= index < len(data)
    return data[index] if is_there else _MISSING  # type: ignore[index]  # it is a list


def _closings(text: str) -> dict[int, int]:
    """Return where each template that begins in a text ends, in one pass."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for hit in _BRACKET.finditer(text):
        if hit[0] != "}":
            opened.append(hit.start() if len(hit[0]) > 1 else -1)
        elif opened and (start := opened.pop()) >= 0:
            closings[start] = hit.start()
    return closings


def _opening(
    text: str, position: int, end: int, closings: Mapping[int, int]
) -> tuple[int, int] | None:
    """Return the next template that begins and ends within bounds."""
    for hit in _BRACKET.finditer(text, position, end):
        closing = closings.get(hit.start())
        if closing is not None and closing < end:
            return hit.start(), closing
    return None
