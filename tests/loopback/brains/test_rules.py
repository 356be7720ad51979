"""The brain that picks a function by its words."""

from typing import Any

import pytest

from agentkit.loopback.ai.values import ToolView
from agentkit.loopback.brains.base import Thought, Use
from agentkit.loopback.brains.rules import DONE, GREETING, LOST, RuleBrain, pick, score
from agentkit.loopback.brains.words import telling
from tests.loopback.brains.session import BOOK, STATUS, TOOLS, view


def tool(name: str, description: str = "", **properties: Any) -> ToolView:
    return ToolView(name, description, {"type": "object", "properties": properties}, "function")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("I want to book a table", "book_table"),
        ("A table for two tonight", "book_table"),
        ("Where is my order?", "orderStatus"),
        ("Put me through to the support desk", "change_context"),
        ("I want to go to the other part of it", "change_context"),
        ("We are a party", None),
        ("Nice weather today", None),
        ("", None),
    ],
)
def test_the_function_with_most_of_the_words_is_picked(said: str, name: str | None) -> None:
    picked = pick(TOOLS, said)
    assert (picked and picked.name) == name


def test_words_count_by_where_they_stand() -> None:
    sized = tool("order", "Order a pizza.", size={"enum": ["small", "large"]}, odd=True)
    assert score(sized, set(telling("order a large pizza"))) == 3 + 2 + 1
    assert score(sized, set(telling("order an order"))) == 3


def test_the_first_of_equals_is_picked_and_hooks_never() -> None:
    first, second = tool("pay_bill"), tool("pay_later")
    assert pick([first, second], "pay") is first
    assert pick([tool("startup_hook"), tool("hangup_hook")], "startup hangup hook") is None
    assert pick([], "pay") is None


async def test_a_function_is_called_with_what_was_said() -> None:
    brain = RuleBrain()
    thought = await brain.think(view("Book a table for two on Friday"))
    assert thought == Thought(uses=(Use("book_table", {"seats": 2, "day": "on Friday"}),))
    assert await brain.think(view("…", "Booked.")) == Thought("Booked.")
    assert await brain.think(view("…", "")) == Thought(DONE)


async def test_it_greets_and_says_that_it_did_not_understand() -> None:
    brain = RuleBrain()
    assert await brain.think(view()) == Thought(GREETING)
    assert await brain.think(view("Lovely weather")) == Thought(LOST)
    assert await brain.summarize(view(), "Summarize.") is None


async def test_it_asks_for_what_is_missing_and_goes_on_with_the_answer() -> None:
    brain = RuleBrain()
    assert await brain.think(view("A table please")) == Thought("Please tell me: seats, day.")
    assert await brain.think(view("for four, tomorrow")) == Thought(
        uses=(Use("book_table", {"seats": 4, "day": "tomorrow"}),)
    )
    assert await brain.think(view("for four")) == Thought(LOST)


async def test_another_request_ends_the_one_that_was_begun() -> None:
    brain = RuleBrain()
    await brain.think(view("A table please", tools=[BOOK_BY_DAY, STATUS]))
    assert await brain.think(view("No, where is order A-17?", tools=[BOOK_BY_DAY, STATUS])) == (
        Thought(uses=(Use("orderStatus", {"order": "A-17"}),))
    )
    assert await brain.think(view("tomorrow", tools=[BOOK_BY_DAY, STATUS])) == Thought(LOST)


async def test_a_request_that_is_no_longer_offered_is_forgotten() -> None:
    brain = RuleBrain()
    await brain.think(view("A table please", tools=[BOOK, STATUS]))
    assert await brain.think(view("for four", tools=[STATUS])) == Thought(LOST)


BOOK_BY_DAY = ToolView(
    "book",
    "Book a table here.",
    {
        "type": "object",
        "properties": {"seats": {"type": "integer"}, "day": {"type": "integer"}},
        "required": ["seats", "day"],
    },
    "function",
)


def gather(confirms: bool = False, **answer: Any) -> ToolView:
    properties: dict[str, Any] = {"answer": answer}
    if confirms:
        properties["confirmed_by_user"] = {"type": "string"}
    required = list(properties)
    schema = {"type": "object", "properties": properties, "required": required}
    return ToolView("gather_submit", "Submit the answer.", schema, "native")


async def test_a_question_takes_what_is_said_in_its_type() -> None:
    brain, asked = RuleBrain(), [BOOK, gather(type="string", description="Your name?")]
    assert await brain.think(view(tools=asked)) == Thought("Your name?")
    assert await brain.think(view("book a table", tools=asked)) == Thought(
        uses=(Use("gather_submit", {"answer": "book a table"}),)
    )
    asked = [gather(type="integer", description="How many?")]
    assert await brain.think(view("book a table", "Accepted.", tools=asked)) == Thought("How many?")
    assert await brain.think(view("the two of us", tools=asked)) == Thought(
        uses=(Use("gather_submit", {"answer": 2}),)
    )
    assert await brain.think(view("nobody", tools=asked)) == Thought(
        uses=(Use("gather_submit", {"answer": "nobody"}),)
    )
    assert await brain.think(view("nobody", "Accepted.")) == Thought("Accepted.")


async def test_a_question_without_a_schema_is_answered_too() -> None:
    for bare in ({}, {"properties": {"answer": True}}):
        tools = [ToolView("gather_submit", "", bare, "native")]
        assert await RuleBrain().think(view(tools=tools)) == Thought("Let us go on.")
        assert await RuleBrain().think(view("Robin", tools=tools)) == Thought(
            uses=(Use("gather_submit", {"answer": "Robin"}),)
        )


async def test_an_answer_is_repeated_where_it_has_to_be_confirmed() -> None:
    brain, asked = RuleBrain(), [gather(confirms=True, type="integer")]
    assert await brain.think(view("yes", tools=asked)) == Thought("You said yes. Is that right?")
    assert await brain.think(view("no, 3", tools=asked)) == Thought("You said 3. Is that right?")
    assert await brain.think(view("Yes, right", tools=asked)) == Thought(
        uses=(Use("gather_submit", {"answer": 3, "confirmed_by_user": "true"}),)
    )


async def test_it_greets_once() -> None:
    brain = RuleBrain()
    assert await brain.think(view()) == Thought(GREETING)
    assert await brain.think(view()) == Thought("Let us go on.")
