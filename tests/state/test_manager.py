"""The state of calls as dicts: read, replaced, merged; what cannot be stored is refused."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import CallEnded, DefinitionError, StateCorrupt, StateEncoding, StateTooLarge
from agentkit.state import MemoryState, Operation, Snapshot, StateManager
from agentkit.state.base import ANY
from tests.state.stores import Clock, racing

LIBRARIES = ["asyncio", "trio"]
TTL = 86_400.0


def test_a_call_without_state_has_none(manager: StateManager) -> None:
    assert manager.get_state("c") is None
    assert manager.snapshot("c") == Snapshot()
    assert manager.snapshot("c").data is None


def test_what_is_set_is_read_back(manager: StateManager) -> None:
    written = manager.set_state("c", {"cart": [{"tea": 2}], "vip": True})
    assert manager.get_state("c") == {"cart": [{"tea": 2}], "vip": True}
    assert manager.snapshot("c") == written


def test_setting_replaces_everything(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1})
    manager.set_state("c", {"b": 2})
    assert manager.get_state("c") == {"b": 2}


def test_an_update_creates_the_state_of_a_new_call(manager: StateManager) -> None:
    assert manager.update_state("c", {"a": 1}) == {"a": 1}
    assert manager.get_state("c") == {"a": 1}


def test_an_update_merges_into_what_is_stored(manager: StateManager) -> None:
    manager.set_state("c", {"cart": {"tea": 1}, "notes": ["x"]})
    merged = {"cart": {"tea": 1, "jam": 2}, "notes": ["y"]}
    assert manager.update_state("c", {"cart": {"jam": 2}, "notes": ["y"]}) == merged
    assert manager.get_state("c") == merged


def test_calls_do_not_see_each_other(manager: StateManager) -> None:
    manager.set_state("c", {"a": 1})
    assert manager.get_state("C") is None


def test_nothing_handed_in_or_out_is_the_stored_value(manager: StateManager) -> None:
    given: dict[str, Any] = {"cart": {"tea": 1}}
    manager.set_state("c", given)
    given["cart"]["tea"] = 99
    snapshot = manager.snapshot("c")
    for copy in (manager.get_state("c"), snapshot.data, manager.update_state("c", {})):
        assert copy == {"cart": {"tea": 1}}
        copy["cart"]["tea"] = 99
    assert snapshot.data == manager.get_state("c") == {"cart": {"tea": 1}}


def test_a_state_is_ensured_once(manager: StateManager) -> None:
    assert manager.ensure("c") is True
    assert manager.get_state("c") == {}
    manager.set_state("c", {"a": 1})
    assert manager.ensure("c") is False
    assert manager.get_state("c") == {"a": 1}


def test_of_two_that_ensure_a_state_one_creates_it(memory: MemoryState) -> None:
    manager = StateManager(racing(memory, lambda: StateManager(memory).ensure("c")))
    assert manager.ensure("c") is False
    assert manager.get_state("c") == {}


def test_scopes_do_not_see_each_other(manager: StateManager, memory: MemoryState) -> None:
    conversations = manager.scoped("conversation")
    manager.set_state("x", {"call": 1})
    conversations.set_state("x", {"conversation": 1})
    assert manager.get_state("x") == {"call": 1}
    assert conversations.get_state("x") == {"conversation": 1}
    assert [entry.key for entry in memory.scan()] == ["call:x", "conversation:x"]


def test_only_calls_end(manager: StateManager) -> None:
    callers = manager.scoped("caller")
    callers.set_state("x", {"a": 1})
    assert callers.delete_state("x") is True
    assert callers.update_state("x", {"b": 2}) == {"b": 2}


@pytest.mark.parametrize(("ttl_seconds", "kept"), [(None, TTL), (60.0, 60.0)])
def test_a_scope_can_have_its_own_time_to_live(
    manager: StateManager, clock: Clock, ttl_seconds: float | None, kept: float
) -> None:
    conversations = manager.scoped("conversation", ttl_seconds)
    conversations.set_state("x", {})
    clock.advance(kept - 1)
    assert conversations.get_state("x") == {}
    clock.advance(1)
    assert conversations.get_state("x") is None


def test_a_scope_keeps_the_other_settings(memory: MemoryState) -> None:
    scoped = StateManager(memory, max_bytes=10).scoped("conversation")
    with pytest.raises(StateTooLarge):
        scoped.set_state("x", {"a": "x" * 10})


@pytest.mark.parametrize(
    "settings",
    [
        {"ttl_seconds": 0},
        {"ttl_seconds": -1.0},
        {"ttl_seconds": float("nan")},
        {"ttl_seconds": float("inf")},
        {"max_bytes": 1},
        {"scope": ""},
        {"scope": "a:b"},
        {"scope": "Call"},
    ],
)
def test_a_wrong_setting_is_refused_at_once(memory: MemoryState, settings: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match=next(iter(settings))):
        StateManager(memory, **settings)


def test_a_wrong_scope_is_refused_at_once(manager: StateManager) -> None:
    with pytest.raises(DefinitionError, match="scope"):
        manager.scoped("a:b")
    with pytest.raises(DefinitionError, match="ttl_seconds"):
        manager.scoped("conversation", 0)


@pytest.mark.parametrize("call_id", ["x", "x" * 256, "a/../b", "\u00e9 \U0001f600", "%", " "])
def test_any_text_can_be_a_call_id(manager: StateManager, call_id: str) -> None:
    manager.set_state(call_id, {"a": 1})
    assert manager.get_state(call_id) == {"a": 1}


@pytest.mark.parametrize(
    "call_id", ["", "x" * 257, "a\nb", "\x00", "\x7f", "\x9f", "\ud800", None, 5, b"x"]
)
def test_an_id_that_no_call_has_is_refused_everywhere(manager: StateManager, call_id: Any) -> None:
    uses: list[Callable[[], object]] = [
        lambda: manager.get_state(call_id),
        lambda: manager.snapshot(call_id),
        lambda: manager.set_state(call_id, {}),
        lambda: manager.update_state(call_id, {}),
        lambda: manager.update_state(call_id, {}, seen=Snapshot()),
        lambda: manager.ensure(call_id),
        lambda: manager.end_call(call_id),
        lambda: manager.delete_state(call_id),
    ]
    for use in uses:
        with pytest.raises(StateEncoding, match="a call id"):
            use()


@pytest.mark.parametrize("bad", [{"a": float("nan")}, {"a": {1}}, {1: 2}, [], None])
def test_a_value_that_cannot_be_stored_is_refused_before_anything_is_written(
    manager: StateManager, memory: MemoryState, bad: Any
) -> None:
    manager.set_state("c", {"a": 1})
    before = memory.get("call:c")
    seen = manager.snapshot("c")
    writes: list[Callable[[], object]] = [
        lambda: manager.set_state("c", bad),
        lambda: manager.update_state("c", bad),
        lambda: manager.update_state("c", bad, seen=seen),
        lambda: manager.swap_state("c", bad, seen),
    ]
    for write in writes:
        with pytest.raises(StateEncoding, match=r"^\$") as refused:
            write()
        assert refused.value.applied is False
    assert memory.get("call:c") == before


def test_a_value_over_the_limit_is_refused_also_after_merging(memory: MemoryState) -> None:
    manager = StateManager(memory, max_bytes=50)
    manager.set_state("c", {"a": "x" * 30})
    seen = manager.snapshot("c")
    manager.update_state("c", {"b": 1})
    with pytest.raises(StateTooLarge):
        manager.update_state("c", {"c": "x" * 30})
    with pytest.raises(StateTooLarge):
        manager.update_state("c", {"a": "x" * 30, "c": "x" * 11}, seen=seen)
    assert manager.get_state("c") == {"a": "x" * 30, "b": 1}


def test_damaged_state_is_an_error_and_not_an_empty_dict(
    manager: StateManager, memory: MemoryState
) -> None:
    memory.put("call:c", b"\x01{", expect=ANY, ttl_seconds=100.0, write_id="a")
    reads: list[Callable[[], object]] = [
        lambda: manager.get_state("c"),
        lambda: manager.snapshot("c").data,
        lambda: manager.update_state("c", {"a": 1}),
        lambda: manager.update_state("c", {"a": 1}, seen=Snapshot()),
    ]
    for read in reads:
        with pytest.raises(StateCorrupt):
            read()
    record = memory.get("call:c")
    assert record is not None
    assert record.data == b"\x01{"
    manager.set_state("c", {"a": 1})
    assert manager.get_state("c") == {"a": 1}


@pytest.mark.parametrize("library", LIBRARIES)
def test_coroutines_await_the_same_operations(manager: StateManager, library: str) -> None:
    operations = manager.operations
    steps: list[tuple[Callable[[], Operation[Any]], Any]] = [
        (lambda: operations.ensure("c"), True),
        (lambda: operations.update_state("c", {"a": 1}), {"a": 1}),
        (lambda: operations.get_state("c"), {"a": 1}),
        (lambda: operations.end_call("c"), True),
        (lambda: operations.delete_state("c"), True),
        (lambda: operations.get_state("c"), None),
    ]

    async def main() -> list[Any]:
        return [await manager.run(make()) for make, _ in steps]

    assert anyio.run(main, backend=library) == [answer for _, answer in steps]


async def test_errors_reach_the_coroutine(manager: StateManager) -> None:
    await manager.run(manager.operations.set_state("c", {}))
    await manager.run(manager.operations.delete_state("c"))
    with pytest.raises(CallEnded):
        await manager.run(manager.operations.ensure("c"))
