"""The times in a database: counted on evenly while the clock of the host is set.

All records of a file share one timeline, so that an index can tell what is due. It begins with the
wall time when the file is first opened after the host has started. From there every process counts
the time since boot, which nobody sets and all processes share. What is told to callers is in wall
time again: `agentkit.state.steps` tells how far the clock was stepped meanwhile.
"""

from typing import TypeVar

import msgspec

from agentkit._log import log
from agentkit.state.base import Entry, Record
from agentkit.state.steps import STEP_SECONDS, HostClock, shifted

Told = TypeVar("Told", Record, Entry)


class Anchor(msgspec.Struct, frozen=True):
    """Where the timeline of a file was tied to the wall time.

    Attributes:
        boot: in which boot of the host.
        ahead: Unix seconds minus the seconds since that boot.
    """

    boot: str
    ahead: float


class Timeline:
    """The time that the records of a file are counted in."""

    def __init__(self, clock: HostClock, stored: Anchor | None) -> None:
        self._clock = clock
        here = clock.read()
        tied_here = stored is not None and stored.boot == here.boot
        self.anchor = stored if stored and tied_here else Anchor(here.boot, here.ahead)
        if self.step:
            log.warning("state_clock_was_stepped", by_seconds=round(self.step))

    def now(self) -> float:
        """Return the time now."""
        here = self._clock.read()
        return here.now - here.ahead + self.anchor.ahead

    @property
    def step(self) -> float:
        """How many seconds the wall time is ahead of the timeline."""
        step = self._clock.read().ahead - self.anchor.ahead
        return step if abs(step) > STEP_SECONDS else 0.0

    def told(self, record: Record | None) -> Record | None:
        """Return a record with its times as wall time."""
        return _moved(record, self.step) if record is not None else None

    def told_all(self, entries: list[Entry]) -> list[Entry]:
        """Return entries with their times as wall time."""
        step = self.step
        return [_moved(entry, step) for entry in entries]


def _moved(what: Told, step: float) -> Told:
    return shifted(what, step) if step else what
