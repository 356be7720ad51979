"""Read inbound data field by field: what is missing or of another type reads as nothing.

The platform adds and drops fields from build to build, so what it sends is never refused for one.
A `View` is an object over such data; its fields are read when they are first looked at.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Generic, Self, TypeVar, overload

JSON = dict[str, Any]
T = TypeVar("T")
V = TypeVar("V", bound="View")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text_in(data: JSON, field: str) -> str | None:
    """Return a field that is text and not empty."""
    value = data.get(field)
    return value if isinstance(value, str) and value else None


def number_in(data: JSON, field: str) -> float | None:
    """Return a field that is a finite number."""
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def whole_in(data: JSON, field: str) -> int | None:
    """Return a field that is a whole number."""
    value = data.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag_in(data: JSON, field: str) -> bool | None:
    """Return a field that is true or false."""
    value = data.get(field)
    return value if isinstance(value, bool) else None


def dict_in(data: JSON, field: str) -> JSON:
    """Return a field that is an object, else an empty one."""
    value = data.get(field)
    return value if isinstance(value, dict) else {}


def dicts_in(data: JSON, field: str) -> list[JSON]:
    """Return the objects in a field that is a list."""
    return objects(data.get(field))


def objects(value: object) -> list[JSON]:
    """Return the objects in a value, if it is a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment_in(data: JSON, field: str, *, units_a_second: int = 1_000_000) -> datetime | None:
    """Return a time, in microseconds since 1970 unless said otherwise; 0 means that there is none.

    Args:
        data: the object that has the field.
        field: its name.
        units_a_second: of the number.
    """
    number = number_in(data, field)
    if not number or number < 0:
        return None
    try:
        return _EPOCH + timedelta(seconds=number / units_a_second)
    except OverflowError:
        return None


class View:
    """An object over inbound data.

    Attributes:
        raw: the data itself, with all that the view does not name.
    """

    def __init__(self, raw: JSON) -> None:
        self.raw = raw


class Field(Generic[T]):
    """An attribute of a `View`, read when it is first looked at and kept."""

    def __init__(self, read: Callable[[JSON, str], T], key: str = "") -> None:
        self._read = read
        self._key = key
        self._name = key

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._key = self._key or name

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: View, owner: type) -> T: ...
    def __get__(self, view: View | None, owner: type) -> T | Self:
        if view is None:
            return self
        value = self._read(view.raw, self._key)
        view.__dict__[self._name] = value  # which is found before this descriptor from now on
        return value


def views(kind: type[V]) -> Callable[[JSON, str], list[V]]:
    """Return a reader of a list of objects, each as a view."""
    return partial(_views, kind)


def _views(kind: type[V], data: JSON, field: str) -> list[V]:
    return [kind(each) for each in dicts_in(data, field)]
