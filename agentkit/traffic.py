"""What goes on at one agent now: calls in flight, threads, deliveries, claims."""

import time
from collections.abc import Callable

from agentkit.claims import Claims
from agentkit.deliveries import Deliveries
from agentkit.errors import DefinitionError
from agentkit.jobs import Jobs
from agentkit.slots import Admission, Limits, Slots
from agentkit.state.manager import StateManager

PROBE_SECONDS = 1.0
"""How long what a store has answered counts."""


class Probe:
    """Whether a store has answered when it was last asked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.last = True
        self._clock = clock
        self._asked_at: float | None = None

    def is_due(self) -> bool:
        """Say whether it is to be asked again, and take that for done."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < PROBE_SECONDS:
            return False
        self._asked_at = now
        return True


def checked_limits(given: Limits | None) -> Limits:
    """Return the limits of an agent.

    Raises:
        DefinitionError: they are none.
    """
    if given is not None and not isinstance(given, Limits):
        raise DefinitionError(f"limits= takes Limits(...), not {given!r}")
    return given or Limits()


class Traffic:
    """The work of an agent, shared by its per-call copies.

    Args:
        limits: how much it takes on at once, by default as `Limits` says.
        states: its store.
        clock: the time in Unix seconds.
    """

    def __init__(
        self, limits: Limits | None, states: StateManager, clock: Callable[[], float]
    ) -> None:
        self.limits = limits = checked_limits(limits)
        self.admission = Admission(limits.calls)
        self.claims = Claims(clock)
        self.deliveries = Deliveries(self.admission, self.claims, states)
        self.slots = Slots(limits)
        self.probe = Probe()
        self.jobs = Jobs(limits.calls)

    @property
    def is_stuck(self) -> bool:
        """Whether so many threads hang that the agent should get no more work."""
        return 2 * self.slots.hung >= self.limits.threads
