"""The HTTP of tools, journalled: hand a transport to the client that the tools use.

    import httpx2
    from agentkit.recorder.http import RecordedTransport

    client = httpx2.AsyncClient(transport=RecordedTransport())

Outside of a recorded webhook it is the transport inside and nothing else. `agentkit replay
--mock-http` has it answer from a journal. It needs httpx2: `pip install 'agentkit-swml[loopback]'`.
"""

import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx2

from agentkit import _json
from agentkit._log import subject
from agentkit.recorder.format import Body
from agentkit.recorder.recording import (
    HttpAnswers,
    HttpReply,
    HttpRequest,
    Recording,
    asked_of,
    recording,
)


class RecordedTransport(httpx2.AsyncBaseTransport):
    """Sends the requests of an `httpx2.AsyncClient` and journals them.

    Args:
        inner: what sends them; an `httpx2.AsyncHTTPTransport` by default.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport | None = None) -> None:
        self._inner = inner or httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, or answer it from a journal."""
        about = recording.get()
        if about is None:
            return await self._inner.handle_async_request(request)
        if about.pen.http is not None:
            return _from_journal(about, about.pen.http, request, await _sent_async(about, request))
        note = _Note(about, request, await _sent_async(about, request))
        with note:
            response = await self._inner.handle_async_request(request)
        note.begun(response)
        if response.is_closed:  # whoever made it has read it: no more will pass
            note.whole(response.content)
        else:
            response.stream = _AsyncCopy(cast("httpx2.AsyncByteStream", response.stream), note)
        return response

    async def aclose(self) -> None:
        """Close the transport inside."""
        await self._inner.aclose()


class RecordedSyncTransport(httpx2.BaseTransport):
    """Does for an `httpx2.Client` what `RecordedTransport` does for an `AsyncClient`.

    Args:
        inner: what sends requests; an `httpx2.HTTPTransport` by default.
    """

    def __init__(self, inner: httpx2.BaseTransport | None = None) -> None:
        self._inner = inner or httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, or answer it from a journal."""
        about = recording.get()
        if about is None:
            return self._inner.handle_request(request)
        if about.pen.http is not None:
            return _from_journal(about, about.pen.http, request, _sent(about, request))
        note = _Note(about, request, _sent(about, request))
        with note:
            response = self._inner.handle_request(request)
        note.begun(response)
        if response.is_closed:
            note.whole(response.content)
        else:
            response.stream = _Copy(cast("httpx2.SyncByteStream", response.stream), note)
        return response

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()


class _Note:
    """What is known of one request until it is journalled; `with` it a request is sent."""

    def __init__(self, about: Recording, request: httpx2.Request, body: Body) -> None:
        self._about = about
        self._function = _function()
        self._request = _told(request, body)
        self._began = time.perf_counter()
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._encoding = ""
        self._pieces: list[bytes] = []
        self._size = 0

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            self.failed(error)

    def begun(self, response: httpx2.Response) -> None:
        """Take the head of the reply."""
        self._status = response.status_code
        self._headers = tuple(response.headers.multi_items())
        self._encoding = response.headers.get("content-encoding", "").strip().lower()

    def whole(self, content: bytes) -> None:
        """Take a whole body that was decoded, and journal the request and its reply."""
        self._encoding = ""
        self.add(content)
        self.ended()

    def add(self, piece: bytes) -> None:
        """Take a piece of its body, as far as it may be kept."""
        self._size += len(piece)
        self._pieces.append(piece)
        if self._size > self._about.pen.body_bytes:
            self._pieces.clear()

    def ended(self) -> None:
        """Journal the request and its reply."""
        whole = self._size <= self._about.pen.body_bytes
        data = _decoded(b"".join(self._pieces), self._encoding, self._about.pen.body_bytes)
        body = Body(data if whole else None, self._size)
        self._journal(HttpReply(self._status, self._headers, body))

    def failed(self, error: Exception) -> None:
        """Journal the request and that it has no reply."""
        self._journal(HttpReply(error=type(error).__name__))

    def _journal(self, reply: HttpReply) -> None:
        seconds = time.perf_counter() - self._began
        self._about.note_http(self._function, self._request, reply, seconds)


class _AsyncCopy(httpx2.AsyncByteStream):
    """A body that is read piece by piece as before, and copied on its way."""

    def __init__(self, inner: httpx2.AsyncByteStream, note: _Note) -> None:
        self._inner = inner
        self._note = note

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._note.add(piece)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._note.ended()


class _Copy(httpx2.SyncByteStream):
    """A body that is read piece by piece as before, and copied on its way."""

    def __init__(self, inner: httpx2.SyncByteStream, note: _Note) -> None:
        self._inner = inner
        self._note = note

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            self._note.add(piece)
            yield piece

    def close(self) -> None:
        self._inner.close()
        self._note.ended()


def _from_journal(
    about: Recording, answers: HttpAnswers, request: httpx2.Request, body: Body
) -> httpx2.Response:
    note = _Note(about, request, body)
    asked = asked_of(_told(request, body), about.pen.redaction)
    reply = answers.answer(asked)
    if reply is None or "error" in reply:
        why = "the journal has no reply" if reply is None else f"{reply['error']} in the journal"
        error = httpx2.ConnectError(f"{asked['method']} {asked['url']}: {why}", request=request)
        note.failed(error)
        raise error
    text: str = reply.get("text", "")
    content = _json.encode(reply["body"]) if "body" in reply else text.encode()
    headers = reply.get("headers", {})
    made = httpx2.Response(reply.get("status", 200), headers=headers, content=content)
    note.begun(made)
    note.whole(content)
    return made


def _told(request: httpx2.Request, body: Body) -> HttpRequest:
    headers = tuple(request.headers.multi_items())
    return HttpRequest(request.method, str(request.url), headers, body)


def _sent(about: Recording, request: httpx2.Request) -> Body:
    """Return the body of a request, if it is bytes and no stream that can be read only once."""
    if not isinstance(request.stream, httpx2.ByteStream):
        return Body(None, -1)
    return _kept(about, request.read())


async def _sent_async(about: Recording, request: httpx2.Request) -> Body:
    if not isinstance(request.stream, httpx2.ByteStream):
        return Body(None, -1)
    return _kept(about, await request.aread())


def _kept(about: Recording, data: bytes) -> Body:
    return Body(data if len(data) <= about.pen.body_bytes else None, len(data))


def _decoded(data: bytes, encoding: str, limit: int) -> bytes | None:
    """Return what was compressed, None when it cannot be read here or is longer than limit."""
    if encoding in {"", "identity"}:
        return data
    if encoding not in {"gzip", "deflate"}:
        return None
    reader = zlib.decompressobj(zlib.MAX_WBITS | 32)  # it sees by itself which one
    try:
        plain = reader.decompress(data, limit)
    except zlib.error:
        return None
    return None if reader.unconsumed_tail else plain


def _function() -> str | None:
    about = subject.get()
    name = about.log_fields().get("function") if about is not None else None
    return name if isinstance(name, str) else None
