"""Connections are lent for whole exchanges, and belong to one event loop and one process."""

import asyncio
import gc
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from weakref import WeakSet

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import StateConflict
from agentkit.state import connections as module
from agentkit.state import portal as portals
from agentkit.state.connections import Answered, Connections, Pool
from agentkit.state.portal import AsyncioPortal
from tests.state.forks import in_child

Made = list["Plug"]


class Plug:
    """A wire with a socket that sends nothing by itself."""

    def __init__(self, made: Made) -> None:
        self.socket, self.other_end = socket.socketpair()
        self.closed = False
        made.append(self)

    async def close(self) -> None:
        self.closed = True
        self.end()

    def end(self) -> None:
        self.socket.close()
        self.other_end.close()

    def descriptor(self) -> int:
        return self.socket.fileno()


@pytest.fixture
def made() -> Iterator[Made]:
    wires: Made = []
    yield wires
    for wire in wires:
        wire.end()


@pytest.fixture
def connections(made: Made) -> Connections[Plug, str]:
    async def connect(address: str) -> Plug:
        return Plug(made)

    return Connections(connect, 2)


async def test_a_wire_is_lent_again(connections: Connections[Plug, str], made: Made) -> None:
    pool = await connections.pool("a")
    for _ in range(3):
        async with pool.lease():
            pass
    assert len(made) == 1
    await connections.close()


async def test_a_fresh_wire_is_a_new_one(connections: Connections[Plug, str], made: Made) -> None:
    pool = await connections.pool("a")
    async with pool.lease():
        pass
    async with pool.lease(fresh=True) as wire:
        assert wire is made[1]
    await connections.close()


async def test_each_address_has_wires_of_its_own(
    connections: Connections[Plug, str], made: Made
) -> None:
    for address in ("a", "b", "a", "b"):
        async with (await connections.pool(address)).lease():
            pass
    assert len(made) == 2
    await connections.close()


async def test_callers_wait_when_all_wires_are_lent(
    connections: Connections[Plug, str], made: Made
) -> None:
    pool = await connections.pool("a")
    lent: list[int] = []

    async def use() -> None:
        async with pool.lease():
            lent.append(sum(not wire.closed for wire in made))
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(use)
    assert (len(lent), max(lent)) == (10, 2)
    await connections.close()


@pytest.mark.parametrize("answer", [Answered(), StateConflict()])
async def test_a_refusal_that_was_answered_keeps_the_wire(
    connections: Connections[Plug, str], made: Made, answer: Exception
) -> None:
    pool = await connections.pool("a")
    with pytest.raises(type(answer)):
        async with pool.lease():
            raise answer
    async with pool.lease() as wire:
        assert wire is made[0]
    await connections.close()


async def test_a_failure_closes_the_wire(connections: Connections[Plug, str], made: Made) -> None:
    pool = await connections.pool("a")
    with pytest.raises(ZeroDivisionError):
        async with pool.lease():
            raise ZeroDivisionError
    assert made[0].closed
    assert pool.wires == set()


async def test_a_cancelled_caller_closes_the_wire(
    connections: Connections[Plug, str], made: Made
) -> None:
    pool = await connections.pool("a")
    with anyio.CancelScope() as scope:
        async with pool.lease():
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert made[0].closed
    async with pool.lease() as wire:
        assert wire is made[1]
    await connections.close()


async def test_closing_waits_for_nobody_and_closes_lent_wires_when_they_come_back(
    connections: Connections[Plug, str], made: Made
) -> None:
    pool = await connections.pool("a")
    async with pool.lease():
        async with pool.lease():
            pass
        await connections.close()
        assert [wire.closed for wire in made] == [False, True]
    assert [wire.closed for wire in made] == [True, True]
    await connections.close()


def test_wires_are_closed_when_their_event_loop_ends(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> None:
        async with (await connections.pool("a")).lease() as wire:
            assert not wire.closed

    for _ in range(2):
        asyncio.run(use())
    assert [wire.closed for wire in made] == [True, True]


def test_wires_of_a_loop_that_was_closed_at_once_are_cut_off_by_the_next(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> None:
        async with (await connections.pool("a")).lease():
            pass

    loop = asyncio.new_event_loop()
    loop.run_until_complete(use())
    loop.close()
    asyncio.run(use())
    assert made[0].other_end.recv(1) == b""
    assert len(made) == 2


def test_a_wire_without_a_socket_is_left_alone(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> None:
        async with (await connections.pool("a")).lease() as wire:
            wire.socket.close()

    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
        loop.close()
    assert len(made) == 2


def test_two_loops_at_a_time_have_wires_of_their_own(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> None:
        async with (await connections.pool("a")).lease():
            pass

    with asyncio.Runner() as one, asyncio.Runner() as other:
        for runner in (one, other, one, other):
            runner.run(use())
        assert [wire.closed for wire in made] == [False, False]
        one.run(connections.close())
        assert [wire.closed for wire in made] == [True, False]
    assert [wire.closed for wire in made] == [True, True]


def test_a_forked_child_leaves_the_wires_to_its_parent(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> int:
        async with (await connections.pool("a")).lease() as wire:
            wire.socket.send(b"p")
        return len(made)

    with asyncio.Runner() as runner:
        runner.run(use())
        assert in_child(lambda: asyncio.run(use())) == 2
        assert runner.run(use()) == 1
        assert made[0].other_end.recv(9) == b"pp"


def test_a_child_puts_the_null_device_in_the_place_of_inherited_sockets(
    connections: Connections[Plug, str], made: Made
) -> None:
    async def use() -> None:
        async with (await connections.pool("a")).lease():
            pass

    with asyncio.Runner() as runner:
        runner.run(use())
        connections.leave_to_parent()
        assert made[0].other_end.recv(1) == b""
        assert os.fstat(made[0].descriptor()).st_rdev == Path(os.devnull).stat().st_rdev
        runner.run(use())
        assert len(made) == 2
        runner.run(connections.close())


async def test_what_is_dropped_can_be_collected(made: Made) -> None:
    async def connect() -> Plug:
        return Plug(made)

    pool = Pool(connect, 1)
    async with pool.lease():
        pass
    await pool.drop_idle()
    gc.collect()
    assert (made[0].closed, pool.wires) == (True, set())


# The portal


@pytest.fixture
def portal() -> AsyncioPortal:
    return AsyncioPortal()


async def library() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.mark.parametrize("caller", ["asyncio", "trio"])
def test_work_runs_on_asyncio_wherever_the_caller_runs(portal: AsyncioPortal, caller: str) -> None:
    async def main() -> list[str]:
        found = [await portal.run(library), await portal.run(library)]
        await portal.close()
        return [*found, await portal.run(library)]

    assert anyio.run(main, backend=caller) == ["asyncio"] * 3
    anyio.run(portal.close)


def test_errors_come_through(portal: AsyncioPortal) -> None:
    async def fail() -> None:
        raise StateConflict

    async def main() -> None:
        with pytest.raises(StateConflict):
            await portal.run(fail)
        await portal.close()

    anyio.run(main, backend="trio")


async def given_up(
    portal: AsyncioPortal, work: Callable[[], Coroutine[Any, Any, None]], begun: threading.Event
) -> None:
    """Run work and cancel who waits for it once it has begun."""
    async with anyio.create_task_group() as group:
        group.start_soon(portal.run, work)
        while not begun.is_set():
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


def test_a_cancelled_caller_cancels_the_work(portal: AsyncioPortal) -> None:
    begun, ended = threading.Event(), list[str]()

    async def work() -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        except BaseException as error:
            ended.append(type(error).__name__)
            raise

    async def main() -> None:
        await portal.run(library)
        await given_up(portal, work, begun)
        await portal.close()

    anyio.run(main, backend="trio")
    assert ended == ["CancelledError"]


def test_a_cancelled_caller_goes_on_when_the_work_has_ended(portal: AsyncioPortal) -> None:
    begun, steps = threading.Event(), list[str]()

    async def work() -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)  # as a driver that takes back what it has sent
            steps.append("ended")

    async def main() -> None:
        await given_up(portal, work, begun)
        steps.append("went on")
        await portal.close()

    anyio.run(main, backend="trio")
    assert steps == ["ended", "went on"]


def test_callers_that_come_at_once_share_one_thread(portal: AsyncioPortal) -> None:
    loops: set[int] = set()

    async def note() -> None:
        loops.add(id(asyncio.get_running_loop()))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(portal.run, note)
        await portal.close()

    anyio.run(main, backend="trio")
    assert len(loops) == 1


def test_a_forked_child_starts_a_thread_of_its_own(portal: AsyncioPortal) -> None:
    async def start() -> int:
        await portal.run(library)
        return 7

    anyio.run(start, backend="trio")
    assert in_child(lambda: anyio.run(start, backend="trio")) == 7
    anyio.run(portal.close)


async def test_a_child_cuts_off_the_wires_of_its_parent_and_begins_anew(
    connections: Connections[Plug, str], made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_all", WeakSet([connections]))
    monkeypatch.setattr(module, "_inherited", [])
    async with (await connections.pool("a")).lease():
        pass
    module._after_fork()
    made[0].other_end.setblocking(False)
    assert made[0].other_end.recv(1) == b""  # the null device has taken the place of the socket
    async with (await connections.pool("a")).lease() as wire:
        assert wire is made[1]
    await connections.close()


def test_a_child_has_no_thread_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    portal = AsyncioPortal()
    monkeypatch.setattr(portals, "_portals", WeakSet([portal]))
    monkeypatch.setattr(portals, "_inherited", [])

    async def thread() -> int:
        return threading.get_ident()

    parents = portal.call(thread)
    inherited = portal._thread
    portals._after_fork()
    assert portal.call(thread) != parents
    inherited.close()
    anyio.run(portal.close)
    anyio.run(portal.close)
