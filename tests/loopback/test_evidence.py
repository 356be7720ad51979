"""What the moments of a call tell."""

from agentkit.loopback.evidence import action_names, called, named, of_kind, tool_runs
from tests.loopback.seen import Past, booked


def test_each_call_of_a_function_has_the_answer_that_came_to_it() -> None:
    moments = Past(
        ("answer", "nobody asked", None),
        *booked(),
        ("tool", "pay", "not an object"),
        ("tool", "leave", {}),
        ("answer", "Bye.", {"hangup": True}),
        ("answer", "again", None),
    ).moments
    assert [run.line for run in tool_runs(moments)] == [
        'book(seats=2, day="Friday") → "Booked." [set_global_data]',
        "pay()",
        'leave() → "Bye." [hangup]',
    ]


def test_a_call_is_written_as_in_python() -> None:
    assert called("book", {"seats": 2, "who": {"name": "Robin"}}) == (
        'book(seats=2, who={"name":"Robin"})'
    )
    assert called("book", ["odd"]) == 'book(["odd"])'


def test_actions_are_named_once_each() -> None:
    assert action_names([{"stop": True}, {"say": "a"}, {"say": "b"}, "odd"]) == ("stop", "say")
    assert action_names({"SWML": {}, "transfer": True}) == ("SWML", "transfer")
    assert action_names(None) == ()


def test_moments_are_found_by_kind_and_name() -> None:
    moments = Past(*booked()).moments
    assert [moment.text for moment in of_kind(moments, "agent", "caller")] == [
        "A table for 2",
        "Booked.",
    ]
    assert [moment.data for moment in named(moments, "tool", "book")] == [
        {"seats": 2, "day": "Friday"}
    ]
