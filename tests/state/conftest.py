"""A manager of state in memory, with a clock to move and no deadline."""

import pytest

from agentkit.state import MemoryState, StateManager, writing
from agentkit.state.writing import RETRY_SECONDS
from tests.state.stores import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> MemoryState:
    return MemoryState(clock=clock)


@pytest.fixture
def manager(memory: MemoryState) -> StateManager:
    return StateManager(memory, clock=lambda: 0.0)


@pytest.fixture
def usual_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a write have the two seconds that it has outside of tests."""
    monkeypatch.setattr(writing, "RETRY_SECONDS", RETRY_SECONDS)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_random", lambda: 0.0)
