"""Jobs that wait together are done together, and nobody who waits is forgotten."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread
import pytest

from agentkit.errors import StateConflict, StateError, StateUnavailable, StateUnknown
from agentkit.state.batches import MOST, Job, Worker
from agentkit.state.gate import Gate
from tests.deadlines import LONG

LIBRARIES = ["asyncio", "trio"]


class Desk:
    """A worker whose batches are noted, and wait at an open or shut gate."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.worker: Worker[str] = Worker(self.do, "desk")

    def do(self, jobs: Sequence[Job[str]]) -> None:
        self.entered.set()
        assert self.gate.wait(LONG)
        self.batches.append(len(jobs))
        for job in jobs:
            job.attempt("tool")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refuse(_: str) -> str:
    raise StateConflict("no")


def fail(_: str) -> str:
    raise ZeroDivisionError


def test_plain_code_waits_for_its_result(desk: Desk) -> None:
    assert desk.worker.wait(str.upper) == "TOOL"
    with pytest.raises(StateConflict, match="no"):
        desk.worker.wait(refuse)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_coroutine_awaits_its_result(desk: Desk, library: str) -> None:
    async def use() -> None:
        assert await desk.worker.run(str.upper) == "TOOL"
        with pytest.raises(StateConflict, match="no"):
            await desk.worker.run(refuse)

    anyio.run(use, backend=library)
    anyio.run(use, backend=library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_waits_together_is_done_together(desk: Desk, library: str) -> None:
    desk.gate.clear()

    async def use() -> None:
        results: list[str] = []

        async def run() -> None:
            results.append(await desk.worker.run(str.upper))

        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await anyio.to_thread.run_sync(desk.entered.wait)
            for _ in range(MOST + 10):
                group.start_soon(run)
            await anyio.wait_all_tasks_blocked()
            desk.gate.set()
        assert results == ["TOOL"] * (MOST + 11)

    anyio.run(use, backend=library)
    assert desk.batches == [1, MOST, 10]


def test_threads_and_loops_wait_for_the_same_batch(desk: Desk) -> None:
    desk.gate.clear()

    async def use() -> str:
        return await desk.worker.run(str.upper)

    def use_on(library: str) -> str:
        return anyio.run(use, backend=library)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(use_on, library) for library in LIBRARIES]
        waiting += [pool.submit(desk.worker.wait, str.upper) for _ in range(2)]
        assert desk.entered.wait(LONG)
        desk.gate.set()
        assert [each.result(LONG) for each in waiting] == ["TOOL"] * 4


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_was_not_begun_when_it_was_cancelled_is_not_done(desk: Desk, library: str) -> None:
    done: list[str] = []
    desk.gate.clear()

    async def use() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(desk.worker.run, done.append)
            await anyio.to_thread.run_sync(desk.entered.wait)
            async with anyio.create_task_group() as cancelled:
                cancelled.start_soon(desk.worker.run, done.append)
                await anyio.wait_all_tasks_blocked()
                cancelled.cancel_scope.cancel()
            desk.gate.set()
        assert await desk.worker.run(str.upper) == "TOOL"

    anyio.run(use, backend=library)
    assert done == ["tool"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_loop_that_has_ended_is_not_woken(desk: Desk, library: str) -> None:
    desk.gate.clear()

    async def leave() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(desk.worker.run, str.upper)
            await anyio.to_thread.run_sync(desk.entered.wait)
            group.cancel_scope.cancel()

    anyio.run(leave, backend=library)
    desk.gate.set()
    assert desk.worker.wait(str.upper) == "TOOL"


def test_stopping_finishes_what_waits_and_refuses_what_comes(desk: Desk) -> None:
    desk.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(desk.worker.wait, str.upper)
        assert desk.entered.wait(LONG)
        stopping = pool.submit(desk.worker.stop)
        desk.gate.set()
        assert waiting.result(LONG) == "TOOL"
        stopping.result(LONG)
    with pytest.raises(StateUnavailable):
        desk.worker.wait(str.upper)


def test_a_worker_without_work_can_be_stopped() -> None:
    Desk().worker.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unforeseen_error_leaves_nobody_waiting(desk: Desk) -> None:
    desk.worker.wait(str.upper)
    dying = desk.worker._thread
    assert dying is not None
    with pytest.raises(StateUnknown, match="died"):
        desk.worker.wait(fail)
    assert desk.worker.wait(str.upper) == "TOOL"
    dying.join(LONG)


def test_each_caller_gets_an_error_of_its_own() -> None:
    original = StateUnavailable("gone")
    jobs: list[Job[str]] = [Job(str.upper, threading.Lock().release) for _ in "ab"]
    for job in jobs:
        job.fail(original)
    errors = [job.error for job in jobs]
    assert all(isinstance(error, StateError) and error.__cause__ is original for error in errors)
    assert errors[0] is not errors[1]


def test_a_shut_gate_waits_until_all_have_left_and_lets_nobody_in() -> None:
    gate = Gate()
    inside, leave = threading.Event(), threading.Event()
    order: list[str] = []

    def stay() -> None:
        with gate.passed():
            inside.set()
            assert leave.wait(LONG)
            order.append("left")

    def shut() -> None:
        gate.shut()
        order.append("shut")

    def enter() -> None:
        with gate.passed():
            order.append("entered")

    with ThreadPoolExecutor(3) as pool:
        staying = pool.submit(stay)
        assert inside.wait(LONG)
        shutting = pool.submit(shut)
        leave.set()
        shutting.result(LONG)
        entering = pool.submit(enter)
        order.append("opened")
        gate.open()
        entering.result(LONG)
        staying.result(LONG)
    assert order == ["left", "shut", "opened", "entered"]


def test_a_closed_gate_refuses() -> None:
    gate = Gate()
    gate.close()
    with pytest.raises(StateUnavailable):
        gate.passed().__enter__()
