"""A request that is sent again joins its first delivery or gets its answer (D10)."""

import asyncio
import threading
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit import AgentBase, Call, deliveries
from agentkit.claims import LEASE_MARGIN_SECONDS, Claims
from agentkit.context import Exchange
from agentkit.deliveries import (
    LONG_BYTES,
    LOST_SECONDS,
    SENT_SECONDS,
    Deliveries,
    Flight,
    Flights,
)
from agentkit.errors import RequestError, StateUnavailable
from agentkit.reply import Reply
from agentkit.slots import Admission
from agentkit.state.journal import JOURNAL_BYTES, Entry, Place, claim
from agentkit.state.manager import StateManager
from tests.deadlines import LONG
from tests.once.doors import Clock, Line, SharedMemory, make, together, told


def counting(agent: AgentBase) -> list[str]:
    """Give an agent a tool that counts its runs and waits until it is let go on."""
    ran: list[str] = []

    @agent.tool
    async def order(tea: str = "") -> str:
        """Order."""
        ran.append(tea)
        return f"ordered {len(ran)}"

    return ran


class Gate:
    """A tool that waits at a gate, and how often it was entered."""

    def __init__(self, agent: AgentBase) -> None:
        self.entered = 0
        self.inside = anyio.Event()
        self.open = anyio.Event()
        agent.define_tool("wait", "Wait.", {}, self._wait)

    async def _wait(self, args: Any, raw_data: Any) -> str:
        self.entered += 1
        self.inside.set()
        await self.open.wait()
        return f"waited {self.entered}"


async def test_the_same_bytes_get_the_same_answer_and_run_once() -> None:
    agent = make()
    ran, line = counting(agent), Line(agent)
    assert await line.say("order", tea="green") == "ordered 1"
    assert await line.say("order", tea="green") == "ordered 1"
    assert ran == ["green"]


async def test_other_bytes_are_another_request() -> None:
    agent = make()
    ran, line = counting(agent), Line(agent)
    assert await line.say("order", tea="green") == "ordered 1"
    assert await line.say("order", tea="black") == "ordered 2"
    assert await line.say("order", 1, tea="green") == "ordered 3"
    assert await Line(agent, "call-2").say("order", tea="green") == "ordered 4"
    assert len(ran) == 4


async def test_who_really_asks_twice_is_served_twice() -> None:
    agent, clock = make(), Clock()
    agent.traffic.deliveries = Deliveries(
        agent.traffic.admission, agent.traffic.claims, agent.states, clock
    )
    ran, line = counting(agent), Line(agent)
    assert await line.say("order") == "ordered 1"
    clock.now += SENT_SECONDS - 0.01
    assert await line.say("order") == "ordered 1"
    clock.now += 0.01
    assert await line.say("order") == "ordered 2"
    assert len(ran) == 2


async def test_a_repetition_waits_for_the_delivery_that_runs() -> None:
    agent = make()
    gate, line = Gate(agent), Line(agent)

    async def let_go() -> str:
        await gate.inside.wait()
        gate.open.set()
        return "let go"

    ask = partial(line.say, "wait")
    await line.send("unknown")  # fetches the document
    assert await together(ask, ask, ask, let_go) == ["waited 1"] * 3 + ["let go"]


async def test_a_refused_request_is_not_repeated() -> None:
    agent = make()
    ran, line = counting(agent), Line(agent)
    assert (await line.send("none")).status == 404
    agent.define_tool("none", "Now here.", {}, lambda args, raw_data: "here")
    assert await line.say("none") == "here"
    assert ran == []


@pytest.mark.parametrize("tool", [True, False])
async def test_a_tool_that_must_not_be_repeated_runs_each_time(tool: bool) -> None:
    agent, ran = make(), list[int]()
    agent.define_tool("poll", "Poll.", {}, lambda args, raw: ran.append(1), replay=tool)
    line = Line(agent)
    await line.say("poll")
    await line.say("poll")
    assert len(ran) == (1 if tool else 2)


# Whether the answer went out.


def exchange(body: bytes = b"{}", **scope: Any) -> Exchange:
    async def receive() -> Any:
        raise AssertionError

    known = {"path": "/swaig", "query_string": b"", **scope}
    return Exchange(known, receive, {}, "", "POST", body)


async def answer() -> Reply:
    return Reply(b'{"response":"done"}')


def plain_deliveries(clock: Clock | None = None) -> Deliveries:
    manager = StateManager(SharedMemory())
    return Deliveries(Admission(100), Claims(Clock()), manager, clock or Clock())


@pytest.mark.parametrize(("sent", "seconds"), [(True, SENT_SECONDS), (False, LOST_SECONDS)])
async def test_an_answer_that_did_not_go_out_is_repeated_for_longer(
    sent: bool, seconds: float
) -> None:
    clock, ran = Clock(), list[int]()
    table = plain_deliveries(clock)

    async def run() -> Reply:
        ran.append(1)
        return await answer()

    reply = await table.once("shop", exchange(), run, LONG, share=False)
    await told(reply, sent)
    clock.now += seconds - 0.1
    await table.once("shop", exchange(), run, LONG, share=False)
    assert len(ran) == 1
    clock.now += 0.2
    await table.once("shop", exchange(), run, LONG, share=False)
    assert len(ran) == 2


@pytest.mark.parametrize("left", [True, False])
async def test_a_client_that_left_meanwhile_did_not_get_the_answer(left: bool) -> None:
    clock, ran = Clock(), list[int]()
    table, gone = plain_deliveries(clock), anyio.Event()

    async def receive() -> Any:
        if not left:
            await gone.wait()
        return {"type": "http.disconnect"}

    async def run() -> Reply:
        ran.append(1)
        clock.now += 1.0  # slow enough that the client may have left
        return await answer()

    asked = Exchange({"path": "/", "query_string": b""}, receive, {}, "", "POST", b"{}")
    reply = await table.once("shop", asked, run, LONG, share=False)
    await told(reply, True)
    clock.now += SENT_SECONDS + 1.0
    again = await table.once("shop", asked, run, LONG, share=False)
    assert again.body == reply.body
    assert len(ran) == (1 if left else 2)


def test_a_server_whose_receive_is_no_coroutine_function_is_not_asked() -> None:
    class Receiver:
        def __call__(self) -> Any:
            raise AssertionError

    async def within() -> bool:
        asked = exchange()
        asked.receive = Receiver()
        return asked.client_left()

    assert not anyio.run(within, backend="trio")
    assert not anyio.run(within)


async def test_a_delivery_that_was_cancelled_lets_others_run() -> None:
    table, inside = plain_deliveries(), anyio.Event()

    async def hang() -> Reply:
        inside.set()
        await anyio.sleep_forever()
        raise AssertionError

    running = asyncio.create_task(table.once("shop", exchange(), hang, LONG))
    await inside.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not table._flights._flights
    assert table._admission.inside == 0
    reply = await table.once("shop", exchange(), answer, LONG)
    assert reply.body == b'{"response":"done"}'


async def test_who_joins_one_that_ends_without_an_answer_runs_itself() -> None:
    table, inside, broken = plain_deliveries(), anyio.Event(), anyio.Event()

    async def refuse() -> Reply:
        inside.set()
        await broken.wait()
        raise RequestError(503, "busy")

    async def first() -> int:
        try:
            await table.once("shop", exchange(), refuse, LONG)
        except RequestError as error:
            return error.status
        raise AssertionError

    async def second() -> bytes:
        await inside.wait()
        broken.set()
        return (await table.once("shop", exchange(), answer, LONG)).body

    assert await together(first, second) == [503, b'{"response":"done"}']


@pytest.mark.parametrize("share", [True, False])
async def test_a_join_does_not_wait_for_ever(share: bool) -> None:
    table, inside, done = plain_deliveries(), anyio.Event(), anyio.Event()

    async def slow() -> Reply:
        inside.set()
        await done.wait()
        return await answer()

    async def impatient() -> int:
        await inside.wait()
        seconds = 0.01 - LEASE_MARGIN_SECONDS
        with pytest.raises(RequestError) as refused:
            await table.once("shop", exchange(), slow, seconds, share=share)
        done.set()
        return refused.value.status

    first = partial(table.once, "shop", exchange(), slow, LONG, share=share)
    assert (await together(first, impatient))[1] == 503


async def test_a_join_waits_for_a_delivery_that_takes_all_its_time() -> None:
    table, inside = plain_deliveries(), anyio.Event()

    async def slow() -> Reply:
        inside.set()
        await anyio.sleep(0.05)  # as a tool that is cancelled when its time is over
        return await answer()

    async def joining() -> bytes:
        await inside.wait()
        return (await table.once("shop", exchange(), slow, 0.01)).body

    first = partial(table.once, "shop", exchange(), slow, 0.01)
    assert (await together(first, joining))[1] == b'{"response":"done"}'


# The table.


class Table:
    """The table of flights, and requests that are answered at once."""

    def __init__(self) -> None:
        self.flights, self.now = Flights(), 0.0

    def begin(self, key: bytes, weight: int = 0) -> Flight:
        flight = Flight(key, weight, self.now)
        assert self.flights.known(flight) is flight
        return flight

    def end(self, flight: Flight, body: bytes | None) -> None:
        flight.body = body
        self.flights.end(flight, self.now)

    def answer(self, key: bytes, body: bytes, weight: int = 0) -> Flight:
        flight = self.begin(key, weight)
        self.end(flight, body)
        return flight

    def keys(self) -> list[object]:
        return list(self.flights._flights)


def test_old_answers_are_forgotten() -> None:
    table = Table()
    for number in range(10):
        table.answer(b"%d" % number, b"x")
    table.now += LOST_SECONDS
    table.answer(b"new", b"x")
    assert table.keys() == [b"new"]
    assert (table.flights._answers, table.flights._bytes) == (1, 1)


def test_an_answer_that_went_out_is_forgotten_sooner() -> None:
    table = Table()
    lost, went = table.answer(b"lost", b"x"), table.answer(b"went", b"x")
    lost.sent(False)
    went.sent(True)
    table.now += SENT_SECONDS
    assert table.flights.known(Flight(b"lost", 0, table.now)) is lost
    again = Flight(b"went", 0, table.now)
    assert table.flights.known(again) is again


def test_the_table_is_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "TABLE_LIMIT", 3)
    monkeypatch.setattr(deliveries, "TABLE_BYTES", 100)
    table = Table()
    for number in range(5):
        table.answer(b"%d" % number, b"x" * 10)
    assert table.keys() == [b"2", b"3", b"4"]
    table.answer(b"large", b"x" * 95)
    assert table.keys() == [b"large"]
    table.answer(b"larger", b"x" * 101)
    assert not table.keys()
    assert (table.flights._answers, table.flights._bytes) == (0, 0)


def test_of_too_many_answers_some_are_forgotten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "TABLE_LIMIT", 16)
    table, sizes = Table(), list[int]()
    for number in range(20):
        table.answer(b"%d" % number, b"x")
        sizes.append(table.flights._answers)
    assert sizes == [*range(1, 17), 14, 15, 16, 14]
    assert table.keys() == [b"%d" % number for number in range(6, 20)]


def test_what_runs_is_never_forgotten_and_keeps_no_answer_from_being(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "TABLE_LIMIT", 1)
    table = Table()
    slow = table.begin(b"slow")
    table.answer(b"one", b"x")
    slower = table.begin(b"slower")
    slow.body = b"y"  # in another thread, which is about to end it
    table.answer(b"two", b"x")
    assert table.keys() == [b"slow", b"slower", b"two"]
    table.end(slow, b"y")
    assert table.keys() == [b"slower", b"two"]
    table.end(slower, None)
    assert table.keys() == [b"two"]
    assert (table.flights._answers, table.flights._bytes) == (1, 1)


def test_what_is_kept_of_a_long_request_counts_like_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "TABLE_BYTES", 100)
    table = Table()
    table.answer(b"long", b"x" * 10, weight=90)
    assert table.flights._bytes == 100
    table.answer(b"next", b"x")
    assert table.keys() == [b"next"]
    assert table.flights._bytes == 1


@pytest.mark.parametrize("size", [10, LONG_BYTES, LONG_BYTES + 1, 4 * LONG_BYTES])
async def test_requests_are_the_same_only_when_every_byte_is(size: int) -> None:
    table, ran = plain_deliveries(), list[int]()

    async def run() -> Reply:
        ran.append(1)
        return await answer()

    body = b"a" * size
    others = [body[:at] + b"b" + body[at + 1 :] for at in (0, size // 2, size - 1)]
    for _ in range(2):
        for each in (body, *others, b"a" * (size - 1), b"a" * (size + 1)):
            await table.once("shop", exchange(each), run, LONG)
    assert len(ran) == 6
    await table.once("other", exchange(body), run, LONG)
    assert len(ran) == 7
    assert deliveries.LongBody(body) != body


def test_an_answer_that_takes_the_place_of_an_older_one_is_counted_once() -> None:
    table = Table()
    for _ in range(3):
        table.answer(b"same", b"x" * 10)
        table.now += LOST_SECONDS
    assert (table.flights._answers, table.flights._bytes) == (1, 10)


def test_a_request_that_is_refused_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Deliveries(Admission(0), Claims(Clock()), StateManager(SharedMemory()), Clock())
    with pytest.raises(RequestError, match="too much"):
        anyio.run(full.once, "shop", exchange(), answer, LONG)
    assert not full._flights._flights


# Across processes.


async def test_another_process_repeats_the_answer() -> None:
    store = SharedMemory()
    one, two = make(store), make(store)
    ran_one, ran_two = counting(one), counting(two)
    line = Line(one)
    assert await line.say("order", tea="green") == "ordered 1"
    assert await line.again(two).say("order", tea="green") == "ordered 1"
    assert (ran_one, ran_two) == (["green"], [])


async def test_another_process_repeats_an_answer_of_any_length() -> None:
    store = SharedMemory()
    one, two, ran = make(store), make(store), list[int]()
    for agent in (one, two):

        @agent.tool
        async def read() -> str:
            """Read."""
            ran.append(1)
            return "x" * (JOURNAL_BYTES + 1)

    line = Line(one)
    first = await line.say("read")
    assert await line.again(two).say("read") == first
    assert ran == [1]


async def test_a_once_tool_without_a_call_is_told_to_other_processes() -> None:
    store = SharedMemory()
    one, two, ran = make(store), make(store), list[int]()
    for agent in (one, two):

        @agent.tool(once=True, secure=False)
        async def pay() -> str:
            """Pay."""
            ran.append(1)
            return f"paid {len(ran)}"

    line = Line(one, "")
    assert await line.say("pay") == "paid 1"
    assert await line.again(two).say("pay") == "paid 1"


async def test_another_process_waits_for_the_delivery_that_runs() -> None:
    store = SharedMemory()
    one, two = make(store), make(store)
    here, there = Gate(one), Gate(two)
    line = Line(one)
    await line.send("unknown")

    async def second() -> str:
        await here.inside.wait()
        here.open.set()
        return await line.again(two).say("wait")

    assert await together(partial(line.say, "wait"), second) == ["waited 1", "waited 1"]
    assert there.entered == 0


async def test_in_the_store_an_answer_is_kept_as_long_as_in_memory() -> None:
    clock = Clock()
    store = SharedMemory(clock=clock)
    one, two = make(store, clock=clock), make(store, clock=clock)
    ran_one, ran_two = counting(one), counting(two)
    line = Line(one)
    await line.say("order")
    clock.now += SENT_SECONDS + 0.1
    assert await line.again(two).say("order") == "ordered 1"
    assert (len(ran_one), len(ran_two)) == (1, 1)


async def test_an_answer_that_did_not_go_out_is_kept_for_longer_in_the_store() -> None:
    clock = Clock()
    store = SharedMemory(clock=clock)
    tables = [
        Deliveries(Admission(100), Claims(clock), StateManager(store), clock) for _ in range(2)
    ]
    reply = await tables[0].once("shop", exchange(), answer, LONG)
    await told(reply, False)
    clock.now += LOST_SECONDS - 1.0

    async def never() -> Reply:
        raise AssertionError

    assert (await tables[1].once("shop", exchange(), never, LONG)).body == reply.body


async def test_a_refused_request_leaves_no_claim_in_the_store() -> None:
    store = SharedMemory()
    tables = [Deliveries(Admission(100), Claims(Clock()), StateManager(store)) for _ in range(2)]

    async def refuse() -> Reply:
        raise RequestError(503, "busy")

    with pytest.raises(RequestError):
        await tables[0].once("shop", exchange(), refuse, LONG)
    assert (await tables[1].once("shop", exchange(), answer, LONG)).status == 200


async def test_a_delivery_elsewhere_that_does_not_end_is_sent_back() -> None:
    clock = Clock()
    states = StateManager(SharedMemory(clock=clock))
    table, asked = Deliveries(Admission(100), Claims(clock), states, clock), exchange()
    shared = states.scoped("delivery")
    place = Place(asked.fingerprint("shop").hex(), "reply")
    theirs = Entry("elsewhere.1.x", clock() + 3600.0)
    await shared.run(claim(shared.operations, place, theirs, lambda known: known))

    async def refused() -> int:
        with pytest.raises(RequestError) as error:
            await table.once("shop", asked, answer, 5.0)
        return error.value.status

    async def time_goes_on() -> None:
        await anyio.lowlevel.checkpoint()
        clock.now += 60.0

    assert await together(refused, time_goes_on) == [503, None]


class Broken(SharedMemory):
    """A store that is gone when it is written to."""

    broken = True

    def put(self, key: str, data: bytes, **options: Any) -> str:
        if self.broken:
            raise StateUnavailable("gone")
        return super().put(key, data, **options)


async def test_a_store_that_fails_keeps_no_tool_from_running() -> None:
    agent = make(Broken())
    counting(agent)
    assert await Line(agent).say("order") == "ordered 1"


async def test_a_store_that_fails_afterwards_keeps_no_answer_back() -> None:
    store = Broken()
    store.broken = False
    table = Deliveries(Admission(100), Claims(Clock()), StateManager(store))

    async def run() -> Reply:
        store.broken = True
        return await answer()

    assert (await table.once("shop", exchange(), run, LONG)).status == 200


async def test_plain_tools_join_too() -> None:
    agent, ran, go = make(), list[int](), threading.Event()

    @agent.tool
    def wait(call: Call) -> str:
        """Wait."""
        ran.append(1)
        go.wait(LONG)
        return f"waited {len(ran)}"

    line = Line(agent)
    await line.send("unknown")

    async def let_go() -> str:
        while not ran:
            await anyio.lowlevel.checkpoint()
        go.set()
        return ""

    ask = partial(line.say, "wait")
    assert await together(ask, ask, let_go) == ["waited 1", "waited 1", ""]


def test_event_loops_of_several_threads_may_share_an_agent() -> None:
    agent, ran, gate = make(), list[str](), threading.Barrier(8)

    @agent.tool
    async def order() -> str:
        """Order."""
        ran.append("ran")
        await anyio.sleep(0.05)
        return "ordered"

    async def ask(line: Line) -> str:
        gate.wait(LONG)
        return await line.say("order")

    def thread() -> None:
        said.append(anyio.run(ask, known.again()))

    known, said = Line(agent), list[str]()
    anyio.run(known.send, "unknown")
    threads = [threading.Thread(target=thread) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(LONG)
    assert said == ["ordered"] * 8
    assert ran == ["ran"]
    assert agent.traffic.admission.inside == 0
