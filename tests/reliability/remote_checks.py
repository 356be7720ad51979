"""What the stores on servers are put through, for Redis and PostgreSQL alike.

* `crash_server` kills the server under load.
* `count_through_cuts` counts while the replies of the server get lost.
* `linger` leaves and takes up a store on one event loop after another.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import anyio
from anyio.from_thread import start_blocking_portal

from agentkit.errors import StateError
from agentkit.state.base import ABSENT, Expectation, StateBackend
from tests.reliability.harness import (
    TTL_SECONDS,
    Counted,
    Spec,
    a_moment,
    count,
    number_of,
    opened,
    stopwatch,
)
from tests.reliability.proxy import Fault, proxied
from tests.reliability.servers import Server

WRITERS = 8


class Crashed(NamedTuple):
    """What became of writes while their server was killed: `lost` and `doubled` must be 0."""

    kills: int
    acknowledged: int
    errors: int
    lost: int = 0
    doubled: int = 0


def crash_server(spec: Spec, server: Server, *, kills: int, between: int = 100) -> Crashed:
    """Kill a server again and again, each time after so many acknowledged writes.

    Any error that is no `StateError` fails the test. A writer goes on with the same write until
    it is acknowledged, so at the end each record tells how often it was written.
    """
    writers = [_Writer(f"call:{number}") for number in range(WRITERS)]
    with start_blocking_portal() as portal:
        writing = portal.start_task_soon(_write_all, spec, writers)
        for _ in range(kills):
            _until(partial(_reached, writers, _done(writers) + between), writing.done)
            server.kill()
            a_moment(0.02)
            server.start()
        _until(partial(_reached, writers, _done(writers) + between), writing.done)
        for writer in writers:
            writer.stopped = True
        writing.result()
    errors = sum((writer.errors for writer in writers), Counter[str]())
    return Crashed(
        kills,
        _done(writers),
        errors.total(),
        lost=sum(max(0, w.acknowledged - w.found) for w in writers),
        doubled=sum(max(0, w.writes - w.acknowledged) for w in writers),
    )


def _done(writers: "list[_Writer]") -> int:
    return sum(writer.acknowledged for writer in writers)


def _reached(writers: "list[_Writer]", wanted: int) -> bool:
    return _done(writers) >= wanted


def _until(reached: Callable[[], bool], ended: Callable[[], bool]) -> None:
    while not reached():
        assert not ended(), "the writers have ended early"
        a_moment(0.002)


async def _write_all(spec: Spec, writers: "list[_Writer]") -> None:
    async with opened(spec) as store:
        async with anyio.create_task_group() as group:
            for writer in writers:
                group.start_soon(writer.run, store)
        for writer in writers:
            record = await store.get(writer.key)
            writer.found, writer.writes = int(record.data), number_of(record.version)


class _Writer:
    """Writes 1, 2, 3… under a key of its own, each until it is acknowledged."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.acknowledged = self.found = self.writes = 0
        self.errors: Counter[str] = Counter()
        self.stopped = False

    async def run(self, store: StateBackend) -> None:
        version: Expectation = ABSENT
        while not self.stopped:
            version = await self._write(store, version)
            self.acknowledged += 1

    async def _write(self, store: StateBackend, expect: Expectation) -> str:
        number = self.acknowledged + 1
        while True:
            try:
                return await store.put(
                    self.key, b"%d" % number, expect=expect,
                    ttl_seconds=TTL_SECONDS, write_id=f"{number}",
                )  # fmt: skip
            except StateError as error:
                self.errors[type(error).__name__] += 1


class Cut(NamedTuple):
    """What became of a counter while replies were lost."""

    wanted: int
    found: int
    writes: int
    cut: int
    per_second: float


def count_through_cuts(
    make: Callable[[int], Spec], port: int, *, total: int, cut: float = 0.07
) -> Cut:
    """Count through a proxy that cuts off replies.

    Args:
        make: names the store behind a port.
        port: of the server.
        total: how many increments.
        cut: how probable it is that a reply is cut off; more than the 5 % of the writes that are
            wanted, because writes that wait together are sent together.
    """
    with proxied(port, {Fault.CUT_REPLY: cut}) as proxy:
        counted: Counted = count(make(proxy.port), total=total, processes=4, tasks=4)
    return Cut(*counted[:3], proxy.struck[Fault.CUT_REPLY], counted.per_second)


def write_through_faults(make: Callable[[int], Spec], port: int, *, writes: int) -> Crashed:
    """Write through a proxy that does all it can do to connections."""
    chances: dict[Fault, float] = {fault: 0.04 for fault in Fault if fault is not Fault.NONE}
    with stopwatch(), proxied(port, chances) as proxy:
        writer = _Writer("call:faults")
        anyio.run(_write_some, make(proxy.port), writer, writes)
    struck = sum(proxy.struck[fault] for fault in chances)
    lost, doubled = writes - writer.found, writer.writes - writes
    return Crashed(struck, writer.acknowledged, writer.errors.total(), lost, doubled)


async def _write_some(spec: Spec, writer: _Writer, writes: int) -> None:
    async with opened(spec) as store:
        version: Expectation = ABSENT
        for _ in range(writes):
            version = await writer._write(store, version)
            writer.acknowledged += 1
        record = await store.get(writer.key)
        writer.found, writer.writes = int(record.data), number_of(record.version)
