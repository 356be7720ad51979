"""A real HTTP server that stands for a service, and a client that leads every request to it."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from agentkit.skills.fetching import Fetch, Reply, send

Answer = Any
"""Plain data (JSON), bytes, a status, `(status, headers, body)`, or a function of the handler."""


class Asked(NamedTuple):
    """A request that the server got."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Standing:
    """A server with answers by path; `*` answers what no path does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.fetched: list[Fetch] = []

    def client(self, fetch: Fetch) -> Reply:
        """Lead a request here, whoever it is for, and send it for real."""
        self.fetched.append(fetch)
        parts = urlsplit(fetch.url)
        here = f"{self.url}{parts.path}{'?' if parts.query else ''}{parts.query}"
        reply = send(msgspec.structs.replace(fetch, url=here, trusted=True))
        return msgspec.structs.replace(reply, url=fetch.url)


@contextmanager
def standing(tls: ssl.SSLContext | None = None) -> Iterator[Standing]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(lambda: service))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    service = Standing(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def handler_of(service: Callable[[], Standing]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body)
            service().asked.append(asked)
            answers = service().answers
            give(self, answers.get(parts.path, answers.get("*", 404)))

        do_GET = do_POST = do_DELETE = answer

    return Handler


def give(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    if callable(answer):
        answer(handler)
        return
    status, headers, body = whole(answer)
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def whole(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    if isinstance(answer, tuple):
        return answer
    if isinstance(answer, int):
        return answer, {}, b"{}"
    if isinstance(answer, bytes):
        return 200, {"Content-Type": "text/html; charset=utf-8"}, answer
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()
