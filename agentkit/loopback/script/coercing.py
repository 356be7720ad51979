"""Values as the platform takes them: numbers and booleans may be written as texts (facts 1.2)."""

from collections.abc import Mapping
from typing import Any

from agentkit.loopback.tables.kinds import Fields, Flag, Kind, Number
from agentkit.loopback.tables.verbs import VERBS

_TYPED: dict[str, dict[str, Number | Flag]] = {
    verb: {key: kind for key, kind in table.known.items() if isinstance(kind, Number | Flag)}
    for verb, table in VERBS.items()
    if isinstance(table, Fields)
}
_TRUE = frozenset(("true", "1", "yes", "on"))
_FALSE = frozenset(("", "false", "0", "no", "off"))


def boolean(value: Any, default: bool = False) -> bool:
    """Return a value as a boolean, the default when there is none."""
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return default if value is None else bool(value)


def number(value: Any, default: float = 0.0) -> float:
    """Return a value as a finite number, the default when it is none."""
    try:
        found = float(value) if isinstance(value, str | int | float) else default
    except (ValueError, OverflowError):
        return default
    return found if abs(found) < float("inf") else default


def integer(value: Any, default: int = 0) -> int:
    """Return a value as an integer, the default when it is no number."""
    return int(number(value, default))


def coerced(verb: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a body whose numbers and booleans are such, and the fields that cannot be.

    Args:
        verb: whose fields they are.
        body: it, without references.
    """
    fields, strange = dict(body), []
    for key, kind in _TYPED.get(verb, {}).items():
        value = body.get(key)
        if isinstance(value, str):
            fields[key] = _coerced(kind, value)
            if fields[key] is None:
                strange.append(key)
    return fields, strange


def _coerced(kind: Kind, text: str) -> float | bool | None:
    said = text.strip().lower()
    if isinstance(kind, Flag):
        return said in _TRUE if said and said in _TRUE | _FALSE else None
    try:
        found = float(said)
    except ValueError:
        return None
    is_whole = found.is_integer() and abs(found) < 2**53
    return int(found) if is_whole else found if abs(found) < float("inf") else None
