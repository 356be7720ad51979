"""The state under one id, as dicts and typed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import msgspec
import pytest

from agentkit.errors import DefinitionError, StateConflict, StateError, StateSchema
from agentkit.state.manager import StateManager
from agentkit.state.memory import MemoryState
from agentkit.state.view import StateView

JSON = dict[str, Any]


class Booking(msgspec.Struct):
    seats: int = 0
    guests: dict[str, str] = {}


class Strict(msgspec.Struct):
    name: str


@pytest.fixture
def states() -> StateManager:
    return StateManager(MemoryState())


def view(states: StateManager, kind: type[msgspec.Struct] | None = Booking) -> StateView:
    return StateView(states, "c-1", kind)


async def test_without_any_state_there_are_defaults_or_nothing(states: StateManager) -> None:
    assert await view(states, None).get() == {}
    assert await view(states).get() == Booking()
    assert await view(states, Strict).get() is None


async def test_what_was_set_is_read_back_typed(states: StateManager) -> None:
    await view(states).set(Booking(seats=2))
    assert await view(states).get() == Booking(seats=2)
    assert states.get_state("c-1") == {"seats": 2, "guests": {}}


async def test_set_with_a_version_replaces_only_that_version(states: StateManager) -> None:
    typed = view(states)
    await typed.set(Booking(seats=1))
    seen = await typed.snapshot()
    assert seen.version is not None
    await typed.set(Booking(seats=2), seen.version)
    with pytest.raises(StateConflict, match="another version"):
        await typed.set(Booking(seats=3), seen.version)
    assert await typed.get() == Booking(seats=2)


async def test_update_takes_a_dict_or_a_function_that_changes_or_returns(
    states: StateManager,
) -> None:
    typed = view(states)
    assert await typed.update({"guests": {"a": "Alex"}}) == Booking(guests={"a": "Alex"})
    assert (await typed.update(lambda b: setattr(b, "seats", 4))).seats == 4
    assert (await typed.update(lambda b: Booking(seats=b.seats + 1))).seats == 5


async def test_update_refuses_a_function_that_waits(states: StateManager) -> None:
    async def change(value: Any) -> None:
        raise AssertionError(value)

    with pytest.raises(DefinitionError, match="plain function"):
        await view(states).update(change)


async def test_forty_updates_at_once_all_count(states: StateManager) -> None:
    async def one() -> None:
        await view(states).update(lambda b: Booking(seats=b.seats + 1))

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(one)
    assert (await view(states).get()).seats == 40


async def test_edit_writes_at_the_end_and_merges_what_others_wrote(states: StateManager) -> None:
    typed = view(states)
    await typed.set(Booking(seats=1))
    async with typed.edit() as booking:
        booking.seats = 2
        await view(states).update({"guests": {"b": "Bo"}})
    assert await typed.get() == Booking(seats=2, guests={"b": "Bo"})


async def test_edit_writes_nothing_when_the_block_raises(states: StateManager) -> None:
    async def fail() -> None:
        async with view(states).edit() as booking:
            booking.seats = 9
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert states.get_state("c-1") is None


async def test_edit_needs_a_value_to_edit(states: StateManager) -> None:
    with pytest.raises(StateError, match="set it"):
        async with view(states, Strict).edit():
            raise AssertionError


async def edit_seats(typed: StateView) -> None:
    async with typed.edit() as booking:
        booking.seats = 3


async def set_seats(typed: StateView) -> None:
    seen = await typed.snapshot()
    await typed.set(Booking(seats=3), seen.version)


async def update_seats(typed: StateView) -> None:
    await typed.update(lambda booking: setattr(booking, "seats", 3))


@pytest.mark.parametrize("change", [edit_seats, set_seats, update_seats])
async def test_a_typed_write_keeps_fields_of_newer_code(
    states: StateManager, change: Callable[[StateView], Awaitable[None]]
) -> None:
    states.set_state("c-1", {"seats": 1, "guests": {}, "allergies": ["nuts"]})
    await change(view(states))
    assert states.get_state("c-1") == {"seats": 3, "guests": {}, "allergies": ["nuts"]}


async def test_what_does_not_fit_the_struct_is_refused_and_left(states: StateManager) -> None:
    states.set_state("c-1", {"seats": "many"})
    with pytest.raises(StateSchema, match="no Booking"):
        await view(states).get()
    with pytest.raises(StateError, match="is a Booking, not dict"):
        await view(states).set({"seats": 1})
    assert states.get_state("c-1") == {"seats": "many"}


async def test_delete_ends_the_state(states: StateManager) -> None:
    untyped = view(states, None)
    await untyped.set({"a": 1})
    assert [await untyped.delete(), await untyped.delete()] == [True, False]


async def test_without_an_id_there_is_no_state(states: StateManager) -> None:
    with pytest.raises(StateError, match="names no call"):
        await StateView(states, None).get()


def to_two(value: JSON) -> JSON:
    return {"seats": value.get("places", 0)}


def to_three(value: JSON) -> JSON:
    return {**value, "guests": {}}


async def test_an_older_schema_is_migrated_step_by_step_when_read(states: StateManager) -> None:
    states.set_state("c-1", {"places": 4})
    now = states.migrating([to_two, to_three])
    assert await view(now).get() == Booking(seats=4)
    assert states.get_state("c-1") == {"places": 4}
    await view(now).update({"seats": 5})
    assert now.get_state("c-1") == {"seats": 5, "guests": {}}


async def test_a_newer_schema_can_be_read_and_never_written(states: StateManager) -> None:
    newer = states.migrating([to_two, to_three])
    newer.set_state("c-1", {"seats": 5, "more": True})
    for older in (states, states.migrating([to_two])):
        assert older.get_state("c-1") == {"seats": 5, "more": True}
        seen = older.snapshot("c-1")
        writes: list[Callable[[], object]] = [
            partial(older.set_state, "c-1", {}),
            partial(older.update_state, "c-1", {"seats": 1}),
            partial(older.swap_state, "c-1", {}, seen),
        ]
        for write in writes:
            with pytest.raises(StateSchema, match="has schema 3"):
                write()
        assert older.end_call("c-1", 60)
    assert newer.get_state("c-1") == {"seats": 5, "more": True}


async def test_two_versions_of_the_code_share_a_store(states: StateManager) -> None:
    old, new = states, states.migrating([to_two])
    old.set_state("c-1", {"places": 1})
    for seats in range(2, 20):
        new.update_state("c-1", {"seats": seats})
        with pytest.raises(StateSchema):
            old.update_state("c-1", {"places": 0})
        assert new.get_state("c-1") == {"seats": seats}
