"""What every store is put through: many processes, kills at any moment, cancelled calls.

A store is named by a `Spec`, a function by name with plain arguments, so that a child process can
make a handle of its own: `Spec("agentkit.state.sqlite:SQLiteState", (path,))`. Children start from
a fork server that has the modules loaded: a fresh interpreter each, in milliseconds.

* `count` increments one record from many tasks of many processes.
* `storm` cancels half of the calls while each task reads only its own key.

Beside it: `kills` kills writers and whatever else a store does, `histories` records and checks
histories, `model` compares a store with a dict, `conftest` has the `record` fixture that prints
the figures.
"""

import ctypes
import gc
import importlib
import multiprocessing
import os
import random
import resource
import select
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from operator import setitem
from typing import Any, NamedTuple, TypeVar

import anyio
import anyio.lowlevel
import msgspec

from agentkit.errors import StateConflict
from agentkit.state import StateManager
from agentkit.state.base import ANY, BlockingBackend, Record, StateBackend, as_awaited
from agentkit.state.operations import Draft, Operation, Snapshot
from tests.reliability import patience

LONG = bool(os.environ.get("AGENTKIT_LONG"))
"""Whether the long sizes were asked for."""

SEED = 20_261
"""What every random choice starts from."""

TTL_SECONDS = 86_400.0
KEY = "call:hot"

# What the fork server loads once for all children, which otherwise spend their lives on it; what
# is missing here is skipped.
_PRELOADED = [
    "anyio._backends._asyncio",
    "agentkit.state.file",
    "agentkit.state.sqlite",
    "agentkit.state.postgres",
    "agentkit.state.redis",
    "psycopg",
    "redis.asyncio.connection",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "tests.reliability.events_work",
    "tests.reliability.inbox_work",
    "tests.reliability.kills",
    "tests.reliability.histories",
    "tests.reliability.sqlite_work",
]
_KNOWN = multiprocessing.get_all_start_methods()
_processes: Any = multiprocessing.get_context("forkserver" if "forkserver" in _KNOWN else "spawn")

T = TypeVar("T")


def size(ci: int, long: int) -> int:
    """Return how many there shall be, by whether AGENTKIT_LONG is set."""
    return long if LONG else ci


def figures(*results: Any, **more: object) -> str:
    """Return what was measured as one line."""
    known = {**{k: v for result in results for k, v in result._asdict().items()}, **more}
    return " ".join(f"{name}={_shown(value)}" for name, value in known.items())


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Spec(NamedTuple):
    """How any process makes a handle onto one store.

    Attributes:
        maker: "module:function" (or class) that returns a backend that is not open.
        args: its arguments: plain data, paths, or other specs.
    """

    maker: str
    args: tuple[Any, ...] = ()

    def make(self) -> StateBackend | BlockingBackend:
        module, _, name = self.maker.partition(":")
        made: StateBackend | BlockingBackend = getattr(importlib.import_module(module), name)(
            *self.args
        )
        return made


@asynccontextmanager
async def opened(spec: Spec) -> Any:
    """Give an open handle in the form that is awaited."""
    store = as_awaited(spec.make())
    await store.open()
    try:
        yield store
    finally:
        with anyio.CancelScope(shield=True):
            await store.close()


# Processes ------------------------------------------------------------------------------------


def start(work: Callable[..., object], *args: Any) -> BaseProcess:
    """Start a child that calls a function of a module, which may be killed at any moment."""
    _processes.set_forkserver_preload(_PRELOADED)
    child: BaseProcess = _processes.Process(target=_patient, args=(work, *args), daemon=True)
    child.start()
    return child


def _patient(work: Callable[..., object], *args: Any) -> None:  # pragma: no cover - in a child
    patience.have(setitem, setattr)
    work(*args)


def pipe() -> tuple[Connection, Connection]:
    """Return the reading and the writing end of a pipe that a child can be given."""
    ends: tuple[Connection, Connection] = _processes.Pipe(duplex=False)
    return ends


def in_processes(work: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
    """Call a function of a module in one child for each tuple of arguments, all at once.

    Returns the results in order; a child that fails is an `AssertionError` with its traceback.
    """
    children: list[tuple[BaseProcess, Connection]] = []
    try:
        for args in calls:
            receiver, sender = pipe()
            children.append((start(report, sender, work, args), receiver))
            sender.close()
        return [_result(receiver) for _, receiver in children]
    finally:  # when one fails or the test is over time, the others must not work on for ever
        for child, receiver in children:
            receiver.close()
            killed(child)


def report(sender: Connection, work: Callable[..., object], args: tuple[Any, ...]) -> None:
    """Send what the function returns, or why it did not."""
    try:
        sender.send((work(*args), ""))
    except BaseException:  # noqa: BLE001 - whatever it is, the parent shall show it
        sender.send((None, traceback.format_exc()))


def _result(receiver: Connection) -> Any:
    try:
        result, failure = receiver.recv()
    except EOFError:
        result, failure = None, "a child died without a word"
    if failure:
        raise AssertionError(failure)
    return result


def killed(child: BaseProcess) -> None:
    """End a child with SIGKILL and wait for its end."""
    child.kill()
    child.join()
    child.close()


@contextmanager
def mortal(child: BaseProcess) -> Iterator[None]:
    """End a child with SIGKILL at the end of what is done with it, however that ends."""
    try:
        yield
    finally:
        killed(child)


def a_moment(seconds: float) -> None:
    """Let this much time pass: the only way to reach the middle of another process's work."""
    select.select([], [], [], seconds)


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Give a function that tells the seconds since the start."""
    began = time.perf_counter()
    yield lambda: time.perf_counter() - began


def resident_mib() -> float:
    """Return how many MiB of memory this process holds that it cannot give back."""
    gc.collect()
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:  # the GNU library keeps some of what was freed
        give_back(0)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file on disk
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


# A counter ------------------------------------------------------------------------------------


class Counted(NamedTuple):
    """What became of the increments: `wanted`, `found` and `writes` must be equal."""

    wanted: int
    found: int
    writes: int
    per_second: float


def count(spec: Spec, *, total: int, processes: int = 4, tasks: int = 16) -> Counted:
    """Increment one record so many times, through the operations of `StateManager`."""
    times, rest = divmod(total, processes * tasks)
    assert not rest, "every task does its share"
    with stopwatch() as seconds:
        in_processes(count_here, [(spec, tasks, times)] * processes)
        elapsed = seconds()
    record = anyio.run(_read, spec)
    found = msgspec.json.decode(record.data[1:])["count"]
    return Counted(total, found, number_of(record.version), total / elapsed)


def count_here(spec: Spec, tasks: int, times: int) -> None:
    """Increment in this process, so many times in each of so many tasks."""
    anyio.run(_count, spec, tasks, times)


async def _count(spec: Spec, tasks: int, times: int) -> None:
    manager = StateManager(spec.make())
    await manager.open()
    async with anyio.create_task_group() as group:
        for _ in range(tasks):
            group.start_soon(_increment, manager, times)
    await manager.close()


async def _increment(manager: StateManager, times: int) -> None:
    done = 0
    while done < times:
        try:
            await manager.run(_one_more(manager))
        except StateConflict:  # others kept winning for two seconds; nothing was written
            continue
        done += 1


def _one_more(manager: StateManager) -> Operation[Snapshot]:
    def more(stored: Snapshot) -> Draft:
        state = stored.data or {"count": 0}
        return Draft(manager.operations.schema.pack({"count": state["count"] + 1}))

    return manager.operations.rewrite(KEY.removeprefix("call:"), more)


async def _read(spec: Spec) -> Record:
    async with opened(spec) as store:
        record: Record | None = await store.get(KEY)
    assert record is not None
    return record


def number_of(version: str) -> int:
    """Return how many writes led to a version."""
    return int(version.partition(".")[2])


# Cancellation ---------------------------------------------------------------------------------


class Storm(NamedTuple):
    """What became of calls of which half were cancelled: `wrong` must be 0."""

    completed: int = 0
    cancelled: int = 0
    wrong: int = 0


async def storm(
    store: StateBackend, *, calls: int, tasks: int = 16, steps: int = 8, seed: int = SEED
) -> Storm:
    """Read and write from many tasks, each its own key, and cancel about half of the calls midway.

    A read must answer with the task's own value, not older than the last acknowledged and not
    newer than the last attempted. `steps` is how many turns of the loop a call is given at most.
    """
    callers = [_Caller(store, f"call:{n}", random.Random(seed + n), steps) for n in range(tasks)]
    async with anyio.create_task_group() as group:
        for caller in callers:
            group.start_soon(caller.run, calls // tasks)
    seen: Counter[str] = sum((caller.seen for caller in callers), Counter())
    return Storm(**seen)


class _Caller:
    """One task with a key of its own."""

    def __init__(self, store: StateBackend, key: str, chance: random.Random, steps: int) -> None:
        self.store, self.key, self.chance, self.steps = store, key, chance, steps
        self.acknowledged = 0
        self.attempted = 0
        self.seen: Counter[str] = Counter()

    async def run(self, calls: int) -> None:
        for _ in range(calls):
            call = self.write if self.chance.random() < 0.5 else self.read
            cut = self.chance.random() < 0.75  # some of these are answered before they are cut
            await self._cut(call, self._turns() if cut else None)
        await self.read()

    def _turns(self) -> int:
        """Return when to cut: early more often than late, as one turn is enough for some answers.

        What is cut in its first turn is not answered yet, however fast others are.
        """
        return min(self.chance.choices(range(self.steps), k=3))

    async def write(self) -> None:
        self.attempted += 1
        number = self.attempted
        data = f"{self.key} {number}".encode()
        write_id = f"{number}"
        await self.store.put(self.key, data, expect=ANY, ttl_seconds=TTL_SECONDS, write_id=write_id)
        self.acknowledged = number

    async def read(self) -> None:
        oldest = self.acknowledged
        record = await self.store.get(self.key)
        key, number = record.data.decode().rsplit(" ", 1) if record else (self.key, "0")
        if key != self.key or not oldest <= int(number) <= self.attempted:
            self.seen["wrong"] += 1

    async def _cut(self, call: Callable[[], Any], ending: int | None) -> None:
        outcome = "cancelled"
        async with anyio.create_task_group() as group:
            if ending is not None:
                group.start_soon(partial(_cancel_after, group.cancel_scope, ending))
            await call()
            outcome = "completed"
            group.cancel_scope.cancel()
        self.seen[outcome] += 1


async def _cancel_after(scope: anyio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await anyio.lowlevel.checkpoint()
    scope.cancel()
