"""Everything that happens in a call, in order.

Whatever shows or checks a call is a view of its moments: the transcript, a test's expectations, the
terminal, a snapshot, the journal.
"""

from collections.abc import Callable
from enum import Enum
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
    "warning",  # an author should know of it; text says what and where, concern what about
    "event",  # a debug event; text is its name
    "mark",  # the call began, ended, was moved; text says which
]


class Concern(Enum):
    """What a warning is about."""

    MISFIT = "misfit"
    """A value of the wrong kind stands there; it is left out."""
    INCOMPLETE = "incomplete"
    """A part lacks what it needs; it is left out, or does less."""
    ABSENT = "absent"
    """It names what is not there: a step, an action, a setting. A newer platform may have it."""
    OUT_OF_REACH = "out of reach"
    """It asks for what the one that asks cannot have."""
    FORBIDDEN = "forbidden"
    """The document forbids it."""
    UNREAD = "unread"
    """It is there, and nobody reads or hears it."""
    DISPUTED = "disputed"
    """The platform takes it, but the tables do not."""
    FAILED = "failed"
    """It was tried and failed: an expression, a request, a verb, the agent itself."""


class Moment(Struct, frozen=True):
    """One thing that happened.

    Attributes:
        at_us: when, in microseconds since 1970 on the call's clock.
        kind: what kind of thing, see `Kind`.
        text: the thing in a line.
        data: JSON that belongs to it; never changed after.
        concern: what a warning is about; None for all else.
    """

    at_us: int
    kind: Kind
    text: str
    data: Any = None
    concern: Concern | None = None


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
        if self._listeners:
            self._tell(moment)

    def warn(self, concern: Concern, text: str, data: object = None) -> None:
        """Note something that an author should know."""
        moment = Moment(self._clock.us, "warning", text, data, concern)
        self.moments.append(moment)
        self._tell(moment)

    def _tell(self, moment: Moment) -> None:
        for listener in self._listeners:
            listener(moment)
