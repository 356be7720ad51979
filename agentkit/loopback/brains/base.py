"""What a brain sees and what it decides.

The platform gives a model the conversation and the functions it may call now; the model calls
functions, or says something. A brain is whatever stands in for the model.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from agentkit.loopback.ai.values import Message, ToolOutcome, ToolView


class Use(Struct, frozen=True):
    """One call of a function that the model makes.

    Attributes:
        name: the function.
        arguments: what it passes.
        raw: the text that the model wrote in place of them, JSON or not; None to write them.
    """

    name: str
    arguments: dict[str, Any]
    raw: str | None = None


class Thought(Struct, frozen=True):
    """What the model does next: call functions, or say something and wait for the caller.

    Attributes:
        text: what it says, when it calls nothing.
        uses: the functions that it calls, in order.
    """

    text: str = ""
    uses: tuple[Use, ...] = ()


class Source(Protocol):
    """The session that a view looks at."""

    def messages(self) -> list[Message]:
        """Return the conversation as the model would get it."""
        ...

    def tools(self) -> list[ToolView]:
        """Return the functions that the model may call now."""
        ...


class View:
    """What the model sees when it is asked to go on.

    Args:
        session: the session; it is looked at when something is asked for.
        said: what the caller said in this turn, "" where the agent begins.
        outcomes: what came of the functions called in this turn, in order.
    """

    def __init__(self, session: Source, said: str, outcomes: Sequence[ToolOutcome] = ()) -> None:
        self.said = said
        self.outcomes = outcomes
        self._session = session

    @property
    def messages(self) -> list[Message]:
        """The conversation as the model would get it, prompts first."""
        return self._session.messages()

    @property
    def tools(self) -> list[ToolView]:
        """The functions that the model may call now."""
        return self._session.tools()


class Brain(Protocol):
    """Stands in for the model."""

    async def think(self, view: View) -> Thought:
        """Decide what to do next."""
        ...

    async def summarize(self, view: View, prompt: str) -> dict[str, Any] | str | None:
        """Write the summary that a post prompt asks for; None when there is nothing to write."""
        ...
