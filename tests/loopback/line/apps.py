"""Small ASGI applications, as receivers of what the platform sends."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct, field

from agentkit.testing.asgi import Message, Receive, Scope, Send


class Got(Struct, frozen=True):
    """A request as an application got it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[Got, Send], Awaitable[None]]


class App(Struct):
    """Keeps what it gets and answers one by one; the last answer stands for all that follow."""

    behaviours: list[Behaviour]
    got: list[Got] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        query = scope["query_string"].decode()
        self.got.append(Got(scope["method"], scope["path"], query, headers, message["body"]))
        self.states.append(scope.get("state"))
        turn = min(len(self.got), len(self.behaviours)) - 1
        await self.behaviours[turn](self.got[-1], send)


def answering(*statuses: int, body: bytes = b"{}") -> App:
    return App([answer(status, body) for status in statuses or (200,)])


def answer(
    status: int = 200, body: bytes = b"{}", headers: dict[bytes, bytes] | None = None
) -> Behaviour:
    fields = {b"content-type": b"application/json", **(headers or {})}

    async def behave(got: Got, send: Send) -> None:
        await send(start(status, fields))
        await send({"type": "http.response.body", "body": body})

    return behave


def redirect(location: str, status: int = 307) -> Behaviour:
    return answer(status, b"", {b"location": location.encode("latin-1")})


def start(status: int = 200, headers: dict[bytes, bytes] | None = None) -> Message:
    fields = list((headers or {}).items())
    return {"type": "http.response.start", "status": status, "headers": fields}
