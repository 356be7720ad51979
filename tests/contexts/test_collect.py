"""A Struct is asked for field by field, and its answers come back as one."""

from datetime import date
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct, field

from agentkit import AgentBase, Call, DefinitionError
from agentkit.contexts import Step, collected
from agentkit.errors import ToolError
from agentkit.testing import AgentClient, SimulatedCall
from tests.contexts.flows import JSON, default_of, steps_of, talking
from tests.documents import AUTH


class TableBooking(Struct):
    """Take a booking.

    Attributes:
        name: On which name shall I book?
        note: Anything else?
    """

    name: str
    day: date
    guests: Annotated[int, Meta(ge=1, le=8, description="For how many?")]
    meal: Literal["lunch", "dinner"] = "dinner"
    wishes: list[str] = field(default_factory=list)
    note: str | None = None


class Bare(Struct):
    is_member: bool


OPEN = "The caller may leave this open; the answer is then empty."
QUESTIONS = [
    {"key": "name", "question": "On which name shall I book?"},
    {
        "key": "day",
        "question": "Please tell me: day.",
        "confirm": True,
        "prompt": "The answer is a date such as 2026-05-01.",
    },
    {
        "key": "guests",
        "question": "For how many?",
        "type": "integer",
        "prompt": "The answer is a whole number from 1 to 8.",
    },
    {
        "key": "meal",
        "question": "Please tell me: meal.",
        "prompt": f"The answer is one of lunch, dinner. {OPEN}",
    },
    {
        "key": "wishes",
        "question": "Please tell me: wishes.",
        "prompt": "The answer is a list in which each is text. "
        f'Submit it as a JSON list, such as ["one", "two"]. {OPEN}',
    },
    {"key": "note", "question": "Anything else?", "prompt": OPEN},
]


def test_each_field_is_a_question() -> None:
    step = Step("book").collect(TableBooking, confirm=["day"])
    assert step.to_dict() == {
        "name": "book",
        "text": "Take a booking.",
        "gather_info": {"questions": QUESTIONS, "output_key": "table_booking"},
    }


def test_a_step_keeps_its_text_and_says_where_answers_go_and_what_follows() -> None:
    agent = talking()
    step = default_of(agent).get_step("one")
    assert step is not None
    step.collect(Bare, output_key="member", completion_action="two", prompt="Ask.", isolated=True)
    assert steps_of(agent)["one"] == {
        "name": "one",
        "text": "First.",
        "gather_info": {
            "questions": [
                {"key": "is_member", "question": "Please tell me: is member.", "type": "boolean"}
            ],
            "prompt": "Ask.",
            "output_key": "member",
            "completion_action": "two",
            "isolated": True,
        },
    }


def test_a_struct_without_a_docstring_names_its_fields() -> None:
    assert Step("ask").collect(Bare).to_dict()["text"] == "Ask the caller for: is member."


ANSWERS = {
    "name": "Robin",
    "day": "2027-03-02",
    "guests": "4",
    "meal": "Lunch",
    "wishes": '["window"]',
    "note": "",
}


def test_answers_come_back_as_the_struct() -> None:
    booking = collected(TableBooking, {"table_booking": {**ANSWERS, "unasked": 1}})
    assert booking == TableBooking("Robin", date(2027, 3, 2), 4, "lunch", ["window"], None)
    few = {"name": "Robin", "day": "2027-03-02", "guests": 4}
    assert collected(TableBooking, {"b": few}, "b").meal == "dinner"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, 'The argument "name" is missing'),
        ({"table_booking": None}, 'The argument "name" is missing'),
        ({"table_booking": {**ANSWERS, "guests": 9}}, '"guests" must be a whole number from 1'),
        ({"table_booking": {**ANSWERS, "day": "${x}"}}, 'but it was "$ {x}"'),
    ],
)
def test_answers_that_do_not_fit_are_told_to_the_model(data: JSON, said: str) -> None:
    with pytest.raises(ToolError, match=r"^The argument") as caught:
        collected(TableBooking, data)
    assert said in str(caught.value)


async def test_a_tool_gets_what_was_gathered() -> None:
    agent = talking()
    booked: list[TableBooking] = []

    @agent.tool
    async def book(call: Call) -> str:
        """Book."""
        booked.append(call.collected(TableBooking))
        return f"Booked for {booked[-1].name}."

    assert await answer(agent, {"table_booking": ANSWERS}) == "Booked for Robin."
    assert booked[0].day == date(2027, 3, 2)
    assert (await answer(agent, {})).startswith('The argument "name" is missing: it must be text;')
    assert len(booked) == 1


async def answer(agent: AgentBase, data: JSON) -> str:
    agent = agent.fork().set_global_data(data)
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/")
    await call.start()
    said = (await call.tool("book")).response
    assert isinstance(said, str)
    return said


class Nothing(Struct):
    pass


class Nested(Struct):
    booking: TableBooking


@pytest.mark.parametrize(
    ("kind", "confirm", "reason"),
    [
        (dict, (), "collect takes a Struct, not <class 'dict'>"),
        (5, (), "collect takes a Struct, not 5"),
        (Nothing, (), "Nothing has no fields to ask for"),
        (Nested, (), "field 'booking': a question asks for one value"),
        (TableBooking, ["guest"], "confirm names 'guest', which is no field of TableBooking"),
        (TableBooking, "day", "confirm takes a list of fields, not 'day'"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(kind: type[Struct], confirm: str, reason: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Step("one").collect(kind, confirm=confirm)
    path = "ai.prompt.contexts.default.steps[0].gather_info"
    assert str(caught.value) == f"{path}: {reason} ({caught.value.line})"
    assert str(caught.value.line).startswith(__file__)
