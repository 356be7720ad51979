"""One database file as a process has it open: connections, threads, and the lock of its writers.

One thread owns the connection that writes. Writes that wait at the same time go into one
transaction, so they share one sync; each has its own outcome. A statement that fails spoils the
transaction for all, so then each is tried alone.

SQLite has locks of its own. The `flock` around every transaction comes on top for two reasons: a
process that waits for it gets its turn (SQLite's waiters starve each other), and checkpoints never
race with writers, which up to SQLite 3.51.2 could damage the file. It is held wherever a checkpoint
may happen: in open and close, too.

Each reader has a connection of its own for as long as it reads; in WAL mode it reads beside the
writer. A connection must not be carried across a fork: SQLite would believe in locks that the child
does not hold. So a fork waits until no call is inside SQLite, and the child closes what it got.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from agentkit._log import log
from agentkit.errors import StateCorrupt, StateError, StateFull, StateUnavailable
from agentkit.state import sqlite_format
from agentkit.state.batches import Job, Worker
from agentkit.state.disk import refusals
from agentkit.state.folders import open_folder, sync_folder
from agentkit.state.gate import Gate
from agentkit.state.locks import FileLock
from agentkit.state.sqlite_faults import SQLITE_ERRORS, as_state_error
from agentkit.state.sqlite_table import Table
from agentkit.state.sqlite_time import Timeline
from agentkit.state.steps import HostClock

_BUSY_SECONDS = 5.0  # how long SQLite waits for programs that do not know our lock
_SMALLEST = 512  # bytes of a database
_SPARE_READERS = 8
_WRITES_PER_COLLECTION = 32
_COLLECTED = 2 * _WRITES_PER_COLLECTION
_SOUND_SINCE = (3, 51, 3)  # the first SQLite without the race of checkpoints and writers
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA mmap_size = 0",  # a file that another process truncates would kill this one
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 16777216",
)
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

T = TypeVar("T")


class DatabaseFile:
    """An open database. Any call may raise `StateUnavailable`, `StateFull` or `StateCorrupt`.

    Args:
        path: made, with its folder, unless it is there.
        clock: of the host.

    Raises:
        DefinitionError: it is on a network filesystem.
        StateSchema: it was made by a newer version.
    """

    def __init__(self, path: Path, clock: HostClock) -> None:
        self._path = path = path.resolve()  # one file has one lock, whatever links lead to it
        self._gate = Gate()
        self._spare: deque[sqlite3.Connection] = deque()
        self._examined = False
        self._writes = 0
        self.stale = False
        with refusals():
            os.close(open_folder(path.parent))
        lock = path.with_name(f"{path.name}.lock")
        self._lock = FileLock(lock)
        with self._faults(), self._lock.held():
            self._place = _make(path, lock)
            self._connection, self._time = _set_up(path, clock)
            _remember(lock)
        self._table = Table(self._connection, self._time)
        self._writer = Worker(self._write_all, "agentkit-sqlite-writer")
        self._reader = Worker(self._read_all, "agentkit-sqlite-reader")
        sound = sqlite3.sqlite_version_info >= _SOUND_SINCE
        facts = {"sqlite": sqlite3.sqlite_version, "others_may_write": sound}
        log.info("state_opened", path=str(path), **facts)

    def write(self, work: Callable[[Table], T]) -> T:
        """Do something in a transaction."""
        return self._writer.wait(work)

    async def write_soon(self, work: Callable[[Table], T]) -> T:
        """Do something in a transaction, and await it."""
        return await self._writer.run(work)

    def read(self, work: Callable[[Table], T]) -> T:
        """Read something, in this thread."""
        with self._faults(), self._gate.passed(), self._reading() as table:
            return work(table)

    async def read_soon(self, work: Callable[[Table], T]) -> T:
        """Read something, and await it."""
        return await self._reader.run(work)

    def close(self) -> None:
        """Finish what was begun and close the file."""
        self._reader.stop()
        self._writer.stop()
        self._gate.close()
        try:
            with self._lock.held():
                self._drop()
        except StateUnavailable:  # the lock is not to be had: SQLite's own have to do
            self._drop()

    def pause(self) -> None:
        """Wait until no call is inside SQLite, and let none in: a fork comes."""
        self._gate.shut()

    def go_on(self) -> None:
        """Let calls in again, after a fork."""
        self._gate.open()

    def let_go(self) -> None:
        """Close the connections, in a forked child that must not use them."""
        self._drop()

    def _drop(self) -> None:
        for connection in (*self._spare, self._connection):
            connection.close()

    def _write_all(self, jobs: Sequence[Job[Table]]) -> None:
        chores = self._chores(len(jobs))
        try:
            with self._lock.held(), self._gate.passed():
                self._check_place()
                self._transact([*jobs, *chores])
                self.stale = self._connection.in_transaction  # it could not be rolled back
        except StateError as error:
            _fail([*jobs, *chores], error)
        self._report([job.error for job in (*jobs, *chores)])

    def _transact(self, jobs: Sequence[Job[Table]]) -> None:
        try:
            self._commit(jobs)
        except StateFull:
            self._make_room()
            self._commit_each(jobs)
        except StateCorrupt:
            self._commit_each(jobs)
        except StateError as error:
            _fail(jobs, error)

    def _commit_each(self, jobs: Sequence[Job[Table]]) -> None:
        """Try each alone: another one may be why all failed."""
        for job in jobs:
            try:
                self._commit([job])
            except StateError as error:
                job.fail(error)

    def _commit(self, jobs: Sequence[Job[Table]]) -> None:
        try:
            with _transaction(self._connection, self._path):
                for job in jobs:
                    job.attempt(self._table)
        except SQLITE_ERRORS as error:
            raise as_state_error(error, self._path) from error

    def _make_room(self) -> None:
        """Empty the log into the tables: on a full disk it may hold what is left of the room."""
        with suppress(*SQLITE_ERRORS):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _chores(self, writes: int) -> list[Job[Table]]:
        """Collect a little of what has expired with every so many writes."""
        self._writes += writes
        if self._writes < _WRITES_PER_COLLECTION:
            return []
        self._writes = 0
        return [Job(lambda table: table.purge(_COLLECTED), lambda: None)]

    def _check_place(self) -> None:
        """What is written to a file that somebody has removed would be lost with it."""
        with suppress(OSError):
            if _place_of(self._path) == self._place:
                return
        self.stale = True
        raise StateUnavailable(f"{self._path} was removed or replaced")

    def _read_all(self, jobs: Sequence[Job[Table]]) -> None:
        for job in jobs:
            try:
                job.finish(self.read(job.work))
            except StateError as error:
                job.fail(error)

    @contextmanager
    def _reading(self) -> Iterator[Table]:
        connection = self._spare.pop() if self._spare else _connect(self._path)
        try:
            yield Table(connection, self._time)
        finally:
            if len(self._spare) < _SPARE_READERS:
                self._spare.append(connection)
            else:
                connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn errors of SQLite into those of a store, and report damage."""
        try:
            yield
        except SQLITE_ERRORS as error:
            fault = as_state_error(error, self._path)
            self._report([fault])
            raise fault from error
        except StateCorrupt as error:
            self._report([error])
            raise

    def _report(self, errors: Sequence[StateError | None]) -> None:
        """Log damage, the first time with what SQLite finds to be wrong with the file."""
        for error in errors:
            if isinstance(error, StateCorrupt):
                found = {} if self._examined else {"quick_check": self._examine()}
                log.error("state_damaged", path=str(self._path), reason=str(error), **found)

    def _examine(self) -> str:
        self._examined = True
        with self._gate.passed():
            return _quick_check(self._path)


def _make(path: Path, lock: Path) -> tuple[int, int]:
    """Make the file unless it is there, its owner's alone, and return its place on the disk.

    A file that is there is not opened: closing it would release the locks that another connection
    of this process holds on it.

    Raises:
        StateCorrupt: the file was cut off. SQLite would take it for a new one.
    """
    with refusals():
        if not path.exists():
            os.close(os.open(path, _FLAGS, 0o600))
            sync_folder(path.parent)
            return _place_of(path)
        known, remembered = path.stat(), lock.stat().st_size > 0
    if known.st_size < _SMALLEST and (remembered or known.st_size):
        raise StateCorrupt(f"{path} was cut off; to begin anew, remove it")
    if known.st_mode & 0o077:
        log.warning("state_file_was_readable_by_others", path=str(path))
        with refusals():
            path.chmod(0o600)
    return known.st_dev, known.st_ino


def _remember(lock: Path) -> None:
    """Note in the file of the lock that the database is no longer empty."""
    with refusals():
        if not lock.stat().st_size:
            lock.write_bytes(b"a database is beside this file\n")


def _place_of(path: Path) -> tuple[int, int]:
    known = path.stat()
    return known.st_dev, known.st_ino


def _set_up(path: Path, clock: HostClock) -> tuple[sqlite3.Connection, Timeline]:
    """Make tables in an empty file, bring an old one up to date, tie the times to this boot."""
    connection = _connect(path)
    with ExitStack() as undo:
        undo.callback(connection.close)
        sqlite_format.is_new(connection)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        with _transaction(connection, path):
            about = sqlite_format.read_about(connection)
            time = Timeline(clock, about.anchor)
            fresh = sqlite_format.migrated(connection, about, time.anchor)
            if fresh != about:
                sqlite_format.write_about(connection, fresh)
        undo.pop_all()
    return connection, time


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = bytes  # damaged text is no text
    with ExitStack() as undo:
        undo.callback(connection.close)
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
        undo.pop_all()
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        try:
            connection.execute("COMMIT")
        except SQLITE_ERRORS as error:
            raise as_state_error(error, path, committing=True) from error
    finally:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            with suppress(*SQLITE_ERRORS):  # the first error says what happened
                connection.execute("ROLLBACK")


def _quick_check(path: Path) -> str:
    """Return what SQLite finds to be wrong, without touching the file."""
    try:
        connection = _connect(path, "ro")
    except SQLITE_ERRORS as error:
        return str(error)
    try:
        return sqlite_format.damage(connection)
    finally:
        connection.close()


def _fail(jobs: Sequence[Job[Table]], error: StateError) -> None:
    for job in jobs:
        job.fail(error)
