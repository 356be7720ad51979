"""The tests of the restaurant: whole calls, without a phone and without a model."""

import pytest
from restaurant import agent  # the fixture `call` calls the agent of this name

from agentkit.loopback import Call, CallError, Loopback, PhoneCall

SERVICE_SECONDS = 90


def test_a_table_is_booked(call: Call) -> None:
    call.start()
    call.expect_step("ask")
    call.say("A table for two on Friday, please").uses("book_table", seats=2, day="Friday")
    call.expect_tool("book_table").with_args(seats=2).once().answered("is booked")
    call.expect_state(seats=2, day="Friday")
    call.expect_step("confirm")
    call.hang_up(summary={"booked": True, "seats": 2, "day": "Friday"})
    call.expect_summary(booked=True)


def test_a_party_that_is_too_large_is_told(call: Call) -> None:
    call.start()
    call.say("A table for 20 on Friday").uses("book_table", seats=20, day="Friday")
    call.expect_tool("book_table").answered("only 6 seats left")
    call.expect_step("ask")


def test_the_booking_is_sent_as_a_message(call: Call) -> None:
    call.start()
    call.say("A table for two on Friday").uses("book_table", seats=2, day="Friday")
    call.say("Yes, text me").uses("text_booking").answers("I have sent it.")
    call.expect_sms(to_number="+12025550123", body="Linden: 2 seats on Friday.")
    call.say("Bye").uses("goodbye").answers("Goodbye!")
    call.expect_ended("agent")
    call.expect_transcript()


def test_a_function_belongs_to_its_step(call: Call) -> None:
    call.start()
    assert "note_complaint" not in call.tools
    with pytest.raises(CallError, match="the model cannot call 'note_complaint' now"):
        call.say("The soup was cold").uses("note_complaint", text="cold soup").settle()


def test_a_complaint_has_its_own_context(call: Call) -> None:
    call.start()
    turn = call.say("I have a complaint, the soup was cold")
    turn.uses("change_context", context="complaints").uses("note_complaint", text="cold soup")
    call.expect_context("complaints")
    call.expect_said("The manager will call you back")


def test_rules_find_the_function_by_its_words(call: Call) -> None:
    call.start()
    call.say("How many seats are free on Friday?")
    call.expect_tool("free_seats").with_args(day="on Friday")


def test_a_slow_booking_takes_no_time_here(loopback: Loopback) -> None:
    call = loopback.call(agent)
    call.mock("book_table", response="Booked, at last.", delay_seconds=SERVICE_SECONDS)
    call.start()
    call.say("A table for two on Friday").uses("book_table", seats=2, day="Friday")
    call.expect_said("at last")
    asked, answered = (moment.at_us for moment in call.moments if moment.kind in {"tool", "answer"})
    assert answered - asked == SERVICE_SECONDS * 1_000_000


async def test_a_call_may_be_awaited(loopback: Loopback) -> None:
    call: PhoneCall = loopback.phone_call(agent, caller="+12025550199")
    await call.start()
    await call.say("Is there a table?").answers("For how many people?")
    await call.hang_up()
    call.expect_no_tool()
