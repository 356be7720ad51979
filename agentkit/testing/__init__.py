"""Tools for testing agents: a client, a call that is played by hand, and its transcript.

They know only what the platform knows: nothing of an agent but what it answers. Calls in which a
caller speaks are played by `agentkit.loopback`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from agentkit.testing.asgi import ASGIError
from agentkit.testing.client import AgentClient, ASGITransport, HTTPTransport
from agentkit.testing.messages import Headers, Request, Response, Transport
from agentkit.testing.transcript import Entry, render

if TYPE_CHECKING:
    from agentkit.loopback.errors import CallError
    from agentkit.testing.call import SimulatedCall
    from agentkit.testing.wire import ToolAnswer

__all__ = [
    "ASGIError",
    "ASGITransport",
    "AgentClient",
    "CallError",
    "Entry",
    "HTTPTransport",
    "Headers",
    "Request",
    "Response",
    "SimulatedCall",
    "ToolAnswer",
    "Transport",
    "render",
]

_LATE = {
    "CallError": "agentkit.loopback.errors",
    "SimulatedCall": "agentkit.testing.call",
    "ToolAnswer": "agentkit.testing.wire",
}


def __getattr__(name: str) -> Any:
    """Return what stands on the loopback, which itself stands on the client here."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
