"""What goes wrong in a call that is played."""

from agentkit.errors import AgentKitError


class CallError(AgentKitError, AssertionError):
    """The platform could not have gone on with the call, or cannot do what the test asks."""
