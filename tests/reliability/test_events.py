"""Calls whose events come in any order and several times, while one callback in twenty fails."""

import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from agentkit.operations import summaries
from agentkit.state import MemoryState, StateManager
from agentkit.state.base import BlockingBackend, Entry, StateBackend, as_awaited
from agentkit.state.outbox import DEAD, KEPT_SECONDS, OUTBOX
from agentkit.state.sqlite import SQLiteState
from agentkit.testing import AgentClient
from tests.outboxes import Clock
from tests.reliability import events_work, servers
from tests.reliability.events_work import (
    AUTH,
    CALLBACKS,
    SECRET,
    Clerk,
    Delivery,
    Platform,
    events_of,
    shuffled,
)
from tests.reliability.harness import (
    SEED,
    Spec,
    a_moment,
    killed,
    opened,
    pipe,
    size,
    start,
    stopwatch,
)

pytestmark = pytest.mark.timeout(size(900, 3_600))

Record = Callable[..., None]
CALLS = size(500, 10_000)
LATE = 0.1
DAY = 86_400.0
WAIT_SECONDS = size(120, 1_200)  # from the first request on


class Tally(NamedTuple):
    """What the ledger says: nothing may be `doubled`, `missing` or `lost`.

    Attributes:
        calls: how many there were.
        runs: of callbacks.
        failed: of these.
        doubled: callbacks that ran twice, and summaries that were taken twice.
        missing: callbacks that never ran.
        lost: summaries that were never taken.
    """

    calls: int
    runs: int
    failed: int
    doubled: int
    missing: int
    lost: int


def tally(lines: list[str], calls: list[str]) -> Tally:
    """Count the lines of a ledger."""
    rows = [tuple(line.split(",")) for line in lines]
    done = Counter(row[:2] for row in rows if row[2] == "done")
    hooks = Counter(row[:2] for row in rows if row[1] != "summary")
    wanted = [(call, what) for call in calls for what in CALLBACKS]
    tried = {row[:2] for row in rows}
    again = sum(count > 1 for count in hooks.values())
    taken = [done[call, "summary"] for call in calls]
    return Tally(
        len(calls),
        len(rows),
        len(rows) - sum(done.values()),
        again + sum(count > 1 for count in taken),
        sum(each not in tried for each in wanted),
        taken.count(0),
    )


def sound(result: Tally) -> bool:
    return (result.doubled, result.missing, result.lost) == (0, 0, 0)


def test_the_tally_sees_what_is_doubled_missing_and_lost() -> None:
    full = [f"c,{what},done" for what in CALLBACKS]
    assert sound(tally(full, ["c"]))
    assert sound(tally([*full, "c,summary,failed"], ["c"]))
    assert tally([*full, "c,start,failed"], ["c"]).doubled == 1
    assert tally([*full, "c,summary,done"], ["c"]).doubled == 1
    assert tally(full[1:], ["c"]).missing == 1
    assert tally([*full[:-1], "c,summary,failed"], ["c"]).lost == 1


def plan(chance: random.Random) -> tuple[list[str], list[list[Delivery]], list[list[Delivery]]]:
    """The calls, what is sent of them, and what is sent when their state is gone."""
    calls = [f"call-{number}" for number in range(CALLS)]
    sent = [shuffled(call, chance) for call in calls]
    late = [[each for each in events_of(call) if chance.random() < LATE] for call in calls]
    for now, later in zip(sent, late, strict=True):
        if any(each.is_summary for each in later):  # then it comes only when all is over
            now[:] = [each for each in now if not each.is_summary]
    return calls, sent, late


@pytest.mark.parametrize("kind", ["memory", "SQLite"])
async def test_every_callback_runs_once(kind: str, quick_disk: Path, record: Record) -> None:
    clock, lines = Clock(), list[str]()
    path = quick_disk / "calls.db"
    store = MemoryState(clock=clock) if kind == "memory" else SQLiteState(path, clock=clock)
    clerk = Clerk(lines.append, SEED, clock=clock, state_manager=StateManager(store))
    chance = random.Random(SEED)
    platform = Platform([AgentClient(clerk, auth=AUTH)], chance)
    calls, sent, late = plan(chance)
    await platform.dial()
    with stopwatch() as seconds:
        await platform.send_all(sent)
        clock.now += 1_000
        assert not await entries(store, "call:")
        await platform.send_all(late)
        kept = len(await entries(store, f"{OUTBOX}:"))
        while await entries(store, f"{OUTBOX}:"):
            clock.now += 3 * 3_600
            await clerk.retry_summaries()
        result = tally(lines, calls)
        dead = len(await entries(store, f"{DEAD}:"))
        clock.now += KEPT_SECONDS + DAY
        await as_awaited(store).purge(10**9)
        left = len(await entries(store, ""))
        record(
            f"shuffled events on {kind}", result,
            sent=platform.sent, kept=kept, dead=dead, left=left, seconds=seconds(),
        )  # fmt: skip
    await clerk.states.close()
    assert sound(result)
    assert (dead, left) == (0, 0)
    assert kept > 0


async def test_a_clerk_that_forgets_what_was_told_is_caught(
    monkeypatch: pytest.MonkeyPatch, record: Record
) -> None:
    monkeypatch.setattr(summaries, "delivery_of", lambda *_: secrets.token_hex(8))
    lines, calls = list[str](), [f"call-{number}" for number in range(50)]
    clerk = Clerk(lines.append, SEED, state_manager=MemoryState())
    chance = random.Random(SEED)
    platform = Platform([AgentClient(clerk, auth=AUTH)], chance)
    await platform.dial()
    await platform.send_all([shuffled(call, chance) for call in calls])
    result = tally(lines, calls)
    record("shuffled events, summaries told without a record", result)
    assert result.doubled > 0


async def entries(store: StateBackend | BlockingBackend, prefix: str) -> list[Entry]:
    """All live records whose keys begin so."""
    return [each async for each in _entries(as_awaited(store), prefix)]


async def _entries(store: StateBackend, prefix: str) -> AsyncIterator[Entry]:
    after = ""
    while page := await store.scan(prefix, after, 500):
        for entry in page:
            yield entry
        after = page[-1].key


@contextmanager
def two_processes(spec: Spec, ledger: Path) -> Iterator[list[int]]:
    """Give the ports of two processes that share a store and write to one ledger."""
    with ExitStack() as children:
        ports = []
        for _ in range(2):
            receiver, sender = pipe()
            child = start(events_work.serve, sender, spec, str(ledger), AUTH, SECRET)
            children.callback(killed, child)
            ports.append(receiver.recv())
        yield ports


def test_every_callback_runs_once_over_two_processes(tmp_path: Path, record: Record) -> None:
    ledger = tmp_path / "ledger"
    chance = random.Random(SEED)
    calls = [f"call-{number}" for number in range(CALLS)]
    with servers.running(servers.RedisServer) as redis:
        spec = Spec("agentkit.state.redis:RedisState", (redis.url,))
        with two_processes(spec, ledger) as ports, stopwatch() as seconds:
            clients = [AgentClient(f"http://127.0.0.1:{port}", auth=AUTH) for port in ports]
            platform = Platform(clients, chance)
            anyio.run(_play, platform, [shuffled(call, chance) for call in calls])
            result = tally(settled(ledger, calls, seconds), calls)
            left: Any = anyio.run(_left, spec, seconds)
            record("shuffled events over two processes on Redis", result, sent=platform.sent,
                   letters=left[0], endless=left[1], seconds=seconds())  # fmt: skip
    assert sound(result)
    assert left == (0, 0)


async def _play(platform: Platform, deliveries: list[list[Delivery]]) -> None:
    await platform.dial()
    await platform.send_all(deliveries)


def settled(ledger: Path, calls: list[str], seconds: Callable[[], float]) -> list[str]:
    """Return the ledger's lines when all summaries were taken, or when there is no hope."""
    while True:
        lines = ledger.read_text("utf-8").splitlines()
        if tally(lines, calls).lost == 0 or seconds() > WAIT_SECONDS:
            return lines
        a_moment(0.1)


async def _left(spec: Spec, seconds: Callable[[], float]) -> tuple[int, int]:
    """How many letters there are, and how many records that do not end within a week.

    A summary is in the ledger a moment before its letter is gone.
    """
    async with opened(spec) as store:
        while True:
            found = await entries(store, "")
            letters = [each for each in found if each.key.startswith((f"{OUTBOX}:", f"{DEAD}:"))]
            if not letters or seconds() > WAIT_SECONDS:
                break
            await anyio.sleep(0.1)
    endless = [each for each in found if each.expires_at - each.updated_at > KEPT_SECONDS + 1]
    assert found
    return len(letters), len(endless)
