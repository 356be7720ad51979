"""One timer keeps the limits of all."""

import asyncio
from collections.abc import Callable

import anyio
import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.line import run
from agentkit.state.limits import Limits

Ended = dict[float, float]


async def work(limits: Limits, limit: float, seconds: float, ended: Ended) -> None:
    """Work for some time and note when that ended, if it was by the limit."""
    with limits.until(limit) as scope:
        await anyio.sleep(seconds)
    if scope.cancelled_caught:
        ended[limit] = anyio.current_time()


@pytest.mark.parametrize("order", [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
def test_what_takes_too_long_is_cancelled_when_its_time_comes(order: list[float]) -> None:
    ended: Ended = {}

    async def main() -> None:
        limits = Limits()
        async with anyio.create_task_group() as group:
            for limit in order:
                group.start_soon(work, limits, limit, 9, ended)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(work, limits, limit, limit / 2, ended)

    run(main, Clock())
    assert ended == {1: 1, 2: 2, 3: 3}


def test_work_in_time_needs_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float] = []

    async def main() -> None:
        limits, loop = Limits(), asyncio.get_running_loop()
        call_at: Callable[..., asyncio.TimerHandle] = loop.call_at

        def counted(when: float, *rest: object) -> asyncio.TimerHandle:
            timers.append(when)
            return call_at(when, *rest)

        monkeypatch.setattr(loop, "call_at", counted)
        for number in range(100):
            with limits.until(5 + number / 100):
                pass

    run(main, Clock())
    assert timers == [5]


def test_work_that_has_ended_is_left_alone_when_its_time_comes() -> None:
    async def main() -> None:
        limits = Limits()
        with limits.until(1) as first:
            pass
        await anyio.sleep(2)
        with limits.until(3) as second:
            await anyio.sleep(9)
        assert (first.cancel_called, second.cancel_called) == (False, True)
        assert anyio.current_time() == 3

    run(main, Clock())
