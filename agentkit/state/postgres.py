"""Call state in PostgreSQL: for many hosts, and what was acknowledged survives the server's end.

One row a record; `postgres_schema` has the layout and the statements. A write is one message and
one transaction that carries its own time limits, so a pooler may stand in between. The server's
clock decides about expiry. Connections go to a server that takes writes, and to the new one after
a failover.
"""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from agentkit._log import EventLogger
from agentkit.errors import AgentKitError, DefinitionError, StateConflict, StateSchema
from agentkit.state.base import (
    ANY,
    TOMBSTONE_SECONDS,
    Capabilities,
    Entry,
    Expect,
    Expectation,
    Record,
)
from agentkit.state.postgres_schema import MARKER_SECONDS, statements
from agentkit.state.postgres_wire import Limits, PostgresConnector, PostgresWire
from agentkit.state.remote import DEADLINE_SECONDS, Server
from agentkit.state.seal import SEAL_BYTES, seal, unseal
from agentkit.state.witness import MARK_BYTES, Conflict, Ended, Made, Outcome, Witness, mark

_CONNECTIONS = 8
_LOCK_SHARE = 0.3  # of the deadline: a lock is given up before the statement, and that before
_STATEMENT_SHARE = 0.4  # the attempt, so that the server says that nothing was written
_LAST = "\U0010ffff" * 300  # no key is longer
_UNSAFE = {
    "synchronous_commit": ("off", "a server that stops loses its last writes: set it on"),
    "fsync": ("off", "a power failure can destroy everything: set it on"),
    "pg_is_in_recovery": ("true", "a standby takes no writes: connect to the primary"),
}

_log = EventLogger("agentkit.state")


class PostgresState:
    """A `StateBackend` in a table of a PostgreSQL database.

    It may be opened on one event loop and used on others; connections are made on first use.

    Args:
        url: `postgresql://user:password@host:5432/database`; several hosts may be named.
        table: the table, made if it is not there; beside it stands one with its schema version.
        deadline_seconds: how long a call may take, with all its attempts.

    Raises:
        DefinitionError: psycopg is not installed, or an argument is wrong.
    """

    blocking = None
    capabilities = Capabilities(
        durable=True, shared_between_processes=True, shared_between_hosts=True
    )

    def __init__(
        self,
        url: str,
        *,
        table: str = "agentkit_state",
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._sql = statements(table)
        limits: Limits = {
            "lock_timeout": round(deadline_seconds * _LOCK_SHARE * 1000),
            "statement_timeout": round(deadline_seconds * _STATEMENT_SHARE * 1000),
        }
        self._witness = Witness()
        self._server: Server[PostgresWire, None] = Server(
            PostgresConnector(url, limits).connect,
            most=_CONNECTIONS,
            deadline_seconds=deadline_seconds,
        )

    async def open(self) -> None:
        """Connect, report settings that lose data, and make the table or bring it up to date.

        Raises:
            DefinitionError: the database has another encoding than UTF-8.
            StateSchema: a newer version of agentkit made the table.
            StateUnavailable: the server cannot be reached.
        """
        try:
            await self._server.read(self._prepare, _anywhere)
        except AgentKitError:
            await self.close()  # nobody closes what could not be opened
            raise

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()

    async def ping(self) -> None:
        """Return when the server takes writes.

        Raises:
            StateUnavailable: it does not.
        """
        await self._server.read(lambda wire: wire.write(self._sql.probe), _anywhere)

    async def get(self, key: str) -> Record | None:
        """Return the record under key.

        Raises:
            StateCorrupt: what is stored cannot be read, or belongs to another key.
        """
        seen = self._witness.seen(key)
        for data, version, *rest in await self._read(self._sql.get, key=key):
            self._witness.compare(key, seen, version)
            return Record(unseal(key, data), version, *rest)
        return None

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
            StateConflict: another version is there, or somebody keeps it locked; nothing was
                written.
            CallEnded: a tombstone is there; nothing was written.
            StateUnknown: nobody knows whether it was written; repeat it with the same write id.
        """
        request: dict[str, object] = {
            "key": key, "data": seal(key, data), "ttl": float(ttl_seconds), "final": final,
            "mark": mark(write_id), **_expected(expect),
        }  # fmt: skip
        statement = self._sql.create if isinstance(expect, Expect) else self._sql.swap

        async def attempt(first: str, lane: bytes) -> tuple[Outcome, bool]:
            arguments = {**request, "incarnation": first.partition(".")[0], "lane": lane}

            async def exchange(wire: PostgresWire) -> Outcome:
                for (version,) in await wire.write(statement, arguments):
                    return Made(version)
                return await self._why_not(wire, arguments)

            return await self._server.call(exchange, _anywhere)

        return await self._witness.put(key, expect, write_id, attempt)

    async def delete(self, key: str, *, expect: Expectation = ANY, final: bool = True) -> bool:
        """Remove a record and say whether there was one.

        Raises:
            StateConflict: another version is there, or somebody keeps it locked; nothing was
                removed.
        """
        stays = TOMBSTONE_SECONDS if final else MARKER_SECONDS
        arguments = {
            "key": key, "final": final, "stays": float(stays),
            "mark": secrets.token_bytes(MARK_BYTES), "lane": b"",
            **_expected(expect),
        }  # fmt: skip

        async def exchange(wire: PostgresWire) -> bool | None:
            if await wire.write(self._sql.delete, arguments):
                return True
            for live, _, _, mine, *_ in await wire.ask(self._sql.look, arguments):
                return None if live else mine is not None
            return False

        deleted = (await self._server.call(exchange, _anywhere)).value
        if deleted is None:
            raise StateConflict(f"{key!r} was written by somebody else")
        return deleted

    async def scan(self, prefix: str = "", after: str = "", limit: int = 100) -> list[Entry]:
        """Return the next entries, ordered by key, of the keys that begin with prefix."""
        rows = await self._read(
            self._sql.scan, prefix=prefix, after=after, end=prefix + _LAST, limit=limit
        )
        return [Entry(key, version, size - SEAL_BYTES, *rest) for key, version, size, *rest in rows]

    async def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        collected = 0
        while collected < limit:
            [(due, changed)] = await self._server.read(
                partial(self._purge, limit - collected), _anywhere
            )
            collected += changed
            if not due:
                break
        return collected

    async def _purge(self, limit: int, wire: PostgresWire) -> list[tuple[Any, ...]]:
        return await wire.write(self._sql.purge, {"limit": limit})

    async def _read(self, statement: str, **arguments: object) -> list[tuple[Any, ...]]:
        return await self._server.read(lambda wire: wire.ask(statement, arguments), _anywhere)

    async def _why_not(self, wire: PostgresWire, arguments: Mapping[str, object]) -> Outcome:
        for live, ended, version, made, complete, data, *times in await wire.ask(
            self._sql.look, arguments
        ):
            if made and live:
                return Made(made)
            if live:
                found = unseal(str(arguments["key"]), data)
                return Conflict(version, Record(found, version, *times), complete)
            if ended:
                return Ended()
        return Conflict("")

    async def _prepare(self, wire: PostgresWire) -> None:
        [(encoding, *values, has_schema)] = await wire.ask(self._sql.settings)
        if encoding != "UTF8":
            raise DefinitionError(f"the database has the encoding {encoding}: make it with UTF8")
        for (setting, (unsafe, why)), value in zip(_UNSAFE.items(), values, strict=True):
            if value == unsafe:
                _log.warning("postgres_setting", setting=setting, value=value, why=why)
        version = (await wire.ask(self._sql.schema))[0][0] or 0 if has_schema else 0
        steps = self._sql.migrations
        if version > len(steps):
            raise StateSchema(f"the table has schema {version}, this agentkit knows {len(steps)}")
        for number, step in enumerate(steps[version:], start=version + 1):
            await wire.run(step, {"number": number})


def _anywhere() -> None:
    """Name no address: the URL names all there are."""


def _expected(expect: Expectation) -> dict[str, object]:
    return {"any": expect is ANY, "version": "" if isinstance(expect, Expect) else expect}
