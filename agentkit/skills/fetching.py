"""How a skill asks another service: one request, with a hard deadline and a bounded reply.

A client is any function that takes a `Fetch` and returns a `Reply`; every skill that asks takes one
as `http_client`. The one here uses the standard library. It connects to the address that was
judged (`agentkit.skills.addresses`), takes no proxy and no cookies, and asks for replies that are
not compressed. Redirects are followed for pages alone: a service that wants credentials does not
get them passed on.
"""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from threading import Event, Timer
from typing import Any, Protocol
from urllib.parse import urljoin

import msgspec

from agentkit import _json
from agentkit.errors import RequestError
from agentkit.skills.addresses import FetchError, RefusedURL, Resolve, Target, resolved, target_of

SECONDS = 10.0
MOST_BYTES = 2 * 1024 * 1024
MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_FAILURES = (OSError, http.client.HTTPException, ValueError)  # ValueError: a header of the author
_CHUNK = 64 * 1024
_USER_AGENT = "agentkit"
_PRIVATE_HEADERS = {"authorization", "cookie", "proxy-authorization"}


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a skill.

    Attributes:
        url: where to.
        method: what for.
        headers: by name.
        body: what is sent.
        trusted: the author set the URL; else it must be https and public, and redirects are
            followed, each judged anew.
        seconds: how long the whole exchange may take.
        most_bytes: the longest reply that is read.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes = b""
    trusted: bool = True
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: status, headers by lower-case name, body, and the URL that gave it."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""
    url: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the status tells of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of HTTP's successes

    def json(self) -> Any:
        """Return the body as plain data.

        Raises:
            FetchError: it is no JSON, or nests too deep.
        """
        try:
            _json.check_depth(self.body)
            return _json.decode(self.body)
        except (RequestError, ValueError) as error:
            raise FetchError("a reply that is no JSON") from error

    def text(self) -> str:
        """Return the body as text, in the charset that the headers tell, else UTF-8."""
        kind = self.headers.get("content-type", "")
        charset = kind.partition("charset=")[2].strip(" \"'").partition(";")[0] or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:  # a charset that Python does not know
            return self.body.decode("utf-8", "replace")


class HttpClient(Protocol):
    """Sends requests."""

    def __call__(self, fetch: Fetch) -> Reply:
        """Send one and return the reply, whatever its status.

        Raises:
            FetchError: there is none.
        """
        ...


def send(fetch: Fetch, resolve: Resolve = resolved) -> Reply:
    """Send a request, with the standard library.

    Args:
        fetch: the request.
        resolve: returns the addresses of a host and a port.

    Raises:
        RefusedURL: its URL, or one that it redirects to, must not be asked.
        FetchError: there is no reply, it is too long, or took too long.
    """
    find = partial(target_of, trusted=fetch.trusted, resolve=resolve)
    asked = find(fetch.url)
    for _ in range(MOST_REDIRECTS + 1):
        reply = _sent(fetch, asked)
        to = reply.headers.get("location")
        if fetch.trusted or reply.status not in _REDIRECTS or not to:
            return reply
        fetch = msgspec.structs.replace(fetch, url=urljoin(fetch.url, to), method="GET", body=b"")
        target = find(fetch.url)
        if target.origin != asked.origin:
            fetch = msgspec.structs.replace(fetch, headers=_public(fetch.headers))
        asked = target
    raise FetchError("too many redirects")


def _public(headers: dict[str, str]) -> dict[str, str]:
    return {k: value for k, value in headers.items() if k.lower() not in _PRIVATE_HEADERS}


def _sent(fetch: Fetch, target: Target) -> Reply:
    over = Event()
    try:
        with _connected(target, fetch.seconds, over) as connection:
            connection.request(
                fetch.method, target.path, fetch.body or None, _headers(fetch, target)
            )
            with connection.getresponse() as answer:
                headers = {name.lower(): value for name, value in answer.getheaders()}
                if headers.get("content-encoding", "identity") != "identity":
                    raise FetchError("a compressed reply, which was not asked for")
                body = _read(answer, fetch.most_bytes)
    except _FAILURES as error:
        reason = "took too long" if over.is_set() else type(error).__name__
        raise FetchError(f"no reply from {target.host}: {reason}") from error
    if over.is_set():  # the end of the connection can look like the end of the reply
        raise FetchError(f"no reply from {target.host}: took too long")
    return Reply(status=answer.status, headers=headers, body=body, url=fetch.url)


def _headers(fetch: Fetch, target: Target) -> dict[str, str]:
    told = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **fetch.headers}
    if target.userinfo:
        pair = b64encode(target.userinfo.encode()).decode()
        told.setdefault("Authorization", f"Basic {pair}")
    return told


@contextmanager
def _connected(target: Target, seconds: float, over: Event) -> Iterator[http.client.HTTPConnection]:
    """Connect to the judged address, and cut the connection when the time is over.

    A timeout of the socket alone would hold for each read, so a reply that drips would never end.
    """
    plain = socket.create_connection((target.address, target.port), timeout=seconds)
    with plain:
        timer = Timer(seconds, _cut, (plain, over))
        timer.daemon = True
        timer.start()
        try:
            secure = target.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            connection = kind(target.host, target.port, timeout=seconds)
            connection.auto_open = 0  # it would look the name up again
            connection.sock = _wrapped(plain, target.host) if secure else plain
            with connection.sock:
                yield connection
        finally:
            timer.cancel()


def _wrapped(plain: socket.socket, host: str) -> socket.socket:
    return _trust().wrap_socket(plain, server_hostname=host)


def _cut(connection: socket.socket, over: Event) -> None:
    over.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Whom certificates are believed from: reading that takes many milliseconds."""
    return ssl.create_default_context()


def _read(answer: http.client.HTTPResponse, most: int) -> bytes:
    body = bytearray()
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if len(body) > most:
            raise FetchError(f"a reply of more than {most} bytes")
    return bytes(body)


__all__ = ["Fetch", "FetchError", "HttpClient", "RefusedURL", "Reply", "send"]
