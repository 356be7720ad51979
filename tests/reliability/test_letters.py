"""Letters of the largest size on every store, and workers that die while they hold one."""

import secrets
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import _json
from agentkit.compile import SUMMARY_LIMIT
from agentkit.operations.telling import outbox_of
from agentkit.outbox import LEASE_SECONDS, MOST_ATTEMPTS, Stage, Taken
from agentkit.state import StateManager
from agentkit.state import outbox as letters
from agentkit.state.base import StateBackend, as_awaited
from agentkit.state.opening import open_url
from agentkit.state.outbox import OUTBOX, Head, Letter
from tests.outboxes import Clock, Desk, Platform, body_of, until
from tests.reliability import servers
from tests.reliability.harness import mortal, pipe, size, start, stopwatch

pytestmark = pytest.mark.timeout(size(600, 3_600))

Record = Callable[..., None]
KILLS = size(5, 100)


@pytest.fixture(params=["memory", "files", "SQLite", "Redis", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "Redis":
        with servers.running(servers.RedisServer) as redis:
            yield redis.url
    elif request.param == "PostgreSQL":
        with servers.running(servers.PostgresServer) as postgres:
            yield postgres.url
    else:
        urls = {"memory": "memory:", "files": f"file:{tmp_path}/files"}
        yield urls.get(request.param, f"sqlite:///{tmp_path}/calls.db")


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_letter_of_the_largest_size_comes_back_as_it_was(
    url: str, library: str, record: Record
) -> None:
    with stopwatch() as seconds:
        kept = anyio.run(_keep, open_url(url), backend=library)
    record(f"a letter on {url.partition(':')[0]}, {library}", bytes=kept, seconds=seconds())


async def _keep(store: Any) -> int:
    states = StateManager(store)
    noise = secrets.token_hex((SUMMARY_LIMIT - 100) // 2)  # which shrinks to a half at most
    letter = Letter(Head("desk", "/desk", "c-1", "a=b", 1.0), _json.encode({"log": noise}))
    packed = letters.pack(letter)
    try:
        assert await states.run(letters.read(OUTBOX, "a.1")) is None
        await states.run(letters.keep(OUTBOX, "a.1", packed))
        await states.run(letters.keep(OUTBOX, "a.1", packed))
        await states.run(letters.keep(OUTBOX, "b.1", b"another"))
        stored = await states.run(letters.read(OUTBOX, "a.1"))
        assert stored is not None
        assert letters.unpack(stored) == letter
        found = await states.run(letters.page(OUTBOX, "a.", "", 10))
        assert [letters.id_of(entry) for entry in found] == ["a.1"]
        assert len(await states.run(letters.page(OUTBOX, "", "", 10))) == 2
        assert await states.run(letters.drop(OUTBOX, "a.1")) is True
        assert await states.run(letters.drop(OUTBOX, "a.1")) is False
        await states.run(letters.mark("a"))
        version = await states.run(letters.marked("a"))
        assert version is not None
        await states.run(letters.unmark("a", version))
        assert await states.run(letters.marked("a")) is None
    finally:
        await states.close()
    return len(packed)


# Workers that die ------------------------------------------------------------------------------


def hold(sender: Connection, url: str, call_id: str) -> None:
    """Take the delivery of a summary, say so, and never end."""  # pragma: no cover
    anyio.run(_hold, sender, url, call_id)


async def _hold(sender: Connection, url: str, call_id: str) -> None:  # pragma: no cover
    desk = Desk(state_manager=url)

    async def post() -> None:
        await Platform(desk).post(body_of(call_id))

    desk.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(post)
        await until(lambda: desk.tries)
        sender.send("held")


def test_what_a_killed_worker_held_is_told_by_the_next_one_at_once(
    tmp_path: Path, record: Record
) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    with stopwatch() as seconds:
        for number in range(KILLS):
            receiver, sender = pipe()
            with mortal(start(hold, sender, url, f"c-{number}")):
                assert receiver.recv() == "held"
        heard = anyio.run(_tell_all, url)
    record("summaries whose worker was killed", kills=KILLS, told=len(heard), seconds=seconds())
    assert heard == [f"c-{number}/s-1" for number in range(KILLS)]


async def _tell_all(url: str) -> list[Any]:
    """Send every summary again, twice; the clock stands, so no lease is over."""
    desk = Desk(state_manager=url)
    with anyio.fail_after(60):
        for number in range(KILLS):
            for _ in range(2):
                await Platform(desk).post(body_of(f"c-{number}"))
    await desk.states.close()
    return desk.heard


# The law of a delivery -------------------------------------------------------------------------


async def test_of_many_who_take_a_delivery_one_gets_it(quick_disk: Path) -> None:
    clock = Clock()
    store: StateBackend = as_awaited(open_url(f"sqlite:///{quick_disk}/calls.db"))
    desks = [Desk(state_manager=StateManager(store), clock=clock) for _ in range(20)]
    for _ in range(MOST_ATTEMPTS):
        taken = list[Taken]()

        async def take(desk: Desk, into: list[Taken] = taken) -> None:
            into.append(await outbox_of(desk).take("delivery"))

        async with anyio.create_task_group() as group:
            for desk in desks:
                group.start_soon(take, desk)
        assert [each.version is None for each in taken].count(False) == 1
        assert {each.progress.stage for each in taken} == {Stage.STARTED}
        clock.now += LEASE_SECONDS
    await store.close()
