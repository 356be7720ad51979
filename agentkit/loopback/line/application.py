"""Hands requests to an ASGI application in this process, as a server would.

The application runs in a task of its own: when the platform gives up on a request, its handler
goes on and learns that by a disconnect, as behind a real server. The protocol is checked as
strictly as everywhere in `agentkit.testing`, but without that client's pauses at each message:
whole calls are played by the hundred, and this path is most of their cost.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from agentkit.loopback.line.life import Life
from agentkit.loopback.line.loop import begun
from agentkit.loopback.line.parcel import CONNECTION, TIMEOUT, Parcel, Reply
from agentkit.testing import asgi


class Application:
    """Calls one application.

    Args:
        app: the ASGI application.
        told: hears what the application raised: a server would only log it.
    """

    def __init__(self, app: asgi.ASGIApp, told: Callable[[Exception], None]) -> None:
        self._app = app
        self._told = told
        self._state: dict[str, Any] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._life: Life | None = None

    async def carry(self, parcel: Parcel) -> Reply:
        """Call the application and return its answer, or that none came in time.

        Raises:
            ASGIError: the application broke the protocol.
        """
        loop = asyncio.get_running_loop()
        exchange = _Exchange(parcel, loop, self._told)
        task = begun(loop, self._run(self._scope(parcel), exchange))
        if task.done():
            exchange.ended(task)
            return exchange.result()
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(exchange.ended)
        timer = None
        if parcel.seconds is not None:
            timer = loop.call_later(parcel.seconds, exchange.give_up)
        try:
            await exchange.reply
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if timer is not None:
                timer.cancel()
        return exchange.result()

    async def open(self) -> None:
        """Run the application's startup.

        Raises:
            ASGIError: it failed, or broke the protocol.
        """
        self._life = Life(asgi.lifespan(self._app, self._state))
        await self._life.begin()

    async def kill(self) -> None:
        """End what still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        """End what still runs, then run the application's shutdown.

        Raises:
            ASGIError: it failed, or broke the protocol.
        """
        await self.kill()
        if self._life is not None:
            life, self._life = self._life, None
            await life.end()

    async def _run(self, scope: asgi.Scope, exchange: "_Exchange") -> None:
        await self._app(scope, exchange.receive, exchange.send)

    def _scope(self, parcel: Parcel) -> asgi.Scope:
        return {
            **parcel.address.scope,
            "method": parcel.method,
            "headers": list(parcel.headers),
            "state": dict(self._state),
        }


class _Exchange:
    """One request and what the application makes of it."""

    __slots__ = ("_body", "_listening", "_loop", "_response", "_told", "_violation", "reply")

    def __init__(
        self,
        parcel: Parcel,
        loop: asyncio.AbstractEventLoop,
        told: Callable[[Exception], None],
    ) -> None:
        self.reply: asyncio.Future[Reply] = loop.create_future()
        self._loop = loop
        self._told = told
        self._violation: asgi.ASGIError | None = None
        self._body: bytes | None = parcel.body
        self._response = asgi.Response(parcel.method)
        self._listening: list[asyncio.Future[None]] = []

    async def receive(self) -> asgi.Message:
        if self._body is not None:
            message = {"type": "http.request", "body": self._body, "more_body": False}
            self._body = None
            return message
        if not self.reply.done():
            hung_up = self._loop.create_future()
            self._listening.append(hung_up)
            await hung_up
        return {"type": "http.disconnect"}

    async def send(self, message: asgi.Message) -> None:
        if self.reply.done() and not self._response.complete:
            return  # nobody listens any more, which servers hide from the application
        try:
            self._response.take(message)
        except asgi.ASGIError as violation:
            self._violation = self._violation or violation  # the application might swallow it
            self._fail(violation)
            raise
        if self._response.complete:
            status, headers, body = self._response.answer(None)
            self._hang_up(Reply(status, headers, body))

    def result(self) -> Reply:
        if self._violation:
            raise self._violation
        return self.reply.result()

    def give_up(self) -> None:
        """Stop waiting for the answer."""
        self._hang_up(TIMEOUT)

    def ended(self, task: "asyncio.Task[None]") -> None:
        """See what the application's end means for the answer."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and error is not self._violation:
            self._told(error)
        if self.reply.done():
            return
        if task.cancelled():
            self._hang_up(CONNECTION)
        elif error is None or isinstance(error, Exception):
            self._break_off(error)
        else:
            self._fail(error)

    def _break_off(self, error: Exception | None) -> None:
        try:
            status, headers, body = self._response.answer(error)
        except ConnectionResetError:
            self._hang_up(CONNECTION)
        except asgi.ASGIError as violation:
            self._fail(violation)
        else:
            self._hang_up(Reply(status, headers, body))

    def _hang_up(self, reply: Reply) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)
        self._disconnect()

    def _fail(self, error: BaseException) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)
        self._disconnect()

    def _disconnect(self) -> None:
        for hung_up in self._listening:
            if not hung_up.done():
                hung_up.set_result(None)
