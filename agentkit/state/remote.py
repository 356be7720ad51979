"""Calls to a server: tried again while there is hope, and honest about what became of them.

Theory. A call is lost before it was sent, or after. Before: nothing was executed; it is tried again
on a new connection until its deadline, and then the store is unavailable. After: it may have been
executed. It is sent again as it was, with the same write id, which answers both questions at once:
a server that applied the write answers with the version it made the first time, one that did not
applies it now. If no answer comes until the deadline, the fate of the write is unknown.

An attempt that is slow is given up after half of the time, so that there is time for another. It
may still arrive later: the write id sees to that, too.

A connection that failed says that the server may be gone, and then no other one is any better. But
when somebody was answered meanwhile the server is only busy: to make all connections anew would
keep it busier still.
"""

import asyncio  # noqa: TID251 - `AsyncioPortal` sees to it that this runs on asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import anyio

from agentkit.errors import StateError, StateUnavailable, StateUnknown
from agentkit.loops import asyncio_loop
from agentkit.state.connections import A, Answered, Connections, Pool, W
from agentkit.state.portal import AsyncioPortal

DEADLINE_SECONDS = 5.0
"""How long a call may take, with all its attempts."""

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.2
_QUICK_MOVES = 4  # from server to server, before a call pauses

T = TypeVar("T")


class NotConnected(Exception):
    """No connection could be made; nothing was sent."""


class Lost(Exception):
    """The connection was lost after something was sent."""


class NotNow(Exception):
    """The server starts, or became a replica: nothing was executed."""


class Moved(Answered):
    """Another server is in charge: nothing was executed."""


class Reply(NamedTuple, Generic[T]):
    """What a call was answered, and whether an earlier attempt may have been executed too."""

    value: T
    repeated: bool


class Server(Generic[W, A]):
    """One server, or several that act as one.

    Args:
        connect: makes a connection to an address, or raises `NotConnected` or `NotNow`.
        most: the most connections of one event loop to one address.
        deadline_seconds: how long a call may take; one attempt gets half of it.
    """

    def __init__(
        self, connect: Callable[[A], Awaitable[W]], *, most: int, deadline_seconds: float
    ) -> None:
        self._connections = Connections(connect, most)
        self._portal = AsyncioPortal()
        self._deadline_seconds = deadline_seconds

    def call(
        self, exchange: Callable[[W], Awaitable[T]], where: Callable[[], A]
    ) -> Coroutine[Any, Any, Reply[T]]:
        """Have something done that may be done again.

        Args:
            exchange: asks over a connection; it raises `Lost`, `NotNow`, `Moved` or a `StateError`.
            where: tells the address of the next attempt.

        Raises:
            StateUnavailable: nothing was executed.
            StateUnknown: nobody knows.

        What was sent is waited for, for the time of an attempt, also when the caller is cancelled:
        a write that was given up must not be made after the next one.
        """
        return self._portal.run(partial(self._call, exchange, where, waits=True))

    async def read(self, exchange: Callable[[W], Awaitable[T]], where: Callable[[], A]) -> T:
        """Have something done that changes nothing.

        Raises:
            StateUnavailable: it was not answered in time.
        """
        work = partial(self._call, exchange, where, waits=False)
        return (await self._portal.run(work)).value

    async def close(self) -> None:
        """Let go of all connections; the next call makes new ones."""
        if asyncio_loop() is not None:
            await self._connections.close()
        await self._portal.close()

    async def _call(
        self, exchange: Callable[[W], Awaitable[T]], where: Callable[[], A], *, waits: bool
    ) -> Reply[T]:
        attempts = _Attempts(self._deadline_seconds)
        while True:
            pool = await self._connections.pool(where())
            try:
                with pool.limits.until(attempts.begin()) as limit:
                    async with pool.lease(fresh=attempts.fresh) as wire:
                        attempts.sent = limit.shield = waits
                        return Reply(await exchange(wire), attempts.in_doubt)
                raise TimeoutError  # noqa: TRY301 - the scope has ended the attempt
            except StateError as refusal:  # of this attempt: it says nothing of earlier ones
                if attempts.in_doubt:
                    raise StateUnknown(str(refusal)) from refusal
                raise
            except Moved as move:
                await attempts.failed(move)
            except (NotConnected, NotNow, Lost, TimeoutError) as failure:
                attempts.fresh = not attempts.was_alone(failure, pool)
                if attempts.fresh:
                    await pool.drop_idle()  # the others will be no better
                await attempts.failed(failure)


class _Attempts:
    """The attempts of one call."""

    def __init__(self, seconds: float) -> None:
        self._longest = seconds / 2
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + seconds
        self._began = 0.0
        self._moves = 0
        self._failures = 0
        self.fresh = False
        self.sent = False
        self.in_doubt = False

    def begin(self) -> float:
        """Begin an attempt and return when it is to be given up."""
        self._began = self._now()
        return min(self._deadline, self._began + self._longest)

    def was_alone(self, failure: Exception, pool: Pool[W]) -> bool:
        """Say whether an attempt failed while others were answered: the server is there."""
        return isinstance(failure, Lost | TimeoutError) and pool.answered_since(self._began)

    async def failed(self, failure: Exception) -> None:
        """Pause before the next attempt, or raise if there is no time for one."""
        self.in_doubt |= self.sent and isinstance(failure, Lost | TimeoutError)
        self.sent = False
        if isinstance(failure, Moved) and self._moves < _QUICK_MOVES:
            self._moves += 1
            return
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._failures) if self._failures else 0.0
        self._failures += 1
        if self._now() + pause >= self._deadline:
            raise self._ended(failure) from failure
        await anyio.sleep(pause)

    def _ended(self, failure: Exception) -> StateUnavailable | StateUnknown:
        why = str(failure) or "it did not answer in time"
        if self.in_doubt:
            return StateUnknown(f"the server may have applied this write: {why}")
        return StateUnavailable(f"the server cannot be reached: {why}")
