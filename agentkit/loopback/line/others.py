"""Receivers that are neither an application nor a server: transports, and functions of a test."""

import inspect
from collections.abc import Callable
from typing import Any

import anyio

from agentkit import _json
from agentkit.loopback.line.life import Life
from agentkit.loopback.line.parcel import CONNECTION, TIMEOUT, Parcel, Reply
from agentkit.testing.messages import Headers, Request, Response, Transport

Handler = Callable[[Request], Any]
"""Answers requests in a test: it returns, at once or awaited, a `Response`, or the data of a JSON
answer, or a pair of status and data."""


class Carried:
    """Hands requests to a `Transport` of `agentkit.testing`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._life: Life | None = None

    async def carry(self, parcel: Parcel) -> Reply:
        """Send a request through the transport; what goes wrong there is a failed connection."""
        with anyio.move_on_after(parcel.seconds):
            try:
                return _reply(await self._transport.exchange(as_request(parcel)))
            except OSError:
                return CONNECTION
        return TIMEOUT

    async def open(self) -> None:
        """Begin the transport's lifespan."""
        self._life = Life(self._transport.lifespan())
        await self._life.begin()

    async def kill(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """End the transport's lifespan."""
        if self._life is not None:
            life, self._life = self._life, None
            await life.end()


class Handled:
    """Asks a function."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def carry(self, parcel: Parcel) -> Reply:
        """Call the function and return what it answers."""
        with anyio.move_on_after(parcel.seconds):
            try:
                answer = self._handler(as_request(parcel))
                return _reply(await answer if inspect.isawaitable(answer) else answer)
            except OSError:
                return CONNECTION
        return TIMEOUT

    async def open(self) -> None:
        """Do nothing."""

    async def kill(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


def as_request(parcel: Parcel) -> Request:
    """Return a request as `agentkit.testing` has it."""
    to = parcel.address
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in parcel.headers]
    return Request(
        parcel.method,
        to.origin[0],
        to.authority,
        to.path,
        to.query,
        Headers(fields),
        (parcel.body,),
    )


def _reply(answer: Any) -> Reply:
    match answer:
        case Response():
            fields = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.pairs]
            return Reply(answer.status, fields, answer.body)
        case (int() as status, data):
            return Reply(status, [(b"content-type", b"application/json")], _json.encode(data))
        case _:
            return _reply((200, answer))
