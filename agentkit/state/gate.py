"""A gate that lets any number in, until it is shut: then it waits until all have left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agentkit.errors import StateUnavailable


class Gate:
    """Callers pass it while they use what is behind it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut = False
        self._closed = False

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside, after waiting while the gate is shut.

        Raises:
            StateUnavailable: it was closed for good.
        """
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def shut(self) -> None:
        """Let nobody in, and wait until all have left."""
        with self._changed:
            self._shut = True
            self._changed.wait_for(lambda: not self._inside)

    def open(self) -> None:
        """Let callers in again."""
        with self._changed:
            self._shut = False
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse whoever comes, and wait until all have left."""
        self._closed = True
        self.shut()
        self.open()

    def _enter(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            if self._closed:
                raise StateUnavailable("the store is closed")
            self._inside += 1

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            if self._shut:
                self._changed.notify_all()
