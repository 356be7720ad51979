"""How large values may become. A script in a circle could fill the memory otherwise.

The platform has limits too, which are not known; these are far over what scripts need.
"""

from typing import Any

MAX_TEXT = 1_000_000
"""Longest text that references are written into, in characters."""
MAX_PARTS = 50_000
"""Most values in one value."""
MAX_DEPTH = 100
"""Deepest nesting of a value."""
MAX_CHARACTERS = 4_000_000
"""Characters in all texts of one value."""


class TooLarge(Exception):
    """A value has become larger than scripts may make it; the text says which limit."""


def measure(value: Any) -> None:
    """Refuse a value that is too large, counting what it holds twice as two.

    Raises:
        TooLarge: it has too many parts or characters, or nests too deep.
    """
    waiting = [(value, 1)]
    parts = characters = 0
    while waiting:
        inner, depth = waiting.pop()
        if isinstance(inner, str):
            characters += len(inner)
            _check(characters, MAX_CHARACTERS, "characters")
        elif isinstance(inner, dict | list):
            parts += len(inner)
            _check(parts, MAX_PARTS, "parts")
            _check(depth, MAX_DEPTH, "levels")
            below = inner.values() if isinstance(inner, dict) else inner
            waiting.extend((item, depth + 1) for item in below)


def _check(size: int, most: int, of: str) -> None:
    if size > most:
        raise TooLarge(f"a value is larger than {most} {of}")
