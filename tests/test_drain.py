"""SIGTERM lets a process finish: red at once, the server's own handler only after a while."""

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, AgentServer, drain
from agentkit.drain import DELAY, REPEATED_SECONDS, SUPERVISOR, Drain
from agentkit.errors import StateUnavailable
from agentkit.operations import health
from agentkit.slots import Limits
from agentkit.state.memory import MemoryState
from agentkit.testing import AgentClient
from agentkit.traffic import PROBE_SECONDS, Probe
from tests.deadlines import LONG, overtake
from tests.once.doors import Clock, Line, make, together


class Server:
    """A server's own handler, and what it was told."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.event = anyio.Event()

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.told.append(number)
        self.event.set()


@pytest.fixture
def server() -> Iterator[Server]:
    made, before = Server(), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, made.handle)
    yield made
    signal.signal(signal.SIGTERM, before)


def process(delay_seconds: float | None, clock: Clock | None = None) -> Drain:
    made = Drain(clock or Clock())
    made.delay_seconds = delay_seconds
    return made


async def test_the_server_is_told_after_a_while(server: Server) -> None:
    mine = process(0.01)
    with mine.taking_signals(), anyio.fail_after(LONG):
        signal.raise_signal(signal.SIGTERM)
        assert mine.begun
        assert server.told == []
        await server.event.wait()
    assert server.told == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) == server.handle


async def test_a_second_signal_does_not_wait(server: Server) -> None:
    clock = Clock()
    mine = process(3600.0, clock)
    with mine.taking_signals():
        signal.raise_signal(signal.SIGTERM)
        clock.now += REPEATED_SECONDS / 2
        signal.raise_signal(signal.SIGTERM)  # the same one, by another way
        assert server.told == []
        clock.now += REPEATED_SECONDS
        signal.raise_signal(signal.SIGTERM)
        assert server.told == [signal.SIGTERM, signal.SIGINT]


async def test_a_signal_that_is_not_ours_is_left_alone(server: Server) -> None:
    with process(None).taking_signals():
        assert signal.getsignal(signal.SIGTERM) == server.handle


async def test_a_handler_that_came_later_stays(server: Server) -> None:
    other = Server()
    with process(1.0).taking_signals():
        signal.signal(signal.SIGTERM, other.handle)
    assert signal.getsignal(signal.SIGTERM) == other.handle


async def test_without_a_server_or_in_a_thread_nothing_is_taken() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with process(1.0).taking_signals():
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)

    def elsewhere() -> None:
        with process(1.0).taking_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    found: list[Any] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    await anyio.to_thread.run_sync(thread.join)
    assert found == [before]


async def test_a_worker_knows_its_delay_from_its_supervisor(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SUPERVISOR, str(os.getppid()))
    monkeypatch.setenv(DELAY, "0.01")
    mine = process(None)
    with mine.taking_signals(), anyio.fail_after(LONG):
        signal.raise_signal(signal.SIGTERM)
        await server.event.wait()
    assert server.told == [signal.SIGTERM]


# What is said of it.


@pytest.fixture
def draining(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain.process, "begun", True)


@pytest.mark.usefixtures("draining")
@pytest.mark.parametrize("kind", ["agent", "server"])
async def test_a_process_that_drains_lives_and_is_not_ready(kind: str) -> None:
    agent = make()
    app = agent if kind == "agent" else AgentServer().register(agent)
    client = AgentClient(app)
    ready = await client.get("/ready")
    assert (ready.status, ready.json()) == (503, {"status": "not ready", "reasons": ["draining"]})
    assert (await client.get("/health")).json() == {"status": "healthy"}


@pytest.mark.usefixtures("draining")
async def test_connections_are_not_to_be_used_again_while_it_drains() -> None:
    agent = make()
    agent.define_tool("fine", "Work.", {}, lambda args, raw: "fine")
    answer = await Line(agent).send("fine")
    assert answer.headers["connection"] == "close"


async def test_an_agent_whose_threads_hang_is_not_ready() -> None:
    agent, begun, go = make(limits=Limits(threads=2)), threading.Event(), threading.Event()

    @agent.tool(timeout=20)
    def hang() -> None:
        """Hang."""
        begun.set()
        go.wait(LONG)

    await together(partial(Line(agent).say, "hang"), partial(overtake, begun, 30))
    ready = await AgentClient(agent).get("/ready")
    go.set()
    assert (ready.status, ready.json()["reasons"]) == (503, ["threads hang"])


class Lost(MemoryState):
    """A store that cannot be reached, or answers never."""

    may_wait = False
    error: Exception | None = StateUnavailable("secret-host")

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def ping(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


async def test_a_store_that_cannot_be_reached_makes_unready_until_it_can() -> None:
    store, clock = Lost(), Clock()
    agent = make(store)
    agent.traffic.probe = Probe(clock)
    client = AgentClient(agent)
    for _ in range(3):
        ready = await client.get("/ready")
        assert ready.status == 503
        assert ready.json()["reasons"] == ["state cannot be reached"]
        assert "secret-host" not in ready.text
    assert store.asked == 1
    store.error = None
    clock.now += PROBE_SECONDS
    assert (await client.get("/ready")).status == 200
    assert store.asked == 2


async def test_who_asks_while_a_store_is_asked_hears_what_it_answered_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, go = anyio.Event(), anyio.Event()

    async def slow(self: Any, operation: Any) -> None:
        operation.close()
        asked.set()
        await go.wait()

    agent = make()
    client = AgentClient(agent)
    monkeypatch.setattr(type(agent.states), "run", slow)

    async def meanwhile() -> int:
        await asked.wait()
        status = (await client.get("/ready")).status
        go.set()
        return status

    async def first() -> int:
        return (await client.get("/ready")).status

    assert await together(first, meanwhile) == [200, 200]


async def test_a_store_that_does_not_answer_makes_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(self: Any, operation: Any) -> None:
        operation.close()
        await anyio.sleep_forever()

    agent = make()
    monkeypatch.setattr(type(agent.states), "run", never)
    monkeypatch.setattr(health, "PING_SECONDS", 0.01)
    assert (await AgentClient(agent).get("/ready")).status == 503


async def test_a_store_that_agents_share_is_asked_once() -> None:
    store = Lost()
    store.error = None
    server = AgentServer()
    for number in range(3):
        server.register(
            AgentBase(f"a{number}", f"/a{number}", basic_auth=("u", "p"), state_manager=store)
        )
    assert (await AgentClient(server).get("/ready")).status == 200
    assert store.asked == 1


async def test_the_lifespan_takes_the_signal(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain.process, "delay_seconds", 1.0)
    async with AgentClient(make()).lifespan():
        assert signal.getsignal(signal.SIGTERM) != server.handle
    assert signal.getsignal(signal.SIGTERM) == server.handle
