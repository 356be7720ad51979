"""The state of calls, as it stands when a webhook has been answered."""

from collections import OrderedDict
from collections.abc import Iterable, MutableMapping
from typing import Any, Protocol, runtime_checkable

import anyio

from agentkit.errors import StateError
from agentkit.mounts import placed
from agentkit.recorder import format as journal
from agentkit.recorder.recording import Recording
from agentkit.recorder.writer import Item
from agentkit.state.writing import Snapshot
from agentkit.workers import Stateful

SECONDS = 1.0
"""How long looking at a state may take; nobody waits for it, for the answer is out."""

Scope = MutableMapping[str, Any]

REMEMBERED = 2_000
"""Of how many calls the last version is remembered."""


@runtime_checkable
class Watched(Stateful, Protocol):
    """An agent whose state can be read."""

    route: str


@runtime_checkable
class _Serving(Protocol):
    def get_agents(self) -> list[tuple[str, Any]]:
        """Return routes and agents."""
        ...


class States:
    """Looks at the states of an application's agents.

    Args:
        app: an agent or a server, or something else.
        agents: the agents; None for those of the application.
    """

    def __init__(self, app: object, agents: Iterable[object] | None) -> None:
        self._app = app
        self._given = None if agents is None else list(agents)
        self._seen: OrderedDict[str, str | None] = OrderedDict()

    async def note(self, about: Recording, scope: Scope) -> None:
        """Journal the state of a call, if it is another one than before."""
        agent, call_id = self._agent_of(scope), about.call_id
        if agent is None or call_id is None:
            return
        with anyio.move_on_after(SECONDS):
            try:
                now = await agent.states.run(agent.states.operations.snapshot(call_id))
            except StateError:
                return  # whoever needs it is told by the store itself
            if now.version != self._seen.get(call_id):
                self._remember(call_id, now.version)
                _journal(about, call_id, now)

    def _remember(self, call_id: str, version: str | None) -> None:
        self._seen[call_id] = version
        self._seen.move_to_end(call_id)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _agent_of(self, scope: Scope) -> Watched | None:
        """Return the agent with the longest route that the path is below."""
        path, _ = placed(scope)
        below = [agent for agent in self.agents() if _is_below(path, agent.route)]
        return max(below, key=lambda agent: len(agent.route), default=None)

    def agents(self) -> list[Watched]:
        """Return the agents, as they are now."""
        found = self._given
        if found is None:
            app = self._app
            found = [each for _, each in app.get_agents()] if isinstance(app, _Serving) else [app]
        return [agent for agent in found if isinstance(agent, Watched)]


def _is_below(path: str, route: str) -> bool:
    own = route.rstrip("/")
    return path == own or path.startswith(f"{own}/")


def _journal(about: Recording, call_id: str, now: Snapshot) -> None:
    at, redaction, exchange = about.pen.clock(), about.pen.redaction, about.exchange

    def write() -> bytes:
        return journal.line(at, "state", exchange=exchange, body=redaction.body(now.data))

    about.pen.writer.put(Item(call_id, at, write, now.size_bytes))
