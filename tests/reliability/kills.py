"""Kills at any moment: what a store has acknowledged is there afterwards, and once.

* `kill_writers` kills two writers again and again and asks whether an acknowledged write is lost.
* `kill_during` kills whatever else a store does: opening, migrating, purging, closing.
"""

import random
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

import anyio
import msgspec

from agentkit.errors import StateConflict, StateError
from agentkit.state.base import ABSENT, Expectation, Record, StateBackend
from tests.reliability.harness import (
    KEY,
    SEED,
    TTL_SECONDS,
    Spec,
    a_moment,
    killed,
    mortal,
    opened,
    pipe,
    start,
)

WRITERS = ("a", "b")


class Tally(msgspec.Struct):
    """What the writers write: how often they wrote, and each one's last number."""

    count: int = 0
    last: dict[str, int] = {}


class Killed(NamedTuple):
    """What became of writes under kills: `lost`, `doubled` and `unreadable` must be 0.

    `unacknowledged` were applied, but the writer was killed before it could say so.
    """

    kills: int
    acknowledged: int
    unacknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    unreadable: int = 0


def kill_writers(
    spec: Spec, *, rounds: int, seed: int = SEED, settle: Callable[[], object] = lambda: None
) -> Killed:
    """Let two writers write and kill both at a random moment, again and again.

    Each says a number only after the store has acknowledged it. Then the store is opened again:
    what was said must be there, at most one write more for each writer, each write once, and the
    last one, repeated with its write id, must be answered with its version.

    `settle` returns when nothing that the dead have sent is still on its way: a server may take a
    moment to read the last write of a client that is gone.
    """
    chance = random.Random(seed)
    tally, totals = Tally(), Killed(0, 0)
    for _ in range(rounds):
        said = _killed_round(spec, chance)
        settle()
        totals, tally = _judge(spec, said, tally, totals)
    return totals


def _killed_round(spec: Spec, chance: random.Random) -> dict[str, int]:
    """Return the last number that each writer said in a round."""
    pipes = {name: pipe() for name in WRITERS}
    receivers = {receiver: name for name, (receiver, _) in pipes.items()}
    said: dict[str, int] = {}
    children = [start(write_on, spec, name, sender) for name, (_, sender) in pipes.items()]
    try:
        for _, sender in pipes.values():
            sender.close()
        for _ in range(chance.randint(2, 20)):
            _listen(receivers, said)
        a_moment(chance.random() * 0.003)
    finally:
        for child in children:
            child.kill()
        for child in children:
            killed(child)
    while receivers:
        _listen(receivers, said)
    return said


def _listen(receivers: dict[Connection, str], said: dict[str, int]) -> None:
    for receiver in wait(list(receivers), timeout=30):
        assert isinstance(receiver, Connection)
        try:
            said[receivers[receiver]] = int(receiver.recv_bytes())
        except EOFError:
            del receivers[receiver]
            receiver.close()


def write_on(spec: Spec, name: str, sender: Connection, most: int = 1_000_000) -> None:
    """Write until killed, and say each number once it is acknowledged."""
    anyio.run(_write_on, spec, name, sender, most)


async def _write_on(spec: Spec, name: str, sender: Connection, most: int) -> None:
    async with opened(spec) as store:
        for _ in range(most):
            sender.send_bytes(b"%d" % await _write_next(store, name))


async def _write_next(store: StateBackend, name: str) -> int:
    while True:
        expect, tally = _tally(await store.get(KEY))
        number = tally.last.get(name, 0) + 1
        fresh = Tally(tally.count + 1, {**tally.last, name: number})
        try:
            await _put(store, fresh, expect, f"{name}-{number}")
        except StateConflict:
            continue
        return number


def _tally(record: Record | None) -> tuple[Expectation, Tally]:
    if record is None:
        return ABSENT, Tally()
    return record.version, msgspec.json.decode(record.data, type=Tally)


async def _put(store: StateBackend, tally: Tally, expect: Expectation, write_id: str) -> str:
    data = msgspec.json.encode(tally)
    return await store.put(KEY, data, expect=expect, ttl_seconds=TTL_SECONDS, write_id=write_id)


def _judge(spec: Spec, said: dict[str, int], before: Tally, totals: Killed) -> tuple[Killed, Tally]:
    try:
        tally, repeated = anyio.run(_reopen, spec, before)
    except (StateError, msgspec.MsgspecError):
        return totals._replace(unreadable=totals.unreadable + 1), before
    sums = Counter(totals._asdict())
    sums["kills"] += len(WRITERS)
    sums["doubled"] += abs(tally.count - sum(tally.last.values())) + repeated
    for name in WRITERS:
        old, new = before.last.get(name, 0), tally.last.get(name, 0)
        acknowledged = said.get(name, old)
        sums["acknowledged"] += acknowledged - old
        sums["lost"] += max(0, acknowledged - new)
        sums["unacknowledged"] += min(1, max(0, new - acknowledged))
        sums["doubled"] += max(0, new - acknowledged - 1)
    return Killed(**sums), tally


async def _reopen(spec: Spec, before: Tally) -> tuple[Tally, int]:
    """Return what is stored, and how many of the last writes are applied again if repeated."""
    async with opened(spec) as store:
        record = await store.get(KEY)
        version, tally = _tally(record)
        newest = [name for name in tally.last if tally.last[name] > before.last.get(name, 0)]
        answers = [await _repeat(store, tally, f"{name}-{tally.last[name]}") for name in newest]
        same = await store.get(KEY) == record
    return tally, int(not same or (bool(newest) and version not in answers))


async def _repeat(store: StateBackend, tally: Tally, write_id: str) -> str:
    try:
        return await _put(store, tally, "none.1", write_id)
    except StateConflict:
        return ""  # the other writer wrote so often since that the id is forgotten


def kill_during(
    work: Callable[..., None],
    args: tuple[Any, ...],
    check: Callable[[], None],
    *,
    rounds: int,
    longest_seconds: float = 0.02,
    seed: int = SEED,
) -> int:
    """Kill a child in the middle of its work, check what it left, and begin again.

    Args:
        work: a function of a module; its first argument is a connection on which it sends a byte
            when its work begins.
        args: the others.
        check: raises if what is left cannot be used.
        rounds: how many kills.
        longest_seconds: the kill comes at a random moment in this time.
        seed: decides about the moments.
    """
    chance = random.Random(seed)
    for _ in range(rounds):
        receiver, sender = pipe()
        with mortal(start(work, sender, *args)):
            sender.close()
            receiver.recv_bytes()
            a_moment(chance.random() * longest_seconds)
        receiver.close()
        check()
    return rounds
