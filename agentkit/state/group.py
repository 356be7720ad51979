"""Many writers that wait for the same slow step at the same moment share one.

Each needs a sync that begins after its own write. The first to come runs one; all who come while
it runs wait for the next, which one of them runs for all. Nobody waits for company: a writer that
is alone syncs at once.
"""

import threading
from collections.abc import Callable

from agentkit.errors import StateUnknown


class _Round:
    """One sync and those who wait for it."""

    __slots__ = ("failure", "over", "succeeded")

    def __init__(self) -> None:
        self.over = False
        self.succeeded = False
        self.failure: OSError | None = None


class GroupCommit:
    """Runs a sync for everybody who joins, and never two at a time.

    Args:
        sync: makes everything durable that was written before it was called.
    """

    __slots__ = ("_changed", "_next", "_running", "_sync")

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._changed = threading.Condition()
        self._running = False
        self._next = _Round()

    def join(self) -> None:
        """Return after a sync that began after this call.

        Raises:
            StateUnknown: it failed, so what was written may be durable or not.
        """
        with self._changed:
            mine = self._next
            while self._running and not mine.over:
                self._changed.wait()
            leads = not mine.over
            if leads:
                self._running, self._next = True, _Round()
        if leads:
            self._run(mine)
        if not mine.succeeded:
            raise StateUnknown("what was written may not survive a crash") from mine.failure

    def _run(self, mine: _Round) -> None:
        try:
            self._sync()
            mine.succeeded = True
        except OSError as error:
            mine.failure = error
        finally:
            with self._changed:
                mine.over = True
                self._running = False
                self._changed.notify_all()
