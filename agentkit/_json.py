"""The one place for JSON: what is read is checked first, what cannot be written raises."""

from contextlib import suppress
from functools import cache
from itertools import accumulate, count
from types import GenericAlias
from typing import Any, Generic, TypeVar

import msgspec

from agentkit.errors import EncodingError, RequestError

MAX_DEPTH = 64
"""Deepest nesting of a request body (a flat object has depth 1)."""

TOO_DEEP = f"the body nests deeper than {MAX_DEPTH} levels"
SMALL_BODY = 65_536
"""Longest body whose depth is always checked, in bytes. In a larger one the decoder's own guard
against deep nesting holds, and the depth is checked before user code reads the whole."""

SHORT_BODY = 4096
"""Longest body whose depth is always checked where the whole is going to be read: then the depth
of a longer one is seen while it is decoded, which takes half as long as counting brackets."""

T = TypeVar("T")


def _as_plain(value: object) -> object:
    """Return what a subclass of a plain type equals, such as the text of a `Template`."""
    kinds: tuple[type[Any], ...] = (str, int, float, dict, list)
    for kind in kinds:
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


_encode = msgspec.json.Encoder(enc_hook=_as_plain).encode
_decode = msgspec.json.Decoder().decode
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
_ONE_KIND = bytes.maketrans(b"[]{}", b"()()")
_STEPS = {ord("("): 1, ord(")"): -1}
_USUAL_DEPTH = 8  # nearly every text is flatter, which is seen faster than its depth


def encode(value: object) -> bytes:
    """Return value as compact JSON.

    Raises:
        EncodingError: the value holds something that JSON cannot carry, or nests too deep.
    """
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError, OverflowError, msgspec.MsgspecError) as error:
        raise EncodingError(f"JSON cannot carry this value: {error}") from error


def canonical(value: object) -> bytes:
    """Return value as JSON that is the same for equal values: keys in order.

    Raises:
        EncodingError: as of `encode`.
    """
    return msgspec.json.encode(to_builtins(value), order="deterministic")


def decode(data: bytes | str) -> Any:
    """Return the plain data in a JSON text.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return _decode(data)
    except RecursionError:
        raise ValueError("nested too deep") from None


def decode_checked(body: bytes) -> Any:
    """Return the plain data in a body of which a reader has checked the depth if it is short.

    Raises:
        RequestError: 400, it nests too deep.
        ValueError: the text is not JSON.
    """
    if SHORT_BODY < len(body) <= SMALL_BODY:
        with suppress(ValueError):  # of another shape, or wrong: the rest finds out which
            return _usual().decode(body)
    if len(body) > SHORT_BODY:
        check_depth(body)
    return decode(body)


@cache
def _usual() -> "msgspec.json.Decoder[Any]":
    """Return a decoder of what bodies usually are: not deep, and without lists right inside lists.

    The lists are left out since a type of both kinds on all levels doubles with each level.
    """
    plain: Any = None | bool | int | float | str
    item = value = plain
    for _ in range(_USUAL_DEPTH):
        inner = plain | GenericAlias(dict, (str, value))
        item, value = inner, inner | GenericAlias(list, (item,))
    return msgspec.json.Decoder(value)


def decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    """Return a reusable decoder into a Struct."""
    return msgspec.json.Decoder(kind)


def read(decode_into: "msgspec.json.Decoder[T]", body: bytes, checked: int = SMALL_BODY) -> T:
    """Decode a request body, whose depth is checked if it is not longer than `checked` bytes.

    Raises:
        RequestError: 400, saying what is wrong and at which byte or field.
    """
    if len(body) <= checked and too_deep(body):
        raise RequestError(400, TOO_DEEP)
    try:
        return decode_into.decode(body)
    except RecursionError as error:
        raise RequestError(400, TOO_DEEP) from error
    except msgspec.ValidationError as error:
        check_depth(body)
        raise RequestError(400, _misfit(str(error))) from error
    except ValueError as error:
        check_depth(body)
        raise RequestError(400, f"the body is not valid JSON: {error}") from error


def to_builtins(value: object) -> Any:
    """Return Structs, enums and dates inside value as plain JSON data."""
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_as_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise EncodingError(f"JSON cannot carry this value: {error}") from error


def _misfit(message: str) -> str:
    """Say what must be an object: below the top, Structs type nothing else."""
    _, below, path = message.partition(" - at `$.")
    if below and message.startswith("Expected"):
        return f"{path.removesuffix('`')} must be an object"
    return f"the body must be a JSON object: {message}"


def check_depth(body: bytes) -> None:
    """Refuse a body that nests too deep.

    Raises:
        RequestError: 400.
    """
    if too_deep(body):
        raise RequestError(400, TOO_DEEP)


def indented(value: object) -> str:
    """Return value as JSON for people to read."""
    return msgspec.json.format(encode(value), indent=2).decode()


def too_deep(data: bytes, limit: int = MAX_DEPTH) -> bool:
    """Say whether a JSON text nests deeper than limit, without decoding it."""
    objects = data.count(b"{")
    if objects <= limit and objects + data.count(b"[") <= limit:
        return False
    brackets = _brackets(data)
    return not _collapses(brackets, min(limit, _USUAL_DEPTH)) and _depth(brackets) > limit


def _brackets(data: bytes) -> bytes:
    """Return the brackets that are not in strings, all as parentheses, in linear time.

    Without escapes, strings are what stands between every other pair of quotes. A string that
    holds no bracket is `""` then, and taking two quotes away keeps the others in step.
    """
    unescaped = data.replace(rb"\\", b"").replace(rb"\"", b"")
    marks = unescaped.translate(_ONE_KIND, _OTHERS).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


def _collapses(brackets: bytes, passes: int) -> bool:
    """Each pass removes the innermost pairs, so a text of depth n is empty after n passes."""
    for _ in range(passes):
        brackets = brackets.replace(b"()", b"")
    return not brackets


def _depth(brackets: bytes) -> int:
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def refuse_repeated(body: bytes, quoted_keys: tuple[bytes, ...], what: str = "the body") -> None:
    """Refuse an object that has one of these keys (in quotes) more than once at its top level.

    Two readers of such a body could disagree about which call or function it names.

    Raises:
        RequestError: 400, naming the key.
    """
    found = _top_level_keys(body)
    for quoted in quoted_keys:
        if found.count(quoted) > 1:
            raise RequestError(400, f"{what} has {quoted.decode()} more than once")


class _Key:
    """A key that equals no other, so that a dict takes every member of an object."""


def _top_level_keys(body: bytes) -> list[bytes]:
    keys: list[bytes] = []

    def note(_: type, key: str) -> _Key:
        keys.append(b'"%s"' % key.encode())
        return _Key()

    try:
        msgspec.json.decode(body, type=dict[_Key, msgspec.Raw], dec_hook=note)
    except ValueError as error:
        raise RequestError(400, f"the body is not valid JSON: {error}") from error
    return keys


class Once:
    """The type of a field that an object may have only once: a wrapper around its value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


ABSENT = Once(None)
"""The default of a field that may stand only once."""


class OnceReader(Generic[T]):
    """Reads request bodies into a Struct and counts its `Once` fields, repeated ones too.

    Args:
        kind: the Struct.
        checked: the longest body whose depth is checked.
    """

    __slots__ = ("_checked", "_decoder")

    def __init__(self, kind: type[T], checked: int = SMALL_BODY) -> None:
        self._decoder = msgspec.json.Decoder(kind, dec_hook=_noted)
        self._checked = checked

    def read(self, body: bytes) -> tuple[T, int]:
        """Return the Struct, and how many fields of type `Once` the body has, or more.

        More only when other threads read at the same time; never fewer.

        Raises:
            RequestError: 400, saying what is wrong and at which byte or field.
        """
        before = next(_ticks)
        value = read(self._decoder, body, self._checked)
        return value, next(_ticks) - before - 1


_ticks = count()  # one for all threads: it costs a quarter of what one for each does


def _noted(_: type, value: object) -> Once:
    next(_ticks)
    return Once(value)
