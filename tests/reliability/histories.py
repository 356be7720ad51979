"""Histories of a store from many processes, and whether they could have happened one by one.

Every acknowledged write answers with a version, and versions count the writes of a key. So nobody
has to search for an order, as checkers of linearizability do: the versions are the order, and it
only has to be checked, in O(n log n). The clock is the monotonic one, which all processes of a
host share.
"""

import random
import time
from collections import defaultdict
from itertools import count, pairwise
from operator import attrgetter
from typing import NamedTuple

import anyio
import anyio.lowlevel

from agentkit.errors import StateConflict, StateError
from agentkit.state.base import ABSENT, ANY, Expectation, Record, StateBackend, as_awaited
from tests.reliability.harness import SEED, TTL_SECONDS, Spec, in_processes, number_of, opened

READ, WRITE, LOST = "read", "write", "lost"


class Event(NamedTuple):
    """One call of a history.

    Attributes:
        kind: `READ`, `WRITE` (acknowledged) or `LOST` (a write of which nobody knows whether it
            was applied).
        key: the key.
        began: when it was called, in monotonic nanoseconds.
        ended: when it was answered.
        version: how many writes led to what was read or written; 0 is an absent record.
        replaced: of an acknowledged write, the version that it expected.
        value: what was read or written.
    """

    kind: str
    key: str
    began: int
    ended: int
    version: int
    replaced: int
    value: str


class Checked(NamedTuple):
    """The size of a history and what is wrong with it."""

    events: int
    writes: int
    lost: int
    violations: int


def history(
    spec: Spec, *, calls: int, processes: int = 4, tasks: int = 4, keys: int = 3, seed: int = SEED
) -> list[Event]:
    """Return a history of at least so many calls by many tasks of many processes on a few keys.

    A call that was refused is not counted: nothing follows from it.
    """
    each = -(-calls // (processes * tasks))
    batches = [(spec, tasks, each, keys, seed + number) for number in range(processes)]
    return [event for events in in_processes(history_here, batches) for event in events]


def history_here(spec: Spec, tasks: int, calls: int, keys: int, seed: int) -> list[Event]:
    """Return the history of so many calls by each of many tasks of this process."""
    return anyio.run(_history, spec, tasks, calls, keys, seed)


async def _history(spec: Spec, tasks: int, calls: int, keys: int, seed: int) -> list[Event]:
    events: list[Event] = []
    async with opened(spec) as store, anyio.create_task_group() as group:
        for number in range(tasks):
            name = f"{seed}.{number}"
            group.start_soon(_Client(store, name, keys, events).run, calls)
    return events


class _Client:
    """One task that reads and swaps the versions that it has read."""

    def __init__(self, store: StateBackend, name: str, keys: int, events: list[Event]) -> None:
        self.store, self.name, self.keys, self.events = store, name, keys, events
        self.chance = random.Random(name)
        self.numbers = count()
        self.answered = 0

    async def run(self, calls: int) -> None:
        while self.answered < calls:
            key = f"call:{self.chance.randrange(self.keys)}"
            record = await self.read(key)
            if self.chance.random() < 0.7:
                await self.write(key, record, f"{self.name}.{next(self.numbers)}")

    async def read(self, key: str) -> Record | None:
        began = time.monotonic_ns()
        record = await self.store.get(key)
        ended = time.monotonic_ns()
        version = 0 if record is None else number_of(record.version)
        value = "" if record is None else record.data.decode()
        self.note(Event(READ, key, began, ended, version, 0, value))
        return record

    async def write(self, key: str, seen: Record | None, value: str) -> None:
        expect: Expectation = ABSENT if seen is None else seen.version
        replaced = 0 if seen is None else number_of(seen.version)
        kind, version = WRITE, 0
        began = time.monotonic_ns()
        try:
            made = await self.store.put(
                key, value.encode(), expect=expect, ttl_seconds=TTL_SECONDS, write_id=value
            )
            version = number_of(made)
        except StateConflict:
            return  # nothing was written
        except StateError as error:
            if error.applied is False:
                return
            kind = LOST
        ended = time.monotonic_ns()
        self.note(Event(kind, key, began, ended, version, replaced, value))

    def note(self, event: Event) -> None:
        self.events.append(event)
        self.answered += 1


def check(events: list[Event]) -> tuple[Checked, list[str]]:
    """Return the figures of a history and what is wrong with it, one line each.

    * The versions that writes made are unique, and none is missing but for lost writes.
    * A write replaced the version before its own.
    * A read answers with the value that its version was given.
    * No call answers with a version older than one that was known before it began, and no write
      with that version itself; none answers with a version whose write had not begun.
    """
    by_key: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.key].append(event)
    wrong = [line for known in by_key.values() for line in _check_key(known)]
    writes = sum(event.kind == WRITE for event in events)
    lost = sum(event.kind == LOST for event in events)
    return Checked(len(events), writes, lost, len(wrong)), wrong


def _check_key(events: list[Event]) -> list[str]:
    writes = sorted((e for e in events if e.kind == WRITE), key=attrgetter("version"))
    lost = {e.value: e for e in events if e.kind == LOST}
    answered = [e for e in events if e.kind != LOST]
    made = {write.version: write for write in writes}
    return [
        *_check_versions(writes, answered, len(lost)),
        *(line for event in answered if event.kind == READ for line in _value(event, made, lost)),
        *_check_time(answered),
    ]


def _check_versions(writes: list[Event], answered: list[Event], lost: int) -> list[str]:
    wrong = [f"{b} made the version of {a}" for a, b in pairwise(writes) if a.version == b.version]
    wrong += [f"{e} replaced another version" for e in writes if e.replaced != e.version - 1]
    newest = max((event.version for event in answered), default=0)
    missing = newest - len({write.version for write in writes})
    if missing > lost:
        wrong.append(f"{missing} versions were made by nobody, {lost} writes were lost")
    return wrong


def _value(read: Event, made: dict[int, Event], lost: dict[str, Event]) -> list[str]:
    if read.version == 0:
        return []
    write = made.get(read.version) or lost.get(read.value)
    if write is None or write.value != read.value:
        return [f"{read} has a value that its version was not given"]
    return [f"{read} is older than its write"] if read.ended < write.began else []


def _check_time(answered: list[Event]) -> list[str]:
    """Walk along the beginnings, knowing the newest version that was answered before each."""
    wrong = []
    endings = iter(sorted(answered, key=attrgetter("ended")))
    ending = next(endings, None)
    known = 0
    for event in sorted(answered, key=attrgetter("began")):
        while ending is not None and ending.ended < event.began:
            known = max(known, ending.version)
            ending = next(endings, None)
        if event.version < known + (event.kind == WRITE):
            wrong.append(f"{event} answers with an old version: {known} was known before")
    return wrong


class TwoSteps:
    """A deliberately broken store: it compares, lets others run, and then overwrites."""

    def __init__(self, spec: Spec) -> None:
        self._store = as_awaited(spec.make())
        self.open, self.close, self.get = self._store.open, self._store.close, self._store.get
        self.delete, self.scan = self._store.delete, self._store.scan
        self.purge, self.ping = self._store.purge, self._store.ping
        self.blocking = None
        self.capabilities = self._store.capabilities

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
        record = await self._store.get(key)
        if expect not in (ANY, ABSENT if record is None else record.version):
            raise StateConflict("another version was there a moment ago")
        await anyio.lowlevel.checkpoint()
        return await self._store.put(
            key, data, expect=ANY, ttl_seconds=ttl_seconds, write_id=write_id, final=final
        )


def broken(spec: Spec) -> Spec:
    """Name the deliberately broken form of a store."""
    return Spec("tests.reliability.histories:TwoSteps", (spec,))
