"""What the platform makes of the caller's words: hints, from the document and from functions.

A hint that is a word only helps the recogniser. One with a pattern also corrects what was heard.
"""

import re
from typing import Any

from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]
Correction = tuple[re.Pattern[str], str]


class Hints:
    """Words that the caller may say.

    Attributes:
        words: those of the document.
        dynamic: those that functions added (`add_dynamic_hints`).
    """

    def __init__(self, given: object, reader: Reader) -> None:
        self._reader = reader
        self.words: list[str] = []
        self.dynamic: list[str] = []
        self._corrections: list[Correction] = []
        self._more_corrections: list[Correction] = []
        self._read(given, "ai.hints", self.words, self._corrections)

    def add(self, given: object) -> None:
        """Add hints: texts, or `{hint | pattern, replace, ignore_case}`."""
        self._read(given, "add_dynamic_hints", self.dynamic, self._more_corrections)

    def clear(self) -> None:
        """Forget the hints that were added."""
        self.dynamic.clear()
        self._more_corrections.clear()

    def corrected(self, text: str) -> str:
        """Return what was heard, as hints correct it."""
        for pattern, instead in (*self._corrections, *self._more_corrections):
            text = pattern.sub(instead.replace("\\", r"\\"), text)
        return text

    def _read(
        self, given: object, path: str, words: list[str], corrections: list[Correction]
    ) -> None:
        for number, item in enumerate(self._reader.items(given, path)):
            place = f"{path}[{number}]"
            if isinstance(item, str):
                words.append(item)
            else:
                self._hint(self._reader.mapping(item, place), place, words, corrections)

    def _hint(self, hint: JSON, path: str, words: list[str], corrections: list[Correction]) -> None:
        reader = self._reader
        word = reader.text_of(hint, "hint", path)
        pattern = reader.text_of(hint, "pattern", path)
        ignore = reader.flag_of(hint, "ignore_case", path)
        if word or pattern:
            words.append(word or pattern)
        if not pattern or "replace" not in hint:
            return
        try:
            compiled = re.compile(pattern, re.IGNORECASE if ignore else 0)
        except (re.error, RecursionError, OverflowError) as error:
            reader.warn(Concern.MISFIT, f"{path}.pattern: {error}")
            return
        corrections.append((compiled, reader.text(hint["replace"], f"{path}.replace")))
