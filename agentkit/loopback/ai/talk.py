"""A talk with the caller: the part of a session that is the same in `ai` and `amazon_bedrock`."""

from collections.abc import Awaitable
from typing import Any

from agentkit.loopback.ai import calling, ending, opening, polls, speech
from agentkit.loopback.ai.room import Room
from agentkit.loopback.ai.values import Message, ToolOutcome, ToolView
from agentkit.loopback.webhook import Answer

JSON = dict[str, Any]


class Talk:
    """A model that talks to the caller.

    Args:
        room: the session.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    def messages(self) -> list[Message]:
        """Return what the model sees now."""
        return self._room.conversation.messages()

    def tools(self) -> list[ToolView]:
        """Return what the model may call now."""
        return calling.offered(self._room)

    async def start(self) -> None:
        """Load functions from elsewhere, run `startup_hook`, and enter the first step."""
        await opening.open_session(self._room)

    def hear(self, text: str, language: str) -> Awaitable[None]:
        """Let the caller say something."""
        return speech.hear(self._room, text, language)

    def say(self, text: str) -> Awaitable[None]:
        """Let the model say something."""
        return speech.say(self._room, text)

    def call_tool(self, name: object, arguments: object, raw: str | None) -> Awaitable[ToolOutcome]:
        """Let the model call a function.

        Raises:
            CallError: the model cannot call it now.
        """
        return calling.call(self._room, name, arguments, raw)

    async def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while."""
        await polls.pass_time(self._room, seconds)

    async def end(self, reason: str, summary: JSON | str | None) -> Answer | None:
        """End the session and post its summary.

        Raises:
            CallError: it has ended before.
        """
        return await ending.end(self._room, reason, summary)
