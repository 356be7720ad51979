"""Connections to servers, kept for each event loop and dropped with it.

Theory. A wire (one connection) belongs to the asyncio loop and to the process that made it.

* A pool lends a wire to one caller at a time, for whole exchanges. Only an exchange that was
  answered to its end gives the wire back; whatever else ends it (a lost connection, a cancelled
  caller, a bug) closes the wire. So nobody ever reads the answer to somebody else's question.
* A store may be used on one loop and later on another (tests, serverless hosts). Each loop has
  pools of its own. asyncio closes the async generators of a loop that ends, so each leaves one
  behind whose end closes the wires while that can still be done. Where a loop was closed without
  that, the next loop finds it closed and cuts its wires off.
* A forked child shares the sockets of its parent: closing one properly would say goodbye in the
  parent's name. So the child puts the null device in their place at once, and touches them no
  more.
"""

import asyncio  # noqa: TID251 - wires belong to asyncio loops
import math
import os
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

import anyio

from agentkit.errors import StateError
from agentkit.state.limits import Limits


class Answered(Exception):
    """An exchange was answered to its end, with something else than a result."""


class Wire(Protocol):
    """One connection."""

    async def close(self) -> None:
        """Close the connection at once, without waiting for the other side."""
        ...

    def descriptor(self) -> int:
        """Return the file descriptor of the socket, -1 if there is none."""
        ...


W = TypeVar("W", bound=Wire)
A = TypeVar("A", bound=Hashable)


class Pool(Generic[W]):
    """The wires of one event loop to one address.

    Args:
        connect: makes a wire.
        most: no more wires than this at a time; further callers wait.

    Attributes:
        wires: all that are open.
        limits: of the time of exchanges.
    """

    def __init__(self, connect: Callable[[], Awaitable[W]], most: int) -> None:
        self._connect = connect
        self._places = anyio.Semaphore(most, fast_acquire=True)
        self._idle: list[W] = []
        self._closed = False
        self._now = asyncio.get_running_loop().time
        self._answered_at = -math.inf
        self.wires: set[W] = set()
        self.limits = Limits()

    def answered_since(self, when: float) -> bool:
        """Say whether anybody was answered after a moment of the loop's clock."""
        return self._answered_at > when

    def lease(self, *, fresh: bool = False) -> "Lease[W]":
        """Lend a wire for an exchange (`async with`), a new one if it must be fresh."""
        return Lease(self, fresh)

    async def take(self, fresh: bool) -> W:
        """Return a wire; a place for it is taken."""
        await self._places.acquire()
        if self._idle and not fresh:
            return self._idle.pop()
        wire: W | None = None
        try:
            wire = await self._connect()
        finally:
            if wire is None:
                self._places.release()
        self.wires.add(wire)
        return wire

    def keep(self, wire: W) -> bool:
        """Keep a wire whose exchange was answered for the next one, if there may be one."""
        self._answered_at = self._now()
        if self._closed:
            return False
        self._idle.append(wire)
        self._places.release()
        return True

    async def give_up(self, wire: W) -> None:
        """Close a wire that was lent."""
        try:
            await self._drop(wire)
        finally:
            self._places.release()

    async def drop_idle(self) -> None:
        """Close the wires that nobody uses."""
        while self._idle:
            await self._drop(self._idle.pop())

    async def close(self) -> None:
        """Close the wires that nobody uses now, and the others when they come back."""
        self._closed = True
        await self.drop_idle()

    async def _drop(self, wire: W) -> None:
        self.wires.discard(wire)
        with anyio.CancelScope(shield=True):
            await wire.close()


class Lease(Generic[W]):
    """One exchange over a wire of a pool."""

    __slots__ = ("_fresh", "_pool", "_wire")

    def __init__(self, pool: Pool[W], fresh: bool) -> None:
        self._pool = pool
        self._fresh = fresh

    async def __aenter__(self) -> W:
        self._wire = await self._pool.take(self._fresh)
        return self._wire

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        answered = kind is None or issubclass(kind, Answered | StateError)
        if not (answered and self._pool.keep(self._wire)):
            await self._pool.give_up(self._wire)


class _Pools(Generic[W, A]):
    """The pools of one event loop."""

    def __init__(self) -> None:
        self.of: dict[A, Pool[W]] = {}
        self.ending = self._until_the_end()

    async def _until_the_end(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            for pool in self.of.values():
                await pool.close()

    def cut_off(self) -> None:
        for pool in self.of.values():
            for wire in pool.wires:
                _cut_off(wire.descriptor())


class Connections(Generic[W, A]):
    """The pools of all event loops, by address.

    Args:
        connect: makes a wire to an address.
        most: the most wires of one loop to one address.
    """

    def __init__(self, connect: Callable[[A], Awaitable[W]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._loops: dict[asyncio.AbstractEventLoop, _Pools[W, A]] = {}

    async def pool(self, address: A) -> Pool[W]:
        """Return the pool of this loop for an address."""
        pools = self._loops.get(asyncio.get_running_loop()) or await self._begin_loop()
        pool = pools.of.get(address)
        if pool is None:
            pool = pools.of[address] = Pool(lambda: self._connect(address), self._most)
        return pool

    async def close(self) -> None:
        """Close the wires of this loop; those of others are closed when their loops end."""
        pools = self._loops.pop(asyncio.get_running_loop(), None)
        if pools is not None:
            await pools.ending.aclose()

    async def _begin_loop(self) -> _Pools[W, A]:
        pools: _Pools[W, A] = _Pools()
        with self._lock:
            self._drop_closed_loops()
            self._loops[asyncio.get_running_loop()] = pools
        await anext(pools.ending)  # goes to its yield at once: nobody gets in between
        return pools

    def _drop_closed_loops(self) -> None:
        for loop in [loop for loop in self._loops if loop.is_closed()]:
            self._loops.pop(loop).cut_off()

    def leave_to_parent(self) -> None:
        """Begin anew in a child process."""
        for pools in self._loops.values():
            pools.cut_off()
        _inherited.append(self._loops)
        self._begin()


def _cut_off(descriptor: int) -> None:
    """Put the null device in the place of a socket, without a word to the other side."""
    if descriptor < 0:
        return
    null = os.open(os.devnull, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    os.dup2(null, descriptor, inheritable=False)
    os.close(null)


_all: WeakSet[Connections[Any, Any]] = WeakSet()
_inherited: list[object] = []  # never collected: that would touch the parent's event loop


def _after_fork() -> None:
    for connections in _all:
        connections.leave_to_parent()


with suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
