"""A process begins a write with what it wrote last, and only the store decides whether it may."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit.errors import CallEnded, StateConflict, StateSchema
from agentkit.state import MemoryState, Record, StateManager
from agentkit.state.operations import REMEMBERED
from tests.state.stores import Clock, NetworkState

State = dict[str, Any] | None


class Counting(NetworkState):
    """A store across the network that counts how it is called."""

    def __init__(self, memory: MemoryState, *, tells: bool = False) -> None:
        super().__init__(memory)
        self.tells = tells
        self.calls: list[str] = []

    async def get(self, key: str) -> Record | None:
        self.calls.append("get")
        return await super().get(key)

    async def put(self, key: str, data: bytes, **request: Any) -> str:
        self.calls.append("put")
        try:
            return await super().put(key, data, **request)
        except StateConflict as conflict:
            conflict.found = await super().get(key) if self.tells else None
            raise


def more(state: State) -> dict[str, Any]:
    return {"count": (state or {"count": 0})["count"] + 1}


async def raised(manager: StateManager, change: Callable[[State], dict[str, Any]] = more) -> State:
    return (await manager.run(manager.operations.rewrite_state("c", change))).data


async def test_the_next_write_does_not_read_again(memory: MemoryState) -> None:
    store = Counting(memory)
    manager = StateManager(store)
    assert [await raised(manager) for _ in range(3)] == [{"count": n} for n in (1, 2, 3)]
    assert store.calls == ["get", "put", "put", "put"]


async def test_a_state_that_was_begun_is_remembered(memory: MemoryState) -> None:
    store = Counting(memory)
    manager = StateManager(store)
    await manager.run(manager.operations.ensure("c"))
    await manager.run(manager.operations.update_state("c", {"a": 1}))
    assert store.calls == ["get", "put", "put"]


async def test_what_others_wrote_since_is_kept(memory: MemoryState) -> None:
    store = Counting(memory)
    mine, others = StateManager(store), StateManager(NetworkState(memory))
    await raised(mine)
    await raised(others)
    store.calls.clear()
    assert await raised(mine) == {"count": 3}
    assert store.calls == ["put", "get", "put"]


async def test_a_store_that_tells_what_is_there_is_not_asked_again(memory: MemoryState) -> None:
    store = Counting(memory, tells=True)
    mine, others = StateManager(store), StateManager(NetworkState(memory))
    await raised(mine)
    await raised(others)
    store.calls.clear()
    assert await raised(mine) == {"count": 3}
    assert store.calls == ["put", "put"]


async def test_a_change_that_fails_on_what_is_remembered_is_tried_on_what_is_there(
    memory: MemoryState,
) -> None:
    mine, others = (StateManager(NetworkState(memory)) for _ in range(2))
    await mine.run(mine.operations.set_state("c", {"seats": 0}))
    await others.run(others.operations.set_state("c", {"seats": 5}))

    def book(state: State) -> dict[str, Any]:
        if not state or not state["seats"]:
            raise LookupError("sold out")
        return {"seats": state["seats"] - 1}

    assert await raised(mine, book) == {"seats": 4}
    await others.run(others.operations.set_state("c", {"seats": 0}))
    with pytest.raises(LookupError):
        await raised(mine, book)


async def test_what_is_remembered_of_a_state_that_is_gone_does_not_come_back(
    clock: Clock, memory: MemoryState
) -> None:
    manager = StateManager(NetworkState(memory), ttl_seconds=60.0)
    await raised(manager)
    clock.advance(61.0)
    assert await raised(manager) == {"count": 1}
    await manager.run(manager.operations.delete_state("c"))
    with pytest.raises(CallEnded):
        await raised(manager)


async def test_nothing_is_decided_about_the_end_of_a_call_without_reading(
    memory: MemoryState,
) -> None:
    mine, others = (StateManager(NetworkState(memory)) for _ in range(2))
    await raised(mine)
    await mine.run(mine.operations.end_call("c", 60.0))
    await others.run(others.operations.end_call("c", 30.0))
    assert await mine.run(mine.operations.end_call("c", 50.0))
    record = memory.get("call:c")
    assert record is not None
    assert record.expires_at - record.updated_at == 30.0


async def test_code_of_another_schema_has_a_memory_of_its_own(memory: MemoryState) -> None:
    old = StateManager(NetworkState(memory))
    new = old.migrating([lambda state: {**state, "migrated": True}])
    await raised(old)
    await new.run(new.operations.update_state("c", {"a": 1}))
    assert await new.run(new.operations.get_state("c")) == {"count": 1, "migrated": True, "a": 1}
    with pytest.raises(StateSchema):
        await raised(old)


async def test_long_states_and_old_ones_are_read_again(memory: MemoryState) -> None:
    store = Counting(memory)
    manager = StateManager(store)
    for _ in range(2):
        await manager.run(manager.operations.set_state("c", {"long": "x" * 9000}))
    assert store.calls == ["get", "put"] * 2
    await raised(manager, lambda _: {"count": 1})
    for number in range(REMEMBERED):
        await manager.run(manager.operations.set_state(f"other {number}", {}))
    store.calls.clear()
    await raised(manager)
    assert store.calls == ["get", "put"]


async def test_a_long_state_does_not_leave_an_old_one_remembered(memory: MemoryState) -> None:
    store = Counting(memory)
    manager = StateManager(store)
    await raised(manager)
    await manager.run(manager.operations.update_state("c", {"long": "x" * 9000}))
    store.calls.clear()
    state = await raised(manager, lambda state: {**(state or {}), "count": 7})
    assert state == {"count": 7, "long": "x" * 9000}
    assert store.calls == ["get", "put"]


async def test_what_a_stage_holds_back_is_not_taken_for_what_is_stored(
    memory: MemoryState,
) -> None:
    manager = StateManager(NetworkState(memory))
    await raised(manager)
    staged, stage = manager.staged("c")
    assert await raised(staged) == {"count": 2}
    assert await raised(staged) == {"count": 3}
    assert stage.changes.after is not None
    others = StateManager(NetworkState(memory))
    await others.run(others.operations.update_state("c", {"a": 1}))
    await others.run(others.operations.update_state("c", {"b": 1}))
    assert await raised(manager, lambda state: {**(state or {}), "count": 9}) == {
        "count": 9, "a": 1, "b": 1,
    }  # fmt: skip
