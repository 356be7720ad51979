"""Whether the other threads of this process do something, or only wait for work.

Theory. Virtual time may jump when nothing is left to happen before. A thread that runs a tool, or
reads a file for the state, will still make something happen; one that sits in its pool and waits
for a job will not. Which of both is told by its stack, as no pool tells it itself.

* A thread whose innermost Python line does not call something that waits is working.
* A thread of a pool that waits within a job (the tool waits for an answer from its API) is working
  too, unless it waits for a future, whose completion is somebody else's work: often the loop's own.
* A pool's thread that waits for a job while there is one in its queue is about to work: it was not
  given the processor yet.

* A thread that did something before the call began, such as a server or a tool of another test that
  hangs, is not of the call until it has ended what it did then.

All of this is read from frames that may move on while they are read, so whoever relies on it
should look twice.
"""

import dis
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import lru_cache
from queue import Queue, SimpleQueue
from types import CodeType, FrameType

_WAITING = {"accept", "acquire", "control", "get", "join", "poll", "select", "_select", "wait"}
_LOADS = {"LOAD_ATTR", "LOAD_METHOD"}
_POOLS = (
    "/threading.py",
    "/queue.py",
    "/concurrent/futures/thread.py",
    "/anyio/_backends/_asyncio.py",
    "/agentkit/threads.py",
    "/agentkit/state/batches.py",
)
_RUNNERS = {  # the functions of pools that call jobs
    ("/concurrent/futures/thread.py", "_worker"),
    ("/anyio/_backends/_asyncio.py", "run"),
    ("/agentkit/threads.py", "_work"),
    ("/agentkit/state/batches.py", "_work"),
}
_GUARD = "/blockbuster/blockbuster.py"  # stands between a caller and whatever blocks
_FUTURE = ("/concurrent/futures/_base.py", "result")


def alone() -> bool:
    """Say whether there is no other thread."""
    return threading.active_count() == 1


class Others:
    """The threads besides this one, as they were when a call began."""

    def __init__(self) -> None:
        self._before = {} if alone() else {thread: _job(frame) for thread, frame in busy()}

    def working(self) -> bool:
        """Say whether any of them does something for the call."""
        return bool(self.at_work())

    def at_work(self) -> list[int]:
        """Return which of them do something for the call."""
        return [thread for thread, frame in busy() if self._before.get(thread) is not _job(frame)]


def busy() -> Iterator[tuple[int, FrameType]]:
    """Yield the threads but this one that do something, each with its innermost frame."""
    here = threading.get_ident()
    frames = sys._current_frames()  # noqa: SLF001 - public to those who debug, and documented
    return ((thread, frame) for thread, frame in frames.items()
            if thread != here and not _waits(frame))  # fmt: skip


def _job(frame: FrameType) -> FrameType:
    """Return the outermost frame of what a thread does, below the frames of its pool."""
    stack = list(_outwards(frame))
    own = [each for each in stack if not _file(each.f_code).endswith(_POOLS)]
    return (own or stack)[-1]


def _waits(innermost: FrameType) -> bool:
    stack = [each for each in _outwards(innermost) if not _file(each.f_code).endswith(_GUARD)]
    if stack[0].f_lineno not in _waiting_lines(stack[0].f_code):
        return False
    for frame in stack:
        if _is(frame.f_code, _FUTURE) and frame.f_locals["timeout"] is None:
            return not _is_done(frame.f_locals["self"])
    pool = [frame for frame in stack if _file(frame.f_code).endswith(_POOLS)]
    in_job = len(pool) < len(stack) and any(_runs_jobs(frame.f_code) for frame in pool)
    return not in_job and not any(_has_job(frame) for frame in pool)


def _is_done(future: "Future[object] | None") -> bool:
    return future is None or future.done()  # None when the result has just been fetched


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _has_job(frame: FrameType) -> bool:
    """Say whether a pool's function stands before a queue with something in it."""
    for value in frame.f_locals.values():
        for each in (value, *getattr(value, "__dict__", {}).values()):
            if isinstance(each, Queue | SimpleQueue) and not each.empty():
                return True
    return False


def _runs_jobs(code: CodeType) -> bool:
    return any(_is(code, runner) for runner in _RUNNERS)


def _is(code: CodeType, place: tuple[str, str]) -> bool:
    file, function = place
    return code.co_name == function and _file(code).endswith(file)


def _file(code: CodeType) -> str:
    return code.co_filename.replace("\\", "/")


@lru_cache(maxsize=1024)
def _waiting_lines(code: CodeType) -> frozenset[int]:
    """Return the lines on which a function calls something that waits, as far as names tell."""
    steps = dis.get_instructions(code)
    waits = (step for step in steps if step.opname in _LOADS and step.argval in _WAITING)
    return frozenset(
        step.positions.lineno for step in waits if step.positions and step.positions.lineno
    )
