"""Call state in Redis or Valkey: for many hosts, as durable as the server is told to be.

Each write is one script, which the server runs in one step; `redis_scripts` has the layout. The
server's clock decides about expiry. Redis Cluster works with the URL of any of its servers: who has
which bucket is learned from redirections and forgotten when a server cannot be reached.

What is acknowledged survives the end of this process. Whether it survives that of the server is
the server's setting: see `redis_settings`. No write is safe from a failover, as replicas lag.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from agentkit._log import EventLogger
from agentkit.errors import AgentKitError, DefinitionError, StateConflict, StateUnavailable
from agentkit.state.base import ANY, Capabilities, Entry, Expect, Expectation, Record
from agentkit.state.redis_cluster import Map, Route
from agentkit.state.redis_scripts import (
    BUCKETS,
    DELETE,
    PROBE,
    PURGE,
    PUT,
    SIZES,
    Layout,
    bucket_of,
    rest_of,
)
from agentkit.state.redis_settings import Finding, facts, findings
from agentkit.state.redis_wire import (
    Address,
    ApartError,
    Command,
    RedisConnector,
    RedisWire,
    RefusedError,
)
from agentkit.state.remote import DEADLINE_SECONDS, Reply, Server, T
from agentkit.state.seal import SEAL_BYTES, seal, unseal
from agentkit.state.witness import MARK_BYTES, Conflict, Ended, Made, Outcome, Witness, mark

_CONNECTIONS = 32
_LONGEST_TTL = 1e10  # seconds: 317 years, which Redis can count in milliseconds
_SCANNED = 100
_PURGED = 1000
_ONE = ("LIMIT", 0, 1)
_MILLI = 1e3

_log = EventLogger("agentkit.state")


class RedisState:
    """A `StateBackend` on a Redis server or cluster.

    It may be opened on one event loop and used on others; connections are made on first use.

    Args:
        url: `redis://user:password@host:6379/0`, `rediss://` for TLS, or `unix://`.
        prefix: the first part of every key in Redis.
        allow_unsafe: open also a server that evicts records or is a replica.
        deadline_seconds: how long a call may take, with all its attempts.

    Raises:
        DefinitionError: redis-py is not installed, or an argument is wrong.
    """

    blocking = None
    capabilities = Capabilities(
        durable=True, shared_between_processes=True, shared_between_hosts=True
    )

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "agentkit:",
        allow_unsafe: bool = False,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        if "{" in prefix or "}" in prefix:
            raise DefinitionError(f"prefix={prefix!r}: braces would decide the slot of a cluster")
        self._allow_unsafe = allow_unsafe
        self._layout = Layout(prefix)
        self._witness = Witness()
        self._servers = Map()
        self._server: Server[RedisWire, Address | None] = Server(
            RedisConnector(url).connect, most=_CONNECTIONS, deadline_seconds=deadline_seconds
        )

    async def open(self) -> None:
        """Connect, and report the settings of the server that lose data.

        Raises:
            DefinitionError: the server evicts records or is a replica, and that is not allowed.
            StateUnavailable: it cannot be reached.
        """
        try:
            info, appendfsync = await self._server.read(_read_settings, lambda: None)
            self._check(findings(info, appendfsync))
        except AgentKitError:
            await self.close()  # nobody closes what could not be opened
            raise

    def _check(self, found: list[Finding]) -> None:
        for finding in found:
            _log.warning("redis_setting", **finding._asdict())
        for finding in found:
            if finding.refused and not self._allow_unsafe:
                raise DefinitionError(
                    f"Redis has {finding.setting} {finding.value}: {finding.why} "
                    "(allow_unsafe=True opens it all the same)"
                )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()

    async def ping(self) -> None:
        """Return when the server has written and read.

        Raises:
            StateUnavailable: it has not.
            StateFull: it has no memory left.
        """
        keys = self._layout.probe()
        await self._read(0, lambda wire: wire.run(PROBE, keys, secrets.token_hex(8)))

    async def get(self, key: str) -> Record | None:
        """Return the record under key.

        Raises:
            StateCorrupt: what is stored cannot be read, or belongs to another key.
        """
        seen = self._witness.seen(key)
        bucket, keys = bucket_of(key), self._layout.record(key)
        found = _record(key, *await self._read(bucket, lambda wire: wire.ask("MGET", *keys)))
        if found is not None:
            self._witness.compare(key, seen, found.version)
        return found

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

        Raises:
            StateConflict: another version is there; nothing was written.
            CallEnded: a tombstone is there; nothing was written.
            StateUnknown: nobody knows whether it was written; repeat it with the same write id.
        """
        bucket, keys, value = bucket_of(key), self._keys(key), seal(key, data)
        ttl = max(1, round(min(ttl_seconds, _LONGEST_TTL) * _MILLI))
        arguments = (key, value, *_expected(expect), ttl, int(final), mark(write_id))

        async def attempt(first: str, lane: bytes) -> tuple[Outcome, bool]:
            incarnation = first.partition(".")[:1] if first else ()  # a swap needs none
            told: Command = (*arguments, lane, *incarnation)
            reply = await self._call(bucket, lambda wire: wire.run(PUT, keys, *told))
            return _outcome(key, reply.value), reply.repeated

        return await self._witness.put(key, expect, write_id, attempt)

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Raises:
            StateConflict: another version is there; nothing was removed.
        """
        keys = self._keys(key)
        arguments = (key, *_expected(expect), int(final), secrets.token_bytes(MARK_BYTES))
        reply = await self._call(bucket_of(key), lambda wire: wire.run(DELETE, keys, *arguments))
        outcome = reply.value[0]
        if outcome == b"conflict":
            raise StateConflict(f"{key!r} was written by somebody else")
        return bool(outcome == b"deleted")

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries whose keys begin with prefix, bucket by bucket."""
        found: list[Entry] = []
        first = bucket_of(after) if after else 0
        for buckets in _growing(range(first, BUCKETS)):
            pages = await self._ask_each(
                {each: self._naming(each, prefix, after * (each == first)) for each in buckets}
            )
            for bucket in buckets:
                names = pages[bucket]
                while names and len(found) < limit:
                    found += await self._entries(bucket, names)
                    names = await self._more(bucket, prefix, names)
            if len(found) >= limit:
                break
        return found[:limit]

    async def purge(self, limit: int) -> int:
        """Clear the indexes of up to limit rows that are gone, and return how many.

        Redis itself drops the rows when they expire.
        """
        gone = 0
        for bucket in await self._due():
            while gone < limit:
                cleared = await self._purge(bucket, min(limit - gone, _PURGED))
                gone += cleared
                if not cleared:
                    break
        return gone

    async def _due(self) -> list[int]:
        """Return the buckets in which a row is gone."""
        seconds, micro = await self._read(0, lambda wire: wire.ask("TIME"))
        now = int(seconds) * 1000 + int(micro) // 1000
        found = await self._ask_each(
            {
                bucket: ("ZRANGEBYSCORE", self._layout.indexes(bucket)[1], "-inf", now, *_ONE)
                for bucket in range(BUCKETS)
            }
        )
        return [bucket for bucket, rows in found.items() if rows]

    async def _purge(self, bucket: int, limit: int) -> int:
        keys = self._layout.indexes(bucket)
        cleared: int = await self._read(bucket, lambda wire: wire.run(PURGE, keys, limit))
        return cleared

    async def _more(self, bucket: int, prefix: str, names: list[bytes]) -> list[bytes]:
        """Return the names after a page of them."""
        if len(names) < _SCANNED:
            return []
        command = self._naming(bucket, prefix, names[-1].decode())
        more: list[bytes] = await self._read(bucket, lambda wire: wire.ask(*command))
        return more

    def _naming(self, bucket: int, prefix: str, after: str) -> Command:
        """Return the command that asks for a page of names."""
        names, _ = self._layout.indexes(bucket)
        low = f"({after}" if after >= prefix and after else f"[{prefix}"
        high = b"(" + prefix.encode() + b"\xff" if prefix else b"+"
        return ("ZRANGEBYLEX", names, low, high, "LIMIT", 0, _SCANNED)

    async def _entries(self, bucket: int, found: list[bytes]) -> list[Entry]:
        names = [name.decode() for name in found]
        keys = [part for name in names for part in self._layout.record(name)]
        sizes = await self._read(bucket, lambda wire: wire.run(SIZES, keys))
        return [
            Entry(name, known.version, size - SEAL_BYTES, *known[1:])
            for name, (rest, size) in zip(names, sizes, strict=True)
            if rest and size
            for known in [rest_of(name, rest)]
        ]

    async def _read(self, bucket: int, work: Callable[[RedisWire], Awaitable[T]]) -> T:
        route = Route(self._servers, bucket)
        return await self._server.read(route.guiding(work), route.next)

    async def _ask_each(self, commands: Mapping[int, Command]) -> dict[int, Any]:
        """Ask one thing in each of many buckets: together, of a server that has them all."""
        replies: dict[int, Any] = {}
        if len({self._servers.owner(bucket) for bucket in commands}) == 1:
            first, together = next(iter(commands)), list(commands.values())
            with suppress(ApartError):  # of a cluster that nothing is known of yet
                found = await self._read(first, lambda wire: wire.ask_all(together))
                return dict(zip(commands, found, strict=True))
        for bucket, command in commands.items():
            replies[bucket] = await self._read(bucket, partial(_ask, command))
        return replies

    def _call(self, bucket: int, work: Callable[[RedisWire], Awaitable[T]]) -> Awaitable[Reply[T]]:
        route = Route(self._servers, bucket)
        return self._server.call(route.guiding(work), route.next)

    def _keys(self, key: str) -> list[str]:
        return [*self._layout.record(key), *self._layout.indexes(bucket_of(key))]


async def _ask(command: Command, wire: RedisWire) -> Any:
    return await wire.ask(*command)


def _growing(buckets: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut buckets into parts, each twice as long as the one before.

    A store with many records fills a page from the first, one with few is soon asked as a whole.
    """
    length = 1
    while buckets:
        yield buckets[:length]
        buckets, length = buckets[length:], 2 * length


def _outcome(key: str, reply: Any) -> Outcome:
    """Return what became of a put."""
    told, *there = reply if isinstance(reply, list) else [reply]
    outcome, _, version = told.decode().partition(" ")
    if outcome == "made":
        return Made(version)
    if outcome == "ended":
        return Ended()
    complete, *parts = there
    return Conflict(version, _record(key, *parts), complete=bool(complete))


def _record(key: str, rest: bytes | None, value: bytes | None) -> Record | None:
    """Return the record that is made of what is stored, None if there is none.

    Raises:
        StateCorrupt: it cannot be read, or belongs to another key.
    """
    if rest is None or value is None:
        return None
    return Record(unseal(key, value), *rest_of(key, rest))


def _expected(expect: Expectation) -> tuple[str, str]:
    """Return what a script is told to expect: the kind of expectation, and the version."""
    return (expect.value, "") if isinstance(expect, Expect) else ("version", expect)


async def _read_settings(wire: RedisWire) -> tuple[dict[str, str], str | None]:
    """Return the answer to INFO, and `appendfsync` if the server tells it."""
    info: dict[str, str] = facts(await _told(wire, "INFO") or b"")
    told = await _told(wire, "CONFIG", "GET", "appendfsync")
    return info, told[1].decode() if told else None


async def _told(wire: RedisWire, *command: str) -> Any:
    """Return what a server answers, None if it does not let us ask."""
    try:
        return await wire.ask(*command)
    except RefusedError as error:
        if error.code == "NOAUTH":
            raise StateUnavailable(f"Redis refused: {error}") from error
        name = " ".join(word for word in command if word.isupper())
        _log.warning("redis_settings_unknown", command=name, reason=str(error))
        return None
