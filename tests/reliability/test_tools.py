"""Tool calls under re-sends, kills, hung threads and overload, on real server processes.

Times are printed and not judged: how long something takes is the machine's affair. What must hold
is counted: effects in the ledger, answers by their status.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import quantiles

import anyio
import pytest

from agentkit.tools import UNCONFIRMED
from tests.reliability.harness import SEED, size
from tests.reliability.posting import Told, get, post, tool_call
from tests.reliability.servers import redis_url
from tests.reliability.shops import ledger, open_shop, opened, until

CALLS = size(500, 10_000)
HUNG = size(100, 1_000)
OVERLOAD_SECONDS = size(10, 60)
OPEN = 400  # connections, far more than ten calls and those that wait half a second for a place
SENT_AT_MOST = 4
AT_ONCE = 40
RETRY_SECONDS = 0.2  # the platform waits a second

pytestmark = pytest.mark.timeout(3_600)

Record = Callable[..., None]


class Shops:
    """Two processes that share a store, and what becomes of requests to them."""

    def __init__(self, folder: Path, state: str) -> None:
        self._folder = folder
        self._state = state
        self.ports: list[int | None] = [None, None]
        self.kills = 0
        self.random = random.Random(SEED)

    async def keep(self, index: int, group: "anyio.abc.TaskGroup") -> None:
        """Run one process, killing it at random and opening it again, until cancelled."""
        while True:
            async with self._open(index) as kill:
                await anyio.sleep(self.random.uniform(0.3, 2.0))
                kill()
                self.kills += 1

    @asynccontextmanager
    async def _open(self, index: int) -> AsyncIterator[Callable[[], None]]:
        async with opened(open_shop(self._folder, SHOP_STATE=self._state)) as shop:
            process, self.ports[index] = shop
            try:
                yield process.kill
            finally:
                self.ports[index] = None

    async def steady(self, stack: AsyncExitStack) -> None:
        """Open both for good."""
        for index in range(2):
            await stack.enter_async_context(self._open(index))

    async def deliver(self, call_id: str) -> Told | None:
        """Send a request as the platform does: again after a failure, at most four times."""
        body = tool_call("book", call_id, order=call_id)
        for _ in range(SENT_AT_MOST):
            port = self.random.choice([port for port in self.ports if port] or [1])
            try:
                told = await post(port, "/shop/swaig", body)
            except OSError:
                told = None
            if told is not None and told.status == 200:
                return told
            await anyio.sleep(RETRY_SECONDS)
        return None


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_a_once_tool_never_acts_twice(kind: str, tmp_path: Path, record: Record) -> None:
    state = redis_url() if kind == "redis" else f"sqlite:///{tmp_path}/calls.db"
    seen = await _booked(Shops(tmp_path, state), tmp_path)
    record(f"once tools on {kind}, delivered up to four times, workers killed", **seen)
    assert seen["doubled"] == 0
    assert seen["contradicted"] == 0
    assert seen["booked"] + seen["unconfirmed"] == CALLS
    assert seen["kills"] > 0


async def _booked(shops: Shops, folder: Path) -> Counter[str]:
    """Deliver calls while workers die, then ask once more what became of each."""
    calls = [f"call-{os.getpid()}-{number}" for number in range(CALLS)]
    seen: Counter[str] = Counter()
    async with anyio.create_task_group() as group:
        for index in range(2):
            group.start_soon(shops.keep, index, group)
        await until(lambda: all(shops.ports))
        seen["deliveries"] = await _delivered(shops, calls)
        group.cancel_scope.cancel()
    seen["kills"] = shops.kills
    async with AsyncExitStack() as stack:
        await shops.steady(stack)
        answers = {call_id: await shops.deliver(call_id) for call_id in calls}
    effects = Counter(line.split()[1] for line in ledger(folder))
    seen["doubled"] = sum(count > 1 for count in effects.values())
    for call_id, told in answers.items():
        assert told is not None
        booked = told.response == f"booked {call_id}"
        seen["booked" if booked else "unconfirmed"] += 1
        seen["unconfirmed and done"] += not booked and effects[call_id]
        seen["contradicted"] += booked and effects[call_id] != 1
        assert booked or told.response == UNCONFIRMED
    return seen


async def _delivered(shops: Shops, calls: list[str]) -> int:
    """Send each call one to four times at once, so many calls at a time."""
    limit, sent = anyio.CapacityLimiter(AT_ONCE), 0

    async def one(call_id: str, times: int) -> None:
        async with limit, anyio.create_task_group() as group:
            for _ in range(times):
                group.start_soon(shops.deliver, call_id)

    async with anyio.create_task_group() as group:
        for call_id in calls:
            times = shops.random.randint(1, SENT_AT_MOST)
            sent += times
            group.start_soon(one, call_id, times)
    return sent


@pytest.mark.parametrize("function", ["hang", "hang_async"])
async def test_a_hung_tool_is_answered(function: str, tmp_path: Path, record: Record) -> None:
    with open_shop(tmp_path, SHOP_STATE="memory:", SHOP_THREADS="256") as (_, port):
        told = await _many(port, [tool_call(function, f"c-{n}") for n in range(HUNG)], at_once=50)
        ready = await get(port, "/ready")
    late = max(one.seconds for one in told) - 0.5
    record(f"{HUNG} calls of {function} with a deadline of 500 ms", worst_over_ms=late * 1000)
    assert {one.status for one in told} == {200}
    assert all(one.response.startswith("Too slow.") for one in told)
    assert ready.status == (503 if function == "hang" and HUNG >= 128 else 200)


async def test_other_tools_go_on_while_many_hang(tmp_path: Path, record: Record) -> None:
    with open_shop(tmp_path, SHOP_STATE="memory:", SHOP_THREADS="512") as (_, port):
        async with anyio.create_task_group() as group:
            for number in range(200):
                call = tool_call("hang_long", f"hung-{number}")
                group.start_soon(post, port, "/shop/swaig", call)
            await until(lambda: len(ledger(tmp_path)) == 200)
            quick = await _many(port, [tool_call("quick", f"q-{n}") for n in range(200)], at_once=4)
            plain = [tool_call("block", f"b-{n}", seconds=0.0) for n in range(200)]
            blocks = await _many(port, plain, at_once=4)
            health = [await get(port, "/health") for _ in range(100)]
            group.cancel_scope.cancel()
    record(
        "while 200 plain tools hang",
        async_p99_ms=p99(quick),
        plain_p99_ms=p99(blocks),
        health_p99_ms=p99(health),
    )
    assert {one.status for one in (*quick, *blocks, *health)} == {200}


async def test_plain_tools_run_side_by_side(tmp_path: Path, record: Record) -> None:
    documents: list[Told] = []
    with open_shop(tmp_path, SHOP_STATE="memory:") as (_, port):
        await _many(port, [tool_call("block", f"warm-{n}", seconds=0.01) for n in range(50)], 50)
        async with anyio.create_task_group() as group:

            async def fetch() -> None:
                while True:
                    documents.append(await get(port, "/shop"))

            group.start_soon(fetch)
            told = await _many(port, [tool_call("block", f"c-{n}") for n in range(50)], 50)
            group.cancel_scope.cancel()
    record(
        "50 calls at once to a tool that blocks 200 ms",
        all_done_ms=max(one.seconds for one in told) * 1000,
        documents=len(documents),
        worst_document_ms=max(one.seconds for one in documents) * 1000,
    )
    assert {one.status for one in (*told, *documents)} == {200}


async def test_overload_is_sent_back_before_anything_runs(tmp_path: Path, record: Record) -> None:
    with open_shop(tmp_path, SHOP_STATE="memory:", SHOP_CALLS="10") as (process, port):
        slow = partial(tool_call, "slow", seconds=0.2)
        idle = await _many(port, [slow(f"idle-{n}") for n in range(20)], at_once=1)
        before, told = resident(process.pid), list[Told]()
        open_at_once = anyio.CapacityLimiter(OPEN)  # a process that stands still must not use all

        async def ask(number: int) -> None:
            async with open_at_once:
                told.append(await post(port, "/shop/swaig", slow(f"c-{number}")))

        async with anyio.create_task_group() as group:
            for number in range(OVERLOAD_SECONDS * 500):  # ten times what ten calls of 0.2 s allow
                group.start_soon(ask, number)
                await anyio.sleep(0.002)
        grown = resident(process.pid) - before
    statuses = Counter(one.status for one in told)
    accepted = [one for one in told if one.status == 200]
    record(
        f"ten times the capacity for {OVERLOAD_SECONDS} s",
        accepted=statuses[200],
        sent_back=statuses[503],
        accepted_p99_over_idle=p99(accepted) / p99(idle),
        grown_mib=grown / 1024,
    )
    ran = [line for line in ledger(tmp_path) if line.startswith("slow c-")]
    assert set(statuses) == {200, 503}
    assert len(ran) == len(set(ran)) == statuses[200]
    assert grown <= 50 * 1024


async def _many(port: int, bodies: list[dict[str, object]], at_once: int) -> list[Told]:
    """Return the answers to all, so many at a time."""
    limit, told = anyio.CapacityLimiter(at_once), list[Told]()

    async def one(body: dict[str, object]) -> None:
        async with limit:
            told.append(await post(port, "/shop/swaig", body))

    async with anyio.create_task_group() as group:
        for body in bodies:
            group.start_soon(one, body)
    return told


def p99(told: list[Told]) -> float:
    """Return milliseconds that 99 of a hundred took at most."""
    return quantiles([one.seconds * 1000 for one in told], n=100)[-1]


def resident(process: int) -> int:
    """Return the kibibytes of memory that a process has."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
