"""SQLite keeps the contract, its file to itself, and goes on after forks and stepped clocks."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import anyio
import pytest

from agentkit.errors import DefinitionError, StateUnavailable
from agentkit.state import folders, sqlite
from agentkit.state.base import ANY, BlockingBackend, Capabilities, StateBackend
from agentkit.state.sqlite import BlockingSQLite, SQLiteState, default_path
from agentkit.state.steps import HostClock
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.deadlines import LONG
from tests.state.stores import Clock


class SQLitePlace:
    """A file; every handle is as good as another process."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.path = path

    def backend(self) -> StateBackend | BlockingBackend:
        return SQLiteState(self.path, clock=self.clock)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


class BlockingPlace(SQLitePlace):
    """The same for plain code."""

    def backend(self) -> BlockingBackend:
        return SQLiteState(self.path, clock=self.clock).blocking


@pytest.mark.parametrize("library", ["asyncio", "trio"])
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_sqlite_keeps_the_contract(case: Case, library: str, tmp_path: Path) -> None:
    case.run(SQLitePlace(tmp_path / "state.sqlite3"), library)


@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_sqlite_keeps_the_contract_for_plain_code(case: Case, tmp_path: Path) -> None:
    case.run(BlockingPlace(tmp_path / "state.sqlite3"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "state.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[BlockingSQLite]:
    store = SQLiteState(path, clock=Clock()).blocking
    store.open()
    yield store
    store.close()


_ids = count()


def put(store: BlockingSQLite, key: str, data: bytes = b"data", ttl: float = 100.0) -> str:
    return store.put(key, data, expect=ANY, ttl_seconds=ttl, write_id=f"{next(_ids)}")


def data_of(store: BlockingSQLite, key: str) -> bytes | None:
    record = store.get(key)
    return None if record is None else record.data


def test_sqlite_is_durable_and_shared_by_the_processes_of_a_host(path: Path) -> None:
    state = SQLiteState(path)
    promised = Capabilities(durable=True, shared_between_processes=True)
    assert state.capabilities == state.blocking.capabilities == promised
    assert isinstance(state, StateBackend)
    assert isinstance(state.blocking, BlockingBackend)


def test_the_default_is_a_file_in_the_data_directory(private_home: Path) -> None:
    assert default_path() == private_home / "state.sqlite3"


@pytest.mark.parametrize("path", ["", ".", ":memory:"])
def test_a_path_that_names_no_file_is_refused(path: str) -> None:
    with pytest.raises(DefinitionError, match="MemoryState"):
        SQLiteState(path)


def test_the_times_are_those_of_the_system_unless_a_clock_is_given(path: Path) -> None:
    store = SQLiteState(path).blocking
    store.open()
    put(store, "k")
    record = store.get("k")
    store.close()
    assert record is not None
    assert record.created_at > 1_700_000_000


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_closed_store_says_so(path: Path, library: str) -> None:
    state = SQLiteState(path)

    async def use() -> None:
        with pytest.raises(StateUnavailable, match="closed"):
            await state.ping()
        await state.open()
        await state.ping()
        assert await state.purge(10) == 0
        await state.close()
        with pytest.raises(StateUnavailable, match="closed"):
            await state.get("k")

    anyio.run(use, backend=library)
    with pytest.raises(StateUnavailable, match="closed"):
        state.blocking.ping()


def test_a_call_that_waited_while_the_store_was_closed_is_refused(store: BlockingSQLite) -> None:
    file = store.file
    store.close()
    with pytest.raises(StateUnavailable, match="closed"):
        file.read(lambda table: table.get("k"))


def test_the_file_is_its_owners_alone(store: BlockingSQLite, path: Path) -> None:
    put(store, "k")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


def test_a_file_that_others_could_read_is_made_private(
    store: BlockingSQLite, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.close()
    path.chmod(0o644)
    store.open()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "state_file_was_readable_by_others" in caplog.text


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnavailable):
        SQLiteState(tmp_path / "file" / "state.sqlite3").blocking.open()


def test_a_network_filesystem_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "filesystem_of", lambda _: "nfs4")
    with pytest.raises(DefinitionError, match="nfs4"):
        SQLiteState(path).blocking.open()


def test_one_file_has_one_lock_whatever_links_lead_to_it(
    store: BlockingSQLite, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(path)
    other = SQLiteState(tmp_path / "link", clock=Clock()).blocking
    other.open()
    put(other, "k", b"other")
    other.close()
    assert data_of(store, "k") == b"other"
    assert not list(tmp_path.glob("*.lock"))


def test_the_version_of_sqlite_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store = SQLiteState(path).blocking
    store.open()
    store.close()
    assert f"sqlite={sqlite3.sqlite_version}" in caplog.text


def test_writes_collect_what_has_expired_without_a_purge(path: Path) -> None:
    clock = Clock()
    store = SQLiteState(path, clock=clock).blocking
    store.open()
    for number in range(100):
        put(store, f"old:{number}", ttl=10.0)
    clock.advance(20)
    for _ in range(100):
        put(store, "new")
    assert store.purge(1000) == 0
    store.close()


def test_renewed_records_are_looked_at_once_and_left_alone(path: Path) -> None:
    clock = Clock()
    store = SQLiteState(path, clock=clock).blocking
    store.open()
    for number in range(20):
        put(store, f"call:{number}", ttl=10.0)
        put(store, f"call:{number}", ttl=1000.0)
    clock.advance(20)
    assert store.purge(5) == 0
    assert len(store.scan()) == 20
    clock.advance(2000)
    assert store.purge(100) == 20
    store.close()


def test_a_file_that_was_removed_is_noticed_before_a_write_is_lost(
    store: BlockingSQLite, path: Path
) -> None:
    put(store, "k")
    for each in path.parent.iterdir():
        each.unlink()
    with pytest.raises(StateUnavailable):
        put(store, "k", b"late")
    put(store, "k", b"new")
    assert data_of(store, "k") == b"new"
    assert path.exists()


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_file_that_was_replaced_is_opened_anew_by_coroutines_too(
    path: Path, library: str
) -> None:
    state, backup = SQLiteState(path), path.with_name("backup")

    def go_back() -> None:
        for name in ("-wal", "-shm"):
            Path(f"{path}{name}").unlink()
        backup.rename(path)

    async def use() -> None:
        await state.open()
        await state.close()
        shutil.copy(path, backup)
        await state.open()
        go_back()
        with pytest.raises(StateUnavailable, match="replaced"):
            await state.ping()
        await state.ping()
        await state.close()

    anyio.run(use, backend=library)


def test_a_fork_waits_for_calls_and_the_parent_goes_on(store: BlockingSQLite) -> None:
    inside, leave = threading.Event(), threading.Event()

    def stay(_: object) -> None:
        inside.set()
        assert leave.wait(LONG)

    with ThreadPoolExecutor(2) as pool:
        staying = pool.submit(store.file.read, stay)
        assert inside.wait(LONG)
        forking = pool.submit(sqlite._before_fork)
        leave.set()
        staying.result(LONG)
        forking.result(LONG)
        late = pool.submit(put, store, "k", b"late")
        sqlite._after_fork_in_parent()
        late.result(LONG)
    assert data_of(store, "k") == b"late"


def test_a_child_opens_the_file_anew(store: BlockingSQLite) -> None:
    put(store, "k", b"before")
    parents = store.file
    sqlite._before_fork()
    sqlite._after_fork_in_child()  # here the threads of the parent live on
    parents._writer.stop()
    assert store.stale
    assert data_of(store, "k") == b"before"
    put(store, "k", b"after")
    assert data_of(store, "k") == b"after"


def test_a_closed_store_survives_a_fork_closed(store: BlockingSQLite) -> None:
    store.close()
    sqlite._before_fork()
    sqlite._after_fork_in_parent()
    sqlite._before_fork()
    sqlite._after_fork_in_child()
    assert not store.stale
    with pytest.raises(StateUnavailable, match="closed"):
        store.ping()


YEARS = 10 * 365.25 * 86_400


def place_in(boot: str, path: Path, wall: Clock, steady: Clock) -> BlockingSQLite:
    store = BlockingSQLite(path, partial(HostClock, wall, steady, boot))
    store.open()
    return store


@pytest.mark.parametrize("step", [-YEARS, YEARS, 100.0])
def test_a_stepped_clock_moves_the_times_with_it(
    path: Path, step: float, caplog: pytest.LogCaptureFixture
) -> None:
    wall, steady = Clock(), Clock(500.0)
    store = place_in("boot", path, wall, steady)
    put(store, "k")
    wall.now += step
    other = place_in("boot", path, wall, steady)
    assert "state_clock_was_stepped" in caplog.text
    for each in (store, other):
        record = each.get("k")
        assert record is not None
        assert (record.created_at, record.expires_at) == pytest.approx((wall.now, wall.now + 100))
        assert each.scan()[0].expires_at == pytest.approx(wall.now + 100)
        steady.now += 99
        wall.now += 99
        assert each.purge(10) == 0
        steady.now -= 99
        wall.now -= 99
    steady.now += 101
    wall.now += 101
    assert store.get("k") is None
    assert other.purge(10) == 1
    store.close()
    other.close()


def test_after_a_new_start_of_the_host_the_wall_time_counts(path: Path) -> None:
    wall, steady = Clock(), Clock(500.0)
    store = place_in("one boot", path, wall, steady)
    put(store, "k")
    store.close()
    steady.now = 5.0
    wall.now += 50
    store = place_in("the next", path, wall, steady)
    assert data_of(store, "k") == b"data"
    wall.now += 51
    steady.now += 51
    assert data_of(store, "k") is None
    store.close()
