"""Reads documents and answers of any shape: what is of the wrong type is left out, with a warning.

The platform does not refuse a document for one wrong field (facts of the wire, 1.1: it coerces, the
schema does not). Numbers and booleans may be written as text; anything else that does not fit is
noted once for its path and read as if it were not there.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from agentkit import _json
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]

_EXCERPT = 60
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "on": True, "off": False}


class Reader:
    """Reads values; paths are those of the document, such as `ai.params.app_name`.

    Args:
        note: takes what an author should know, a line each time, and what it is about.
    """

    def __init__(self, note: Callable[[Concern, str], None]) -> None:
        self._note = note
        self._noted: set[str] = set()

    def warn(self, concern: Concern, text: str) -> None:
        """Note something that the platform takes, or leaves out, and an author should know."""
        if text not in self._noted:
            self._noted.add(text)
            self._note(concern, text)

    def mapping(self, value: object, path: str) -> JSON:
        """Return an object; an empty one for none."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self._wrong(value, path, "an object")
        return {}

    def items(self, value: object, path: str) -> list[Any]:
        """Return a list; an empty one for none."""
        if isinstance(value, list):
            return value
        if value is not None:
            self._wrong(value, path, "a list")
        return []

    def objects(self, value: object, path: str) -> Iterator[tuple[str, JSON]]:
        """Yield the objects in a list, each with its path."""
        for number, item in enumerate(self.items(value, path)):
            place = f"{path}[{number}]"
            if isinstance(item, dict):
                yield place, item
            else:
                self.warn(Concern.MISFIT, f"{place}: an object belongs here, not {excerpt(item)}")

    def at_urls(self, value: object, path: str) -> Iterator[tuple[str, JSON, str]]:
        """Yield the objects in a list that name a URL, each with its path and the URL."""
        for place, item in self.objects(value, path):
            if url := self.text_of(item, "url", place):
                yield place, item, url
            else:
                self.warn(Concern.INCOMPLETE, f"{place}.url: a URL belongs here")

    def text(self, value: object, path: str, default: str = "") -> str:
        """Return a text."""
        if isinstance(value, str):
            return value
        if value is not None:
            self._wrong(value, path, "a text")
        return default

    def names(self, value: object, path: str) -> tuple[str, ...]:
        """Return the texts of a list; a text stands for itself."""
        if isinstance(value, str):
            return (value,)
        given = self.items(value, path)
        for number, item in enumerate(given):
            self.text(item, f"{path}[{number}]")
        return tuple(item for item in given if isinstance(item, str))

    def flag(self, value: object, path: str, *, default: bool = False) -> bool:
        """Return a boolean, also one written as a text or a number."""
        if value is None or isinstance(value, bool):
            return default if value is None else value
        known = _FLAGS.get(str(value).lower()) if isinstance(value, str | int) else None
        if known is None:
            self._wrong(value, path, "a boolean")
        return default if known is None else known

    def number(self, value: object, path: str, default: float = 0) -> float:
        """Return a number, also one written as a text."""
        found = _number(value)
        if found is None and value is not None:
            self._wrong(value, path, "a number")
        return default if found is None else found

    def text_of(self, fields: JSON, key: str, path: str, default: str = "") -> str:
        """Return the text at a key; `path` is that of the object."""
        value = fields.get(key)
        if value is None or isinstance(value, str):
            return default if value is None else value
        return self.text(value, f"{path}.{key}", default)

    def flag_of(self, fields: JSON, key: str, path: str, *, default: bool = False) -> bool:
        """Return the boolean at a key."""
        value = fields.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return self.flag(value, f"{path}.{key}", default=default)

    def mapping_of(self, fields: JSON, key: str, path: str) -> JSON:
        """Return the object at a key."""
        value = fields.get(key)
        if value is None or isinstance(value, dict):
            return {} if value is None else value
        return self.mapping(value, f"{path}.{key}")

    def names_of(self, fields: JSON, key: str, path: str) -> tuple[str, ...]:
        """Return the texts of the list at a key."""
        value = fields.get(key)
        return () if value is None else self.names(value, f"{path}.{key}")

    def _wrong(self, value: object, path: str, wanted: str) -> None:
        self.warn(Concern.MISFIT, f"{path}: {wanted} belongs here, not {excerpt(value)}")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return None if isinstance(found, float) and not math.isfinite(found) else found


def excerpt(value: object) -> str:
    """Return a value as JSON, cut short."""
    text = _json.encode(value).decode()
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
