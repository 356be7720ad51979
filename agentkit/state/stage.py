"""Holds back what a running step writes under one key, so that it can be stored with its outcome.

A `Stage` is a store that keeps the writes of one key to itself: reads of that key see them, every
other key goes through. What was held back is taken as `changes` and settled with the journal.
"""

from threading import Lock

from agentkit.errors import StateConflict
from agentkit.state.base import (
    ANY,
    BlockingBackend,
    Entry,
    Expect,
    Expectation,
    Record,
    StateBackend,
    first_version,
    later_version,
)
from agentkit.state.journal import NO_CHANGES, Changes


class _Held:
    """The record under the key: as it was first seen, and as it would be now."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.changes = NO_CHANGES
        self.is_known = False
        self._lock = Lock()

    def begin(self, record: Record | None) -> None:
        with self._lock:
            self.changes = self.changes if self.is_known else Changes(record, record)
            self.is_known = True

    def forget(self) -> None:
        with self._lock:
            self.changes = NO_CHANGES
            self.is_known = False

    def put(
        self, data: bytes, *, expect: Expectation, ttl_seconds: float, final: bool = False
    ) -> str:
        with self._lock:
            before = self.changes.after
            found: Expectation = Expect.ABSENT if before is None else before.version
            if expect not in (ANY, found):
                raise StateConflict("the state was written meanwhile")
            version = first_version() if before is None else later_version(before.version)
            after = Record(data, version, 0.0, 0.0, ttl_seconds, final)
            self.changes = Changes(self.changes.before, after)
            return version


class Stage:
    """A `StateBackend` in front of another, which holds back the writes of one key."""

    def __init__(self, store: StateBackend, key: str) -> None:
        self._store = store
        self._held = _Held(key)
        self.capabilities = store.capabilities
        blocking = store.blocking
        self.blocking = None if blocking is None else _BlockingStage(blocking, self._held)

    @property
    def changes(self) -> Changes:
        """What the step has made of the record so far."""
        return self._held.changes

    async def open(self) -> None:
        """Open the store."""
        await self._store.open()

    async def close(self) -> None:
        """Do nothing: the store goes on without this stage."""

    async def get(self, key: str) -> Record | None:
        """Return the record under key, as it would be now."""
        if key != self._held.key:
            return await self._store.get(key)
        if not self._held.is_known:
            self._held.begin(await self._store.get(key))
        return self._held.changes.after

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
        """Hold a write back, or pass one of another key on."""
        if key != self._held.key:
            return await self._store.put(
                key, data, expect=expect, ttl_seconds=ttl_seconds, write_id=write_id, final=final
            )
        await self.get(key)
        return self._held.put(data, expect=expect, ttl_seconds=ttl_seconds, final=final)

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record at once: what was held back of it is forgotten."""
        if key == self._held.key:
            self._held.forget()
            expect = ANY
        return await self._store.delete(key, expect=expect, final=final)

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return what the store has."""
        return await self._store.scan(prefix, after, limit)

    async def purge(self, limit: int) -> int:
        """Collect what has expired in the store."""
        return await self._store.purge(limit)

    async def ping(self) -> None:
        """Reach the store."""
        await self._store.ping()


class _BlockingStage:
    """The same for plain code."""

    def __init__(self, store: BlockingBackend, held: _Held) -> None:
        self._store = store
        self._held = held
        self.may_wait = store.may_wait
        self.capabilities = store.capabilities
        self.open = store.open
        self.scan = store.scan
        self.purge = store.purge
        self.ping = store.ping

    def close(self) -> None:
        """Do nothing: the store goes on without this stage."""

    def get(self, key: str) -> Record | None:
        """Return the record under key, as it would be now."""
        if key != self._held.key:
            return self._store.get(key)
        if not self._held.is_known:
            self._held.begin(self._store.get(key))
        return self._held.changes.after

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
        """Hold a write back, or pass one of another key on."""
        if key != self._held.key:
            return self._store.put(
                key, data, expect=expect, ttl_seconds=ttl_seconds, write_id=write_id, final=final
            )
        self.get(key)
        return self._held.put(data, expect=expect, ttl_seconds=ttl_seconds, final=final)

    def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record at once: what was held back of it is forgotten."""
        if key == self._held.key:
            self._held.forget()
            expect = ANY
        return self._store.delete(key, expect=expect, final=final)
