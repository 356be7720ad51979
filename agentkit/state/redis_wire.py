"""One connection to a Redis server, over redis-py, and what its errors mean.

Only its connection is used, which knows of URLs, credentials, TLS, databases and replies. Its
clients and pools repeat commands by themselves, and its connection makes itself anew to send one.
Here a command is sent once, and whether it is sent again is decided above. It is put together here,
too: redis-py would look at each part of it many times.
"""

import re
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import anyio

from agentkit.errors import (
    DefinitionError,
    StateCorrupt,
    StateError,
    StateFull,
    StateUnavailable,
)
from agentkit.state.connections import Answered
from agentkit.state.redis_scripts import Script
from agentkit.state.remote import Lost, Moved, NotConnected, NotNow

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

INSTALL = "Redis needs redis-py: pip install 'agentkit-swml[redis]'"
FORM = "redis://user:password@host:6379/0, rediss://… or unix://…"

_CLOSE_SECONDS = 0.5
_NOT_NOW = frozenset(
    {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "BUSY"}
)
_FULL = frozenset({"OOM", "MISCONF"})
_CORRUPT = frozenset({"CORRUPT", "WRONGTYPE"})
_CROWDED = "max number of clients reached"
_CODES = {  # redis-py takes the code off the message of errors that have a class of their own
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ClusterCrossSlotError": "CROSSSLOT",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "TryAgainError": "TRYAGAIN",
}
_SHORT = 128
_LENGTHS = [b"$%d" % length for length in range(_SHORT)]  # making each anew takes long
_IN_SCRIPT = re.compile(r"-(OOM|MISCONF|READONLY|NOREPLICAS|WRONGTYPE)\b")


Command = Sequence[str | bytes | int]
"""Its name and its arguments."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


class RefusedError(Answered):
    """The server refused a command for a reason that has no error of its own.

    Attributes:
        code: the first word of the refusal, but for ERR.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ApartError(Answered):
    """Commands were sent together whose keys are not all on one server."""


class RedirectedError(Moved):
    """Another server has the key.

    Attributes:
        address: of that server.
        for_good: it has the whole bucket, from now on.
    """

    def __init__(self, address: Address, *, for_good: bool) -> None:
        super().__init__(f"the keys are at {address.host}:{address.port}")
        self.address = address
        self.for_good = for_good


class RedisWire:
    """A connection: sends a command, returns the reply.

    Attributes:
        asking: whether each command is for keys that are moving to this server (ASK).
    """

    def __init__(self, connection: "AbstractConnection", redis: ModuleType) -> None:
        errors = redis.exceptions
        self.asking = False
        self._connection = connection
        self._host = getattr(connection, "host", "")
        self._writer: Any = connection._writer  # noqa: SLF001 - nothing public tells the stream
        self._lost = (errors.RedisError, OSError)
        self._refusals = (
            errors.ResponseError,
            errors.BusyLoadingError,
            errors.AuthenticationError,
        )

    async def ask(self, *command: str | bytes | int) -> Any:
        """Send a command and return its reply.

        Raises:
            Lost: no reply came.
            NotNow: the server cannot serve at present.
            RedirectedError: another server has the key.
            StateError: the server refused for a reason that has an error of its own.
            RefusedError: it refused for another reason.
        """
        if self.asking:
            await self._exchange(packed(("ASKING",)), 1)
        [reply] = await self._exchange(packed(command), 1)
        return reply

    async def ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands together and return their replies.

        Raises:
            ApartError: another server has the key of one.
            Lost: a reply did not come.
            NotNow: the server cannot serve at present.
            StateError: the server refused one for a reason that has an error of its own.
            RefusedError: it refused one for another reason.
        """
        try:
            return await self._exchange(b"".join(map(packed, commands)), len(commands))
        except RedirectedError as elsewhere:
            raise ApartError(str(elsewhere)) from elsewhere

    async def _exchange(self, sent: bytes, replies: int) -> list[Any]:
        """Return so many replies; all of them are read before one that is an error is raised."""
        try:
            self._writer.write(sent)
            await self._writer.drain()
            found = [await self._reply() for _ in range(replies)]
        except self._lost as error:
            raise _loss(str(error)) from error
        except ValueError as error:
            raise Lost(f"what the server sent is no reply: {error}") from error
        for reply in found:
            if isinstance(reply, self._refusals):
                raise _meaning(_as_sent(reply), self._host) from reply
        return found

    async def _reply(self) -> Any:
        """Return a reply, or an error that is one: those behind it are to be read as well."""
        try:
            return await self._connection.read_response(
                disable_decoding=True, disconnect_on_error=False
            )
        except self._refusals as error:
            return error

    async def run(self, script: Script, keys: list[str], *arguments: str | bytes | int) -> Any:
        """Run a script; its text is only sent to a server that does not know it."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.ask("EVALSHA", script.digest, *rest)
        except RefusedError as error:
            if error.code != "NOSCRIPT":
                raise
        return await self.ask("EVAL", script.text, *rest)

    async def close(self) -> None:
        """Close the connection at once; what was not sent yet never will be."""
        if self._writer is not None:
            self._writer.transport.abort()
        with anyio.move_on_after(_CLOSE_SECONDS):
            await self._connection.disconnect()

    def descriptor(self) -> int:
        """Return the file descriptor of the socket, -1 if it is closed."""
        socket = None if self._writer is None else self._writer.get_extra_info("socket")
        return -1 if socket is None else cast("int", socket.fileno())


def packed(command: Command) -> bytes:
    """Return a command as it is sent."""
    lines = [b"*%d" % len(command)]
    for part in command:
        data = part.encode() if type(part) is str else _as_bytes(part)
        length = len(data)
        lines.append(_LENGTHS[length] if length < _SHORT else b"$%d" % length)
        lines.append(data)
    lines.append(b"")
    return b"\r\n".join(lines)


def _as_bytes(part: str | bytes | int) -> bytes:
    return part if isinstance(part, bytes) else str(part).encode()


class RedisConnector:
    """Makes connections by a URL.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`; `valkey://` and `valkeys://` are the same.

    Raises:
        DefinitionError: redis-py is not installed, or the URL is none of these.
    """

    def __init__(self, url: str) -> None:
        self._redis = _client()
        there: Any = self._redis.asyncio.connection
        try:
            settings = dict(there.parse_url(re.sub("^valkey", "redis", url)))
        except ValueError:  # it may quote the password
            raise DefinitionError(f"the URL of the Redis server is none: {FORM}") from None
        self._make: Any = settings.pop("connection_class", there.Connection)
        # Recent versions tell their name to the server, and read it from a file for that.
        silent = {"driver_info": None} if hasattr(there, "DriverInfo") else {}
        self._settings = {**silent, **settings, "protocol": 2, "socket_timeout": None}

    async def connect(self, address: Address | None) -> RedisWire:
        """Connect to an address, or to that of the URL.

        Raises:
            NotConnected: nobody listens there.
            NotNow: the server is starting.
            StateUnavailable: the credentials are refused.
        """
        errors = self._redis.exceptions
        there = {} if address is None else address._asdict()
        connection = self._make(**{**self._settings, **there})
        try:
            await connection.connect()
        except errors.BusyLoadingError as error:
            raise NotNow(str(error)) from error
        except errors.AuthenticationError as error:
            raise StateUnavailable(f"Redis refused the credentials: {error}") from error
        except (errors.RedisError, OSError) as error:
            raise NotConnected(str(error)) from error
        except BaseException:  # cancelled: a connection that is half made is not left open
            with anyio.CancelScope(shield=True):
                await RedisWire(connection, self._redis).close()
            raise
        return RedisWire(connection, self._redis)


def _client() -> ModuleType:
    try:
        import redis.asyncio.connection  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DefinitionError(INSTALL) from error
    return redis


def _loss(message: str) -> Exception:
    if message == _CROWDED:  # redis-py takes this reply for the loss that follows
        return NotNow(f"Redis cannot serve: {message}")
    return Lost(message)


def _as_sent(refusal: Exception) -> str:
    code = _CODES.get(type(refusal).__name__)
    return f"{code} {refusal}" if code else str(refusal)


def _meaning(message: str, host: str) -> Exception:
    code = message.partition(" ")[0]
    if nested := _IN_SCRIPT.search(message):  # before Redis 7 a script had errors of its own
        code = nested[1]
    if code in {"MOVED", "ASK"}:
        elsewhere, _, port = message.rsplit(maxsplit=1)[-1].rpartition(":")
        return RedirectedError(Address(elsewhere or host, int(port)), for_good=code == "MOVED")
    if code in _NOT_NOW:
        return NotNow(f"Redis cannot serve: {message}")
    return _refusal(code, message)


def _refusal(code: str, message: str) -> Exception:
    kinds: list[tuple[frozenset[str], type[StateError]]] = [
        (_FULL, StateFull),
        (_CORRUPT, StateCorrupt),
    ]
    for codes, kind in kinds:
        if code in codes:
            return kind(f"Redis refused: {message}")
    return RefusedError(code, message)
