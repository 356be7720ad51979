"""Redis keeps the contract, and what its server says is understood."""

import asyncio
import secrets
import sys
from contextlib import suppress
from typing import Any

import anyio
import pytest
import redis
import redis.asyncio.connection

from agentkit.errors import DefinitionError, StateCorrupt, StateFull, StateUnavailable
from agentkit.state import remote
from agentkit.state.base import ANY, Capabilities
from agentkit.state.redis import RedisState
from agentkit.state.redis_cluster import Map, Route
from agentkit.state.redis_scripts import PROBE, Layout, bucket_of, rest_of
from agentkit.state.redis_settings import facts, findings
from agentkit.state.redis_wire import (
    Address,
    ApartError,
    RedirectedError,
    RedisConnector,
    RedisWire,
    RefusedError,
    packed,
)
from agentkit.state.remote import Lost, NotNow
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.deadlines import LONG
from tests.state.remote_places import RedisPlace

LIBRARIES = ["asyncio", "trio"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_redis_keeps_the_contract(case: Case, library: str) -> None:
    case.run(RedisPlace(), library)


def test_redis_promises_to_be_shared() -> None:
    state = RedisState("redis://127.0.0.1:1")
    assert state.capabilities == Capabilities(
        durable=True, shared_between_processes=True, shared_between_hosts=True
    )
    assert state.blocking is None


def test_without_its_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio.connection", None)
    with pytest.raises(DefinitionError, match=r"pip install 'agentkit-swml\[redis\]'"):
        RedisState("redis://127.0.0.1")


@pytest.mark.parametrize("url", ["", "http://x", "redis://u:pa/ss@host:6379", "redis://h:port"])
def test_a_url_that_is_none_is_refused_without_telling_its_password(url: str) -> None:
    with pytest.raises(DefinitionError, match="redis://user:password@host") as caught:
        RedisState(url)
    assert "pa/ss" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("prefix", ["{a}", "a{", "}"])
def test_a_prefix_has_no_braces(prefix: str) -> None:
    with pytest.raises(DefinitionError, match="decide the slot"):
        RedisState("redis://127.0.0.1", prefix=prefix)


# Settings


GOOD = {"role": "master", "maxmemory_policy": "noeviction", "aof_enabled": "1"}


def test_a_durable_server_that_does_not_evict_has_no_findings() -> None:
    assert findings(GOOD, "always") == []


@pytest.mark.parametrize(
    ("setting", "value", "found", "refused"),
    [
        ("role", "slave", "role", True),
        ("maxmemory_policy", "allkeys-lru", "maxmemory-policy", True),
        ("maxmemory_policy", "volatile-lfu", "maxmemory-policy", True),
        ("aof_enabled", "0", "appendonly", False),
    ],
)
def test_a_dangerous_setting_is_found(setting: str, value: str, found: str, refused: bool) -> None:
    [finding] = findings({**GOOD, setting: value}, "always")
    assert (finding.setting, finding.refused) == (found, refused)


@pytest.mark.parametrize(
    ("appendfsync", "why"), [("everysec", "a second"), ("no", "many seconds"), (None, "not let us")]
)
def test_when_the_file_is_not_synced_at_once_it_is_said(appendfsync: str | None, why: str) -> None:
    [finding] = findings(GOOD, appendfsync)
    assert why in finding.why


def test_a_server_that_tells_nothing_is_taken_for_a_good_one() -> None:
    assert [finding.value for finding in findings({}, None)] == ["unknown"]


def test_a_replica_in_a_cluster_sends_calls_on() -> None:
    assert findings({**GOOD, "role": "slave", "cluster_enabled": "1"}, "always") == []


def test_facts_are_the_lines_with_a_colon() -> None:
    assert facts(b"# Server\r\nredis_version:7.0\r\nos:Linux 6:1\r\n\r\n") == {
        "redis_version": "7.0",
        "os": "Linux 6:1",
    }


# What errors mean


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", StateFull),
        ("ERR Error running script (call to f_1): @user_script:1: -OOM command not", StateFull),
        ("MISCONF Errors writing to the AOF file: No space left on device", StateFull),
        ("READONLY You can't write against a read only replica.", NotNow),
        ("LOADING Redis is loading the dataset in memory", NotNow),
        ("CLUSTERDOWN The cluster is down", NotNow),
        ("TRYAGAIN Multiple keys request during rehashing of slot", NotNow),
        ("MASTERDOWN Link with MASTER is down", NotNow),
        ("NOREPLICAS Not enough good replicas to write.", NotNow),
        ("BUSY Redis is busy running a script.", NotNow),
        ("ERR max number of clients reached", NotNow),
        ("WRONGTYPE Operation against a key", StateCorrupt),
        ("CORRUPT record", StateCorrupt),
        ("ERR unknown command", StateUnavailable),
        ("NOPERM this user has no permissions", StateUnavailable),
        ("NOAUTH Authentication required.", StateUnavailable),
    ],
)
async def test_an_error_of_the_server_says_what_it_means(reply: str, kind: type[Exception]) -> None:
    wire = wire_to(Answering(reply))
    with pytest.raises(kind):
        await Route(Map(), 0).guiding(lambda wire: wire.ask("GET", "k"))(wire)


@pytest.mark.parametrize("code", ["NOSCRIPT", "NOAUTH", "NOPERM", "CROSSSLOT", "EXISTS"])
async def test_a_refusal_keeps_its_code(code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        await wire_to(Answering(f"{code} for some reason")).ask("GET", "k")
    assert (caught.value.code, str(caught.value)) == (code, f"{code} for some reason")


class Saying(redis.asyncio.connection.Connection):
    """A connection on which this is all that the server says."""

    def __init__(self, text: bytes) -> None:
        super().__init__(host="asked", protocol=2, socket_timeout=None)
        self.sent: list[str] = []
        self._writer: Any = self
        self._reader = asyncio.StreamReader()
        self._reader.feed_data(text)
        self._reader.feed_eof()
        self._parser.on_connect(self)  # type: ignore[no-untyped-call]

    def __del__(self, _: Any = None) -> None:
        """There is nothing to close."""

    def write(self, data: bytes) -> None:
        self.sent += [part.split(b"\r\n")[2].decode() for part in data.split(b"*")[1:]]

    async def drain(self) -> None:
        pass


class Answering(Saying):
    """A connection on which the server gives these answers; all but OK are errors."""

    def __init__(self, *replies: str) -> None:
        lines = [f"{'+' if reply == 'OK' else '-'}{reply}\r\n" for reply in replies]
        super().__init__("".join(lines).encode())


class Broken(Answering):
    """A connection that breaks when something is sent."""

    async def drain(self) -> None:
        raise ConnectionResetError("gone")


def wire_to(connection: redis.asyncio.connection.Connection) -> RedisWire:
    return RedisWire(connection, redis)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (b"+OK\r\n", b"OK"),
        (b":-7\r\n", -7),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"$0\r\n\r\n", b""),
        (b"$4\r\n\r\n\0\xff\r\n", b"\r\n\0\xff"),
        (b"*3\r\n$1\r\na\r\n*1\r\n:1\r\n$-1\r\n", [b"a", [1], None]),
    ],
)
async def test_a_reply_is_read(text: bytes, reply: object) -> None:
    assert await wire_to(Saying(text)).ask("GET", "k") == reply


@pytest.mark.parametrize(
    "text",
    [b"", b"+OK", b"$4\r\nab", b"*2\r\n:1\r\n", b"?\r\n", b"\r\n", b":x\r\n", b"+" + b"x" * 99_999],
)
async def test_what_is_no_whole_reply_is_lost(text: bytes) -> None:
    with pytest.raises(Lost, match=r"closed by server|is no reply|Protocol Error"):
        await wire_to(Saying(text)).ask("GET", "k")


@pytest.mark.parametrize(
    ("reply", "address", "for_good"),
    [
        ("MOVED 3999 10.0.0.1:6381", Address("10.0.0.1", 6381), True),
        ("MOVED 3999 :6381", Address("asked", 6381), True),
        ("MOVED 3999 ::1:6381", Address("::1", 6381), True),
        ("ASK 3999 10.0.0.1:6381", Address("10.0.0.1", 6381), False),
    ],
)
async def test_a_redirection_names_another_server(
    reply: str, address: Address, for_good: bool
) -> None:
    wire = wire_to(Answering(reply))
    with pytest.raises(RedirectedError) as caught:
        await wire.ask("GET", "k")
    assert (caught.value.address, caught.value.for_good) == (address, for_good)


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ("MOVED 3999 10.0.0.1:6381", ApartError),
        ("ASK 3999 10.0.0.1:6381", ApartError),
        ("LOADING Redis is loading the dataset in memory", NotNow),
        ("NOAUTH Authentication required.", RefusedError),
        ("ERR unknown command", RefusedError),
    ],
)
async def test_of_commands_sent_together_every_reply_is_read(
    refusal: str, kind: type[Exception]
) -> None:
    connection = Answering("OK", refusal, "OK", "OK")
    wire = wire_to(connection)
    with pytest.raises(kind):
        await wire.ask_all([("GET", "a"), ("GET", "b"), ("GET", "c")])
    assert await wire.ask_all([("GET", "d")]) == [b"OK"]


async def test_commands_sent_together_are_lost_together() -> None:
    wire = wire_to(Broken("OK"))
    with pytest.raises(Lost, match="gone"):
        await wire.ask_all([("GET", "a")])


async def test_what_one_server_does_not_have_is_asked_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = RedisPlace().backend()
    await state.put("k", b"1", expect=ANY, ttl_seconds=100, write_id="a")

    async def apart(*_: object) -> list[object]:
        raise ApartError("the keys are elsewhere")

    monkeypatch.setattr(RedisWire, "ask_all", apart)
    assert [entry.key for entry in await state.scan()] == ["k"]
    await state.close()


async def test_a_server_that_starts_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loading:
        def __init__(self, **_: object) -> None:
            pass

        async def connect(self) -> None:
            raise redis.BusyLoadingError("loading")

    connector = RedisConnector("redis://127.0.0.1")
    monkeypatch.setattr(connector, "_make", Loading)
    with pytest.raises(NotNow, match="loading"):
        await connector.connect(None)


def test_a_wire_that_was_never_open_has_no_descriptor() -> None:
    assert wire_to(redis.asyncio.connection.Connection()).descriptor() == -1


# Who has what


def test_what_is_learned_of_a_cluster_is_forgotten_when_it_does_not_answer() -> None:
    servers = Map()
    here, there = Address("here", 1), Address("there", 2)
    servers.learn(7, here)
    servers.learn(8, there)
    route = Route(servers, 7)
    assert [route.next() for _ in range(5)] == [here, None, here, there, None]
    assert servers.owner(7) is None
    assert servers.owner(8) == there


async def test_a_call_follows_redirections_and_asks_where_keys_are_moving() -> None:
    servers = Map()
    route = Route(servers, 7)
    assert route.next() is None
    for reply, address in [("MOVED 1 a:1", Address("a", 1)), ("ASK 1 b:2", Address("b", 2))]:
        wire = wire_to(Answering(reply))
        with pytest.raises(RedirectedError):
            await route.guiding(lambda wire: wire.ask("GET", "k"))(wire)
        assert route.next() == address
    assert servers.owner(7) == Address("a", 1)
    connection = Answering("ERR")
    with pytest.raises(StateUnavailable):
        await route.guiding(lambda wire: wire.ask("GET", "k"))(wire_to(connection))
    assert connection.sent == ["ASKING"]


# Rows


@pytest.mark.parametrize(
    "stored", [b"", b"a", b"a 1 2 3 4", b"a 1 2 3 4 0 5\n", b"a x 2 3 4 0\n", b"\xff 1 2 3 4 0\n"]
)
def test_a_record_that_cannot_be_read_is_corrupt(stored: bytes) -> None:
    with pytest.raises(StateCorrupt, match="'k' is damaged"):
        rest_of("k", stored)


def test_a_purge_stops_at_its_limit_and_a_scan_at_its_page() -> None:
    place = RedisPlace()

    async def main() -> tuple[int, int]:
        state = place.backend()
        for number in range(300):
            await state.put(
                f"k{number}", b"", expect=ANY, ttl_seconds=100, write_id="a", final=number % 2 == 0
            )
        page = await state.scan(limit=150)
        again = await state.scan(after=page[-1].key, limit=1_000)
        await state.close()
        return len(page), len(again)

    assert anyio.run(main) == (150, 150)


def test_a_place_in_the_index_is_renewed_once_in_a_slice_of_time_and_never_early() -> None:
    place, ttl_seconds = RedisPlace(), 1e7
    _, due = Layout(place.prefix).indexes(bucket_of("k"))

    async def main() -> list[float]:
        state, scores = place.backend(), []
        for seconds in (0, 0, ttl_seconds / 500):
            place.advance(seconds)
            await state.put(
                "k", b"", expect=ANY, ttl_seconds=ttl_seconds, write_id=secrets.token_hex()
            )
            record = await state.get("k")
            assert record is not None
            scores.append(float(place.script("return redis.call('ZSCORE', ARGV[1], 'k')", due)))
            assert scores[-1] >= record.expires_at * 1000
        await state.close()
        return scores

    first, second, third = anyio.run(main)
    assert first == second < third


def test_a_command_is_packed_as_redis_py_packs_it() -> None:
    command = ("SET", "k\u00e9y", b"\x00\r\n", 7)
    connection = redis.asyncio.connection.Connection()
    assert packed(command) == b"".join(connection.pack_command(*command))


async def test_a_server_that_is_still_loading_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "_FIRST_PAUSE", LONG)  # so that there is no time for a third time
    monkeypatch.setattr(remote, "_LONGEST_PAUSE", LONG)
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1_000))
        writer.write(b"-LOADING Redis is loading the dataset in memory\r\n")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        state = RedisState(f"redis://127.0.0.1:{port}/1", deadline_seconds=LONG)
        with pytest.raises(StateUnavailable, match="loading the dataset"):
            await state.get("k")
        await state.close()
    assert b"SELECT" in asked[0]
    assert len(asked) == 2


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    state = RedisState("redis://127.0.0.1:1", deadline_seconds=0.1)
    with pytest.raises(StateUnavailable, match="cannot be reached"):
        await state.open()


async def test_a_script_that_is_refused_is_not_sent_again() -> None:
    answering = Answering("NOPERM this user has no permissions to run the 'evalsha' command")
    wire = wire_to(answering)
    with pytest.raises(RefusedError):
        await wire.run(PROBE, ["k"])
    assert answering.sent == ["EVALSHA"]
