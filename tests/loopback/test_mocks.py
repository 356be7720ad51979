"""Functions of the agent that a test answers itself."""

from typing import Any

import pytest

from agentkit import FunctionResult
from agentkit.errors import DefinitionError
from agentkit.loopback import Call, PhoneCall
from tests.loopback.shops import shop


async def started() -> PhoneCall:
    call = PhoneCall(shop())
    await call.start()
    return call


async def test_a_function_is_answered_by_the_test() -> None:
    call = await started()
    call.mock("order", response="Sold out.", actions=[{"set_global_data": {"sold": "out"}}])
    await call.say("Assam").uses("order", tea="Assam")
    await call.say("x").uses("act", actions=[])
    call.expect_tool("order").answered("Sold out.")
    call.expect_tool("act").answered("Done.")
    call.expect_state(sold="out")
    assert call.mocks.asked == {"order": [{"tea": "Assam"}]}


async def awaited(**arguments: Any) -> str:
    return f"Ordered {arguments['tea']}."


ANSWERS = [
    (lambda tea: f"Ordered {tea}.", "Ordered Assam."),
    (awaited, "Ordered Assam."),
    (lambda **_: FunctionResult("A result."), "A result."),
    (lambda **_: {"response": "Data."}, "Data."),
    (lambda **_: None, ""),
]


@pytest.mark.parametrize(("function", "response"), ANSWERS)
async def test_a_function_of_the_test_makes_the_answer(function: Any, response: str) -> None:
    call = await started()
    call.mock("order", function)
    await call.say("Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered(response, exact=True)


async def test_a_mock_with_actions_alone() -> None:
    call = await started()
    call.mock("leave", actions={"hangup": True})
    await call.say("Bye").uses("leave")
    call.expect_ended("agent")
    other = await started()
    other.mock("leave", response="")
    await other.say("Bye").uses("leave")
    other.expect_no_tool("order")


def took_us(call: PhoneCall) -> int:
    """How long the call's only function took to answer, on its clock."""
    [asked] = [moment for moment in call.moments if moment.kind == "tool"]
    [answered] = [moment for moment in call.moments if moment.kind == "answer"]
    return answered.at_us - asked.at_us


async def test_a_mock_that_raises_is_a_server_that_fails() -> None:
    call = await started()
    tries: list[int] = []

    def fail() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise KeyError("leave")
        return "At last."

    call.mock("leave", fail)
    await call.say("Bye").uses("leave")
    call.expect_tool("leave").answered("At last.")
    assert len(tries) == 3
    assert took_us(call) == 2_000_000
    assert len(call.mocks.asked["leave"]) == 1
    assert "the mock raised KeyError" in call.transcript
    call.mock("leave", lambda: 1 / 0)
    await call.say("Bye").uses("leave")
    assert [moment.text for moment in call.moments if moment.kind == "reply"][-4:] == ["500"] * 4


async def test_a_mock_takes_its_time_on_the_clock() -> None:
    call = await started()
    call.mock("leave", response="Bye.", delay_seconds=30)
    await call.say("Bye").uses("leave")
    call.expect_tool("leave").answered("Bye.")
    assert took_us(call) == 30_000_000


async def test_a_mock_that_takes_too_long_has_no_answer() -> None:
    call = await started()
    call.mock("leave", response="Bye.", delay_seconds=121)
    await call.say("Bye").uses("leave")
    assert took_us(call) == (4 * 120 + 3) * 1_000_000  # tries, and the pauses between them
    assert "timeout" in call.transcript


def test_a_mock_is_a_function_or_an_answer() -> None:
    call = Call(shop())
    with pytest.raises(DefinitionError, match="a mock of order has a function or an answer"):
        call.mock("order")
    with pytest.raises(DefinitionError, match="one of them"):
        call.mock("order", print, response="x")
