"""Writes share a transaction, not their outcomes; errors of SQLite say what became of a call."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from agentkit.errors import (
    StateConflict,
    StateCorrupt,
    StateError,
    StateFull,
    StateSchema,
    StateUnavailable,
    StateUnknown,
)
from agentkit.state import sqlite_file, sqlite_format
from agentkit.state.base import ABSENT, ANY, Expectation
from agentkit.state.batches import Job
from agentkit.state.locks import FileLock
from agentkit.state.row import Put
from agentkit.state.sqlite import BlockingSQLite, SQLiteState
from agentkit.state.sqlite_faults import as_state_error
from agentkit.state.sqlite_table import Table
from tests.deadlines import LONG
from tests.state.stores import Clock
from tests.state.test_sqlite import data_of, put

Work = Callable[[Table], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[BlockingSQLite]:
    store = SQLiteState(path, clock=Clock()).blocking
    store.open()
    yield store
    store.close()


def together(store: BlockingSQLite, *works: Work) -> list[Any]:
    """Return the outcomes of works that the writer found waiting at the same time."""
    jobs = [Job(work, lambda: None) for work in works]
    store.file._write_all(jobs)
    return [job.error or job._value for job in jobs]


def writes(key: str, data: bytes = b"data", expect: Expectation = ANY) -> Work:
    return lambda table: table.put(Put(key, data, expect, 100.0, f"{key} {data!r}"))


def runs(statement: str) -> Work:
    return lambda table: table.connection.execute(statement)


def test_writes_that_wait_together_are_one_transaction(store: BlockingSQLite) -> None:
    seen: list[str] = []
    store.file._connection.set_trace_callback(seen.append)
    together(store, *(writes(f"call:{number}") for number in range(20)))
    assert [each for each in seen if each in {"BEGIN IMMEDIATE", "COMMIT"}] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
    assert len(store.scan()) == 20


def test_each_write_has_its_own_outcome(store: BlockingSQLite) -> None:
    outcomes = together(
        store,
        writes("k", b"1", ABSENT),
        writes("k", b"2", ABSENT),
        writes("other"),
        lambda table: table.delete("other", expect="x.1", final=True),
    )
    assert [type(each) for each in outcomes] == [str, StateConflict, str, StateConflict]
    assert (data_of(store, "k"), data_of(store, "other")) == (b"1", b"data")


def test_a_statement_that_fails_does_not_fail_the_others(store: BlockingSQLite) -> None:
    outcomes = together(
        store, writes("a", b"1", ABSENT), runs("SELECT * FROM nothing"), writes("b", b"2", ABSENT)
    )
    assert [type(each) for each in outcomes] == [str, StateCorrupt, str]
    assert (data_of(store, "a"), data_of(store, "b")) == (b"1", b"2")


def test_a_write_that_is_too_large_for_the_disk_does_not_fail_the_others(
    store: BlockingSQLite,
) -> None:
    put(store, "k")
    limit = runs("PRAGMA max_page_count = 20")
    together(store, limit)
    outcomes = together(store, writes("a"), writes("k", bytes(200_000)), writes("b"))
    assert [type(each) for each in outcomes] == [str, StateFull, str]
    assert outcomes[1].applied is False
    assert (data_of(store, "a"), data_of(store, "k")) == (b"data", b"data")


def failing(name: str, statement: str) -> Any:
    """Return a connection whose statements fail from this one on."""

    class Connection:
        in_transaction = True

        def __init__(self) -> None:
            self.seen: list[str] = []

        def execute(self, each: str) -> None:
            self.seen.append(each)
            if each == statement:
                raise error_called(name)

    return Connection()


def error_called(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error


def test_a_commit_during_which_the_disk_fails_is_unknown(path: Path) -> None:
    connection = failing("SQLITE_IOERR_FSYNC", "COMMIT")
    with pytest.raises(StateUnknown) as caught, sqlite_file._transaction(connection, path):
        pass
    assert caught.value.applied is None
    assert connection.seen == ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]


def test_what_is_unknown_is_unknown_for_all_and_not_tried_again(
    store: BlockingSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        connection = failing("SQLITE_IOERR_FSYNC", "COMMIT")
        patch.setattr(store.file, "_connection", connection)
        outcomes = together(store, writes("a"), writes("b"))
    assert [type(each) for each in outcomes] == [StateUnknown, StateUnknown]
    assert connection.seen.count("COMMIT") == 1


def test_a_transaction_that_cannot_be_ended_ends_with_its_connection(
    store: BlockingSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "k")
    with monkeypatch.context() as patch:
        patch.setattr(store.file, "_connection", failing("SQLITE_IOERR_READ", "ROLLBACK"))
        with pytest.raises(ZeroDivisionError):
            together(store, lambda _: 1 // 0)
        together(store, writes("a"))
    assert store.stale
    assert data_of(store, "k") == b"data"
    put(store, "k", b"new")


def test_a_rollback_is_only_made_while_a_transaction_is_open(path: Path) -> None:
    connection = failing("SQLITE_FULL", "COMMIT")
    connection.in_transaction = False
    with pytest.raises(StateFull), sqlite_file._transaction(connection, path):
        pass
    assert connection.seen == ["BEGIN IMMEDIATE", "COMMIT"]


def test_a_lock_that_others_keep_makes_the_store_unavailable_for_a_while(
    store: BlockingSQLite, path: Path
) -> None:
    store.file._lock = FileLock(f"{path}.lock", wait_seconds=0.0)
    with FileLock(f"{path}.lock").held():
        with pytest.raises(StateUnavailable) as caught:
            put(store, "k")
        assert data_of(store, "k") is None
    assert caught.value.applied is False
    put(store, "k")


def test_a_store_can_be_closed_while_others_keep_the_lock(
    store: BlockingSQLite, path: Path
) -> None:
    put(store, "k")
    store.file._lock = FileLock(f"{path}.lock", wait_seconds=0.0)
    with FileLock(f"{path}.lock").held():
        store.close()
    store.open()
    assert data_of(store, "k") == b"data"


def test_a_program_that_does_not_know_the_lock_is_waited_for(
    store: BlockingSQLite, path: Path
) -> None:
    store.file._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateUnavailable, match="locked"):
        put(store, "k")
    other.execute("ROLLBACK")
    other.close()
    put(store, "k")


def test_readers_have_connections_of_their_own_and_a_few_are_kept(store: BlockingSQLite) -> None:
    many = sqlite_file._SPARE_READERS + 4
    put(store, "k")
    met = Barrier(many)

    def read(table: Table) -> bool:
        met.wait(LONG)
        return table.get("k") is not None

    with ThreadPoolExecutor(many) as pool:
        assert all(pool.map(store.file.read, [read] * many))
    assert len(store.file._spare) == sqlite_file._SPARE_READERS


def test_a_scan_that_ends_early_does_not_keep_its_snapshot(store: BlockingSQLite) -> None:
    for number in range(10):
        put(store, f"call:{number}", b"old")
    assert len(store.scan(limit=2)) == 2
    put(store, "call:5", b"new")
    assert data_of(store, "call:5") == b"new"
    assert len(store.file._spare) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", StateFull),
        ("SQLITE_IOERR_SHMSIZE", StateFull),
        ("SQLITE_BUSY", StateUnavailable),
        ("SQLITE_BUSY_SNAPSHOT", StateUnavailable),
        ("SQLITE_IOERR_WRITE", StateUnavailable),
        ("SQLITE_IOERR_SHORT_READ", StateCorrupt),
        ("SQLITE_CANTOPEN", StateUnavailable),
        ("SQLITE_READONLY_DBMOVED", StateUnavailable),
        ("SQLITE_CORRUPT", StateCorrupt),
        ("SQLITE_CORRUPT_INDEX", StateCorrupt),
        ("SQLITE_NOTADB", StateCorrupt),
        ("SQLITE_ERROR", StateCorrupt),
        ("SQLITE_CONSTRAINT_UNIQUE", StateCorrupt),
    ],
)
def test_errors_of_sqlite_become_those_of_a_store(
    name: str, kind: type[StateError], tmp_path: Path
) -> None:
    error = as_state_error(error_called(name), tmp_path)
    assert (type(error), error.applied) == (kind, False)


def test_read_only_is_damage_if_the_file_can_be_written(tmp_path: Path) -> None:
    error = error_called("SQLITE_READONLY")
    assert type(as_state_error(error, tmp_path)) is StateCorrupt
    assert type(as_state_error(error, tmp_path / "nothing")) is StateUnavailable


def test_errors_without_a_code_are_told_apart(tmp_path: Path) -> None:
    closed = sqlite3.ProgrammingError("Cannot operate on a closed database.")
    garbled = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a name in a message")
    assert type(as_state_error(closed, tmp_path)) is StateUnavailable
    assert type(as_state_error(garbled, tmp_path)) is StateCorrupt


# Schemas


def test_a_new_file_has_the_newest_schema(store: BlockingSQLite) -> None:
    about = sqlite_format.read_about(store.file._connection)
    assert about.schema == len(sqlite_format.STEPS)


def test_an_old_schema_is_brought_up_to_date_once(
    store: BlockingSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "k")
    store.close()
    step = ("CREATE TABLE more (id INTEGER)",)
    monkeypatch.setattr(sqlite_format, "STEPS", (*sqlite_format.STEPS, step))
    store.open()
    store.close()
    store.open()
    assert data_of(store, "k") == b"data"
    assert store.file._connection.execute("SELECT * FROM more").fetchall() == []


def test_a_step_that_fails_leaves_the_old_schema(
    store: BlockingSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "k")
    store.close()
    step = ("CREATE TABLE more (id INTEGER)", "INSERT INTO nothing VALUES (1)")
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_format, "STEPS", (*sqlite_format.STEPS, step))
        with pytest.raises(StateCorrupt):
            store.open()
    store.open()
    assert data_of(store, "k") == b"data"
    with pytest.raises(sqlite3.OperationalError):
        store.file._connection.execute("SELECT * FROM more")


def test_a_newer_schema_is_left_as_it_is(
    store: BlockingSQLite, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    steps = sqlite_format.STEPS
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_format, "STEPS", (*steps, ("CREATE TABLE more (id INTEGER)",)))
        store.open()
        store.close()
    before = path.read_bytes()
    with pytest.raises(StateSchema, match=f"schema {len(steps) + 1}"):
        store.open()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("These are my notes, and no database at all." * 100, "utf-8"),
        lambda path: other_database(path, "CREATE TABLE notes (line TEXT)"),
        lambda path: other_database(path, "CREATE TABLE notes (line TEXT)", "DROP TABLE notes"),
    ],
    ids=["no database", "another database", "a database that has lost its tables"],
)
def test_a_file_that_is_not_ours_is_left_as_it_is(
    make: Callable[[Path], None], path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(path)
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(StateCorrupt):
        SQLiteState(path).blocking.open()
    assert path.read_bytes() == before
    assert "state_damaged" in caplog.text
    assert "quick_check=" in caplog.text


def test_a_file_that_was_cut_off_is_not_taken_for_a_new_one(
    store: BlockingSQLite, path: Path
) -> None:
    put(store, "k")
    store.close()
    for size in (100, 1, 0):
        os.truncate(path, size)
        with pytest.raises(StateCorrupt, match="cut off"):
            store.open()
        assert path.stat().st_size == size
    path.unlink()
    store.open()
    assert data_of(store, "k") is None


def test_an_empty_file_that_somebody_made_is_as_good_as_none(path: Path) -> None:
    path.touch()
    store = SQLiteState(path).blocking
    store.open()
    put(store, "k")
    store.close()


def test_a_short_file_of_somebody_else_is_left_alone(path: Path) -> None:
    path.write_text("notes", "utf-8")
    with pytest.raises(StateCorrupt):
        SQLiteState(path).blocking.open()
    assert path.read_text("utf-8") == "notes"


def other_database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
