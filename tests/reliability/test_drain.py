"""SIGTERM with calls in flight: each is answered, nothing is reset, the process ends with 0."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.reliability.harness import size
from tests.reliability.posting import get, post, tool_call
from tests.reliability.shops import ledger, open_shop, opened, until

IN_FLIGHT = 200
RUNS = size(5, 100)
AT_ONCE = 3
DELAY_SECONDS = 8  # far longer than a process stands still between two requests
CALL_SECONDS = 12  # a call outlasts that: the server is told to end while it runs

pytestmark = pytest.mark.timeout(size(600, 3_600))


@pytest.mark.parametrize("workers", [1, 2])
async def test_sigterm_lets_every_call_end(
    workers: int, tmp_path: Path, record: Callable[..., None]
) -> None:
    seen: Counter[str] = Counter()
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def one(folder: Path) -> None:
        async with limit:
            seen.update(await _drained(folder, workers))

    async with anyio.create_task_group() as group:
        for run in range(RUNS):
            folder = tmp_path / str(run)
            folder.mkdir()
            group.start_soon(one, folder)
    record(f"SIGTERM with {IN_FLIGHT} calls in flight, {workers} workers", runs=RUNS, **seen)
    assert seen == {"answered": IN_FLIGHT * RUNS, "exit 0": RUNS, "not ready": RUNS, "late": RUNS}


async def _drained(folder: Path, workers: int) -> Counter[str]:
    """Count what became of the calls and of the process."""
    seen: Counter[str] = Counter()

    async def ask(port: int, number: int) -> None:
        try:
            call = tool_call("slow", f"c-{number}", seconds=CALL_SECONDS)
            told = await post(port, "/shop/swaig", call)
            seen["answered" if told.status == 200 else str(told.status)] += 1
        except OSError as error:
            seen[type(error).__name__] += 1

    async with opened(open_shop(folder, workers, SHOP_DELAY=f"{DELAY_SECONDS}")) as shop:
        process, port = shop
        async with anyio.create_task_group() as group:
            for number in range(IN_FLIGHT):
                group.start_soon(ask, port, number)
            await until(lambda: len(ledger(folder)) == IN_FLIGHT)
            process.send_signal(signal.SIGTERM)
            while (await get(port, "/ready")).status == 200:
                await anyio.lowlevel.checkpoint()
            seen["not ready"] += 1
            late = await post(port, "/shop/swaig", tool_call("quick", "late"))
            seen["late"] += late.status == 200
        with anyio.fail_after(60):
            code = await anyio.to_thread.run_sync(process.wait)
        seen[f"exit {code}"] += 1
    return seen
