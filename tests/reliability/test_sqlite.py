"""SQLite under load, kills, damage, a full disk, a stepped clock and forks."""

import os
import random
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import anyio
import pytest

from agentkit.errors import StateCorrupt, StateFull
from agentkit.state import sqlite_format
from agentkit.state.base import Record
from agentkit.state.sqlite import BlockingSQLite, SQLiteState
from tests.reliability import harness
from tests.reliability.harness import SEED, Spec, size
from tests.reliability.histories import broken, check, history
from tests.reliability.kills import kill_during, kill_writers
from tests.reliability.model import check_model
from tests.reliability.sqlite_work import (
    NEXT_STEP,
    TTL,
    fork_and_write,
    live_and_purge,
    migrates,
    opened,
    opens_and_closes,
    purges,
    put,
)
from tests.state.stores import Clock
from tests.state.test_sqlite import SQLitePlace

Lines = Callable[..., None]


def sqlite(path: Path) -> Spec:
    return Spec("agentkit.state.sqlite:SQLiteState", (str(path),))


# Many processes


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_four_processes_count_exactly(tmp_path: Path, record: Lines) -> None:
    counted = harness.count(sqlite(tmp_path / "s"), total=size(1_600, 256_000))
    record("counter, SQLite", counted)
    assert counted.found == counted.writes == counted.wanted


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_a_history_of_four_processes_could_have_happened_one_by_one(
    tmp_path: Path, record: Lines
) -> None:
    checked, wrong = check(history(sqlite(tmp_path / "s"), calls=size(5_000, 200_000)))
    record("linearizability, SQLite", checked)
    assert wrong == []


@pytest.mark.timeout(600)
def test_the_same_history_shows_that_a_broken_store_is_broken(
    tmp_path: Path, record: Lines
) -> None:
    checked, wrong = check(history(broken(sqlite(tmp_path / "s")), calls=2_000))
    record("linearizability, SQLite compared and swapped in two steps", checked)
    assert len(wrong) > 10


# Kills


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path, record: Lines) -> None:
    killed = kill_writers(sqlite(tmp_path / "s"), rounds=size(50, 500))
    record("kill -9 of writers, SQLite", killed, seed=SEED)
    assert (killed.lost, killed.doubled, killed.unreadable) == (0, 0, 0)


@pytest.mark.timeout(1800 if harness.LONG else 300)
@pytest.mark.parametrize("work", [opens_and_closes, purges])
def test_a_kill_while_opening_closing_or_purging_leaves_a_sound_file(
    tmp_path: Path, record: Lines, work: Callable[..., None]
) -> None:
    path = tmp_path / "s"
    with opened(path) as store:
        put(store, "kept", b"kept")

    kills = kill_during(
        work, (str(path),), lambda: assert_sound(path, ["kept"]), rounds=size(20, 200)
    )
    record(f"kill -9, SQLite {work.__name__}", kills=kills, unsound=0, seed=SEED)


@pytest.mark.timeout(1800 if harness.LONG else 300)
def test_a_kill_while_migrating_leaves_the_old_schema_or_the_new(
    tmp_path: Path, record: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, path = tmp_path / "old", tmp_path / "s"
    keys = [f"call:{number}" for number in range(300)]
    with opened(old) as store:
        for key in keys:
            put(store, key, key.encode())
    shutil.copy(old, path)
    steps = sqlite_format.STEPS
    schemas: Counter[int] = Counter()

    def still_sound() -> None:
        monkeypatch.setattr(sqlite_format, "STEPS", (*steps, NEXT_STEP))
        schemas[schema_of(path)] += 1
        assert_sound(path, keys)
        shutil.copy(old, path)

    rounds = size(20, 200)
    kill_during(migrates, (str(path),), still_sound, rounds=rounds, longest_seconds=0.016)
    record("kill -9, SQLite migrates", kills=rounds, unsound=0, old=schemas[1], new=schemas[2])
    assert schemas.total() == rounds


def schema_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return sqlite_format.read_about(connection).schema
    finally:
        connection.close()


def assert_sound(path: Path, keys: list[str]) -> None:
    with opened(path) as store:
        for key in keys:
            found = store.get(key)
            assert found is not None
            assert found.data == key.encode()
        store.purge(1000)
        put(store, "new")
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    assert sqlite_format.damage(connection) == "ok"
    connection.close()


# Damage


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_flipped_bytes_are_detected_or_do_no_harm(quick_disk: Path, record: Lines) -> None:
    clock, chance = Clock(), random.Random(SEED)
    sound, folder = quick_disk / "sound", quick_disk / "damaged"
    wanted = stored_records(sound, clock)
    original = sound.read_bytes()
    seen: Counter[str] = Counter()
    for _ in range(size(1_000, 20_000)):
        folder.mkdir()
        path = folder / "s"
        path.write_bytes(damaged(original, chance))
        path.chmod(0o600)
        shutil.copy(f"{sound}.lock", f"{path}.lock")
        seen[what_is_read(path, clock, wanted)] += 1
        shutil.rmtree(folder)
    record("flipped bytes, SQLite", seed=SEED, bytes=len(original), **seen)
    assert seen["wrong"] == 0
    assert seen["detected"] > size(100, 2_000)


def stored_records(path: Path, clock: Clock) -> dict[str, Record | None]:
    """Return what a file holds: short values and long, live, expired and ended."""
    keys = [f"call:{number}" for number in range(60)]
    with opened(path, clock) as store:
        for number, key in enumerate(keys):
            data = f"{key} ".encode() * (4 ** (number % 6))
            put(store, key, data, TTL if number % 10 else 5.0)
        store.delete(keys[-1])
        clock.advance(10)
    with opened(path, clock) as store:
        return {key: store.get(key) for key in (*keys, "call:none")}


def damaged(original: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a bit, a byte or a run of bytes changed, or cut off."""
    data = bytearray(original)
    place = chance.randrange(len(data)) if chance.random() < 0.8 else chance.randrange(200)
    kind = chance.choice(["bit", "byte", "run", "zeros", "cut"])
    if kind == "bit":
        data[place] ^= 1 << chance.randrange(8)
    elif kind == "byte":
        data[place] = chance.randrange(256)
    elif kind == "run":
        length = len(data[place : place + 50])
        data[place : place + 50] = chance.randbytes(length)
    elif kind == "zeros":
        data[place : place + 500] = bytes(len(data[place : place + 500]))
    else:
        del data[place:]
    return bytes(data)


WORST_LAST = ("harmless", "detected", "wrong")


def what_is_read(path: Path, clock: Clock, wanted: dict[str, Record | None]) -> str:
    """Return the worst that comes of reading and writing; only `StateCorrupt` may be raised."""
    seen = set()
    try:
        with opened(path, clock) as store:
            seen = {outcome(work) for work in works(store, wanted)}
    except StateCorrupt:
        seen = {"detected"}
    return max(seen, key=WORST_LAST.index)


def outcome(work: Callable[[], bool]) -> str:
    try:
        return "harmless" if work() else "wrong"
    except StateCorrupt:
        return "detected"


def works(store: BlockingSQLite, wanted: dict[str, Record | None]) -> Iterator[Callable[[], bool]]:
    for key, record in wanted.items():
        yield partial(same, store, key, record)
    known = wanted.keys()
    yield lambda: {entry.key for entry in store.scan("", limit=1000)} <= known
    yield lambda: bool(put(store, "call:0"))
    yield lambda: bool(put(store, "call:none"))
    yield lambda: store.purge(1000) >= 0


def same(store: BlockingSQLite, key: str, wanted: Record | None) -> bool:
    return store.get(key) == wanted


def test_a_full_disk_refuses_writes_and_keeps_what_was_written(
    small_disk: Path, record: Lines
) -> None:
    path = small_disk / "s"
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    acknowledged: dict[str, bytes] = {}
    with opened(path) as store:
        for _ in range(size(20, 200)):
            write_many(store, acknowledged, chance)
            fill(small_disk, leaving=chance.randrange(60_000))
            seen += write_many(store, acknowledged, chance)
            with pytest.raises(StateFull):
                put(store, "call:large", bytes(9_000_000))  # more than the disk
            seen["lost"] += lost(store, acknowledged)
            seen["lost"] += lost_to_others(path, acknowledged)
            (small_disk / "filler").unlink()
            recovered = write_many(store, acknowledged, chance)
            assert recovered["refused"] == 0
            seen["cycles"] += 1
    record("full disk, SQLite", seed=SEED, **seen)
    assert seen["lost"] == 0
    assert seen["refused"] > 0


def fill(disk: Path, leaving: int) -> None:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    os.truncate(filler, max(0, filler.stat().st_size - leaving))


def write_many(
    store: BlockingSQLite, acknowledged: dict[str, bytes], chance: random.Random
) -> Counter[str]:
    """Write values of many sizes; only a full disk may refuse one."""
    seen: Counter[str] = Counter()
    for number in range(30):
        key, data = f"call:{number % 7}", chance.randbytes(chance.choice([50, 500, 9_000]))
        try:
            put(store, key, data)
        except StateFull:
            seen["refused"] += 1
        else:
            acknowledged[key] = data
            seen["written"] += 1
    return seen


def lost(store: BlockingSQLite, acknowledged: dict[str, bytes]) -> int:
    found = {key: store.get(key) for key in acknowledged}
    return sum(record is None or record.data != acknowledged[key] for key, record in found.items())


def lost_to_others(path: Path, acknowledged: dict[str, bytes]) -> int:
    """Open the file once more on the full disk, where the other handle keeps its side files."""
    with opened(path) as other:
        return lost(other, acknowledged)


def test_opening_on_a_full_disk_says_so_and_works_once_there_is_room(small_disk: Path) -> None:
    path = small_disk / "s"
    with opened(path) as store:
        put(store, "call:a", b"kept")
    fill(small_disk, leaving=0)
    with pytest.raises(StateFull):
        SQLiteState(path).blocking.open()
    (small_disk / "filler").unlink()
    with opened(path) as store:
        found = store.get("call:a")
    assert found is not None
    assert found.data == b"kept"


# One process


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_sqlite_does_what_a_dict_would(quick_disk: Path, record: Lines) -> None:
    folders = iter(range(1_000_000))
    walked = check_model(lambda: SQLitePlace(quick_disk / f"{next(folders)}" / "s"))
    record("model, SQLite", walked, differences=0)


@pytest.mark.timeout(1800 if harness.LONG else 300)
@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_cancelled_calls_leave_no_wrong_answers(
    tmp_path: Path, record: Lines, library: str
) -> None:
    async def run() -> harness.Storm:
        async with harness.opened(sqlite(tmp_path / "s")) as store:
            return await harness.storm(store, calls=size(10_000, 200_000) // 2)

    threads = threading.active_count()
    result = anyio.run(run, backend=library)
    record(f"cancellation storm, SQLite on {library}", result, seed=SEED)
    assert result.wrong == 0
    assert result.cancelled > result.completed / 10
    assert threading.active_count() <= threads + 2  # those of the event loop stay for a while


def test_live_calls_outlive_a_stepped_clock(tmp_path: Path, record: Lines) -> None:
    wall, steady = Clock(), Clock(5000.0)
    years = 10 * 365.25 * 86_400
    path = tmp_path / "s"
    chance = random.Random(SEED)
    keys: list[str] = []
    for number in range(20):
        with opened_beside(path, wall, steady) as early:
            keys += [f"call:{number}.{each}" for each in range(10)]
            for key in keys[-10:]:
                put(early, key, key.encode())
            wall.now += chance.choice([-years, years])
            with opened_beside(path, wall, steady) as late:
                for store in (early, late):
                    assert store.purge(1000) == 0
                    assert all(store.get(key) is not None for key in keys)
                    assert len(store.scan(limit=1000)) == len(keys)
                    found = store.get(keys[-1])
                    assert found is not None
                    assert round(found.expires_at - wall.now) == TTL
    with opened_beside(path, wall, steady) as store:
        wall.now += TTL
        steady.now += TTL
        assert store.purge(1000) == len(keys)
    record("clock stepped by 10 years, SQLite", steps=20, calls=len(keys), expired=0)


@contextmanager
def opened_beside(path: Path, wall: Clock, steady: Clock) -> Iterator[BlockingSQLite]:
    store = SQLiteState(path, clock=wall, steady=steady).blocking
    store.open()
    try:
        yield store
    finally:
        store.close()


# Forks


@pytest.mark.timeout(600)
def test_a_forked_child_opens_the_file_anew(tmp_path: Path, record: Lines) -> None:
    [(forks, writes, found)] = harness.in_processes(
        fork_and_write, [(str(tmp_path / "s"), size(20, 200))]
    )
    record("forks amid writes, SQLite", forks=forks, writes=writes, found=found)
    assert found == writes


# Memory


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_memory_is_given_back_after_a_purge(quick_disk: Path, record: Lines) -> None:
    calls = size(100_000, 1_000_000)
    [(before, full, after)] = harness.in_processes(live_and_purge, [(str(quick_disk / "s"), calls)])
    record("memory, SQLite", calls=calls, before=before, full=full, after=after, unit="MiB")
    assert after - before <= 10
