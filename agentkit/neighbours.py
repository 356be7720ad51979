"""Other ASGI applications beside agents: found by prefix, started and stopped with the agents."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentkit import urls
from agentkit._log import log
from agentkit.errors import DefinitionError
from agentkit.groups import ungrouped
from agentkit.mounts import placed


class Neighbour(NamedTuple):
    """An application and the prefix of its paths."""

    prefix: str
    app: ASGIApp
    name: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, as ASGI says where an application is mounted."""
        path, place = placed(scope)
        below = {"root_path": f"{place}{self.prefix}", "path": f"{place}{path}"}
        await self.app({**scope, **below}, receive, send)


class Neighbours(tuple[Neighbour, ...]):
    """Applications, the one with the longest prefix first."""

    __slots__ = ()

    def joined_by(self, app: ASGIApp, prefix: str, name: str | None) -> "Neighbours":
        """Return these and one more.

        Raises:
            DefinitionError: it is no application, or the prefix is no path or taken.
        """
        cleaned = urls.clean_route(prefix or "/")
        if not callable(app) or isinstance(app, type):
            raise DefinitionError(f"mount takes an ASGI application, not {app!r}")
        if any(each.prefix == cleaned for each in self):
            raise DefinitionError(f"two applications are mounted at {cleaned or '/'!r}")
        joined = (*self, Neighbour(cleaned, app, name))
        return Neighbours(sorted(joined, key=lambda each: -len(each.prefix)))

    def and_those(self, others: Sequence[Neighbour]) -> "Neighbours":
        """Return these and others.

        Raises:
            DefinitionError: two applications have one prefix.
        """
        joined = self
        for each in others:
            joined = joined.joined_by(each.app, each.prefix, each.name)
        return joined

    def found(self, scope: Scope, is_ours: Callable[[str], bool]) -> Neighbour | None:
        """Return the application that a request is for, None when it is for an agent."""
        path, _ = placed(scope)
        for each in self:
            if path == each.prefix or path.startswith(f"{each.prefix}/"):
                return None if is_ours(path) else each
        return None

    @asynccontextmanager
    async def running(self, state: dict[str, Any]) -> AsyncIterator[None]:
        """Start all applications on entry and stop them on exit; they may fill state.

        Raises:
            DefinitionError: one of them does not start.
        """
        if not self:
            yield
            return
        lives = [_Life(each, state) for each in self]
        with ungrouped():
            async with anyio.create_task_group() as group:
                for life in lives:
                    group.start_soon(life.run)
                try:
                    for life in lives:
                        await life.start()
                    yield
                finally:
                    for life in lives:
                        await life.stop()


class _Life:
    """The lifespan of one application, in a task of its own; one that has none is fine."""

    def __init__(self, neighbour: Neighbour, state: dict[str, Any]) -> None:
        self._neighbour = neighbour
        self._scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": state,
        }
        self._asked = False
        self._failure: str | None = None
        self._started, self._stopping, self._stopped = (anyio.Event() for _ in range(3))

    async def run(self) -> None:
        try:
            await self._neighbour.app(self._scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - how an application says that it has no lifespan
            if self._started.is_set():
                log.exception("neighbour_failed", error, prefix=self._neighbour.prefix)
        finally:
            self._started.set()
            self._stopped.set()

    async def start(self) -> None:
        await self._started.wait()
        if self._failure is not None:
            where = self._neighbour.name or self._neighbour.prefix or "/"
            raise DefinitionError(f"the application mounted as {where!r}: {self._failure}")

    async def stop(self) -> None:
        self._stopping.set()
        await self._stopped.wait()

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            self._failure = message.get("message") or "it does not start"
        if message["type"].startswith("lifespan.startup"):
            self._started.set()
        else:
            self._stopped.set()
