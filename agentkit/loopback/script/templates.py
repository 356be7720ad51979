"""Texts with `${…}` and `%{…}` in them, cut into parts once.

A text is a template, and a template a tuple of parts: plain text and `Ref`s. A field that is wholly
one reference keeps the type of its value; otherwise values are written into the text.
"""

import re
from functools import lru_cache

from msgspec import Struct

from agentkit import _json
from agentkit.loopback.script.sizes import measure

_NAME = r"[A-Za-z_$][\w$-]*"
# Wider than JavaScript: `a-b` and `0` are taken as keys when they lead somewhere, because header
# names are keys of `request_response_headers` (facts 1.3, request).
_PATH = re.compile(rf"{_NAME}(?:\.[\w$-]+|\[\d+\]|\[(?:'[^'\\]*'|\"[^\"\\]*\")\])*\Z")
_STEP = re.compile(r"\.?([\w$-]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_OPENING = re.compile(r"[$%]\{")
MAX_CACHED = 1024
MAX_CACHED_TEXT = 10_000
"""Longest text whose parts are kept."""

Key = str | int


class Ref(Struct, frozen=True):
    """One reference.

    Attributes:
        source: what stands between the braces, without the spaces around it.
        path: its keys when it is a plain path, otherwise None.
    """

    source: str
    path: tuple[Key, ...] | None


Part = str | Ref


def is_template(text: str) -> bool:
    """Say whether a text has a reference in it, or looks as if."""
    return "${" in text or "%{" in text


def whole(text: str) -> Ref | None:
    """Return the reference that a text wholly is, or None."""
    parts = parsed(text)
    part = parts[0] if len(parts) == 1 else None
    return part if isinstance(part, Ref) else None


def bare(source: str) -> Ref:
    """Return a reference that is written without braces, as a switch's variable may be."""
    return whole(source.strip()) or _ref(source)


def parsed(text: str) -> tuple[Part, ...]:
    """Cut a text into its parts; an opening without its end is plain text."""
    return _parsed(text) if len(text) <= MAX_CACHED_TEXT else _cut(text)


def _cut(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    while opening := _OPENING.search(text, at):
        start = opening.start()
        end = _end(text, start + 2)
        if end < 0:
            break
        if start > at:
            parts.append(text[at:start])
        parts.append(_ref(text[start + 2 : end]))
        at = end + 1
    return (*parts, text[at:]) if at < len(text) or not parts else tuple(parts)


_parsed = lru_cache(MAX_CACHED)(_cut)


def _ref(source: str) -> Ref:
    source = source.strip()
    return Ref(source, _keys(source) if _PATH.match(source) else None)


def _keys(path: str) -> tuple[Key, ...]:
    found = _STEP.findall(path)
    return tuple(int(index) if index else name or quoted or double
                 for name, index, quoted, double in found)  # fmt: skip


def _end(text: str, at: int) -> int:
    """Return where the brace closes that opened before `at`, skipping strings and nested braces."""
    depth, quote = 1, ""
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        else:
            depth += (character == "{") - (character == "}")
        if not depth:
            return at
        at += 1
    return -1


def text_of(value: object) -> str:
    """Write a value into a text: as JavaScript does, but objects and arrays as JSON.

    Raises:
        TooLarge: the value has grown over a limit.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    measure(value)
    return _json.encode(value).decode()
