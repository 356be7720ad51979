"""The values that call state can hold, and their form as bytes.

Plain data only: null, bool, signed 64-bit int, finite float, str without lone surrogates, list, and
dict with str keys. What is read back equals what was written; a value for which that cannot be is
refused before anything is written, with the path to it. Subclasses (an `OrderedDict`, a member of a
`StrEnum`) are stored as the plain value that they equal.

Stored bytes are a format byte, from the second version of a schema on its number, and JSON. A
record that keeps a journal (`agentkit.state.journal`) has it in front of all that. Nothing stored
names a type: reading cannot run code.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from agentkit import _json
from agentkit.errors import EncodingError, StateCorrupt, StateEncoding, StateError, StateTooLarge
from agentkit.late import pattern

MAX_DEPTH = 64
"""Deepest nesting of a value (a flat dict has depth 1)."""

MAX_KEYS = 4096
"""Most keys in all dicts of a value together."""

MAX_BYTES = 262_144
"""Longest JSON text of a value, unless the manager is told otherwise."""

PLAIN = 1
"""The first of stored bytes that are a value of the first schema and nothing else."""

_FORMAT = bytes([PLAIN])
_VERSIONED = b"\x02"  # then four bytes with the version of the schema
_VERSION_BYTES = 4
_BEGINS = {PLAIN: 1, _VERSIONED[0]: 1 + _VERSION_BYTES}  # where the JSON begins
_JOURNALLED = b"\x03"  # then four bytes with the length of the journal, the journal, the value
_LENGTH_BYTES = 4
_LEAST, _MOST = -(2**63), 2**63 - 1
_NO_ROOM = -1
_SHOWN = 40  # characters of a key in a message
_NAME = pattern(r"[A-Za-z_]\w*", re.ASCII)
_SURROGATE = pattern("[\ud800-\udfff]")


def plain(value: object, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return a copy of value made of plain data.

    Raises:
        StateEncoding: the value is no dict, or something in it is not plain data.
        StateTooLarge: it nests too deep or has too many keys or items.
    """
    if not isinstance(value, dict):
        raise StateEncoding(f"$ is a {type(value).__name__}: call state is a dict")
    try:
        return _Copier(max_bytes).copy_dict(value, MAX_DEPTH)
    except _Misfit as misfit:
        raise misfit.as_error() from None


def pack(value: dict[str, Any], max_bytes: int = MAX_BYTES, version: int = 1) -> bytes:
    """Return a value as bytes, marked with the version of its schema.

    Raises:
        StateEncoding: it is no dict, or something in it is not plain data.
        StateTooLarge: it is over a limit.
    """
    if type(value) is not dict or _room_in_dict(value, MAX_KEYS, MAX_DEPTH) < 0:
        value = plain(value, max_bytes)  # else encoding is all the copying there is
    try:
        text = _json.encode(value)
    except EncodingError:  # a lone surrogate: the copy says where
        text = _json.encode(plain(value, max_bytes))
    if len(text) > max_bytes:
        raise StateTooLarge(
            f"$ takes {len(text)} bytes as JSON, the limit is {max_bytes}; {_largest(value)}"
        )
    if version == 1:
        return _FORMAT + text
    return _VERSIONED + version.to_bytes(_VERSION_BYTES) + text


def version_of(packed: bytes) -> int:
    """Return the version of the schema that stored bytes were written with."""
    if not packed.startswith(_VERSIONED):
        return 1
    return int.from_bytes(packed[1 : 1 + _VERSION_BYTES])


def unpack(packed: bytes) -> dict[str, Any]:
    """Return the plain data in stored bytes.

    Raises:
        StateCorrupt: they are damaged, or of a format that this version does not know.
    """
    begin = _BEGINS.get(packed[0]) if packed else None
    if begin is None:
        raise StateCorrupt(f"the stored state has the unknown format {packed[:1].hex() or 'empty'}")
    try:
        value = _json.decode(packed[begin:])
    except ValueError as error:
        raise StateCorrupt(f"the stored state is damaged: {error}") from error
    if type(value) is not dict:
        raise StateCorrupt(f"the stored state is a {type(value).__name__}, not a dict")
    return value


def join(journal: bytes, packed: bytes) -> bytes:
    """Return a packed value with a journal in front of it, if there is any."""
    if not journal:
        return packed
    return _JOURNALLED + len(journal).to_bytes(_LENGTH_BYTES) + journal + packed


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return the journal and the packed value in stored bytes.

    Raises:
        StateCorrupt: they are damaged.
    """
    if not data.startswith(_JOURNALLED):
        return b"", data
    begin = 1 + _LENGTH_BYTES
    end = begin + int.from_bytes(data[1:begin])
    if len(data) <= end:
        raise StateCorrupt("the stored state is cut off in its journal")
    return data[begin:end], data[end:]


# How many more items a value may have after some part of it. Less than none if that part is not
# plain as it is, or might be over a limit: then copying it tells what it is.


def _room_in_dict(value: dict[Any, Any], room: int, levels: int) -> int:
    room -= len(value)
    if room < 0 or levels == 0:
        return _NO_ROOM
    for key, item in value.items():
        if type(key) is not str:
            return _NO_ROOM
        kind = type(item)
        if kind is not str and (kind is not int or not _LEAST <= item <= _MOST):
            room = _room_after(item, room, levels)
    return room


def _room_in_list(value: list[Any], room: int, levels: int) -> int:
    room -= len(value)
    if room < 0 or levels == 0:
        return _NO_ROOM
    for item in value:
        kind = type(item)
        if kind is not str and (kind is not int or not _LEAST <= item <= _MOST):
            room = _room_after(item, room, levels)
    return room


def _room_after(item: Any, room: int, levels: int) -> int:
    kind = type(item)
    if kind is dict:
        return _room_in_dict(item, room, levels - 1)
    if kind is list:
        return _room_in_list(item, room, levels - 1)
    if item is None or kind is bool or (kind is float and math.isfinite(item)):
        return room
    return _NO_ROOM


class _Misfit(Exception):
    """A part of a value cannot be stored; its path is gathered while the copy unwinds."""

    def __init__(self, kind: type[StateError], reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.parts: list[str] = []

    def as_error(self) -> StateError:
        return self.kind(f"${''.join(reversed(self.parts))} {self.reason}")


class _Copier(msgspec.Struct):
    """Copies one value, counting what it holds."""

    # Every item takes a byte at least. Without this bound a small list that holds another list
    # twice, and that one the next, would be copied for ever.
    items_left: int
    keys_left: int = MAX_KEYS

    def copy_dict(self, value: dict[Any, Any], levels: int) -> dict[str, Any]:
        self.keys_left -= len(value)
        self._enter(value, levels)
        copy = {}
        for key, item in value.items():
            take = _SCALARS.get(type(item))
            try:
                name = key if type(key) is str and key.isascii() else _key(key)
                copy[name] = self._copy(item, levels - 1) if take is None else take(item)
            except _Misfit as misfit:
                misfit.parts.append(_part(key))
                raise
        return copy

    def _copy_list(self, value: list[Any], levels: int) -> list[Any]:
        self._enter(value, levels)
        copy = []
        for index, item in enumerate(value):
            take = _SCALARS.get(type(item))
            try:
                copy.append(self._copy(item, levels - 1) if take is None else take(item))
            except _Misfit as misfit:
                misfit.parts.append(f"[{index}]")
                raise
        return copy

    def _copy(self, value: object, levels: int) -> Any:
        if isinstance(value, dict):
            return self.copy_dict(value, levels)
        if isinstance(value, list):
            return self._copy_list(value, levels)
        return _subclass(value)

    def _enter(self, value: dict[Any, Any] | list[Any], levels: int) -> None:
        self.items_left -= len(value)
        if levels == 0:
            raise _Misfit(StateTooLarge, f"nests deeper than {MAX_DEPTH} levels")
        if self.keys_left < 0:
            raise _Misfit(StateTooLarge, f"exceeds the limit of {MAX_KEYS} keys in all")
        if self.items_left < 0:
            raise _Misfit(StateTooLarge, "holds more items than the limit in bytes has room for")


def _as_is(value: Any) -> Any:
    return value


def _text(text: str) -> str:
    if not text.isascii() and _SURROGATE.search(text):
        raise _Misfit(StateEncoding, "has a lone surrogate, which no encoding can carry")
    return text


def _integer(number: int) -> int:
    if not _LEAST <= number <= _MOST:
        raise _Misfit(StateEncoding, "is an int beyond 64 bits")
    return number


def _number(number: float) -> float:
    if not math.isfinite(number):
        raise _Misfit(StateEncoding, f"is {number}, which JSON cannot carry")
    return number


_SCALARS: dict[type, Callable[[Any], Any]] = {
    type(None): _as_is,
    bool: _as_is,
    str: _text,
    int: _integer,
    float: _number,
}

_PLAIN: list[tuple[type, Callable[[Any], Any]]] = [
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
]


def _subclass(value: object) -> Any:
    for kind, as_plain in _PLAIN:
        if isinstance(value, kind):
            return _SCALARS[kind](as_plain(value))
    raise _Misfit(StateEncoding, f"is a {type(value).__name__}, which is not plain data")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise _Misfit(StateEncoding, f"has a key that is a {type(key).__name__}, not a str")
    return _text(str.__str__(key))


def _part(key: object) -> str:
    if isinstance(key, str) and len(key) <= _SHOWN and _NAME.fullmatch(key):
        return f".{key}"
    shown = ascii(key)
    return f"[{shown}]" if len(shown) <= _SHOWN else f"[{shown[:_SHOWN]}…]"


def _largest(value: dict[str, Any]) -> str:
    key = max(value, key=lambda key: len(_json.encode(value[key])))
    return f"the largest part is ${_part(key)} ({len(_json.encode(value[key]))} bytes)"
