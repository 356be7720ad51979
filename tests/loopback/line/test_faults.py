import asyncio
from collections import Counter

import pytest

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.line import WORDS, Faults, Line, run
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer
from agentkit.testing.asgi import Receive, Scope, Send
from tests.loopback.line.apps import App, answer, answering, start
from tests.loopback.line.conftest import Lines, told, tool, webhook

PATH = ("request", "http://testserver/swaig")


async def test_a_duplicate_reaches_the_agent_twice_at_once(line_to: Lines, trace: Trace) -> None:
    together = asyncio.Barrier(2)

    async def waits(got: object, send: Send) -> None:
        await together.wait()
        await answer(200)(agent.got[0], send)

    agent = App([waits])
    reply = await line_to(agent, faults="duplicate").send(tool())
    assert (reply.status, reply.attempts) == (200, 1)
    assert [got.body for got in agent.got] == [tool().body] * 2
    assert told(trace) == [PATH, ("fault", "duplicate"), ("reply", "200")]


async def test_of_a_duplicate_the_first_answer_is_seen(line_to: Lines) -> None:
    agent = App([answer(200, b'"first"'), answer(200, b'"second"')])
    assert (await line_to(agent, faults="duplicate").send(tool())).json() == "first"


async def test_a_lost_reply_was_handled_and_is_asked_for_again(
    line_to: Lines, trace: Trace
) -> None:
    agent = App([answer(200, b'"lost"'), answer(200, b'"seen"')])
    reply = await line_to(agent, faults="lost_reply").send(tool())
    assert (reply.json(), reply.attempts, reply.seconds) == ("seen", 2, 1.0)
    assert told(trace) == [
        PATH, ("fault", "lost_reply"), ("reply", "connection"), PATH, ("reply", "200"),
    ]  # fmt: skip
    assert trace.moments[1].data == "function"


def arrivals(word: str, clock: Clock) -> tuple[Answer, list[tuple[int, float]]]:
    """What the platform sees, and which sending reached the agent when."""
    at: list[tuple[int, float]] = []
    trace = Trace(clock)

    async def notes(got: object, send: Send) -> None:
        sending = len(at) + 1
        at.append((sending, (clock.us - began) / 1e6))
        await answer(200, str(sending).encode())(agent.got[-1], send)

    agent, began = App([notes]), clock.us
    line = Line(agent, clock=clock, trace=trace, faults=word)

    async def main() -> Answer:
        async with line:
            return await line.send(tool())

    return run(main, clock), at


def test_a_late_request_arrives_when_the_platform_has_given_up(clock: Clock) -> None:
    reply, at = arrivals("late", clock)
    assert at == [(1, 120.0), (2, 121.0)]
    assert (reply.json(), reply.attempts, reply.seconds) == (2, 2, 121.0)


def test_an_overtaken_request_arrives_after_the_one_sent_in_its_place(clock: Clock) -> None:
    reply, at = arrivals("reorder", clock)
    assert at == [(1, 121.0), (2, 121.0)]
    assert (reply.json(), reply.attempts) == (1, 2)


def test_an_overtaken_request_arrives_after_a_duplicate_too(clock: Clock) -> None:
    reply, at = arrivals("reorder duplicate", clock)
    assert [sending for sending, _ in at] == [1, 2, 3]
    assert (reply.json(), reply.attempts) == (1, 2)


async def test_a_late_request_that_hangs_does_not_hold_the_call_for_ever(clock: Clock) -> None:
    async def hangs(got: object, send: Send) -> None:
        await asyncio.Event().wait()

    agent = App([hangs, answer()])

    async def main() -> Answer:
        async with Line(agent, clock=clock, trace=Trace(clock), faults="late") as line:
            return await line.send(tool())

    reply = await asyncio.to_thread(run, main, clock)
    assert (reply.status, reply.attempts) == (200, 2)


async def test_a_lost_reply_of_a_tool_that_hangs_is_a_timeout(clock: Clock) -> None:
    async def hangs(got: object, send: Send) -> None:
        await asyncio.Event().wait()

    agent, trace = App([hangs, answer()]), Trace(clock)

    async def main() -> Answer:
        async with Line(agent, clock=clock, trace=trace, faults="lost_reply") as line:
            return await line.send(tool())

    assert (await asyncio.to_thread(run, main, clock)).seconds == 121.0
    assert ("reply", "timeout") in told(trace)


@pytest.mark.parametrize("seed", range(6))
async def test_a_proxy_answers_for_an_agent_that_may_have_got_it(
    line_to: Lines, trace: Trace, seed: int
) -> None:
    agent = answering()
    reply = await line_to(agent, faults=Faults("5xx", seed=seed)).send(tool())
    seen = int(trace.moments[2].text)
    assert seen in {500, 502, 503, 504}
    assert len(agent.got) == (2 if seen in {502, 504} else 1)
    assert (reply.status, reply.attempts) == (200, 2)


class Life:
    """An application that counts its startups and shutdowns, and hangs in some handlers."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.got = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                self.phases.append(phase)
                await send({"type": f"lifespan.{phase}.complete"})
            return
        self.got += 1
        await send(start())
        await send({"type": "http.response.body", "body": b"{}"})


def dies_before(seed: int) -> bool:
    faults = Faults("restart", seed=seed)
    faults.plan("function")
    return faults.before()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("awaited", [False, True])
async def test_a_restarted_agent_goes_on_with_what_the_first_was_asked(
    line_to: Lines, seed: int, awaited: bool
) -> None:
    first, second = Life(), Life()

    async def later() -> Life:
        return second

    line = line_to(
        first,
        faults=Faults("restart", seed=seed),
        restart=later if awaited else lambda: second,
    )
    async with line:
        reply = await line.send(tool())
        assert (reply.status, reply.attempts) == (200, 2)
        assert (first.got, second.got) == (0 if dies_before(seed) else 1, 1)
        assert (first.phases, second.phases) == (["startup"], ["startup"])
    assert (first.phases, second.phases) == (["startup", "shutdown"],) * 2


async def test_a_restart_may_bring_the_agent_back_where_it_was(line_to: Lines) -> None:
    agent, restarts = answering(), Counter[str]()

    def restart() -> None:
        restarts["done"] += 1

    line = line_to(agent, faults=Faults("restart", seed=1), restart=restart)
    assert (await line.send(tool())).attempts == 2
    assert restarts["done"] == 1


async def test_a_line_that_was_not_entered_restarts_without_a_startup(line_to: Lines) -> None:
    second = Life()
    line = line_to(Life(), faults="restart", restart=lambda: second)
    await line.send(tool())
    assert (second.got, second.phases) == (1, [])


async def test_a_restart_needs_somebody_who_does_it(line_to: Lines) -> None:
    with pytest.raises(CallError, match=r"'restart' needs restart=, which makes the agent anew"):
        line_to(answering(), faults="restart")


async def test_several_words_hit_one_request_in_turn(line_to: Lines, trace: Trace) -> None:
    agent = answering()
    reply = await line_to(agent, faults="duplicate lost_reply").send(tool())
    assert [text for kind, text in told(trace) if kind == "fault"] == ["lost_reply", "duplicate"]
    assert (len(agent.got), reply.attempts) == (3, 2)


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_goes_wrong_the_last_sending_comes_through(
    line_to: Lines, seed: int
) -> None:
    agent = answering()
    faults = Faults(*WORDS, seed=seed)
    reply = await line_to(agent, faults=faults, restart=lambda: None).send(tool())
    assert (reply.status, reply.attempts) == (200, 4)


async def test_what_is_sent_once_is_hit_once_and_only_if_asked_for(line_to: Lines) -> None:
    agent = answering()
    line = line_to(agent, faults=Faults("lost_reply late", only={"post_prompt"}))
    assert (await line.send(tool())).attempts == 1
    reply = await line.send(webhook("post_prompt", "/post_prompt"))
    assert (reply.status, reply.attempts) == (0, 1)
    assert reply.error in {"connection", "timeout"}
    assert [got.path for got in agent.got] == ["/swaig", "/post_prompt"]


def test_what_is_sent_once_is_not_overtaken() -> None:
    assert Faults("reorder", only={"mcp"}).plan("mcp") == []


def test_the_same_seed_draws_the_same_faults() -> None:
    def drawn(seed: int) -> list[list[str]]:
        faults = Faults(*WORDS, rate=0.4, seed=seed)
        return [faults.plan("function") for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_the_rate_is_that_of_each_word() -> None:
    faults = Faults("late", "5xx", rate=0.25, seed=3)
    hits = Counter(word for _ in range(2000) for word in faults.plan("function"))
    assert all(400 < hits[word] < 600 for word in ("late", "5xx"))
    assert Faults("late", rate=0).plan("function") == []


@pytest.mark.parametrize("words", [("lost",), ("late", "Duplicate"), ("duplicate latte",)])
def test_unknown_words_are_refused_with_those_that_there_are(words: tuple[str, ...]) -> None:
    known = "duplicate, lost_reply, late, reorder, restart, 5xx"
    with pytest.raises(CallError, match=f"no fault '(lost|Duplicate|latte)'; there are: {known}"):
        Faults(*words)


def test_unknown_kinds_and_rates_are_refused() -> None:
    with pytest.raises(CallError, match="no kinds of requests: function s, tools"):
        Faults("late", only={"tools", "function s"})  # type: ignore[arg-type]  # as a user may
    for rate in (-0.1, 1.5, float("nan")):
        with pytest.raises(CallError, match="the rate of faults is from 0 to 1"):
            Faults("late", rate=rate)


async def test_requests_to_others_are_hit_if_asked_for(line_to: Lines) -> None:
    weather = answering()
    faults = Faults("lost_reply", only={"datamap"})
    line = line_to(answering(), outside={"weather.example": weather}, faults=faults)
    reply = await line.send(webhook("datamap", "https://weather.example/"))
    assert (reply.error, reply.attempts, len(weather.got)) == ("connection", 1, 1)


async def test_what_is_on_its_way_ends_with_the_line(line_to: Lines) -> None:
    arrived = asyncio.Event()

    async def hangs(got: object, send: Send) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with line_to(App([hangs, answer()]), faults="late") as line:
        sending = asyncio.ensure_future(line.send(tool()))
        await arrived.wait()
    assert (await sending).status == 200
