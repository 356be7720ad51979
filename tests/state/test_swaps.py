"""Writers that meet lose nothing: what was seen, what others wrote, replies that never came."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import CallEnded, StateConflict
from agentkit.state import MemoryState, Record, StateBackend, StateManager, writing
from agentkit.state.base import AsyncBackend, Capabilities
from tests.deadlines import LONG
from tests.state.stores import Clock, NetworkState, ReplyLostError, racing, twisted

LIBRARIES = ["asyncio", "trio"]
TTL = 86_400.0


def test_what_was_seen_is_replaced_as_a_whole(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1, "b": 2})
    seen = manager.snapshot("c")
    assert manager.update_state("c", {"a": 1, "d": 4}, seen=seen) == {"a": 1, "d": 4}
    assert manager.get_state("c") == {"a": 1, "d": 4}


def test_an_unchanged_state_is_replaced_without_being_read_again(memory: MemoryState) -> None:
    seen = StateManager(memory).set_state("c", {"a": 1})
    read: list[str] = []

    def get(key: str) -> Record | None:
        read.append(key)
        return memory.get(key)

    manager = StateManager(twisted(memory, get=get))
    manager.update_state("c", {"a": 2}, seen=seen)
    assert read == []
    manager.update_state("c", {"a": 3})
    assert read == ["call:c"]


def test_changes_made_since_are_kept(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1, "b": 1, "gone": 1})
    seen = manager.snapshot("c")
    manager.update_state("c", {"b": 2, "new": 2})
    merged = {"a": 3, "b": 2, "new": 2}
    assert manager.update_state("c", {"a": 3, "b": 1}, seen=seen) == merged
    assert manager.get_state("c") == merged


def test_where_both_changed_a_value_the_later_write_wins(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1})
    seen = manager.snapshot("c")
    manager.update_state("c", {"a": 2})
    assert manager.update_state("c", {"a": 3}, seen=seen) == {"a": 3}


def test_what_others_created_since_is_kept(manager: StateManager) -> None:
    seen = manager.snapshot("c")
    manager.set_state("c", {"prefs": {"a": 1}})
    assert manager.update_state("c", {"prefs": {"b": 2}}, seen=seen) == {"prefs": {"a": 1, "b": 2}}


def test_what_expired_since_is_written_anew(manager: StateManager, clock: Clock) -> None:
    seen = manager.set_state("c", {"a": 1})
    clock.advance(TTL)
    assert manager.update_state("c", {"a": 1, "b": 2}, seen=seen) == {"a": 1, "b": 2}


def test_what_ended_since_stays_ended(manager: StateManager) -> None:
    seen = manager.set_state("c", {"a": 1})
    manager.delete_state("c")
    with pytest.raises(CallEnded):
        manager.update_state("c", {"a": 2}, seen=seen)
    assert manager.get_state("c") is None


def test_one_caller_can_swap_again_and_again(manager: StateManager) -> None:
    seen = manager.snapshot("c")
    state = {"a": 1}
    for number in range(3):
        state[f"step-{number}"] = number
        seen = manager.swap_state("c", state, seen).seen
    del state["step-0"]
    assert manager.swap_state("c", state, seen).state == {"a": 1, "step-1": 1, "step-2": 2}


def test_what_was_merged_in_is_not_deleted_by_the_next_swap(manager: StateManager) -> None:
    mine = {"mine": 1}
    seen = manager.snapshot("c")
    manager.set_state("c", {"theirs": 1})
    swapped = manager.swap_state("c", mine, seen)
    assert swapped.state == {"mine": 1, "theirs": 1}
    mine["more"] = 2
    again = manager.swap_state("c", mine, swapped.seen)
    assert again.state == {"mine": 1, "theirs": 1, "more": 2}
    del mine["mine"]
    assert manager.swap_state("c", mine, again.seen).state == {"theirs": 1, "more": 2}


def save_preference(manager: StateManager, number: int, all_have_read: Callable[[], Any]) -> None:
    seen = manager.snapshot("c")
    state = seen.data or {}
    all_have_read()
    preferences = state.get("preferences", {})
    preferences[f"key-{number}"] = number
    state["preferences"] = preferences
    manager.update_state("c", state, seen=seen)


ALL_FORTY = {"preferences": {f"key-{number}": number for number in range(40)}}


@pytest.mark.parametrize("start", [None, {"preferences": {}}, {"preferences": {"key-0": "old"}}])
def test_forty_threads_that_read_before_any_writes_keep_all_their_keys(
    manager: StateManager, start: dict[str, Any] | None
) -> None:
    if start is not None:
        manager.set_state("c", start)
    barrier = threading.Barrier(40, timeout=LONG)
    with ThreadPoolExecutor(40) as pool:
        runs = [pool.submit(save_preference, manager, n, barrier.wait) for n in range(40)]
    assert [run.result() for run in runs] == [None] * 40
    assert manager.get_state("c") == ALL_FORTY


def test_forty_threads_that_update_without_reading_keep_all_their_keys(
    manager: StateManager,
) -> None:
    barrier = threading.Barrier(40, timeout=LONG)

    def update(number: int) -> None:
        barrier.wait()
        manager.update_state("c", {"preferences": {f"key-{number}": number}})

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(update, range(40)))
    assert manager.get_state("c") == ALL_FORTY


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("make", [AsyncBackend, NetworkState])
def test_forty_tasks_that_read_before_any_writes_keep_all_their_keys(
    memory: MemoryState, make: Callable[[MemoryState], StateBackend], library: str
) -> None:
    manager = StateManager(make(memory), clock=lambda: 0.0)
    operations = manager.operations
    readers: list[int] = []

    async def save(number: int, all_have_read: anyio.Event) -> None:
        seen = await manager.run(operations.snapshot("c"))
        state = seen.data or {}
        readers.append(number)
        if len(readers) == 40:
            all_have_read.set()
        await all_have_read.wait()
        preferences = state.get("preferences", {})
        preferences[f"key-{number}"] = number
        state["preferences"] = preferences
        await manager.run(operations.update_state("c", state, seen=seen))

    async def main() -> dict[str, Any] | None:
        all_have_read = anyio.Event()
        with anyio.fail_after(LONG):
            async with anyio.create_task_group() as group:
                for number in range(40):
                    group.start_soon(save, number, all_have_read)
        return await manager.run(operations.get_state("c"))

    assert anyio.run(main, backend=library) == ALL_FORTY


@pytest.mark.usefixtures("usual_deadline")
def test_a_conflict_is_retried_until_the_deadline(memory: MemoryState) -> None:
    ticks: Iterator[float] = iter([0.0, 0.5, 1.0, 1.5, 2.0])
    others = StateManager(memory)
    manager = StateManager(
        racing(memory, lambda: others.update_state("c", {"theirs": 1})), clock=lambda: next(ticks)
    )
    with pytest.raises(StateConflict) as conflict:
        manager.update_state("c", {"mine": 1})
    assert conflict.value.applied is False
    assert list(ticks) == []
    assert others.get_state("c") == {"theirs": 1}


@pytest.mark.usefixtures("usual_deadline")
def test_a_conflict_just_before_the_deadline_is_still_retried(memory: MemoryState) -> None:
    others = StateManager(memory)
    writes = iter([{"theirs": 1}, {"theirs": 2}])
    ticks = iter([0.0, 1.9, 1.99])

    def meanwhile() -> None:
        for changes in writes:
            others.update_state("c", changes)
            return

    manager = StateManager(racing(memory, meanwhile), clock=lambda: next(ticks))
    assert manager.update_state("c", {"mine": 1}) == {"theirs": 2, "mine": 1}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("faults", [{"lost_replies": 3}, {"lost_requests": 3}])
def test_a_write_whose_fate_is_unknown_is_repeated_and_applied_once(
    memory: MemoryState, library: str, faults: dict[str, int]
) -> None:
    manager = StateManager(NetworkState(memory, **faults), clock=lambda: 0.0)
    update = manager.operations.update_state("c", {"a": 1})
    assert anyio.run(manager.run, update, backend=library) == {"a": 1}
    record = memory.get("call:c")
    assert record is not None
    assert record.version.endswith(".1")


def test_all_attempts_of_a_write_have_one_write_id(memory: MemoryState) -> None:
    write_ids: list[str] = []
    writes = iter([{"theirs": 1}, {"theirs": 2}])

    def put(*args: Any, **request: Any) -> str:
        write_ids.append(request["write_id"])
        for changes in writes:
            StateManager(memory).update_state("c", changes)
            break
        return memory.put(*args, **request)

    manager = StateManager(twisted(memory, put=put, capabilities=Capabilities()))
    manager.update_state("c", {"mine": 1})
    manager.update_state("c", {"mine": 2})
    assert len(write_ids) == 4
    assert len(set(write_ids[:3])) == 1
    assert len(set(write_ids)) == 2
    manager.ensure("d")
    assert len(set(write_ids)) == 3
    assert "" not in write_ids


def test_a_write_has_no_id_where_the_store_knows_of_every_call_what_it_did(
    memory: MemoryState,
) -> None:
    write_ids: list[str] = []

    def put(*args: Any, **request: Any) -> str:
        write_ids.append(request["write_id"])
        return memory.put(*args, **request)

    StateManager(twisted(memory, put=put)).update_state("c", {"mine": 1})
    waiting = twisted(memory, put=put, may_wait=True)  # its callers may go away meanwhile
    StateManager(waiting).update_state("d", {"mine": 1})
    assert write_ids[0] == ""
    assert len(write_ids[1]) == 16


@pytest.mark.usefixtures("no_pauses")
def test_a_write_whose_fate_is_unknown_is_repeated_where_a_store_does_not_wait(
    memory: MemoryState,
) -> None:
    lost = iter([ReplyLostError()])

    def put(*args: Any, **request: Any) -> str:
        version = memory.put(*args, **request)
        for error in lost:
            raise error
        return version

    manager = StateManager(twisted(memory, put=put, capabilities=Capabilities()))
    assert manager.update_state("c", {"a": 1}) == {"a": 1}
    record = memory.get("call:c")
    assert record is not None
    assert record.version.endswith(".1")


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.usefixtures("usual_deadline")
def test_a_write_whose_fate_stays_unknown_says_so_after_the_deadline(memory: MemoryState) -> None:
    ticks = iter([0.0, 1.0, 2.0])
    manager = StateManager(NetworkState(memory, lost_requests=9), clock=lambda: next(ticks))
    with pytest.raises(ReplyLostError) as error:
        anyio.run(manager.run, manager.operations.update_state("c", {"a": 1}))
    assert error.value.applied is None


def test_pauses_grow_at_random_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_random", lambda: 0.5)
    patience = writing.Patience(lambda: 0.0, 1.0)
    pauses = [patience.pause(StateConflict()).seconds for _ in range(8)]
    assert pauses == [0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.05, 0.05]
