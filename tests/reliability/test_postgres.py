"""PostgreSQL when it is set up badly, full, locked, failing over or behind a pooler."""

import asyncio
import gc
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import anyio
import psycopg
import pytest

from agentkit.errors import (
    DefinitionError,
    StateConflict,
    StateCorrupt,
    StateFull,
    StateSchema,
    StateUnavailable,
    StateUnknown,
)
from agentkit.state import postgres_schema
from agentkit.state.base import ABSENT, ANY, Expectation
from agentkit.state.postgres import PostgresState
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.reliability.harness import SEED, Spec, count, in_processes, size
from tests.reliability.kills import kill_during
from tests.reliability.servers import (
    Pooler,
    PostgresServer,
    running,
    shared_pooler,
    shared_postgres,
)
from tests.state.forks import in_child
from tests.state.remote_places import PostgresPlace

pytestmark = pytest.mark.timeout(size(300, 1_800))
needs_quiet = pytest.mark.skipif(
    "AGENTKIT_LONG" not in os.environ, reason="needs a machine to itself: make test-long"
)

TTL = 100.0
QUICK = 0.5
TABLES = ("agentkit_state", "agentkit_state_schema")


@pytest.fixture
def server() -> PostgresServer:
    server = shared_postgres()
    for table in TABLES:
        server.ask(f"DROP TABLE IF EXISTS {table}")
    return server


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with running(PostgresServer) as server:
        yield server


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[PostgresState]:
    state = PostgresState(url, **settings)
    await state.open()
    try:
        yield state
    finally:
        await state.close()


async def put(
    state: PostgresState,
    key: str = "k",
    data: bytes = b"1",
    *,
    expect: Expectation = ANY,
    write_id: str = "a",
) -> str:
    return await state.put(key, data, expect=expect, ttl_seconds=TTL, write_id=write_id)


async def read(state: PostgresState, key: str = "k") -> bytes | None:
    record = await state.get(key)
    return None if record is None else record.data


def warnings(caplog: pytest.LogCaptureFixture) -> str:
    found = [line for line in caplog.records if line.name.startswith("agentkit")]
    return "\n".join(line.getMessage() for line in found if line.levelno >= logging.WARNING)


# Settings


async def test_a_server_that_keeps_everything_is_opened_without_a_word(
    server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(server.url) as state:
        await state.ping()
    assert warnings(caplog) == ""


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync"])
async def test_settings_that_lose_data_are_reported(
    setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(lambda: PostgresServer(f"{setting}=off")) as server:
        async with opened(server.url):
            pass
    assert f"postgres_setting setting={setting} value=off" in warnings(caplog)


@needs_quiet
async def test_a_standby_is_not_connected_to_unless_the_url_says_so(
    own_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(own_server.url):
        pass
    own_server.kill()
    (own_server.data / "standby.signal").touch()
    own_server.start()
    with pytest.raises(StateUnavailable, match=r"hot standby|read-only"):
        await PostgresState(own_server.url, deadline_seconds=QUICK).open()
    any_server = f"{own_server.url}?target_session_attrs=any"
    async with opened(any_server, deadline_seconds=QUICK) as state:
        with pytest.raises(StateUnavailable, match=r"recovery|read-only"):
            await put(state)
    assert "setting=pg_is_in_recovery value=true" in warnings(caplog)


async def test_a_database_of_another_encoding_is_refused(server: PostgresServer) -> None:
    server.ask("DROP DATABASE IF EXISTS latin")
    server.ask("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(DefinitionError, match="encoding LATIN1: make it with UTF8"):
        await PostgresState(in_database(server, "latin")).open()


@needs_quiet
async def test_a_server_that_is_not_there_is_unavailable() -> None:
    state = PostgresState("postgresql://u:secret@127.0.0.1:1/db", deadline_seconds=QUICK)
    for call in (state.open, state.ping, state.scan, lambda: put(state)):
        with pytest.raises(StateUnavailable, match="cannot be reached") as caught:
            await call()
        assert "secret" not in str(caught.value)
    await state.close()


@needs_quiet
async def test_a_database_that_is_not_there_is_unavailable(server: PostgresServer) -> None:
    state = PostgresState(in_database(server, "nowhere"), deadline_seconds=QUICK)
    with pytest.raises(StateUnavailable, match='database "nowhere" does not exist'):
        await state.open()


def in_database(server: PostgresServer, name: str) -> str:
    return f"{server.url.removesuffix('postgres')}{name}"


# The schema


async def test_a_table_may_be_in_a_schema_of_its_own(server: PostgresServer) -> None:
    server.ask("CREATE SCHEMA IF NOT EXISTS calls")
    async with opened(server.url, table="calls.state") as state:
        await put(state)
        assert await read(state) == b"1"
    server.ask("DROP SCHEMA calls CASCADE")


async def test_many_may_open_an_empty_database_at_once(server: PostgresServer) -> None:
    states = [PostgresState(server.url) for _ in range(10)]
    async with anyio.create_task_group() as group:
        for state in states:
            group.start_soon(state.open)
    await put(states[0])
    assert await read(states[9]) == b"1"
    for state in states:
        await state.close()


@needs_quiet
def test_many_processes_may_open_an_empty_database_at_once(server: PostgresServer) -> None:
    assert in_processes(open_once, [(server.url,)] * 6) == [None] * 6


def open_once(url: str) -> None:
    async def main() -> None:
        async with opened(url) as state:
            await state.ping()

    anyio.run(main)


@needs_quiet
def test_a_process_killed_while_it_opens_leaves_nothing_half_made(server: PostgresServer) -> None:
    def check() -> None:
        open_once(server.url)
        server.ask(*(f"DROP TABLE {table}" for table in TABLES))

    rounds = size(20, 200)
    assert kill_during(opens, (server.url,), check, rounds=rounds) == rounds


def opens(sender: Connection, url: str) -> None:
    state = PostgresState(url)
    sender.send_bytes(b"begun")
    anyio.run(state.open)


async def test_a_table_of_a_newer_version_is_left_alone(server: PostgresServer) -> None:
    async with opened(server.url):
        pass
    server.ask("INSERT INTO agentkit_state_schema VALUES (99)")
    with pytest.raises(StateSchema, match="schema 99, this agentkit knows 1"):
        await PostgresState(server.url).open()


async def test_an_older_table_is_brought_up_to_date(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(server.url) as state:
        await put(state)
    step = "ALTER TABLE @table ADD COLUMN IF NOT EXISTS note text;"
    steps = (*postgres_schema.MIGRATIONS, step)
    monkeypatch.setattr(postgres_schema, "MIGRATIONS", steps)
    for _ in range(2):
        async with opened(server.url) as state:
            assert await read(state) == b"1"
    assert server.ask("SELECT note FROM agentkit_state") == [(None,)]
    assert server.ask("SELECT version FROM agentkit_state_schema ORDER BY 1") == [(1,), (2,)]


async def test_renewing_a_record_leaves_the_indexes_alone(server: PostgresServer) -> None:
    async with opened(server.url) as state:
        for number in range(20):
            await put(state, write_id=f"{number}")
        page = server.ask("SELECT ctid::text FROM agentkit_state")
        assert page[0][0].startswith("(0,")
        due = server.ask("SELECT due_at < expires_at FROM agentkit_state")
    assert due == [(True,)]


# Trouble


async def test_a_full_disk_is_told_and_passes(server: PostgresServer) -> None:
    async with opened(server.url) as state:
        version = await put(state)
        server.ask(
            "CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE disk_full; END $$"
            " LANGUAGE plpgsql",
            "CREATE TRIGGER full_disk BEFORE UPDATE ON agentkit_state"
            " FOR EACH ROW EXECUTE FUNCTION no_room()",
        )
        with pytest.raises(StateFull, match="PostgreSQL refused: disk_full"):
            await put(state, expect=version, write_id="b")
        assert await read(state) == b"1"
        server.ask("DROP FUNCTION no_room CASCADE")
        await put(state, expect=version, write_id="b")


@needs_quiet
async def test_a_row_that_somebody_keeps_locked_is_a_conflict(server: PostgresServer) -> None:
    async with opened(server.url, deadline_seconds=QUICK) as state:
        version = await put(state)
        with psycopg.connect(server.url) as other:
            other.execute("SELECT * FROM agentkit_state FOR UPDATE")
            with pytest.raises(StateConflict, match="lock timeout"):
                await put(state, expect=version, write_id="b")
            with pytest.raises(StateConflict, match="lock timeout"):
                await state.delete("k")
            assert await read(state) == b"1"
        await put(state, expect=version, write_id="b")


@needs_quiet
async def test_a_statement_that_takes_too_long_is_unavailable(server: PostgresServer) -> None:
    async with opened(server.url, deadline_seconds=QUICK) as state:
        with pytest.raises(StateUnavailable, match="statement timeout"):
            await state._read("SELECT pg_sleep(9)")
        await state.ping()


@needs_quiet
async def test_a_server_that_hangs_leaves_writes_unknown_and_applies_them_once(
    own_server: PostgresServer,
) -> None:
    async with opened(own_server.url, deadline_seconds=QUICK) as state:
        version = await put(state)
        own_server.pause()
        try:
            with pytest.raises(StateUnavailable):
                await state.get("k")
            with pytest.raises(StateUnavailable):
                await put(state, data=b"2", expect=version, write_id="b")
        finally:
            own_server.resume()
        second = await put(state, data=b"2", expect=version, write_id="b")
        assert second == version.replace(".1", ".2")


@needs_quiet
async def test_a_server_that_hangs_in_the_midst_of_a_write_leaves_it_unknown(
    own_server: PostgresServer,
) -> None:
    async with opened(own_server.url, deadline_seconds=QUICK) as state:
        version = await put(state)
        own_server.pause()
        try:
            with pytest.raises(StateUnknown):
                await put(state, data=b"2", expect=version, write_id="b")
        finally:
            own_server.resume()
        second = await put(state, data=b"2", expect=version, write_id="b")
        assert second == version.replace(".1", ".2")


@needs_quiet
async def test_a_server_that_takes_no_writes_is_left_for_one_that_does(
    own_server: PostgresServer,
) -> None:
    async with opened(own_server.url, deadline_seconds=QUICK) as state:
        version = await put(state)
        change = "ALTER SYSTEM SET default_transaction_read_only = on"
        own_server.ask(change, "SELECT pg_reload_conf()")
        with pytest.raises(StateUnavailable):
            await put(state, expect=version, write_id="b")
        own_server.ask(
            "SET default_transaction_read_only = off",
            change.replace("= on", "= off"),
            "SELECT pg_reload_conf()",
        )
        with anyio.fail_after(10):
            while not await writable(state, version):
                pass


async def writable(state: PostgresState, version: str) -> bool:
    try:
        await put(state, expect=version, write_id="b")
    except StateUnavailable:
        return False
    return True


async def test_connections_that_the_server_ended_are_replaced(server: PostgresServer) -> None:
    end_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    async with opened(server.url) as state:
        version = await put(state)
        server.ask(end_all)
        assert await read(state) == b"1"
        server.ask(end_all)
        await put(state, expect=version, write_id="b")


async def test_a_server_that_lost_writes_is_noticed(
    server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(server.url) as state:
        await put(state)
        await put(state, write_id="b")
        server.ask("UPDATE agentkit_state SET number = 1")
        await state.get("k")
    assert "state_went_back key=k" in warnings(caplog)


@pytest.mark.parametrize("final", [True, False])
async def test_a_repeated_delete_says_the_same(server: PostgresServer, final: bool) -> None:
    outcomes: list[object] = []
    async with opened(server.url) as state:
        await put(state)
        once = state._server.call

        async def thrice(exchange: Any, where: Any) -> Any:
            replies = [await once(exchange, where) for _ in range(3)]
            outcomes.extend(reply.value for reply in replies)
            return replies[-1]

        state._server.call = thrice  # type: ignore[method-assign]
        await state.delete("k", final=final)
    assert outcomes == [True, True, True]


@needs_quiet
async def test_damaged_bytes_are_seen(server: PostgresServer, record: Callable[..., None]) -> None:
    chance = random.Random(SEED)
    mutations = size(500, 10_000)
    async with opened(server.url) as state:
        await put(state, data=b'\x01{"cart":{"tea":2}}')
        [(whole,)] = server.ask("SELECT data FROM agentkit_state")
        with psycopg.connect(server.url, autocommit=True) as other:
            for _ in range(mutations):
                place = chance.randrange(len(whole))
                bad = whole[:place]
                if chance.random() > 0.3:
                    flipped = bytes([whole[place] ^ chance.randrange(1, 256)])
                    bad += flipped + whole[place + 1 :]
                other.execute("UPDATE agentkit_state SET data = %s", [bad])
                with pytest.raises(StateCorrupt):
                    await state.get("k")
        assert await state.delete("k", final=False)
        await put(state, expect=ABSENT, write_id="b")
    record("damage, PostgreSQL", mutations=mutations, seen=mutations)


# Event loops and processes


@pytest.mark.parametrize("uvloop", [False, True])
def test_one_store_serves_one_event_loop_after_another(
    server: PostgresServer, uvloop: bool
) -> None:
    state = PostgresState(server.url)

    async def use(number: int) -> None:
        await state.open()
        await put(state, f"k{number}")
        assert await read(state, "k0") == b"1"

    for number in range(3):
        anyio.run(use, number, backend_options={"use_uvloop": uvloop})
    while server.connections():
        pass


def test_one_store_serves_event_loops_of_several_threads(server: PostgresServer) -> None:
    state = PostgresState(server.url)
    anyio.run(state.open)

    async def use(number: int) -> None:
        async with anyio.create_task_group() as group:
            for each in range(20):
                group.start_soon(put, state, f"k{number}.{each}")

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda number: anyio.run(use, number), range(4))) == [None] * 4

    async def total() -> int:
        return len(await state.scan(limit=1_000))

    assert anyio.run(total) == 80


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_at_once_leaves_no_connection(server: PostgresServer) -> None:
    state = PostgresState(server.url)
    anyio.run(state.open)
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(put(state))
        loop.close()
    anyio.run(read, state)
    while server.connections():
        pass
    gc.collect()


def test_a_forked_child_uses_connections_of_its_own(server: PostgresServer) -> None:
    state = PostgresState(server.url)
    anyio.run(state.open)

    async def count() -> int:
        record = await state.get("k")
        expect, number = (ABSENT, 0) if record is None else (record.version, int(record.data))
        await put(state, data=b"%d" % (number + 1), expect=expect, write_id=f"{number}")
        return number + 1

    with asyncio.Runner() as runner:
        assert runner.run(count()) == 1
        assert in_child(lambda: asyncio.run(count())) == 2
        assert runner.run(count()) == 3
        runner.run(state.close())


# A pooler


@pytest.fixture
def pooler(server: PostgresServer) -> Pooler:
    return shared_pooler()


@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_the_contract_is_kept_behind_a_pooler(pooler: Pooler, case: Case) -> None:
    case.run(PostgresPlace(pooler.url))


@needs_quiet
def test_a_counter_behind_a_pooler_is_exact(pooler: Pooler, record: Callable[..., None]) -> None:
    spec = Spec("agentkit.state.postgres:PostgresState", (pooler.url,))
    counted = count(spec, total=size(320, 25_600), tasks=4)
    record("counter behind pgbouncer", counted)
    assert counted.wanted == counted.found == counted.writes


async def test_no_session_of_the_server_remembers_anything(
    pooler: Pooler, server: PostgresServer
) -> None:
    async with opened(pooler.url) as state:
        await put(state)
        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(put, state, f"k{number}")
    with psycopg.connect(pooler.url, autocommit=True, prepare_threshold=None) as session:
        for _ in range(8):
            prepared = session.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
            limit = session.execute("SHOW lock_timeout").fetchone()
            assert (prepared, limit) == ((0,), ("0",))
