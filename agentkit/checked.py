"""Checks of single settings: each returns a clean copy, or raises with the place it stands at."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from agentkit import _json
from agentkit.errors import EncodingError
from agentkit.late import pattern
from agentkit.place import Place

JSON = dict[str, Any]
Check = Callable[[Place, object], Any]

_EXPRESSION = pattern(r"[$%]\{.+\}")


def text(place: Place, given: object) -> str:
    """Return a text.

    Raises:
        DefinitionError: here and in every function of this module, it is not what it should be.
    """
    if not isinstance(given, str):
        raise place.wrong("a text", given)
    return given


def name(place: Place, given: object) -> str:
    """Return a text that is not empty."""
    if not isinstance(given, str) or not given.strip():
        raise place.wrong("a text that is not empty", given)
    return given


def flag(place: Place, given: object) -> bool:
    """Return True or False; what only counts as one is refused."""
    if not isinstance(given, bool):
        raise place.wrong("True or False", given)
    return given


def whole(place: Place, given: object, low: int, high: int) -> int:
    """Return a whole number within limits."""
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise place.wrong(f"a whole number from {low} to {high}", given)
    return given


def number(place: Place, given: object, low: float, high: float) -> float | str:
    """Return a number within limits, or a text with an expression of the platform."""
    if isinstance(given, str) and _EXPRESSION.search(given):
        return given
    if not isinstance(given, int | float) or isinstance(given, bool) or not low <= given <= high:
        raise place.wrong(f"a number from {low:g} to {high:g}", given)
    return given


def choice(place: Place, given: object, choices: Collection[str]) -> str:
    """Return one of some texts."""
    if not isinstance(given, str) or given not in choices:
        raise place.wrong(f"one of {', '.join(map(repr, choices))}", given)
    return given


def names(place: Place, given: object) -> list[str]:
    """Return a list of texts, none of them empty; a lone text would be taken letter by letter."""
    return each(name, place, given)


def items(place: Place, given: object) -> list[Any]:
    """Return a list of anything."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise place.wrong("a list", given)
    return list(given)


def mapping(place: Place, given: object) -> JSON:
    """Return a dict with texts as keys."""
    if not isinstance(given, Mapping):
        raise place.wrong("a dict", given)
    if odd := [key for key in given if not isinstance(key, str)]:
        raise place.error(f"has the key {odd[0]!r}, which is no text")
    return dict(given)


def each(check: Check, place: Place, given: object) -> list[Any]:
    """Return a list whose items all pass a check."""
    return [check(place.at(index), item) for index, item in enumerate(items(place, given))]


def texts(place: Place, given: object) -> dict[str, str]:
    """Return a dict of texts."""
    return {key: text(place.at(key), value) for key, value in mapping(place, given).items()}


def plain(place: Place, given: object) -> Any:
    """Return a copy of something as plain JSON data."""
    try:
        return _json.decode(_json.encode(given))
    except EncodingError as error:
        raise place.error(str(error)) from error


def fillers(place: Place, given: object) -> dict[str, list[str]]:
    """Return what is said meanwhile: lists of phrases by language code."""
    return {code: names(place.at(code), phrases) for code, phrases in mapping(place, given).items()}


def fields(
    place: Place, given: object, checks: Mapping[str, Check], *, closed: bool = False
) -> JSON:
    """Return a dict whose known keys are checked; unknown ones are kept as plain data.

    With `closed`, an unknown key is refused.
    """
    otherwise = _refused if closed else plain
    return {
        key: checks.get(key, otherwise)(place.at(key), value)
        for key, value in mapping(place, given).items()
    }


def required(place: Place, given: JSON, keys: Iterable[str]) -> JSON:
    """Return a dict that has all of some keys."""
    for key in keys:
        if key not in given:
            raise place.error(f"needs {key!r}")
    return given


def _refused(place: Place, given: object) -> Any:
    raise place.error("there is no such key here")
