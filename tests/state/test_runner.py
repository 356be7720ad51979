"""Operations run at once for plain code, and by a hop to an event loop where only that will do."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Queue
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from agentkit import bridge
from agentkit.errors import StateConflict, StateError
from agentkit.state import BlockingBackend, MemoryState, StateManager
from tests.deadlines import LONG, overtake
from tests.state.stores import NetworkState, racing, twisted

LIBRARIES = ["asyncio", "trio"]


@pytest.fixture
def network() -> NetworkState:
    return NetworkState(MemoryState())


@pytest.fixture
def manager(network: NetworkState) -> StateManager:
    return StateManager(network)


def count_up(manager: StateManager) -> dict[str, Any]:
    """Do what a plain tool does."""
    state = manager.get_state("c") or {"count": 0}
    return manager.update_state("c", {"count": state["count"] + 1})


def raised_by(function: Callable[..., Any], *args: Any) -> BaseException:
    with pytest.raises(StateError) as caught:
        function(*args)
    return caught.value


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_worker_thread_hops_to_its_event_loop(manager: StateManager, library: str) -> None:
    async def main() -> dict[str, Any]:
        return await anyio.to_thread.run_sync(count_up, manager)

    assert anyio.run(main, backend=library) == {"count": 1}
    assert anyio.run(main, backend=library) == {"count": 2}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_thread_of_any_other_kind_hops_to_the_loop_that_opened_the_store(
    manager: StateManager, library: str
) -> None:
    async def main() -> None:
        await manager.open()
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(count_up, manager)
            while not done.done():
                await anyio.lowlevel.checkpoint()
        assert await manager.run(manager.operations.get_state("c")) == {"count": 1}
        assert done.result() == {"count": 1}

    anyio.run(main, backend=library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_errors_come_back_through_the_hop(manager: StateManager, library: str) -> None:
    async def main() -> None:
        await manager.run(manager.operations.set_state("c", {}))
        with pytest.raises(StateError, match="1 to 256 characters"):
            await anyio.to_thread.run_sync(manager.get_state, "")

    anyio.run(main, backend=library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_on_the_event_loop_itself_the_blocking_form_is_refused(
    manager: StateManager, library: str
) -> None:
    async def main() -> None:
        await manager.open()
        with pytest.raises(StateError, match=r"await manager\.run\(manager\.operations\."):
            manager.get_state("c")

    anyio.run(main, backend=library)


def test_a_script_needs_no_event_loop(manager: StateManager, network: NetworkState) -> None:
    assert [count_up(manager) for _ in range(3)] == [{"count": 1}, {"count": 2}, {"count": 3}]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: manager.update_state("d", {}), range(8)))
    assert network.opened
    anyio.run(manager.close)
    assert not network.opened
    assert count_up(manager) == {"count": 4}
    anyio.run(manager.close)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_script_goes_on_after_the_event_loop_that_opened_the_store_has_ended(
    manager: StateManager, library: str
) -> None:
    anyio.run(manager.open, backend=library)
    assert [count_up(manager) for _ in range(2)] == [{"count": 1}, {"count": 2}]
    anyio.run(manager.close, backend=library)


def test_the_loop_that_used_the_store_last_is_remembered(manager: StateManager) -> None:
    async def main() -> bool:
        for _ in range(2):
            await manager.run(manager.operations.get_state("c"))
        return manager._runner._loop == anyio.lowlevel.current_token()

    for library in ("asyncio", "asyncio", "trio", "trio", "asyncio"):
        assert anyio.run(main, backend=library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_closed_manager_forgets_its_event_loop(manager: StateManager, library: str) -> None:
    async def main() -> None:
        await manager.open()
        await manager.close()

    anyio.run(main, backend=library)
    assert count_up(manager) == {"count": 1}
    anyio.run(manager.close, backend=library)


async def in_a_worker(function: Callable[..., Any], *args: Any) -> Any:
    """Call a plain function as a tool is called."""
    return await bridge.call_plain(function, *args, seconds=5)


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_first_use_of_a_store_may_be_in_plain_user_code(
    manager: StateManager, library: str
) -> None:
    for count in ({"count": 1}, {"count": 2}):
        assert anyio.run(in_a_worker, count_up, manager, backend=library) == count


def test_plain_user_code_uses_its_own_loop_and_not_the_one_that_used_the_store_last(
    manager: StateManager,
) -> None:
    anyio.run(manager.open)
    assert anyio.run(in_a_worker, count_up, manager) == {"count": 1}


async def left_behind(work: Callable[[], object], began: threading.Event) -> None:
    """Call plain code whose deadline comes when it has begun."""
    overtaking = asyncio.create_task(overtake(began, 2))
    try:
        await bridge.call_plain(work, seconds=1)
    finally:
        await overtaking


def test_plain_user_code_that_outlives_its_loop_is_told(manager: StateManager) -> None:
    began, ended, told = threading.Event(), threading.Event(), Queue[BaseException]()

    def late() -> None:
        began.set()
        ended.wait(LONG)
        told.put(raised_by(manager.get_state, "c"))

    async def main() -> None:
        with pytest.raises(bridge.DeadlineError):
            await left_behind(late, began)
        await anyio.lowlevel.checkpoint()  # else coverage on CPython 3.11 loses what follows

    anyio.run(main)
    ended.set()
    assert "has ended" in str(told.get(timeout=LONG))


def test_plain_user_code_whose_loop_ends_while_it_waits_is_told(manager: StateManager) -> None:
    began, told = threading.Event(), Queue[BaseException]()

    async def stuck(_: object) -> None:
        began.set()
        await anyio.sleep_forever()

    def waiting() -> None:
        told.put(raised_by(manager._runner.wait, iter([stuck])))

    async def main() -> None:
        with pytest.raises(bridge.DeadlineError):
            await left_behind(waiting, began)
        await anyio.lowlevel.checkpoint()  # else coverage on CPython 3.11 loses what follows

    anyio.run(main)
    assert "has ended" in str(told.get(timeout=LONG))


def test_a_local_store_is_called_in_place_even_on_an_event_loop() -> None:
    manager = StateManager(MemoryState())

    async def main() -> dict[str, Any]:
        return count_up(manager)

    assert anyio.run(main) == {"count": 1}


async def test_a_store_is_opened_on_first_use_and_again_after_closing(
    network: NetworkState, manager: StateManager
) -> None:
    read = partial(manager.operations.get_state, "c")
    assert network.opened == 0
    await manager.run(read())
    await manager.run(read())
    assert network.opened == 1
    await manager.close()
    assert network.opened == 0
    await manager.run(read())
    assert network.opened == 1


def test_plain_code_opens_a_local_store_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    state = MemoryState()
    monkeypatch.setattr(state, "open", lambda: opened.append(threading.get_ident()))
    manager = StateManager(state)
    manager.get_state("c")
    manager.get_state("c")
    assert opened == [threading.get_ident()]


async def test_scoped_managers_share_one_open_store(
    network: NetworkState, manager: StateManager
) -> None:
    await manager.open()
    other = manager.scoped("conversation")
    await other.run(other.operations.get_state("c"))
    assert network.opened == 1


def test_what_a_store_promises_is_known_to_the_manager(
    network: NetworkState, manager: StateManager
) -> None:
    assert manager.capabilities is network.capabilities


def test_a_store_that_fails_in_its_own_way_is_not_mistaken() -> None:
    def fail(key: str) -> None:
        raise OSError(key)

    with pytest.raises(OSError, match="call:c"):
        StateManager(twisted(MemoryState(), get=fail)).get_state("c")


def losing_once(state: MemoryState, *, may_wait: bool) -> BlockingBackend:
    """Return the store as one whose first put meets another writer."""
    losses = iter([StateConflict()])

    def put(*args: Any, **request: Any) -> str:
        for conflict in losses:
            raise conflict
        return state.put(*args, **request)

    return twisted(state, put=put, may_wait=may_wait)


@pytest.mark.parametrize(("may_wait", "pauses"), [(True, 1), (False, 0)])
def test_plain_code_pauses_after_a_conflict_only_in_a_store_that_may_wait(
    monkeypatch: pytest.MonkeyPatch, may_wait: bool, pauses: int
) -> None:
    slept: list[float] = []
    sleep: Callable[[float], None] = slept.append
    monkeypatch.setattr(time, "sleep", sleep)
    manager = StateManager(losing_once(MemoryState(), may_wait=may_wait))
    assert manager.update_state("c", {"a": 1}) == {"a": 1}
    assert len(slept) == pauses
    assert all(0 <= seconds <= 0.1 for seconds in slept)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_write_in_memory_that_others_win_lets_other_tasks_run(library: str) -> None:
    others_write = True

    def won() -> None:
        if others_write:
            raise StateConflict("others keep winning")

    async def end() -> None:
        nonlocal others_write
        others_write = False

    async def main() -> Any:
        manager = StateManager(racing(MemoryState(), won))
        await manager.open()
        async with anyio.create_task_group() as group:
            group.start_soon(end)  # which runs as soon as the write waits
            await manager.run(manager.operations.set_state("c", {"count": 1}))
        return manager.get_state("c")

    assert anyio.run(main, backend=library) == {"count": 1}


@pytest.mark.usefixtures("usual_deadline")
def test_plain_code_in_memory_asks_again_as_often_as_there_is_time() -> None:
    times = iter(range(10_000))
    asked = 0

    def won() -> None:
        nonlocal asked
        asked += 1
        raise StateConflict("others keep winning")

    manager = StateManager(racing(MemoryState(), won), clock=lambda: next(times) / 2_500)
    with pytest.raises(StateConflict):
        manager.set_state("c", {})
    assert asked > 4_000
