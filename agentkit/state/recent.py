"""What was put last under some keys: bounded, for any thread."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping that forgets what was put first.

    Args:
        most: how many keys it keeps.
    """

    __slots__ = ("_entries", "_lock", "_most")

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._most = most

    def get(self, key: K) -> V | None:
        """Return the value under key, None if there is none."""
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value, as the last one that is forgotten."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget a key."""
        with self._lock:
            self._entries.pop(key, None)
