"""CPU a request, in process: sides take turns in short rounds, so that load falls on all alike."""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.cases import Case, prepared
from benchmarks.wire import App, Request, numbered, repeat, send_all

Maker = Callable[[int], App]


class Effort(NamedTuple):
    """How long to measure."""

    rounds: int
    seconds: float


Rounds = dict[str, list[float]]
"""Microseconds of CPU a request, by side, in the order of the rounds."""


def measure(cases: Sequence[Case], sides: Mapping[str, Maker], effort: Effort) -> dict[str, Rounds]:
    """Return what each case costs each side."""
    made: dict[tuple[str, int], App] = {}
    for name, make in sides.items():
        for case in cases:
            if (name, case.tools) not in made:
                made[name, case.tools] = make(case.tools)
    gc.collect()
    gc.freeze()  # what was set up is not searched again and again on the account of a request
    try:
        return {
            case.name: asyncio.run(
                _measure(case, {name: made[name, case.tools] for name in sides}, effort)
            )
            for case in cases
        }
    finally:
        gc.unfreeze()


def ratio(rounds: Rounds, over: str, under: str) -> float:
    """Return the median of the ratios of the rounds."""
    return median(a / b for a, b in zip(rounds[over], rounds[under], strict=True))


async def _measure(case: Case, apps: Mapping[str, App], effort: Effort) -> Rounds:
    plans = {}
    for name, app in apps.items():
        asked = await prepared(case, app)
        await repeat(app, asked, 5)
        plans[name] = (app, asked, await _fitting(app, asked, effort.seconds))
    rounds: Rounds = {name: [] for name in apps}
    order = list(plans)
    for _ in range(effort.rounds):
        for name in order:
            rounds[name].append(await _cost(*plans[name]) * 1e6)
        order.reverse()
    return rounds


async def _fitting(app: App, asked: Request, seconds: float) -> int:
    """Return how many requests take about so long."""
    once = min([await _cost(app, asked, 5) for _ in range(3)])
    return max(3, int(seconds / once))


async def _cost(app: App, asked: Request, times: int) -> float:
    requests = numbered(asked, times)
    began = time.process_time()
    await send_all(app, asked.scope, requests)
    return (time.process_time() - began) / times
