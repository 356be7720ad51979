"""Runs operations on a store: at once for plain code, awaited for coroutines.

A store on this host has a blocking form, which plain code calls directly, wherever it runs; one
that never waits is called so by coroutines, too. A store across the network is reached by an event
loop only; plain code in a worker thread hops there and waits, and on the loop's own thread, where
waiting would stop everything, it is refused. Any loop will do, as the loop may change between
calls: that which this thread works for, else the one that used the store last, else (in a script)
one in a thread of its own.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from agentkit.errors import StateError
from agentkit.late import LateModule
from agentkit.loops import asyncio_loop
from agentkit.state.base import BlockingBackend, Capabilities, StateBackend, as_awaited
from agentkit.state.operations import REMEMBERED, Memory
from agentkit.state.portal import AsyncioPortal
from agentkit.state.recent import Recent
from agentkit.state.requests import Operation, Pause, Request, Turn
from agentkit.state.turns import Lines, Place
from agentkit.threads import LoopEndedError, caller_loop, run_on

if TYPE_CHECKING:
    from anyio import from_thread, lowlevel
    from anyio.lowlevel import EventLoopToken
else:
    from_thread = LateModule("anyio.from_thread")
    lowlevel = LateModule("anyio.lowlevel")

T = TypeVar("T")


class Runner:
    """Opens one store on first use and runs operations on it.

    Args:
        backend: the store, in either form.

    Attributes:
        memory: of the last writes, None where reading costs nothing.
    """

    __slots__ = (
        "_backend",
        "_blocking",
        "_here",
        "_lines",
        "_loop",
        "_opened",
        "_script",
        "_waits",
        "memory",
    )

    def __init__(self, backend: StateBackend | BlockingBackend) -> None:
        self._begin(backend)

    def _begin(self, backend: StateBackend | BlockingBackend) -> None:
        self._backend = as_awaited(backend)
        self._blocking = self._backend.blocking
        self._opened = False
        self._loop: EventLoopToken | None = None
        self._lines = Lines()
        self._script = AsyncioPortal()
        self._waits = self._blocking is None or self._blocking.may_wait
        in_place = not self._waits and self.capabilities.certain
        self._here = self._blocking if in_place else None
        self.memory: Memory | None = Recent(REMEMBERED) if self._waits else None

    @property
    def capabilities(self) -> Capabilities:
        """What the store promises beyond the contract."""
        return self._backend.capabilities

    @property
    def backend(self) -> StateBackend:
        """The store."""
        return self._backend

    def move(self, backend: StateBackend | BlockingBackend) -> None:
        """Run operations on another store from now on; nothing is carried over."""
        self._begin(backend)

    def behind(self, front: StateBackend) -> "Runner":
        """Return a runner of a store that stands in front of this one, as open as this one is."""
        other = Runner(front)
        other._opened, other._loop = self._opened, self._loop
        return other

    async def open(self) -> None:
        """Open the store, unless it is open, and remember this loop."""
        self._loop = lowlevel.current_token()
        if not self._opened:
            await self._backend.open()
            self._opened = True

    def _is_here(self) -> bool:
        """Say whether this loop used the store last; only asyncio tells its own at no cost."""
        here = asyncio_loop()
        return here is not None and self._loop is not None and self._loop.native_token is here

    async def close(self) -> None:
        """Close the store; the next operation opens it again."""
        self._opened = False
        self._loop = None
        await self._backend.close()
        await self._script.close()

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation on this event loop."""
        if not self._opened or (self._blocking is None and not self._is_here()):
            await self.open()
        place = Place(self._lines) if self._waits else None
        try:
            request = next(operation)
            while True:
                try:
                    if place is None and not isinstance(request, Pause):
                        answer = (
                            self._here if isinstance(request, Turn) else request(self._blocking)
                        )
                    else:
                        answer = await self._answer(request, place)
                except StateError as error:
                    request = operation.throw(error)
                else:
                    request = operation.send(answer)
        except StopIteration as finished:
            result: T = finished.value
            return result
        finally:
            if place is not None:
                place.leave()

    def wait(self, operation: Operation[T]) -> T:
        """Run an operation and wait for it, in any thread if the store is on this host.

        Raises:
            StateError: the store needs an event loop, and this thread is one's own.
        """
        if self._blocking is None:
            return self._hop(operation)
        if not self._opened:
            self._blocking.open()
            self._opened = True
        return self._run_here(operation, self._blocking)

    async def _answer(self, request: Request, place: Place | None) -> Any:
        if isinstance(request, Pause):
            return await anyio.sleep(request.seconds)
        if isinstance(request, Turn):
            return None if place is None else await place.take(request.key)
        return await request(self._backend)

    def _hop(self, operation: Operation[T]) -> T:
        if _loop_here() is not None:
            raise StateError(
                "this store is reached over the network, and waiting for it here would stop the "
                "event loop: write `await manager.run(manager.operations.get_state(…))`"
            )
        loop = caller_loop()
        if loop is None:
            return self._hop_from_anywhere(operation)
        try:
            return run_on(loop, self.run(operation))
        except LoopEndedError as error:
            raise StateError("the event loop that this thread works for has ended") from error

    def _hop_from_anywhere(self, operation: Operation[T]) -> T:
        token = self._loop_to_use()
        try:
            if token is not None:
                return from_thread.run(self.run, operation, token=token)
        except anyio.RunFinishedError:  # nothing was begun there
            self._loop = None
        return self._script.call(partial(self.run, operation))

    def _loop_to_use(self) -> "EventLoopToken | None":
        try:
            return from_thread.run_sync(lowlevel.current_token)
        except RuntimeError:  # no worker thread of a loop
            return self._loop

    def _run_here(self, operation: Operation[T], backend: BlockingBackend) -> T:
        if not self._waits:
            return _finished(operation, backend, self._go_on)
        place = Place(self._lines)
        try:
            return _finished(operation, backend, partial(_wait_here, place))
        finally:
            place.leave()

    def _go_on(self, request: Pause | Turn) -> BlockingBackend | None:
        """Do not wait: in memory a conflict means that another thread is done."""
        return self._here if isinstance(request, Turn) else None


def _wait_here(place: Place, request: Pause | Turn) -> None:
    if isinstance(request, Turn):
        place.take_here(request.key)
    else:
        time.sleep(request.seconds)


def _finished(
    operation: Operation[T],
    backend: BlockingBackend | None,
    wait: Callable[[Pause | Turn], object],
) -> T:
    """Run an operation to its end and return its result."""
    try:
        request = next(operation)
        while True:
            try:
                reply = request(backend) if callable(request) else wait(request)
            except StateError as error:
                request = operation.throw(error)
            else:
                request = operation.send(reply)
    except StopIteration as finished:
        result: T = finished.value
        return result


def _loop_here() -> "EventLoopToken | None":
    try:
        return lowlevel.current_token()
    except RuntimeError:
        return None
