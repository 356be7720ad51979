"""The AI verb: what the platform keeps, says and posts while a model talks to the caller."""

from agentkit.loopback.ai.session import AISession
from agentkit.loopback.ai.values import Message, ToolCall, ToolOutcome, ToolView

__all__ = ["AISession", "Message", "ToolCall", "ToolOutcome", "ToolView"]
