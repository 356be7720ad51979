"""Call state in one SQLite file: the store for one host.

Writes wait for the disk and are committed in groups; reads do not wait for writers. Any number of
processes of the host may share the file. Coroutines hand their calls to the threads of the file
(`agentkit.state.batches`); plain code reads in its own thread. What was acknowledged survives the
end of the process and, on a disk that keeps what it was told to sync, a loss of power.

    sqlite_file    connections, threads, transactions, the lock of the writers
    sqlite_table   the records as rows
    sqlite_format  the schema of the file, and its checksums
    sqlite_time    the times in it
    sqlite_faults  what errors of SQLite mean
"""

import os
import threading
import weakref
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from pathlib import Path

import anyio
import anyio.to_thread

from agentkit.errors import DefinitionError, StateUnavailable
from agentkit.private_files import data_directory
from agentkit.state.base import ANY, Capabilities, Entry, Expectation, Record, unix_clock
from agentkit.state.row import Put
from agentkit.state.sqlite_file import DatabaseFile
from agentkit.state.steps import HostClock

CAPABILITIES = Capabilities(durable=True, shared_between_processes=True)


def default_path() -> Path:
    """Return where the state of this host's agents is kept unless they say otherwise."""
    return data_directory() / "state.sqlite3"


class BlockingSQLite:
    """A `BlockingBackend` in an SQLite file: what `SQLiteState` is for plain code.

    Any call may raise `StateUnavailable`, also when the lock of the writers was not to be had for
    five seconds, and `StateCorrupt`; a write `StateFull`, and `StateUnknown` if the disk failed
    while it was committed.

    Args:
        path: made, with its folder, unless it is there.
        make_clock: makes the clock of the host.
    """

    may_wait = True
    capabilities = CAPABILITIES

    def __init__(self, path: Path, make_clock: Callable[[], HostClock]) -> None:
        self._path = path
        self._make_clock = make_clock
        self._opening = threading.Lock()
        self._file: DatabaseFile | None = None
        self._forked = False
        _stores.add(self)

    @property
    def file(self) -> DatabaseFile:
        """The open file.

        Raises:
            StateUnavailable: the store is closed.
        """
        if self.stale:
            self.open()
        file = self._file
        if file is None:
            raise StateUnavailable(f"the store {self._path} is closed")
        return file

    @property
    def stale(self) -> bool:
        """Whether the file must be opened anew: it was replaced, or this is a forked child."""
        file = self._file
        return self._forked if file is None else file.stale

    def open(self) -> None:
        """Open the file; make it or bring it up to date if need be.

        Raises:
            DefinitionError: it is on a network filesystem.
            StateSchema: it was made by a newer version.
        """
        with self._opening:
            if self._file is not None and self._file.stale:
                self._close()
            if self._file is None:
                self._file = DatabaseFile(self._path, self._make_clock())

    def close(self) -> None:
        """Finish what was begun and close the file."""
        with self._opening:
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        self._forked = False
        if file is not None:
            file.close()

    def get(self, key: str) -> Record | None:
        """Return the record under key."""
        found: Record | None = self.file.read(methodcaller("get", key))
        return found

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
        version: str = self.file.write(methodcaller("put", request))
        return version

    def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Raises:
            StateConflict: another version is there; nothing was removed.
        """
        return bool(self.file.write(methodcaller("delete", key, expect=expect, final=final)))

    def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, ordered by key, of the keys that begin with prefix."""
        entries: list[Entry] = self.file.read(methodcaller("scan", prefix, after, limit))
        return entries

    def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        return int(self.file.write(methodcaller("purge", limit)))

    def ping(self) -> None:
        """Write something."""
        self.file.write(methodcaller("probe"))

    def before_fork(self) -> None:
        """Wait until no call is inside SQLite."""
        self._opening.acquire()
        if self._file is not None:
            self._file.pause()

    def after_fork(self) -> None:
        """Go on, in the parent."""
        if self._file is not None:
            self._file.go_on()
        self._opening.release()

    def after_fork_in_child(self) -> None:
        """Let go of the parent's connections; the next call opens the file anew."""
        if self._file is not None:
            self._file.let_go()
            self._file, self._forked = None, True
        self._opening.release()


class SQLiteState:
    """A `StateBackend` in an SQLite file; `blocking` is the same store for plain code.

    Any call may raise what `BlockingSQLite` raises.

    Args:
        path: made, with its folder, unless it is there.
        clock: the time in Unix seconds; it may be stepped.
        steady: seconds that nobody sets, to tell how far the clock was stepped: the time since
            boot. A clock that is given alone is taken to be never stepped.

    Raises:
        DefinitionError: the path names no file.
    """

    capabilities = CAPABILITIES

    def __init__(
        self,
        path: str | Path,
        *,
        clock: Callable[[], float] = unix_clock,
        steady: Callable[[], float] | None = None,
    ) -> None:
        if str(path) in {"", ".", ":memory:"}:
            raise DefinitionError(f"path={str(path)!r}: name a file, or use MemoryState")
        self._blocking = BlockingSQLite(Path(path).absolute(), partial(HostClock, clock, steady))

    @property
    def blocking(self) -> BlockingSQLite:
        """The same store for plain code."""
        return self._blocking

    async def open(self) -> None:
        """Open the file; make it or bring it up to date if need be.

        Raises:
            DefinitionError: it is on a network filesystem.
            StateSchema: it was made by a newer version.
        """
        await _in_thread(self._blocking.open)

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        await _in_thread(self._blocking.close)

    async def get(self, key: str) -> Record | None:
        """Return the record under key."""
        found: Record | None = await (await self._file()).read_soon(methodcaller("get", key))
        return found

    async def put(
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
        version: str = await (await self._file()).write_soon(methodcaller("put", request))
        return version

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Raises:
            StateConflict: another version is there; nothing was removed.
        """
        work = methodcaller("delete", key, expect=expect, final=final)
        return bool(await (await self._file()).write_soon(work))

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, ordered by key, of the keys that begin with prefix."""
        work = methodcaller("scan", prefix, after, limit)
        entries: list[Entry] = await (await self._file()).read_soon(work)
        return entries

    async def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        return int(await (await self._file()).write_soon(methodcaller("purge", limit)))

    async def ping(self) -> None:
        """Write something."""
        await (await self._file()).write_soon(methodcaller("probe"))

    async def _file(self) -> DatabaseFile:
        if self._blocking.stale:
            await self.open()
        return self._blocking.file


async def _in_thread(work: Callable[[], None]) -> None:
    await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))


_stores: "weakref.WeakSet[BlockingSQLite]" = weakref.WeakSet()
_forking: list[BlockingSQLite] = []
_one_fork = threading.Lock()


def _before_fork() -> None:
    _one_fork.acquire()
    _forking.extend(_stores)
    for store in _forking:
        store.before_fork()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop().after_fork()
    _one_fork.release()


def _after_fork_in_child() -> None:
    while _forking:
        _forking.pop().after_fork_in_child()
    _one_fork.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
