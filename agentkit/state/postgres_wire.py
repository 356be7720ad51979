"""One connection to a PostgreSQL server, over psycopg, and what its errors mean.

Theory. A server that is spoken to directly keeps things for a session: the time limits of its
statements, and how they are to be executed, which saves it half of its work. Behind a pooler there
is no session, as each transaction may get another one of the server's. Then values are put into the
text by the client, and the limits of a write travel with it: a message may hold several statements,
which the server takes as one transaction, commits, and only then says that it is done.

Which it is shows when a connection is made: a pooler cannot tell the number of the server process
that will answer. If one did, the server would not know a statement that it was to remember. Then it
has executed nothing, and from there on nothing is left to its memory.
"""

from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from agentkit.errors import (
    DefinitionError,
    StateConflict,
    StateCorrupt,
    StateFull,
    StateUnavailable,
)
from agentkit.state.remote import Lost, NotConnected, NotNow

if TYPE_CHECKING:
    from psycopg import AsyncConnection, AsyncCursor

INSTALL = "PostgreSQL needs psycopg: pip install 'agentkit-swml[postgres]'"
FORM = "postgresql://user:password@host:5432/database"

_LOST = ("08", "57P01", "57P02")
_NOT_NOW = ("25006", "40001", "40P01", "57P03", "26000", "42P05")
_FULL = ("53100", "53200")
_CORRUPT = ("XX001", "XX002")
_LOCKED = ("55P03",)
_LIMITED = """
SET LOCAL lock_timeout = %(lock_timeout)s;
SET LOCAL statement_timeout = %(statement_timeout)s;
"""
_BEGIN = """
SELECT pg_backend_pid() FROM (SELECT CASE WHEN pg_backend_pid() = %(named)s THEN
    set_config('lock_timeout', %(lock_timeout)s::text, false)
    || set_config('statement_timeout', %(statement_timeout)s::text, false) END) AS limited
"""
_FORGOTTEN = ("26000", "42P05")  # the session that answers is not the one that was asked before


@dataclass
class Session:
    """What is known about the sessions of a server.

    Attributes:
        possible: nothing was seen that speaks against using them.
    """

    possible: bool


Limits = Mapping[str, int]
"""`lock_timeout` and `statement_timeout`, in milliseconds."""


class PostgresWire:
    """A connection: sends a statement, returns the rows.

    Args:
        connection: autocommitting; values are put into the text unless a cursor does otherwise.
        psycopg: the module.
        limits: in milliseconds, of the time of a write.
        session: whether the server remembers something from one transaction to the next.
    """

    def __init__(
        self,
        connection: "AsyncConnection[Any]",
        psycopg: ModuleType,
        limits: Limits,
        *,
        session: "Session | None" = None,
    ) -> None:
        self._connection = connection
        self._psycopg = psycopg
        self._error: type[Exception] = psycopg.Error
        self._limits = limits
        self._session = session or Session(possible=False)

    async def ask(
        self, statement: str, arguments: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Send one statement that waits for nobody and return the rows.

        Raises:
            Lost: no answer came.
            NotNow: the server cannot serve at present, and has changed nothing.
            StateError: the server refused, and has changed nothing.
        """
        if self._session.possible:
            return await self._rows(self._ask_prepared(statement, arguments))
        return await self._rows(self._connection.execute(statement, arguments or {}))

    async def write(
        self, statement: str, arguments: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Send one statement, under the limits of time, and return the rows.

        Raises:
            Lost: no answer came.
            NotNow: the server cannot serve at present, and has changed nothing.
            StateError: the server refused, and has changed nothing.
        """
        if self._session.possible:
            return await self._rows(self._ask_prepared(statement, arguments))
        return await self.run(statement, arguments)

    async def run(
        self, statements: str, arguments: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Send statements as one transaction under the limits, and return the rows of the last.

        Raises:
            Lost: no answer came.
            NotNow: the server cannot serve at present, and has changed nothing.
            StateError: the server refused, and has changed nothing.
        """
        text, known = _LIMITED + statements, {**self._limits, **(arguments or {})}
        return await self._rows(self._connection.execute(text, known))

    async def begin(self) -> None:
        """Find out whether there is a session, and give it the limits. Errors are raised as is."""
        if self._session.possible:
            named = self._connection.info.backend_pid
            cursor = await self._connection.execute(_BEGIN, {"named": named, **self._limits})
            self._session.possible = await cursor.fetchone() == (named,)

    def _ask_prepared(
        self, statement: str, arguments: Mapping[str, object] | None
    ) -> Awaitable["AsyncCursor[Any]"]:
        cursor: AsyncCursor[Any] = self._psycopg.AsyncCursor(self._connection)
        return cursor.execute(statement, arguments or {}, prepare=True)

    async def _rows(self, executed: Awaitable["AsyncCursor[Any]"]) -> list[tuple[Any, ...]]:
        try:
            cursor = await executed
            while cursor.nextset():
                pass
            return [] if cursor.description is None else await cursor.fetchall()
        except self._error as error:
            self._session.possible &= getattr(error, "sqlstate", None) not in _FORGOTTEN
            raise _meaning(error, closed=self._connection.closed) from error

    async def close(self) -> None:
        """Close the connection at once."""
        await self._connection.close()

    def descriptor(self) -> int:
        """Return the file descriptor of the socket, -1 if it is closed."""
        return -1 if self._connection.closed else self._connection.fileno()


class PostgresConnector:
    """Makes connections by a URL.

    Args:
        url: `postgresql://…`, or a string of `key=value` as libpq takes it.
        limits: in milliseconds, of the time of a write.

    Raises:
        DefinitionError: psycopg is not installed, or the URL is none.
    """

    def __init__(self, url: str, limits: Limits) -> None:
        self._psycopg = _client()
        self._limits = limits
        self._session = Session(possible=True)
        try:
            settings = self._psycopg.conninfo.conninfo_to_dict(url)
        except self._psycopg.Error:  # it may quote the password
            raise DefinitionError(f"the URL of the PostgreSQL server is none: {FORM}") from None
        self._settings = {"target_session_attrs": "read-write", **settings}

    async def connect(self, _: object) -> PostgresWire:
        """Connect to the server.

        Raises:
            NotConnected: it cannot be reached, or takes no writes, or refuses the credentials.
        """
        try:
            connection = await self._psycopg.AsyncConnection.connect(
                **self._settings,
                autocommit=True,
                cursor_factory=self._psycopg.AsyncClientCursor,
            )
            return await self._begun(connection)
        except (self._psycopg.Error, OSError) as error:
            raise NotConnected(str(error)) from error

    async def _begun(self, connection: "AsyncConnection[Any]") -> PostgresWire:
        wire = PostgresWire(connection, self._psycopg, self._limits, session=self._session)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(wire.close)
            await wire.begin()
            undo.pop_all()
        return wire


def _client() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DefinitionError(INSTALL) from error
    return psycopg


def _meaning(error: Exception, *, closed: bool) -> Exception:
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith(_LOST) or (closed and not state):
        return Lost(str(error))
    for states, kind in _KINDS.items():
        if state in states:
            return kind(f"PostgreSQL refused: {error}")
    return StateUnavailable(f"PostgreSQL refused: {error}")


_KINDS: Mapping[tuple[str, ...], type[Exception]] = {
    _NOT_NOW: NotNow,
    _FULL: StateFull,
    _CORRUPT: StateCorrupt,
    _LOCKED: StateConflict,
}
