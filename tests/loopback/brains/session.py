"""What a brain looks at, without a session."""

from typing import Any

from agentkit.loopback.ai.values import Message, ToolOutcome, ToolView
from agentkit.loopback.brains.base import View

BOOK = ToolView(
    "book_table",
    "Book a table for a party.",
    {
        "type": "object",
        "properties": {
            "seats": {"type": "integer", "description": "How many people come."},
            "day": {"type": "string"},
        },
        "required": ["seats", "day"],
    },
    "function",
)
STATUS = ToolView(
    "orderStatus",
    "Tell where an order is.",
    {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    "function",
)
MOVE = ToolView(
    "change_context",
    "Go to another part of the conversation.",
    {
        "type": "object",
        "properties": {"context_name": {"type": "string", "enum": ["sales", "support desk"]}},
        "required": ["context_name"],
    },
    "native",
)
TOOLS = [BOOK, STATUS, MOVE]


class Shown:
    """A session that shows what it was given."""

    def __init__(
        self, tools: list[ToolView] = TOOLS, messages: list[Message] | None = None
    ) -> None:
        self._tools = tools
        self._messages = messages or []

    def messages(self) -> list[Message]:
        return self._messages

    def tools(self) -> list[ToolView]:
        return self._tools


def view(said: str = "", *responses: str, **shown: Any) -> View:
    return View(Shown(**shown), said, [ToolOutcome("book_table", text) for text in responses])
