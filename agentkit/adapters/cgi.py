"""CGI: a process for each request; and every WSGI server.

    serve_cgi(agent)        # the last line of a CGI script
    application = wsgi_app(agent)

A web server keeps the Authorization header from CGI programs unless it is told to pass it
(`CGIPassAuth On` in Apache).
"""

import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.handlers import CGIHandler

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentkit import _json
from agentkit.adapters.extras import need
from agentkit.adapters.instances import check_instances
from agentkit.errors import RequestError

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_NUMBER = re.compile(r"[0-9]{0,18}")
_EMPTY_IS_ABSENT = ("CONTENT_TYPE", "CONTENT_LENGTH")  # RFC 3875, 4.1.2 and 4.1.3


def serve_cgi(app: ASGIApp) -> None:
    """Answer the one request of this process, which a web server has started for it.

    Raises:
        DefinitionError: a2wsgi is not installed, or an agent keeps its state in memory.
    """
    CGIHandler().run(wsgi_app(app))


def wsgi_app(app: ASGIApp) -> WSGIApp:
    """Return a WSGI application; the event loop below it runs in a thread of each process.

    Args:
        app: an agent, a server, or another ASGI application.

    Raises:
        DefinitionError: a2wsgi is not installed, or an agent keeps its state in memory.
    """
    check_instances(app, one_host=True)
    bridge = _Bridge(need("a2wsgi", "cgi").ASGIMiddleware, _with_whole_body(app))

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            check_environ(environ)
        except RequestError as error:
            start_response(f"{error.status} Bad Request", [("content-type", "application/json")])
            return [_json.encode({"error": error.message})]
        for name in _EMPTY_IS_ABSENT:
            if not environ.get(name):
                environ.pop(name, None)  # or it would become an empty header
        return bridge.here()(environ, start_response)

    return answer


def check_environ(environ: Mapping[str, Any]) -> None:
    """Refuse what no web server should hand over: the bridge would fail on it.

    Raises:
        RequestError: 400, naming the variable.
    """
    for name in ("REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT"):
        if not environ.get(name):
            raise RequestError(400, f"the request has no {name}")
    for name in ("CONTENT_LENGTH", "SERVER_PORT"):
        if not _NUMBER.fullmatch(environ.get(name) or ""):
            raise RequestError(400, f"{name} is not a number")
    for name, charset in (
        ("PATH_INFO", "utf-8"),
        ("SCRIPT_NAME", "utf-8"),
        ("QUERY_STRING", "ascii"),
    ):
        try:
            (environ.get(name) or "").encode("latin-1").decode(charset)
        except UnicodeError as error:
            raise RequestError(400, f"{name} is not {charset.upper()}") from error


class _Bridge:
    """The bridge of this process: a thread of it does not live on in a forked child."""

    def __init__(self, make: Callable[[ASGIApp], WSGIApp], app: ASGIApp) -> None:
        self._make = make
        self._app = app
        self._made: dict[int, WSGIApp] = {}
        self._lock = threading.Lock()

    def here(self) -> WSGIApp:
        process = os.getpid()
        with self._lock:
            if process not in self._made:
                self._made = {process: self._make(self._app)}
            return self._made[process]


def _with_whole_body(app: ASGIApp) -> ASGIApp:
    """The bridge would wait for ever for the rest of a body that is shorter than declared."""

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        async def checked() -> Message:
            message = await receive()
            if message.get("more_body") and not message.get("body"):
                raise RequestError(400, "the body is shorter than its Content-Length")
            return message

        await app(scope, checked, send)

    return whole
