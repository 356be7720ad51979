"""The brain whose decisions a test has written down."""

import pytest

from agentkit.loopback.brains.base import Thought, Use
from agentkit.loopback.brains.script import ScriptBrain
from agentkit.loopback.errors import CallError
from tests.loopback.brains.session import view


async def test_it_calls_one_function_after_the_other_and_says_what_the_last_answered() -> None:
    uses = Use("book_table", {"seats": 2}), Use("orderStatus", {}, "{")
    brain = ScriptBrain(uses)
    assert await brain.think(view("hi")) == Thought(uses=uses[:1])
    assert await brain.think(view("hi", "Booked.")) == Thought(uses=uses[1:])
    assert await brain.think(view("hi", "Booked.", "On its way.")) == Thought("On its way.")
    assert await brain.think(view("hi")) == Thought("")


async def test_another_brain_says_something_where_nothing_is_written() -> None:
    brain = ScriptBrain([Use("book_table", {})], otherwise=ScriptBrain(says="As you like."))
    assert await brain.think(view("hi")) == Thought(uses=(Use("book_table", {}),))
    assert await brain.think(view("hi", "Booked.")) == Thought("As you like.")


async def test_it_says_what_it_was_told_to() -> None:
    brain = ScriptBrain(says="Hello.", summary={"a": 1})
    assert await brain.think(view("hi", "Booked.")) == Thought("Hello.")
    assert await brain.summarize(view(), "Summarize.") == {"a": 1}


async def test_a_function_that_is_not_offered_cannot_be_called() -> None:
    brain = ScriptBrain([Use("book_tabel", {}), Use("zzz", {}), Use("book", {})])
    told = "cannot call 'book_tabel' now, it is offered: book_table, orderStatus, change_context"
    with pytest.raises(CallError, match=f"{told}; did you mean 'book_table'?"):
        await brain.think(view())
    with pytest.raises(CallError, match=r"change_context$"):
        await brain.think(view())
    with pytest.raises(CallError, match=r"it is offered: none$"):
        await brain.think(view(tools=[]))
