"""What is damaged in an SQLite file is refused and reported; everything else goes on."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import anyio
import msgspec
import pytest

from agentkit.errors import StateCorrupt
from agentkit.state import sqlite_file, sqlite_format, sqlite_table
from agentkit.state.sqlite import BlockingSQLite, SQLiteState
from agentkit.state.sqlite_table import Table
from tests.state.stores import Clock
from tests.state.test_sqlite import data_of, put

OF_K = "WHERE key = CAST('k' AS BLOB)"
DAMAGE = {
    "a value": f"UPDATE records SET data = x'00' {OF_K}",
    "a value that is gone": f"UPDATE records SET data = NULL {OF_K}",
    "facts": f"UPDATE records SET facts = x'00' || substr(facts, 2) {OF_K}",
    "facts that are no bytes": f"UPDATE records SET facts = 7 {OF_K}",
    "a key": f"UPDATE records SET key = CAST('l' AS BLOB) {OF_K}",
    "a due time": f"UPDATE records SET due = 'soon' {OF_K}",
    "another row's facts": "UPDATE records SET facts = (SELECT facts FROM records"
    f" WHERE key = CAST('other' AS BLOB)) {OF_K}",
    "a row in a wrong place": f"UPDATE records SET id = id + 1 {OF_K}",
}
"""Statements that SQLite carries out and we never would."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> SQLiteState:
    return SQLiteState(tmp_path / "state.sqlite3", clock=clock)


@pytest.fixture
def store(state: SQLiteState) -> Iterator[BlockingSQLite]:
    store = state.blocking
    store.open()
    put(store, "k", b"secret of k")
    put(store, "other", b"secret of other")
    yield store
    store.close()


def change(store: BlockingSQLite, statement: str) -> None:
    assert store.file._connection.execute(statement).rowcount == 1


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_is_refused_and_the_others_are_not(
    store: BlockingSQLite, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(store, DAMAGE[damage])
    with pytest.raises(StateCorrupt):
        store.get("k")
    assert data_of(store, "other") == b"secret of other"
    put(store, "new")
    assert caplog.text.count("quick_check=") == 1
    assert "secret" not in caplog.text


@pytest.mark.parametrize("damage", [each for each in DAMAGE if "value" not in each])
def test_a_damaged_record_is_not_overwritten(
    store: BlockingSQLite, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(store, DAMAGE[damage])
    with pytest.raises(StateCorrupt):
        put(store, "k", b"overwritten")
    with pytest.raises(StateCorrupt):
        store.delete("k")
    assert caplog.text.count("state_damaged") == 2
    assert caplog.text.count("quick_check=") == 1


def test_a_damaged_value_can_be_replaced(store: BlockingSQLite) -> None:
    change(store, DAMAGE["a value"])
    put(store, "k", b"new")
    assert data_of(store, "k") == b"new"


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_coroutine_is_told_of_damage(
    state: SQLiteState, store: BlockingSQLite, library: str
) -> None:
    change(store, DAMAGE["a value"])

    async def use() -> None:
        with pytest.raises(StateCorrupt):
            await state.get("k")
        assert await state.get("other") is not None

    anyio.run(use, backend=library)


def test_a_damaged_record_stops_a_scan_and_says_why(store: BlockingSQLite) -> None:
    change(store, DAMAGE["facts"])
    with pytest.raises(StateCorrupt):
        store.scan()
    assert [entry.key for entry in store.scan("o")] == ["other"]


@pytest.mark.parametrize("damage", ["facts", "a key", "another row's facts"])
def test_a_damaged_record_is_not_collected_and_does_not_stop_a_purge(
    store: BlockingSQLite, clock: Clock, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(store, DAMAGE[damage])
    clock.advance(1000)
    assert store.purge(10) == 1
    assert "state_record_damaged" in caplog.text
    assert store.purge(10) == 0
    rows = store.file._connection.execute("SELECT count(*) FROM records").fetchone()
    assert rows == (1,)


class Misled:
    """A connection that answers some of the next statements otherwise."""

    def __init__(self, connection: sqlite3.Connection, answers: dict[str, str]) -> None:
        self.connection = connection
        self.answers = answers

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        answer = self.answers.pop(statement, None)
        if answer is None:
            return self.connection.execute(statement, values)
        return self.connection.execute(answer)


def misled(store: BlockingSQLite, **answers: str) -> Table:
    named = {getattr(sqlite_table, name): answer for name, answer in answers.items()}
    connection = cast("sqlite3.Connection", Misled(store.file._connection, named))
    return Table(connection, store.file._time)


NOTHING = "SELECT 1 WHERE 0"


def test_a_record_that_was_made_between_two_looks_is_found(store: BlockingSQLite) -> None:
    record = misled(store, _FIND_ALL=NOTHING).get("k")
    assert record is not None
    assert record.data == b"secret of k"


def test_a_record_that_went_between_two_looks_is_absent(store: BlockingSQLite) -> None:
    assert misled(store, _LISTED="SELECT 1").get("new") is None


def test_a_reader_ends_the_transaction_in_which_it_looked_again(store: BlockingSQLite) -> None:
    change(store, DAMAGE["a row in a wrong place"])
    with pytest.raises(StateCorrupt, match="listed"):
        store.get("k")
    assert [each.in_transaction for each in store.file._spare] == [False]


def test_a_record_that_is_due_but_cannot_be_found_is_damage(store: BlockingSQLite) -> None:
    table = misled(store, _DUE="SELECT 12345")
    with pytest.raises(StateCorrupt, match="due"):
        table.purge(10)


def test_what_a_newer_version_sealed_is_refused_though_it_is_whole() -> None:
    newer = sqlite_format.sealed(Anything("facts", "of another kind"))
    decoder = msgspec.msgpack.Decoder(sqlite_format.About)
    with pytest.raises(StateCorrupt, match="cannot be read"):
        sqlite_format.unsealed(decoder, newer)


class Anything(msgspec.Struct, array_like=True):
    one: str
    other: str


def test_what_sqlite_finds_is_told_even_if_it_cannot_look(tmp_path: Path) -> None:
    def refuse(_: str) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    connection: Any = type("Connection", (), {"execute": staticmethod(refuse)})
    assert sqlite_format.damage(connection) == "database disk image is malformed"
    assert "unable to open" in sqlite_file._quick_check(tmp_path / "nothing")
