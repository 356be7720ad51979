"""A server's part of the ASGI protocol, played strictly.

An application that breaks the protocol fails, whatever answer it gave: real servers mend some
mistakes and die of others, and a test should not depend on which.
"""

import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import anyio
import anyio.lowlevel

from agentkit.errors import AgentKitError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Pair = tuple[bytes, bytes]

VERSION = {"version": "3.0", "spec_version": "2.3"}

_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_FIELD_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_NO_CONTENT, _NOT_MODIFIED = 204, 304
_FINAL_STATUS = range(200, 600)


class ASGIError(AgentKitError, AssertionError):
    """The application broke the ASGI protocol, or its lifespan failed."""


class Answer(NamedTuple):
    """A response that kept to the protocol."""

    status: int
    headers: list[Pair]
    body: bytes


async def call(
    app: ASGIApp, scope: Scope, chunks: Iterable[bytes], *, raise_app_exceptions: bool = True
) -> Answer:
    """Call the application with one request and return its answer.

    Raises:
        ASGIError: the application broke the protocol.
        ConnectionResetError: it raised within its response, and exceptions are not passed on.
    """
    exchange = _Exchange(scope["method"], chunks)
    outcome = _Outcome()
    with outcome:
        await app(scope, exchange.receive, exchange.send)
    if exchange.violation:
        raise exchange.violation
    if outcome.error and raise_app_exceptions:
        raise outcome.error
    return exchange.answer(outcome.error)


@asynccontextmanager
async def lifespan(app: ASGIApp, state: dict[str, Any]) -> AsyncIterator[None]:
    """Run the application's startup on entry and its shutdown on exit; it may fill state.

    An application that knows no lifespan protocol is fine.

    Raises:
        ASGIError: startup or shutdown failed, or broke the protocol.
    """
    served = _Lifespan(app, state)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(served.run)
            await served.start()
            try:
                yield
            finally:
                await served.stop()
                tasks.cancel_scope.cancel()
            served.check()  # not reached when the test itself failed: its error comes first
    except BaseExceptionGroup as group:  # the task group wraps what is raised within it
        error = group.exceptions[0]
        raise error from error.__cause__


class _Outcome:
    """Keeps the exception that comes out of an application: to a server it is a result."""

    error: Exception | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


class _Exchange:
    """One request and what the application makes of it, checked message by message."""

    def __init__(self, method: str, chunks: Iterable[bytes]) -> None:
        self.violation: ASGIError | None = None
        self._unsent = deque(chunks) or deque([b""])
        self._response = Response(method)
        self._complete = anyio.Event()

    async def receive(self) -> Message:
        await anyio.lowlevel.checkpoint()
        if self._unsent:
            piece = self._unsent.popleft()
            return {"type": "http.request", "body": piece, "more_body": bool(self._unsent)}
        await self._complete.wait()  # the sender stays until it has its answer
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await anyio.lowlevel.checkpoint()
        try:
            self._response.take(message)
        except ASGIError as violation:
            self.violation = self.violation or violation  # the application might swallow it
            raise
        if self._response.complete:
            self._complete.set()

    def answer(self, error: Exception | None) -> Answer:
        """Return what a server sends when the application has ended, or has raised error."""
        return self._response.answer(error)


class Response:
    """A response as it comes, checked message by message.

    Attributes:
        complete: whether the last of its body has come.
    """

    def __init__(self, method: str) -> None:
        self.complete = False
        self._method = method
        self._status = 0
        self._headers: list[Pair] = []
        self._pieces: list[bytes] = []

    def answer(self, error: Exception | None) -> Answer:
        """Return what a server sends when the application has ended, or has raised error.

        Raises:
            ASGIError: the application ended too early.
            ConnectionResetError: it raised within its response.
        """
        if self.complete:
            body = b"" if self._method == "HEAD" else b"".join(self._pieces)
            return Answer(self._status, self._headers, body)
        if error is None:
            raise ASGIError("the application returned before its response was complete")
        if self._status:
            raise ConnectionResetError("the application raised within its response") from error
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        return Answer(500, plain, b"Internal Server Error")

    def take(self, message: Message) -> None:
        """Take what the application sends.

        Raises:
            ASGIError: it may not send this, or not now.
        """
        kind = message.get("type")
        if self.complete:
            raise _violation(f"{kind} after the response was complete")
        if kind == "http.response.start":
            self._start(message)
        elif kind == "http.response.body":
            self._continue(message)
        else:
            raise ASGIError(f"the application sent a message of unknown type {kind!r}")

    def _start(self, message: Message) -> None:
        _require(not self._status, "a second http.response.start")
        status = message.get("status")
        if status not in _FINAL_STATUS:
            raise _violation(f"status {status!r} is not a final HTTP status")
        self._headers = _fields(message.get("headers", ()))
        self._status = int(message["status"])

    def _continue(self, message: Message) -> None:
        _require(bool(self._status), "http.response.body before http.response.start")
        piece, more = message.get("body", b""), message.get("more_body", False)
        if not isinstance(piece, bytes):
            raise _violation(f"a body of type {type(piece).__name__}, not bytes")
        if not isinstance(more, bool):
            raise _violation(f"more_body is {more!r}, not a boolean")
        self._pieces.append(piece)
        if not more:
            self._check_length()
            self.complete = True

    def _check_length(self) -> None:
        sent = sum(map(len, self._pieces))
        without_body = self._status in {_NO_CONTENT, _NOT_MODIFIED}
        _require(not (without_body and sent), f"a body with status {self._status}")
        if not sent and (without_body or self._method == "HEAD"):
            return  # Content-Length, if any, tells what another answer would have had
        for name, value in self._headers:
            if name == b"content-length" and value != b"%d" % sent:
                raise _violation(f"content-length {value!r}, but {sent} bytes of body")


class _Lifespan:
    """The lifespan protocol; the application runs in a task of its own."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._outcome = _Outcome()
        self._failure = ""
        self._answered = False
        self._untold = deque(["lifespan.startup", "lifespan.shutdown"])
        self._started, self._stopping, self._stopped = anyio.Event(), anyio.Event(), anyio.Event()

    async def run(self) -> None:
        scope = {"type": "lifespan", "asgi": dict(VERSION), "state": self._state}
        with self._outcome:
            await self._app(scope, self._receive, self._send)
        self._started.set()
        self._stopped.set()

    async def start(self) -> None:
        await self._started.wait()
        if self._failure:
            raise ASGIError(self._failure)

    async def stop(self) -> None:
        self._stopping.set()
        await self._stopped.wait()

    def check(self) -> None:
        if self._failure:
            raise ASGIError(self._failure)
        if self._answered and self._outcome.error:  # unanswered: it does not support lifespan
            raise self._outcome.error

    async def _receive(self) -> Message:
        if not self._untold:
            await anyio.sleep_forever()
        kind = self._untold.popleft()
        if kind == "lifespan.shutdown":
            await self._stopping.wait()
        return {"type": kind}

    async def _send(self, message: Message) -> None:
        phase, reached = "startup", self._started
        if self._started.is_set():
            phase, reached = "shutdown", self._stopped
        kind = message.get("type")
        if kind == f"lifespan.{phase}.failed":
            self._failure = f"the {phase} of the application failed: {message.get('message', '')}"
        elif kind != f"lifespan.{phase}.complete":
            self._failure = f"the application sent {kind!r} where its {phase} was to be confirmed"
        self._answered = True
        reached.set()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _violation(otherwise)


def _violation(what: str) -> ASGIError:
    return ASGIError(f"the application broke the ASGI protocol: {what}")


def _fields(given: Iterable[object]) -> list[Pair]:
    """Check the headers of a response."""
    fields = tuple(given)
    try:
        return list(_checked(fields))
    except TypeError:  # lists in place of pairs, which no cache can hold
        return list(_checked(tuple(map(_pair, fields))))


def _pair(item: object) -> Pair:
    pair = tuple(item) if isinstance(item, tuple | list) else ()
    match pair:
        case (bytes(), bytes()):
            return pair
        case _:
            raise ASGIError(f"the application sent a header that is not a pair of bytes: {item!r}")


@lru_cache(maxsize=512)  # an application sends the same fields again and again
def _checked(fields: tuple[object, ...]) -> tuple[Pair, ...]:
    pairs = tuple(map(_pair, fields))
    for name, value in pairs:
        if not _FIELD_NAME.fullmatch(name):
            raise _violation(f"header name {name!r} is not a token in lower case")
        if not _FIELD_VALUE.fullmatch(value):
            raise _violation(f"header {name!r} has a control character")
    return pairs
