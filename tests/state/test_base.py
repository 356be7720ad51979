"""A blocking store is awaited in place if it never waits, and in threads of its own otherwise."""

import threading
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

import agentkit
import agentkit.state
from agentkit.state import AsyncBackend, BlockingBackend, Capabilities, MemoryState, StateBackend
from agentkit.state.base import STATE_THREADS, as_awaited, first_version, later_version
from agentkit.testing import state_contract
from agentkit.testing.state_checks import Case
from tests.state.stores import MemoryPlace, NetworkState, twisted

LIBRARIES = ["asyncio", "trio"]


class WaitingPlace:
    def __init__(self) -> None:
        self._place = MemoryPlace()

    def backend(self) -> BlockingBackend:
        return twisted(self._place.state, may_wait=True)

    def advance(self, seconds: float) -> None:
        self._place.advance(seconds)


@pytest.mark.parametrize("case", state_contract.CASES, ids=lambda case: case.name)
def test_a_store_in_threads_keeps_the_contract(case: Case) -> None:
    case.run(WaitingPlace())


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("may_wait", [True, False])
def test_only_a_store_that_may_wait_is_called_in_another_thread(
    library: str, may_wait: bool
) -> None:
    threads: list[int] = []

    def note_thread() -> None:
        threads.append(threading.get_ident())

    calls: Any = SimpleNamespace(may_wait=may_wait, ping=note_thread)

    async def ping() -> None:
        await AsyncBackend(calls).ping()

    anyio.run(ping, backend=library)
    assert (threads == [threading.get_ident()]) is not may_wait


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_store_can_serve_one_event_loop_after_another(library: str) -> None:
    store = AsyncBackend(twisted(MemoryState(), may_wait=True))

    async def use() -> anyio.CapacityLimiter:
        await store.ping()
        limiter = store._threads_of_this_loop()
        assert limiter.total_tokens == STATE_THREADS
        assert store._threads_of_this_loop() is limiter
        return limiter

    first = anyio.run(use, backend=library)
    second = anyio.run(use, backend=library)
    assert first is not second


def test_a_store_is_known_by_its_form() -> None:
    memory = MemoryState()
    network = NetworkState(memory)
    awaited = as_awaited(memory)
    assert awaited.blocking is memory
    assert as_awaited(network) is network
    assert as_awaited(awaited) is awaited
    assert awaited.capabilities is memory.capabilities
    assert [isinstance(each, BlockingBackend) for each in (memory, network, awaited)] == [
        True,
        False,
        False,
    ]
    assert isinstance(network, StateBackend)


def test_what_outlives_the_process_is_told_in_words_and_certainty_is_not() -> None:
    assert Capabilities(certain=True).reach == []
    shared = Capabilities(durable=True, shared_between_processes=True, shared_between_hosts=True)
    assert shared.reach == ["durable", "shared between processes", "shared between hosts"]


def test_versions_count_the_writes_of_one_incarnation() -> None:
    version = first_version()
    assert first_version() != version
    assert later_version(later_version(version), 3) == version[:-1] + "5"
    assert later_version(later_version(version, 15), -15) == version


def test_the_stores_are_named_where_they_are_looked_for() -> None:
    for name in ("FileState", "FileStateManager", "PostgresState", "RedisState", "SQLiteState"):
        assert getattr(agentkit, name) is getattr(agentkit.state, name)
    with pytest.raises(AttributeError, match="has no attribute 'OtherState'"):
        _ = agentkit.state.OtherState
