"""Files under many processes, kills, cancelled calls, forks and a clock that is set."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from agentkit.errors import StateConflict
from agentkit.state.base import ABSENT, STATE_THREADS, Expectation
from agentkit.state.file import FileState
from tests.reliability import harness
from tests.reliability.file_children import opens_and_closes, purges
from tests.reliability.harness import LONG, SEED, Spec, size
from tests.reliability.histories import broken, check, history
from tests.reliability.kills import kill_during, kill_writers
from tests.reliability.model import check_model
from tests.state.files import TTL, FilePlace, put, records, value
from tests.state.stores import Clock
from tests.state.threads import holds_in_child

Lines = Callable[..., None]

YEARS = 10 * 365.25 * 86_400.0

long = pytest.mark.timeout(1800 if LONG else 600)


def files(path: Path) -> Spec:
    return Spec("agentkit.state.file:FileState", (str(path),))


@long
def test_four_processes_count_exactly(tmp_path: Path, record: Lines) -> None:
    counted = harness.count(files(tmp_path), total=size(1_600, 256_000))
    record("counter, files", counted)
    assert counted.found == counted.writes == counted.wanted


@long
def test_a_history_of_four_processes_could_have_happened_one_by_one(
    tmp_path: Path, record: Lines
) -> None:
    checked, wrong = check(history(files(tmp_path), calls=size(5_000, 200_000)))
    record("linearizability, files", checked)
    assert wrong == []


@long
def test_the_same_history_shows_that_a_broken_store_is_broken(
    tmp_path: Path, record: Lines
) -> None:
    checked, wrong = check(history(broken(files(tmp_path)), calls=2_000))
    record("linearizability, files compared and swapped in two steps", checked)
    assert len(wrong) > 10


@long
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path, record: Lines) -> None:
    killed = kill_writers(files(tmp_path), rounds=size(100, 1_000))
    record("kill -9 of two writers, files", killed, seed=SEED)
    assert (killed.lost, killed.doubled, killed.unreadable) == (0, 0, 0)


@long
@pytest.mark.parametrize("work", [opens_and_closes, purges])
def test_a_kill_while_opening_closing_or_purging_leaves_a_sound_folder(
    tmp_path: Path, record: Lines, work: Callable[..., None]
) -> None:
    def assert_sound() -> None:
        store = FileState(tmp_path)
        assert value(store, "kept") == b"kept"
        put(store, "new")
        store.purge(1000)
        assert not [name for name in records(tmp_path) if "." in name]
        store.close()

    store = FileState(tmp_path)
    put(store, "kept", b"kept")
    store.close()
    kills = kill_during(work, (str(tmp_path),), assert_sound, rounds=size(25, 250))
    record(f"kill -9, files {work.__name__}", kills=kills, unsound=0, seed=SEED)


@long
def test_files_do_what_a_dict_would(
    tmp_path: Path, record: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)  # nothing crashes here
    folders = iter(range(1_000_000))
    walked = check_model(lambda: FilePlace(tmp_path / f"{next(folders)}"))
    record("model, files", walked, differences=0)


@long
@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_cancelled_calls_leave_no_wrong_answers(
    tmp_path: Path, record: Lines, library: str
) -> None:
    async def run() -> harness.Storm:
        async with harness.opened(files(tmp_path)) as store:
            # More tasks than threads: those that wait for one can be cancelled, no others.
            calls = size(10_000, 200_000) // 2
            return await harness.storm(store, calls=calls, tasks=3 * STATE_THREADS)

    result = anyio.run(run, backend=library)
    record(f"cancellation storm, files on {library}", result, seed=SEED)
    assert result.wrong == 0
    assert result.cancelled > result.completed / 10


def test_live_calls_outlive_a_stepped_clock(tmp_path: Path, record: Lines) -> None:
    wall, steady, chance = Clock(), Clock(5000.0), random.Random(SEED)
    keys: list[str] = []
    early = FileState(tmp_path, clock=wall, steady=steady)
    lost = 0
    for number in range(20):
        keys += [f"call:{number}.{each}" for each in range(10)]
        for key in keys[-10:]:
            put(early, key, key.encode(), final=True)
        wall.now += chance.choice([-YEARS, YEARS])
        late = FileState(tmp_path, clock=wall, steady=steady)  # a process that starts after it
        for store in (early, late):
            assert store.purge(1000) == 0
            lost += sum(value(store, key) != key.encode() for key in keys)
            assert len(store.scan(limit=1000)) == len(keys)
        record_now = late.get(keys[0])
        assert record_now is not None
        assert round(record_now.expires_at - wall.now) == TTL
        late.close()
    record("clock stepped by 10 years, files", steps=20, calls=len(keys), expired=lost)
    assert lost == 0
    for clock in (wall, steady):
        clock.now += TTL
    assert early.purge(1000) == len(keys)
    early.close()


@long
def test_forked_children_write_beside_their_parent(tmp_path: Path, record: Lines) -> None:
    store = FileState(tmp_path)
    children = size(20, 200)
    for _ in range(children):
        count_up(store)
        assert holds_in_child(lambda: count_up(store))
    found = value(store, "count")
    record("forks between writes, files", forks=children, found=found)
    assert found == b"%d" % (2 * children)
    store.close()


def count_up(store: FileState) -> bool:
    while True:
        found = store.get("count")
        expect: Expectation = ABSENT if found is None else found.version
        number = int(found.data if found else 0) + 1
        try:
            put(store, "count", b"%d" % number, expect=expect, write_id=os.urandom(8).hex())
        except StateConflict:  # pragma: no cover - nobody writes at the same time here
            continue
        return True
