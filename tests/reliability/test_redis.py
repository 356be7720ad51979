"""Redis when it is set up badly, full, slow, failing over or a cluster."""

import asyncio
import gc
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit.errors import (
    DefinitionError,
    StateCorrupt,
    StateError,
    StateFull,
    StateUnavailable,
    StateUnknown,
)
from agentkit.state.base import ABSENT, ANY, Expectation
from agentkit.state.redis import RedisState
from agentkit.state.redis_scripts import BUCKETS, Layout, bucket_of
from agentkit.testing import state_swaps
from agentkit.testing.state_checks import Case
from tests.reliability.harness import SEED, size
from tests.reliability.servers import (
    RedisCluster,
    RedisServer,
    running,
    shared_cluster,
    shared_redis,
)
from tests.state.forks import in_child

pytestmark = pytest.mark.timeout(size(300, 1_800))
needs_quiet = pytest.mark.skipif(
    "AGENTKIT_LONG" not in os.environ, reason="needs a machine to itself: make test-long"
)

TTL = 100.0
QUICK = 0.4


@pytest.fixture
def server() -> RedisServer:
    server = shared_redis()
    server.ask("FLUSHALL")
    return server


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    with running(RedisServer) as server:
        yield server


@pytest.fixture
def cluster() -> RedisCluster:
    cluster = shared_cluster()
    for server in cluster.servers:
        server.ask("FLUSHALL")
    return cluster


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[RedisState]:
    state = RedisState(url, **settings)
    await state.open()
    try:
        yield state
    finally:
        await state.close()


async def put(
    state: RedisState,
    key: str = "k",
    data: bytes = b"1",
    *,
    expect: Expectation = ANY,
    write_id: str = "a",
) -> str:
    return await state.put(key, data, expect=expect, ttl_seconds=TTL, write_id=write_id)


async def read(state: RedisState, key: str = "k") -> bytes | None:
    record = await state.get(key)
    return None if record is None else record.data


def warnings(caplog: pytest.LogCaptureFixture) -> str:
    found = [line for line in caplog.records if line.levelno >= logging.WARNING]
    return "\n".join(line.getMessage() for line in found)


# Settings


async def test_a_server_that_keeps_everything_is_opened_without_a_word(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(server.url) as state:
        await state.ping()
    assert warnings(caplog) == ""


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (("--appendonly", "no"), "setting=appendonly value=no"),
        (("--appendfsync", "everysec"), "setting=appendfsync value=everysec"),
        (("--appendfsync", "no"), "setting=appendfsync value=no"),
    ],
)
async def test_settings_that_lose_data_are_reported(
    settings: tuple[str, str], line: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(lambda: RedisServer(*settings)) as server:
        async with opened(server.url):
            pass
    assert line in warnings(caplog)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("maxmemory-policy", "allkeys-lru"), ("maxmemory-policy", "volatile-ttl")],
)
async def test_a_server_that_evicts_is_refused(
    own_server: RedisServer, setting: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    own_server.ask("CONFIG", "SET", setting, value)
    with pytest.raises(DefinitionError, match=f"{setting} {value}.*set noeviction.*allow_unsafe"):
        await RedisState(own_server.url).open()
    async with opened(own_server.url, allow_unsafe=True) as state:
        await put(state)
    assert f"setting={setting} value={value}" in warnings(caplog)


@needs_quiet
async def test_a_replica_is_refused(server: RedisServer) -> None:
    with running(lambda: RedisServer("--replicaof", f"127.0.0.1 {server.port}")) as replica:
        with pytest.raises(DefinitionError, match="role replica: connect to the primary"):
            await RedisState(replica.url).open()
        async with opened(replica.url, allow_unsafe=True, deadline_seconds=QUICK) as state:
            with pytest.raises(StateUnavailable, match="read only replica"):
                await put(state)
    server.ask("FLUSHALL")


COMMANDS = (
    "mget", "get", "set", "del", "exists", "strlen", "eval", "evalsha", "time", "pttl", "pexpire",
    "zadd", "zrem", "zrangebyscore", "zrangebylex",
)  # fmt: skip


async def test_a_user_with_the_few_commands_that_are_needed_is_enough(
    own_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    allowed = [f"+{command}" for command in COMMANDS]
    own_server.ask("ACL", "SETUSER", "app", "on", ">secret", "~agentkit:*", "-@all", *allowed)
    url = own_server.url.replace("//", "//app:secret@")
    async with opened(url) as state:
        await state.ping()
        await put(state)
        await state.delete("k")
        assert await state.scan() == []
        assert await state.purge(10) == 0
    assert "redis_settings_unknown command=INFO" in warnings(caplog)
    assert 'redis_settings_unknown command="CONFIG GET"' in warnings(caplog)
    assert "setting=appendfsync value=unknown" in warnings(caplog)
    with pytest.raises(StateUnavailable, match=r"Redis refused: .*permission"):
        async with opened(url, prefix="other:") as state:
            await state.get("k")


@pytest.mark.parametrize("user", ["", "default:wrong@", ":wrong@"])
async def test_wrong_credentials_are_an_error_at_once(own_server: RedisServer, user: str) -> None:
    own_server.ask("CONFIG", "SET", "requirepass", "secret")
    state = RedisState(own_server.url.replace("//", f"//{user}"), deadline_seconds=600)
    with pytest.raises(StateUnavailable, match="Redis refused"), anyio.fail_after(60):
        await state.open()
    await state.close()


async def test_a_unix_socket_will_do() -> None:
    with running(lambda: RedisServer("--unixsocket", "socket")) as server:
        async with opened(f"unix://{server.folder}/socket") as state:
            await put(state)
            assert await read(state) == b"1"


@needs_quiet
async def test_a_server_that_is_not_there_is_unavailable() -> None:
    state = RedisState("redis://127.0.0.1:1", deadline_seconds=QUICK)
    for call in (state.open, state.ping, state.scan):
        with pytest.raises(StateUnavailable, match="cannot be reached"):
            await call()
    with pytest.raises(StateUnavailable):
        await put(state)
    await state.close()


async def test_valkey_has_names_of_its_own(server: RedisServer) -> None:
    async with opened(server.url.replace("redis", "valkey")) as state:
        await state.ping()


# Trouble


async def test_a_server_without_memory_is_full_and_recovers(own_server: RedisServer) -> None:
    async with opened(own_server.url) as state:
        version = await put(state)
        own_server.ask("CONFIG", "SET", "maxmemory", "1")
        for attempt in (put(state, expect=version, write_id="b"), state.ping()):
            with pytest.raises(StateFull, match="OOM"):
                await attempt
        assert await read(state) == b"1"
        assert await put(state, write_id="a") == version
        own_server.ask("CONFIG", "SET", "maxmemory", "0")
        await put(state, expect=version, write_id="b")


@needs_quiet
async def test_a_server_that_hangs_leaves_writes_unknown_and_applies_them_once(
    own_server: RedisServer,
) -> None:
    async with opened(own_server.url, deadline_seconds=QUICK) as state:
        version = await put(state)
        own_server.pause()
        try:
            with pytest.raises(StateUnavailable):
                await state.get("k")
            with pytest.raises(StateUnknown):
                await put(state, data=b"2", expect=version, write_id="b")
            with pytest.raises(StateUnknown):
                await state.delete("other")
        finally:
            own_server.resume()
        second = await put(state, data=b"2", expect=version, write_id="b")
        assert second == version.replace(".1", ".2")
        await put(state, data=b"3", expect=second, write_id="c")


@needs_quiet
async def test_a_primary_that_becomes_a_replica_takes_no_writes_until_it_is_one_again(
    own_server: RedisServer,
) -> None:
    async with opened(own_server.url, deadline_seconds=QUICK) as state:
        await put(state)
        own_server.ask("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StateUnavailable, match="cannot serve"):
            await put(state, write_id="b")
        own_server.ask("REPLICAOF", "NO", "ONE")
        await put(state, write_id="b")


async def test_connections_that_the_server_closed_are_replaced(server: RedisServer) -> None:
    async with opened(server.url) as state:
        version = await put(state)
        server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert await read(state) == b"1"
        server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await put(state, expect=version, write_id="b")


async def test_a_server_that_forgot_the_scripts_is_told_again(server: RedisServer) -> None:
    async with opened(server.url) as state:
        await put(state)
        server.ask("SCRIPT", "FLUSH")
        assert await state.delete("k")


async def test_a_server_that_lost_writes_is_noticed(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(server.url) as state:
        await put(state)
        meta, _ = Layout("agentkit:").record("k")
        old = server.ask("GET", meta)
        await put(state, write_id="b")
        server.ask("SET", meta, old)
        await state.get("k")
    assert "state_went_back key=k" in warnings(caplog)


async def test_a_repeated_delete_says_the_same(server: RedisServer) -> None:
    async with opened(server.url) as state:
        for final in (True, False):
            key = f"k{final}"
            await put(state, key)
            command = await sent(state, partial(state.delete, key, final=final))
            assert command == [b"deleted", b"deleted", b"deleted"]


async def asked(state: RedisState, *command: Any) -> Any:
    return await state._server.read(lambda wire: wire.ask(*command), lambda: None)


async def sent(state: RedisState, call: Callable[[], Any]) -> list[bytes]:
    """Return the outcomes of a call whose exchange is made three times over one connection."""
    outcomes: list[bytes] = []
    once = state._server.call

    async def thrice(exchange: Any, where: Any) -> Any:
        replies = [await once(exchange, where) for _ in range(3)]
        outcomes.extend(reply.value[0] for reply in replies)
        return replies[-1]

    state._server.call = thrice  # type: ignore[method-assign]
    try:
        await call()
    finally:
        del state._server.call
    return outcomes


# Damage


@needs_quiet
async def test_damaged_bytes_are_seen_or_read_as_they_were(
    server: RedisServer, record: Callable[..., None]
) -> None:
    chance = random.Random(SEED)
    mutations = size(1_000, 20_000) // 2
    seen = 0
    async with opened(server.url) as state:
        await put(state, data=b'\x01{"cart":{"tea":2}}')
        whole = await state.get("k")
        keys = Layout("agentkit:").record("k")
        stored = [server.ask("DUMP", key) for key in keys]
        raw = [await asked(state, "GET", key) for key in keys]
        for _ in range(mutations):
            place = chance.randrange(2)
            bad = mutated(raw[place], chance)
            await asked(state, "SET", keys[place], bad)
            try:
                found = await state.get("k")
            except StateCorrupt:
                seen += 1
            else:
                assert found is None or (whole is not None and found.data == whole.data)
            await asked(state, "SET", keys[place], raw[place])
    record("damage, Redis", mutations=mutations, seen=seen, stored=len(stored))
    assert seen > mutations / 2


def mutated(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    if chance.random() < 0.3:
        return data[:place]
    return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


async def test_a_key_of_another_type_is_corrupt(server: RedisServer) -> None:
    meta, _ = Layout("agentkit:").record("k")
    async with opened(server.url) as state:
        server.ask("LPUSH", meta, "x")
        with pytest.raises(StateCorrupt, match="WRONGTYPE"):
            await put(state)


async def test_a_damaged_record_is_refused_and_can_be_deleted(server: RedisServer) -> None:
    meta, _ = Layout("agentkit:").record("k")
    async with opened(server.url) as state:
        await put(state)
        server.ask("SET", meta, "nonsense")
        for attempt in (state.get("k"), put(state, write_id="b"), state.scan()):
            with pytest.raises(StateCorrupt, match=r"CORRUPT|damaged"):
                await attempt
        assert await state.delete("k", final=False)
        await put(state, expect=ABSENT, write_id="c")


# Event loops and processes


@pytest.mark.parametrize("loop_factory", [None, "uvloop"])
def test_one_store_serves_one_event_loop_after_another(
    server: RedisServer, loop_factory: str | None
) -> None:
    state = RedisState(server.url)
    options = {"use_uvloop": True} if loop_factory else {}

    async def use(number: int) -> None:
        await state.open()
        await put(state, f"k{number}")
        assert await read(state, "k0") == b"1"

    before = server.connections()
    for number in range(3):
        anyio.run(use, number, backend_options=options)
    assert server.connections() == before


def test_one_store_serves_event_loops_of_several_threads(server: RedisServer) -> None:
    state = RedisState(server.url)

    async def use(number: int) -> None:
        async with anyio.create_task_group() as group:
            for each in range(20):
                group.start_soon(put, state, f"k{number}.{each}")

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda number: anyio.run(use, number), range(4))) == [None] * 4

    async def total() -> int:
        return len(await state.scan(limit=1_000))

    assert anyio.run(total) == 80


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_at_once_leaves_no_connection(server: RedisServer) -> None:
    state = RedisState(server.url)
    before = server.connections()
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(put(state))
        loop.close()
    anyio.run(read, state)
    while server.connections() > before:
        pass
    gc.collect()


def test_a_forked_child_uses_connections_of_its_own(server: RedisServer) -> None:
    state = RedisState(server.url)

    async def count() -> int:
        record = await state.get("k")
        expect, number = (ABSENT, 0) if record is None else (record.version, int(record.data))
        await put(state, data=b"%d" % (number + 1), expect=expect, write_id=f"{number}")
        return number + 1

    with asyncio.Runner() as runner:
        assert runner.run(count()) == 1
        assert in_child(lambda: asyncio.run(count())) == 2
        assert runner.run(count()) == 3
        runner.run(state.close())


# Redis Cluster


class ClusterPlace:
    """Where one store of a cluster lives, for cases in which no time passes."""

    def __init__(self, cluster: RedisCluster) -> None:
        self.url = cluster.servers[0].url

    def backend(self) -> RedisState:
        return RedisState(self.url)

    def advance(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("case", state_swaps.promises, ids=lambda case: case.name)
def test_a_cluster_keeps_the_contract(cluster: RedisCluster, case: Case) -> None:
    case.run(ClusterPlace(cluster))


async def test_records_are_spread_over_a_cluster_and_found_from_any_server(
    cluster: RedisCluster,
) -> None:
    async with opened(cluster.servers[0].url) as state:
        for number in range(200):
            await put(state, f"call:{number}")
    assert all(server.ask("DBSIZE") > 50 for server in cluster.servers)
    async with opened(cluster.servers[2].url) as state:
        assert len(await state.scan(limit=1_000)) == 200
        assert await read(state, "call:7") == b"1"
        await state.ping()


@needs_quiet
async def test_a_part_of_the_keys_can_move_while_they_are_used(cluster: RedisCluster) -> None:
    source, target = cluster.servers[:2]
    key, slot = key_in(cluster, 0)
    names = [server.ask("CLUSTER", "MYID").decode() for server in (source, target)]
    async with opened(source.url, deadline_seconds=QUICK) as state:
        version = await put(state, key)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0])
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1])
        version = await put(state, key, expect=version, write_id="b")
        try:
            keys = source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10)
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
            assert await read(state, key) == b"1"
            target.ask("SCRIPT", "FLUSH")
            version = await put(state, key, expect=version, write_id="c")
            for server in (target, source, cluster.servers[2]):
                server.ask("CLUSTER", "SETSLOT", slot, "NODE", names[1])
            await put(state, key, expect=version, write_id="d")
        finally:
            target.ask("FLUSHALL")
            for server in (source, target, cluster.servers[2]):
                server.ask("CLUSTER", "SETSLOT", slot, "NODE", names[0])


def key_in(cluster: RedisCluster, server: int) -> tuple[str, int]:
    """Return a key whose slot one server has, and that slot."""
    limits = [0, 5461, 10923, 16384]
    for number in range(1_000):
        key = f"call:{number}"
        slot = cluster.servers[0].ask("CLUSTER", "KEYSLOT", Layout("agentkit:").record(key)[0])
        if limits[server] <= slot < limits[server + 1]:
            return key, slot
    raise AssertionError


@needs_quiet
async def test_when_a_server_of_a_cluster_is_gone_the_others_are_asked() -> None:
    with running(RedisCluster) as cluster:
        urls = [server.url for server in cluster.servers]
        key, _ = key_in(cluster, 1)
        async with opened(urls[0], deadline_seconds=QUICK) as state:
            for number in range(20):
                await put(state, f"call:{number}")
            cluster.servers[1].kill()
            with pytest.raises(StateError):
                await state.get(key)
            cluster.servers[1].start()
            with anyio.fail_after(10):
                while not await came_back(state, key):
                    pass
            cluster.servers[0].kill()
            assert await read(state, key) is not None


async def came_back(state: RedisState, key: str) -> bool:
    try:
        await state.get(key)
    except StateError:
        return False
    return True


def test_the_buckets_are_used_evenly() -> None:
    counts = [0] * BUCKETS
    for number in range(6_400):
        counts[bucket_of(f"call:{number}")] += 1
    assert 50 < min(counts) <= max(counts) < 170
