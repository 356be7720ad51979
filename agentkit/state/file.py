"""Call state in files of one host: no server, no dependency, for a moderate number of calls.

A write takes the lock of its name, reads the record, decides (`agentkit.state.row`), writes a new
file, syncs it and renames it into place (`record_files`). Then it lets the lock go, and waits for
a sync of the folder that began after its rename, which it shares with all writes that wait at that
moment (`group`). Only then is it acknowledged. A repeated write is acknowledged in the same way:
the first attempt may have ended before that sync. A read takes no lock. It may see a write that is
about to be acknowledged; only a loss of power in that moment can take it back.

Processes on one host may share a directory. A forked child opens it anew.
"""

import os
import threading
import weakref
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from agentkit.errors import StateCorrupt, StateFull, StateSchema
from agentkit.state.base import (
    ANY,
    Capabilities,
    Entry,
    Expectation,
    Record,
    first_version,
    unix_clock,
)
from agentkit.state.directory import StateDirectory, row_of
from agentkit.state.disk import Disk, refusals
from agentkit.state.file_format import name_of
from agentkit.state.row import Put, Row, delete_row, entry_of, live, put_row, record_of, settle
from agentkit.state.steps import HostClock, Reading

_PROBE = name_of("")  # no record has an empty key

_states: "weakref.WeakSet[FileState]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """Descriptors and locks of the parent are no use in a forked child."""
    for state in _states:
        state._forget()  # noqa: SLF001 - the fork is the caller


os.register_at_fork(after_in_child=_forget_in_child)


class FileState:
    """A `BlockingBackend` in a directory.

    Any call may raise `StateUnavailable`, also when a lock was not to be had for five seconds.

    Args:
        directory: made, with its parents, unless it is there.
        clock: the time in Unix seconds; it may be stepped.
        steady: seconds that nobody sets, to tell how far the clock was stepped: the time since
            boot. A clock that is given alone is taken to be never stepped.
        make_disk: the system calls of a folder.
    """

    may_wait = True
    capabilities = Capabilities(durable=True, shared_between_processes=True)

    def __init__(
        self,
        directory: str | Path,
        *,
        clock: Callable[[], float] = unix_clock,
        steady: Callable[[], float] | None = None,
        make_disk: Callable[[int], Disk] = Disk,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._make_clock = partial(HostClock, clock, steady)
        self._make_disk = make_disk
        self._forget()
        _states.add(self)

    def _forget(self) -> None:
        self._opened: StateDirectory | None = None
        self._changed = threading.Condition()

    def open(self) -> None:
        """Make the directory ready and remove what writers that died have left.

        Raises:
            DefinitionError: it is on a network filesystem, or belongs to another user.
            StateFull: there is no room for it.
            StateUnavailable: it cannot be made or opened.
        """
        with self._using():
            pass

    def close(self) -> None:
        """Wait for the calls that are under way, and close the directory."""
        with self._changed:
            here, self._opened = self._opened, None
            while here is not None and here.users:
                self._changed.wait()
        if here is not None:
            here.close()

    def ping(self) -> None:
        """Write something and remove it again.

        Raises:
            StateFull: there is no room left.
            StateUnavailable: the directory cannot be written.
        """
        with self._using() as here, here.lock(_PROBE).held():
            here.files.probe(_PROBE)

    def get(self, key: str) -> Record | None:
        """Return the record under key.

        Raises:
            StateCorrupt: it is damaged; until it is deleted, every call says so.
            StateSchema: a newer version of agentkit wrote it.
        """
        name = name_of(key)
        with self._using() as here:
            reading = here.clock.read()
            return record_of(_read(here, name, reading), reading.now)

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
            StateFull: there is no room left; nothing was written.
            StateUnknown: it was written, but may not survive a crash.
            StateCorrupt: what is there is damaged; nothing was written.
            StateSchema: a newer version of agentkit wrote what is there; nothing was written.
        """
        request = Put(key, data, expect, ttl_seconds, write_id, final)
        name = name_of(key)
        with self._using() as here:
            with here.lock(name).held():
                reading = here.clock.read()
                found = here.row(name, reading)
                row, version = put_row(found, request, reading.now)
                if row is not found:
                    here.store(name, key, row, reading)
            here.group.join()
        return version

    def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one; a damaged one counts as one.

        Raises:
            StateConflict: another version is there; nothing was removed.
            StateFull: there is no room for a tombstone; nothing was removed.
            StateUnknown: it was removed, but a crash may bring it back.
            StateCorrupt: a version is expected of a record that is damaged.
            StateSchema: a newer version of agentkit wrote it; nothing was removed.
        """
        name = name_of(key)
        with self._using() as here:
            with here.lock(name).held():
                reading = here.clock.read()
                found = _row_to_delete(here, name, reading, expect)
                row = delete_row(found, key, reading.now, expect=expect, final=final)
                if row is not found:
                    here.store(name, key, row, reading)
            here.group.join()
        return live(found, reading.now) is not None

    def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, ordered by the hash of their keys, of keys that begin so.

        What is damaged, or was written by a newer version of agentkit, is left out.
        """
        with self._using() as here:
            reading = here.clock.read()
            names = here.files.names()
            start = bisect_right(names, name_of(after)) if after else 0
            found: list[Entry] = []
            for name in names[start:]:
                if len(found) == limit:
                    break
                found += _entries(here, name, prefix, reading)
            return found

    def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        collected = 0
        with self._using() as here:
            reading = here.clock.read()
            for name in here.files.perhaps_due(reading.now):
                if collected == limit:
                    break
                collected += _collect(here, name, reading)
            if collected:
                here.group.join()
        return collected

    @contextmanager
    def _using(self) -> Iterator[StateDirectory]:
        """Give the open directory; it is not closed before it is given back."""
        with refusals():
            with self._changed:
                here = self._opened = self._opened or self._open()
                here.users += 1
            try:
                yield here
            finally:
                with self._changed:
                    here.users -= 1
                    self._changed.notify_all()

    def _open(self) -> StateDirectory:
        here = StateDirectory(self._directory, self._make_disk, self._make_clock())
        here.sweep()
        return here


def _read(here: StateDirectory, name: str, reading: Reading) -> Row | None:
    """Read without the lock, unless what is found is damaged and has to be moved away."""
    try:
        return row_of(here.files.load(name), reading)
    except StateCorrupt:
        with here.lock(name).held():
            return here.row(name, reading)


def _row_to_delete(
    here: StateDirectory, name: str, reading: Reading, expect: Expectation
) -> Row | None:
    try:
        return here.row(name, reading)
    except StateCorrupt:
        if expect is not ANY:
            raise
        return Row(b"", first_version(), reading.now, reading.now, float("inf"))


def _entries(here: StateDirectory, name: str, prefix: str, reading: Reading) -> list[Entry]:
    """Return the entry of a record, if it is one and its key begins so."""
    with suppress(StateCorrupt, StateSchema):
        stored = here.files.load(name)
        if stored is not None and stored.key.startswith(prefix):
            entry = entry_of(stored.key, row_of(stored, reading), reading.now)
            return [] if entry is None else [entry]
    return []


def _collect(here: StateDirectory, name: str, reading: Reading) -> bool:
    """Collect one row if it has expired; a full disk must not keep a purge from making room."""
    with suppress(StateCorrupt, StateSchema, StateFull), refusals(), here.lock(name).held():
        stored = here.files.load_or_set_aside(name)
        if stored is not None:
            row = row_of(stored, reading)
            left = settle(row, reading.now)
            if left is not row:
                here.store(name, stored.key, left, reading)
                return True
    return False
