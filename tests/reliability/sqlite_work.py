"""What children do to SQLite. This module imports no test tools: a child starts the faster.

Nobody counts the lines that run in children, as those are killed.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio

from agentkit.errors import StateConflict
from agentkit.state import sqlite_format
from agentkit.state.base import ABSENT, ANY
from agentkit.state.sqlite import BlockingSQLite, SQLiteState
from tests.reliability.harness import resident_mib
from tests.state.stores import Clock

TTL = 1000.0


@contextmanager
def opened(path: Path, clock: Callable[[], float] | None = None) -> Iterator[BlockingSQLite]:
    store = (SQLiteState(path, clock=clock) if clock else SQLiteState(path)).blocking
    try:
        store.open()
        yield store
    finally:
        store.close()


_ids = count()


def put(store: BlockingSQLite, key: str, data: bytes = b"data", ttl: float = TTL) -> str:
    return store.put(key, data, expect=ANY, ttl_seconds=ttl, write_id=f"{next(_ids)}")


def opens_and_closes(sender: Connection, path: str) -> None:  # pragma: no cover
    sender.send_bytes(b"begun")
    while True:
        with opened(Path(path)) as store:
            put(store, "other")


def purges(sender: Connection, path: str) -> None:  # pragma: no cover
    with opened(Path(path)) as store:
        sender.send_bytes(b"begun")
        while True:
            for number in range(5):
                put(store, f"old-{number}", ttl=1e-6)
            store.purge(3)


def migrates(sender: Connection, path: str) -> None:  # pragma: no cover
    sqlite_format.STEPS += (NEXT_STEP,)
    sender.send_bytes(b"begun")
    while True:
        with opened(Path(path)):
            pass


NEXT_STEP = (
    "CREATE TABLE fresh (id INTEGER PRIMARY KEY, key BLOB, due REAL, facts BLOB, data BLOB)",
    "INSERT INTO fresh SELECT * FROM records",
    "DROP TABLE records",
    "ALTER TABLE fresh RENAME TO records",
    "CREATE UNIQUE INDEX records_by_key ON records (key)",
    "CREATE INDEX records_by_due ON records (due)",
)


def fork_and_write(path: str, forks: int) -> tuple[int, int, int]:  # pragma: no cover
    """Fork while threads write; parent and children count up one record."""
    done = threading.Event()
    written: Counter[str] = Counter()
    with opened(Path(path)) as store:
        threads = [threading.Thread(target=write_until, args=(store, done, written)) for _ in "ab"]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(forks):
            child = os.fork()
            if not child:
                count_up(store, 3)
                count_up(store, 2)
                os._exit(0)
            children.append(child)
            count_up(store, 1)
            written["forks"] += 6
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        done.set()
        for thread in threads:
            thread.join()
        record = store.get("call:count")
    assert record is not None
    return forks, written.total(), int(record.data)


def write_until(
    store: BlockingSQLite, done: threading.Event, written: Counter[str]
) -> None:  # pragma: no cover
    while not done.is_set():
        count_up(store, 1)
        written[threading.current_thread().name] += 1


def count_up(store: BlockingSQLite, times: int) -> None:  # pragma: no cover
    done = 0
    while done < times:
        found = store.get("call:count")
        number, expect = (int(found.data), found.version) if found else (0, ABSENT)
        write: dict[str, Any] = {"expect": expect, "ttl_seconds": TTL}
        try:
            store.put("call:count", b"%d" % (number + 1), write_id=os.urandom(8).hex(), **write)
        except StateConflict:
            continue
        done += 1


def live_and_purge(path: str, calls: int) -> tuple[float, float, float]:  # pragma: no cover
    """Return the MiB that this process holds before, with, and after so many calls."""
    return anyio.run(_live_and_purge, Path(path), calls)


async def _live_and_purge(path: Path, calls: int) -> tuple[float, float, float]:  # pragma: no cover
    clock = Clock()
    store = SQLiteState(path, clock=clock)
    await store.open()
    measured = []
    for number in (2_000, calls):
        measured.append(resident_mib())
        await _live(store, number)
        measured.append(resident_mib())
        for _ in ("expiry", "end of the tombstones"):
            clock.advance(4_000)
            while await store.purge(500):
                pass
        assert not await store.scan()
    measured.append(resident_mib())
    await store.close()
    return measured[2], measured[3], measured[4]


async def _live(store: SQLiteState, calls: int) -> None:  # pragma: no cover
    numbers = iter(range(calls))

    async def caller() -> None:
        for number in numbers:
            await store.put(
                f"call:{number}",
                b"x" * 200,
                expect=ANY,
                ttl_seconds=TTL,
                write_id="a",
                final=True,
            )

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(caller)
