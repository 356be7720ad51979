"""What an AI session shows: messages, tools, and what came of a tool call."""

from typing import Any, Literal

from msgspec import Struct

JSON = dict[str, Any]

ToolKind = Literal["function", "datamap", "mcp", "native"]
Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(Struct, frozen=True):
    """One call in a message of the model.

    Attributes:
        id: names the call; the tool's message repeats it.
        name: the function.
        arguments: the model's text, JSON when the model got it right.
    """

    id: str
    name: str
    arguments: str


class Message(Struct, eq=False):
    """One message as the model sees it.

    Attributes:
        tool_calls: what the model asked for, in its own message.
        tool_name: the function that a tool's message answers for.
        tool_call_id: the call that it answers.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_name: str = ""
    tool_call_id: str = ""


class ToolView(Struct, frozen=True):
    """One function as the model sees it.

    Attributes:
        parameters: JSON schema of the arguments.
        kind: where it runs: at a webhook, on the platform as a data map, at an MCP server, or in
            the platform itself.
    """

    name: str
    description: str
    parameters: JSON
    kind: ToolKind


class ToolOutcome(Struct, frozen=True):
    """What came of a tool call.

    Attributes:
        name: the function.
        response: what the model is told.
        actions: what the answer asks the platform for, in order, known or not.
        status: the HTTP status; 0 when there was no answer or no request.
        seconds: how long it took on the call's clock.
        error: why the function failed: "", or a word such as `http_500`, `timeout`, `not_json`.
    """

    name: str
    response: str
    actions: tuple[JSON, ...] = ()
    status: int = 0
    seconds: float = 0.0
    error: str = ""
