"""`@{expr …}`: sums of literal numbers, worked out exactly and in linear time."""

import operator
import re
from collections.abc import Callable
from fractions import Fraction

_WORD = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([-+*/()]))")
_LIMIT = 1_024
_WORK: dict[str, tuple[int, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": (1, operator.add),
    "-": (1, operator.sub),
    "*": (2, operator.mul),
    "/": (2, operator.truediv),
}
_SIGN = "±"
_SIGN_RANK = 3


def worked_out(text: str) -> str:
    """Return the value of an expression; one that is not whole has six decimals.

    Raises:
        ValueError: it is no expression, divides by zero, or is too long or too large.
    """
    if len(text) > _LIMIT:
        raise ValueError(f"an expression has at most {_LIMIT} characters")
    try:
        value = _Stack().value(_words(text))
        return str(value) if value.denominator == 1 else f"{float(value):.6f}"
    except (IndexError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{text!r} cannot be worked out") from error


def _words(text: str) -> list[str]:
    words, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        hit = _WORD.match(stripped, position)
        if hit is None:
            raise ValueError(f"{text!r} is no sum of numbers")
        words.append(hit[1] or hit[2])
        position = hit.end()
    return words


class _Stack:
    """Shunting-yard: values on one stack, what is to be done with them on another."""

    def __init__(self) -> None:
        self._values: list[Fraction] = []
        self._waiting: list[str] = []

    def value(self, words: list[str]) -> Fraction:
        """Work a list of words out."""
        before = "("
        for word in words:
            self._take(word, before)
            before = word
        while self._waiting:
            if self._waiting[-1] == "(":
                raise ValueError("a bracket is not closed")
            self._do()
        (result,) = self._values
        return result

    def _take(self, word: str, before: str) -> None:
        starts = before in "(+-*/"
        if word in _WORK and starts:
            if word == "-":
                self._waiting.append(_SIGN)
            elif word != "+":
                raise ValueError(f"{word!r} stands where a number should")
        elif word in _WORK:
            self._do_those_over(_WORK[word][0])
            self._waiting.append(word)
        elif word == ")":
            self._close()
        elif not starts:
            raise ValueError(f"{word!r} follows without a sign")
        elif word == "(":
            self._waiting.append(word)
        else:
            self._values.append(Fraction(word))

    def _close(self) -> None:
        while self._waiting[-1] != "(":
            self._do()
        self._waiting.pop()

    def _do_those_over(self, rank: int) -> None:
        while self._waiting and self._rank(self._waiting[-1]) >= rank:
            self._do()

    def _rank(self, waiting: str) -> int:
        if waiting == _SIGN:
            return _SIGN_RANK
        return _WORK[waiting][0] if waiting in _WORK else 0

    def _do(self) -> None:
        work, right = self._waiting.pop(), self._values.pop()
        if work == _SIGN:
            self._values.append(-right)
        else:
            self._values.append(_WORK[work][1](self._values.pop(), right))
