"""What threads and children do to the memory store, without test tools: children start fast."""

from agentkit.state import MemoryState, StateManager
from agentkit.state.base import TOMBSTONE_SECONDS
from tests.reliability.harness import resident_mib
from tests.state.stores import Clock

GRACE_SECONDS = 60.0

_stores: dict[str, MemoryState] = {}


def memory(name: str) -> MemoryState:
    """Return one store of this process under a name."""
    return _stores.setdefault(name, MemoryState())


def live_and_purge(calls: int) -> tuple[float, float, float]:  # pragma: no cover
    """Return the MiB that this process holds before, with, and after so many calls."""
    clock = Clock()
    store = MemoryState(clock=clock)
    manager = StateManager(store)
    measured = []
    for number in (1_000, calls):  # the first round loads what is loaded once
        measured.append(resident_mib())
        _live(manager, number)
        measured.append(resident_mib())
        for seconds in (GRACE_SECONDS, TOMBSTONE_SECONDS):
            clock.advance(seconds)
            while store.purge(500):
                pass
        assert not store.scan()
    return measured[2], measured[3], resident_mib()


def _live(manager: StateManager, calls: int) -> None:  # pragma: no cover - in a child
    for number in range(calls):
        call_id = f"{number:032}"
        manager.ensure(call_id)
        manager.update_state(call_id, {"cart": {"tea": 2}, "name": "Ada Lovelace"})
        manager.end_call(call_id, GRACE_SECONDS)
