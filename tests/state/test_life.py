"""The life of a call: every write renews it, its end starts a grace time, nothing outlives it."""

from collections.abc import Callable

import pytest

from agentkit.errors import CallEnded
from agentkit.state import MemoryState, StateManager
from agentkit.state.base import TOMBSTONE_SECONDS
from tests.state.stores import Clock

TTL = 86_400.0
GRACE = 900.0


def test_every_write_renews_the_time_to_live(manager: StateManager, clock: Clock) -> None:
    writes: list[Callable[[], object]] = [
        lambda: manager.ensure("c"),
        lambda: manager.set_state("c", {}),
        lambda: manager.update_state("c", {}),
        lambda: manager.update_state("c", {}, seen=manager.snapshot("c")),
    ]
    for write in writes:
        write()
        clock.advance(TTL - 1)
        assert manager.get_state("c") == {}
    clock.advance(1)
    assert manager.get_state("c") is None


def test_an_ended_call_keeps_its_state_for_a_grace_time(
    manager: StateManager, clock: Clock
) -> None:
    manager.set_state("c", {"a": 1})
    assert manager.end_call("c") is True
    clock.advance(GRACE - 1)
    assert manager.get_state("c") == {"a": 1}
    clock.advance(1)
    assert manager.get_state("c") is None


def test_nothing_late_brings_an_ended_call_back(manager: StateManager, clock: Clock) -> None:
    seen = manager.set_state("c", {"a": 1})
    manager.end_call("c")
    clock.advance(GRACE)
    late: list[Callable[[], object]] = [
        lambda: manager.ensure("c"),
        lambda: manager.set_state("c", {}),
        lambda: manager.update_state("c", {}),
        lambda: manager.update_state("c", {}, seen=seen),
    ]
    for write in late:
        with pytest.raises(CallEnded) as ended:
            write()
        assert ended.value.applied is False
    assert manager.end_call("c") is False
    clock.advance(TOMBSTONE_SECONDS)
    assert manager.ensure("c") is True


@pytest.mark.parametrize("how", ["set", "update", "swap", "swap what was seen before"])
def test_a_write_after_the_end_renews_the_grace_time_only(
    manager: StateManager, clock: Clock, how: str
) -> None:
    before = manager.set_state("c", {"a": 1})
    manager.end_call("c", 100.0)
    clock.advance(99)
    writes: dict[str, Callable[[], object]] = {
        "set": lambda: manager.set_state("c", {"a": 2}),
        "update": lambda: manager.update_state("c", {"a": 2}),
        "swap": lambda: manager.update_state("c", {"a": 2}, seen=manager.snapshot("c")),
        "swap what was seen before": lambda: manager.update_state("c", {"a": 2}, seen=before),
    }
    writes[how]()
    clock.advance(99)
    assert manager.get_state("c") == {"a": 2}
    clock.advance(1)
    assert manager.get_state("c") is None
    with pytest.raises(CallEnded):
        manager.set_state("c", {})


def test_swapping_what_was_written_after_the_end_keeps_the_end(
    manager: StateManager, clock: Clock
) -> None:
    manager.set_state("c", {"a": 1})
    manager.end_call("c", 100.0)
    seen = manager.set_state("c", {"a": 2})
    manager.swap_state("c", {"a": 3}, seen)
    clock.advance(100)
    assert manager.get_state("c") is None


def test_ending_a_call_again_changes_nothing(
    manager: StateManager, memory: MemoryState, clock: Clock
) -> None:
    manager.set_state("c", {"a": 1})
    manager.end_call("c", 900.7)  # its expiry, a rounded float, is a little later than that
    ended = memory.get("call:c")
    clock.advance(10.123)
    assert manager.end_call("c", 900.7) is True
    assert manager.end_call("c", 1000.0) is True
    assert memory.get("call:c") == ended


def test_the_grace_time_can_be_shortened(manager: StateManager, clock: Clock) -> None:
    manager.set_state("c", {"a": 1})
    manager.end_call("c")
    assert manager.end_call("c", 10.0) is True
    clock.advance(10)
    assert manager.get_state("c") is None


def test_a_call_that_ends_without_grace_is_gone_at_once(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1})
    assert manager.end_call("c", 0) is True
    assert manager.get_state("c") is None
    with pytest.raises(CallEnded):
        manager.ensure("c")


def test_a_call_without_state_can_end(manager: StateManager) -> None:
    assert manager.end_call("c") is False
    assert manager.ensure("c") is True


def test_a_deleted_state_stays_deleted(manager: StateManager) -> None:
    assert manager.delete_state("c") is False
    manager.set_state("c", {"a": 1})
    assert manager.delete_state("c") is True
    assert manager.get_state("c") is None
    with pytest.raises(CallEnded):
        manager.update_state("c", {"a": 1})
    assert manager.delete_state("c") is False
