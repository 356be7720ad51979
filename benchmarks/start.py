"""What starting costs: imports, and the way from a fresh process to its first document."""

import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import content
from benchmarks.serve import running

AGENTKIT = "import agentkit"
PARTS = (
    "import starlette.applications, starlette.requests, starlette.responses, starlette.routing, "
    "msgspec, anyio"
)
LATE = ("uvicorn", "click", "httpx")
"""What must not be imported before it is used."""

_TOLD = "; import json, sys; print(json.dumps(sorted(sys.modules)))"


class Spent(NamedTuple):
    """Milliseconds of a process, from its start to its end."""

    cpu: float
    wall: float


def spent(command: Sequence[str]) -> Spent:
    """Run a command and return what it took.

    Raises:
        CalledProcessError: it failed.
    """
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent((usage.ru_utime + usage.ru_stime) * 1e3, wall * 1e3)


Rounds = dict[str, list[Spent]]
"""What was spent, by name, in the order of the rounds."""


def in_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> Rounds:
    """Return what commands take that are run in turns."""
    return _in_turns({name: partial(spent, command) for name, command in commands.items()}, rounds)


def _in_turns(acts: Mapping[str, Callable[[], Spent]], rounds: int) -> Rounds:
    for act in acts.values():
        act()  # writes the bytecode
    taken: Rounds = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            taken[name].append(act())
    return taken


def middle(rounds: Sequence[Spent]) -> Spent:
    """Return the medians."""
    return Spent(median(each.cpu for each in rounds), median(each.wall for each in rounds))


def wall_ratio(rounds: Rounds, over: str, under: str) -> float:
    """Return the median of the ratios of the rounds."""
    return median(a.wall / b.wall for a, b in zip(rounds[over], rounds[under], strict=True))


def imports(python: Path | str, rounds: int) -> Rounds:
    """Return what importing costs: the interpreter alone, agentkit, and what it stands on."""
    codes = {"bare": "pass", "agentkit": AGENTKIT, "parts": PARTS}
    return in_turns({name: [str(python), "-c", code] for name, code in codes.items()}, rounds)


def modules(python: Path | str, code: str) -> list[str]:
    """Return the names of the modules that are there after an import."""
    told = subprocess.run([str(python), "-c", code + _TOLD], capture_output=True, check=True)
    names: list[str] = json.loads(told.stdout)
    return names


def first_documents(pythons: Mapping[str, Path | str], rounds: int) -> Rounds:
    """Return what a fresh process takes to one document that is asked for in process."""
    return in_turns(
        {side: [str(it), "-m", "benchmarks.first", side] for side, it in pythons.items()}, rounds
    )


def cold_lambdas(pythons: Mapping[str, Path | str], rounds: int) -> Rounds:
    """Return what imports and the first document take on Lambda, in a fresh process."""
    return _in_turns({side: partial(_cold, it, side) for side, it in pythons.items()}, rounds)


def _cold(python: Path | str, side: str) -> Spent:
    command = [str(python), "-m", "benchmarks.cold", side]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    return Spent(*json.loads(told.splitlines()[-1]))


def first_served(pythons: Mapping[str, Path | str], rounds: int) -> Rounds:
    """Return what it takes from starting uvicorn to a document over a socket."""
    return _in_turns(
        {side: partial(_served_once, it, side) for side, it in pythons.items()}, rounds
    )


def _served_once(python: Path | str, side: str) -> Spent:
    with running(python, side) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Authorization": content.AUTHORIZATION.decode()}
        connection.request("GET", content.ROUTE, headers=headers)
        answer = connection.getresponse()
        answer.read()
        wall = time.monotonic() - server.began
        cpu = server.cpu_seconds()
        connection.close()
    if answer.status != 200:
        raise SystemExit(f"{side} answered with {answer.status}")
    return Spent(cpu * 1e3, wall * 1e3)
