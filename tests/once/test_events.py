"""Who watches an agent is told every step, as typed events without anybody's words."""

import threading
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, DefinitionError, ToolError
from agentkit.events import DocumentServed, Event, Outcome, ToolAnswered, ToolStarted
from agentkit.operations import watching
from agentkit.slots import Limits
from tests.deadlines import LONG, overtake
from tests.once.doors import CALL_ID, Line, make, together


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000))
    monkeypatch.setattr(watching, "clock", lambda: float(next(ticks)))
    monkeypatch.setattr("agentkit.operations.documents.clock", lambda: float(next(ticks)))


def watched(**options: Any) -> tuple[AgentBase, list[Event]]:
    agent, told = make(**options), list[Event]()
    agent.on_event(told.append)

    @agent.tool
    async def fine(n: int = 0) -> str:
        """Work."""
        return "fine"

    @agent.tool
    async def spoken() -> str:
        """Refuse."""
        raise ToolError("no")

    @agent.tool
    def failing() -> str:
        """Fail."""
        raise RuntimeError("canary")

    @agent.tool
    async def nonsense() -> Any:
        """Return nonsense."""
        return object()

    @agent.tool(timeout=0.01)
    async def slow() -> str:
        """Hang."""
        await anyio.sleep_forever()
        raise AssertionError

    @agent.tool(once=True)
    async def pay() -> str:
        """Pay."""
        return "paid"

    @agent.tool(once=True)
    async def broken() -> str:
        """Pay, perhaps."""
        raise RuntimeError("canary")

    return agent, told


async def asked(function: str, *asks: int, **arguments: object) -> list[Event]:
    agent, told = watched()
    line = Line(agent)
    await line.send("none")
    told.clear()
    for ask in asks or (0,):
        await line.send(function, ask, **arguments)
    assert "canary" not in str(told)
    return told


def outcomes(told: list[Event]) -> list[Outcome]:
    return [event.outcome for event in told if isinstance(event, ToolAnswered)]


async def test_a_tool_is_started_and_answered() -> None:
    told = await asked("fine")
    assert told == [
        ToolStarted(agent="shop", call_id=CALL_ID, function="fine"),
        ToolAnswered(
            agent="shop",
            call_id=CALL_ID,
            function="fine",
            outcome=Outcome.ANSWERED,
            seconds=1.0,
        ),
    ]


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        ("spoken", Outcome.SPOKEN),
        ("failing", Outcome.FAILED),
        ("nonsense", Outcome.FAILED),
        ("slow", Outcome.TIMED_OUT),
    ],
)
async def test_what_became_of_a_tool_is_told(function: str, outcome: Outcome) -> None:
    answered = (await asked(function))[-1]
    assert isinstance(answered, ToolAnswered)
    assert answered.outcome is outcome
    assert (answered.error_id is None) is (outcome is Outcome.SPOKEN)


async def test_a_misfit_starts_nothing() -> None:
    told = await asked("fine", n="a few")
    assert len(told) == 1
    assert outcomes(told) == [Outcome.MISFIT]


async def test_a_repeated_delivery_is_told_as_such() -> None:
    told = await asked("fine", 0, 0)
    assert outcomes(told) == [Outcome.ANSWERED, Outcome.REPEATED]
    assert sum(isinstance(event, ToolStarted) for event in told) == 1


async def test_a_repeated_step_is_told_as_such() -> None:
    assert outcomes(await asked("pay", 0, 1)) == [Outcome.ANSWERED, Outcome.REPEATED]
    assert outcomes(await asked("broken", 0, 1)) == [Outcome.FAILED, Outcome.UNCONFIRMED]


async def test_a_call_that_is_sent_back_is_told() -> None:
    agent, told = watched(limits=Limits(calls=1))
    inside, go = anyio.Event(), anyio.Event()

    @agent.tool
    async def wait() -> str:
        """Wait."""
        inside.set()
        await go.wait()
        return "waited"

    line = Line(agent)
    await line.send("none")

    async def second() -> int:
        await inside.wait()
        status = (await line.send("fine")).status
        go.set()
        return status

    assert (await together(partial(line.say, "wait"), second))[1] == 503
    assert outcomes(told) == [Outcome.SHED, Outcome.ANSWERED]


async def test_a_stuck_tool_is_told() -> None:
    agent, told = watched(limits=Limits(threads=1))
    begun, go = threading.Event(), threading.Event()

    @agent.tool(timeout=20)
    def hang(n: int) -> str:
        """Hang."""
        begun.set()
        go.wait(LONG)
        return "late"

    line = Line(agent)
    await together(partial(line.say, "hang", n=1), partial(overtake, begun, 30))
    await line.say("hang", n=2)
    go.set()
    assert outcomes(told) == [Outcome.TIMED_OUT, Outcome.STUCK]


@pytest.mark.parametrize("failed", [True, False])
async def test_a_document_is_told(failed: bool) -> None:
    class Own(AgentBase):
        def on_swml_request(self, request_data: Any = None, callback_path: Any = None) -> Any:
            if failed:
                raise RuntimeError("canary")
            return {"sections": {"main": [{"hangup": {}}]}} if request_data is None else None

    agent, told = Own("own", basic_auth=("user", "pass")), list[Event]()

    @agent.on_event
    async def note(event: Event) -> None:
        told.append(event)

    await Line(agent).client.post("/", json={"call": {"call_id": CALL_ID}})
    assert told == [DocumentServed(agent="own", call_id=CALL_ID, seconds=1.0, failed=failed)]


async def test_a_default_document_is_told_too() -> None:
    agent, told = watched()
    await Line(agent).client.get("/")
    assert told == [DocumentServed(agent="shop", seconds=1.0)]


async def test_an_observer_that_fails_keeps_nobody_from_going_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    agent, told = make(), list[Event]()

    @agent.on_event
    def broken(event: Event) -> None:
        raise RuntimeError("observer")

    agent.on_event(told.append)
    agent.define_tool("fine", "Work.", {}, lambda args, raw: "fine")
    assert await Line(agent).say("fine") == "fine"
    assert len(told) == 3
    assert "observer_failed" in caplog.text


def test_an_observer_must_be_a_function() -> None:
    with pytest.raises(DefinitionError):
        make().on_event("print")  # type: ignore[type-var]
