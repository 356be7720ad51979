"""Background tools are answered for the time being; their results come into the call later."""

import sys
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, AgentServer, Call, DefinitionError, FunctionResult
from agentkit.context import Exchange
from agentkit.errors import StateUnavailable
from agentkit.events import Event, JobEnded, Outcome
from agentkit.jobs import Jobs
from agentkit.operations import background
from agentkit.operations.background import jobs_of
from agentkit.operations.calls import answer_call
from agentkit.slots import Limits, busy
from agentkit.state.journal import JOURNAL_BYTES, Entry, Place, claim, entries_of
from agentkit.state.memory import MemoryState
from agentkit.testing import AgentClient
from agentkit.tools import UNCONFIRMED, WORKING
from tests.deadlines import LONG, pass_time
from tests.once.doors import CALL_ID, Line, SharedMemory, make, told
from tests.once.test_once import GONE

JSON = dict[str, Any]


class Search:
    """A slow tool that goes on when it is told to."""

    def __init__(self, agent: AgentBase, **options: Any) -> None:
        self.agent = agent
        self.ran = 0
        self.go = anyio.Event()
        self.result: Any = "a table at eight"
        chosen = {"background": True, "soft_timeout": 0.01, **options}
        agent.tool("search", **chosen)(self._search)
        agent.define_tool("other", "Do something else.", {}, lambda args, raw: "other")

    async def _search(self) -> Any:
        """Search."""
        self.ran += 1
        await self.go.wait()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    async def end(self) -> None:
        self.go.set()
        with anyio.fail_after(LONG):
            await self.agent.traffic.jobs.end()


async def test_a_quick_background_tool_is_a_tool_like_any_other() -> None:
    search = Search(make(), soft_timeout=60.0)
    search.go.set()
    assert await Line(search.agent).say("search") == "a table at eight"


async def test_the_result_comes_with_the_next_answer_and_only_once() -> None:
    search = Search(make(), say="One moment.")
    line = Line(search.agent)
    assert await line.say("search") == "One moment."
    assert await line.say("other") == "other"
    await search.end()
    assert await line.say("other", 1) == "other\nResult of search: a table at eight"
    assert await line.say("other", 2) == "other"


async def test_another_call_hears_nothing_of_it() -> None:
    search = Search(make())
    assert await Line(search.agent).say("search") == WORKING
    await search.end()
    assert await Line(search.agent, "call-2").say("other") == "other"


async def test_an_answer_that_was_lost_is_repeated_with_the_result() -> None:
    search = Search(make())
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    first = await line.say("other", 1)
    assert "a table at eight" in first
    assert await line.say("other", 1) == first


async def test_actions_come_along_and_structured_answers_stay_so() -> None:
    search = Search(make())
    search.result = FunctionResult("found").update_global_data({"table": 8})
    search.agent.define_tool(
        "told",
        "Tell.",
        {},
        lambda args, raw: {"response": {"tool_result": "own", "tool_prompt": "p"}},
    )
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    answer = (await line.send("told")).json()
    assert answer["response"] == {
        "tool_result": "own\nResult of search: found",
        "tool_prompt": "p",
    }
    assert answer["action"] == [{"set_global_data": {"table": 8}}]


async def test_answers_without_text_and_with_one_action_are_merged_too() -> None:
    search = Search(make())
    search.result = {"response": {"tool_result": "found"}, "action": {"say": "found"}}
    search.agent.define_tool("act", "Act.", {}, lambda args, raw: {"action": {"say": "own"}})
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    answer = (await line.send("act")).json()
    assert answer == {
        "action": [{"say": "own"}, {"say": "found"}],
        "response": "Result of search: found",
    }


async def test_a_poll_brings_the_result_as_a_message() -> None:
    search = Search(make())
    search.agent.enable_inbox()
    line = Line(search.agent)
    await line.say("search")
    assert (await line.send("check_for_input")).json() == {}
    await search.end()
    answer = (await line.send("check_for_input")).json()
    assert "response" not in answer
    assert "Result of search: a table at eight" in str(answer["action"])
    assert CALL_ID in str(answer["action"])
    assert (await line.send("check_for_input")).json() == {}


async def test_a_hook_of_the_platform_is_told_nothing() -> None:
    search = Search(make(enable_state_tracking=True, state=MemoryState()))
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    assert (await line.send("startup_hook")).json() == {}
    assert "a table" in await line.say("other")


async def test_a_tool_that_fails_in_the_background_says_its_sentence() -> None:
    search = Search(make(), on_error="I found nothing.")
    search.result = RuntimeError("canary")
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    said = await line.say("other")
    assert "Result of search: I found nothing. (E-" in said
    assert "canary" not in said


async def test_the_author_may_deliver_it() -> None:
    delivered: list[Any] = []

    async def deliver(call: Call, answer: JSON) -> None:
        delivered.append((call.call_id, answer))

    search = Search(make(), deliver=deliver)
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    assert delivered == [(CALL_ID, {"response": "a table at eight"})]
    assert await line.say("other") == "other"


async def test_what_a_delivery_writes_into_the_state_of_the_call_is_kept() -> None:
    async def deliver(call: Call, answer: JSON) -> None:
        await call.state.update({"delivered": True})

    agent = make(MemoryState())
    search = Search(agent, deliver=deliver, once=True)
    await Line(agent).say("search")
    await search.end()
    assert agent.states.get_state(CALL_ID) == {"delivered": True}


async def test_a_delivery_that_fails_leaves_the_result_to_the_next_answer() -> None:
    def deliver(call: Call, answer: JSON) -> None:
        raise ConnectionError("canary")

    search = Search(make(), deliver=deliver)
    line = Line(search.agent)
    await line.say("search")
    await search.end()
    assert "a table at eight" in await line.say("other")


@pytest.mark.parametrize("deliver", [True, False])
async def test_without_a_call_only_a_delivery_can_bring_it(deliver: bool) -> None:
    delivered: list[JSON] = []
    options = {"deliver": lambda call, answer: delivered.append(answer)} if deliver else {}
    search = Search(make(), secure=False, **options)
    line = Line(search.agent, "")
    assert await line.say("search") == WORKING
    await search.end()
    assert len(delivered) == deliver
    assert await line.say("other") == "other"


async def test_a_once_tool_goes_on_once_and_tells_it_once() -> None:
    search = Search(make(), once=True)
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    assert await line.say("search", 1) == WORKING
    await search.end()
    assert search.ran == 1
    said = await line.say("other")
    assert said.count("a table at eight") == 1
    assert await line.say("search", 2) == "a table at eight"


async def test_who_watches_is_told_when_it_ends() -> None:
    search, told = Search(make()), list[Event]()
    search.agent.on_event(told.append)
    await Line(search.agent).say("search")
    await search.end()
    ended = [event for event in told if isinstance(event, JobEnded)]
    assert [(event.function, event.outcome) for event in ended] == [("search", Outcome.ANSWERED)]
    assert Outcome.PENDING in [getattr(event, "outcome", None) for event in told]


async def test_its_own_deadline_holds_in_the_background() -> None:
    search = Search(make(), timeout=30, on_error="Too slow.")
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    pass_time(60)
    with anyio.fail_after(LONG):
        await search.agent.traffic.jobs.end()
    assert "Too slow." in await line.say("other")


async def test_too_many_jobs_are_sent_back() -> None:
    search = Search(make(limits=Limits(calls=1)))
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    assert (await line.send("search", 1)).status == 503
    assert search.ran == 1
    await search.end()


@pytest.mark.parametrize(
    "options",
    [{"timeout": 3601}, {"soft_timeout": 0}, {"soft_timeout": 111}, {"deliver": "sms"}],
)
def test_settings_that_make_no_sense_are_refused(options: JSON) -> None:
    with pytest.raises(DefinitionError, match="tool 'search'"):
        Search(make(), **options)


# Another process, or none.


async def test_another_process_brings_the_result() -> None:
    store = SharedMemory()
    here, there = Search(make(store)), Search(make(store))
    assert await Line(here.agent).say("search") == WORKING
    assert await Line(there.agent).say("other") == "other"
    await here.end()
    assert "a table at eight" in await Line(there.agent).say("other", 1)


async def begun_elsewhere(search: Search, line: Line) -> None:
    """Leave behind what a process leaves that dies in the middle of a job."""
    await line.say("search")
    states = jobs_of(search.agent)
    taken = await search.agent.traffic.claims.collect(states, CALL_ID)
    assert taken == ({}, {})
    snapshot = await states.run(states.operations.snapshot(CALL_ID))
    ((key, entry),) = entries_of(snapshot).items()
    died = Entry(GONE, 4_000_000_000.0, reply=entry.reply)
    await search.end()
    await search.agent.traffic.claims.collect(states, CALL_ID)
    await states.run(claim(states.operations, Place(CALL_ID, key), died, lambda known: known))
    search.go = anyio.Event()


async def test_of_a_job_that_died_nobody_knows() -> None:
    search = Search(make())
    line = Line(search.agent)
    await begun_elsewhere(search, line)
    assert await line.say("other") == f"other\nResult of search: {UNCONFIRMED}"
    assert search.ran == 1


async def test_a_job_that_died_is_begun_again_if_it_may() -> None:
    search = Search(make(), on_crash="repeat")
    line = Line(search.agent)
    await begun_elsewhere(search, line)
    assert await line.say("other") == "other"
    await search.end()
    assert search.ran == 2
    assert "a table at eight" in await line.say("other", 1)


async def test_what_is_kept_of_a_request_is_no_secret() -> None:
    store = MemoryState()
    search = Search(make(store))
    line = Line(search.agent)
    await line.send("other")
    line._url += "&table=8"
    token = line._url.partition("__token=")[2].partition("&")[0]
    assert await line.say("search") == WORKING
    [kept] = [store.get(entry.key) for entry in store.scan("job:")]
    assert kept is not None
    assert token.encode() not in kept.data
    assert b"table=8" in kept.data
    await search.end()


async def test_a_result_that_is_too_long_to_be_kept_is_said_to_be_done() -> None:
    search = Search(make())
    search.result = "x" * (JOURNAL_BYTES + 1)
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    await search.end()
    assert await line.say("other") == f"other\nResult of search: {background.TOO_LONG}"


async def test_a_job_of_a_tool_that_is_no_more_is_forgotten() -> None:
    search = Search(make())
    line = Line(search.agent)
    states = jobs_of(search.agent)
    died = Entry(GONE, 0.0)
    await states.run(claim(states.operations, Place(CALL_ID, "gone:1"), died, lambda known: known))
    assert await line.say("other") == "other"


class Failing(MemoryState):
    """A store that fails while it is told to."""

    def get(self, key: str) -> Any:
        raise StateUnavailable("gone")


async def test_a_store_that_fails_costs_the_result_and_not_the_answers() -> None:
    search = Search(make(Failing()))
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    await search.end()
    assert await line.say("other") == "other"


# Jobs.


def crowded(queue_seconds: float, soft_timeout: float) -> AgentBase:
    agent = make(limits=Limits(threads=1, queue_seconds=queue_seconds))

    @agent.tool(background=True, soft_timeout=soft_timeout, on_error="Sorry.")
    def plain(n: int) -> str:
        """Be plain."""
        return str(n)

    agent.define_tool("other", "Do something else.", {}, lambda args, raw: "other")
    return agent


async def test_a_job_that_is_refused_in_time_is_sent_back() -> None:
    agent = crowded(queue_seconds=0.0, soft_timeout=60.0)
    slot, line = await agent.traffic.slots.take("other"), Line(agent)
    assert (await line.send("plain", n=1)).status == 503
    slot.leave()
    assert await line.say("plain", n=1) == "1"


async def test_a_job_that_is_refused_later_has_failed() -> None:
    agent = crowded(queue_seconds=30, soft_timeout=0.01)
    slot, line = await agent.traffic.slots.take("other"), Line(agent)
    assert await line.say("plain", n=1) == WORKING
    pass_time(60)
    await agent.traffic.jobs.end()
    slot.leave()
    assert await line.say("other") == "other\nResult of plain: Sorry."


async def test_a_request_that_was_kept_is_nobodys_any_more() -> None:
    agent, kept = make(), list[Exchange]()
    line = Line(agent)

    def keep(call: Call) -> str:
        kept.append(background._Request.of(call.exchange).exchange())
        return "kept"

    agent.tool("keep", description="Keep.")(keep)
    await line.say("keep")
    assert kept[0].client_left()
    assert kept[0].data()["function"] == "keep"


async def test_an_application_that_ends_waits_for_its_jobs() -> None:
    search = Search(make())
    server = AgentServer().register(search.agent)
    async with AgentClient(server).lifespan():
        await Line(search.agent).say("search")
        assert len(search.agent.traffic.jobs) == 1
        search.go.set()
    assert len(search.agent.traffic.jobs) == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_jobs_run_on_every_event_loop(backend: str) -> None:
    async def body() -> list[Any]:
        jobs, told = Jobs(2), list[Any]()

        async def work(value: int) -> int:
            await anyio.lowlevel.checkpoint()
            return value

        job = jobs.start(partial(work, 7))
        assert await job.within(LONG)
        told.append(job.result())
        await jobs.end()
        told.append(len(jobs))
        return told

    assert anyio.run(body, backend=backend) == [7, 0]
    assert "trio" in sys.modules


async def test_a_job_that_does_not_end_is_cancelled() -> None:
    jobs = Jobs(1)
    job = jobs.start(anyio.sleep_forever)
    await jobs.end(0.01)
    assert await job.within(LONG)
    assert job.result() is None


async def all_over(jobs: Jobs) -> None:
    with anyio.fail_after(LONG):
        while jobs:
            await anyio.lowlevel.checkpoint()


async def test_of_a_job_that_was_cancelled_nobody_knows() -> None:
    search = Search(make(), soft_timeout=0.01)
    line = Line(search.agent)
    assert await line.say("search") == WORKING
    await search.agent.traffic.jobs.end(0.01)
    await all_over(search.agent.traffic.jobs)
    assert await line.say("other") == f"other\nResult of search: {UNCONFIRMED}"


async def test_what_a_job_raises_is_raised_to_who_asks() -> None:
    jobs = Jobs(1)

    async def refuse() -> None:
        raise busy()

    job = jobs.start(refuse)
    assert await job.within(LONG)
    with pytest.raises(type(busy())):
        job.result()


@pytest.mark.parametrize("whole", [False, True])
async def test_a_result_whose_poll_was_not_answered_comes_with_the_next(whole: bool) -> None:
    search = Search(make())
    agent = search.agent.enable_inbox()
    line = Line(agent)
    await line.say("search")
    await search.end()
    reply = await answer_call(agent, agent.compiled(), polling(agent))
    assert b"a table at eight" in reply.body
    await told(reply, whole)
    again = (await line.send("check_for_input")).text
    assert ("a table at eight" in again) is not whole
    assert "a table at eight" not in (await line.send("check_for_input")).text


async def test_a_result_and_a_message_come_again_together_when_their_answer_was_lost() -> None:
    search = Search(make())
    agent = search.agent.enable_inbox()
    line = Line(agent)
    await line.say("search")
    await search.end()
    await agent.inbox.push(CALL_ID, "hello")
    reply = await answer_call(agent, agent.compiled(), polling(agent))
    await told(reply, False)
    again = (await line.send("check_for_input")).text
    assert "a table at eight" in again
    assert "hello" in again


class Full(MemoryState):
    """A store that takes no more at some time."""

    full = False

    def put(self, key: str, data: bytes, **options: Any) -> str:
        if self.full:
            raise StateUnavailable("full")
        return super().put(key, data, **options)


async def test_a_store_that_fails_cannot_keep_a_result_again() -> None:
    store = Full()
    search = Search(make(store))
    agent = search.agent.enable_inbox()
    await Line(agent).say("search")
    await search.end()
    reply = await answer_call(agent, agent.compiled(), polling(agent))
    store.full = True
    await told(reply, False)  # it is logged, and the server goes on


def polling(agent: AgentBase) -> Exchange:
    """Return a poll of the platform."""

    async def gone() -> Any:
        raise AssertionError

    token = agent.compiled().mint("check_for_input", CALL_ID, agent.clock())
    body = b'{"function": "check_for_input", "call_id": "%s"}' % CALL_ID.encode()
    scope = {"type": "http", "path": "/swaig", "query_string": b"__token=" + token.encode()}
    return Exchange(scope, gone, {}, "", "POST", body)
