"""The Python type that checks what an author's schema says; its values stay plain JSON.

Objects become TypedDicts, enumerations Literals, limits `msgspec.Meta`. What Python's types or
msgspec cannot say is not checked: a pattern in another dialect or in a union, a union of objects.
"""

import math
import re
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict, Union, cast

import msgspec
from msgspec import inspect as seen

Form = dict[str, Any]

_INT64 = 2**63


def type_of(form: Form) -> Any:
    """Return the type for a form that `agentkit.swaig.schema.normalise` made."""
    made = _bare(form)
    return _union([made, None]) if form.get("nullable") is True else made


def choices_of(form: Form) -> tuple[Any, ...]:
    """Return the enumerated values that no Literal can hold, for a check of their own."""
    values = (form["const"],) if "const" in form else tuple(form.get("enum", ()))
    if _is_literal(values):
        return ()
    return (*values, None) if form.get("nullable") is True else values


def _bare(form: Form) -> Any:
    if members := form.get("anyOf") or form.get("oneOf"):
        # Freeing a union of a text with a pattern and a list or dict crashes msgspec (0.22).
        return _union([type_of({**member, "pattern": None}) for member in members])
    values = form.get("enum", ())
    if values and _is_literal(values):
        return cast(Any, Literal)[tuple(values)]
    kind = form.get("type", "")
    make = _MAKERS.get(kind)
    return make(form) if make else {"boolean": bool, "null": None}.get(kind, Any)


def _text(form: Form) -> Any:
    meta = {"min_length": form.get("minLength"), "max_length": form.get("maxLength")}
    return _limited(str, **meta, pattern=_pattern(form.get("pattern")))


def _pattern(pattern: str | None) -> str | None:
    """Return a pattern that Python can read; the platform's may be of another dialect."""
    try:
        return pattern and re.compile(pattern).pattern
    except (re.error, OverflowError, RecursionError):
        return None


def _whole(form: Form) -> Any:
    step = form.get("multipleOf", 0)
    steps = form["type"] == "integer" and step > 0 and step == int(step)
    return _limited(int, **_whole_limits(form), multiple_of=int(step) if steps else None)


def _whole_limits(form: Form) -> dict[str, int]:
    """Say limits with whole numbers, all inclusive, that msgspec takes (64 bits)."""
    least, most = [], []
    if "minimum" in form:
        least.append(math.ceil(form["minimum"]))
    if "exclusiveMinimum" in form:
        least.append(math.floor(form["exclusiveMinimum"]) + 1)
    if "maximum" in form:
        most.append(math.floor(form["maximum"]))
    if "exclusiveMaximum" in form:
        most.append(math.ceil(form["exclusiveMaximum"]) - 1)
    low = {"ge": min(max(least), _INT64 - 1)} if least else {}
    return {**low, "le": max(min(most), -_INT64)} if most else low


def _number(form: Form) -> Any:
    """A number that is whole stays an int, so that a handler sees 5 where the model wrote 5."""
    low, high = form.get("minimum"), form.get("maximum")
    over, under = form.get("exclusiveMinimum"), form.get("exclusiveMaximum")
    if low is not None and over is not None:  # msgspec takes one of them
        low, over = (low, None) if low > over else (None, over)
    if high is not None and under is not None:
        high, under = (high, None) if high < under else (None, under)
    return _union([_whole(form), _limited(float, ge=low, gt=over, le=high, lt=under)])


def _array(form: Form) -> Any:
    items = cast(Any, list)[type_of(form["items"])]
    return _limited(items, min_length=form.get("minItems"), max_length=form.get("maxItems"))


def _object(form: Form) -> Any:
    fields = form.get("properties")
    if not fields:
        values = type_of(form.get("additionalProperties", {}))
        return cast(Any, dict)[str, values]
    required = set(form.get("required", ()))
    hints = {
        name: cast(Any, Required if name in required else NotRequired)[type_of(field)]
        for name, field in fields.items()
    }
    return cast(Any, TypedDict)("Object", hints)


_MAKERS = {
    "string": _text,
    "integer": _whole,
    "number": _number,
    "array": _array,
    "object": _object,
}


def _limited(kind: Any, **limits: Any) -> Any:
    given = {key: value for key, value in limits.items() if value is not None}
    return Annotated[kind, msgspec.Meta(**given)] if given else kind


def _union(types: list[Any]) -> Any:
    """Return a union, or Any where msgspec cannot tell the members apart."""
    union = cast(Any, Union)[tuple(types)]
    try:
        seen.type_info(union)
    except TypeError:
        return Any
    return union


def _is_literal(values: Any) -> bool:
    return all(isinstance(value, str) or _is_int64(value) for value in values)


def _is_int64(value: object) -> bool:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return is_int and -_INT64 <= cast(int, value) < _INT64
