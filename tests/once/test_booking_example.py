"""The booking example does what its page says."""

import runpy
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.testing import AgentClient, SimulatedCall
from tests.deadlines import LONG

FILE = Path(__file__).parents[2] / "examples" / "booking.py"


@pytest.fixture
def example() -> dict[str, Any]:
    return runpy.run_path(str(FILE), run_name="booking")


async def call_of(example: dict[str, Any]) -> SimulatedCall:
    agent: AgentBase = example["agent"]
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    call = SimulatedCall(client, url="/bookings", call_id="call-1")
    await call.start()
    return call


async def test_a_booking_is_made_once(example: dict[str, Any]) -> None:
    call = await call_of(example)
    said = [(await call.tool("book", seats=4, day="Friday")).response for _ in range(3)]
    assert said == ["Booked 4 seats on Friday, number 1."] * 3
    assert (await call.resend()).response == said[0]
    assert list(example["tables"].values()) == [4]


async def test_what_was_not_done_may_be_asked_for_again(example: dict[str, Any]) -> None:
    call = await call_of(example)
    assert (await call.tool("book", seats=13, day="Friday")).response == (
        "There are no 13 seats left."
    )
    assert (await call.tool("book", seats=2, day="Friday")).response.startswith("Booked 2")


async def test_a_booking_is_paid_once_whatever_the_card(example: dict[str, Any]) -> None:
    call = await call_of(example)
    first = await call.tool("pay", booking=1, card="4111 1111")
    assert first.response == "Booking 1 is paid with the card ending in 1111."
    assert (await call.tool("pay", booking=1, card="4222 2222")).response == first.response


async def test_middleware_stands_before_the_booking(example: dict[str, Any]) -> None:
    call = await call_of(example)
    answer = await call.tool("book", seats=2, day="Christmas")
    assert answer.response == "We are closed at Christmas."
    assert example["tables"] == {}


async def test_the_kitchen_answers_later(example: dict[str, Any]) -> None:
    agent: AgentBase = example["agent"]
    example["ask_kitchen"].__globals__["kitchen_seconds"] = 0.0
    call = await call_of(example)
    with anyio.fail_after(LONG):
        answer = await call.tool("ask_kitchen", wish="soup")
        await agent.traffic.jobs.end()
    assert answer.response == "The kitchen says yes to soup."


async def test_what_could_not_be_confirmed_is_looked_after(
    example: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(seats: int, key: str) -> int:
        raise RuntimeError("no line to the restaurant")

    example["book"].__globals__["reserve"] = broken
    call = await call_of(example)
    await call.tool("book", seats=4, day="Friday")
    answer = await call.tool("book", seats=4, day="Friday")
    assert answer.response == "I am not sure that it went through. Please call us."
    assert "look_after" in caplog.text
