"""A lock that processes and threads share, for the moment of one write.

It is a `flock` on a file that is made on first use and never removed: removing it would let two
hold "the" lock, one on the removed file and one on the new. The kernel releases it when its holder
dies. Threads of one process first queue for an ordinary lock, so that only one of them asks the
kernel. Nobody waits without end: the kernel is asked again and again, with growing pauses, until a
deadline.

Who asks again and again would never find the lock free while the threads of another process hand
it on to each other. So whoever waits touches the file, and a process that sees its file touched
stands back for a moment once it has had its turn.
"""

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentkit.errors import StateUnavailable
from agentkit.state.disk import refusals

WAIT_SECONDS = 5.0
"""How long a thread waits for a lock unless it is told otherwise."""

TURN_SECONDS = 0.01
"""How long the threads of one process may hand the lock on while another process waits."""

_KNOWN_LOCKS = Path("/proc/locks")
_FIRST_PAUSE = 0.0002
_LONGEST_PAUSE = 0.002
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_random = secrets.SystemRandom().random

# A forked child has its parent's locked files open too: should the parent be killed, they would
# stay locked for as long as the child lives.
_locked: set[int] = set()


def _let_go_in_child() -> None:
    for file in _locked:
        os.close(file)
    _locked.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


class FileLock:
    """One lock. It is not reentrant: who holds it and asks again waits for the deadline.

    A child process that was forked while it was held does not hold it.

    Args:
        path: the file, made with mode 0600.
        folder: a descriptor of an open folder that a relative path starts from.
        wait_seconds: how long to wait for it.
        clock: seconds that never go back.
        sleep: waits so many seconds.
    """

    __slots__ = (
        "_clock", "_folder", "_path", "_process", "_sleep", "_threads", "_touched", "_turn_began",
        "_wait_seconds",
    )  # fmt: skip

    def __init__(
        self,
        path: str | Path,
        *,
        folder: int | None = None,
        wait_seconds: float = WAIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._folder = folder
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._sleep = sleep
        self._threads = threading.Lock()
        self._process = os.getpid()
        self._turn_began = 0.0
        self._touched = 0

    @contextmanager
    def held(self, wait_seconds: float | None = None) -> Iterator[None]:
        """Hold the lock; with `wait_seconds=0`, only if it is free.

        Raises:
            StateUnavailable: somebody else kept it until the deadline, or the file cannot be made.
            StateFull: there is no room to make the file.
        """
        wait = self._wait_seconds if wait_seconds is None else wait_seconds
        deadline = self._clock() + wait
        threads = self._threads_of_this_process()
        if not threads.acquire(timeout=wait):
            raise StateUnavailable(f"another thread kept the lock {self._path} for {wait:g} s")
        try:
            file, process = self._lock(deadline), os.getpid()
            try:
                yield
            finally:
                if os.getpid() == process:  # else the lock is our parent's
                    _unlock(file)
        finally:
            threads.release()

    def _threads_of_this_process(self) -> threading.Lock:
        """After a fork, threads that no longer exist may have left the lock locked."""
        if os.getpid() != self._process:
            self._threads = threading.Lock()
            self._process = os.getpid()
        return self._threads

    def _lock(self, deadline: float) -> int:
        with refusals():
            file = os.open(self._path, _FLAGS, 0o600, dir_fd=self._folder)
            _locked.add(file)
            try:
                self._stand_back(file)
                self._ask(file, deadline)
            except BaseException:  # Ctrl-C ends the wait for a lock
                _unlock(file)
                raise
            return file

    def _ask(self, file: int, deadline: float) -> None:
        pause = _FIRST_PAUSE
        while not _try(file):
            left = deadline - self._clock()
            if left <= 0:
                raise StateUnavailable(f"the lock {self._path} is kept by {_holder(file)}")
            os.utime(file)
            self._sleep(min(left, pause * (0.5 + _random())))
            pause = min(_LONGEST_PAUSE, 2 * pause)
        if pause > _FIRST_PAUSE:
            self._begin_turn(file)

    def _stand_back(self, file: int) -> None:
        """Let others have the lock, if they wait and this process has had its turn."""
        if os.fstat(file).st_mtime_ns == self._touched or not self._touched:
            self._begin_turn(file)
        elif self._clock() - self._turn_began > TURN_SECONDS:
            self._sleep(2 * _LONGEST_PAUSE)
            self._begin_turn(file)

    def _begin_turn(self, file: int) -> None:
        self._touched = os.fstat(file).st_mtime_ns
        self._turn_began = self._clock()


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(file: int) -> None:
    """Unlock before closing: closing alone does nothing while a forked child has the file open."""
    _locked.discard(file)
    try:
        fcntl.flock(file, fcntl.LOCK_UN)
    finally:
        os.close(file)


def _holder(file: int) -> str:
    """Return who holds the lock, as far as the system tells."""
    known = os.fstat(file)
    device = f"{os.major(known.st_dev):02x}:{os.minor(known.st_dev):02x}"
    mark = f" {device}:{known.st_ino} "
    with suppress(OSError):
        for line in _KNOWN_LOCKS.read_text("ascii").splitlines():
            if mark in line and " FLOCK " in line:
                return f"process {line.split()[4]}"
    return "another process"
