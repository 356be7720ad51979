"""A schema in words, for a model to read.

The platform's dialect has no keys for limits (facts of the wire, 1.4), so they are said at the end
of a description; and what an argument should have been is said in a repair sentence. Both read
the forms that `agentkit.swaig.schema.normalise` makes.
"""

from collections.abc import Iterable
from typing import Any

from agentkit import _json

Form = dict[str, Any]

MAX_CHOICES = 30
"""Most values of an enumeration that `expected` names."""

MAX_FIELDS = 12
"""Most fields of an object that `expected` names."""

_LONG = 1e15  # above it, a float in digits is noise
_FORMATS = {
    "date": "a date such as 2026-05-01",
    "date_time": "a date and time such as 2026-05-01T18:30:00",
    "decimal": "a decimal number such as 12.50",
    "duration": "a duration such as PT1H30M",
    "email": "an email address",
    "hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "time": "a time such as 18:30:00",
    "uri": "a URI",
    "uuid": "a UUID",
}
_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
}
_COUNTS = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "key"),
)
_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
    ("multipleOf", "a multiple of"),
)


def limits(form: Form) -> str:
    """Return the limits of a value: `from 1 to 8`, `at most 20 characters`."""
    counts = [_count(form, *keys) for keys in _COUNTS]
    return " and ".join(text for text in (*_bounds(form), *counts) if text)


def notes(form: Form) -> str:
    """Return all that the dialect has no keys for, to end a description with."""
    always = form["enum"][0] if form.get("type") == "boolean" and "enum" in form else None
    said = (
        "" if always is None else f"always {shown(always)}",
        _FORMATS["decimal"] if form.get("format") == "decimal" else "",
        "base64" if form.get("contentEncoding") else "",
        limits(form),
        "no item twice" if form.get("uniqueItems") else "",
        _in_order(form),
        _each_value(form),
    )
    return ", ".join(text for text in said if text)


def expected(form: Form, depth: int = 2) -> str:
    """Return what a value must be: `a whole number from 1 to 8`, `one of small, medium, large`."""
    words = _kind(form, depth)
    return f"{words} or null" if form.get("nullable") is True else words


def shown(value: object) -> str:
    """Return a value as a schema's author wrote it."""
    return value if isinstance(value, str) else _json.encode(value).decode()


def _kind(form: Form, depth: int) -> str:
    for union, joint in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if union in form:
            return joint.join(dict.fromkeys(expected(member, depth) for member in form[union]))
    if "const" in form:
        return shown(form["const"])
    if "enum" in form:
        return _one_of(form["enum"])
    return _plain(form, depth)


def _plain(form: Form, depth: int) -> str:
    kind = form.get("type")
    limit = limits(form)
    if kind == "string":
        return _string(form, limit)
    if kind == "array":
        return _array(form, limit, depth)
    if kind == "object":
        return _object(form, limit, depth)
    words = _KINDS.get(kind or "", "any value")
    if limit:
        return f"{words} {limit}" if limit.startswith("from ") else f"{words} that is {limit}"
    return words


def _string(form: Form, limit: str) -> str:
    kind = "base64 text" if form.get("contentEncoding") else "text"
    kind = _FORMATS.get(form.get("format", ""), kind)
    matches = f" that matches {form['pattern']}" if "pattern" in form else ""
    return f"{_of(kind, limit)}{matches}"


def _array(form: Form, limit: str, depth: int) -> str:
    words = _of("a list", limit)
    if "prefixItems" in form:
        kinds = [expected(item, depth - 1) for item in form["prefixItems"]]
        return f"{words}: {', '.join(kinds)}"
    item = expected(form["items"], depth - 1)
    return words if item == "any value" else f"{words} in which each is {item}"


def _object(form: Form, limit: str, depth: int) -> str:
    words = _of("an object", limit)
    fields = form.get("properties", {}) if depth > 0 else {}
    named = [f"{name} ({expected(field, depth - 1)})" for name, field in fields.items()]
    return f"{words} with {_cut(named, MAX_FIELDS)}" if named else words


def _one_of(values: Iterable[object]) -> str:
    choices = [shown(value) for value in values]
    return choices[0] if len(choices) == 1 else f"one of {_cut(choices, MAX_CHOICES)}"


def _in_order(form: Form) -> str:
    kinds = [expected(item, 0) for item in form.get("prefixItems", ())]
    return f"in this order: {', '.join(kinds)}" if len(set(kinds)) > 1 else ""


def _each_value(form: Form) -> str:
    value = expected(form.get("additionalProperties", {}), 1)
    return "" if value == "any value" else f"each value {value}"


def _bounds(form: Form) -> list[str]:
    bounds = {key: _number(form[key]) for key, _ in _BOUNDS if key in form}
    said = []
    if "minimum" in bounds and "maximum" in bounds:
        said = [f"from {bounds.pop('minimum')} to {bounds.pop('maximum')}"]
    return said + [f"{words} {bounds[key]}" for key, words in _BOUNDS if key in bounds]


def _count(form: Form, least: str, most: str, unit: str) -> str:
    low, high = form.get(least, 0), form.get(most)
    units = unit if high == 1 or (high is None and low == 1) else f"{unit}s"
    if low == high:
        return f"exactly {low} {units}"
    if high is None:
        return f"at least {low} {units}" if low else ""
    return f"{low} to {high} {units}" if low else f"at most {high} {units}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < _LONG else str(value)


def _of(kind: str, limit: str) -> str:
    return f"{kind} of {limit}" if limit else kind


def _cut(words: list[str], most: int) -> str:
    return ", ".join(words[:most]) + (" …" if len(words) > most else "")
