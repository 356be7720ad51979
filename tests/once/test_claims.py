"""Claims on steps, and the journal and the stage under them."""

import os
from typing import Any

import anyio
import pytest

from agentkit import claims as module
from agentkit.claims import Claims, StillRunningError
from agentkit.errors import StateConflict, StateCorrupt, StateUnknown
from agentkit.state import ABSENT, ANY, StateManager
from agentkit.state.base import StateBackend, as_awaited
from agentkit.state.journal import Entry, Place, Step, entries_of, look, release, settle
from agentkit.state.memory import MemoryState
from agentkit.state.operations import Snapshot
from agentkit.state.stage import Stage
from agentkit.state.values import join, pack, split
from tests.deadlines import LONG
from tests.once.doors import Clock

PLACE = Place("call-1", "book:1")
KEY = "call:call-1"


def manager() -> StateManager:
    return StateManager(MemoryState())


async def test_a_claim_is_had_by_one() -> None:
    states, clock = manager(), Clock()
    one, two = Claims(clock), Claims(clock)
    assert await one.take(states, PLACE, 5.0, again=False) is None
    await one.settle(states, PLACE, Step.DONE, reply=b"{}")
    standing = await two.take(states, PLACE, 5.0, again=False)
    assert standing is not None
    assert (standing.step, standing.reply) == (Step.DONE, "{}")


async def test_a_claim_that_was_given_back_can_be_had_again() -> None:
    states, clock = manager(), Clock()
    one, two = Claims(clock), Claims(clock)
    await one.take(states, PLACE, 5.0, again=False)
    await one.release(states, PLACE)
    await one.release(states, PLACE)
    assert await two.take(states, PLACE, 5.0, again=False) is None


async def test_a_step_of_this_process_that_runs_no_more_is_over() -> None:
    states, mine = manager(), Claims(Clock())
    await mine.take(states, PLACE, 5.0, again=False)
    mine._running.clear()
    standing = await mine.take(states, PLACE, 5.0, again=False)
    assert standing is not None
    assert standing.step is Step.UNCONFIRMED


async def test_a_forked_process_is_another_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    states, mine = manager(), Claims(clock)
    await mine.take(states, PLACE, 1.0, again=True)
    before = mine._me()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert mine._me() != before
    assert not mine._running

    async def wait() -> None:
        with pytest.raises(StillRunningError):
            await mine.take(states, PLACE, -module.LEASE_MARGIN_SECONDS, again=True)

    with anyio.fail_after(LONG):
        await wait()


async def test_an_outcome_that_cannot_be_stored_in_time_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(operation: Any) -> None:
        operation.close()
        await anyio.sleep_forever()

    states, mine = manager(), Claims(Clock())
    await mine.take(states, PLACE, 5.0, again=False)
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.01)
    monkeypatch.setattr(StateManager, "run", lambda self, operation: hang(operation))
    with pytest.raises(StateUnknown):
        await mine.settle(states, PLACE, Step.DONE)


# The journal.


def test_a_journal_stands_in_front_of_the_value() -> None:
    packed = pack({"a": 1}, version=3)
    assert split(join(b"{}", packed)) == (b"{}", packed)
    assert split(join(b"", packed)) == (b"", packed)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_journal_that_is_cut_off_is_damage(cut: int) -> None:
    with pytest.raises(StateCorrupt):
        split(join(b"{}", b"\x01{}")[:cut])


def test_a_journal_that_cannot_be_read_is_damage() -> None:
    with pytest.raises(StateCorrupt):
        entries_of(Snapshot(journal=b"[]"))


def test_every_write_keeps_the_journal() -> None:
    states = manager()
    operations, run = states.operations, states._runner.wait
    run(settle(operations, PLACE, Entry("w", 0.0, Step.DONE, "{}")))
    states.set_state("call-1", {"a": 1})
    states.update_state("call-1", {"b": 2})
    states.update_state("call-1", {"c": 3}, seen=states.snapshot("call-1"))
    states.end_call("call-1")
    assert states.get_state("call-1") == {"c": 3}
    assert run(look(operations, PLACE)) == Entry("w", 0.0, Step.DONE, "{}")
    run(release(operations, PLACE))
    assert run(look(operations, PLACE)) is None
    assert states.snapshot("call-1").journal == b""


def test_a_journal_of_nothing_is_nothing() -> None:
    states = manager()
    assert states._runner.wait(look(states.operations, PLACE)) is None
    states._runner.wait(release(states.operations, PLACE))
    assert states.get_state("call-1") is None


# The stage.


class Blocking:
    """A stage and the store behind it, for plain code."""

    def __init__(self) -> None:
        self.store = MemoryState()
        self.stage = Stage(as_awaited(self.store), KEY)

    async def get(self, key: str) -> Any:
        assert self.stage.blocking is not None
        return self.stage.blocking.get(key)

    async def put(self, key: str, data: bytes, **options: Any) -> str:
        assert self.stage.blocking is not None
        return self.stage.blocking.put(key, data, **options)

    async def delete(self, key: str) -> bool:
        assert self.stage.blocking is not None
        return self.stage.blocking.delete(key)

    async def close(self) -> None:
        assert self.stage.blocking is not None
        self.stage.blocking.close()


class Awaited(Blocking):
    """The same, awaited."""

    async def get(self, key: str) -> Any:
        return await self.stage.get(key)

    async def put(self, key: str, data: bytes, **options: Any) -> str:
        return await self.stage.put(key, data, **options)

    async def delete(self, key: str) -> bool:
        return await self.stage.delete(key)

    async def close(self) -> None:
        await self.stage.close()


forms = pytest.mark.parametrize("form", [Blocking, Awaited])
OPTIONS: dict[str, Any] = {"ttl_seconds": 60.0, "write_id": "w"}


@forms
async def test_what_is_written_is_held_back_and_read(form: type[Blocking]) -> None:
    on = form()
    version = await on.put(KEY, b"one", expect=ABSENT, **OPTIONS)
    await on.put(KEY, b"two", expect=version, **OPTIONS)
    assert (await on.get(KEY)).data == b"two"
    assert on.store.get(KEY) is None
    before, after = on.stage.changes
    assert before is None
    assert after is not None


@forms
async def test_a_version_that_was_replaced_conflicts(form: type[Blocking]) -> None:
    on = form()
    on.store.put(KEY, b"zero", expect=ABSENT, **OPTIONS)
    with pytest.raises(StateConflict):
        await on.put(KEY, b"one", expect=ABSENT, **OPTIONS)
    await on.put(KEY, b"one", expect=ANY, **OPTIONS)
    assert (await on.get(KEY)).data == b"one"


@forms
async def test_other_keys_go_through(form: type[Blocking]) -> None:
    on = form()
    await on.put("call:other", b"x", expect=ABSENT, **OPTIONS)
    assert (await on.get("call:other")) == on.store.get("call:other")
    assert await on.delete("call:other")
    assert on.store.get("call:other") is None


@forms
async def test_a_record_that_is_deleted_is_gone_at_once(form: type[Blocking]) -> None:
    on = form()
    on.store.put(KEY, b"zero", expect=ABSENT, **OPTIONS)
    await on.put(KEY, b"one", expect=ANY, **OPTIONS)
    assert await on.delete(KEY)
    assert await on.get(KEY) is None
    await on.close()


async def test_a_stage_is_a_whole_store() -> None:
    store = MemoryState()
    stage = Stage(as_awaited(store), KEY)
    assert isinstance(stage, StateBackend)
    await stage.open()
    await stage.ping()
    store.put(KEY, b"zero", expect=ABSENT, **OPTIONS)
    assert [entry.key for entry in await stage.scan()] == [KEY]
    assert await stage.purge(10) == 0
    assert stage.capabilities == store.capabilities
    assert stage.blocking is not None
    assert stage.blocking.capabilities == store.capabilities


async def test_a_store_without_plain_code_has_a_stage_without_it() -> None:
    class Remote:
        blocking = None
        capabilities = MemoryState.capabilities

    assert Stage(Remote(), KEY).blocking is None  # type: ignore[arg-type]
