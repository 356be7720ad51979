"""A turn of the model: think, call functions, think again, until something is said."""

from collections.abc import Callable

from msgspec import Struct

from agentkit.loopback.ai.session import AISession
from agentkit.loopback.ai.values import ToolOutcome
from agentkit.loopback.brains.base import Brain, View
from agentkit.loopback.errors import CallError

MOST_THOUGHTS = 20
"""How often a model may think before it has said something, and go on by itself."""


class Asked(Struct):
    """A turn: what the caller said, who thinks, what functions have answered so far."""

    session: AISession
    said: str
    brain: Brain
    outcomes: list[ToolOutcome] = []


async def halts(asked: Asked, waits: Callable[[], bool]) -> bool:
    """Play a turn to its end, and say whether it halted before that.

    Args:
        asked: the turn; asked again, it goes on where it halted.
        waits: says whether the script waits for the caller, after a function has run a document.

    Raises:
        CallError: a function cannot be called, or nothing is ever said.
    """
    session, outcomes = asked.session, asked.outcomes
    for _ in range(MOST_THOUGHTS):
        thought = await asked.brain.think(View(session, asked.said, outcomes))
        if not thought.uses:
            await session.say(thought.text)
            return False
        for use in thought.uses:
            arguments = use.arguments if use.raw is None else None
            outcomes.append(await session.call_tool(use.name, arguments, use.raw))
            if session.ended is not None:
                return False
            if waits():
                return True
    raise CallError(f"the model has called functions {MOST_THOUGHTS} times without a word")
