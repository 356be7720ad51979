"""The words in which the cases of `state_contract` are written.

Checks raise `AssertionError` with the promise that is broken; they are no `assert` statements, so
they also hold where Python runs with `-O`, and need no rewriting by a test runner.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Protocol, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec

from agentkit.errors import CallEnded, StateConflict, StateError
from agentkit.state.base import (
    ABSENT,
    ANY,
    BlockingBackend,
    Entry,
    Expectation,
    Record,
    StateBackend,
    as_awaited,
)

TTL_SECONDS = 600.0
"""The time to live that the cases give to most records."""

CONTENDERS = 8
"""How many writers the cases of concurrency have."""

SLACK_SECONDS = 30.0
"""How much time may pass by itself in the midst of a case: the clock of a server does not stand."""

WAIT_SECONDS = 30.0
"""The longest that a case may take."""

_ATTEMPTS = 1_000
_ROUNDED = 0.5  # a store may keep whole seconds

T = TypeVar("T")


class Place(Protocol):
    """Where one store lives, empty at first."""

    def backend(self) -> StateBackend | BlockingBackend:
        """Return a handle onto the store, not yet open.

        A second one must see what the first wrote; what lives in one object returns it again.
        """
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass for the store, by its clock or by altering what is stored."""
        ...


Check = Callable[[Place], Awaitable[None]]


class Case(msgspec.Struct, frozen=True):
    """One promise and how to check it."""

    name: str
    check: Check

    def run(self, place: Place, library: str = "asyncio") -> None:
        """Check the promise on a store, on an event loop of this library.

        Raises:
            AssertionError: the store breaks the promise.
        """
        anyio.run(self._run, place, backend=library)

    async def _run(self, place: Place) -> None:
        with anyio.fail_after(WAIT_SECONDS):
            await self.check(place)


class Promises(list[Case]):
    """Cases that are gathered by decorating their functions, whose names are the promises."""

    def __call__(self, check: Check) -> Check:
        """Add a case and return its function unchanged."""
        self.append(Case(check.__name__.lstrip("_"), check))
        return check


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[StateBackend]:
    """Give an open handle onto the store."""
    store = as_awaited(place.backend())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


_write_numbers = count()


async def put(
    store: StateBackend,
    key: str,
    data: bytes = b"data",
    *,
    expect: Expectation = ABSENT,
    write_id: str | None = None,
    final: bool = False,
) -> str:
    """Put with a write id of its own, expecting an absent key, unless said otherwise."""
    return await store.put(
        key,
        data,
        expect=expect,
        ttl_seconds=TTL_SECONDS,
        write_id=f"{next(_write_numbers):x}" if write_id is None else write_id,
        final=final,
    )


async def read(store: StateBackend, key: str) -> Record:
    """Return the record that must be there."""
    record = await store.get(key)
    if record is None:
        raise AssertionError(f"the record {key!a} should be there")
    return record


def same(found: object, wanted: object, promise: str) -> None:
    """Check that two values are equal."""
    if found != wanted:
        raise AssertionError(f"{promise}: found {found!a:.200}, wanted {wanted!a:.200}")


def passed(seconds: float, wanted: float, took: float, promise: str) -> None:
    """Check how much time lies between two moments of a store.

    Args:
        seconds: between them, as the store says.
        wanted: by how much the place's clock was advanced.
        took: how long it all took: the clock of a server has gone on by no more than that.
        promise: what is checked.
    """
    if not -_ROUNDED <= seconds - wanted <= took + _ROUNDED:
        raise AssertionError(f"{promise}: {seconds:g} s lie between, wanted {wanted:g}")


def differ(one: object, other: object, promise: str) -> None:
    """Check that two values are not equal."""
    if one == other:
        raise AssertionError(f"{promise}: both are {one!a:.200}")


async def refused(kind: type[StateError], attempt: Awaitable[object], promise: str) -> None:
    """Check that an attempt raises this error, and that it says that nothing was written."""
    try:
        result = await attempt
    except kind as error:
        same(error.applied, False, f"{promise}, and nothing was applied")
    else:
        raise AssertionError(f"{promise}: it was answered {result!a:.200}")


async def ended(store: StateBackend, key: str, version: str) -> None:
    """Check that a key refuses every write because of its tombstone."""
    for expect in (ABSENT, ANY, version):
        late = put(store, key, expect=expect)
        await refused(CallEnded, late, f"a tombstone refuses a write that expects {expect!r}")
    same(await store.get(key), None, "a tombstone is no record")
    same(await store.delete(key), False, "a tombstone cannot be deleted")


async def pages(store: StateBackend, prefix: str, limit: int) -> list[list[Entry]]:
    """Return all pages of a scan but the last, which is empty."""
    found: list[list[Entry]] = []
    after = ""
    while page := await store.scan(prefix, after, limit):
        found.append(page)
        after = page[-1].key
    return found


async def wins(write: Awaitable[object]) -> bool:
    """Say whether a write was applied and not refused with a conflict."""
    try:
        await write
    except StateConflict:
        return False
    return True


async def until_it_wins(write: Callable[[], Awaitable[object]]) -> None:
    """Repeat a write until it is applied."""
    for _ in range(_ATTEMPTS):
        if await wins(write()):
            return
        await anyio.lowlevel.checkpoint()
    raise AssertionError(f"a write is applied in fewer than {_ATTEMPTS} attempts")


async def at_once(
    store: StateBackend, contend: Callable[[StateBackend, int], Awaitable[T]]
) -> list[T]:
    """Run contenders with the numbers 0, 1, … at the same time and return their results in order.

    A store that plain code can call is called from several threads, each with its own event loop.
    """
    results: dict[int, T] = {}

    async def run(number: int) -> None:
        if store.blocking is None:
            results[number] = await contend(store, number)
        else:
            alone = partial(anyio.run, contend, as_awaited(store.blocking), number)
            results[number] = await anyio.to_thread.run_sync(alone, abandon_on_cancel=True)

    async with anyio.create_task_group() as group:
        for number in range(CONTENDERS):
            group.start_soon(run, number)
    return [results[number] for number in range(CONTENDERS)]
