"""A store beside a dict that tells what it should hold, walked at random by hypothesis.

    def test_my_store_does_what_a_dict_would(tmp_path, record):
        record("model, mine", check_model(lambda: MyPlace(fresh_folder(tmp_path))))

Three clients have a handle each and interleave: each swaps the versions that it has read itself,
so most of what it expects is old. A place is that of `agentkit.testing.state_contract`.

The clock of a server goes on while the model's stands. So what lives ends in the middle between the
moments that the model knows, minutes from each; only tombstones may end at one, and what is late
finds them gone as the model does.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from agentkit.errors import CallEnded, StateConflict
from agentkit.state.base import (
    ABSENT,
    ANY,
    TOMBSTONE_SECONDS,
    Expectation,
    StateBackend,
    as_awaited,
)
from agentkit.testing.state_contract import Place
from tests.reliability.harness import size

KEYS = ("call:a", "call:b")
CLIENTS = 3
STEPS = 50


class Row(NamedTuple):
    """What the model holds under a key; a tombstone has no version."""

    version: str
    data: bytes
    until: float
    final: bool


class Walked(NamedTuple):
    """How far the walk went without a difference."""

    examples: int
    steps: int


def check_model(
    make_place: Callable[[], Place], examples: int | None = None, *, shrink: bool = True
) -> Walked:
    """Walk through so many examples of 50 steps, each in a fresh place.

    A difference fails with the shortest walk that shows it, if it is to `shrink`.
    """
    count = size(200, 2_000) if examples is None else examples
    steps = [0]
    walk = type("Walk", (Model,), {"make_place": staticmethod(make_place), "steps": steps})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        ),
    )
    return Walked(count, steps[0])


class Model(RuleBasedStateMachine):
    """The rules. Keys are few, so that clients meet."""

    make_place: Callable[[], Place]
    steps: list[int]

    clients = st.integers(0, CLIENTS - 1)
    keys = st.sampled_from(KEYS)
    expectations = st.sampled_from([ABSENT, ANY, "seen", "seen", "seen", "nonsense"])
    lives = st.sampled_from([300.0, 1500.0, 5100.0])

    def __init__(self) -> None:
        super().__init__()
        self.place = self.make_place()
        self.stores = [as_awaited(self.place.backend()) for _ in range(CLIENTS)]
        self.closing = ExitStack()
        if self.stores[0].blocking is None:
            self.loop = self.closing.enter_context(asyncio.Runner())
        self.seen: list[dict[str, str]] = [{} for _ in self.stores]
        self.now = 0.0
        self.rows: dict[str, Row] = {}
        self.tombstones: dict[str, float] = {}
        self.made: set[str] = set()
        self.writes = 0
        for store in self.stores:
            self.call(store, "open")

    def call(self, store: StateBackend, name: str, *args: Any, **request: Any) -> Any:
        """Call plainly where that works, else on a loop that runs for the time of a call."""
        if store.blocking is not None:
            return getattr(store.blocking, name)(*args, **request)
        return self.loop.run(getattr(store, name)(*args, **request))

    def teardown(self) -> None:
        for store in self.stores:
            self.call(store, "close")
        self.closing.close()

    def expected(self, client: int, key: str, expectation: Any) -> Expectation:
        named = {"seen": self.seen[client].get(key, ABSENT), "nonsense": "x.1"}
        found: Expectation = named.get(expectation, expectation)
        return found

    def met(self, key: str, expect: Expectation) -> bool:
        found = self.rows[key].version if key in self.rows else ABSENT
        return expect in (ANY, found)

    @rule(
        client=clients,
        key=keys,
        expectation=expectations,
        data=st.binary(max_size=4),
        ttl=lives,
        final=st.booleans(),
    )
    def put(
        self, client: int, key: str, expectation: Any, data: bytes, ttl: float, final: bool
    ) -> None:
        self.writes += 1
        expect = self.expected(client, key, expectation)
        write_id = f"{self.writes}"
        request = {"expect": expect, "ttl_seconds": ttl, "write_id": write_id, "final": final}
        outcome = self.outcome(client, key, data, request)
        if key in self.tombstones:
            assert outcome is CallEnded
        elif not self.met(key, expect):
            assert outcome is StateConflict
        else:
            assert outcome not in self.made
            other = (client + 1) % CLIENTS  # what is repeated elsewhere is not written again
            assert self.outcome(other, key, b"other", request) == outcome
            self.made.add(outcome)
            self.seen[client][key] = outcome
            self.rows[key] = Row(outcome, data, self.now + ttl, final)

    def outcome(self, client: int, key: str, data: bytes, request: dict[str, Any]) -> Any:
        try:
            return self.call(self.stores[client], "put", key, data, **request)
        except (CallEnded, StateConflict) as error:
            return type(error)

    @rule(client=clients, key=keys)
    def update(self, client: int, key: str) -> None:
        """Read, and write what was read and one byte more."""
        self.get(client, key)
        data = self.rows[key].data[-3:] if key in self.rows else b""
        self.put(client, key, "seen", data + b"+", 1500.0, False)

    @rule(client=clients, key=keys)
    def get(self, client: int, key: str) -> None:
        record = self.call(self.stores[client], "get", key)
        row = self.rows.get(key)
        assert (record is None) is (row is None)
        self.seen[client].pop(key, None)
        if record is not None and row is not None:
            assert (record.version, record.data, record.final) == (row.version, row.data, row.final)
            self.seen[client][key] = record.version

    @rule(client=clients, key=keys, expectation=expectations, final=st.booleans())
    def delete(self, client: int, key: str, expectation: Any, final: bool) -> None:
        expect = self.expected(client, key, expectation)
        store = self.stores[client]
        if key in self.rows and not self.met(key, expect):
            with pytest.raises(StateConflict):
                self.call(store, "delete", key, expect=expect, final=final)
            return
        found = self.call(store, "delete", key, expect=expect, final=final)
        assert found == (key in self.rows)
        if self.rows.pop(key, None) and final:
            self.tombstones[key] = self.now + TOMBSTONE_SECONDS

    @rule(seconds=st.sampled_from([600.0, 1800.0, 3000.0]))
    def pass_time(self, seconds: float) -> None:
        self.place.advance(seconds)
        self.now += seconds
        for key, row in list(self.rows.items()):
            if row.until <= self.now:
                del self.rows[key]
                if row.final:
                    self.tombstones[key] = row.until + TOMBSTONE_SECONDS
        self.tombstones = {k: until for k, until in self.tombstones.items() if until > self.now}

    @rule(client=clients, limit=st.integers(1, 3))
    def purge(self, client: int, limit: int) -> None:
        assert self.call(self.stores[client], "purge", limit) <= limit

    @rule(client=clients)
    def reopen(self, client: int) -> None:
        self.call(self.stores[client], "close")
        self.call(self.stores[client], "open")

    @rule(client=clients, prefix=st.sampled_from(["", "call:", "call:b", "x"]))
    def scan(self, client: int, prefix: str) -> None:
        entries = self.call(self.stores[client], "scan", prefix)
        found = {entry.key: (entry.version, entry.size_bytes) for entry in entries}
        wanted = {key: row for key, row in self.rows.items() if key.startswith(prefix)}
        assert found == {key: (row.version, len(row.data)) for key, row in wanted.items()}

    @invariant()
    def counts_its_steps(self) -> None:
        self.steps[0] += 1
