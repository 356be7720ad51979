"""The words that the tables are written in: what a value may be.

Kinds say what the platform's schema takes. What the platform takes beyond it, such as numbers that
are written as texts, is the business of `check`.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Kind(Struct, frozen=True):
    """What a value may be."""


class Anything(Kind, frozen=True):
    """Any JSON value."""


class Null(Kind, frozen=True):
    """Nothing."""


class Text(Kind, frozen=True):
    """A string: one of `words` where there are any, none of `never`, beginning as `starts` say."""

    words: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()


class Number(Kind, frozen=True):
    """A number within bounds, both included; with `var` also a reference to one."""

    whole: bool
    low: float | None = None
    high: float | None = None
    var: bool = True


class Flag(Kind, frozen=True):
    """A boolean; with `var` also a reference to one."""

    var: bool = True


class Items(Kind, frozen=True):
    """An array; `most` is None where there is no bound."""

    item: Kind
    least: int = 0
    most: int | None = None


class Table(Kind, frozen=True):
    """An object with free keys, some of which must be there."""

    value: Kind
    need: tuple[str, ...] = ()


class Fields(Kind, frozen=True):
    """An object with known keys.

    Attributes:
        known: the keys and their kinds.
        need: keys that must be there.
        one_of: keys of which exactly one must be there, each possibly several.
        some_of: keys of which at least one must be there.
        open: whether other keys are right too.
        together: keys of which only one may be there, or all of these; () for no such rule.
    """

    known: Mapping[str, Kind]
    need: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    open: bool = False
    together: tuple[str, ...] = ()


class Either(Kind, frozen=True):
    """One of several kinds."""

    kinds: tuple[Kind, ...]


class Verbs(Kind, frozen=True):
    """An array of verbs, of `only` these where that is not empty."""

    only: frozenset[str] = frozenset()


class Document(Kind, frozen=True):
    """A whole document inside another."""


class Later(Kind, frozen=True):
    """A kind that holds itself: the name of an entry in a table of kinds."""

    table: Mapping[str, Kind]
    name: str


ANY = Anything()
TEXT = Text()
WHOLE = Number(whole=True)
REAL = Number(whole=False)
FLAG = Flag()
TEXTS = Items(TEXT)
VERBS = Verbs()
OBJECT = Table(ANY)
TEXT_TABLE = Table(TEXT)


def whole(low: float | None = None, high: float | None = None) -> Number:
    """An integer within bounds, or a reference."""
    return Number(whole=True, low=low, high=high)


def real(low: float | None = None, high: float | None = None) -> Number:
    """A number within bounds, or a reference."""
    return Number(whole=False, low=low, high=high)


def words(*said: str) -> Text:
    """One of some words."""
    return Text(said)


def either(*kinds: Kind) -> Either:
    """One of several kinds."""
    return Either(kinds)


def fields(known: Mapping[str, Kind], *need: str, **more: Any) -> Fields:
    """An object with known keys, some of which must be there."""
    return Fields(known, need, **more)
