"""The agents of a server by route; finding one is a dictionary lookup, however many."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeGuard, runtime_checkable

import anyio

from agentkit import credentials
from agentkit._log import log
from agentkit.compile import ENDPOINTS, HEALTH
from agentkit.errors import DefinitionError
from agentkit.neighbours import Neighbour
from agentkit.operations.agents import Agent, is_agent
from agentkit.operations.desks import Desk
from agentkit.operations.looking import watching
from agentkit.spec import AgentSpec


class Servable(Agent, Protocol):
    """An agent that can be put on a server."""

    @property
    def spec(self) -> AgentSpec:
        """The agent as one frozen value."""
        ...

    @property
    def needs_state(self) -> bool:
        """Whether its author asked for call state."""
        ...

    @property
    def neighbours(self) -> Sequence[Neighbour]:
        """The applications that are mounted beside it."""
        ...

    def at_route(self, route: str) -> object:
        """Answer at another path."""
        ...

    def register_routing_callback(self, callback_fn: Callable[..., Any], path: str) -> object:
        """Answer at one more path."""
        ...


def is_servable(given: object) -> TypeGuard[Servable]:
    """Say whether something is an agent that can be put on a server."""
    return is_agent(given)


@runtime_checkable
class Serves(Protocol):
    """A service: what has an agent that does the serving."""

    @property
    def agent(self) -> Servable:
        """The agent."""
        ...


class Roster:
    """Agents by cleaned route, and the desks of their server.

    Args:
        desks: tells the desks by path, as they are now.
    """

    def __init__(self, desks: Callable[[], Mapping[str, Desk]]) -> None:
        self.agents: dict[str, Servable] = {}
        self._desks = desks
        self._longest = 0

    def add(self, route: str, agent: Servable) -> None:
        """Put an agent at a route."""
        self.agents = {**self.agents, route: agent}
        self._longest = max(self._longest, len(route))

    def all_agents(self) -> Iterable[Servable]:
        """Return all agents."""
        return self.agents.values()

    def drop(self, route: str) -> bool:
        """Take the agent at a route off, and say whether there was one."""
        found = route in self.agents
        self.agents = {key: agent for key, agent in self.agents.items() if key != route}
        return found

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the stores of all agents on entry and close them on exit.

        Raises:
            DefinitionError: an agent is wrong.
        """
        credentials.announce(agent.compiled().access.auth for agent in self.all_agents())
        for agent in self.all_agents():
            await agent.shared.open()
        try:
            async with watching(lambda: list(self.all_agents())):
                yield
        finally:
            async with anyio.create_task_group() as group:
                for agent in self.all_agents():
                    group.start_soon(agent.shared.end_jobs)
            for route, agent in self.agents.items():
                log.debug("agent_stopped", route=route or "/")
                await agent.shared.close()

    def agent_at(self, path: str) -> Servable | Desk | None:
        """Find the desk at a path, or the agent whose route is the longest prefix of it."""
        agents, desks = self.agents, self._desks()
        prefix = path.rstrip("/")
        if desks and prefix in desks:
            return desks[prefix]
        if len(prefix) > self._longest:  # or a long path would be cut and hashed over and over
            prefix = prefix[: self._longest + 1].rpartition("/")[0]
        while prefix:
            agent = agents.get(prefix)
            if agent is not None:
                return agent
            prefix = prefix.rpartition("/")[0]
        return None if path in HEALTH else agents.get("")

    def answers(self, path: str) -> bool:
        """Say whether something of this server has exactly this path."""
        found = self.agent_at(path)
        if found is None or isinstance(found, Desk):
            return found is not None or path in HEALTH
        return path in found.compiled().paths or path in HEALTH

    def owns(self, path: str) -> bool:
        """Say whether a path is below an agent's route, or is the server's own."""
        found = self.agent_at(path)
        is_below = found is not None and not isinstance(found, Desk) and found.route != "/"
        return is_below or self.answers(path)

    def check(self, route: str, agent: Servable) -> None:
        """Refuse a route that is taken.

        Raises:
            DefinitionError: it is, or the agent would hide another's endpoints.
        """
        if route in self.agents:
            raise DefinitionError(f"two agents have the route {route or '/'!r}")
        if route in HEALTH:
            raise DefinitionError(f"the route {route!r} is the server's own")
        if any(agent is known for known in self.agents.values()):
            raise DefinitionError("the agent is registered already; register its fork() as well")
        parent, _, name = route.rpartition("/")
        taken = f"/{name}" in ENDPOINTS and parent in self.agents
        if taken or any(f"{route}{suffix}" in self.agents for suffix in ENDPOINTS):
            raise DefinitionError(f"at {route or '/'!r} an agent would hide another's endpoints")
