"""The `params` of the `ai` verb, read when they are needed."""

from typing import Any

from agentkit.loopback.ai.reading import Reader

JSON = dict[str, Any]


class Params:
    """The parameters of one session; actions may change them.

    Attributes:
        given: all of them, by name.
    """

    def __init__(self, given: JSON, reader: Reader) -> None:
        self.given = dict(given)
        self._reader = reader

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a switch."""
        value = self.given.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return self._reader.flag(value, f"ai.params.{name}", default=default)

    def number(self, name: str, default: float) -> float:
        """Return a number."""
        value = self.given.get(name)
        if value is None:
            return default
        return self._reader.number(value, f"ai.params.{name}", default)

    def milliseconds(self, name: str, default: int, most: int) -> int:
        """Return a length of time, cut to what the platform takes."""
        return int(min(max(self.number(name, default), 0), most))

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self.given.get(name)
        if value is None or isinstance(value, str):
            return default if value is None else value
        return self._reader.text(value, f"ai.params.{name}", default)
