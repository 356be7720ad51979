"""Memory under load from threads and tasks; it promises nothing beyond its process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit.state import MemoryState
from tests.reliability import harness, memory_work
from tests.reliability.harness import SEED, Spec, size
from tests.reliability.histories import broken, check, history
from tests.reliability.model import check_model
from tests.state.stores import MemoryPlace, NetworkState

Lines = Callable[..., None]


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> Spec:
    return Spec("tests.reliability.memory_work:memory", (request.node.name,))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the harness use threads where it would use processes."""

    def in_threads(work: Callable[..., Any], calls: list[tuple[Any, ...]]) -> list[Any]:
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda args: work(*args), calls))

    monkeypatch.setattr(harness, "in_processes", in_threads)
    monkeypatch.setattr("tests.reliability.histories.in_processes", in_threads)


@pytest.mark.timeout(1800 if harness.LONG else 300)
@pytest.mark.usefixtures("threads")
def test_four_threads_count_exactly(spec: Spec, record: Lines) -> None:
    counted = harness.count(spec, total=size(1_600, 256_000))
    record("counter, memory, 4 threads", counted)
    assert counted.found == counted.writes == counted.wanted


@pytest.mark.timeout(1800 if harness.LONG else 300)
@pytest.mark.usefixtures("threads")
def test_a_history_of_four_threads_could_have_happened_one_by_one(
    spec: Spec, record: Lines
) -> None:
    checked, wrong = check(history(spec, calls=size(5_000, 200_000)))
    record("linearizability, memory, 4 threads", checked)
    assert wrong == []


@pytest.mark.usefixtures("threads")
def test_the_same_history_shows_that_a_broken_store_is_broken(spec: Spec, record: Lines) -> None:
    checked, wrong = check(history(broken(spec), calls=2_000))
    record("linearizability, memory compared and swapped in two steps", checked)
    assert len(wrong) > 10


@pytest.mark.timeout(1800 if harness.LONG else 300)
def test_memory_does_what_a_dict_would(record: Lines) -> None:
    record("model, memory", check_model(MemoryPlace), differences=0)


@pytest.mark.timeout(1800 if harness.LONG else 300)
@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_cancelled_calls_leave_no_wrong_answers(record: Lines, library: str) -> None:
    store = NetworkState(MemoryState())  # memory alone answers before anybody can cancel
    run = partial(harness.storm, store, calls=size(10_000, 200_000) // 2, steps=2)
    result = anyio.run(run, backend=library)
    record(f"cancellation storm, memory behind a checkpoint, on {library}", result, seed=SEED)
    assert result.wrong == 0
    assert result.cancelled > result.completed / 10


@pytest.mark.timeout(1800 if harness.LONG else 600)
def test_memory_is_given_back_after_a_purge(record: Lines) -> None:
    calls = size(100_000, 1_000_000)
    [(before, full, after)] = harness.in_processes(memory_work.live_and_purge, [(calls,)])
    record("memory, memory store", calls=calls, before=before, full=full, after=after, unit="MiB")
    assert after - before <= 10
