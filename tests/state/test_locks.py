"""One holder at a time, in threads and in processes, and nobody waits without end."""

import errno
import fcntl
import os
import signal
import stat
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from agentkit.errors import StateFull, StateUnavailable
from agentkit.state import locks
from agentkit.state.locks import TURN_SECONDS, FileLock
from tests.state.stores import Clock
from tests.state.threads import holds_in_child


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


class Sleeper:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def is_free(path: Path) -> bool:
    try:
        take(FileLock(path, wait_seconds=0))
    except StateUnavailable:
        return False
    return True


def take(lock: FileLock) -> None:
    with lock.held():
        pass


def test_a_lock_excludes_every_other_lock_on_its_file(path: Path) -> None:
    with FileLock(path).held():
        assert not is_free(path)
    assert is_free(path)


def test_threads_hold_a_lock_one_after_the_other(path: Path) -> None:
    lock = FileLock(path)
    inside: list[int] = []
    most: list[int] = []

    def hold() -> None:
        for _ in range(100):
            with lock.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 400


def test_the_file_of_a_lock_is_private_and_stays(path: Path) -> None:
    lock = FileLock(path)
    with lock.held():
        made = path.stat()
    assert stat.S_IMODE(made.st_mode) == 0o600
    with lock.held():
        assert path.stat().st_ino == made.st_ino


def test_a_lock_can_be_relative_to_an_open_folder(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with FileLock("inside", folder=folder).held():
        assert not is_free(tmp_path / "inside")
    os.close(folder)


def test_a_lock_that_comes_free_is_taken(path: Path) -> None:
    holding = ExitStack()
    holding.enter_context(FileLock(path).held())
    waiting = FileLock(path, sleep=lambda _: holding.close())
    with waiting.held():
        assert not is_free(path)


def test_who_waits_gives_up_at_the_deadline_and_says_who_holds_the_lock(path: Path) -> None:
    clock = Sleeper()
    waiting = FileLock(path, wait_seconds=1.0, clock=clock, sleep=clock.sleep)
    with (
        FileLock(path).held(),
        pytest.raises(StateUnavailable, match=f"kept by process {os.getpid()}") as caught,
    ):
        take(waiting)
    assert caught.value.applied is False
    assert clock.now == pytest.approx(1.0)
    assert max(clock.pauses) <= 0.003
    assert is_free(path)


@pytest.mark.parametrize("known", ["", "1: POSIX ADVISORY WRITE 1 00:00:1 0 EOF\n", None])
def test_a_system_that_does_not_tell_the_holder_does_no_harm(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str | None
) -> None:
    monkeypatch.setattr(locks, "_KNOWN_LOCKS", tmp_path / "known")
    if known is not None:
        (tmp_path / "known").write_text(known, "ascii")
    with (
        FileLock(path).held(),
        pytest.raises(StateUnavailable, match="kept by another process"),
    ):
        take(FileLock(path, wait_seconds=0))


def test_a_lock_is_not_reentrant(path: Path) -> None:
    lock = FileLock(path, wait_seconds=0)
    with lock.held(), pytest.raises(StateUnavailable, match="another thread"):
        take(lock)
    assert is_free(path)


def test_a_lock_is_let_go_when_the_block_fails(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), FileLock(path).held():
        _ = 1 / 0
    assert is_free(path)


def test_a_process_that_had_its_turn_stands_back_while_another_waits(path: Path) -> None:
    clock = Sleeper()
    lock = FileLock(path, clock=clock, sleep=clock.sleep)
    take(lock)
    touch(path)
    take(lock)
    assert not clock.pauses
    clock.now += 2 * TURN_SECONDS
    take(lock)
    assert len(clock.pauses) == 1
    take(lock)
    assert len(clock.pauses) == 1


def test_a_process_alone_never_stands_back(path: Path) -> None:
    clock = Sleeper()
    lock = FileLock(path, clock=clock, sleep=clock.sleep)
    for _ in range(5):
        clock.now += 2 * TURN_SECONDS
        take(lock)
    assert not clock.pauses


def test_who_had_to_wait_does_not_stand_back_for_its_own_touch(path: Path) -> None:
    holding = ExitStack()
    holding.enter_context(FileLock(path).held())
    clock = Clock(0.0)
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        holding.close()

    lock = FileLock(path, clock=clock, sleep=sleep)
    take(lock)
    clock.advance(2 * TURN_SECONDS)
    take(lock)
    assert len(sleeps) == 1


def touch(path: Path) -> None:
    later = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))


def test_a_link_in_the_place_of_the_file_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    assert not is_free(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("agentkit.state.locks.os.open", refuse)
    with pytest.raises(StateFull) as caught:
        take(FileLock(path))
    assert caught.value.applied is False


def test_a_filesystem_without_locks_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock

    def refuse(file: int, operation: int) -> None:
        if operation != fcntl.LOCK_UN:
            raise OSError(errno.ENOLCK, "no locks")
        flock(file, operation)

    monkeypatch.setattr("agentkit.state.locks.fcntl.flock", refuse)
    with pytest.raises(StateUnavailable, match="no locks"):
        take(FileLock(path))


def test_a_forked_child_does_not_hold_the_lock_of_its_parent(path: Path) -> None:
    with FileLock(path).held():
        assert holds_in_child(lambda: not is_free(path))
        assert not is_free(path)


def test_a_lock_works_in_a_child_that_was_forked_while_a_thread_held_it(path: Path) -> None:
    lock = FileLock(path, wait_seconds=0)

    def hold() -> bool:  # pragma: no cover - measured in the parent
        with lock.held():
            return not is_free(path)

    lock._threads.acquire()  # as another thread does for a moment
    assert holds_in_child(hold)


def test_a_child_that_leaves_the_block_does_not_unlock_for_its_parent(path: Path) -> None:
    holding = ExitStack()
    holding.enter_context(FileLock(path).held())

    def leave() -> bool:  # pragma: no cover - measured in the parent
        holding.close()
        return not is_free(path)

    assert holds_in_child(leave)
    assert not is_free(path)
    holding.close()
    assert is_free(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forks beside threads
def test_a_lock_whose_holder_was_killed_is_free_though_its_child_lives(path: Path) -> None:
    ends, stays = os.pipe()  # the grandchild lives until the test closes its end
    child = os.fork()
    if not child:  # pragma: no cover - measured in the parent
        with FileLock(path).held():
            if not os.fork():
                os.close(stays)
                os.read(ends, 1)
                os._exit(0)
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    with FileLock(path).held():  # the grandchild may not have come to letting go yet
        os.close(stays)
    os.close(ends)


def test_what_a_fork_leaves_behind_is_let_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = FileLock(path)
    here = os.getpid()
    holding = ExitStack()
    holding.enter_context(lock.held())
    monkeypatch.setattr("agentkit.state.locks.os.getpid", lambda: here + 1)
    holding.close()  # as a child would, so it unlocks nothing
    assert not is_free(path)
    locks._let_go_in_child()
    with lock.held(0):
        assert not is_free(path)
