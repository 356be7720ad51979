"""A client that speaks to an ASGI application in process, or to a server over a socket.

How a request travels is a `Transport`, so that one suite of tests can run in process, over a real
server and through whatever else carries requests.
"""

import base64
import http.client
import re
import ssl
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, closing, nullcontext
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import anyio.to_thread

from agentkit import _json
from agentkit.testing import asgi
from agentkit.testing.messages import Fields, Headers, Request, Response, Transport

IN_PROCESS_URL = "http://testserver"
"""Where an application in process seems to be served, unless a test says otherwise."""

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_PATH_SAFE = "/%:@!$&'()*+,;=~"
_FRAMING = {"content-length", "transfer-encoding"}
_BODY_FORMS = 3
_PORTS = {"http": 80, "https": 443}


class HTTPTransport:
    """Carries each request over a connection of its own to one server, whatever its URL names.

    Args:
        host: the server's name or address.
        port: where it listens.
        timeout_seconds: how long it may take.
        tls: how its certificate is judged; None to speak plain HTTP.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_seconds: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._timeout_seconds = timeout_seconds
        self._tls = tls

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Do nothing: the server runs the application's lifespan."""
        return nullcontext()

    async def exchange(self, request: Request) -> Response:
        """Send the request in a worker thread and return the response.

        Raises:
            OSError: the server cannot be reached, or hung up without an answer.
            http.client.HTTPException: the server's answer is not HTTP.
        """
        return await anyio.to_thread.run_sync(self._exchange, request, abandon_on_cancel=True)

    def _exchange(self, request: Request) -> Response:
        server = self._connection()
        with closing(server):
            self._send(server, request)
            answer = server.getresponse()
            return Response(answer.status, Headers(answer.getheaders()), answer.read())

    def _connection(self) -> http.client.HTTPConnection:
        address, seconds = (self._host, self._port), self._timeout_seconds
        if self._tls is None:
            return http.client.HTTPConnection(*address, timeout=seconds)
        return http.client.HTTPSConnection(*address, timeout=seconds, context=self._tls)

    def _send(self, server: http.client.HTTPConnection, request: Request) -> None:
        server.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.pairs:
            server.putheader(name, value)
        chunked = "transfer-encoding" in request.headers
        try:
            server.endheaders(iter(request.chunks), encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            return  # a server may answer and hang up before it has read the whole body


class ASGITransport:
    """Calls an application in process, in the task of the test, and checks what it sends.

    Args:
        app: the ASGI application.
        root_path: as a mount or a proxy sets it; the paths requested start with it.
        client: address and port of the sender.
        raise_app_exceptions: False to answer an exception with status 500, as servers do.
    """

    def __init__(
        self,
        app: asgi.ASGIApp,
        *,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 50000),
        raise_app_exceptions: bool = True,
    ) -> None:
        self._app = app
        self._root_path = root_path
        self._client = client
        self._raise_app_exceptions = raise_app_exceptions
        self._state: dict[str, Any] = {}

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Run the application's startup on entry and its shutdown on exit."""
        self._state = {}
        return asgi.lifespan(self._app, self._state)

    async def exchange(self, request: Request) -> Response:
        """Call the application and return its response.

        Raises:
            ASGIError: the application broke the ASGI protocol.
            ConnectionResetError: it raised within a response, and exceptions are not passed on.
        """
        answer = await asgi.call(
            self._app,
            self._scope(request),
            request.chunks,
            raise_app_exceptions=self._raise_app_exceptions,
        )
        fields = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in answer.headers]
        return Response(answer.status, Headers(fields), answer.body)

    def _scope(self, request: Request) -> asgi.Scope:
        server = urlsplit(f"//{request.host}")
        headers = request.headers.pairs
        return {
            "type": "http",
            "asgi": dict(asgi.VERSION),
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.scheme,
            "path": unquote(request.path),
            "raw_path": request.path.encode("ascii"),
            "query_string": request.query.encode("ascii"),
            "root_path": self._root_path,
            "headers": [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers],
            "client": self._client,
            "server": (server.hostname, server.port or _PORTS[request.scheme]),
            "state": dict(self._state),
        }


class AgentClient:
    """Sends requests to an application in process, to a server or through a transport.

    Args:
        app: an ASGI application, the http(s) URL of a server, or a `Transport`.
        base_url: where paths are looked up and what the Host header says; by default the URL of
            the server, or `http://testserver`.
        auth: user and password for every URL that has none of its own.
        root_path: as a mount or a proxy sets it; the paths requested start with it.
        client: address and port of the sender.
        headers: sent with every request, such as those that a proxy adds.
        raise_app_exceptions: False to get status 500 for an exception, as from a server.

    `root_path`, `client` and `raise_app_exceptions` matter to an application in process only.
    """

    def __init__(  # noqa: PLR0913
        self,
        app: asgi.ASGIApp | Transport | str,
        *,
        base_url: str | None = None,
        auth: tuple[str, str] | None = None,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 50000),
        headers: Fields | None = None,
        raise_app_exceptions: bool = True,
    ) -> None:
        self.base_url = base_url or (app if isinstance(app, str) else IN_PROCESS_URL)
        self._auth = auth
        self._headers = _layered(headers or {})
        if isinstance(app, str):
            app = _server_at(app)
        elif not isinstance(app, Transport):
            app = ASGITransport(
                app,
                root_path=root_path,
                client=client,
                raise_app_exceptions=raise_app_exceptions,
            )
        self._transport: Transport = app

    def with_auth(self, auth: tuple[str, str] | None) -> "AgentClient":
        """Return a client over the same transport with these credentials, or with none."""
        return AgentClient(
            self._transport, base_url=self.base_url, auth=auth, headers=self._headers
        )

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Run the application's startup on entry and its shutdown on exit.

        An application without the lifespan protocol is fine; a server elsewhere runs its own.

        Raises:
            ASGIError: startup or shutdown failed, or broke the protocol.
        """
        return self._transport.lifespan()

    def absolute(self, url: str) -> str:
        """Return the URL of a path, or an absolute URL as it is.

        Raises:
            ValueError: it is neither.
        """
        if _ABSOLUTE.match(url):
            return url
        if not url.startswith("/"):
            raise ValueError(f"neither a path that starts with / nor a http(s) URL: {url!r}")
        return self.base_url.rstrip("/") + url

    async def get(self, url: str, *, headers: Fields | None = None) -> Response:
        """Send a GET request."""
        return await self.request("GET", url, headers=headers)

    async def post(
        self,
        url: str,
        *,
        json: object = None,
        content: bytes | None = None,
        chunks: Iterable[bytes] | None = None,
        headers: Fields | None = None,
    ) -> Response:
        """Send a POST request, with a body as in `request`."""
        return await self.request(
            "POST", url, json=json, content=content, chunks=chunks, headers=headers
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        content: bytes | None = None,
        chunks: Iterable[bytes] | None = None,
        headers: Fields | None = None,
    ) -> Response:
        """Send a request and return the response; redirects are not followed.

        At most one body: `json`, sent as application/json; `content`, sent as it is; `chunks`,
        sent piece by piece without a Content-Length, unless `headers` has one. A field in
        `headers` replaces what the client would send under that name.

        Raises:
            ValueError: more than one body, or neither a path nor a URL.
        """
        if [json, content, chunks].count(None) < _BODY_FORMS - 1:
            raise ValueError("a request has one body: json, content or chunks")
        parts = urlsplit(self.absolute(url))
        host = parts.netloc.rpartition("@")[2]
        fields = _layered(
            {"host": host, "accept": "*/*"},
            {} if json is None else {"content-type": "application/json"},
            self._headers,
            _authorization(parts.username, parts.password, self._auth),
            headers or {},
        )
        whole = content if json is None else _json.encode(json)
        pieces = tuple(chunks) if chunks is not None else (whole or b"",)
        if not any(name in _FRAMING for name, _ in fields):
            fields += _framing(method, pieces, chunked=chunks is not None)
        path = quote(parts.path or "/", safe=_PATH_SAFE)
        query = quote(parts.query, safe=f"{_PATH_SAFE}?")
        return await self._transport.exchange(
            Request(method, parts.scheme, host, path, query, Headers(fields), pieces)
        )


def _server_at(url: str) -> HTTPTransport:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"the URL of a server is like http://127.0.0.1:8000, not {url!r}")
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    return HTTPTransport(parts.hostname, parts.port or _PORTS[parts.scheme], tls=tls)


def _framing(method: str, pieces: tuple[bytes, ...], *, chunked: bool) -> list[tuple[str, str]]:
    """Return the field that tells a server where the body ends."""
    if chunked:
        return [("transfer-encoding", "chunked")]
    length = sum(map(len, pieces))
    return [("content-length", str(length))] if length or method not in {"GET", "HEAD"} else []


def _authorization(
    user: str | None, password: str | None, otherwise: tuple[str, str] | None
) -> dict[str, str]:
    """Return Basic credentials: those of the URL, percent-decoded, else the client's."""
    pair = otherwise if user is None else (unquote(user), unquote(password or ""))
    if pair is None:
        return {}
    encoded = base64.b64encode(":".join(pair).encode("utf-8")).decode("ascii")
    return {"authorization": f"Basic {encoded}"}


def _layered(*layers: Fields) -> list[tuple[str, str]]:
    """Return the fields of all layers; a later layer replaces the same names in earlier ones."""
    merged: list[tuple[str, str]] = []
    for layer in layers:
        pairs = layer.items() if isinstance(layer, Mapping) else layer
        added = [(name.lower(), value) for name, value in pairs]
        replaced = {name for name, _ in added}
        merged = [field for field in merged if field[0] not in replaced] + added
    return merged
