"""What an examination found, in words."""

from enum import Enum
from typing import NamedTuple


class Level(Enum):
    """How much a finding matters; a problem will cost calls."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "PROBLEM"


class Finding(NamedTuple):
    """One thing that was looked at."""

    level: Level
    what: str
    text: str


def ok(what: str, text: str) -> Finding:
    """Return what is as it should be."""
    return Finding(Level.OK, what, text)


def note(what: str, text: str) -> Finding:
    """Return what is worth knowing."""
    return Finding(Level.NOTE, what, text)


def warning(what: str, text: str) -> Finding:
    """Return what may cost calls."""
    return Finding(Level.WARNING, what, text)


def problem(what: str, text: str) -> Finding:
    """Return what will cost calls."""
    return Finding(Level.PROBLEM, what, text)
