"""Per-call configuration is user code: it runs once a request, and never before a 503 (D10)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.events import Event, Outcome, ToolAnswered
from agentkit.slots import Limits
from tests.once.doors import Line, SharedMemory, make, together

Config = Mapping[str, Any]


class Tailor:
    """Configures an agent for each request, and counts."""

    def __init__(self, agent: AgentBase) -> None:
        self.agent = agent
        self.calls: list[str] = []
        self.ran: list[str] = []
        self.polls = 0
        self.inside, self.go = anyio.Event(), anyio.Event()
        agent.define_tool("order", "Order.", {}, self._order)
        agent.add_per_call_config(self._configure)

    async def _configure(self, query: Any, body: Config, headers: Any, agent: AgentBase) -> None:
        if "function" not in body and body.get("action") != "get_signature":
            return
        self.calls.append(body.get("function", "signature"))
        agent.define_tool("added", "Added to this call.", {}, self._order)
        agent.define_tool("check_for_input", "Look.", {}, self._poll)
        if body.get("function") == "wait":
            agent.define_tool("wait", "Wait.", {}, self._order)
            self.inside.set()
            await self.go.wait()
        if body.get("function") == "refused":
            raise RuntimeError("canary")

    async def _order(self, args: Any, raw_data: Any) -> str:
        self.ran.append("ran")
        return f"ordered {len(self.ran)}"

    async def _poll(self, args: Any, raw_data: Any) -> str:
        self.polls += 1
        return f"looked {self.polls}"


@pytest.mark.parametrize("tool", ["order", "added"])
@pytest.mark.parametrize("state", [None, SharedMemory], ids=["alone", "shared"])
async def test_a_repeated_request_is_configured_and_run_once(
    tool: str, state: type[SharedMemory] | None
) -> None:
    tailor = Tailor(make(None if state is None else state()))
    line = Line(tailor.agent)
    assert await line.say(tool) == "ordered 1"
    assert await line.say(tool) == "ordered 1"
    assert tailor.calls == [tool]
    assert await line.say(tool, 1) == "ordered 2"


async def test_who_comes_too_many_is_sent_back_before_configuration_runs() -> None:
    tailor = Tailor(make(limits=Limits(calls=1)))
    line = Line(tailor.agent)
    await line.send("unknown")
    tailor.calls.clear()

    async def second() -> tuple[int, int]:
        await tailor.inside.wait()
        refused = await line.send("order"), await line.send("check_for_input")
        tailor.go.set()
        return refused[0].status, refused[1].status

    assert await together(partial(line.say, "wait"), second) == ["ordered 1", (503, 503)]
    assert tailor.calls == ["wait"]


async def test_those_who_watch_see_what_became_of_a_configured_call() -> None:
    tailor, told = Tailor(make()), list[Event]()
    tailor.agent.on_event(told.append)
    line = Line(tailor.agent)
    for function in ("added", "added", "refused"):
        await line.send(function)
    seen = [event.outcome for event in told if isinstance(event, ToolAnswered)]
    assert seen == [Outcome.ANSWERED, Outcome.REPEATED, Outcome.FAILED]


async def test_configuration_that_fails_is_answered_the_same_when_it_is_asked_again() -> None:
    tailor = Tailor(make())
    line = Line(tailor.agent)
    first = await line.say("refused")
    assert "canary" not in first
    assert await line.say("refused") == first
    assert tailor.calls == ["refused"]


async def test_a_poll_that_configuration_adds_is_no_repetition_of_the_one_before() -> None:
    line = Line(Tailor(make()).agent)
    assert await line.say("check_for_input") == "looked 1"
    assert await line.say("check_for_input") == "looked 2"


async def test_a_function_that_configuration_does_not_add_is_unknown() -> None:
    tailor = Tailor(make())
    line = Line(tailor.agent)
    assert (await line.send("unknown")).status == 404
    assert (await line.send("unknown")).status == 404
    assert tailor.calls == ["unknown", "unknown"]


async def test_a_request_that_names_no_function_is_refused_before_configuration_runs() -> None:
    tailor = Tailor(make())
    line = Line(tailor.agent)
    assert (await line.send("")).status == 400
    assert tailor.calls == []


async def test_signatures_are_those_of_the_agent_as_it_is_configured() -> None:
    tailor = Tailor(make())
    line = Line(tailor.agent)
    asked = {"action": "get_signature", "functions": ["added"]}
    [entry] = (await line.client.post("/swaig", json=asked)).json()["functions"]
    assert entry["function"] == "added"
    assert tailor.calls == ["signature"]


async def test_signatures_of_an_agent_that_cannot_be_configured_are_a_safe_sentence() -> None:
    agent = make()
    agent.add_per_call_config(lambda *_: 1 / 0)
    answer = await Line(agent).client.post("/swaig", json={"action": "get_signature"})
    assert answer.status == 200
    assert "division" not in answer.text
