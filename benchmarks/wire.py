"""Requests as an ASGI server would hand them over, with as little around them as possible."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from benchmarks import content

JSON = dict[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]

CHUNK_BYTES = 65_536
_numbers = itertools.count()
AUTHORIZED = (b"authorization", content.AUTHORIZATION)


class Request(NamedTuple):
    """One request, ready to be sent any number of times."""

    scope: JSON
    messages: list[JSON]

    @property
    def target(self) -> str:
        """The path and the query."""
        query = self.scope["query_string"].decode()
        return f"{self.scope['path']}?{query}" if query else str(self.scope["path"])

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(message["body"] for message in self.messages)


def request(
    method: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    authorization: tuple[bytes, bytes] | None = AUTHORIZED,
) -> Request:
    """Return a request as uvicorn would hand it over."""
    headers = [(b"host", b"agents.example.com"), (b"accept", b"*/*"), (b"user-agent", b"bench/1")]
    if authorization is not None:
        headers.append(authorization)
    if method == "POST":
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(body)))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50_000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "state": {},
    }
    return Request(scope, _messages(body))


async def fetch(app: App, asked: Request) -> tuple[int, bytes]:
    """Return status and body of the answer to one request."""
    sent: list[JSON] = []

    async def send(message: JSON) -> None:
        sent.append(message)

    await app(asked.scope.copy(), _receiver(asked.messages), send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def repeat(app: App, asked: Request, times: int) -> None:
    """Send a request so many times; nothing is kept of the answers."""
    await send_all(app, asked.scope, numbered(asked, times))


def numbered(asked: Request, times: int) -> list[list[JSON]]:
    """Return the messages of so many requests that are like this one, but never the same bytes."""
    first = asked.messages[0]["body"]
    if content.NUMBER not in first:
        return [asked.messages] * times
    bodies = (first.replace(content.NUMBER, b"%012d" % next(_numbers)) for _ in range(times))
    return [[{**asked.messages[0], "body": body}, *asked.messages[1:]] for body in bodies]


async def send_all(app: App, scope: JSON, requests: list[list[JSON]]) -> None:
    """Send requests to one place."""
    for number, messages in enumerate(requests):
        await app(scope.copy(), _receiver(messages), _drop)
        if number % 64 == 63:
            await asyncio.sleep(0)  # lets the loop forget the timers of deadlines that were met


async def _drop(message: JSON) -> None:
    pass


def _receiver(messages: list[JSON]) -> Callable[[], Awaitable[JSON]]:
    waiting = iter(messages)

    async def receive() -> JSON:
        for message in waiting:
            return message
        await asyncio.Event().wait()  # the client stays and waits
        raise AssertionError

    return receive


def _messages(body: bytes) -> list[JSON]:
    cuts = range(0, max(len(body), 1), CHUNK_BYTES)
    return [
        {
            "type": "http.request",
            "body": body[start : start + CHUNK_BYTES],
            "more_body": start + CHUNK_BYTES < len(body),
        }
        for start in cuts
    ]
