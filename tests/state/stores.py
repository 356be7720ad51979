"""Stores for the tests of state: memory with a clock to move, and one behind a pretend network."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import anyio.lowlevel

from agentkit.errors import StateError
from agentkit.state.base import (
    ANY,
    AsyncBackend,
    BlockingBackend,
    Capabilities,
    Entry,
    Expectation,
    Record,
    StateBackend,
)
from agentkit.state.memory import MemoryState


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class MemoryPlace:
    """Where one `MemoryState` lives."""

    def __init__(self, make: Callable[..., MemoryState] = MemoryState) -> None:
        self.clock = Clock()
        self.state = make(clock=self.clock)

    def backend(self) -> MemoryState:
        return self.state

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


def twisted(state: MemoryState, **other: Any) -> BlockingBackend:
    """Return the store with some of its calls or attributes replaced."""
    known = {name: getattr(state, name) for name in dir(state) if not name.startswith("_")}
    return cast("BlockingBackend", SimpleNamespace(**{**known, **other}))


def racing(memory: MemoryState, meanwhile: Callable[[], Any]) -> BlockingBackend:
    """Return the store as one in which something happens before every put."""

    def put(*args: Any, **request: Any) -> str:
        meanwhile()
        return memory.put(*args, **request)

    return twisted(memory, put=put)


class ReplyLostError(StateError):
    """The write was sent, and nobody knows whether it was applied."""

    applied = None


class NetworkState:
    """A store that only an event loop reaches. Every call lets other tasks run first.

    Args:
        memory: where the records are kept.
        lost_replies: so many puts are applied, but fail.
        lost_requests: so many puts fail without being applied.
    """

    blocking = None
    capabilities = Capabilities(shared_between_hosts=True)

    def __init__(
        self, memory: MemoryState, *, lost_replies: int = 0, lost_requests: int = 0
    ) -> None:
        self._store = AsyncBackend(memory)
        self.lost_replies = lost_replies
        self.lost_requests = lost_requests
        self.opened = 0

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.opened = 0

    async def ping(self) -> None:
        await self._store.ping()

    async def get(self, key: str) -> Record | None:
        await anyio.lowlevel.checkpoint()
        return await self._store.get(key)

    async def put(
        self,
        key: str,
        data: bytes,
        *,
        expect: Expectation,
        ttl_seconds: float,
        write_id: str,
        final: bool = False,
    ) -> str:
        await anyio.lowlevel.checkpoint()
        if self.lost_requests:
            self.lost_requests -= 1
            raise ReplyLostError
        version = await self._store.put(
            key, data, expect=expect, ttl_seconds=ttl_seconds, write_id=write_id, final=final
        )
        if self.lost_replies:
            self.lost_replies -= 1
            raise ReplyLostError
        return version

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        await anyio.lowlevel.checkpoint()
        return await self._store.delete(key, expect=expect, final=final)

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        return await self._store.scan(prefix, after, limit)

    async def purge(self, limit: int) -> int:
        return await self._store.purge(limit)


class NetworkPlace:
    """Where one `NetworkState` lives; every handle is another connection."""

    def __init__(self) -> None:
        self._place = MemoryPlace()
        self.state = self._place.state

    def backend(self) -> StateBackend:
        return NetworkState(self.state)

    def advance(self, seconds: float) -> None:
        self._place.advance(seconds)
