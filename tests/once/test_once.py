"""`once` tools run once for a call and its arguments, whatever is delivered and whoever dies."""

import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from agentkit import AgentBase, Call, DefinitionError, ToolError
from agentkit.claims import LEASE_MARGIN_SECONDS
from agentkit.errors import RequestError, StateUnavailable
from agentkit.operations.once import ALREADY_DONE
from agentkit.slots import Limits
from agentkit.state import journal
from agentkit.state.journal import Entry, Place, Step, claim, look
from agentkit.state.memory import MemoryState
from agentkit.tools import TIMEOUT_SECONDS, UNCONFIRMED
from agentkit.worker import this_worker
from tests.deadlines import LONG, overtake
from tests.once.doors import AUTH, CALL_ID, Clock, Line, SharedMemory, make, together

JSON = dict[str, Any]


class Bookings:
    """An outside world in which seats are booked."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.error: BaseException | None = None
        self.keys: list[str] = []

    def book(self, seats: int, call: Call) -> str:
        """Book a table."""
        self.keys.append(call.idempotency_key)
        if self.error is not None:
            raise self.error
        self.made.append(seats)
        return f"booking {len(self.made)}"


def booking(agent: AgentBase, world: Bookings | None = None, **options: Any) -> Bookings:
    world = world or Bookings()
    agent.tool("book", **{"once": True, **options})(world.book)
    return world


async def test_the_model_may_ask_as_often_as_it_likes() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    for ask in range(3):
        assert await line.say("book", ask, seats=2) == "booking 1"
    assert await line.say("book", seats=3) == "booking 2"
    assert await Line(agent, "call-2").say("book", seats=2) == "booking 3"
    assert world.made == [2, 3, 2]


async def test_arguments_are_the_same_when_they_mean_the_same() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    await line.say("book", seats="2")
    await line.say("book", 1, seats=2)
    assert world.made == [2]


async def test_structs_and_dates_can_be_told_apart() -> None:
    class Guest(msgspec.Struct):
        name: str

    agent, ran = make(), list[tuple[str, date]]()

    @agent.tool(once=True)
    async def invite(guest: Guest, day: date) -> str:
        """Invite."""
        ran.append((guest.name, day))
        return "invited"

    line = Line(agent)
    for ask, day in enumerate(["2027-01-01", "2027-01-01", "2027-01-02"]):
        await line.say("invite", ask, guest={"name": "Ada"}, day=day)
    assert len(ran) == 2


async def test_a_key_function_says_what_is_the_same() -> None:
    agent = make()
    world = booking(agent, once=lambda call: "one booking a call")
    line = Line(agent)
    assert await line.say("book", seats=2) == "booking 1"
    assert await line.say("book", seats=3) == "booking 1"
    assert world.made == [2]


async def test_a_key_function_that_fails_lets_nothing_run() -> None:
    def broken(call: Call) -> str:
        raise KeyError("canary")

    agent = make()
    world = booking(agent, once=broken, on_error="Sorry.")
    assert (await Line(agent).say("book", seats=2)).startswith("Sorry. (E-")
    assert world.made == []


@pytest.mark.parametrize(
    "options", [{"once": "always"}, {"once": 1}, {"once": True, "on_crash": "retry"}]
)
def test_a_policy_that_is_none_is_refused(options: JSON) -> None:
    with pytest.raises(DefinitionError, match="tool 'book'"):
        booking(make(), **options)


async def test_a_misfit_is_said_and_may_be_mended() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    assert "whole number" in await line.say("book", seats="a few")
    assert await line.say("book", seats=2) == "booking 1"
    assert world.made == [2]


async def test_without_a_call_there_is_nothing_to_remember_it_by() -> None:
    agent = make()
    world = booking(agent, secure=False)
    line = Line(agent, "")
    assert await line.say("book", seats=2) == "booking 1"
    assert await line.say("book", 1, seats=2) == "booking 2"
    assert world.made == [2, 2]


async def test_at_once_it_runs_once() -> None:
    agent, go = make(), threading.Event()
    ran: list[int] = []

    @agent.tool(once=True)
    def pay(sum: int) -> str:  # noqa: A002
        """Pay."""
        ran.append(sum)
        go.wait(LONG)
        return f"paid {len(ran)}"

    line = Line(agent)
    await line.send("unknown")

    async def let_go() -> str:
        while not ran:
            await anyio.lowlevel.checkpoint()
        go.set()
        return ""

    asks = [partial(line.say, "pay", ask, sum=5) for ask in range(4)]
    assert (await together(*asks, let_go))[:4] == ["paid 1"] * 4


# What a tool raises.


async def test_a_tool_error_says_that_nothing_was_done() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    world.error = ToolError("We are closed.")
    assert await line.say("book", seats=2) == "We are closed."
    world.error = None
    assert await line.say("book", 1, seats=2) == "booking 1"


async def test_after_any_other_error_nobody_knows() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    world.error = RuntimeError("canary")
    assert "canary" not in await line.say("book", seats=2)
    world.error = None
    assert await line.say("book", 1, seats=2) == UNCONFIRMED
    assert world.made == []


async def test_a_refusal_that_the_tool_itself_raises_is_any_other_error() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    world.error = RequestError(503, "the booking service is busy")
    await line.say("book", seats=2)
    assert await line.say("book", 1, seats=2) == UNCONFIRMED


async def test_a_tool_whose_threads_all_hang_never_began() -> None:
    agent, begun, go = make(limits=Limits(threads=1)), threading.Event(), threading.Event()
    ran: list[int] = []

    @agent.tool(once=True, timeout=20, on_error="Not now.")
    def pay(sum: int) -> str:  # noqa: A002
        """Pay."""
        ran.append(sum)
        begun.set()
        go.wait(LONG)
        return "paid"

    line = Line(agent)
    said, _ = await together(partial(line.say, "pay", sum=1), partial(overtake, begun, 30))
    assert said.startswith("Not now.")
    assert (await line.say("pay", sum=2)).startswith("Not now.")
    assert ran == [1]
    go.set()
    with anyio.fail_after(LONG):
        while agent.traffic.slots.hung:
            await anyio.lowlevel.checkpoint()
    assert await line.say("pay", 1, sum=2) == "paid"
    assert await line.say("pay", 1, sum=1) == UNCONFIRMED


async def test_a_tool_may_be_repeated_after_an_error() -> None:
    agent = make()
    world, line = booking(agent, on_crash="repeat"), Line(agent)
    world.error = RuntimeError("canary")
    await line.say("book", seats=2)
    world.error = None
    assert await line.say("book", 1, seats=2) == "booking 1"


async def test_after_a_deadline_nobody_knows() -> None:
    agent = make()

    @agent.tool(once=True, timeout=0.01, on_error="Too slow.", on_unconfirmed="Please check.")
    async def pay() -> str:
        """Pay."""
        await anyio.sleep_forever()
        raise AssertionError

    line = Line(agent)
    assert (await line.say("pay")).startswith("Too slow.")
    assert await line.say("pay", 1) == "Please check."


async def test_what_cannot_be_said_was_done_all_the_same() -> None:
    agent, ran = make(), list[int]()

    @agent.tool(once=True, on_error="Sorry.")
    async def pay() -> Any:
        """Pay."""
        ran.append(1)
        return object()

    line = Line(agent)
    first = await line.say("pay")
    assert first.startswith("Sorry.")
    assert await line.say("pay", 1) == first
    assert ran == [1]


async def test_a_result_that_is_too_long_to_keep_is_not_done_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_BYTES", 300)
    agent, ran = make(), list[int]()

    @agent.tool(once=True)
    async def tell(n: int) -> str:
        """Tell."""
        ran.append(n)
        return "x" * 200

    line = Line(agent)
    assert await line.say("tell", n=1) == "x" * 200
    assert await line.say("tell", 1, n=1) == ALREADY_DONE
    assert ran == [1]


async def test_more_steps_than_a_call_can_remember_do_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_BYTES", 150)
    agent = make()
    world, line = booking(agent, on_error="Sorry."), Line(agent)
    said = [await line.say("book", seats=seats) for seats in (1, 2, 3)]
    assert said[0] == "booking 1"
    assert said[-1].startswith("Sorry.")
    assert len(world.made) < 3


# The state that it changes.


async def test_state_is_written_with_the_outcome() -> None:
    agent, seen = make(MemoryState()), list[Any]()

    @agent.tool(once=True)
    def book(seats: int, call: Call) -> str:
        """Book."""
        state = agent.get_state(CALL_ID) or {}
        agent.update_state(CALL_ID, {**state, "seats": seats})
        seen.append(agent.get_state(CALL_ID))
        seen.append(agent.states.get_state(CALL_ID))
        agent.set_state(CALL_ID, {"seats": seats, "sure": True})
        return "booked"

    await Line(agent).say("book", seats=2)
    assert seen == [{"seats": 2}, {}]
    with anyio.fail_after(LONG):
        assert await anyio.to_thread.run_sync(agent.get_state, CALL_ID) == {
            "seats": 2,
            "sure": True,
        }


@pytest.mark.parametrize("error", [ToolError("no"), RuntimeError("no")])
async def test_state_is_left_alone_when_a_tool_raises(error: Exception) -> None:
    agent = make()

    @agent.tool(once=True)
    async def book(call: Call) -> str:
        """Book."""
        await call.state.update({"seats": 2})
        raise error

    await Line(agent).say("book")
    assert agent.states.get_state(CALL_ID) == {}


async def test_what_others_wrote_meanwhile_stays() -> None:
    agent = make()

    @agent.tool(once=True)
    async def book(call: Call) -> str:
        """Book."""
        async with call.state.edit() as state:
            state["seats"] = 2
            agent.states.update_state(CALL_ID, {"mood": "good"})
        return "booked"

    await Line(agent).say("book")
    assert agent.states.get_state(CALL_ID) == {"seats": 2, "mood": "good"}


async def test_state_of_another_call_is_written_at_once() -> None:
    agent = make()

    @agent.tool(once=True)
    async def book(call: Call) -> str:
        """Book."""
        await call.agent_state.update({"booked": 1})
        await anyio.to_thread.run_sync(agent.set_state, "other", {"seen": True})
        raise ToolError("no")

    await Line(agent).say("book")
    assert agent.states.get_state("other") == {"seen": True}


async def test_a_tool_may_delete_the_state_of_its_call() -> None:
    agent = make()

    @agent.tool(once=True)
    async def forget(call: Call) -> str:
        """Forget."""
        await call.state.update({"seats": 2})
        await call.state.delete()
        return "forgotten"

    line = Line(agent)
    assert await line.say("forget") == "forgotten"
    assert agent.states.get_state(CALL_ID) is None
    assert await line.say("forget", 1) == UNCONFIRMED  # the call is over


# Who dies.


def as_if_begun(agent: AgentBase, worker: str, until: float) -> Place:
    """Write what a worker leaves behind that dies in the middle of a tool."""
    key = next(iter(keys_of(agent)))
    place = Place(CALL_ID, key)
    states = agent.states
    entry = Entry(worker, until)
    states._runner.wait(claim(states.operations, place, entry, lambda known: entry))
    return place


def keys_of(agent: AgentBase) -> Iterator[str]:
    yield from journal.entries_of(agent.states.snapshot(CALL_ID))


GONE = this_worker().replace(f".{__import__('os').getpid()}.", ".999999999.")


@pytest.mark.parametrize(("policy", "said"), [("ask", UNCONFIRMED), ("repeat", "booking 2")])
async def test_a_worker_that_is_gone_leaves_the_policy(policy: str, said: str) -> None:
    agent = make()
    world, line = booking(agent, on_crash=policy), Line(agent)
    await line.say("book", seats=2)
    place = as_if_begun(agent, GONE, 4_000_000_000.0)
    assert await line.say("book", 1, seats=2) == said
    known = agent.states._runner.wait(look(agent.states.operations, place))
    assert known is not None
    assert known.step is (Step.UNCONFIRMED if policy == "ask" else Step.DONE)
    assert len(world.made) == (1 if policy == "ask" else 2)


async def test_a_worker_elsewhere_is_waited_for_until_its_lease_is_over() -> None:
    clock = Clock()
    agent = make(SharedMemory(clock=clock), clock=clock)
    booking(agent)
    line = Line(agent)
    await line.say("book", seats=2)
    as_if_begun(agent, "elsewhere.1.x", clock() + 10.0)

    async def time_goes_on() -> str:
        for _ in range(4):
            await anyio.lowlevel.checkpoint()
        clock.now += 10.0
        return ""

    ask = partial(line.say, "book", 1, seats=2)
    assert (await together(ask, time_goes_on))[0] == UNCONFIRMED


async def test_nobody_waits_longer_than_the_tool_may_take() -> None:
    clock = Clock()
    agent = make(SharedMemory(clock=clock), clock=clock)
    booking(agent)
    line = Line(agent)
    await line.say("book", seats=2)
    as_if_begun(agent, "elsewhere.1.x", clock() + 3600.0)

    async def time_goes_on() -> str:
        await anyio.lowlevel.checkpoint()
        clock.now += TIMEOUT_SECONDS + LEASE_MARGIN_SECONDS
        return ""

    ask = partial(line.say, "book", 1, seats=2)
    assert (await together(ask, time_goes_on))[0] == UNCONFIRMED


async def test_a_cancelled_run_is_unconfirmed() -> None:
    agent, inside = make(), anyio.Event()

    @agent.tool(once=True)
    async def pay() -> str:
        """Pay."""
        inside.set()
        await anyio.sleep_forever()
        raise AssertionError

    line = Line(agent)
    await line.send("unknown")
    async with anyio.create_task_group() as group:
        group.start_soon(line.send, "pay")
        await inside.wait()
        group.cancel_scope.cancel()
    assert await line.say("pay", 1) == UNCONFIRMED


async def test_two_processes_run_it_once() -> None:
    store, world = SharedMemory(), Bookings()
    lines = []
    for _ in range(2):
        agent = make(store)
        booking(agent, world)
        lines.append(Line(agent))
    for line in lines:
        await line.send("unknown")
    asks = [partial(lines[n % 2].say, "book", n // 2, seats=2) for n in range(6)]
    assert await together(*asks) == ["booking 1"] * 6


async def test_two_agents_of_one_call_keep_their_steps_apart() -> None:
    store, worlds = SharedMemory(), [Bookings(), Bookings()]
    for name, world in zip(("bar", "kitchen"), worlds, strict=True):
        agent = AgentBase(name, basic_auth=AUTH, secret="s" * 32, state_manager=store)
        booking(agent, world)
        assert await Line(agent).say("book", seats=2) == "booking 1"
    assert [world.made for world in worlds] == [[2], [2]]


# What the store does.


class Failing(MemoryState):
    """A store that fails from some write on."""

    writes_left = 0

    def put(self, key: str, data: bytes, **options: Any) -> str:
        self.writes_left -= 1
        if self.writes_left < 0:
            raise StateUnavailable("gone")
        return super().put(key, data, **options)


async def test_nothing_runs_when_the_store_cannot_be_reached() -> None:
    agent = make(Failing())
    world = booking(agent)
    assert (await Line(agent).send("book", seats=2)).status == 503
    assert world.made == []


async def test_the_answer_stands_when_its_outcome_cannot_be_stored() -> None:
    store = Failing()
    agent = make(store)
    world, line = booking(agent), Line(agent)
    store.writes_left = 1
    assert await line.say("book", seats=2) == "booking 1"
    store.writes_left = 100
    assert await line.say("book", 1, seats=2) == UNCONFIRMED
    assert world.made == [2]


# The key for others.


async def test_the_idempotency_key_is_the_same_for_the_same_step() -> None:
    agent = make()
    world, line = booking(agent), Line(agent)
    world.error = ToolError("not yet")
    await line.say("book", seats=2)
    await line.say("book", 1, seats=2)
    await line.say("book", seats=3)
    await Line(agent, "call-2").say("book", seats=2)
    one, same, other, elsewhere = world.keys
    assert one == same
    assert len({one, other, elsewhere}) == 3
    assert len(one) == 32


async def test_another_tool_has_a_key_for_each_delivery() -> None:
    agent = make()
    world, line = booking(agent, once=False, replay=False), Line(agent)
    for ask in (0, 0, 1):
        await line.say("book", ask, seats=2)
    assert world.keys[0] == world.keys[1] != world.keys[2]
