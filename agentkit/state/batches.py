"""A thread that does together what waits together, for plain code and for coroutines.

What only one thread may use, or what costs much each time (a transaction on a disk), is given to a
`Worker`. Jobs that arrive while it is busy are its next batch. Results go back with one wake-up
for each event loop, however many of its coroutines wait: a tenth of what a hop through a pool of
threads costs each of them (measured: docs/reliability.md).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

from agentkit.errors import StateError, StateUnavailable, StateUnknown

MOST = 128
"""Most jobs in a batch."""

Owned = TypeVar("Owned")
T = TypeVar("T")


class Job(Generic[Owned]):
    """One piece of work and its outcome."""

    __slots__ = ("_value", "abandoned", "error", "loop", "settled", "work")

    def __init__(
        self, work: Callable[[Owned], object], settled: Callable[[], object], loop: Any = None
    ) -> None:
        self.work = work
        self.settled = settled
        self.loop = loop  # on which `settled` must be called, None if anywhere
        self.abandoned = False
        self.error: StateError | None = StateUnknown("the thread that did it has died")
        self._value: object = None

    def attempt(self, owned: Owned) -> None:
        """Do the work; a `StateError` is an outcome, any other error is raised."""
        try:
            self.finish(self.work(owned))
        except StateError as error:
            self.error = error

    def finish(self, value: object) -> None:
        """Let the caller have this result."""
        self._value = value
        self.error = None

    def fail(self, error: StateError) -> None:
        """Let the caller see this error: each caller gets one of its own."""
        self.error = type(error)(*error.args)
        self.error.__cause__ = error

    def result(self) -> Any:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self._value


class Worker(Generic[Owned]):
    """One thread, which is started when it is needed.

    Args:
        do: sees to the outcome of each job of a batch.
        name: of the thread.
    """

    def __init__(self, do: Callable[[Sequence[Job[Owned]]], None], name: str) -> None:
        self._do = do
        self._name = name
        self._queue: SimpleQueue[Job[Owned] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def wait(self, work: Callable[[Owned], T]) -> T:
        """Return the result of some work; the calling thread waits for it."""
        gate = threading.Lock()
        gate.acquire()
        job = Job(work, gate.release)
        self._post(job)
        try:
            gate.acquire()
        finally:
            job.abandoned = True
        result: T = job.result()
        return result

    async def run(self, work: Callable[[Owned], T]) -> T:
        """Return the result of some work; what has not begun when this is cancelled is not done."""
        done = anyio.Event()
        job = Job(work, done.set, current_token().native_token)
        self._post(job)
        try:
            await done.wait()
        finally:
            job.abandoned = True
        result: T = job.result()
        return result

    def stop(self) -> None:
        """Finish what waits and end the thread; what comes later is refused."""
        with self._lock:
            self._stopped = True
            self._queue.put(None)
            thread = self._thread
        if thread is not None:
            thread.join()

    def _post(self, job: Job[Owned]) -> None:
        with self._lock:
            if self._stopped:
                raise StateUnavailable("the store is closed")
            self._queue.put(job)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        going_on = True
        try:
            while going_on:
                jobs = self._next()
                going_on = None not in jobs
                self._do_all([job for job in jobs if job is not None and not job.abandoned])
        finally:
            if going_on:  # an error that nobody foresaw: others must not wait for ever
                self._start()

    def _next(self) -> list[Job[Owned] | None]:
        jobs = [self._queue.get()]
        while len(jobs) < MOST and not self._queue.empty():
            jobs.append(self._queue.get())
        return jobs

    def _do_all(self, jobs: list[Job[Owned]]) -> None:
        try:
            if jobs:
                self._do(jobs)
        finally:
            _settle(jobs)


def _settle(jobs: list[Job[Any]]) -> None:
    by_loop: dict[Any, list[Job[Any]]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, waiting in by_loop.items():
        if loop is None:
            _wake(waiting)
        else:
            # asyncio and trio, each in its own words
            post = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                post(_wake, waiting)


def _wake(jobs: list[Job[Any]]) -> None:
    for job in jobs:
        job.settled()
