"""Worker threads: never more at work than the limit, and those left behind are in nobody's way."""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentkit.threads import Threads
from tests.deadlines import LONG

MANY = 300


class Gate:
    """A function that says when it has begun, and returns when it may."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.thread = threading.current_thread()

    def __call__(self) -> threading.Thread:
        self.thread = threading.current_thread()
        self.begun.set()
        assert self.may_end.wait(LONG)
        return self.thread


async def until(condition: Callable[[], object]) -> None:
    with anyio.fail_after(LONG):
        while not condition():
            await checkpoint()


def run(function: Callable[[], Awaitable[Any]]) -> Any:
    async def limited() -> Any:
        with anyio.fail_after(LONG):
            return await function()

    return anyio.run(limited, backend="asyncio")


async def leave_behind(threads: Threads, gate: Gate) -> None:
    """Start a job that hangs and stop waiting for it."""
    task = asyncio.create_task(threads.run(gate))
    await until(gate.begun.is_set)
    task.cancel()
    await asyncio.wait([task])


def test_a_job_runs_in_a_thread_that_the_next_one_finds_idle() -> None:
    threads = Threads()

    async def main() -> list[int]:
        return [await threads.run(threading.get_ident) for _ in range(5)]

    idents = run(main)
    assert len(set(idents)) == 1
    assert threading.get_ident() not in idents


def test_a_job_sees_the_context_of_its_task() -> None:
    threads, variable = Threads(), ContextVar("variable", default=0)

    async def main() -> list[int]:
        seen = []
        for number in range(1, 4):
            variable.set(number)
            seen.append(await threads.run(variable.get))
        return seen

    assert run(main) == [1, 2, 3]


def test_a_hundred_jobs_share_the_threads_there_may_be() -> None:
    threads, lock = Threads(limit=3), threading.Lock()
    at_work: set[int] = set()
    most = []

    def work() -> int:
        with lock:
            at_work.add(threading.get_ident())
            most.append(len(at_work))
        with lock:
            at_work.discard(threading.get_ident())
        return threading.get_ident()

    async def main() -> list[int]:
        return list(await asyncio.gather(*(threads.run(work) for _ in range(100))))

    idents = run(main)
    assert len(idents) == 100
    assert len(set(idents)) <= 3
    assert max(most) <= 3


def test_as_many_jobs_as_the_limit_run_at_once_and_no_more() -> None:
    threads = Threads(limit=2)
    gates = [Gate() for _ in range(4)]

    async def main() -> None:
        tasks = [asyncio.create_task(threads.run(gate)) for gate in gates]
        await until(lambda: gates[0].begun.is_set() and gates[1].begun.is_set())
        gates[1].may_end.set()
        await tasks[1]
        await until(gates[2].begun.is_set)
        assert not gates[3].begun.is_set()
        for gate in gates:
            gate.may_end.set()
        found = await asyncio.gather(*tasks)
        assert len(set(found)) == 2

    run(main)


def test_hundreds_work_side_by_side_by_default() -> None:
    threads, together = Threads(), threading.Barrier(MANY)

    async def main() -> None:
        jobs = (threads.run(lambda: together.wait(LONG)) for _ in range(MANY))
        await asyncio.gather(*jobs)

    run(main)


def test_a_thread_left_behind_is_counted_until_it_ends() -> None:
    threads, gate = Threads(limit=1), Gate()

    async def main() -> None:
        assert threads.abandoned == 0
        await leave_behind(threads, gate)
        assert threads.abandoned == 1
        gate.may_end.set()
        await until(lambda: threads.abandoned == 0)

    run(main)


def test_threads_left_behind_take_no_place_from_others() -> None:
    threads, gates = Threads(limit=2), [Gate() for _ in range(6)]

    async def main() -> None:
        for gate in gates:
            await leave_behind(threads, gate)
        assert threads.abandoned == 6
        together = threading.Barrier(2)
        await asyncio.gather(*(threads.run(lambda: together.wait(LONG)) for _ in range(2)))
        for gate in gates:
            gate.may_end.set()
        await until(lambda: threads.abandoned == 0)

    run(main)


def test_a_job_that_waits_for_a_thread_gets_one_when_another_is_left_behind() -> None:
    threads, gate = Threads(limit=1), Gate()

    async def main() -> None:
        hanging = asyncio.create_task(threads.run(gate))
        await until(gate.begun.is_set)
        waiting = asyncio.create_task(threads.run(threading.current_thread))
        await checkpoint()
        hanging.cancel()
        assert await waiting is not gate.thread
        gate.may_end.set()
        await until(lambda: threads.abandoned == 0)

    run(main)


def test_when_two_are_left_behind_two_that_wait_get_a_thread_each() -> None:
    threads, gates = Threads(limit=2), [Gate(), Gate()]

    async def main() -> None:
        hanging = [asyncio.create_task(threads.run(gate)) for gate in gates]
        await until(lambda: all(gate.begun.is_set() for gate in gates))
        together = threading.Barrier(2)
        waiting = [asyncio.create_task(threads.run(lambda: together.wait(LONG))) for _ in range(2)]
        await checkpoint()
        for task in hanging:
            task.cancel()
        await asyncio.gather(*waiting)
        for gate in gates:
            gate.may_end.set()
        await until(lambda: threads.abandoned == 0)

    run(main)


def test_a_thread_that_comes_back_late_ends_when_its_place_is_taken() -> None:
    threads, late, busy = Threads(limit=1), Gate(), Gate()

    async def main() -> None:
        await leave_behind(threads, late)
        working = asyncio.create_task(threads.run(busy))
        await until(busy.begun.is_set)
        late.may_end.set()
        await until(lambda: not late.thread.is_alive())
        await checkpoint()  # its result is dropped
        busy.may_end.set()
        assert await working is busy.thread
        assert await threads.run(threading.current_thread) is busy.thread

    run(main)


def test_a_thread_that_comes_back_to_a_free_place_serves_on() -> None:
    threads, gate = Threads(limit=1), Gate()

    async def main() -> None:
        await leave_behind(threads, gate)
        gate.may_end.set()
        await until(lambda: threads.abandoned == 0)
        assert await threads.run(threading.current_thread) is gate.thread

    run(main)


def test_a_job_that_is_cancelled_before_it_began_never_runs() -> None:
    threads, gate = Threads(limit=1), Gate()
    ran: list[str] = []

    async def main() -> None:
        first = asyncio.create_task(threads.run(gate))
        await until(gate.begun.is_set)
        second = asyncio.create_task(threads.run(lambda: ran.append("second")))
        third = asyncio.create_task(threads.run(lambda: ran.append("third")))
        await checkpoint()
        second.cancel()
        await asyncio.wait([second])
        assert threads.abandoned == 0
        gate.may_end.set()
        await asyncio.gather(first, third)

    run(main)
    assert ran == ["third"]


def test_a_job_that_ended_before_its_cancellation_leaves_no_thread_behind() -> None:
    threads, gate = Threads(limit=1), Gate()
    reported: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )
        task = asyncio.create_task(threads.run(gate))
        await until(gate.begun.is_set)
        gate.may_end.set()
        while not threads._idle:
            """The loop stands still here, so it has not heard of the result yet."""
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert threads.abandoned == 0
        assert await threads.run(threading.current_thread) is gate.thread

    run(main)
    assert reported == []


def test_the_loop_may_be_closed_before_a_thread_ends() -> None:
    threads, gate = Threads(limit=1), Gate()

    async def hang() -> None:
        await leave_behind(threads, gate)

    async def again() -> threading.Thread:
        await until(lambda: threads.abandoned == 0)
        found: threading.Thread = await threads.run(threading.current_thread)
        return found

    run(hang)
    gate.may_end.set()
    assert run(again) is gate.thread


def test_loops_in_several_threads_share_the_workers() -> None:
    threads, results = Threads(limit=2), []

    async def main() -> None:
        results.extend(await asyncio.gather(*(threads.run(lambda: 1) for _ in range(50))))

    loops = [threading.Thread(target=run, args=[main]) for _ in range(4)]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join(LONG)
    assert sum(results) == 200


def test_where_no_thread_can_be_started_the_job_is_refused_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, ran = Threads(limit=1), []

    def exhausted(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        with monkeypatch.context() as system:
            system.setattr(threading.Thread, "start", exhausted)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                await threads.run(lambda: ran.append("refused"))
        await threads.run(lambda: ran.append("later"))
        await threads.run(lambda: ran.append("last"))

    run(main)
    assert ran == ["later", "last"]


def test_an_idle_thread_keeps_nothing_of_its_last_job() -> None:
    threads = Threads(limit=1)

    class Secret:
        """Something of a request."""

    async def main() -> None:
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        secret = Secret()
        weakref.finalize(secret, loop.call_soon_threadsafe, gone.set)
        await threads.run(secret.__repr__)
        del secret
        await gone.wait()

    run(main)


def test_workers_do_not_keep_the_process_alive() -> None:
    thread: threading.Thread = run(lambda: Threads().run(threading.current_thread))
    assert thread.daemon
    assert thread.name == "agentkit-worker"
