"""The contract suite passes good stores and catches broken ones."""

from collections.abc import Callable
from itertools import count
from typing import Any

import anyio.lowlevel
import pytest

from agentkit.errors import StateConflict
from agentkit.state.base import ABSENT, ANY, BlockingBackend, Capabilities, StateBackend
from agentkit.state.memory import MemoryState
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case, Place
from tests.state.stores import MemoryPlace, NetworkPlace, twisted

LIBRARIES = ["asyncio", "trio"]
Twist = dict[str, Any]
CASES = {case.name: case for case in state_contract.CASES}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_a_store_without_a_blocking_form_can_keep_the_contract(case: Case, library: str) -> None:
    case.run(NetworkPlace(), library)


def test_no_two_cases_have_one_name() -> None:
    assert len(CASES) == len(state_contract.CASES) >= 120


def overwrites_anything(state: MemoryState) -> Twist:
    return {"put": lambda *args, **request: state.put(*args, **{**request, "expect": ANY})}


def never_expires(state: MemoryState) -> Twist:
    return {"put": lambda *args, **request: state.put(*args, **{**request, "ttl_seconds": 1e9})}


def forgets_write_ids(state: MemoryState) -> Twist:
    ids = map(str, count())
    return {"put": lambda *args, **request: state.put(*args, **{**request, "write_id": next(ids)})}


def takes_writes_without_an_id_for_one(state: MemoryState) -> Twist:
    def put(*args: Any, **request: Any) -> str:
        return state.put(*args, **{**request, "write_id": request["write_id"] or "none"})

    return {"put": put}


def leaves_no_tombstone(state: MemoryState) -> Twist:
    return {"delete": lambda key, **request: state.delete(key, **{**request, "final": False})}


def forgets_that_a_record_is_final(state: MemoryState) -> Twist:
    return {"put": lambda *args, **request: state.put(*args, **{**request, "final": False})}


def deletes_any_version(state: MemoryState) -> Twist:
    return {"delete": lambda key, **request: state.delete(key, **{**request, "expect": ANY})}


def folds_case(state: MemoryState) -> Twist:
    def put(key: str, data: bytes, **request: Any) -> str:
        return state.put(key.casefold(), data, **{**request, "expect": ANY})

    return {"put": put, "get": lambda key: state.get(key.casefold())}


def keeps_text_only(state: MemoryState) -> Twist:
    def put(key: str, data: bytes, **request: Any) -> str:
        return state.put(key, data.decode("utf-8", "replace").encode(), **request)

    return {"put": put}


def purges_without_limit(state: MemoryState) -> Twist:
    return {"purge": lambda limit: state.purge(10 * limit)}


def has_one_page(state: MemoryState) -> Twist:
    return {"scan": lambda prefix, after, limit: [] if after else state.scan(prefix, after, limit)}


def swaps_nothing(state: MemoryState) -> Twist:
    def put(key: str, data: bytes, **request: Any) -> str:
        if request["expect"] is not ABSENT:
            raise StateConflict
        return state.put(key, data, **request)

    return {"put": put}


def doubts_its_refusals(state: MemoryState) -> Twist:
    def put(key: str, data: bytes, **request: Any) -> str:
        try:
            return state.put(key, data, **request)
        except StateConflict as conflict:
            conflict.applied = None
            raise

    return {"put": put}


def answers_one_version(state: MemoryState) -> Twist:
    return {"put": lambda *args, **request: state.put(*args, **request)[:0]}


def forgets_everything(state: MemoryState) -> Twist:
    return {"get": lambda key: None}


def is_not_as_durable_as_it_says(state: MemoryState) -> Twist:
    def close() -> None:
        for entry in state.scan():
            state.delete(entry.key, final=False)

    return {"close": close, "capabilities": Capabilities(durable=True)}


BROKEN = [
    (forgets_everything, "a_swap_of_the_version_read_replaces_the_value"),
    (is_not_as_durable_as_it_says, "opening_and_closing_may_be_repeated"),
    (overwrites_anything, "a_swap_of_an_old_version_is_refused"),
    (overwrites_anything, "one_of_many_swaps_of_a_version_wins"),
    (never_expires, "a_record_expires_after_its_time_to_live"),
    (forgets_write_ids, "the_last_write_ids_are_remembered"),
    (takes_writes_without_an_id_for_one, "a_write_without_an_id_is_no_other_write"),
    (leaves_no_tombstone, "late_writes_after_a_delete_are_refused"),
    (forgets_that_a_record_is_final, "a_final_record_leaves_a_tombstone_when_it_expires"),
    (deletes_any_version, "a_delete_of_an_old_version_is_refused"),
    (folds_case, "ids_do_not_share_a_record"),
    (keeps_text_only, "bytes_come_back_as_they_are-no UTF-8"),
    (purges_without_limit, "a_purge_works_in_batches"),
    (has_one_page, "a_scan_pages_through_every_record_once"),
    (swaps_nothing, "a_counter_swapped_by_many_is_exact"),
    (doubts_its_refusals, "a_present_key_is_not_created_again"),
    (answers_one_version, "a_record_made_again_does_not_answer_to_old_versions"),
]
"""Stores that break a promise, and the case that catches them."""


class BrokenPlace:
    """Where a store lives some of whose calls are replaced."""

    def __init__(self, twist: Callable[[MemoryState], Twist]) -> None:
        self._place = MemoryPlace()
        self._twist = twist

    def backend(self) -> BlockingBackend:
        return twisted(self._place.state, **self._twist(self._place.state))

    def advance(self, seconds: float) -> None:
        self._place.advance(seconds)


class TwoStepPlace:
    """Where a store lives that compares, lets others run, and then writes."""

    def __init__(self) -> None:
        place = NetworkPlace()
        self._make = place.backend
        self.advance = place.advance

    def backend(self) -> StateBackend:
        store = self._make()
        swap = store.put

        async def put(key: str, data: bytes, **request: Any) -> str:
            record = await store.get(key)
            if request["expect"] not in (ANY, ABSENT if record is None else record.version):
                raise StateConflict
            await anyio.lowlevel.checkpoint()
            return await swap(key, data, **{**request, "expect": ANY})

        store.put = put  # type: ignore[method-assign]
        return store


@pytest.mark.parametrize(("twist", "case"), BROKEN)
def test_a_broken_store_is_caught(twist: Callable[[MemoryState], Twist], case: str) -> None:
    assert is_caught(BrokenPlace(twist), case)


@pytest.mark.parametrize(
    "case",
    [
        "one_of_many_swaps_of_a_version_wins",
        "one_of_many_creations_wins",
        "a_counter_swapped_by_many_is_exact",
    ],
)
def test_a_store_that_compares_and_swaps_in_two_steps_is_caught(case: str) -> None:
    assert is_caught(TwoStepPlace(), case)


def test_only_a_race_tells_a_swap_in_two_steps_from_one() -> None:
    assert not is_caught(TwoStepPlace(), "a_swap_of_an_old_version_is_refused")


def is_caught(place: Place, case: str) -> bool:
    caught = False
    try:
        CASES[case].run(place)
    except* AssertionError:
        caught = True
    return caught
