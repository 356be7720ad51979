"""Counters that are raised, in a process of its own: `python -m benchmarks.state_sides JOB`.

A side is an async context manager that gives a `Counter`: `raise_(key)` adds one to the record of
a key (read, change, write), and `count(key)` tells what it is, each as its users would do it. The
module runs in every venv.

* `kit`: `StateManager`, a function on the state.
* `bare`: the medium's own primitive, without anything around it: a dict of JSON, a file that is
  synced and renamed under a lock, one transaction of SQLite, one script of Redis, one upsert of
  PostgreSQL. The last three raise the number where it lies; the others read, change and write.
* `single`: `kit` without group commit: each write is committed by itself.
* `peer`: py-key-value-aio, get and put; it has nothing to swap with.
"""

import asyncio
import fcntl
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

TTL_SECONDS = 86_400


class Counter(NamedTuple):
    """One side's counters."""

    raise_: Callable[[str], Awaitable[object]]
    count: Callable[[str], Awaitable[int]]


class Job(NamedTuple):
    """What one process does.

    Attributes:
        side: by name.
        url: of the store.
        keys: the keys of its tasks, one each; they may be the same.
        seconds: how long.
    """

    side: str
    url: str
    keys: list[str]
    seconds: float


# agentkit --------------------------------------------------------------------------------------


@asynccontextmanager
async def kit(url: str) -> AsyncIterator[Counter]:
    """Give counters in agentkit's call state."""
    from agentkit.errors import StateConflict  # noqa: PLC0415 - not in the peer's venv
    from agentkit.state import StateManager  # noqa: PLC0415
    from agentkit.state.opening import open_url  # noqa: PLC0415

    def more(state: dict[str, Any] | None) -> dict[str, Any]:
        return {"count": (state or {"count": 0})["count"] + 1}

    async def raise_(key: str) -> None:
        while True:
            try:
                await manager.run(manager.operations.rewrite_state(key, more))
            except StateConflict:  # others kept winning; the time counts
                continue
            return

    async def count(key: str) -> int:
        state = await manager.run(manager.operations.get_state(key))
        return int((state or {"count": 0})["count"])

    manager = StateManager(open_url(url))
    await manager.open()
    yield Counter(raise_, count)
    await manager.close()


@asynccontextmanager
async def single(url: str) -> AsyncIterator[Counter]:
    """Give the same, but let each write have a commit of its own."""
    from agentkit.state import batches, group  # noqa: PLC0415

    def join(commit: Any) -> None:
        with commit._changed:  # noqa: SLF001 - one after another, as without the group
            commit._sync()  # noqa: SLF001

    batches.MOST = 1
    group.GroupCommit.join = join  # type: ignore[method-assign]
    async with kit(url) as counter:
        yield counter


# The media themselves --------------------------------------------------------------------------


@asynccontextmanager
async def bare_memory(_: str) -> AsyncIterator[Counter]:
    """Give counters in a dict of encoded values."""
    import msgspec  # noqa: PLC0415

    stored: dict[str, bytes] = {}

    async def raise_(key: str) -> None:
        value = msgspec.json.decode(stored.get(key, b'{"count":0}'))
        value["count"] += 1
        stored[key] = msgspec.json.encode(value)

    async def count(key: str) -> int:
        return int(msgspec.json.decode(stored[key])["count"])

    yield Counter(raise_, count)


@asynccontextmanager
async def bare_file(url: str) -> AsyncIterator[Counter]:
    """Give counters in files that are synced and renamed."""
    folder = _made(url.removeprefix("file:"))
    directory = os.open(folder, os.O_RDONLY)

    def read(path: Path) -> int:
        return int(json.loads(path.read_bytes())["count"]) if path.exists() else 0

    def replace(key: str) -> None:
        path, new = folder / key, folder / f"{key}.new"
        with (folder / f"{key}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with new.open("wb") as file:
                file.write(json.dumps({"count": read(path) + 1}).encode())
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            os.fsync(directory)

    yield _in_threads(replace, lambda key: read(folder / key))
    os.close(directory)


@asynccontextmanager
async def bare_sqlite(url: str) -> AsyncIterator[Counter]:
    """Give counters in SQLite, a transaction each."""
    lock = threading.Lock()
    path = url.removeprefix("sqlite:///")

    def transact(key: str) -> None:
        with lock:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO counters VALUES (?, '{\"count\":1}') ON CONFLICT (key) DO UPDATE SET"
                " data = json_set(data, '$.count', json_extract(data, '$.count') + 1)",
                (key,),
            )
            connection.execute("COMMIT")

    def count(key: str) -> int:
        select = "SELECT json_extract(data, '$.count') FROM counters WHERE key = ?"
        with lock:
            return int(connection.execute(select, (key,)).fetchone()[0])

    connect = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    with closing(connect) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, data TEXT)")
        yield _in_threads(transact, count)


def _made(folder: str) -> Path:
    path = Path(folder)
    path.mkdir(exist_ok=True)
    return path


def _in_threads(raise_: Callable[[str], None], count: Callable[[str], int]) -> Counter:
    async def raised(key: str) -> None:
        await asyncio.to_thread(raise_, key)

    async def counted(key: str) -> int:
        return await asyncio.to_thread(count, key)

    return Counter(raised, counted)


@asynccontextmanager
async def bare_redis(url: str) -> AsyncIterator[Counter]:
    """Give counters in Redis, one script each."""
    import redis.asyncio  # noqa: PLC0415

    client = redis.asyncio.Redis.from_url(url)
    script = client.register_script(
        "local stored = redis.call('GET', KEYS[1])\n"
        "local value = stored and cjson.decode(stored) or {count = 0}\n"
        "value.count = value.count + 1\n"
        "redis.call('SET', KEYS[1], cjson.encode(value), 'EX', ARGV[1])\n"
        "return value.count"
    )

    async def count(key: str) -> int:
        return int(json.loads(await client.get(f"bare:{key}"))["count"])

    yield Counter(lambda key: script(keys=[f"bare:{key}"], args=[TTL_SECONDS]), count)
    await client.aclose()


@asynccontextmanager
async def bare_postgres(url: str) -> AsyncIterator[Counter]:
    """Give counters in PostgreSQL, one upsert each."""
    import psycopg  # noqa: PLC0415
    import psycopg_pool  # noqa: PLC0415

    table = (
        "CREATE TABLE IF NOT EXISTS bare (key text PRIMARY KEY, data jsonb) WITH (fillfactor=50)"
    )
    upsert = (
        "INSERT INTO bare VALUES (%s, '{\"count\": 1}') ON CONFLICT (key) DO UPDATE SET"
        " data = jsonb_build_object('count', (bare.data->>'count')::int + 1)"
    )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as first:
        await first.execute("SELECT pg_advisory_lock(1)")
        await first.execute(table)
    pool = psycopg_pool.AsyncConnectionPool(
        url, min_size=8, max_size=8, open=False, kwargs={"autocommit": True}
    )

    async def raise_(key: str) -> None:
        async with pool.connection() as connection:
            await connection.execute(upsert, (key,))

    async def count(key: str) -> int:
        async with pool.connection() as connection:
            cursor = await connection.execute("SELECT data FROM bare WHERE key = %s", (key,))
            found = await cursor.fetchone()
            return int(found[0]["count"]) if found else 0

    async with pool:
        yield Counter(raise_, count)


# py-key-value-aio ------------------------------------------------------------------------------


@asynccontextmanager
async def peer(url: str) -> AsyncIterator[Counter]:
    """Give counters in a store of py-key-value-aio."""
    store = _peer_store(url)

    async def raise_(key: str) -> None:
        value = await store.get(key=key) or {"count": 0}
        await store.put(key=key, value={"count": value["count"] + 1}, ttl=TTL_SECONDS)

    async def count(key: str) -> int:
        value = await store.get(key=key)
        return int(value["count"]) if value else 0

    yield Counter(raise_, count)
    if hasattr(store, "close"):  # that in memory has nothing to close
        await store.close()


def _peer_store(url: str) -> Any:
    scheme, _, path = url.partition(":")
    if scheme == "memory":
        from key_value.aio.stores.memory import MemoryStore  # noqa: PLC0415

        return MemoryStore()
    if scheme == "file":
        from key_value.aio.stores.filetree import FileTreeStore  # noqa: PLC0415

        return FileTreeStore(data_directory=_made(path))
    if scheme == "sqlite":
        from key_value.aio.stores.disk import DiskStore  # noqa: PLC0415 - on SQLite

        return DiskStore(directory=path.removeprefix("///") + ".peer")
    if scheme == "redis":
        from key_value.aio.stores.redis import RedisStore  # noqa: PLC0415

        return RedisStore(url=url)
    from key_value.aio.stores.postgresql import PostgreSQLStore  # noqa: PLC0415

    return PostgreSQLStore(url=url)


# One process -----------------------------------------------------------------------------------


def side(name: str, url: str) -> AbstractAsyncContextManager[Counter]:
    """Return a side's counters in a store."""
    if name == "bare":
        scheme = url.partition(":")[0].removesuffix("ql")
        made: AbstractAsyncContextManager[Counter] = globals()[f"bare_{scheme}"](url)
        return made
    return {"kit": kit, "single": single, "peer": peer}[name](url)


async def _raise_until(counter: Counter, key: str, end: float, micros: list[int]) -> None:
    while (began := time.perf_counter()) < end:
        await counter.raise_(key)
        micros.append(round((time.perf_counter() - began) * 1e6))
        await asyncio.sleep(0)  # a side that never waits must not keep the others waiting


async def _work(job: Job) -> None:
    async with side(job.side, job.url) as counter:
        before = len(job.keys)
        for key in job.keys:
            await counter.raise_(key)
        _told("ready")
        await asyncio.to_thread(sys.stdin.readline)
        micros: list[int] = []
        end = time.perf_counter() + job.seconds
        await asyncio.gather(*(_raise_until(counter, key, end, micros) for key in job.keys))
        _told(json.dumps({"raised": len(micros) + before, "micros": micros}))
        for line in iter(sys.stdin.readline, "\n"):  # a key each, then an empty line: the end
            _told(json.dumps(await counter.count(line.strip())))


def _told(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(_work(Job(*json.loads(sys.argv[1]))))
