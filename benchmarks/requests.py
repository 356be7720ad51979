"""CPU a request on one side in a process of its own: `python -m benchmarks.requests vendor 9 0.1`.

The raw side and agentkit are measured in one process, in turns; the vendor's SDK lives in another
venv, so it runs here, by the same driver.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.cases import CASES
from benchmarks.inproc import Effort, measure
from benchmarks.sides import application


def in_process_of(python: Path, side: str, effort: Effort) -> dict[str, float]:
    """Return microseconds of CPU a request, by case."""
    arguments = [side, str(effort.rounds), str(effort.seconds)]
    command = [str(python), "-m", "benchmarks.requests", *arguments]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    costs: dict[str, float] = json.loads(told.splitlines()[-1])
    return costs


def main(side: str, rounds: str, seconds: str) -> None:
    """Print the costs as JSON."""
    effort = Effort(int(rounds), float(seconds))
    measured = measure(CASES, {side: lambda tools: application(side, tools)}, effort)
    print(json.dumps({case: median(rounds[side]) for case, rounds in measured.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
