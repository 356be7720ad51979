"""An ASGI application around another one that journals its calls.

Whatever it does, the application inside answers as if nothing were around it: bodies are copied
while they pass, and everything else happens in the thread of `agentkit.recorder.writer`.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import anyio.to_thread
from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentkit._log import log
from agentkit.errors import DefinitionError
from agentkit.recorder import format as journal
from agentkit.recorder.folder import Folder, Sink
from agentkit.recorder.format import Body
from agentkit.recorder.recording import HttpAnswers, Pen, Recording, recording
from agentkit.recorder.redaction import Redaction
from agentkit.recorder.watching import States
from agentkit.recorder.writer import Counts, Item, Writer
from agentkit.serve import run_server, serve_options
from agentkit.state.base import unix_clock
from agentkit.workers import check_workers

MIB = 2**20
_REFUSED = 400
_CALL_WITHIN = 8 * MIB  # how long a body may be in which the id of a call is looked for


class Bounds(Struct, frozen=True, kw_only=True):
    """How much is kept.

    Attributes:
        call_bytes: the longest journal; what comes after is counted and told in its last line.
        calls: the most journals in the folder; the ones written longest ago are removed.
        body_bytes: the longest body; of a longer one the journal says the length.
        waiting_lines: how many lines may wait to be written.
        waiting_bytes: how many bytes they may hold, about.
    """

    call_bytes: int = 8 * MIB
    calls: int = 1_000
    body_bytes: int = MIB
    waiting_lines: int = 2_000
    waiting_bytes: int = 32 * MIB


class Recorder:
    """Journals every call of an agent, a server or any other ASGI application.

        app = Recorder(agent, "calls")

    Serve it in the place of the agent. For each call the folder gets a file of JSON lines: see
    `agentkit.recorder.format`. Requests that name no call are not journalled, nor are those that
    were refused before their body was read.

    Args:
        app: the application.
        folder: where the journals are; None records nothing.
        redaction: what is left out of them.
        bounds: how much is kept.
        agents: agents whose call state is journalled; by default the application itself, or the
            agents of an `AgentServer`.
        sink: where lines go instead of a folder.
        http: answers the HTTP requests of tools instead of sending them, for a replay.
        clock: the time in Unix seconds.
    """

    def __init__(  # noqa: PLR0913
        self,
        app: ASGIApp,
        folder: str | Path | None = None,
        *,
        redaction: Redaction | None = None,
        bounds: Bounds | None = None,
        agents: Iterable[object] | None = None,
        sink: Sink | None = None,
        http: HttpAnswers | None = None,
        clock: Callable[[], float] = unix_clock,
    ) -> None:
        if not callable(app):
            raise DefinitionError(f"Recorder takes an ASGI application, not {app!r}")
        bounds = bounds or Bounds()
        if folder is not None and sink is None:
            sink = Folder(Path(folder), call_bytes=bounds.call_bytes, calls=bounds.calls)
        self.app = app
        self.redaction = redaction or Redaction()
        self._states = States(app, agents)
        self._number = count()
        self._pen: Pen | None = None
        if sink is not None:
            writer = Writer(sink, lines=bounds.waiting_lines, size=bounds.waiting_bytes)
            self._pen = Pen(writer, self.redaction, bounds.body_bytes, clock, http)

    @property
    def counts(self) -> Counts:
        """What became of the lines, in this process."""
        return Counts() if self._pen is None else self._pen.writer.counts

    def flush(self) -> bool:
        """Wait until everything is written; False when that takes longer than some seconds."""
        return self._pen is None or self._pen.writer.flush()

    def close(self) -> bool:
        """Do what `flush` does and end the thread that writes."""
        return self._pen is None or self._pen.writer.close()

    def run(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve the application with its journals, as its own `run` would.

        Args:
            host: where to listen, else the application's `host`.
            port: where to listen, else the application's `port`, else `PORT`, else 3000.
            **options: as of `AgentBase.run`.

        Raises:
            DefinitionError: a setting is wrong, or workers would not share state.
        """
        workers = int(options.get("workers", 1))
        for agent in self._states.agents():
            check_workers(agent, workers)
        own = {name: getattr(self.app, name, None) for name in ("host", "port", "log_level")}
        level = {} if own["log_level"] is None else {"log_level": own["log_level"]}
        chosen = host or own["host"] or "0.0.0.0"  # noqa: S104 - the platform comes from outside
        run_server(self, serve_options(chosen, port, own["port"], {**level, **options}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        pen = self._pen
        if pen is None or scope["type"] not in {"http", "lifespan"}:
            await self.app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, partial(self._at_end, send))
        else:
            about = Recording(pen, f"{os.getpid()}-{next(self._number)}")
            await _Passing(about, self._states, scope, receive, send).through(self.app)

    async def _at_end(self, send: Send, message: Message) -> None:
        if message["type"].startswith("lifespan.shutdown."):
            await anyio.to_thread.run_sync(self.flush)
        await send(message)


class _Passing:
    """One request that passes, and its answer."""

    def __init__(
        self, about: Recording, states: States, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._about = about
        self._states = states
        self._scope = scope
        self._receive = receive
        self._send = send
        self._asked = _Copy(max(about.pen.body_bytes, _CALL_WITHIN))
        self._answered = _Copy(about.pen.body_bytes)
        self._status = 0
        self._began = time.perf_counter()

    async def through(self, app: ASGIApp) -> None:
        """Call the application, and journal what it was asked and what it answered."""
        before = recording.set(self._about)
        error = ""
        try:
            await app(self._scope, self._receiving, self._sending)
        except BaseException as raised:  # also of a request that was cancelled
            error = type(raised).__name__
            raise
        finally:
            recording.reset(before)
            self._quietly(partial(self._ended, error))
        if self._about.call_id is not None:
            await self._states.note(self._about, self._scope)

    async def _receiving(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not self._asked.complete():
            self._asked.add(message.get("body", b""), more=message.get("more_body", False))
            if self._asked.complete():
                self._quietly(self._note_webhook)
        return message

    async def _sending(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self._answered.add(message.get("body", b""), more=message.get("more_body", False))
        await self._send(message)

    def _quietly(self, note: Callable[[], None]) -> None:
        """A fault of the recorder costs lines of a journal, never a call."""
        try:
            note()
        except Exception as error:  # noqa: BLE001 - an author's clock, a thread that cannot start
            self._about.pen.writer.counts.refused += 1
            log.exception("journal_failed", error)

    def _ended(self, error: str) -> None:
        """A GET has no body to be read: it was asked when it is answered."""
        fetched = self._scope["method"] == "GET" and 0 < self._status < _REFUSED
        if fetched and not self._asked.complete():
            self._note_webhook()
        if self._about.call_id is not None:
            self._note_answer(error)

    def _note_webhook(self) -> None:
        scope, asked, query = self._scope, self._asked.body(), self._scope.get("query_string", b"")
        call_id = self._about.call_id = journal.call_of(query, asked.data or b"")
        if call_id is None:
            return
        pen, exchange = self._about.pen, self._about.exchange
        if asked.size > pen.body_bytes:
            asked = Body(None, asked.size)
        at, redaction = pen.clock(), pen.redaction

        def write() -> bytes:
            what = journal.what_is_asked(journal.json_in(asked), scope["path"])
            told = {"exchange": exchange, "what": what, "method": scope["method"]}
            told |= {"url": _url(scope), "query": redaction.query(query.decode("latin-1"))}
            return journal.line(at, "webhook", **told, **journal.told(asked, redaction))

        pen.writer.put(Item(call_id, at, write, asked.size, begins=True))

    def _note_answer(self, error: str) -> None:
        about, answered, status = self._about, self._answered.body(), self._status
        at, redaction, exchange = about.pen.clock(), about.pen.redaction, about.exchange
        seconds = time.perf_counter() - self._began

        def write() -> bytes:
            told = {"exchange": exchange, "status": status, "seconds": round(seconds, 6)}
            told |= {"error": error} if error else {}
            return journal.line(at, "answer", **told, **journal.told(answered, redaction))

        about.pen.writer.put(Item(about.call_id or "", at, write, answered.size))


class _Copy:
    """A copy of a body that passes in pieces, as far as it may be kept."""

    __slots__ = ("_complete", "_limit", "_pieces", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._complete = False

    def add(self, piece: bytes, *, more: bool) -> None:
        """Take a piece; nothing is kept of a body that is too long."""
        self._size += len(piece)
        self._pieces.append(piece)
        if self._size > self._limit:
            self._pieces.clear()
        self._complete = not more

    def complete(self) -> bool:
        """Say whether it has passed to its end."""
        return self._complete

    def body(self) -> Body:
        """Return what there is."""
        whole = self._size <= self._limit
        return Body(b"".join(self._pieces) if whole else None, self._size)


def _url(scope: Scope) -> str:
    """Return where a request went, as its client wrote it, without the query."""
    fields = dict(scope["headers"])
    host = fields.get(b"host", b"localhost").decode("latin-1")
    return f"{scope.get('scheme', 'http')}://{host}{scope['path']}"
