"""Whole calls that need no await."""

import asyncio
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from agentkit.loopback import Call, CallError, Faults, Loopback
from tests.loopback.shops import plain_shop as shop
from tests.loopback.shops import script
from tests.loopback.test_phone_call import TRANSCRIPT, judge, persona


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


def test_a_whole_call_is_played() -> None:
    call = Call(shop())
    call.start().answers("Welcome. Which tea?")
    call.say("Two packs of Assam").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").with_args(packs=2).once().answered("ordered 2")
    call.expect_state(tea="Assam")
    call.hang_up(summary={"tea": "Assam"})
    call.expect_ended("caller")
    assert call.transcript == TRANSCRIPT
    call.close()


def test_what_the_model_does_is_played_when_anything_else_is_asked() -> None:
    with Call(shop()) as call:
        call.start()
        turn = call.say("Two packs of Assam").uses("order", tea="Assam")
        assert "order" not in [moment.text for moment in call.moments]
        turn.answers("It is ordered.")
        call.settle()
        call.settle()
        call.expect_said("It is ordered.")
    assert call.ended == "caller"


def test_as_a_context_it_plays_the_last_turn() -> None:
    with Call(shop()) as call:
        call.start()
        call.say("Bye").uses("leave")
    assert call.ended == "agent"
    with Call(shop()) as call:
        pass
    assert call.moments == []


def test_the_last_turn_may_fail_the_test() -> None:
    call = Call(shop())

    def play() -> None:
        with call:
            call.start()
            call.say("Bye").uses("nothing")

    with pytest.raises(CallError, match="cannot call 'nothing' now"):
        play()


def test_after_an_error_nothing_more_is_played() -> None:
    call = Call(shop())

    def play() -> None:
        with call:
            call.start()
            call.say("Bye").uses("leave")
            raise KeyError

    with pytest.raises(KeyError):
        play()
    assert call.ended is None


def test_a_call_without_a_document_that_is_of_use_is_not_hung_up() -> None:
    with (
        Call(lambda request: {"error": "no such path"}) as call,
        pytest.raises(CallError, match="no object `sections`"),
    ):
        call.start()
    assert call.ended is None


def test_a_mistake_is_told_where_it_is_made() -> None:
    call = Call(lambda request: (404, "no"))
    with pytest.raises(CallError, match="status 404"):
        call.start()
    with pytest.raises(CallError, match="has not started"):
        call.say("Hello")
    call.close()


def test_digits_and_time(loopback: Loopback) -> None:
    menu = {"prompt": {"play": "say:Press one."}}
    call = loopback.call(script(menu, {"play": {"url": "say:You chose ${prompt_value}."}}))
    call.start()
    call.press("1")
    call.expect_said("You chose 1.")
    call = loopback.call(script(menu))
    call.start()
    call.pass_time(20)
    call.expect_ended("document")


async def test_in_a_running_loop_a_call_says_what_to_do() -> None:
    with pytest.raises(CallError, match="await a PhoneCall in place of a Call"):
        Call(shop()).start()


def test_waiting_takes_no_time() -> None:
    agent = shop()

    async def ask_kitchen() -> str:
        """Ask the kitchen."""
        await anyio.sleep(20)
        return "Yes."

    agent.tool(ask_kitchen)
    call = Call(agent)
    call.start()
    call.say("Ask").uses("ask_kitchen")
    call.expect_tool("ask_kitchen").answered("Yes.")
    asked, answered = (moment for moment in call.moments if moment.kind in {"tool", "answer"})
    assert answered.at_us - asked.at_us == 20_000_000
    call.close()


def test_calls_of_a_test_share_a_loop_and_a_clock(loopback: Loopback) -> None:
    loops: list[Any] = []
    agent = shop()

    async def note() -> str:
        """Note the loop."""
        loops.append(asyncio.get_running_loop())
        return "Noted."

    agent.tool(note)
    for call in (loopback.call(agent), loopback.call(agent)):
        call.start()
        call.say("x").uses("note")
        call.settle()
        assert call.clock is loopback.clock
    assert loops[0] is loops[1]
    assert len(loopback.calls) == 2


@pytest.mark.parametrize(
    "faults", ["lost_reply 5xx", ["lost_reply", "5xx"], Faults("lost_reply", "5xx")]
)
def test_the_line_fails_by_words(loopback: Loopback, faults: Any) -> None:
    call = loopback.call(shop(), faults=faults)
    call.start()
    call.say("Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered("Ordered 1 of Assam.")
    assert {m.text for m in call.moments if m.kind == "fault"} == {"lost_reply", "5xx"}


def test_an_agent_that_cannot_be_made_anew_goes_on(loopback: Loopback) -> None:
    call = loopback.call(shop(), faults="restart")
    call.start()
    call.say("Assam").uses("order", tea="Assam")
    call.expect_tool("order").answered("Ordered 1 of Assam.")


def test_a_persona_and_a_judge(loopback: Loopback) -> None:
    call = loopback.call(shop())
    call.start()
    assert call.converse(persona("Order Assam tea"), turns=1) == 1
    call.expect_said("Order", by="caller")
    assert call.converse(persona("Thanks", None)) == 1
    assert call.converse(persona()) == 0
    assert call.expect_judged("Was it short?", judge()) == "It was."
    with pytest.raises(CallError, match="the judge says no"):
        call.expect_judged("Was it long?", judge())


def test_the_options_of_a_test_hold_for_its_calls() -> None:
    with Loopback(caller="+12025550199", seed="a") as loopback:
        call = loopback.call(shop(), seed="b")
        assert call.call_object["from"] == "+12025550199"
        assert call.call_id == Call(shop(), seed="b").call_id


async def test_a_test_that_awaits_gets_calls_that_are_awaited() -> None:
    loopback = Loopback()
    call = loopback.phone_call(shop())
    await call.start()
    assert call.clock is loopback.clock
    assert loopback.calls == [call]
    loopback.close()


def test_a_test_that_failed_is_not_failed_again() -> None:
    loopback = Loopback()
    call = loopback.call(shop())
    call.start()
    call.say("x").uses("nothing")
    loopback.close(KeyError())
    loopback = Loopback()
    loopback.call(shop()).start().uses("nothing")
    with pytest.raises(CallError, match="cannot call 'nothing'"):
        loopback.close()
