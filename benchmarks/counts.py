"""Function calls and instructions a request: figures that do not depend on the machine's load."""

import asyncio
import cProfile
import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cases import CASES, Case, prepared
from benchmarks.wire import App, repeat

CALLS = {"document": 130, "async tool call": 135, "401, no header": 30}
"""Most function calls that agentkit may spend on a request (held by `tests/test_costs.py`)."""

SIDES = ("raw", "kit")

_TIMES = 20
_FEW, _MORE = 20, 120
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


def case_named(name: str) -> Case:
    """Return one of the cases."""
    return next(case for case in CASES if case.name == name)


async def calls(app: App, case: Case) -> float:
    """Return how many functions, Python's and C's, one request calls.

    What others left to be collected is not of the request: its end would be counted as well.
    """
    asked = await prepared(case, app)
    await repeat(app, asked, 3)
    profile = cProfile.Profile()
    gc.collect()
    gc.disable()
    profile.enable()
    await repeat(app, asked, _TIMES)
    profile.disable()
    gc.enable()
    return sum(entry.callcount for entry in profile.getstats()) / _TIMES


async def profiled(app: App, case: Case) -> dict[str, int]:
    """Return the functions that one request calls, and how often."""
    asked = await prepared(case, app)
    await repeat(app, asked, 3)
    profile = cProfile.Profile()
    profile.enable()
    await repeat(app, asked, 1)
    profile.disable()
    return {_name(entry.code): entry.callcount for entry in profile.getstats()}


def instructions() -> dict[str, dict[str, float]] | None:
    """Return the instructions a request by case and side, None without valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    with TemporaryDirectory() as folder:
        out = Path(folder, "callgrind")
        options = ["--tool=callgrind", "--dump-before=getppid", f"--callgrind-out-file={out}"]
        command = [valgrind, *options, sys.executable, "-m", "benchmarks.counts"]
        environ = {**os.environ, "PYTHONHASHSEED": "0"}
        told = subprocess.run(command, env=environ, capture_output=True, check=True).stdout
        parts = [Path(f"{out}.{2 * number + 2}") for number in range(len(json.loads(told)))]
        totals = [int(_TOTALS.findall(part.read_text(encoding="utf-8"))[0]) for part in parts]
    return _by_case(json.loads(told), totals)


def _by_case(told: list[list[str]], totals: list[int]) -> dict[str, dict[str, float]]:
    """Take the short run from the long one, so that what is not the request's own cancels."""
    found: dict[str, dict[str, float]] = {}
    for index in range(0, len(told), 2):
        side, case = told[index]
        found.setdefault(case, {})[side] = (totals[index + 1] - totals[index]) / (_MORE - _FEW)
    return found


async def _runs() -> list[tuple[str, str]]:
    """Run short and long series; callgrind writes a part whenever `getppid` is called."""
    from benchmarks import kit, raw  # noqa: PLC0415 - the test of the counts needs no raw side

    makers: dict[str, Callable[[int], App]] = {"raw": raw.Agent, "kit": kit.agent}
    told = []
    for side in SIDES:
        for name in CALLS:
            case = case_named(name)
            app = makers[side](case.tools)
            asked = await prepared(case, app)
            await repeat(app, asked, 10)
            for times in (_FEW, _MORE):
                gc.collect()
                os.getppid()
                await repeat(app, asked, times)
                told.append((side, name))
                os.getppid()
    return told


def _name(code: object) -> str:
    if isinstance(code, str):
        return code
    path = Path(code.co_filename)  # type: ignore[attr-defined]  # a code object
    return f"{path.name}:{code.co_firstlineno} {code.co_name}"  # type: ignore[attr-defined]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_runs())))
