"""What a test expects of a call, and what it is told when it is otherwise."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from agentkit.loopback.errors import CallError
from tests.loopback.seen import Past, booked

Check = Callable[[Any], Any]


def call(*more: tuple[Any, str, Any]) -> Past:
    past = Past(("mark", "started", None), *booked(), *more)
    past.global_data = {"seats": 2, "guest": {"name": "Robin", "age": 40}}
    past.place = ("default", "confirm")
    return past


HAPPENED: list[Check] = [
    lambda c: c.expect_tool("book"),
    lambda c: c.expect_tool("book").with_args(seats=2).once().answered("booked"),
    lambda c: c.expect_tool("book").with_args(day=re.compile("^Fri"), seats=...).times(1),
    lambda c: c.expect_tool("book").answered(re.compile(r"^Booked\.$")),
    lambda c: c.expect_tool("book").answered("Booked.", exact=True),
    lambda c: c.expect_tool("book").with_action("set_global_data").once(),
    lambda c: c.expect_no_tool("pay"),
    lambda c: c.expect_state(seats=2, guest={"name": "Robin"}),
    lambda c: c.expect_step("confirm"),
    lambda c: c.expect_context("default"),
    lambda c: c.expect_said("booked"),
    lambda c: c.expect_said("Booked.", exact=True, by="agent"),
    lambda c: c.expect_said("table for", by="caller"),
    lambda c: c.expect_said("Welcome"),
    lambda c: c.expect_action("hangup"),
    lambda c: c.expect_action("hangup", True),
    lambda c: c.expect_verb("send_sms"),
    lambda c: c.expect_sms(to_number="+12025550123", body=re.compile("seats")),
    lambda c: c.expect_summary(),
    lambda c: c.expect_summary(seats=2),
    lambda c: c.expect_summary("two seats"),
    lambda c: c.expect_ended(),
    lambda c: c.expect_ended("caller"),
]


@pytest.mark.parametrize("check", HAPPENED)
def test_what_happened_is_found(check: Check) -> None:
    check(
        call(
            ("platform", "Welcome.", None),
            ("action", "hangup", True),
            ("verb", "send_sms", {"to_number": "+12025550123", "body": "2 seats"}),
            ("mark", "summary", {"seats": 2, "day": "Friday"}),
            ("mark", "summary", "Two seats on Friday."),
            ("mark", "ended", "caller"),
        )
    )


def test_no_tool_was_called() -> None:
    Past(("agent", "Hello.", None)).expect_no_tool()


FAILS: list[tuple[Check, str]] = [
    (
        lambda c: c.expect_tool("boook"),
        'expected a call of boook\n  called were:\n    book(seats=2, day="Friday") → "Booked."',
    ),
    (
        lambda c: c.expect_tool("book").with_args(seats=3, da=1),
        "expected a call of book(seats=3, da=1)\n  seats: expected 3, is 2\n"
        '  da: expected 1, not there, but day is "Friday"\n  called were:',
    ),
    (lambda c: c.expect_tool("book").times(2), "a call of book 2 times\n  it was called once"),
    (lambda c: c.expect_tool("book").times(0), "a call of book 0 times\n  it was called once"),
    (
        lambda c: c.expect_tool("book").with_args(seats=2).answered("no"),
        'a call of book(seats=2) answered "no"\n  it answered "Booked."',
    ),
    (lambda c: c.expect_tool("book").with_action("stop"), "book with the action stop\n  called"),
    (lambda c: c.expect_no_tool(), "expected no call of any function\n  called were:\n    book("),
    (lambda c: c.expect_no_tool("book"), "expected no call of book\n  called were:"),
    (
        lambda c: c.expect_state(seats=3, sets=1),
        "expected global_data with seats=3, sets=1\n  seats: expected 3, is 2\n"
        "  sets: expected 1, not there, but seats is 2\n  global_data is {",
    ),
    (lambda c: c.expect_step("done"), "expected the step done\n  it is in default/confirm"),
    (lambda c: c.expect_context("x"), "expected the context x\n  it is in default/confirm"),
    (
        lambda c: c.expect_said("Boked."),
        'expected the caller hearing "Boked."\n  said was: "Booked."',
    ),
    (
        lambda c: c.expect_said(re.compile("no"), by="agent"),
        'expected agent saying /no/\n  said was: "Booked."',
    ),
    (
        lambda c: c.expect_said("hello", by="platform"),
        'expected platform saying "hello"\n  nothing was said',
    ),
    (lambda c: c.expect_action("stop"), "the action stop: anything\n  there were: none"),
    (lambda c: c.expect_sms(body="x"), 'the verb send_sms: body="x"\n  there were: none'),
    (lambda c: c.expect_verb("play"), "the verb play: any\n  there were: none"),
    (lambda c: c.expect_summary(), "expected a summary: any\n  none was posted"),
    (lambda c: c.expect_ended(), "expected the call ended\n  the call goes on"),
    (lambda c: c.expect_ended("agent"), "expected the call ended by: agent\n  the call goes on"),
]


@pytest.mark.parametrize(("check", "message"), FAILS)
def test_a_failure_tells_what_was_expected_and_what_there_was(check: Check, message: str) -> None:
    with pytest.raises(CallError) as failed:
        check(call())
    assert message in str(failed.value)
    assert "\n\nthe call so far:\n    0.00  call      started\n" in str(failed.value)
    assert isinstance(failed.value, AssertionError)


OTHERWISE: list[tuple[Check, str]] = [
    (lambda c: c.expect_action("hangup", False), "hangup: false\n  it was true"),
    (lambda c: c.expect_action("stop"), "stop: anything\n  there were: hangup"),
    (lambda c: c.expect_verb("play", url="a"), 'play: url="a"\n  it was {"url":"b"}'),
    (lambda c: c.expect_verb("hangup", reason="busy"), 'hangup: reason="busy"\n  it was null'),
    (lambda c: c.expect_summary(seats=3), 'summary: seats=3\n  it was {"seats":2}'),
    (lambda c: c.expect_summary("seats"), 'summary: "seats"\n  it was {"seats":2}'),
    (lambda c: c.expect_ended("agent"), "ended by: agent\n  it was ended by: caller"),
]


@pytest.mark.parametrize(("check", "message"), OTHERWISE)
def test_a_failure_tells_what_there_was_in_place_of_it(check: Check, message: str) -> None:
    past = call(
        ("action", "hangup", True),
        ("verb", "play", {"url": "b"}),
        ("verb", "hangup", None),
        ("mark", "summary", {"seats": 2}),
        ("mark", "ended", "caller"),
    )
    with pytest.raises(CallError) as failed:
        check(past)
    assert message in str(failed.value)


def test_calls_and_words_that_come_closest_stand_first() -> None:
    past = Past(
        ("tool", "pay", {}),
        ("tool", "book", {}),
        *(("agent", f"Sentence {number}.", None) for number in range(20)),
    )
    with pytest.raises(CallError, match=re.escape("called were:\n    book()\n    pay()")):
        past.expect_tool("boo")
    with pytest.raises(CallError, match=re.escape('said was: "Sentence 7."\n')):
        past.expect_said("Sentence 7!")
    with pytest.raises(CallError) as failed:
        past.expect_said("zzz")
    assert str(failed.value).count("said was") == 12
    assert 'said was: "Sentence 19.' in str(failed.value)


def test_a_call_without_anything_fails_readably() -> None:
    with pytest.raises(CallError) as failed:
        Past().expect_tool("book")
    assert str(failed.value) == (
        "expected a call of book\n  no function was called\n\nthe call so far:\n  nothing yet"
    )
    with pytest.raises(CallError, match="it is in none"):
        Past().expect_step("book")


def test_the_calls_counted_are_those_that_fit() -> None:
    past = Past(*booked(2), *booked(3), *booked(2, "Booked again."))
    past.expect_tool("book").times(3).with_args(seats=2).times(2).answered("again").once()
    with pytest.raises(CallError, match=r"book\(seats=2\) once\n  it was called 2 times"):
        past.expect_tool("book").with_args(seats=2).once()
