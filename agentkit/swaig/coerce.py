"""What a model most likely meant by a value that does not fit.

Models write numbers as text, text as numbers, lists as JSON in a string, and enumerated values in
another case. A coercion makes one guess, and only where it cannot change the meaning; whether the
outcome fits is for the type to say.
"""

from collections.abc import Callable
from typing import Any

from agentkit import _json
from agentkit.late import pattern
from agentkit.swaig import words

Form = dict[str, Any]

_BLANK = {"", "null", "none"}
_TRUTH = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0"), False),
}
_WHOLE = pattern(r"([+-]?\d+)\.0*+")
_MINUTES = pattern(r"(\d{4}-\d\d-\d\d)?[T ]?(\d{1,2}:\d\d)")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}
_SCALARS = {"string", "integer", "number", "boolean"}
_LIMIT = 1 << 63


def coerced(value: Any, form: Form) -> Any:
    """Return value as the form may mean it, or value itself when there is nothing to guess.

    The form is one that `agentkit.swaig.schema.normalise` made.
    """
    if "enum" in form and (found := _choice(value, form["enum"])) is not None:
        return found
    if form.get("nullable") is True and is_blank(value):
        return None
    if members := form.get("anyOf") or form.get("oneOf"):
        return _member(value, members)
    coercion = _COERCIONS.get(form.get("type", ""))
    return coercion(value, form) if coercion else value


def _member(value: Any, members: list[Form]) -> Any:
    """Leave a value that is of a member's kind to that member; else take the first guess."""
    same = [member for member in members if _is_kind(value, member)]
    if same:
        return coerced(value, same[0]) if len(same) == 1 else value
    guesses = [coerced(value, member) for member in members]
    return next((guess for guess in guesses if guess is not value), value)


def _is_kind(value: object, form: Form) -> bool:
    kind = form.get("type")
    if isinstance(value, bool) or kind == "boolean":
        return isinstance(value, bool) and kind in {"boolean", None}
    return isinstance(value, _KINDS.get(kind or "", object))


def is_blank(value: object) -> bool:
    """Say whether a value is null, or a text that models write for it."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _BLANK)


def _choice(value: object, choices: list[Any]) -> Any:
    """Return the one choice that reads the same but for case."""
    text = _folded(value)
    found = [choice for choice in choices if _folded(choice) == text] if text else []
    return found[0] if len(found) == 1 else None


def _folded(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _as_text(value)
    return text.strip().casefold() if isinstance(text, str) else ""


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and -_LIMIT < value < _LIMIT
    return words.shown(value) if is_number else value


def _string(value: Any, form: Form) -> Any:
    text = _as_text(value)
    if form.get("format") in {"time", "date_time"} and isinstance(text, str):
        return _with_seconds(text.strip())
    return text


def _with_seconds(text: str) -> str:
    """Complete `9:30` to `09:30:00`, which is the shortest time that RFC 3339 knows."""
    match = _MINUTES.fullmatch(text)
    if match is None:
        return text
    date, minutes = match.groups()
    return f"{date}T{minutes:0>5}:00" if date else f"{minutes:0>5}:00"


def _number(value: Any, form: Form) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    whole = _WHOLE.fullmatch(text) if form["type"] == "integer" else None
    return whole[1] if whole else text


def _boolean(value: Any, _form: Form) -> Any:
    return _TRUTH.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _array(value: Any, form: Form) -> Any:
    value = _parsed(value, "[")
    if isinstance(value, list):
        first = form.get("prefixItems", ())
        kinds = [*first, *[form["items"]] * (len(value) - len(first))]
        return [coerced(item, kind) for item, kind in zip(value, kinds, strict=False)]
    is_scalar = isinstance(value, str | int | float) and not is_blank(value)
    if is_scalar and form["items"].get("type") in _SCALARS:
        return [coerced(value, form["items"])]
    return value


def _object(value: Any, form: Form) -> Any:
    value = _parsed(value, "{")
    if not isinstance(value, dict):
        return value
    fields = form.get("properties", {})
    others = form.get("additionalProperties", {})
    made = {name: coerced(item, fields.get(name, others)) for name, item in value.items()}
    required = form.get("required", ())
    for name, field in fields.items():
        if made.get(name, ...) is None and name not in required and not _takes_null(field):
            del made[name]  # null for a field that may be absent says that it is
    return made


def _takes_null(form: Form) -> bool:
    return bool(form.get("nullable")) or form.get("type", "null") == "null"


def _parsed(value: Any, opener: str) -> Any:
    """Read a list or an object that was sent as JSON in a text."""
    if not isinstance(value, str) or not value.lstrip().startswith(opener):
        return value
    try:
        data = value.encode()
        return value if _json.too_deep(data) else _json.decode(data)
    except ValueError:
        return value


_COERCIONS: dict[str, Callable[[Any, Form], Any]] = {
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
