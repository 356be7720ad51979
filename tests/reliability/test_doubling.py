"""Faulty lines and the booking example: nothing is booked twice, and what books twice is caught."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import anyio
import pytest

from agentkit.loopback import Call, Faults
from agentkit.loopback.agents import loaded
from agentkit.loopback.line import WORDS
from tests.reliability.harness import SEED, size

EXAMPLE = Path(__file__).parents[2] / "examples" / "booking.py"
CALLS = size(ci=200, long=2_000)
MEMORY = Path("/dev/shm")  # a file system without a disk, where there is one
MODULE = "bookings_under_faults"
ONCE = 'once=True, on_unconfirmed="I am not sure that it went through. Please call us."'


class Shop:
    """Loads the example, again after each of its deaths, and counts what its service is asked."""

    def __init__(self, folder: Path, source: str) -> None:
        self.booked: Counter[int] = Counter()
        self.number = 0
        self._folder = folder
        self._agents: list[Any] = []
        (folder / f"{MODULE}.py").write_text(source, "utf-8")

    def agent(self) -> Any:
        sys.modules.pop(MODULE, None)
        agent = loaded(f"{MODULE}.py:agent", self._folder)
        module: ModuleType = sys.modules[MODULE]
        module.__dict__["reserve"] = self._reserve
        self._agents.append(agent)
        return agent

    async def bury(self) -> None:
        """Close the stores of agents that died: their threads are looked at in each later call."""
        while len(self._agents) > 1:
            await self._agents.pop(0).states.close()

    async def _reserve(self, seats: int, key: str) -> int:
        self.booked[self.number] += 1
        return self.number


def play(shop: Shop, faults: Callable[[int], Faults], calls: int) -> Counter[int]:
    """Play calls, each of which books once; return how often each number of bookings came."""
    agent = shop.agent()
    for number in range(calls):
        shop.number = number
        call = Call(agent, faults=faults(number), restart=shop.agent)
        call.start()
        call.say("A table for two on Friday").uses("book", seats=2, day="Friday")
        call.hang_up()
        call.close()
        anyio.run(shop.bury)
    return Counter(shop.booked[number] for number in range(calls))


def each_word_and_all(number: int) -> Faults:
    """Return the faults of a call: one word after the other, then any of them."""
    turn = number % (len(WORDS) + 1)
    if turn == len(WORDS):
        return Faults(*WORDS, rate=0.5, seed=SEED + number)
    return Faults(WORDS[turn], seed=SEED + number)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        monkeypatch.setenv("AGENTKIT_STATE", f"sqlite:///{folder}/state.db")
        yield Path(folder)
        gc.collect()  # the agents that died have the database open


@pytest.mark.timeout(1800)
def test_no_fault_of_the_line_books_twice(store: Path) -> None:
    shop = Shop(store, EXAMPLE.read_text("utf-8"))
    assert play(shop, each_word_and_all, CALLS) == {1: CALLS}


@pytest.mark.timeout(600)
def test_the_same_agent_without_once_is_caught(store: Path) -> None:
    source = EXAMPLE.read_text("utf-8")
    assert source.count(ONCE) == 1
    shop = Shop(store, source.replace(ONCE, "replay=False"))
    counted = play(shop, lambda number: Faults(WORDS[number % len(WORDS)], seed=SEED), 12)
    assert counted == {2: 12}
