"""Updates of call state a second: `python -m benchmarks.state [STORE...]`, or the section `state`.

An update reads, changes and writes one small record. Four processes of 16 tasks do nothing else,
all on one record or each task on its own (64). The sides are in `benchmarks.state_sides`.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import NamedTuple

from benchmarks import venvs
from benchmarks.report import Figure, at_least, machine, no_target, not_measured, table
from benchmarks.state_load import PROCESSES, TASKS, Load, carry

OF_BARE = 0.6
"""At least so many times the updates of the bare primitive, each task on a record of its own."""

GROUPED, CALLERS = 1.5, 32
"""At least so many times the updates of commits one by one, with so many callers."""

BARE = {
    "memory": "a dict of JSON",
    "file": "a synced rename",
    "sqlite": "a transaction",
    "redis": "a script",
    "postgres": "an upsert",
}
"""The stores, and the primitive that each is compared with."""

_LOCAL = {"file": "file:{}/records", "sqlite": "sqlite:///{}/state.db"}
_numbers = count()


class Effort(NamedTuple):
    """How long to measure."""

    rounds: int
    seconds: float


FULL, QUICK = Effort(3, 1.2), Effort(1, 0.4)

Loads = dict[str, list[Load]]
"""What each side has carried, round by round."""


def figures(effort: Effort, peer: Path | None, stores: list[str] | None = None) -> list[Figure]:
    """Measure the stores, all of them unless they are named."""
    found = [_of_store(store, effort, peer) for store in stores or BARE]
    return [figure for group in found for figure in group]


def _of_store(store: str, effort: Effort, peer: Path | None) -> list[Figure]:
    pythons = {"kit": sys.executable, "bare": sys.executable}
    if peer is not None:
        pythons["peer"] = str(peer)
    try:
        with _place(store) as make_url:
            each = _in_turns(pythons, store, make_url, effort, hot=False)
            hot = _in_turns(pythons, store, make_url, effort, hot=True)
            grouped = _grouped(store, make_url, effort) if store in _LOCAL else []
    except LookupError as missing:
        return [not_measured(f"updates a second, {store}", str(missing))]
    return [_own_keys(store, each), _hot_key(store, hot), *_peer(store, each, hot), *grouped]


def _in_turns(
    pythons: dict[str, str], store: str, make_url: Callable[[], str], effort: Effort, *, hot: bool
) -> Loads:
    carried: Loads = {side: [] for side in pythons}
    for _ in range(effort.rounds):
        for side, python in pythons.items():
            keys = _keys(store, hot=hot)
            carried[side].append(carry(python, side, make_url(), keys, effort.seconds))
    return carried


def _keys(store: str, *, hot: bool) -> list[list[str]]:
    """Return the keys of the tasks of each process; what is in memory has one process."""
    run, tasks = next(_numbers), PROCESSES * TASKS
    keys = [f"call-{run}-{0 if hot else number}" for number in range(tasks)]
    size = tasks if store == "memory" else TASKS
    return [keys[begin : begin + size] for begin in range(0, tasks, size)]


def _own_keys(store: str, loads: Loads) -> Figure:
    pairs = zip(loads["kit"], loads["bare"], strict=True)
    ratio = median(kit.per_second / bare.per_second for kit, bare in pairs)
    detail = f"{_told(loads['kit'])}; {BARE[store]} {_told(loads['bare'])}"
    return at_least(f"updates a second, 64 records, {store}", ratio, OF_BARE, "x", detail)


def _hot_key(store: str, loads: Loads) -> Figure:
    told = f"{_told(loads['kit'])}, {_lost(loads['kit'])}; {BARE[store]} {_told(loads['bare'])}"
    return no_target(f"updates a second, 1 record, {store}", told)


def _peer(store: str, each: Loads, hot: Loads) -> list[Figure]:
    if "peer" not in each:
        return []
    told = f"{_told(each['peer'])}; 1 record {_told(hot['peer'])}, {_lost(hot['peer'])}"
    return [no_target(f"py-key-value-aio, 64 records, {store}", told)]


def _grouped(store: str, make_url: Callable[[], str], effort: Effort) -> list[Figure]:
    rates: dict[str, list[float]] = {"kit": [], "single": []}
    for _ in range(effort.rounds):
        for side, found in rates.items():
            keys = [[f"call-{number}" for number in range(CALLERS)]]
            found.append(carry(sys.executable, side, make_url(), keys, effort.seconds).per_second)
    ratio = median(a / b for a, b in zip(rates["kit"], rates["single"], strict=True))
    detail = f"{median(rates['kit']):,.0f} a second, one by one {median(rates['single']):,.0f}"
    name = f"group commit, {CALLERS} callers in one process, {store}"
    return [at_least(name, ratio, GROUPED, "x", detail)]


def _told(loads: list[Load]) -> str:
    p99 = median(load.p99_ms for load in loads)
    return (
        f"{median(load.per_second for load in loads):,.0f} (p99 {p99:,.{1 if p99 < 10 else 0}f} ms)"
    )


def _lost(loads: list[Load]) -> str:
    lost, made = sum(load.lost for load in loads), sum(load.updates for load in loads)
    return f"{lost:,} of {made:,} lost"


@contextmanager
def _place(store: str) -> Iterator[Callable[[], str]]:
    """Give a function that names a store for each run, in a folder beside the venvs.

    Raises:
        LookupError: the server is not installed.
    """
    if store in _LOCAL or store == "memory":
        venvs.FOLDER.mkdir(exist_ok=True)
        folder = Path(mkdtemp(dir=venvs.FOLDER.absolute()))
        try:
            yield partial(_fresh, folder, _LOCAL.get(store, "memory:"))
        finally:
            shutil.rmtree(folder)
    else:
        with _server(store) as url:
            yield lambda: url


def _fresh(folder: Path, url: str) -> str:
    return url.format(mkdtemp(dir=folder))


@contextmanager
def _server(store: str) -> Iterator[str]:
    import pytest  # noqa: PLC0415 - only this side of the section needs the tests' servers

    from tests.reliability import servers  # noqa: PLC0415

    kind = {"redis": servers.RedisServer, "postgres": servers.PostgresServer}[store]
    try:
        running: AbstractContextManager[servers.Server] = servers.running(kind)
        with running as server:
            yield server.url
    except pytest.skip.Exception as missing:
        raise LookupError(str(missing)) from missing


def main(stores: list[str]) -> None:
    """Print the table of some stores."""
    print(f"Measured on {machine()}.\n\n{table(figures(FULL, venvs.peer(), stores))}")


if __name__ == "__main__":
    main(sys.argv[1:])
