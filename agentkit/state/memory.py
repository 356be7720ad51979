"""Call state in the memory of one process: for tests, and for a single worker.

It stores bytes as every other store does, so that nothing works here that fails elsewhere.
Nothing survives the process and no other process sees it. Live records are never dropped; what has
expired is collected by `purge`, and a little of it with every write, so an application that never
purges does not grow without bound either.
"""

import heapq
import threading
from collections.abc import Callable
from math import inf

from agentkit.state.base import ANY, Capabilities, Entry, Expectation, Record, unix_clock
from agentkit.state.row import Put, Row, delete_row, entry_of, live, put_row, record_of, settle

_COLLECTED_PER_WRITE = 2
_SPARSE = 4  # tables this many times larger than their content are built anew
_SMALL = 1024  # and smaller ones are left alone


class MemoryState:
    """A `BlockingBackend` in a dict.

    Args:
        clock: the time in Unix seconds.
    """

    may_wait = False
    capabilities = Capabilities(certain=True)

    def __init__(self, *, clock: Callable[[], float] = unix_clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        self._peak = 0  # most rows since the tables were built, as of the last that was removed
        # One valid entry a row, at its expiry or before: renewing a row leaves it alone, and what
        # comes up too early is put back.
        self._due: list[tuple[float, str]] = []
        self._due_of: dict[str, float] = {}

    def open(self) -> None:
        """Do nothing: memory is always ready."""

    def close(self) -> None:
        """Do nothing: the records stay as long as this object."""

    def ping(self) -> None:
        """Do nothing: memory is always ready."""

    def get(self, key: str) -> Record | None:
        """Return the record under key."""
        return record_of(self._rows.get(key), self._clock())  # one look at what is never changed

    def put(
        self,
        key: str,
        data: bytes,
        *,
        expect: Expectation,
        ttl_seconds: float,
        write_id: str,
        final: bool = False,
    ) -> str:
        """Swap the expected version for these bytes and return the new version.

        Raises:
            StateConflict: another version is there; nothing was written.
            CallEnded: the record has ended; nothing was written.
        """
        request = Put(key, data, expect, ttl_seconds, write_id, final)
        with self._lock:
            now = self._clock()
            row, version = put_row(self._rows.get(key), request, now)
            self._rows[key] = row
            if row.expires_at < self._due_of.get(key, inf):
                self._note_due(key, row)
            if self._due and self._due[0][0] <= now:
                self._collect_some(now)
        return version

    def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Raises:
            StateConflict: another version is there; nothing was removed.
        """
        with self._lock:
            now = self._clock()
            row = self._rows.get(key)
            self._store(key, delete_row(row, key, now, expect=expect, final=final))
            self._shrink()
            return live(row, now) is not None

    def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, ordered by key, of the keys that begin with prefix."""
        with self._lock:
            now = self._clock()
            entries = (
                entry_of(key, row, now)
                for key, row in self._rows.items()
                if key > after and key.startswith(prefix)
            )
            found = (entry for entry in entries if entry is not None)
            return heapq.nsmallest(limit, found, key=lambda entry: entry.key)

    def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        collected = 0
        with self._lock:
            now = self._clock()
            while collected < limit and self._is_due(now):
                collected += self._collect_next(now)
            self._shrink()
        return collected

    def _store(self, key: str, row: Row | None) -> None:
        if row is None:
            self._peak = max(self._peak, len(self._rows))
            self._rows.pop(key, None)
            return
        self._rows[key] = row
        self._note_due(key, row)

    def _note_due(self, key: str, row: Row) -> None:
        if row.expires_at < self._due_of.get(key, inf):
            self._due_of[key] = row.expires_at
            heapq.heappush(self._due, (row.expires_at, key))

    def _is_due(self, now: float) -> bool:
        return bool(self._due) and self._due[0][0] <= now

    def _collect_some(self, now: float) -> None:
        for _ in range(_COLLECTED_PER_WRITE):
            if self._is_due(now):
                self._collect_next(now)

    def _collect_next(self, now: float) -> bool:
        """Look at the row that is due first and say whether it was collected."""
        due, key = heapq.heappop(self._due)
        if self._due_of.get(key) != due:
            return False  # an earlier entry of this row took its place
        del self._due_of[key]
        row = self._rows.get(key)
        left = settle(row, now)
        self._store(key, left)
        return left is not row

    def _shrink(self) -> None:
        """Give memory back: a dict from which everything was removed keeps its size."""
        if max(self._peak, len(self._due)) > _SPARSE * len(self._rows) + _SMALL:
            self._rows = dict(self._rows)
            self._due_of = {key: row.expires_at for key, row in self._rows.items()}
            self._due = [(due, key) for key, due in self._due_of.items()]
            heapq.heapify(self._due)
            self._peak = len(self._rows)
