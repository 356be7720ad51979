"""Work beside a block: it begins when its time has come and ends with the block."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentkit.loops import meanwhile
from tests.deadlines import run


async def begun(work: Callable[[anyio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run work beside a block that ends as soon as the work has begun."""
    there = anyio.Event()
    async with meanwhile(partial(work, there), after=0):
        await there.wait()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_work_beside_a_block_is_cancelled_at_its_end(backend: str) -> None:
    ended: list[bool] = []

    async def work(there: anyio.Event) -> None:
        try:
            there.set()
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    run(backend, begun, work)
    assert ended == [True]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_is_shielded_in_work_beside_a_block_is_finished(backend: str) -> None:
    steps: list[str] = []

    async def work(there: anyio.Event) -> None:
        with anyio.CancelScope(shield=True):
            there.set()
            for _ in range(5):
                await checkpoint()
            steps.append("finished")
        await checkpoint()
        raise AssertionError

    run(backend, begun, work)
    assert steps == ["finished"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_error_of_work_beside_a_block_is_not_lost(backend: str) -> None:
    async def work() -> None:
        raise ValueError("which it must not")

    async def live() -> None:
        async with meanwhile(work, after=0):
            for _ in range(5):
                await checkpoint()

    with pytest.raises((ValueError, ExceptionGroup)) as caught:
        run(backend, live)
    errors = caught.value.exceptions if isinstance(caught.value, ExceptionGroup) else [caught.value]
    assert [str(error) for error in errors] == ["which it must not"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_work_whose_time_does_not_come_never_begins(backend: str) -> None:
    async def work() -> None:
        raise AssertionError

    async def live() -> None:
        async with meanwhile(work, after=3600):
            await checkpoint()

    run(backend, live)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_error_of_a_block_with_work_beside_it_comes_out_as_it_is(backend: str) -> None:
    async def live() -> None:
        async with meanwhile(anyio.sleep_forever, after=0):
            await checkpoint()
            raise LookupError

    with pytest.raises(LookupError):
        run(backend, live)
