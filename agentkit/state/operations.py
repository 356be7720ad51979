"""What can be done with the state of a call, without doing any of it: no I/O, no waiting.

Reading, merging, swapping and retrying are written once, as generators (see `requests`), and
`agentkit.state.runner` runs them for plain code and for coroutines alike.

Every write is one loop: read (or take what the caller has seen), decide what to write, swap. On a
conflict somebody else has made progress, so it reads and decides again, with growing pauses of
random length, until the deadline. The write id stays the same all the while: a write whose reply
was lost is repeated as it was, and the store answers with the version it made the first time. A
store whose calls neither wait nor leave doubt is handed to the loop, which then asks it in place.

What this process has written last is remembered, where reading means waiting, and the next write
begins with it instead of reading: the swap tells whether that was right. A decision on it that
does not end in a swap proves nothing, and is made again on what is read.
"""

from collections.abc import Callable
from operator import methodcaller
from typing import Any, NamedTuple

import msgspec

from agentkit.errors import StateConflict, StateEncoding
from agentkit.late import pattern
from agentkit.state.base import Entry, Record
from agentkit.state.merge import merge, merge_three_ways
from agentkit.state.recent import Recent
from agentkit.state.requests import Operation, Pause, Request, Turn
from agentkit.state.schemas import Migration, Schema
from agentkit.state.sweep import sweep
from agentkit.state.values import plain, unpack
from agentkit.state.writing import (
    RETRY_SECONDS,
    Draft,
    Lifetime,
    Patience,
    Snapshot,
    new_write_id,
    surely,
)

__all__ = [
    "CALL_SCOPE",
    "GRACE_SECONDS",
    "MAX_ID",
    "Draft",
    "Lifetime",
    "Memory",
    "Migration",
    "Operation",
    "Operations",
    "Pause",
    "Snapshot",
    "Swapped",
]

GRACE_SECONDS = 900.0
"""How long the state of a call is kept after its end."""

MAX_ID = 256
"""Longest call id, in characters."""

CALL_SCOPE = "call"
"""The scope whose keys end: what is deleted there stays deleted for a while."""

REMEMBERED = 1024
"""Of how many records the last write is remembered, unless it is long."""

_REMEMBERED_BYTES = 8192
_UNFIT = pattern("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Swapped(NamedTuple):
    """The outcome of a swap.

    Attributes:
        state: what is stored now, with the changes that others made in between.
        seen: hand it back with the caller's next update. Its value is what the caller wrote: keys
            that were merged in and that the caller never saw must not look deleted by it.
    """

    state: dict[str, Any]
    seen: Snapshot


Memory = Recent[tuple[int, str], Snapshot]
"""What this process has written last, by schema version and key."""

Decide = Callable[[Snapshot], Draft | bytes | None]
"""Makes of what is stored what shall be; None leaves it as it is."""


class Operations:
    """The operations on the records of one scope; `StateManager` says what they promise.

    Args:
        scope: the first part of every key.
        ttl_seconds: a record expires this long after its last write.
        schema: how values are written and read.
        clock: seconds that never go back, for the deadline of retries.
        memory: of the last writes, None to read before each.
    """

    __slots__ = ("_clock", "_lifetime", "_memory", "schema", "scope")

    def __init__(
        self,
        scope: str,
        ttl_seconds: float,
        schema: Schema,
        clock: Callable[[], float],
        memory: Memory | None = None,
    ) -> None:
        self.schema = schema
        self._memory = memory
        self.scope = scope
        self._lifetime = Lifetime(ttl_seconds)
        self._clock = clock

    def scoped(
        self, scope: str, ttl_seconds: float | None, max_bytes: int | None = None
    ) -> "Operations":
        """Return the same operations for another scope."""
        ttl = self._lifetime.ttl_seconds if ttl_seconds is None else ttl_seconds
        schema = Schema(max_bytes or self.schema.max_bytes)
        return Operations(scope, ttl, schema, self._clock, self._memory)

    def migrating(self, migrations: tuple[Migration, ...]) -> "Operations":
        """Return the same operations for values with a history of schemas."""
        ttl, schema = self._lifetime.ttl_seconds, Schema(self.schema.max_bytes, migrations)
        return Operations(self.scope, ttl, schema, self._clock, self._memory)

    def without_memory(self) -> "Operations":
        """Return the same operations for another store, of which nothing is remembered."""
        return Operations(self.scope, self._lifetime.ttl_seconds, self.schema, self._clock)

    def get_state(self, call_id: str) -> Operation[dict[str, Any] | None]:
        """Return the state."""
        return (yield from self.snapshot(call_id)).data

    def snapshot(self, call_id: str) -> Operation[Snapshot]:
        """Return the state with its version."""
        return self.schema.seen((yield _get(self.key(call_id))))

    def set_state(self, call_id: str, data: dict[str, Any]) -> Operation[Snapshot]:
        """Replace the state, whatever it is."""
        packed = self.schema.pack(data)
        return (yield from self.rewrite(call_id, lambda _: packed))

    def update_state(
        self, call_id: str, changes: dict[str, Any], *, seen: Snapshot | None = None
    ) -> Operation[dict[str, Any]]:
        """Merge changes into the state, or, with `seen`, replace what was seen."""
        if seen is not None:
            return (yield from self.swap_state(call_id, changes, seen)).state
        mine = plain(changes, self.schema.max_bytes)

        def laid_over(stored: Snapshot) -> bytes:
            return self.schema.pack(merge(stored.data or {}, mine))

        return unpack((yield from self.rewrite(call_id, laid_over)).packed)

    def swap_state(self, call_id: str, state: dict[str, Any], seen: Snapshot) -> Operation[Swapped]:
        """Replace what was seen; if it has changed since, merge three ways."""
        packed = self.schema.pack(state)

        def merged(stored: Snapshot) -> bytes:
            theirs = None if stored is seen else stored.data
            if theirs is None:
                return packed
            return self.schema.pack(merge_three_ways(seen.data or {}, unpack(packed), theirs))

        written = yield from self.rewrite(call_id, merged, seen)
        known = written
        if written.packed != packed:  # the old version is stale: the next swap merges as well
            known = msgspec.structs.replace(seen, packed=packed)
        return Swapped(unpack(written.packed), known)

    def rewrite_state(
        self, call_id: str, change: Callable[[dict[str, Any] | None], dict[str, Any] | None]
    ) -> Operation[Snapshot]:
        """Write what a function makes of the state; it runs again after a conflict.

        When it returns None, the state is left as it is.
        """

        def drafted(stored: "Snapshot") -> "bytes | None":  # text is not evaluated each time
            changed = change(unpack(stored.packed) if stored.packed else None)
            return None if changed is None else self.schema.pack(changed)

        return self.rewrite(call_id, drafted)

    def replace_state(
        self, call_id: str, data: dict[str, Any], version: str
    ) -> Operation[Snapshot]:
        """Replace the state if it still has this version, and never merge."""
        packed = self.schema.pack(data)

        def same(stored: Snapshot) -> bytes:
            if stored.version != version:
                raise StateConflict(f"the state has another version than {version}")
            return packed

        return (yield from self.rewrite(call_id, same))

    def ensure(self, call_id: str) -> Operation[bool]:
        """Create an empty state if there is none."""
        key = self.key(call_id)
        stored = self.schema.seen((yield _get(key)))
        if stored.version is not None:
            return False
        patience = Patience(self._clock, self._clock() + RETRY_SECONDS)
        empty = self.schema.pack({})
        write = self.schema.write_over(stored, empty, key, new_write_id(), self._lifetime)
        try:
            version = yield from surely(write.put, patience)
        except StateConflict:
            return False
        self._remember(key, write.made(version))
        return True

    def end_call(self, call_id: str, grace_seconds: float = GRACE_SECONDS) -> Operation[bool]:
        """Let the state expire after a grace time, and nothing come after it."""
        if grace_seconds <= 0:
            return (yield from self.delete_state(call_id))
        ending = Lifetime(grace_seconds, final=True)

        def ended(stored: Snapshot) -> Draft | None:
            repeated = stored.lifetime is not None and stored.lifetime <= ending
            return None if repeated or stored.version is None else Draft(stored.packed, ending)

        return (yield from self.rewrite(call_id, ended)).version is not None

    def delete_state(self, call_id: str) -> Operation[bool]:
        """Delete the state; in the scope of calls, so that late writes are refused."""
        deleted: bool = yield methodcaller(
            "delete", self.key(call_id), final=self.scope == CALL_SCOPE
        )
        return deleted

    def scan(self, after: str, limit: int) -> Operation[list[Entry]]:
        """Return the next entries of this scope."""
        entries: list[Entry] = yield methodcaller("scan", f"{self.scope}:", after, limit)
        return entries

    def purge(self) -> Operation[int]:
        """Collect what has expired, in batches, unless somebody else is at it."""
        return (yield from sweep())

    def ping(self) -> Operation[None]:
        """Reach the store."""
        yield methodcaller("ping")

    def rewrite(
        self, call_id: str, decide: Decide, basis: Snapshot | None = None
    ) -> Operation[Snapshot]:
        """Write what `decide` makes of the stored state, first of what was seen.

        Bytes are the new value, with the lifetime and the journal as before.
        Returns what is stored then; None from `decide` leaves it as it is.

        Raises:
            StateSchema: the stored value has a schema that this code does not know.
            StateConflict: others kept writing for two seconds.
            CallEnded: the call is over and its state is gone.
        """
        key, clock = key_of(self.scope, call_id), self._clock
        patience = Patience(clock, clock() + RETRY_SECONDS)
        here = yield Turn(key)
        write_id = new_write_id() if here is None else ""
        if basis is None and self._memory is not None:
            written, basis = yield from self._write_on(key, write_id, patience, decide)
            if written is not None:
                return written
        while True:
            if basis is None:
                basis = self.schema.seen((yield _get(key)) if here is None else here.get(key))
            draft = decide(basis)
            if draft is None:
                return basis
            write = self.schema.write_over(basis, draft, key, write_id, self._lifetime)
            try:
                new = (yield from surely(write.put, patience)) if here is None else write.put(here)
            except StateConflict as conflict:
                yield patience.pause(conflict)
                basis = None
            else:
                return self._remember(key, write.made(new))

    def _write_on(
        self, key: str, write_id: str, patience: Patience, decide: Decide
    ) -> Operation[tuple[Snapshot | None, Snapshot | None]]:
        """Write on what is remembered, if anything is.

        Returns what was written, or else what is there if the store has told.
        """
        known = self._remembered(key)
        try:
            draft = None if known is None else decide(known)
        except Exception:  # noqa: BLE001 - an author's function, on what may be old: again
            draft = None
        if known is None or draft is None:
            return None, None
        write = self.schema.write_over(known, draft, key, write_id, self._lifetime)
        try:
            version = yield from surely(write.put, patience)
        except StateConflict as conflict:
            found = conflict.found
            return None, self.schema.seen(found) if isinstance(found, Record) else None
        return self._remember(key, write.made(version)), None

    def _remembered(self, key: str) -> Snapshot | None:
        return None if self._memory is None else self._memory.get((self.schema.version, key))

    def _remember(self, key: str, written: Snapshot) -> Snapshot:
        if self._memory is not None:
            if written.size_bytes <= _REMEMBERED_BYTES:
                self._memory.put((self.schema.version, key), written)
            else:
                self._memory.drop((self.schema.version, key))
        return written

    def key(self, call_id: str) -> str:
        """Return the key of a record.

        Raises:
            StateEncoding: the id cannot be one.
        """
        return key_of(self.scope, call_id)


def _get(key: str) -> Request:
    return lambda store: store.get(key)


def key_of(scope: str, call_id: str) -> str:
    """Return the key of a record.

    Raises:
        StateEncoding: the id cannot be one.
    """
    if not isinstance(call_id, str) or not 0 < len(call_id) <= MAX_ID:
        raise StateEncoding(f"a {scope} id is a str of 1 to {MAX_ID} characters")
    if not call_id.isprintable() and _UNFIT.search(call_id):
        raise StateEncoding(f"a {scope} id has no control characters or lone surrogates")
    return f"{scope}:{call_id}"
