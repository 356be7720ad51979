"""Data maps: functions that the platform answers itself, and their answers worked out here.

An agent that serves data maps loads only what checks them; what builds and answers them is loaded
when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentkit.datamap.builder import DataMap, create_expression_tool, create_simple_api_tool
    from agentkit.datamap.evaluation import Evaluation, evaluate
    from agentkit.datamap.transport import (
        Answers,
        Transport,
        TransportError,
        WebhookReply,
        WebhookRequest,
    )

__all__ = [
    "Answers",
    "DataMap",
    "Evaluation",
    "Transport",
    "TransportError",
    "WebhookReply",
    "WebhookRequest",
    "create_expression_tool",
    "create_simple_api_tool",
    "evaluate",
]

_WHERE = {
    "Answers": "transport",
    "DataMap": "builder",
    "Evaluation": "evaluation",
    "Transport": "transport",
    "TransportError": "transport",
    "WebhookReply": "transport",
    "WebhookRequest": "transport",
    "create_expression_tool": "builder",
    "create_simple_api_tool": "builder",
    "evaluate": "evaluation",
}


def __getattr__(name: str) -> Any:
    """Load what is first asked for."""
    if name in _WHERE:
        return getattr(import_module(f"agentkit.datamap.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
