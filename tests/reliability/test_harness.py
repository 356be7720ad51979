"""The harness itself: it passes a good store, and catches every kind of broken one."""

import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

import anyio
import pytest

from agentkit.errors import StateConflict, StateUnavailable
from agentkit.state import MemoryState, writing
from agentkit.state.base import ANY, BlockingBackend, as_awaited
from agentkit.testing.state_contract import Place
from tests.reliability import harness, kills
from tests.reliability.harness import Spec, Storm, figures
from tests.reliability.histories import LOST, READ, WRITE, Event, broken, check, history_here
from tests.reliability.kills import Killed
from tests.reliability.model import check_model
from tests.state.stores import MemoryPlace, NetworkPlace, NetworkState, twisted

HERE = "tests.reliability.test_harness"
_memories: dict[str, MemoryState] = {}


def memory(name: str) -> MemoryState:
    """Return one store of this process under a name."""
    return _memories.setdefault(name, MemoryState())


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> Spec:
    return Spec(f"{HERE}:memory", (request.node.name,))


def sum_of(one: int, other: int) -> int:
    return one + other


def dies(_: int) -> None:  # pragma: no cover - in a child
    os.kill(os.getpid(), signal.SIGKILL)


# Processes


def test_children_return_their_results_in_order() -> None:
    assert harness.in_processes(sum_of, [(1, 2), (3, 4)]) == [3, 7]


def test_a_child_that_raises_is_shown_with_its_traceback() -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        harness.in_processes(divmod, [(1, 0)])


def test_a_child_that_dies_is_noticed() -> None:
    with pytest.raises(AssertionError, match="died"):
        harness.in_processes(dies, [(1,)])


def test_a_child_reports_its_result_or_its_failure() -> None:
    receiver, sender = harness.pipe()
    harness.report(sender, sum_of, (1, 2))
    harness.report(sender, divmod, (1, 0))
    assert receiver.recv() == (3, "")
    assert "ZeroDivisionError" in receiver.recv()[1]


def test_figures_are_one_line() -> None:
    assert (
        figures(Storm(1, 2, 0), seconds=1.23456) == "completed=1 cancelled=2 wrong=0 seconds=1.235"
    )


def test_the_long_sizes_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "LONG", True)
    assert harness.size(1, 2) == 2
    monkeypatch.setattr(harness, "LONG", False)
    assert harness.size(1, 2) == 1


def test_memory_is_measured() -> None:
    assert harness.resident_mib() > 1


# The counter


def test_tasks_count_exactly_in_a_good_store(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "in_processes", one_after_another)
    counted = harness.count(spec, total=160, tasks=8)
    assert (counted.wanted, counted.found, counted.writes) == (160, 160, 160)


def test_a_counter_in_a_store_that_forgets_is_not_exact(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "in_processes", one_after_another)
    counted = harness.count(Spec(f"{HERE}:forgetful", spec.args), total=160, tasks=8)
    assert counted.found < counted.wanted


def test_a_task_that_keeps_losing_tries_again(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "RETRY_SECONDS", 0.0)
    harness.count_here(Spec(f"{HERE}:refusing", spec.args), 1, 5)
    record = memory(*spec.args).get(harness.KEY)
    assert record is not None
    assert record.data.endswith(b'{"count":5}')


def one_after_another(work: Callable[..., Any], calls: list[tuple[Any, ...]]) -> list[Any]:
    return [work(*args) for args in calls]


def forgetful(name: str) -> BlockingBackend:
    """Return a store that acknowledges every third write without making it."""
    state = memory(name)
    calls: list[None] = []

    def put(*args: Any, **request: Any) -> str:
        calls.append(None)
        return "x.1" if len(calls) % 3 == 0 else state.put(*args, **request)

    return twisted(state, put=put)


def refusing(name: str) -> BlockingBackend:
    """Return a store whose every other write conflicts."""
    state = memory(name)
    calls: list[None] = []

    def put(*args: Any, **request: Any) -> str:
        calls.append(None)
        if len(calls) % 2:
            raise StateConflict
        return state.put(*args, **request)

    return twisted(state, put=put)


# Kills


def test_a_writer_says_each_number_after_it_is_written(spec: Spec) -> None:
    receiver, sender = harness.pipe()
    kills.write_on(spec, "a", sender, 3)
    assert [receiver.recv_bytes() for _ in range(3)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("said_of", "result"),
    [
        (lambda number: number, Killed(kills=4, acknowledged=16)),
        (lambda number: number - 1, Killed(kills=4, acknowledged=12, unacknowledged=4)),
        (lambda number: number - 3, Killed(kills=4, acknowledged=4, unacknowledged=4, doubled=8)),
        (lambda number: number + 1, Killed(kills=4, acknowledged=20, lost=4)),
    ],
    ids=["all said", "the last not said", "written without a word", "said, but not there"],
)
def test_what_is_there_is_compared_with_what_was_said(
    spec: Spec,
    said_of: Callable[[int], int],
    result: Killed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pretended_round(spec: Spec, _: object) -> dict[str, int]:
        return {name: said_of(written_by(spec, name)) for name in kills.WRITERS}

    monkeypatch.setattr(kills, "_killed_round", pretended_round)
    assert kills.kill_writers(spec, rounds=2) == result


def written_by(spec: Spec, name: str) -> int:
    """Return the last of four numbers that a writer writes in this process."""
    receiver, sender = harness.pipe()
    kills.write_on(spec, name, sender, 4)
    return [int(receiver.recv_bytes()) for _ in range(4)][-1]


def test_a_writer_that_meets_a_conflict_tries_again(spec: Spec) -> None:
    receiver, sender = harness.pipe()
    kills.write_on(Spec(f"{HERE}:refusing", spec.args), "a", sender, 3)
    assert [receiver.recv_bytes() for _ in range(3)] == [b"1", b"2", b"3"]


def test_a_write_whose_id_is_forgotten_is_not_taken_for_doubled(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pretended_round(spec: Spec, _: object) -> dict[str, int]:
        return {"a": written_by(spec, "a"), "b": [written_by(spec, "b") for _ in range(5)][-1]}

    monkeypatch.setattr(kills, "_killed_round", pretended_round)
    assert kills.kill_writers(spec, rounds=1) == Killed(kills=2, acknowledged=24)


def test_a_store_that_applies_a_repeated_write_again_is_caught(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kills, "_killed_round", lambda spec, _: {"a": written_by(spec, "a")})
    forgetful = Spec(f"{HERE}:forgets_write_ids", spec.args)
    assert kills.kill_writers(forgetful, rounds=1) == Killed(2, 4, doubled=1)


def forgets_write_ids(name: str) -> BlockingBackend:
    state, ids = memory(name), map(str, count())

    def put(*args: Any, **request: Any) -> str:
        return state.put(*args, **{**request, "write_id": f"other-{next(ids)}"})

    return twisted(state, put=put)


def test_what_cannot_be_read_after_a_kill_is_counted(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kills, "_killed_round", lambda *_: {})
    memory(*spec.args).put(harness.KEY, b"{", expect=ANY, ttl_seconds=9.0, write_id="a")
    assert kills.kill_writers(spec, rounds=1) == Killed(0, 0, unreadable=1)


def test_a_child_is_killed_in_the_middle_of_its_work() -> None:
    checks: list[None] = []
    killed = kills.kill_during(works, (), lambda: checks.append(None), rounds=2)
    assert (killed, len(checks)) == (2, 2)


def works(sender: Connection) -> None:  # pragma: no cover - in a child
    sender.send_bytes(b"begun")
    while True:
        pass


# Histories


def test_the_history_of_a_good_store_has_no_faults(spec: Spec) -> None:
    events = history_here(spec, tasks=4, calls=100, keys=2, seed=1)
    checked, wrong = check(events)
    assert wrong == []
    assert checked.events > 200


def test_the_history_of_a_store_in_two_steps_has_faults(spec: Spec) -> None:
    checked, wrong = check(history_here(broken(spec), tasks=4, calls=100, keys=2, seed=1))
    assert checked.violations == len(wrong) > 10


async def test_a_store_in_two_steps_refuses_what_is_already_old(spec: Spec) -> None:
    store = as_awaited(broken(spec).make())
    with pytest.raises(StateConflict):
        await store.put("k", b"", expect="x.1", ttl_seconds=9.0, write_id="a")


def test_a_lost_reply_is_no_fault(spec: Spec) -> None:
    lossy = Spec(f"{HERE}:loses_replies", spec.args)
    checked, wrong = check(history_here(lossy, tasks=2, calls=50, keys=1, seed=1))
    assert (wrong, checked.lost) == ([], 5)


def loses_replies(name: str) -> NetworkState:
    return NetworkState(memory(name), lost_replies=5)


def test_a_refused_write_is_no_event(spec: Spec) -> None:
    refusing = Spec(f"{HERE}:refuses", spec.args)
    checked, wrong = check(history_here(refusing, tasks=2, calls=50, keys=1, seed=1))
    assert (wrong, checked.writes) == ([], 0)


def refuses(name: str) -> BlockingBackend:
    def put(*args: Any, **request: Any) -> str:
        raise StateUnavailable

    return twisted(memory(name), put=put)


def write(version: int, began: int, value: str = "", replaced: int | None = None) -> Event:
    before = version - 1 if replaced is None else replaced
    return Event(WRITE, "k", began, began + 5, version, before, value or f"v{version}")


def read(version: int, began: int, value: str = "") -> Event:
    return Event(READ, "k", began, began + 5, version, 0, value or f"v{version}")


GOOD = [write(1, 0), write(2, 10), write(3, 12)]


@pytest.mark.parametrize(
    "events",
    [
        GOOD,
        [*GOOD, read(2, 14), read(3, 30)],
        [*GOOD, Event(READ, "k", -10, -5, 0, 0, "")],
        [write(1, 0), Event(LOST, "k", 10, 20, 0, 1, "v2"), write(3, 30), read(2, 21)],
        [write(1, 0), Event(WRITE, "other", 0, 9, 1, 0, "x")],
    ],
)
def test_a_history_that_could_have_happened_one_by_one_passes(events: list[Event]) -> None:
    assert check(events)[1] == []


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([*GOOD, write(2, 11, "other")], "made the version of"),
        ([write(1, 0), write(2, 10, replaced=0)], "replaced another version"),
        ([write(1, 0), write(3, 10)], "1 versions were made by nobody"),
        ([*GOOD, read(2, 30)], "3 was known before"),
        ([*GOOD, write(4, 0)], "4 was known before"),
        ([*GOOD, read(3, 13, "v2")], "was not given"),
        ([*GOOD, read(3, 1)], "older than its write"),
        ([*GOOD, Event(READ, "k", 30, 35, 0, 0, "")], "3 was known before"),
        ([write(2, 0), write(1, 10)], "2 was known before"),
    ],
)
def test_a_history_that_could_not_have_happened_is_caught(events: list[Event], fault: str) -> None:
    checked, wrong = check(events)
    assert fault in " ".join(wrong)
    assert checked.violations == len(wrong)


# Cancellation


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_half_of_the_calls_are_cancelled_and_none_is_answered_wrongly(library: str) -> None:
    async def run() -> Storm:
        return await harness.storm(NetworkPlace().backend(), calls=800, steps=1)

    result = anyio.run(run, backend=library)
    assert result.completed + result.cancelled == 800
    assert (result.cancelled > 20, result.wrong) == (True, 0), result


async def test_an_answer_to_another_caller_is_caught() -> None:
    memory = MemoryState()

    def get(_: str) -> object:
        return memory.get("call:0")

    result = await harness.storm(as_awaited(twisted(memory, get=get)), calls=200)
    assert result.wrong > 50


async def test_an_old_answer_is_caught() -> None:
    memory = MemoryState()

    def put(*args: Any, **request: Any) -> str:
        return memory.put(*args, **{**request, "write_id": "same"})

    result = await harness.storm(as_awaited(twisted(memory, put=put)), calls=200)
    assert result.wrong > 10


# The model


@pytest.mark.parametrize("place", [MemoryPlace, NetworkPlace])
def test_a_good_store_does_what_the_model_does(place: Callable[[], Place]) -> None:
    walked = check_model(place, 10)
    assert (walked.examples, walked.steps >= 10) == (10, True)


@pytest.mark.parametrize("call", ["put", "get", "delete", "scan"])
def test_a_store_that_differs_from_the_model_is_caught(call: str) -> None:
    class Differing(MemoryPlace):
        def backend(self) -> Any:
            return twisted(self.state, **{call: partial(differs, getattr(self.state, call))})

    with pytest.raises(AssertionError):
        check_model(Differing, 100, shrink=False)


def differs(call: Callable[..., Any], *args: Any, **request: Any) -> Any:
    """Answer as if nothing had ever been written."""
    call(*args, **request)
    return {"put": "same", "get": None, "delete": False, "scan": []}[call.__name__]
