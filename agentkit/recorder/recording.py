"""What belongs to the webhook that is being answered here, for those who add to its journal."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from msgspec import Struct

from agentkit.recorder import format as journal
from agentkit.recorder.format import Body
from agentkit.recorder.redaction import Redaction
from agentkit.recorder.writer import Item, Writer


class HttpRequest(Struct, frozen=True):
    """A request to another service, as a tool made it.

    Attributes:
        url: whole, as it was sent.
        headers: every field.
        body: what was sent; None when it was longer than may be kept, or no plain bytes.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = Body(b"", 0)


class HttpReply(Struct, frozen=True):
    """The reply of another service; `error` is what was raised instead of one."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = Body(b"", 0)
    error: str = ""


class HttpAnswers(Protocol):
    """Answers the requests of tools in place of the services that they are for."""

    def answer(self, request: journal.JSON) -> journal.JSON | None:
        """Return the reply to a request, None when there is none.

        Both are as they stand in a journal, without secrets.
        """
        ...


class Pen(Struct):
    """What a recorder writes with.

    Attributes:
        http: what answers the requests of tools, None to send them.
    """

    writer: Writer
    redaction: Redaction
    body_bytes: int
    clock: Callable[[], float]
    http: HttpAnswers | None = None


class Recording(Struct):
    """One webhook on its way through an application.

    Attributes:
        exchange: ties its lines together.
        call_id: the call, None until it is known or if there is none.
    """

    pen: Pen
    exchange: str
    call_id: str | None = None

    def note_http(self, function: str | None, asked: HttpRequest, got: HttpReply, s: float) -> None:
        """Journal a request of a tool and its reply, which took `s` seconds."""
        if self.call_id is None:
            return
        at, redaction, exchange = self.pen.clock(), self.pen.redaction, self.exchange

        def write() -> bytes:
            body = {"request": asked_of(asked, redaction), "reply": _got(got, redaction)}
            about = {"exchange": exchange, "function": function, "seconds": round(s, 6)}
            return journal.line(at, "http", **about, body=body)

        size = asked.body.size + got.body.size
        self.pen.writer.put(Item(self.call_id, at, write, size))


def asked_of(request: HttpRequest, redaction: Redaction) -> journal.JSON:
    """Return a request as it stands in a journal."""
    told = {"method": request.method, "url": redaction.text(request.url)}
    return told | _headers(request.headers, redaction) | journal.told(request.body, redaction)


def _got(reply: HttpReply, redaction: Redaction) -> journal.JSON:
    if reply.error:
        return {"error": redaction.text(reply.error)}
    told = {"status": reply.status}
    return told | _headers(reply.headers, redaction) | journal.told(reply.body, redaction)


def _headers(fields: tuple[tuple[str, str], ...], redaction: Redaction) -> journal.JSON:
    kept = redaction.headers(fields)
    return {"headers": kept} if kept else {}


recording: ContextVar[Recording | None] = ContextVar("recording", default=None)
"""The webhook that this task, or this worker thread, answers; None where nothing records."""
