"""The seam of call state: a store keeps bytes under keys and swaps one version for the next.

Everything that users see (dicts, merging, retries, life of a call) is built once above this seam,
so a store has little to do, and must do that little exactly:

* `put` decides in one atomic step, in this order: a write id that the record remembers is answered
  with the version it made the first time (a repeated request whose reply was lost); a tombstone
  refuses with `CallEnded`; a version other than the expected one refuses with `StateConflict`.
* A version names one write. It carries a random incarnation, so that a record deleted and made
  again never answers to an old version, and a number that each write raises by one.
* A record past its expiry is absent for every call, collected or not. What was written with
  `final=True`, and what is deleted with it, leaves a tombstone for `TOMBSTONE_SECONDS`.
* `open` may be called again, also while open; `close` too. A closed store can be opened again.

`agentkit.testing.state_contract` checks all of this for any store.
"""

import os
import time
from collections.abc import Callable
from enum import Enum
from functools import cached_property, partial
from typing import (
    TYPE_CHECKING,
    Final,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    runtime_checkable,
)

import anyio
import msgspec

from agentkit.late import LateModule

if TYPE_CHECKING:
    from anyio import lowlevel, to_thread
else:  # a store in memory needs neither
    lowlevel = LateModule("anyio.lowlevel")
    to_thread = LateModule("anyio.to_thread")

TOMBSTONE_SECONDS = 3600.0
"""How long after the end of a record late writes are refused with `CallEnded`."""

WRITE_IDS_KEPT = 16
"""How many write ids a record remembers, the newest last."""

STATE_THREADS = 32
"""Most threads of one event loop that wait for one store; tools have threads of their own."""

_RAISED = dict(zip("012345678", "123456789", strict=True))

unix_clock: Callable[[], float] = time.time  # noqa: TID251 - what a `clock` is unless given
"""The time in Unix seconds."""

P = ParamSpec("P")
T = TypeVar("T")


class Expect(Enum):
    """What a write may expect besides a version."""

    ABSENT = "absent"
    ANY = "any"


ABSENT: Final[Literal[Expect.ABSENT]] = Expect.ABSENT
"""Expect that no record is there."""

ANY: Final[Literal[Expect.ANY]] = Expect.ANY
"""Expect nothing: overwrite whatever is there, losing writes made in between."""

Expectation = str | Expect
"""The version that a write replaces, or `ABSENT`, or `ANY`."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One stored record.

    Attributes:
        data: the bytes that were put.
        version: opaque; hand it back as `expect`.
        created_at: when this incarnation was made, in Unix seconds by the clock of the store.
        updated_at: when it was last written.
        expires_at: when it becomes absent.
        final: it leaves a tombstone when it expires.
    """

    data: bytes
    version: str
    created_at: float
    updated_at: float
    expires_at: float
    final: bool = False


class Entry(msgspec.Struct, frozen=True):
    """What a scan tells about one record: everything but its value."""

    key: str
    version: str
    size_bytes: int
    created_at: float
    updated_at: float
    expires_at: float
    final: bool = False


class Capabilities(msgspec.Struct, frozen=True):
    """What a store promises beyond the contract.

    A store that is made of another one passes on what still holds: if it can fail after the other
    has written, its own promises have `certain` off.

    Attributes:
        durable: what was acknowledged survives the end of the process.
        shared_between_processes: all processes of a host may open the same store.
        shared_between_hosts: processes on several hosts may.
        certain: a call that raises has done nothing, and no write is ever repeated in doubt. Such a
            store also takes an empty write id, for a write that it need not remember.
    """

    durable: bool = False
    shared_between_processes: bool = False
    shared_between_hosts: bool = False
    certain: bool = False

    @property
    def reach(self) -> list[str]:
        """How far records reach beyond this process, in words; empty if they end with it."""
        words = {
            "durable": self.durable,
            "shared between processes": self.shared_between_processes,
            "shared between hosts": self.shared_between_hosts,
        }
        return [word for word, holds in words.items() if holds]


@runtime_checkable
class BlockingBackend(Protocol):
    """A store on this host, called from any thread; the calls are those of `StateBackend`."""

    @property
    def may_wait(self) -> bool:
        """Whether a call may wait for a disk or another process: keep it off the event loop."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What this store promises beyond the contract."""
        ...

    def open(self) -> None:
        """Make the store ready, or fail loudly."""
        ...

    def close(self) -> None:
        """Finish what was begun and let go of files and connections."""
        ...

    def get(self, key: str) -> Record | None:
        """Return the record under key."""
        ...

    def put(
        self,
        key: str,
        data: bytes,
        *,
        expect: Expectation,
        ttl_seconds: float,
        write_id: str,
        final: bool = False,
    ) -> str:
        """Swap the expected version for these bytes and return the new version."""
        ...

    def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one."""
        ...

    def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries whose keys begin with prefix."""
        ...

    def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        ...

    def ping(self) -> None:
        """Return when the store can be read and written."""
        ...


@runtime_checkable
class StateBackend(Protocol):
    """A store that is awaited, on any event loop; the loop may change between calls.

    Every call may raise `StateUnavailable` (nothing was written), or a `StateError` whose `applied`
    is None when a write was sent and its fate is unknown; repeat it with the same write id then.
    """

    @property
    def blocking(self) -> BlockingBackend | None:
        """The same store for plain code, or None if only an event loop can reach it."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What this store promises beyond the contract."""
        ...

    async def open(self) -> None:
        """Make the store ready, or fail loudly. May be called again, and concurrently."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of files and connections; may be called again."""
        ...

    async def get(self, key: str) -> Record | None:
        """Return the record under key, None when it is absent, expired or a tombstone.

        Raises:
            StateCorrupt: what is stored cannot be read or belongs to another key.
        """
        ...

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
        """Swap the expected version for these bytes and return the new version.

        Args:
            key: 1 to 300 characters without control characters or lone surrogates.
            data: the new value.
            expect: the version that is replaced, `ABSENT`, or `ANY`.
            ttl_seconds: the record expires this long after the write.
            write_id: up to 64 printable ASCII characters, the same when the call is repeated;
                a record remembers its last `WRITE_IDS_KEPT`.
            final: nothing comes after this record: a tombstone stays when it expires.

        Raises:
            StateConflict: another version is there; nothing was written.
            CallEnded: a tombstone is there; nothing was written.
        """
        ...

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Args:
            key: as for `put`.
            expect: the version that is removed, or `ANY`. An absent key meets every expectation.
            final: leave a tombstone in its place.

        Raises:
            StateConflict: another version is there; nothing was removed.
        """
        ...

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, without values, of the records whose keys begin with prefix.

        The order is the store's own, but fixed: going on with `after` set to the key of the last
        entry, until a page is empty, meets each record that is there all along exactly once.
        """
        ...

    async def purge(self, limit: int) -> int:
        """Collect expired rows: drop them, or leave the tombstones of final ones.

        Returns how many rows were changed, at most limit; 0 when nothing is left to collect.
        """
        ...

    async def ping(self) -> None:
        """Return when the store can be read and written.

        Raises:
            StateUnavailable: it cannot.
        """
        ...


class AsyncBackend:
    """A blocking store as one that is awaited: called in place, or in a thread if it may wait."""

    def __init__(self, blocking: BlockingBackend) -> None:
        self._blocking = blocking

    @property
    def blocking(self) -> BlockingBackend:
        """The store itself."""
        return self._blocking

    @property
    def capabilities(self) -> Capabilities:
        """What the store promises beyond the contract."""
        return self._blocking.capabilities

    async def open(self) -> None:
        """Open the store."""
        await self._call(self._blocking.open)

    async def close(self) -> None:
        """Close the store."""
        await self._call(self._blocking.close)

    async def get(self, key: str) -> Record | None:
        """Return the record under key."""
        return await self._call(self._blocking.get, key)

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
        """Swap the expected version for these bytes and return the new version."""
        put = partial(self._blocking.put, ttl_seconds=ttl_seconds, write_id=write_id, final=final)
        return await self._call(put, key, data, expect=expect)

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one."""
        return await self._call(self._blocking.delete, key, expect=expect, final=final)

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries whose keys begin with prefix."""
        return await self._call(self._blocking.scan, prefix, after, limit)

    async def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        return await self._call(self._blocking.purge, limit)

    async def ping(self) -> None:
        """Return when the store can be read and written."""
        await self._call(self._blocking.ping)

    async def _call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._blocking.may_wait:
            return method(*args, **kwargs)
        work = partial(method, *args, **kwargs)
        return await to_thread.run_sync(work, limiter=self._threads_of_this_loop())

    @cached_property
    def _limiter(self) -> "lowlevel.RunVar[anyio.CapacityLimiter]":
        # Event loops of several threads get the same one.
        made = self.__dict__.setdefault("_limiter", lowlevel.RunVar("state_threads"))
        return cast("lowlevel.RunVar[anyio.CapacityLimiter]", made)

    def _threads_of_this_loop(self) -> "anyio.CapacityLimiter":
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = anyio.CapacityLimiter(STATE_THREADS)
            self._limiter.set(limiter)
        return limiter


def as_awaited(backend: StateBackend | BlockingBackend) -> StateBackend:
    """Return a store in the form that is awaited."""
    return AsyncBackend(backend) if isinstance(backend, BlockingBackend) else backend


def first_version() -> str:
    """Return the version of a new record: a random incarnation and the number 1."""
    return f"{os.urandom(8).hex()}.1"


def next_version(version: str) -> str:
    """Return the version one write after this one; mostly, only the last digit changes."""
    raised = _RAISED.get(version[-1])
    return later_version(version) if raised is None else version[:-1] + raised


def later_version(version: str, writes: int = 1) -> str:
    """Return the version that many writes after this one (before it, if negative)."""
    incarnation, _, number = version.partition(".")
    return f"{incarnation}.{int(number) + writes}"
