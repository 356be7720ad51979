"""PostgreSQL keeps the contract, and what its server says is understood."""

import sys
from types import SimpleNamespace

import psycopg
import pytest

from agentkit.errors import (
    DefinitionError,
    StateConflict,
    StateCorrupt,
    StateFull,
    StateUnavailable,
)
from agentkit.state import remote
from agentkit.state.base import ANY, Capabilities
from agentkit.state.postgres import PostgresState
from agentkit.state.postgres_schema import statements
from agentkit.state.postgres_wire import Limits, PostgresWire, Session
from agentkit.state.remote import Lost, NotNow
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.deadlines import LONG
from tests.state.remote_places import PostgresPlace

LIBRARIES = ["asyncio", "trio"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_postgres_keeps_the_contract(case: Case, library: str) -> None:
    case.run(PostgresPlace(), library)


def test_postgres_promises_to_be_shared() -> None:
    state = PostgresState("postgresql://127.0.0.1:1/db")
    assert state.capabilities == Capabilities(
        durable=True, shared_between_processes=True, shared_between_hosts=True
    )
    assert state.blocking is None


def test_without_its_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DefinitionError, match=r"pip install 'agentkit-swml\[postgres\]'"):
        PostgresState("postgresql://127.0.0.1")


@pytest.mark.parametrize("url", ["http://u:secret@x", "postgresql://u:secret@h:1/db?nonsense=1"])
def test_a_url_that_is_none_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(DefinitionError, match="postgresql://user:password@host") as caught:
        PostgresState(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("table", ["", "A", "a b", 'a"', "a;b", "a.b.c", "1a", "a.", "x" * 49])
def test_a_table_has_a_plain_name(table: str) -> None:
    with pytest.raises(DefinitionError, match="a table is a lower-case word"):
        PostgresState("postgresql://127.0.0.1", table=table)


def test_statements_name_the_table_and_leave_no_word_behind() -> None:
    for texts in statements("calls.state"):
        for text in (texts,) if isinstance(texts, str) else texts:
            assert "calls.state" in text
            assert "@" not in text


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", StateFull),
        ("53200", StateFull),
        ("25006", NotNow),
        ("40001", NotNow),
        ("40P01", NotNow),
        ("55P03", StateConflict),
        ("XX001", StateCorrupt),
        ("57P01", Lost),
        ("08006", Lost),
        ("42501", StateUnavailable),
        ("57014", StateUnavailable),
        (None, StateUnavailable),
    ],
)
async def test_an_error_of_the_server_says_what_it_means(
    state: str | None, kind: type[Exception]
) -> None:
    error = psycopg.OperationalError("it says so")
    error.sqlstate = state
    with pytest.raises(kind, match="it says so"):
        await PostgresWire(Answering(error), psycopg, LIMITS).ask("SELECT 1")  # type: ignore[arg-type]


async def test_an_error_that_ended_the_connection_is_a_loss() -> None:
    answering = Answering(psycopg.OperationalError("server closed the connection unexpectedly"))
    answering.closed = True
    wire = PostgresWire(answering, psycopg, LIMITS)  # type: ignore[arg-type]
    with pytest.raises(Lost, match="unexpectedly"):
        await wire.ask("SELECT 1")
    assert wire.descriptor() == -1


LIMITS: Limits = {"lock_timeout": 1, "statement_timeout": 1}
FORGET = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"


async def test_a_server_that_is_spoken_to_directly_remembers_limits_and_statements() -> None:
    place = PostgresPlace()
    state = PostgresState(place.url, table=place.table)
    await state.open()
    await put(state)
    limit = await state._read("SELECT current_setting('lock_timeout')")
    [(remembered,)] = await state._read("SELECT count(*) FROM pg_prepared_statements")
    await state.close()
    assert limit == [("1500ms",)]
    assert remembered > 1


async def test_a_server_that_has_forgotten_a_statement_is_not_made_to_remember_again() -> None:
    state = PostgresPlace().backend()
    await state.open()
    await put(state)
    await state._server.read(lambda wire: wire.run(FORGET), lambda: None)
    await put(state, "b")
    [(remembered,)] = await state._read("SELECT count(*) FROM pg_prepared_statements")
    record = await state.get("k")
    await state.close()
    assert remembered == 0
    assert record is not None
    assert record.version.endswith(".2")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    state = PostgresState("postgresql://u:secret@127.0.0.1:1/db", deadline_seconds=0.1)
    with pytest.raises(StateUnavailable, match="cannot be reached") as caught:
        await state.open()
    assert "secret" not in str(caught.value)


async def test_a_connection_on_which_nothing_can_be_begun_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[PostgresWire] = []

    async def fail(wire: PostgresWire) -> None:
        begun.append(wire)
        raise psycopg.OperationalError("not today")

    monkeypatch.setattr(PostgresWire, "begin", fail)
    monkeypatch.setattr(remote, "_FIRST_PAUSE", LONG)  # so that there is no time for a third time
    monkeypatch.setattr(remote, "_LONGEST_PAUSE", LONG)
    state = PostgresState(PostgresPlace().url, deadline_seconds=LONG)
    with pytest.raises(StateUnavailable, match="cannot be reached"):
        await state.ping()
    assert begun
    assert all(wire.descriptor() == -1 for wire in begun)


async def put(state: PostgresState, write_id: str = "a") -> None:
    await state.put("k", b"1", expect=ANY, ttl_seconds=100.0, write_id=write_id)


async def test_a_session_of_another_process_than_was_named_is_no_session() -> None:
    for answering, possible in ((7, True), (8, False)):
        connection = Pooled(named=7, answering=answering)
        session = Session(possible=True)
        await PostgresWire(connection, psycopg, LIMITS, session=session).begin()  # type: ignore[arg-type]
        assert session.possible == possible


class Pooled:
    """A connection that names one server process and is answered by another."""

    def __init__(self, *, named: int, answering: int) -> None:
        self.info = SimpleNamespace(backend_pid=named)
        self.answering = answering

    async def execute(self, *_: object) -> "Pooled":
        return self

    async def fetchone(self) -> tuple[int]:
        return (self.answering,)


class Answering:
    """A connection on which everything fails with one error."""

    closed = False

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def execute(self, *_: object) -> object:
        raise self.error
