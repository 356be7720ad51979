"""SIGTERM with calls in flight: each is answered, nothing is reset, the process ends with 0."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.reliability.harness import size
from tests.reliability.posting import get, post, tool_call
from tests.reliability.shops import ledger, open_shop, until

IN_FLIGHT = 200
RUNS = size(5, 100)

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("workers", [1, 2])
async def test_sigterm_lets_every_call_end(
    workers: int, tmp_path: Path, record: Callable[..., None]
) -> None:
    seen: Counter[str] = Counter()
    for run in range(RUNS):
        folder = tmp_path / str(run)
        folder.mkdir()
        seen += await _drained(folder, workers)
    record(f"SIGTERM with {IN_FLIGHT} calls in flight, {workers} workers", runs=RUNS, **seen)
    assert seen == {"answered": IN_FLIGHT * RUNS, "exit 0": RUNS, "not ready": RUNS, "late": RUNS}


async def _drained(folder: Path, workers: int) -> Counter[str]:
    """Count what became of the calls and of the process."""
    seen: Counter[str] = Counter()

    async def ask(port: int, number: int) -> None:
        try:
            told = await post(port, "/shop/swaig", tool_call("slow", f"c-{number}", seconds=1.5))
            seen["answered" if told.status == 200 else str(told.status)] += 1
        except OSError as error:
            seen[type(error).__name__] += 1

    with open_shop(folder, workers, SHOP_DELAY="0.5") as (process, port):
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
        with anyio.fail_after(30):
            code = await anyio.to_thread.run_sync(process.wait)
        seen[f"exit {code}"] += 1
    return seen
