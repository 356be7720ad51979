"""Languages: which one is spoken, what is said while the caller waits, how words are pronounced.

`multilingual` stands instead of `languages` when there is one (facts 1.4). Fillers are taken in
turn, so that a call says the same ones every time.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from agentkit.loopback.ai.reading import Reader

JSON = dict[str, Any]

DEFAULT_CODE = "en-US"
_SHARED = ("default", "auto")


class Language(Struct, frozen=True):
    """One language.

    Attributes:
        codes: what it is called, such as `en-US`; the first one is its own.
        fillers: what is said while a function runs.
        pronounce: pairs of a pattern and what is said instead of it.
    """

    name: str
    codes: tuple[str, ...]
    voice: str = ""
    fillers: tuple[str, ...] = ()
    pronounce: tuple[tuple[re.Pattern[str], str], ...] = ()


class Languages:
    """The languages of a session.

    Attributes:
        known: all of them, in order.
        current: the one that is spoken now.
        voice: the voice that speaks; an action may change it.
    """

    def __init__(self, ai: JSON, reader: Reader) -> None:
        self._reader = reader
        self._turn = 0
        self._switch_words = 1
        self._shared_fillers: object = None
        self._pronounce = tuple(pronunciations(ai.get("pronounce"), reader, "ai.pronounce"))
        start = ""
        if "multilingual" in ai:
            given = reader.mapping(ai["multilingual"], "ai.multilingual")
            self.known = tuple(self._multilingual(given))
            start = reader.text_of(given, "start_language", "ai.multilingual", "en")
            self._shared_fillers = given.get("function_fillers", given.get("fillers"))
            path = "ai.multilingual.min_switch_words"
            self._switch_words = int(reader.number(given.get("min_switch_words"), path, 2))
        else:
            self.known = tuple(self._listed(ai.get("languages")))
        self.current = self.find(start) or next(iter(self.known), Language("", (DEFAULT_CODE,)))
        self.voice = self.current.voice

    @property
    def code(self) -> str:
        """The code of the language that is spoken, such as `en-US`."""
        return self.current.codes[0]

    def find(self, code: str) -> Language | None:
        """Return a language by its code or name; `es` finds `es-MX`."""
        wanted = code.casefold()
        names = {wanted, wanted.partition("-")[0]} - {""}
        for matches in (_named, _alike):
            found = next((each for each in self.known if matches(each, names, wanted)), None)
            if found is not None:
                return found
        return None

    def switch(self, code: str, words: int) -> bool:
        """Go on in the language that the caller used, if it is known and he said enough in it."""
        found = self.find(code)
        if found is None or found is self.current or words < self._switch_words:
            return False
        self.current, self.voice = found, found.voice
        return True

    def filler(self, own: object, path: str) -> str:
        """Return what is said while a function runs; `own` are the function's fillers."""
        phrases = self.phrases(own, path) or self.current.fillers
        if not phrases and self._shared_fillers is not None:
            phrases = self.phrases(self._shared_fillers, "ai.multilingual.fillers")
        return self._next(phrases)

    def phrase(self, fillers: object, path: str) -> str:
        """Return one phrase of a filler map in the language that is spoken, "" for none."""
        return self._next(self.phrases(fillers, path))

    def phrases(self, fillers: object, path: str) -> tuple[str, ...]:
        """Return the phrases of a filler map in the language that is spoken."""
        if fillers is None:
            return ()
        if isinstance(fillers, list):
            return self._reader.names(fillers, path)
        given = self._reader.mapping(fillers, path)
        for key in (*self.current.codes, self.code.partition("-")[0], *_SHARED):
            if key in given:
                return self._reader.names(given[key], f"{path}.{key}")
        return ()

    def pronounced(self, text: str) -> str:
        """Return a text as the voice reads it."""
        for pattern, instead in (*self._pronounce, *self.current.pronounce):
            text = pattern.sub(instead.replace("\\", r"\\"), text)
        return text

    def _next(self, phrases: tuple[str, ...]) -> str:
        if not phrases:
            return ""
        self._turn += 1
        return phrases[(self._turn - 1) % len(phrases)]

    def _listed(self, given: object) -> Iterator[Language]:
        reader = self._reader
        for path, entry in reader.objects(given, "ai.languages"):
            own = entry.get("function_fillers", entry.get("fillers"))
            yield Language(
                reader.text_of(entry, "name", path),
                reader.names_of(entry, "code", path) or (DEFAULT_CODE,),
                reader.text_of(entry, "voice", path),
                reader.names(own, f"{path}.function_fillers"),
                tuple(pronunciations(entry.get("pronounce"), reader, f"{path}.pronounce")),
            )

    def _multilingual(self, given: JSON) -> Iterator[Language]:
        reader = self._reader
        for path, entry in reader.objects(given.get("languages"), "ai.multilingual.languages"):
            code = reader.text_of(entry, "language", path, DEFAULT_CODE)
            voice = reader.text_of(entry, "voice", path)
            yield Language(code, (code,), voice)


def pronunciations(
    given: object, reader: Reader, path: str
) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the rules of a `pronounce` list: what is replaced, and what by."""
    for place, rule in reader.objects(given, path):
        word = reader.text_of(rule, "replace", place)
        ignore = reader.flag_of(rule, "ignore_case", place, default=True)
        if word:
            pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
            instead = reader.text_of(rule, "with", place)
            yield re.compile(pattern, re.IGNORECASE if ignore else 0), instead


def _named(language: Language, _: set[str], wanted: str) -> bool:
    return wanted in {language.name.casefold(), *(code.casefold() for code in language.codes)}


def _alike(language: Language, names: set[str], _: str) -> bool:
    return any(code.casefold().partition("-")[0] in names for code in language.codes)
