"""Processes that raise counters in one store at the same time, and what came of it."""

import json
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.state_sides import Job

PROCESSES, TASKS = 4, 16


class Load(NamedTuple):
    """What a store has carried.

    Attributes:
        per_second: updates that were acknowledged.
        p99_ms: all but one in a hundred took no longer.
        updates: that were acknowledged, also before the time was taken.
        lost: those of them that are not there.
    """

    per_second: float
    p99_ms: float
    updates: int
    lost: int


def carry(
    python: Path | str, side: str, url: str, keys: Sequence[list[str]], seconds: float
) -> Load:
    """Start a process for each list of keys and let all work at the same time.

    Raises:
        CalledProcessError: one has failed.
    """
    workers = [_Worker(python, Job(side, url, mine, seconds)) for mine in keys]
    for worker in workers:
        worker.told()
    for worker in workers:
        worker.tell("go")
    results = [json.loads(worker.told()) for worker in workers]
    found = 0
    for key in {key for mine in keys for key in mine}:
        workers[0].tell(key)
        found += int(workers[0].told())
    for worker in workers:
        worker.end()
    micros = sorted(each for result in results for each in result["micros"])
    raised = sum(result["raised"] for result in results)
    p99_ms = micros[math.ceil(len(micros) * 0.99) - 1] / 1e3
    return Load(len(micros) / seconds, p99_ms, raised, raised - found)


class _Worker:
    """One process, told and answering line by line."""

    def __init__(self, python: Path | str, job: Job) -> None:
        command = [str(python), "-W", "ignore", "-m", "benchmarks.state_sides", json.dumps(job)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def told(self) -> str:
        """Return the next line, or raise if there is none."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise subprocess.CalledProcessError(self._process.wait(), self._process.args)
        return line

    def end(self) -> None:
        self.tell("")
        self._process.wait()
