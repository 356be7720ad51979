"""What an agent and its per-call copies have in common: a store, and the work that uses it.

It is made when somebody needs it first, which a document does not: the modules behind it are a
third of agentkit.
"""

import sys
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from agentkit.late import LateModule

if TYPE_CHECKING:
    import copy

    from agentkit import slots, stores, traffic
    from agentkit import watch as watches
    from agentkit.access import Access
    from agentkit.state.manager import StateManager
else:
    copy = LateModule("copy", globals())
    stores = LateModule("agentkit.stores", globals())
    traffic = LateModule("agentkit.traffic", globals())
    watches = LateModule("agentkit.watch", globals())

A = TypeVar("A")


def copied(agent: A) -> A:
    """Return a copy of an agent; what is set on it does not reach the agent."""
    made = copy.copy(agent)
    contexts = sys.modules.get("agentkit.contexts.builder")
    if contexts is not None:  # else nobody has a builder
        contexts.rebind(made, agent)
    return made


class Shared:
    """The store of an agent and its traffic.

    Args:
        states: the store that was asked for; by default calls are kept in memory.
        limits: how much work is taken on at once, by default as `Limits` says.
        clock: the time in Unix seconds.
    """

    def __init__(
        self,
        states: "StateManager | None",
        limits: "slots.Limits | None",
        clock: Callable[[], float],
    ) -> None:
        self._lock = Lock()
        self._clock = clock
        self._states = states
        self._watch: watches.Watch | None = None
        self._traffic = None if limits is None else traffic.Traffic(limits, self.states, clock)

    @property
    def is_idle(self) -> bool:
        """Whether nothing can have been stored yet, nor be on its way."""
        return self._states is None

    @property
    def states(self) -> "StateManager":
        """Where the state of calls is kept."""
        if self._states is None:
            with self._lock:
                self._states = self._states or stores.in_memory(self._clock)
        return self._states

    @property
    def traffic(self) -> "traffic.Traffic":
        """What goes on now."""
        states = self.states
        if self._traffic is None:
            with self._lock:
                self._traffic = self._traffic or traffic.Traffic(None, states, self._clock)
        return self._traffic

    @property
    def watch(self) -> "watches.Watch":
        """Who this process is to an outbox, and what it remembers of it."""
        if self._watch is None:
            with self._lock:
                self._watch = self._watch or watches.Watch()
        return self._watch

    def check_secret(self, access: "Access") -> None:
        """Refuse to share calls between hosts whose tokens the other hosts cannot verify.

        Raises:
            DefinitionError: the secret is a file of this host.
        """
        if self._states is not None:
            stores.check_secret(self._states, access)

    async def open(self) -> None:
        """Open the store; one that is made later opens when it is first used."""
        if self._states is not None:
            await self._states.open()

    async def end_jobs(self) -> None:
        """Wait for the jobs that go on after their calls, but not for ever."""
        if self._traffic is not None:
            await self._traffic.jobs.end()

    async def close(self) -> None:
        """Close the store."""
        if self._states is not None:
            await self._states.close()
