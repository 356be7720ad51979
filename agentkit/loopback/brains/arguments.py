"""Arguments found in what a caller says, by the types that a function's schema has.

The rules, in their order; what one rule has taken no later one takes again:

1. `enum`: the value of which most words were said; a list of enums takes each value said.
2. Strings that are days or times (by `format`, or by a word of the parameter's name such as day,
   date, time, when): the words as they were said, "next Friday", "2027-03-02", "7 pm".
3. Numbers: one that stands beside a word of the parameter's name, else the first one left.
   Digits or words: "two", "twenty five", "a dozen".
4. Booleans: True when a word of the name was said, False when "no", "not" or "without" stands
   before it; one that is required is True for "yes" and False for "no".
5. Names (a word of the parameter's name is `name`): what follows "name is", "this is", "I am",
   "for", with capital letters.
6. Other strings: what stands in quotes, else a word with digits in it such as A-17, else words
   with capital letters. When it is all that is missing, a string takes everything that was said:
   one that was asked for, or one that is neither day, time nor name and stands alone.
7. Objects are filled by the same rules, property by property.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from agentkit.loopback.brains.words import numbers, stem, words

Schema = dict[str, Any]

_DAY = re.compile(
    r"""\b(?:
    \d{4}-\d\d-\d\d
    | (?:(?:this|next|on|coming)\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day
    | (?:the\s+day\s+after\s+)?tomorrow | today | tonight
    | (?:jan|febr)uary\s+\d{1,2} | (?:march|april|may|june|july|august)\s+\d{1,2}
    | (?:septem|octo|novem|decem)ber\s+\d{1,2}
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{1,2}:\d\d(?:\s*[ap]\.?m\b)?|\d{1,2}\s*[ap]\.?m\b|noon\b|midnight\b|\d{1,2}\s+o'clock\b)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:name\s+is|name's|this\s+is|i\s+am|i'm|call\s+me|for)\s+"
    r"((?-i:[A-Z][\w'\u2019-]*(?:\s+[A-Z][\w'\u2019-]*)*))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]")
_CODE = re.compile(r"\b(?=[\w-]{0,40}\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b")
_CAPITALS = re.compile(r"(?<=[\w,;:] )([A-Z][\w'\u2019-]+(?:\s+[A-Z][\w'\u2019-]+)*)")
_DAYS, _TIMES = {"day", "dat", "when"}, {"tim", "hour"}  # stems
_SPECIAL = {*_DAYS, *_TIMES, "nam"}
_NEGATIONS = {"no", "not", "without", "don't"}
_NO = {"no", "not", "nope"}
YES = frozenset({"yes", "yeah", "sure", "right", "correct", "okay", "ok"})
"""Words with which a caller agrees."""

_DEEPEST = 4


def fill(parameters: Schema, text: str, *, asked: bool = False) -> dict[str, Any]:
    """Return the arguments that a text has for a function, required ones first.

    Args:
        parameters: the JSON schema of an object.
        text: what the caller said.
        asked: whether it answers the question for what is required.
    """
    return _Reader(text, asked).object(parameters, 0)


def missing(parameters: Schema, arguments: dict[str, Any]) -> list[str]:
    """Return the names of required parameters without an argument, in their order."""
    return [name for name in parameters.get("required", []) if name not in arguments]


class _Reader:
    """Takes pieces out of one text, each at most once."""

    def __init__(self, text: str, asked: bool) -> None:
        self._text = text
        self._asked = asked
        self._words = words(text)
        self._taken: list[tuple[int, int]] = []

    def object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = [name for name in schema.get("required", []) if name in properties]
        order = [*required, *(name for name in properties if name not in required)]
        found: dict[str, Any] = {}
        for rule in _RULES:
            for name in order:
                if name not in found:
                    value = rule(self, name, _plain(properties[name]), name in required)
                    found |= {} if value is None else {name: value}
        self._nested(properties, found, depth)
        self._whole([name for name in required if name not in found], properties, found)
        return {name: found[name] for name in properties if name in found}

    def _nested(self, properties: Schema, found: dict[str, Any], depth: int) -> None:
        for name, schema in properties.items():
            if _plain(schema).get("type") == "object" and depth < _DEEPEST:
                inner = self.object(_plain(schema), depth + 1)
                found |= {name: inner} if inner else {}

    def _whole(self, left: list[str], properties: Schema, found: dict[str, Any]) -> None:
        whole = self._text.strip()
        if len(left) != 1 or not whole or not _is_text(_plain(properties[left[0]])):
            return
        if self._asked or (not found and not {stem(word) for word in words(left[0])} & _SPECIAL):
            found[left[0]] = whole

    def choice(self, name: str, schema: Schema, required: bool) -> Any:
        if "enum" in schema:
            return next(iter(self._said_of(schema["enum"])), None)
        items = _plain(schema.get("items", {}))
        if schema.get("type") == "array" and "enum" in items:
            return self._said_of(items["enum"]) or None
        return None

    def _said_of(self, values: Iterable[Any]) -> list[Any]:
        """Return the values of which a word was said, those with most words first."""
        said = {stem(word) for word in self._words}
        scores = [(sum(stem(word) in said for word in words(str(each))), each) for each in values]
        return [each for score, each in sorted(scores, key=lambda pair: -pair[0]) if score]

    def moment(self, name: str, schema: Schema, required: bool) -> str | None:
        if not _is_text(schema):
            return None
        stems, form = {stem(word) for word in words(name)}, schema.get("format", "")
        if form.startswith("date") or stems & _DAYS:
            return self._take(_DAY)
        return self._take(_TIME) if form == "time" or stems & _TIMES else None

    def number(self, name: str, schema: Schema, required: bool) -> float | None:
        if schema.get("type") not in {"integer", "number"}:
            return None
        free = [span for span in numbers(self._text) if not self._is_taken(span.start, span.end)]
        beside = [span for span in free if self._beside(name, span.start, span.end)]
        for start, end, value in [*beside, *free]:
            if schema["type"] == "number" or float(value).is_integer():
                self._taken.append((start, end))
                return value if schema["type"] == "number" else int(value)
        return None

    def flag(self, name: str, schema: Schema, required: bool) -> bool | None:
        if schema.get("type") != "boolean":
            return None
        stems = {stem(word) for word in words(name)}
        for place, word in enumerate(self._words):
            if stem(word) in stems:
                return not _NEGATIONS & {*self._words[max(place - 2, 0) : place]}
        if required and {*self._words} & (YES | _NO):
            return not {*self._words} & _NO
        return None

    def person(self, name: str, schema: Schema, required: bool) -> str | None:
        if _is_text(schema) and "name" in words(name):
            return self._take(_NAME) or (self._take(_CAPITALS) if required else None)
        return None

    def word(self, name: str, schema: Schema, required: bool) -> str | None:
        if not _is_text(schema) or not required:
            return None
        return self._take(_QUOTED) or self._take(_CODE) or self._take(_CAPITALS)

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        for found in self._free(pattern):
            self._taken.append(found.span())
            return found.group(pattern.groups)
        return None

    def _free(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        every = pattern.finditer(self._text)
        return (found for found in every if not self._is_taken(*found.span(pattern.groups)))

    def _is_taken(self, start: int, end: int) -> bool:
        return any(start < taken_end and taken < end for taken, taken_end in self._taken)

    def _beside(self, name: str, start: int, end: int) -> bool:
        around = {*words(self._text[:start])[-1:], *words(self._text[end:])[:1]}
        return bool({stem(word) for word in around} & {stem(word) for word in words(name)})


Rule = Callable[[_Reader, str, Schema, bool], Any]

_RULES: tuple[Rule, ...] = (
    _Reader.choice,
    _Reader.moment,
    _Reader.number,
    _Reader.flag,
    _Reader.person,
    _Reader.word,
)


def _plain(schema: Any) -> Schema:
    """Return the schema of a value, without the choice to leave it out."""
    if not isinstance(schema, dict):
        return {}
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return {**schema, "type": next((kind for kind in kinds if kind != "null"), "null")}
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:
            return next((_plain(each) for each in choices if each.get("type") != "null"), {})
    return schema


def _is_text(schema: Schema) -> bool:
    return schema.get("type", "string") == "string" and "enum" not in schema
