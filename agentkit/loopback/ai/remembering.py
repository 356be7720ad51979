"""Parts of documents that are the same in every call are read once.

A suite plays thousands of calls with one agent: its contexts and its prompt stay, only URLs and
data change. What was read is frozen, so sessions can share it; warnings are told in each of them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from agentkit import _json
from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.trace import Concern

T = TypeVar("T")
Note = tuple[Concern, str]
Read = Callable[[Any, str, Reader, str], T]
"""Reads a value; it is given the value, the form of texts, a reader, and the value's path."""

_KEPT = 64


def remembered(read: Read[T], given: object, form: str, reader: Reader, path: str) -> T:
    """Return what `read` makes of a value, from memory if it was read before.

    Raises:
        EncodingError: the value is not JSON.
    """
    found, noted = _read(read, _json.encode(given), form, path)
    for concern, text in noted:
        reader.warn(concern, text)
    return found  # type: ignore[no-any-return]  # the cache does not know it


@lru_cache(_KEPT)
def _read(read: Read[Any], text: bytes, form: str, path: str) -> tuple[Any, tuple[Note, ...]]:
    noted: list[Note] = []
    reader = Reader(lambda concern, text: noted.append((concern, text)))
    found = read(_json.decode(text), form, reader, path)
    return found, tuple(noted)
