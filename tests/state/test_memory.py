"""Memory keeps the contract, and gives back what it does not need."""

import sys
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentkit.errors import CallEnded, StateConflict
from agentkit.state import MemoryState
from agentkit.state.base import (
    ABSENT,
    ANY,
    TOMBSTONE_SECONDS,
    WRITE_IDS_KEPT,
    Capabilities,
    Expect,
    Expectation,
)
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.state.stores import Clock, MemoryPlace

TTL = 100.0

_ids = map(str, count())


def put(state: MemoryState, key: str, ttl_seconds: float = TTL, *, final: bool = False) -> None:
    state.put(key, b"", expect=ANY, ttl_seconds=ttl_seconds, write_id=next(_ids), final=final)


@pytest.mark.parametrize("library", ["asyncio", "trio"])
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_memory_keeps_the_contract(case: Case, library: str) -> None:
    case.run(MemoryPlace(), library)


def test_memory_promises_nothing_beyond_its_process() -> None:
    assert MemoryState().capabilities == Capabilities(
        durable=False, shared_between_processes=False, shared_between_hosts=False, certain=True
    )


def test_the_clock_is_that_of_the_system_unless_given() -> None:
    state = MemoryState()
    put(state, "k")
    record = state.get("k")
    assert record is not None
    assert record.created_at > 1_700_000_000


def test_every_call_that_changes_records_or_walks_over_them_works_under_the_lock() -> None:
    locked: list[bool] = []

    def clock() -> float:
        locked.append(state._lock.locked())
        return 0.0

    state = MemoryState(clock=clock)
    put(state, "k")
    state.scan()
    state.delete("k")
    state.purge(1)
    assert locked == [True] * 4
    assert not state._lock.locked()


def test_the_lock_is_given_back_by_a_put_that_is_refused() -> None:
    state = MemoryState()
    put(state, "k")
    with pytest.raises(StateConflict):
        state.put("k", b"", expect=ABSENT, ttl_seconds=TTL, write_id="")
    assert not state._lock.locked()


def test_a_record_remembers_no_more_write_ids_than_it_must() -> None:
    state = MemoryState(clock=Clock())
    for _ in range(WRITE_IDS_KEPT + 1):
        put(state, "k")
    assert len(state._rows["k"].write_ids) == WRITE_IDS_KEPT


def test_a_purge_gives_all_memory_back() -> None:
    clock = Clock()
    state = MemoryState(clock=clock)
    for number in range(20_000):
        put(state, f"call:{number}", final=number % 2 == 0)
    full = table_bytes(state)
    clock.advance(TTL)
    purge_all(state)
    clock.advance(TOMBSTONE_SECONDS)
    purge_all(state)
    assert full > 1_000_000
    assert table_bytes(state) < 100_000


def test_writes_collect_what_has_expired_without_a_purge() -> None:
    clock = Clock()
    state = MemoryState(clock=clock)
    for generation in range(5):
        for number in range(1000):
            put(state, f"call:{generation}:{number}")
        clock.advance(TTL)
    assert len(state._rows) <= 1000


def test_renewing_a_record_leaves_nothing_behind() -> None:
    clock = Clock()
    state = MemoryState(clock=clock)
    for _ in range(1000):
        clock.advance(1)
        put(state, "k")
    assert len(state._due) == 1


def test_records_made_and_deleted_again_and_again_leave_nothing_behind() -> None:
    state = MemoryState(clock=Clock())
    for number in range(10_000):
        put(state, f"call:{number}")
        state.delete(f"call:{number}", final=False)
    assert len(state._due) < 2000


def test_a_shortened_life_is_collected_on_time_and_once() -> None:
    clock = Clock()
    state = MemoryState(clock=clock)
    put(state, "k")
    put(state, "k", 10.0)
    clock.advance(10)
    assert state.purge(100) == 1
    clock.advance(TTL)
    assert state.purge(100) == 0


def purge_all(state: MemoryState) -> None:
    while state.purge(500):
        pass


def table_bytes(state: MemoryState) -> int:
    return sum(map(sys.getsizeof, (state._rows, state._due, state._due_of)))


class Model(RuleBasedStateMachine):
    """The store beside a dict that tells what it should hold."""

    keys = st.sampled_from(["a", "b"])
    expectations = st.sampled_from([ABSENT, ANY, "current", "previous", "nonsense"])

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.state = MemoryState(clock=self.clock)
        self.records: dict[str, dict[str, Any]] = {}
        self.tombstones: dict[str, float] = {}
        self.versions: dict[str, list[str]] = {"a": [], "b": []}
        self.writes = 0

    def settle(self) -> None:
        for key, record in list(self.records.items()):
            if record["until"] <= self.clock.now:
                del self.records[key]
                if record["final"]:
                    self.tombstones[key] = record["until"] + TOMBSTONE_SECONDS
        for key, until in list(self.tombstones.items()):
            if until <= self.clock.now:
                del self.tombstones[key]

    def expected(self, key: str, expectation: Any) -> Expectation:
        known = ["none", "none", *self.versions[key]]
        named: dict[Any, str] = {"current": known[-1], "previous": known[-2], "nonsense": "x.1"}
        return named[expectation] if expectation in named else Expect(expectation)

    def met(self, key: str, expect: Expectation) -> bool:
        found = self.records[key]["version"] if key in self.records else ABSENT
        return expect in (ANY, found)

    @rule(
        key=keys,
        expectation=expectations,
        data=st.binary(max_size=3),
        ttl=st.sampled_from([1.0, 50.0, 5000.0]),
        final=st.booleans(),
    )
    def put(self, key: str, expectation: Any, data: bytes, ttl: float, final: bool) -> None:
        self.writes += 1
        expect = self.expected(key, expectation)
        request: Any = {"expect": expect, "ttl_seconds": ttl, "final": final}
        outcome: Any
        try:
            outcome = self.state.put(key, data, write_id=f"{self.writes}", **request)
        except (CallEnded, StateConflict) as error:
            outcome = type(error)
        if key in self.tombstones:
            assert outcome is CallEnded
        elif not self.met(key, expect):
            assert outcome is StateConflict
        else:
            assert self.state.put(key, b"", write_id=f"{self.writes}", **request) == outcome
            until = self.clock.now + ttl
            self.records[key] = {"data": data, "version": outcome, "until": until, "final": final}
            self.versions[key].append(outcome)

    @rule(key=keys, expectation=expectations, final=st.booleans())
    def delete(self, key: str, expectation: Any, final: bool) -> None:
        expect = self.expected(key, expectation)
        if key in self.records and not self.met(key, expect):
            with pytest.raises(StateConflict):
                self.state.delete(key, expect=expect, final=final)
            return
        assert self.state.delete(key, expect=expect, final=final) == (key in self.records)
        if self.records.pop(key, None) and final:
            self.tombstones[key] = self.clock.now + TOMBSTONE_SECONDS

    @rule(seconds=st.sampled_from([0.5, 1.0, 49.0, 3000.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.settle()

    @rule(limit=st.integers(1, 3))
    def purge(self, limit: int) -> None:
        assert self.state.purge(limit) <= limit

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert [entry.key for entry in self.state.scan()] == sorted(self.records)
        for key in ("a", "b"):
            found = self.state.get(key)
            wanted = self.records.get(key)
            assert (found and (found.data, found.version, found.final)) == (
                wanted and (wanted["data"], wanted["version"], wanted["final"])
            )

    @invariant()
    def never_makes_a_version_twice(self) -> None:
        made = self.versions["a"] + self.versions["b"]
        assert len(set(made)) == len(made)


TestMemoryAgainstAModel = Model.TestCase
TestMemoryAgainstAModel.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
