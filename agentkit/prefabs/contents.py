"""Checks of what an author fills a prefab with."""

from collections.abc import Mapping, Sequence
from typing import Any

from agentkit.errors import DefinitionError
from agentkit.escape import escape
from agentkit.place import caller
from agentkit.spec import plain

JSON = dict[str, Any]
LONGEST = 200
"""Longest text of a caller that an answer repeats, in characters."""


def entries(given: object, setting: str, keys: Sequence[str], least: int = 1) -> list[JSON]:
    """Return copies of dicts that each have some texts.

    Raises:
        DefinitionError: it is no list of at least `least`, or one lacks a text.
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) < least:
        raise DefinitionError(
            f"{setting} must be a list with at least {least} entries", line=caller()
        )
    for number, entry in enumerate(given, 1):
        for key in keys:
            found = entry.get(key) if isinstance(entry, Mapping) else None
            if not isinstance(found, str) or not found.strip():
                raise DefinitionError(
                    f"{setting}: entry {number} needs the text {key!r}", line=caller()
                )
    copied: list[JSON] = plain(list(given), setting)
    return copied


def heard(text: object) -> str:
    """Return what the model passed on from a caller, as an answer may repeat it."""
    return escape(text)[:LONGEST]
