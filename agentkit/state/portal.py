"""Coroutines that need asyncio, run from whatever event loop the caller is on.

The clients of Redis and PostgreSQL speak asyncio only. On asyncio they are awaited in place. On
another event loop they run on an asyncio loop in a thread of its own, started when it is first
needed and ended by `close`, while the caller waits without blocking. Plain code has them run there,
too.
"""

import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakSet

import anyio

from agentkit.late import LateModule
from agentkit.loops import asyncio_loop

if TYPE_CHECKING:
    from anyio import from_thread, lowlevel, to_thread
    from anyio.from_thread import BlockingPortal
else:  # on asyncio none of these is needed
    from_thread = LateModule("anyio.from_thread")
    lowlevel = LateModule("anyio.lowlevel")
    to_thread = LateModule("anyio.to_thread")

T = TypeVar("T")


class AsyncioPortal:
    """Runs coroutines on asyncio."""

    def __init__(self) -> None:
        self._begin()
        _portals.add(self)

    def begin_in_child(self) -> None:
        """Forget the thread, which exists only in the parent process."""
        _inherited.append(self._thread)
        self._begin()

    def _begin(self) -> None:
        self._portal: BlockingPortal | None = None
        self._thread = ExitStack()
        self._starting = threading.Lock()

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Coroutine[Any, Any, T]:
        """Begin the work here if this is asyncio, else have it done elsewhere.

        Who is cancelled there goes on when the work has ended, as here: a write that was given up
        must not be made after the next one.
        """
        return self._elsewhere(work) if asyncio_loop() is None else work()

    async def _elsewhere(self, work: Callable[[], Awaitable[T]]) -> T:
        portal: BlockingPortal | None = self._portal
        if portal is None:
            portal = await to_thread.run_sync(self._start)
        told, ended = anyio.Event(), anyio.Event()
        wake = cast("Any", lowlevel.current_token().native_token).run_sync_soon
        future = portal.start_task_soon(_watched, work, partial(wake, ended.set))
        future.add_done_callback(lambda _: wake(told.set))
        try:
            await told.wait()
        finally:
            future.cancel()
            with anyio.CancelScope(shield=True):
                await ended.wait()
        return future.result()

    def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have the work done for plain code, which waits for it."""
        return self._start().call(work)

    async def close(self) -> None:
        """End the thread, if there is one; the next `run` or `call` starts another."""
        if self._portal is not None:
            self._portal = None
            thread, self._thread = self._thread, ExitStack()
            await to_thread.run_sync(thread.close)

    def _start(self) -> "BlockingPortal":
        with self._starting:
            if self._portal is None:
                self._portal = self._thread.enter_context(
                    from_thread.start_blocking_portal("asyncio")
                )
            return self._portal


async def _watched(work: Callable[[], Awaitable[T]], end: Callable[[], object]) -> T:
    """Do the work, and tell when it has ended, however that was."""
    try:
        return await work()
    finally:
        end()


_portals: WeakSet[AsyncioPortal] = WeakSet()
_inherited: list[ExitStack] = []  # never collected: that would wait for the parent's thread


def _after_fork() -> None:
    for portal in _portals:
        portal.begin_in_child()


with suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
