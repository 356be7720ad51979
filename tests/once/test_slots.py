"""Threads of plain tools: bounded for the agent and for each tool; hung ones starve nobody else."""

import asyncio
import threading
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit import DefinitionError
from agentkit.errors import RequestError
from agentkit.slots import Limits, Slot, Slots, StuckError
from tests.deadlines import LONG, overtake, pass_time
from tests.once.doors import Line, make, together

both = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def run(backend: str, function: Any, *args: Any) -> Any:
    async def limited() -> Any:
        with anyio.fail_after(LONG):
            return await function(*args)

    return anyio.run(limited, backend=backend)


def slots(threads: int = 4, share: int | None = None, queue_seconds: float = 60.0) -> Slots:
    limits = Limits(threads=threads, threads_per_tool=share, queue_seconds=queue_seconds)
    return Slots(limits)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls": 0},
        {"calls": 1.5},
        {"threads": -1},
        {"threads_per_tool": 0},
        {"queue_seconds": -1},
        {"queue_seconds": 61},
        {"queue_seconds": float("nan")},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        Limits(**wrong)


@pytest.mark.parametrize(
    ("threads", "share", "expected"), [(8, None, 4), (1, None, 1), (8, 3, 3), (8, 99, 8)]
)
def test_one_tool_gets_half_of_the_threads_unless_told(
    threads: int, share: int | None, expected: int
) -> None:
    assert Limits(threads=threads, threads_per_tool=share).share == expected


@both
def test_a_slot_comes_back_when_its_function_ends(backend: str) -> None:
    async def body() -> None:
        pool = slots(threads=1)
        for _ in range(3):
            slot = await pool.take("a")
            assert slot.holding(lambda: 7)() == 7
            slot.leave()
        assert pool.hung == 0

    run(backend, body)


@both
def test_who_comes_late_waits_and_goes_on_in_order(backend: str) -> None:
    async def body() -> None:
        pool = slots(threads=2, share=1)
        first = await pool.take("a")
        order: list[str] = []

        async def wait(name: str) -> None:
            slot = await pool.take("a")
            order.append(name)
            slot.leave()

        async with anyio.create_task_group() as group:
            for name in "xyz":
                group.start_soon(wait, name)
                await anyio.lowlevel.checkpoint()
            first.leave()
        assert sorted(order) == ["x", "y", "z"]

    run(backend, body)


@both
def test_who_waits_too_long_is_refused_before_anything_runs(backend: str) -> None:
    async def body() -> int:
        pool = slots(threads=1, queue_seconds=0.01)
        await pool.take("a")
        with pytest.raises(RequestError) as refused:
            await pool.take("a")
        return refused.value.status

    assert run(backend, body) == 503


@both
def test_who_is_cancelled_while_waiting_takes_nothing(backend: str) -> None:
    async def body() -> None:
        pool = slots(threads=1)
        first = await pool.take("a")
        async with anyio.create_task_group() as group:
            group.start_soon(pool.take, "a")
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        first.leave()
        (await pool.take("a")).leave()

    run(backend, body)


async def test_who_is_cancelled_with_a_slot_just_given_gives_it_back() -> None:
    pool = slots(threads=1)
    first = await pool.take("a")
    waiting = asyncio.create_task(pool.take("a"))
    await anyio.wait_all_tasks_blocked()
    first.leave()
    waiting.cancel()  # as a server does that has waited long enough
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with anyio.fail_after(LONG):
        (await pool.take("a")).leave()


@both
def test_a_full_tool_lets_another_one_pass(backend: str) -> None:
    async def body() -> None:
        pool = slots(threads=2, share=1)
        await pool.take("a")
        passed: list[str] = []

        async def wait(tool: str) -> None:
            slot = await pool.take(tool)
            passed.append(tool)
            slot.leave()

        async with anyio.create_task_group() as group:
            second = await pool.take("b")
            group.start_soon(wait, "a")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(wait, "c")
            await anyio.wait_all_tasks_blocked()
            second.leave()
            await anyio.wait_all_tasks_blocked()
            assert passed == ["c"]
            group.cancel_scope.cancel()

    run(backend, body)


def hang(pool: Slots, slot: Slot, go: threading.Event) -> threading.Thread:
    """Occupy a slot with a thread that hangs, whose caller has left."""
    begun = threading.Event()

    def body() -> None:
        begun.set()
        go.wait(LONG)

    thread = threading.Thread(target=slot.holding(body))
    thread.start()
    assert begun.wait(LONG)
    slot.leave()
    return thread


def test_hung_threads_fill_their_own_tool_and_no_other() -> None:
    async def body() -> None:
        pool, go = slots(threads=2, share=1, queue_seconds=0.01), threading.Event()
        thread = hang(pool, await pool.take("a"), go)
        assert pool.hung == 1
        with pytest.raises(StuckError):
            await pool.take("a")
        others = [await pool.take("b"), await pool.take("c")]
        for slot in others:
            slot.leave()
        go.set()
        thread.join()
        assert pool.hung == 0
        (await pool.take("a")).leave()

    anyio.run(body)


def test_hung_threads_are_bounded_all_the_same() -> None:
    async def body() -> None:
        pool, go = slots(threads=1, queue_seconds=0.01), threading.Event()
        threads = [hang(pool, await pool.take(name), go) for name in "abcd"]
        with pytest.raises(RequestError):
            await pool.take("e")
        go.set()
        for thread in threads:
            thread.join()
        (await pool.take("e")).leave()

    anyio.run(body)


def test_a_tool_that_gets_stuck_while_one_waits_says_so() -> None:
    async def body() -> None:
        pool, go = slots(threads=2, share=1, queue_seconds=20), threading.Event()
        slot = await pool.take("a")
        threads: list[threading.Thread] = []
        async with anyio.create_task_group() as group:

            async def wait() -> None:
                with pytest.raises(StuckError):
                    await pool.take("a")

            group.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            threads.append(hang(pool, slot, go))
            pass_time(30)
        go.set()
        threads[0].join()

    anyio.run(body)


def test_a_function_whose_caller_left_before_it_began_does_not_run() -> None:
    async def body() -> None:
        pool, ran = slots(threads=1), list[int]()
        slot = await pool.take("a")
        late = slot.holding(lambda: ran.append(1))
        slot.leave()
        assert late() is None
        assert ran == []
        (await pool.take("a")).leave()

    anyio.run(body)


# At an agent.


async def test_a_tool_that_hangs_is_answered_at_once_when_it_has_no_threads_left() -> None:
    agent, begun, go = make(limits=Limits(threads=2)), threading.Event(), threading.Event()

    @agent.tool(timeout=20, on_error="Not now.")
    def stuck(n: int) -> str:
        """Hang."""
        begun.set()
        go.wait(LONG)
        return "late"

    @agent.tool
    def fine() -> str:
        """Work."""
        return "fine"

    line = Line(agent)
    said, _ = await together(partial(line.say, "stuck", n=1), partial(overtake, begun, 30))
    assert said.startswith("Not now.")
    assert agent.traffic.is_stuck
    assert (await line.say("stuck", n=2)).startswith("Not now.")
    assert await line.say("fine") == "fine"
    go.set()


async def test_more_calls_than_the_limit_are_sent_back_before_anything_runs() -> None:
    agent, ran = make(limits=Limits(calls=2)), list[int]()
    inside, go = anyio.Event(), anyio.Event()

    @agent.tool
    async def wait(n: int) -> str:
        """Wait."""
        ran.append(n)
        if len(ran) == 2:
            inside.set()
        await go.wait()
        return "waited"

    line = Line(agent)
    await line.send("unknown")

    async def third() -> int:
        await inside.wait()
        refused = await line.send("wait", n=3)
        assert refused.headers["retry-after"] == "1"
        go.set()
        return refused.status

    asks = [partial(line.say, "wait", n=n) for n in (1, 2)]
    assert await together(*asks, third) == ["waited", "waited", 503]
    assert sorted(ran) == [1, 2]
    assert await line.say("wait", n=3) == "waited"


def test_who_waited_gets_what_a_hung_thread_left_meanwhile() -> None:
    async def body() -> None:
        pool, go = slots(threads=8, share=2, queue_seconds=0.05), threading.Event()
        thread, held = hang(pool, await pool.take("a"), go), await pool.take("a")

        async def end() -> None:
            go.set()
            thread.join(LONG)

        async def wait() -> None:
            (await pool.take("a")).leave()

        await together(wait, end)
        held.leave()
        assert pool.hung == 0

    anyio.run(body)
