"""Words and numbers in what a caller says, in English."""

import re
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER = re.compile(r"(?<![\w-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w-])")
_ENDINGS = ("ies", "ing", "ed", "es", "s", "e")
_SHORTEST_STEM = 3
_LONGEST_NUMBER, _TOO_LARGE = 18, 10**15  # what is longer is no number of anything

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())}
_LARGE = {word: 10 * tens for tens, word in enumerate(_TENS.split(), 2)}
_TIMES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000}
_SPELLED = {**_SMALL, **_LARGE}

_LITTLE = """a about am an and any are as at be been but by can could did do does for from get give
    had has have hello help her hey hi him his how i i'd i'll i'm if in into is it it's its just let
    like make may me might my need no not of off ok okay on one or our out please set she should
    so some tell than thank thanks that that's the their them then there they this to up us use
    very want was we were what what's when where which who will with would yes you your"""
STOP_WORDS = frozenset(_LITTLE.split())
"""Words that say nothing about which function is meant."""


class Span(NamedTuple):
    """A number in a text: where it stands, `text[start:end]`, and its value."""

    start: int
    end: int
    value: float


def words(text: str) -> list[str]:
    """Return the words of a text in lower case: `order_status` and `orderStatus` are two."""
    return [match.casefold() for match in _WORD.findall(_CAMEL.sub(" ", text))]


def stem(word: str) -> str:
    """Return a word without its ending, so that `booked`, `booking` and `books` are one."""
    for ending in _ENDINGS:
        short = word.removesuffix(ending)
        if short != word and len(short) >= _SHORTEST_STEM:
            return f"{short}y" if ending == "ies" else short
    return word


def telling(text: str) -> list[str]:
    """Return the stems of those words of a text that say what it is about."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def numbers(text: str) -> list[Span]:
    """Return the numbers in a text, in digits or in words, in their order."""
    digits = [
        Span(found.start(), found.end(), _value(found.group()))
        for found in _NUMBER.finditer(text)
        if found.end() - found.start() <= _LONGEST_NUMBER
    ]
    spelled = [span for span in _spelled(text) if span.value < _TOO_LARGE]
    return sorted([*digits, *spelled])


def _value(digits: str) -> float:
    plain = digits.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def _spelled(text: str) -> list[Span]:
    """Return the numbers in words; words that follow each other are one: `twenty five`."""
    found: list[Span] = []
    run: list[tuple[int, int, str]] = []
    for match in re.finditer(r"[^\W\d_]+|[^\s-]", text):
        word = match.group().casefold()
        if _goes_on(run, word):
            run.append((match.start(), match.end(), word))
            continue
        found += _closed(run)
        run = [(match.start(), match.end(), word)] if word in _SPELLED or word in _TIMES else []
    return [*found, *_closed(run)]


def _goes_on(run: list[tuple[int, int, str]], word: str) -> bool:
    if not run:
        return False
    last = run[-1][2]
    unit_after_tens = last in _LARGE and 0 < _SMALL.get(word, 0) < len(_SMALL) // 2
    return word in _TIMES or (last in _TIMES and word in _SPELLED) or unit_after_tens


def _closed(run: list[tuple[int, int, str]]) -> list[Span]:
    if not run:
        return []
    total, part = 0, 0
    for _, _, word in run:
        if word in _TIMES:
            part = max(part, 1) * _TIMES[word]
            total, part = (total + part, 0) if _TIMES[word] >= _TIMES["thousand"] else (total, part)
        else:
            part += _SPELLED[word]
    return [Span(run[0][0], run[-1][1], total + part)]
