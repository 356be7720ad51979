"""What has expired is collected, what lives is not, and listings go on where they ended."""

import os
from pathlib import Path

import pytest

from agentkit.errors import (
    CallEnded,
    StateUnavailable,
)
from agentkit.state.file import FileState
from agentkit.state.file_format import name_of
from tests.state.disks import BROKEN, FULL, Faults, faulty
from tests.state.files import (
    TTL,
    put,
    record_file,
    records,
    value,
)
from tests.state.stores import Clock


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def faults() -> Faults:
    return {}


@pytest.fixture
def state(directory: Path, clock: Clock, faults: Faults) -> FileState:
    """A store on a disk that fails as `faults` says."""
    return FileState(directory, clock=clock, make_disk=faulty(faults))


def test_a_purge_on_a_full_disk_still_makes_room(
    state: FileState, faults: Faults, clock: Clock, directory: Path
) -> None:
    put(state, "plain")
    put(state, "final", final=True)
    clock.advance(TTL)
    faults["create"] = FULL
    assert state.purge(10) == 1
    assert records(directory) == [name_of("final")]
    faults.clear()
    assert state.purge(10) == 1
    with pytest.raises(CallEnded):
        put(state, "final")


def test_a_purge_on_a_broken_disk_fails(state: FileState, faults: Faults, clock: Clock) -> None:
    put(state, "k")
    clock.advance(TTL)
    faults["unlink"] = BROKEN
    with pytest.raises(StateUnavailable):
        state.purge(10)


def test_a_purge_believes_the_record_and_not_its_file(
    state: FileState, directory: Path, clock: Clock
) -> None:
    put(state, "k", b"1")
    os.utime(record_file(directory, "k"), (0, 0))  # as after a restore
    assert state.purge(10) == 0
    assert value(state, "k") == b"1"
    clock.advance(TTL)
    assert state.purge(10) == 1


def test_a_purge_need_not_read_what_lives(tmp_path: Path, faults: Faults) -> None:
    state = FileState(tmp_path, make_disk=faulty(faults))
    put(state, "k")
    faults["read"] = BROKEN
    assert state.purge(10) == 0


def test_a_purge_finds_what_was_written_by_a_clock_that_was_set_back(tmp_path: Path) -> None:
    wall, steady = Clock(2_000_000_000.0), Clock(0.0)
    state = FileState(tmp_path, clock=wall, steady=steady)
    put(state, "k")
    wall.advance(-1e9)
    assert state.purge(10) == 0
    wall.advance(TTL)
    steady.advance(TTL)
    assert state.purge(10) == 1


def test_what_goes_while_a_purge_looks_is_no_failure(state: FileState, clock: Clock) -> None:
    put(state, "k")
    clock.advance(TTL)
    here = state._opened
    assert here is not None
    due = here.files.perhaps_due

    def too_early(now: float) -> list[str]:
        return [name_of("gone"), *due(now)]

    here.files.perhaps_due = too_early  # type: ignore[method-assign]
    assert state.purge(10) == 1


def test_what_goes_while_a_scan_looks_is_no_failure(state: FileState) -> None:
    put(state, "k")
    here = state._opened
    assert here is not None
    here.files.names = lambda: sorted([name_of("gone"), name_of("k")])  # type: ignore[method-assign]
    assert [entry.key for entry in state.scan()] == ["k"]


def test_a_file_that_goes_while_the_folder_is_listed_is_no_failure(
    state: FileState, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state, "k")
    scandir = os.scandir

    class Vanishing:
        def __init__(self, folder: int) -> None:
            self.entries = scandir(folder)

        def __enter__(self) -> list[os.DirEntry[str]]:
            found = list(self.entries)
            record_file(directory, "k").unlink()
            return found

        def __exit__(self, *_: object) -> None:
            self.entries.close()

    monkeypatch.setattr("agentkit.state.disk.os.scandir", Vanishing)
    assert state.purge(10) == 0


def test_pages_go_on_after_a_key_that_is_gone(state: FileState) -> None:
    for number in range(9):
        put(state, f"call:{number}")
    first = state.scan(limit=4)
    state.delete(first[-1].key)
    rest = state.scan(after=first[-1].key)
    assert sorted(entry.key for entry in [*first, *rest]) == [f"call:{n}" for n in range(9)]
    assert state.scan(limit=0) == []


def test_files_of_others_are_left_alone(state: FileState, directory: Path, clock: Clock) -> None:
    state.open()
    foreign = directory / "records" / "README"
    foreign.write_bytes(b"hello")
    os.utime(foreign, (0, 0))
    assert state.scan() == []
    assert state.purge(10) == 0
    assert foreign.exists()
