"""Whenever the host crashes, files hold the old record or the new, and all that was promised."""

import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from agentkit.errors import StateCorrupt
from agentkit.state.disk import Disk
from agentkit.state.file_format import name_of
from agentkit.state.group import GroupCommit
from tests.reliability.crashes import (
    ABSENCE,
    DAMAGED,
    ENDED,
    RecordingDisk,
    Scenario,
    Trace,
    World,
    check,
    contents,
    without_syncs,
)
from tests.state.disks import BROKEN, FULL
from tests.state.threads import Arrivals


@pytest.fixture(autouse=True)
def idle_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentkit.state.disk.os.fsync", without_syncs)


def is_written_and_deleted(world: World) -> None:
    for value in ("1", "2", "3"):
        world.put("k", value)
    world.delete("k")


def is_made_again(world: World) -> None:
    world.put("k", "1")
    world.delete("k", final=False)
    world.put("k", "2")
    world.delete("k", final=False)


def ends_by_itself(world: World) -> None:
    world.put("k", "1")
    world.put("k", "2", final=True)
    world.pass_time("k", ENDED)
    world.state.purge(10)
    world.clock.advance(3600)
    world.pass_time("k", ABSENCE)
    world.state.purge(10)
    world.put("k", "3")


def meets_a_full_disk(world: World) -> None:
    world.put("k", "1")
    disk = world.disks[0]
    for call in ("write", "sync", "rename"):
        setattr(disk, call, refusing(getattr(type(disk), call), disk, first=call == "write"))
        world.put("k", f"refused at {call}")
        delattr(disk, call)
    world.put("k", "2")


def refusing(method: Callable[..., object], disk: Disk, *, first: bool) -> Callable[..., object]:
    """Return a system call that fails, when it writes only after the first bytes."""
    pieces = [7] if first else []

    def call(*args: object) -> object:
        if pieces:
            file, data = args
            assert isinstance(data, memoryview)
            return method(disk, file, data[: pieces.pop()])
        raise FULL

    return call


def is_damaged(world: World) -> None:
    world.put("k", "1")
    path = world.directory / "records" / name_of("k")
    path.write_bytes(path.read_bytes()[:-1])
    world.forget_the_past()
    world.trace.add("call begins", "k", DAMAGED)
    world.trace.add("call acknowledged", "k", DAMAGED)
    with pytest.raises(StateCorrupt):
        world.state.get("k")
    world.delete("k")


def share_a_sync(world: World) -> None:
    """While the folder is synced for one write, others come: to another key, and to the same."""
    directory = world.state._opened
    assert directory is not None
    directory.group._changed = arrivals = Arrivals()
    threads: list[threading.Thread] = []

    def others_come() -> None:
        for key, value in (("other", "1"), ("k", "2"), ("k", "3")):
            threads.append(threading.Thread(target=world.put, args=(key, value)))
            threads[-1].start()
            arrivals.arrived.acquire()

    world.trace.interlude = others_come
    world.put("k", "1")
    for thread in threads:
        thread.join()
    world.put("other", "2")


SCENARIOS: list[Scenario] = [
    is_written_and_deleted,
    is_made_again,
    ends_by_itself,
    meets_a_full_disk,
    is_damaged,
    share_a_sync,
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_crash_leaves_the_old_record_or_the_new(
    scenario: Scenario, tmp_path: Path, record: Callable[..., None]
) -> None:
    checked = check(scenario, tmp_path, RecordingDisk)
    record(f"crashes of files, a record {scenario.__name__}", checked)
    assert checked.states > 50
    assert checked.wrong == 0


class ForgetsToSyncFiles(RecordingDisk):
    def sync(self, file: int) -> None:
        pass


class ForgetsToSyncTheFolder(RecordingDisk):
    def sync_folder(self) -> None:
        pass


class RenamesFirst(RecordingDisk):
    """Writes what it was given when the name is in place."""

    def __init__(self, folder: int, trace: Trace) -> None:
        super().__init__(folder, trace)
        self.late: dict[int, bytes] = defaultdict(bytes)

    def write(self, file: int, data: memoryview) -> int:
        self.late[file] += data
        return len(data)

    def sync(self, file: int) -> None:
        pass

    def close(self, file: int) -> None:
        pass

    def rename(self, name: str, other: str) -> None:
        super().rename(name, other)
        for file, data in self.late.items():
            super().write(file, memoryview(data))
            super().sync(file)
            super().close(file)
        self.late.clear()


class SyncsInTheBackground(GroupCommit):
    def join(self) -> None:
        pass


class JoinsTheRunningSync(GroupCommit):
    """Takes a sync that is running already for one that covers the caller."""

    def join(self) -> None:
        with self._changed:
            came_late = self._running
            while self._running:
                self._changed.wait()
        if not came_late:
            super().join()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("disk", [ForgetsToSyncFiles, ForgetsToSyncTheFolder, RenamesFirst])
def test_a_disk_that_does_less_is_caught(
    disk: type[RecordingDisk], tmp_path: Path, record: Callable[..., None]
) -> None:
    checked = check(is_written_and_deleted, tmp_path, disk)
    record(f"crashes of files, broken on purpose: {disk.__name__}", checked)
    assert checked.wrong > 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", [SyncsInTheBackground, JoinsTheRunningSync])
def test_a_group_commit_that_does_less_is_caught(
    group: type[GroupCommit],
    tmp_path: Path,
    record: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentkit.state.directory.GroupCommit", group)
    scenario = is_written_and_deleted if group is SyncsInTheBackground else share_a_sync
    checked = check(scenario, tmp_path, RecordingDisk)
    record(f"crashes of files, broken on purpose: {group.__name__}", checked)
    assert checked.wrong > 0


def test_a_write_that_is_not_acknowledged_yet_may_be_lost_or_not(tmp_path: Path) -> None:
    world = World(tmp_path, RecordingDisk)
    world.put("k", "1")
    world.forget_the_past()
    world.put("k", "2")
    kinds = [event.kind for event in world.trace.events]
    assert kinds == [
        "call begins", "create", "write", "sync", "rename", "folder begins", "folder ends",
        "call acknowledged",
    ]  # fmt: skip
    assert len(contents(tmp_path)) == 1
    assert BROKEN.errno != FULL.errno
