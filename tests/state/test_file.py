"""The file store keeps the contract, on a disk that works and on one that fails."""

import gc
import os
import stat
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentkit.errors import (
    StateConflict,
    StateError,
    StateFull,
    StateUnavailable,
    StateUnknown,
)
from agentkit.state import file
from agentkit.state.base import ABSENT, Capabilities
from agentkit.state.disk import Disk
from agentkit.state.file import FileState
from agentkit.state.file_format import name_of
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.state.disks import BROKEN, FULL, QUOTA, Faults, Idle, PieceMeal, faulty
from tests.state.files import (
    FilePlace,
    descriptors,
    put,
    record_file,
    records,
    value,
)
from tests.state.stores import Clock
from tests.state.threads import Arrivals, holds_in_child, outcomes


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


@pytest.mark.parametrize("library", ["asyncio", "trio"])
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_files_keep_the_contract(case: Case, library: str, directory: Path) -> None:
    case.run(FilePlace(directory), library)


def test_files_are_durable_and_shared_by_the_processes_of_a_host(tmp_path: Path) -> None:
    assert FileState(tmp_path).capabilities == Capabilities(
        durable=True, shared_between_processes=True, shared_between_hosts=False
    )


# Opening and closing


def test_nothing_is_made_before_the_store_is_used(state: FileState, directory: Path) -> None:
    assert not (directory).exists()
    state.get("k")
    assert (directory).exists()


def test_everything_in_the_directory_is_its_owners_alone(state: FileState, directory: Path) -> None:
    put(state, "k")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in (directory).rglob("*") if each.is_dir()}
    assert modes == {0o700}
    files = [each for each in (directory).rglob("*") if each.is_file()]
    assert len(files) == 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_a_relative_directory_stays_where_it_is(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    state = FileState("state")
    monkeypatch.chdir("/")
    state.open()
    assert (directory).exists()


def test_the_clock_is_that_of_the_system_unless_given(tmp_path: Path) -> None:
    state = FileState(tmp_path)
    put(state, "k")
    record = state.get("k")
    assert record is not None
    assert record.created_at > 1_700_000_000


def test_what_writers_that_died_have_left_is_removed_at_open(
    state: FileState, directory: Path
) -> None:
    put(state, "k")
    state.close()
    left = record_file(directory, "k").with_suffix(".0123abcd.tmp")
    left.write_bytes(b"half a rec")
    others = record_file(directory, "k").with_suffix(".tmp")
    others.write_bytes(b"somebody else's")
    state.open()
    assert records(directory) == sorted([name_of("k"), others.name])


def test_what_a_living_writer_is_writing_is_left_alone_at_open(
    state: FileState, directory: Path
) -> None:
    put(state, "k")
    writing = record_file(directory, "k").with_suffix(".0123abcd.tmp")
    writing.touch()
    other = FileState(directory)
    with state._opened.lock(name_of("k")).held():  # type: ignore[union-attr]
        other.open()
    assert writing.exists()
    other.close()
    other.open()
    assert not writing.exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnavailable):
        FileState(tmp_path / place).open()


def test_an_open_that_fails_keeps_no_descriptor(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise BROKEN

    before = descriptors()
    with monkeypatch.context() as patched:
        patched.setattr("agentkit.state.directory.open_private", refuse)
        with pytest.raises(StateUnavailable):
            FileState(tmp_path).open()
    assert descriptors() == before


def test_a_store_that_is_closed_or_forgotten_keeps_no_descriptor(tmp_path: Path) -> None:
    before = descriptors()
    state = FileState(tmp_path)
    put(state, "k")
    state.close()
    assert descriptors() == before
    put(state, "k")
    assert descriptors() > before
    del state
    gc.collect()
    assert descriptors() == before


def test_a_close_waits_for_the_calls_that_are_under_way(state: FileState) -> None:
    put(state, "k", b"1")
    reading, go_on = threading.Event(), threading.Event()
    here = state._opened
    assert here is not None
    load = here.files.load

    def slowly(name: str) -> Any:
        reading.set()
        go_on.wait()
        return load(name)

    here.files.load = slowly  # type: ignore[method-assign]
    found: list[bytes | None] = []
    reader = threading.Thread(target=lambda: found.append(value(state, "k")))
    reader.start()
    reading.wait()
    state._changed = changed = Arrivals()
    closed: list[type[BaseException] | None] = []
    closing = outcomes(state.close, closed)
    changed.arrived.acquire()
    assert not closed
    go_on.set()
    reader.join()
    closing.join()
    assert found == [b"1"]
    assert closed == [None]


def test_a_forked_child_opens_the_store_anew(state: FileState) -> None:
    put(state, "k", b"1")
    here = state._opened

    def use() -> bool:  # pragma: no cover - measured in the parent
        put(state, "k", b"2")
        return state._opened not in {here, None}

    with state._opened.lock(name_of("k")).held():  # type: ignore[union-attr]
        pass
    assert holds_in_child(use)
    assert value(state, "k") == b"2"
    assert state._opened is here


def test_what_was_open_is_forgotten_in_a_child(state: FileState) -> None:
    put(state, "k", b"1")
    before = state._opened
    file._forget_in_child()
    assert state._opened is None
    assert value(state, "k") == b"1"
    assert state._opened is not before


# Disks that fail


@pytest.mark.parametrize(
    ("call", "failure", "kind"),
    [
        ("create", FULL, StateFull),
        ("write", FULL, StateFull),
        ("write", QUOTA, StateFull),
        ("write", BROKEN, StateUnavailable),
        ("date", BROKEN, StateUnavailable),
        ("sync", FULL, StateFull),
        ("sync", BROKEN, StateUnavailable),
        ("rename", FULL, StateFull),
        ("rename", BROKEN, StateUnavailable),
        ("read", BROKEN, StateUnavailable),
    ],
)
def test_a_write_that_fails_leaves_the_old_record(
    state: FileState,
    faults: Faults,
    directory: Path,
    call: str,
    failure: OSError,
    kind: type[StateError],
) -> None:
    version = put(state, "k", b"old")
    faults[call] = failure
    with pytest.raises(kind, match=str(failure.strerror)) as caught:
        put(state, "k", b"new")
    assert caught.value.applied is False
    faults.clear()
    assert value(state, "k") == b"old"
    assert records(directory) == [name_of("k")]
    put(state, "k", b"new", expect=version)
    assert value(state, "k") == b"new"


def test_a_write_whose_folder_cannot_be_synced_is_in_doubt_and_can_be_repeated(
    state: FileState, faults: Faults
) -> None:
    put(state, "k", b"old")
    faults["sync_folder"] = BROKEN
    for _ in range(2):
        with pytest.raises(StateUnknown) as caught:
            put(state, "k", b"new", write_id="a")
        assert caught.value.applied is None
    faults.clear()
    version = put(state, "k", b"new", write_id="a")
    record = state.get("k")
    assert record is not None
    assert (record.data, record.version) == (b"new", version)


def test_a_delete_whose_folder_cannot_be_synced_is_in_doubt(
    state: FileState, faults: Faults
) -> None:
    put(state, "k")
    faults["sync_folder"] = BROKEN
    for _ in range(2):
        with pytest.raises(StateUnknown):
            state.delete("k")
    faults.clear()
    assert state.delete("k") is False


def test_what_cannot_be_cleaned_up_is_left_to_the_next_open(
    state: FileState, faults: Faults, directory: Path
) -> None:
    put(state, "k", b"old")
    for call in ("sync", "rename"):
        faults.update({call: BROKEN, "unlink": FULL})
        with pytest.raises(StateUnavailable, match="input or output"):
            put(state, "k", b"new")
        faults.clear()
    assert len(records(directory)) == 3
    state.close()
    assert value(state, "k") == b"old"
    assert records(directory) == [name_of("k")]


def test_a_disk_that_writes_in_small_pieces_does_no_harm(tmp_path: Path) -> None:
    state = FileState(tmp_path, make_disk=PieceMeal)
    put(state, "k", bytes(range(256)))
    assert value(state, "k") == bytes(range(256))


def test_a_disk_that_writes_nothing_is_no_endless_loop(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable, match="nothing was written"):
        put(FileState(tmp_path, make_disk=Idle), "k", b"data")


@pytest.mark.parametrize(("call", "failure", "kind"), [
    ("write", FULL, StateFull), ("write", BROKEN, StateUnavailable),
])  # fmt: skip
def test_a_ping_tells_whether_the_disk_can_be_written(
    state: FileState, faults: Faults, directory: Path, call: str, failure: OSError, kind: Any
) -> None:
    state.ping()
    faults[call] = failure
    with pytest.raises(kind):
        state.ping()
    faults.clear()
    state.ping()
    assert not records(directory)


def test_a_lock_that_is_not_to_be_had_is_told(
    state: FileState, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state, "k", b"old")
    other = FileState(directory)
    other.open()
    lock = other._opened.lock(name_of("k"))  # type: ignore[union-attr]
    monkeypatch.setattr(lock, "_wait_seconds", 0.0)
    with (
        state._opened.lock(name_of("k")).held(),  # type: ignore[union-attr]
        pytest.raises(StateUnavailable, match=f"lock {name_of('k')[:2]} is kept by") as caught,
    ):
        put(other, "k", b"new")
    assert caught.value.applied is False
    assert value(state, "k") == b"old"


def test_a_file_is_read_to_its_end_whatever_its_size_is_said_to_be() -> None:
    folder = os.open("/proc/self", os.O_RDONLY)
    status = Disk(folder).read("status")  # its size is said to be 0
    os.close(folder)
    assert status is not None
    assert b"Pid:" in status


def test_a_file_that_cannot_be_opened_is_not_taken_for_none(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(OSError, match="too long"):
        Disk(folder).read("x" * 300)
    os.close(folder)


# Writes that wait together


def test_writes_of_different_keys_share_a_sync_of_the_folder(tmp_path: Path) -> None:
    syncing, go_on = threading.Semaphore(0), threading.Semaphore(0)
    syncs: list[int] = []

    class Slow(Disk):
        def sync_folder(self) -> None:
            syncs.append(1)
            syncing.release()
            go_on.acquire()

    state = FileState(tmp_path, make_disk=Slow)
    state.open()
    arrivals = Arrivals()
    state._opened.group._changed = arrivals  # type: ignore[union-attr]
    results: list[type[BaseException] | None] = []
    threads = [outcomes(partial(put, state, "first"), results)]
    syncing.acquire()
    for number in range(8):
        threads.append(outcomes(partial(put, state, f"k{number}"), results))
        arrivals.arrived.acquire()
    assert not results
    go_on.release(2)
    for thread in threads:
        thread.join()
    assert results == [None] * 9
    assert len(syncs) == 2
    assert len(state.scan()) == 9


def test_a_write_that_conflicts_does_not_wait_for_a_sync(state: FileState, faults: Faults) -> None:
    put(state, "k")
    faults["sync_folder"] = BROKEN
    with pytest.raises(StateConflict):
        put(state, "k", expect=ABSENT)
