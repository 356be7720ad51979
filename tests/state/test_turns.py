"""Those of one process who change a record take turns, and nobody waits for ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from anyio.lowlevel import checkpoint

from agentkit.state import turns
from agentkit.state.turns import Lines, Place
from tests.deadlines import LONG

LIBRARIES = ["asyncio", "trio"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Give lines in which nobody stands when the test is over."""
    lines = Lines()
    yield lines
    assert not lines._waiting


@pytest.fixture
def places(lines: Lines) -> Iterator[list[Place]]:
    """Give the places of three operations, which end with the test.

    That is not done in the tests: after a cancelled wait, coverage is blind for the rest of them.
    """
    places = [Place(lines) for _ in range(3)]
    yield places
    for place in places:
        place.leave()


async def changed(lines: Lines, key: str, name: str, seen: list[str]) -> None:
    place = Place(lines)
    await place.take(key)
    seen.append(f"{name} begins")
    await checkpoint()
    seen.append(f"{name} ends")
    place.leave()


@pytest.mark.parametrize("library", LIBRARIES)
def test_tasks_change_a_record_one_after_another(lines: Lines, library: str) -> None:
    seen: list[str] = []

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for name in ("a", "b", "c"):
                group.start_soon(changed, lines, "k", name, seen)

    anyio.run(main, backend=library)
    assert [each.split()[1] for each in seen] == ["begins", "ends"] * 3


async def test_records_have_lines_of_their_own(lines: Lines) -> None:
    seen: list[str] = []
    async with anyio.create_task_group() as group:
        group.start_soon(changed, lines, "k", "a", seen)
        group.start_soon(changed, lines, "l", "b", seen)
    assert seen[:2] == ["a begins", "b begins"]


async def test_whoever_has_waited_for_long_goes_on_without_a_turn(
    places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_SECONDS", 0.0)
    await places[0].take("k")
    with anyio.fail_after(LONG):
        await places[1].take("k")


async def test_whoever_is_cancelled_leaves_the_line(places: list[Place]) -> None:
    await places[0].take("k")
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as others, anyio.create_task_group() as group:
            group.start_soon(places[1].take, "k")
            await checkpoint()
            others.start_soon(places[2].take, "k")
            await checkpoint()
            group.cancel_scope.cancel()
            places[0].leave()


def test_a_turn_that_came_to_somebody_who_gives_up_is_passed_on(lines: Lines) -> None:
    assert lines.join("k", threading.Event) is None
    bells = [lines.join("k", threading.Event) for _ in range(2)]
    assert all(bells)
    lines.go_on("k")
    lines.give_up("k", bells[0])  # type: ignore[arg-type]
    assert [bell and bell.is_set() for bell in bells] == [True, True]
    lines.go_on("k")
    assert not lines._waiting


async def test_a_second_turn_ends_the_first(lines: Lines) -> None:
    place = Place(lines)
    await place.take("k")
    await place.take("l")
    assert [name[1] for name in lines._waiting] == ["l"]  # type: ignore[index]
    place.leave()
    place.leave()


def test_threads_change_a_record_one_after_another(lines: Lines) -> None:
    inside, most = [0], [0]

    def change(_: int) -> None:
        place = Place(lines)
        place.take_here("k")
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        inside[0] -= 1
        place.leave()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(change, range(400)))
    assert most == [1]
    assert not lines._waiting


def test_a_thread_that_has_waited_for_long_goes_on_without_a_turn(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_SECONDS", 0.0)
    first, second = Place(lines), Place(lines)
    first.take_here("k")
    waiting = threading.Thread(target=second.take_here, args=("k",))
    waiting.start()
    waiting.join(LONG)
    assert not waiting.is_alive()
    second.leave()
    first.leave()
    assert not lines._waiting
