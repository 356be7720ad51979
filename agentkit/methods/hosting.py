"""An agent inside other applications, and other applications beside an agent."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from agentkit import credentials, urls
from agentkit.compile import HEALTH
from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.operations.looking import watching

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute, Router
    from starlette.types import ASGIApp, Receive, Scope, Send

    from agentkit import web
    from agentkit.neighbours import Neighbour, Neighbours
    from agentkit.operations.agents import Agent

    class Hosted(Agent, Protocol):
        """An agent as an application."""

        _neighbours: "Neighbours | None"

        @property
        def neighbours(self) -> "Sequence[Neighbour]":
            """The applications beside it."""
            ...

        def routes(self, prefix: str = "") -> "list[BaseRoute]":
            """Return its routes."""
            ...

        def lifespan(self, app: object = None) -> AbstractAsyncContextManager[None]:
            """Start on entry and stop on exit."""
            ...

        async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
            """Be an ASGI application."""
            ...

        def _answers(self, path: str) -> bool: ...

else:
    web = LateModule("agentkit.web", globals())

_neighbours = LateModule("agentkit.neighbours")


A = TypeVar("A", bound="Hosted")


def mount(self: A, app_or_router: "ASGIApp", prefix: str, name: str | None = None) -> A:
    """Serve another ASGI application beside the agent; the agent's paths win over it.

    It starts and stops with the agent, where there is a lifespan. A server that the agent is
    registered at takes over what is mounted by then.

    Args:
        app_or_router: such as a Starlette or FastAPI application or router.
        prefix: such as `/admin`, beside the agent's route; `/` for all that it does not answer.
        name: what it is called in messages.

    Raises:
        DefinitionError: it is no application, or the prefix is no path or taken.
    """
    known: Neighbours = self._neighbours or _neighbours.Neighbours()
    joined = known.joined_by(app_or_router, prefix, name)
    if prefix.strip("/") and self._answers(urls.clean_route(prefix)):
        raise DefinitionError(f"the path {prefix!r} is the agent's own")
    self._neighbours = joined
    return self


def routes(self: "Hosted", prefix: str = "") -> "list[BaseRoute]":
    """Return flat Starlette routes for a host application, without any redirect.

    Health stays with the host. Callback paths that are registered later are not in the list.
    """
    start = urls.clean_route(prefix or "/")
    beside = [(f"{start}{each.prefix}", each.app) for each in self.neighbours]
    return web.flat_routes(self, self.compiled().paths, start) + web.mount_routes(beside)


def as_router(self: "Hosted") -> "Router":
    """Return a Starlette router with the agent's routes, to be mounted."""
    return web.router(self.routes())


def get_app(self: "Hosted") -> "Starlette":
    """Return a Starlette application that serves the agent."""
    return web.application(self)


def lifespan(self: "Hosted", app: object = None) -> AbstractAsyncContextManager[None]:
    """Open the agent's store on entry and close it on exit.

    A host may pass this method on as its own lifespan: `Starlette(lifespan=agent.lifespan)`.
    It is never needed: the store opens when it is first used.
    """
    return running(self, {})


def answers(self: "Agent", path: str) -> bool:
    """Say whether the agent answers at a path itself."""
    return path in self.compiled().paths or path in HEALTH


def all_agents(self: "Agent") -> "Sequence[Agent]":
    """Return the agents of this application: itself alone."""
    return (self,)


@asynccontextmanager
async def running(agent: "Hosted", state: dict[str, Any]) -> AsyncIterator[None]:
    """Have an agent and the applications beside it run meanwhile; those may fill state."""
    credentials.announce([agent.compiled().access.auth])
    await agent.shared.open()
    try:
        beside = agent._neighbours  # noqa: SLF001 - what it has mounted
        others = nullcontext() if beside is None else beside.running(state)
        async with others, watching(lambda: [agent]):
            yield
    finally:
        await agent.shared.end_jobs()
        await agent.shared.close()
