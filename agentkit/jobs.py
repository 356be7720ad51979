"""Work that goes on after its request was answered: background tools.

A job is a task of its own from the beginning, so that its request can stop waiting for it at any
moment. A host that lives from request to request, as function platforms do, may freeze or end it;
its entry in the store then says that it was begun.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

import anyio

from agentkit import bridge
from agentkit.errors import AgentKitError
from agentkit.slots import busy

END_SECONDS = 25.0
"""How long an application that ends waits for its jobs."""

T = TypeVar("T")


class Job(Generic[T]):
    """One piece of work, and what it came to."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._value: T | None = None
        self._error: AgentKitError | None = None
        self._afterwards: Callable[[], Awaitable[None]] | None = None
        self.ended = anyio.Event()

    async def within(self, seconds: float) -> bool:
        """Wait for the work and say whether it has ended."""
        with anyio.move_on_after(seconds):
            await self.ended.wait()
        return self.ended.is_set()

    def result(self) -> T | None:
        """Return what the work gave, None when it was cancelled.

        Raises:
            AgentKitError: what it raised.
        """
        if self._error is not None:
            raise self._error
        return self._value

    def afterwards(self, follow: Callable[[], Awaitable[None]]) -> None:
        """Have something done when the work has ended, which it has not yet."""
        self._afterwards = follow

    async def run(self) -> None:
        """Do the work, and what follows."""
        try:
            self._value = await self._work()
        except AgentKitError as error:
            self._error = error
        finally:
            self.ended.set()
        if self._afterwards is not None:
            await self._afterwards()


class Jobs:
    """The jobs of one agent in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[object, Callable[[], object]] = {}
        self._ended: anyio.Event | None = None

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Callable[[], Awaitable[T]]) -> Job[T]:
        """Begin a job.

        Raises:
            RequestError: 503, there are too many.
        """
        if len(self._running) >= self._limit:
            raise busy()
        job = Job(work)
        self._running[job] = bridge.detach(partial(self._run, job))
        return job

    async def end(self, seconds: float = END_SECONDS) -> None:
        """Wait for all jobs, but not for ever: what is left is cancelled."""
        with anyio.move_on_after(seconds):
            while self._running:
                self._ended = anyio.Event()
                await self._ended.wait()
        for cancel in list(self._running.values()):
            cancel()

    async def _run(self, job: Job[T]) -> None:
        try:
            await job.run()
        finally:
            self._running.pop(job, None)
            if self._ended is not None:
                self._ended.set()
