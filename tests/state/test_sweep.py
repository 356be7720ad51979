"""What has expired is collected in batches, and by one sweeper at a time."""

import pytest

from agentkit.state import MemoryState, StateManager
from agentkit.state.base import ABSENT, ANY
from agentkit.state.sweep import PURGE_BATCH, SWEEP_SECONDS, SWEEPER
from tests.state.stores import Clock, NetworkState, twisted


def expired(memory: MemoryState, clock: Clock, rows: int) -> None:
    for number in range(rows):
        memory.put(f"call:{number}", b"", expect=ANY, ttl_seconds=60.0, write_id="a")
    clock.advance(61.0)


def test_everything_is_collected_in_batches(memory: MemoryState, clock: Clock) -> None:
    batches: list[int] = []

    def purge(limit: int) -> int:
        batches.append(memory.purge(limit))
        return batches[-1]

    expired(memory, clock, PURGE_BATCH + 3)
    swept = StateManager(twisted(memory, purge=purge)).cleanup_expired()
    assert swept == sum(batches)
    assert max(batches) == PURGE_BATCH
    assert batches[-1] == 0
    assert memory.scan() == []


@pytest.fixture
def sweeping(memory: MemoryState, clock: Clock) -> None:
    """Let another one hold the lease, while much has expired."""
    expired(memory, clock, 20)
    memory.put(SWEEPER, b"", expect=ABSENT, ttl_seconds=SWEEP_SECONDS, write_id="another")


@pytest.mark.usefixtures("sweeping")
def test_nobody_sweeps_while_another_does(memory: MemoryState) -> None:
    assert StateManager(memory).cleanup_expired() == 0


@pytest.mark.usefixtures("sweeping")
async def test_who_comes_after_one_that_died_takes_over(memory: MemoryState, clock: Clock) -> None:
    clock.advance(SWEEP_SECONDS + 1.0)
    manager = StateManager(NetworkState(memory))
    assert await manager.run(manager.operations.purge()) > 0


def test_a_sweeper_whose_lease_another_took_stops(memory: MemoryState, clock: Clock) -> None:
    swept: list[int] = []

    def purge(limit: int) -> int:
        clock.advance(SWEEP_SECONDS + 1.0)
        memory.put(SWEEPER, b"", expect=ABSENT, ttl_seconds=SWEEP_SECONDS, write_id="another")
        swept.append(memory.purge(limit))
        return swept[-1]

    expired(memory, clock, 20)
    manager = StateManager(twisted(memory, purge=purge))
    assert manager.cleanup_expired() == sum(swept) > 0 == len(swept) - 1


def test_the_lease_is_nobodys_state(memory: MemoryState) -> None:
    memory.put(SWEEPER, b"", expect=ABSENT, ttl_seconds=SWEEP_SECONDS, write_id="a")
    assert StateManager(memory).scan() == []
    assert StateManager(memory).get_state("sweeper") is None
