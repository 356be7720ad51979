"""Who of this process changes a record now: those who want to take turns.

Theory. When many read, decide and swap at the same time, all but one do it in vain. Processes
cannot tell each other, but the tasks of one can stand in a line: that costs next to nothing and
spares most of the vain attempts. A turn is a courtesy and no lock, as only the swap decides. So
whoever has stood for long goes on without one, and nobody is stuck behind a call that hangs.

The tasks of an event loop stand in one line, plain code of all threads in another.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

import anyio

LONGEST_SECONDS = 2.0
"""How long one stands in a line at most."""


class _Bell(Protocol):
    def set(self) -> object: ...


B = TypeVar("B", bound=_Bell)


class Lines:
    """The lines before the records of one store; there is one while somebody has a turn."""

    __slots__ = ("_lock", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[_Bell]] = {}
        self._lock = threading.Lock()

    def join(self, name: Hashable, make_bell: Callable[[], B]) -> B | None:
        """Return None if it is one's turn at once, else the bell that will tell."""
        with self._lock:
            waiting = self._waiting.get(name)
            if waiting is None:
                self._waiting[name] = deque()
                return None
            bell = make_bell()
            waiting.append(bell)
            return bell

    def give_up(self, name: Hashable, bell: _Bell) -> None:
        """Stop waiting; a turn that has just come is passed on."""
        with self._lock:
            waiting = self._waiting[name]
            if bell in waiting:
                waiting.remove(bell)
                return
        self.go_on(name)

    def go_on(self, name: Hashable) -> None:
        """End one's turn: it is the next one's."""
        with self._lock:
            waiting = self._waiting[name]
            if waiting:
                waiting.popleft().set()
            else:
                del self._waiting[name]


class Place:
    """The place of one operation, in one line at a time."""

    __slots__ = ("_lines", "_name")

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._name: Hashable = None

    async def take(self, key: str) -> None:
        """Return when it is the operation's turn, or when that takes too long."""
        self.leave()
        name = (threading.get_ident(), key)  # a thread runs one event loop
        bell = self._lines.join(name, anyio.Event)
        if bell is None:
            self._name = name
            return
        try:
            with anyio.move_on_after(LONGEST_SECONDS):
                await bell.wait()
                self._name = name
        finally:
            if self._name is None:
                self._lines.give_up(name, bell)

    def take_here(self, key: str) -> None:
        """Do the same for plain code."""
        self.leave()
        bell = self._lines.join(key, threading.Event)
        if bell is None or bell.wait(LONGEST_SECONDS):
            self._name = key
        else:
            self._lines.give_up(key, bell)

    def leave(self) -> None:
        """End the turn, if there is one."""
        if self._name is not None:
            self._lines.go_on(self._name)
            self._name = None
