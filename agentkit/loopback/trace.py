"""Everything that happens in a call, in order.

Whatever shows or checks a call is a view of its moments: the transcript, a test's expectations, the
terminal, a snapshot, the journal.
"""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from agentkit.loopback.clock import Clock

Kind = Literal[
    "caller",  # the caller said something; text is what
    "agent",  # the model said something
    "platform",  # the platform said something by itself: say, play, fillers, greetings
    "tool",  # the model calls a function; text is its name, data its arguments
    "answer",  # the function's answer; text is the response, data its actions
    "action",  # an action took effect; text is its name, data its value
    "verb",  # a SWML verb was performed; text is its name, data its body
    "step",  # the session moved; text is context/step, data why
    "state",  # global or meta data changed; data is what
    "request",  # the platform posted; text is the URL without secrets, data the kind of webhook
    "reply",  # and was answered; text is the status
    "fault",  # a fault was injected; text is its word
    "warning",  # the platform takes it, but the tables do not; text says what and where
    "event",  # a debug event; text is its name
    "mark",  # the call began, ended, was moved; text says which
]


class Moment(Struct, frozen=True):
    """One thing that happened.

    Attributes:
        at_us: when, in microseconds since 1970 on the call's clock.
        kind: what kind of thing, see `Kind`.
        text: the thing in a line.
        data: JSON that belongs to it; never changed after.
    """

    at_us: int
    kind: Kind
    text: str
    data: Any = None


class Trace:
    """Collects the moments of one call.

    Attributes:
        moments: everything so far, in order.
    """

    def __init__(self, clock: Clock) -> None:
        self.moments: list[Moment] = []
        self._clock = clock
        self._listeners: list[Callable[[Moment], None]] = []

    def listen(self, listener: Callable[[Moment], None]) -> None:
        """Tell somebody of each moment from now on, as it happens."""
        self._listeners.append(listener)

    def add(self, kind: Kind, text: str = "", data: object = None) -> None:
        """Note that something happened now."""
        moment = Moment(self._clock.us, kind, text, data)
        self.moments.append(moment)
        for listener in self._listeners:
            listener(moment)
