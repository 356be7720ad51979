"""Worker threads for plain (sync) user code, so that it never stands on the event loop.

A queue and `call_soon_threadsafe` cost less than half of a hop through a general pool (measured:
docs/benchmarks.md). Threads start when work waits and none is idle, up to a limit. A thread that
outlives its call (a tool that hangs) cannot be stopped; it stops counting against the limit, so
that others still find a thread, and its late result is dropped.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

THREAD_LIMIT = 2048
"""Most threads that work at once in a process; those abandoned by their callers come on top.

It is only a stop: how many an agent may take says `agentkit.slots`."""


class LoopEndedError(Exception):
    """An event loop that should have done something is no more."""


_here = threading.local()


def caller_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop whose coroutine this thread works for, None in other threads."""
    return getattr(_here, "loop", None)


def run_on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on an event loop of another thread and return its result.

    Raises:
        LoopEndedError: the loop has ended, or did before the coroutine was done.
    """
    try:
        future = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError as error:
        work.close()
        raise LoopEndedError from error
    try:
        return future.result()
    except CancelledError as error:
        raise LoopEndedError from error


class _Job:
    """One function, and where its result is awaited."""

    __slots__ = ("abandoned", "context", "function", "future", "loop", "started")

    def __init__(self, function: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.context = contextvars.copy_context()
        self.started = False
        self.abandoned = False

    def settle(self, result: object) -> None:
        if not self.future.done():
            self.future.set_result(result)


class Threads:
    """Threads that run plain functions for the coroutines of any asyncio loop."""

    def __init__(self, limit: int = THREAD_LIMIT) -> None:
        self._limit = limit
        self._queue: SimpleQueue[_Job] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0  # threads that wait and are not promised to a job
        self._unclaimed = 0  # jobs that no thread is promised to
        self._abandoned = 0

    @property
    def abandoned(self) -> int:
        """How many threads still work for callers that are gone."""
        return self._abandoned

    async def run(self, function: Callable[[], Any]) -> Any:
        """Return what function returns, called in a thread with this task's context.

        The function must not raise. Cancelling the wait abandons the thread; what has begun runs
        on to its end, what has not begun is dropped.
        """
        job = _Job(function, asyncio.get_running_loop())
        with self._lock:
            self._claim_thread()
        self._queue.put(job)
        try:
            return await job.future
        except asyncio.CancelledError:
            self._abandon(job)
            raise

    def _claim_thread(self) -> None:
        if self._idle:
            self._idle -= 1
        elif self._threads - self._abandoned < self._limit:
            threading.Thread(target=self._work, name="agentkit-worker", daemon=True).start()
            self._threads += 1  # only when the system had one to give
        else:
            self._unclaimed += 1

    def _abandon(self, job: _Job) -> None:
        with self._lock:
            if job.started:
                job.abandoned = True
                self._abandoned += 1
                if self._unclaimed:
                    self._unclaimed -= 1
                    self._claim_thread()

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            with self._lock:
                job.started = not job.future.cancelled()
            _here.loop = job.loop
            result = job.context.run(job.function) if job.started else None
            _here.loop = None
            stay = self._next(job, result)
            del job, result  # an idle thread keeps nothing of a request
            if not stay:
                return

    def _next(self, job: _Job, result: object) -> bool:
        """Deliver a result, then say whether this thread is still needed."""
        with self._lock:
            job.started = False
            self._abandoned -= job.abandoned
            if self._threads - self._abandoned > self._limit:
                self._threads -= 1
                stay = False
            else:
                stay = True
                self._release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            job.loop.call_soon_threadsafe(job.settle, result)
        return stay

    def _release(self) -> None:
        if self._unclaimed:
            self._unclaimed -= 1
        else:
            self._idle += 1
