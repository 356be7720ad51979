"""What happens at an agent, as typed values for those who watch it (`agent.on_event`).

Nothing of what was said or returned is in them: ids, names, outcomes and times only.
"""

from enum import Enum

import msgspec


class Outcome(Enum):
    """What became of a tool call."""

    ANSWERED = "answered"
    """The tool returned something."""
    SPOKEN = "spoken"
    """The tool raised a `ToolError`, whose text was said."""
    MISFIT = "misfit"
    """Arguments did not fit; nothing ran."""
    FAILED = "failed"
    """The tool raised, or returned what JSON cannot carry."""
    TIMED_OUT = "timed out"
    """The tool did not answer in time."""
    STUCK = "stuck"
    """All threads of the tool hang; nothing ran."""
    REPEATED = "repeated"
    """The answer of an earlier delivery, or of an earlier run of a `once` tool."""
    UNCONFIRMED = "unconfirmed"
    """A `once` tool was begun before and nobody knows whether it was done; nothing ran."""
    PENDING = "pending"
    """A background tool goes on after its answer."""
    SHED = "shed"
    """Refused with 503 before anything ran: the platform sends it again."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened.

    Attributes:
        agent: the agent's name.
        call_id: the call that it happened in, None when the request named none.
    """

    agent: str
    call_id: str | None = None


class DocumentServed(Event, frozen=True, kw_only=True):
    """A document was served; `failed` when a hook failed and the error document was."""

    seconds: float
    failed: bool = False


class ToolStarted(Event, frozen=True, kw_only=True):
    """A tool's own code is about to run."""

    function: str


class ToolAnswered(Event, frozen=True, kw_only=True):
    """A tool call was answered, whether its code ran or not.

    Attributes:
        function: the tool's name.
        outcome: what became of it.
        seconds: from the request to its answer.
        error_id: stands in the log beside the traceback, None without one.
    """

    function: str
    outcome: Outcome
    seconds: float
    error_id: str | None = None


class JobEnded(Event, frozen=True, kw_only=True):
    """A background tool ended after its call was answered; its result waits to be delivered."""

    function: str
    outcome: Outcome
    seconds: float


class SummaryTaken(Event, frozen=True, kw_only=True):
    """A summary was posted.

    Attributes:
        outcome: `ANSWERED` when `on_summary` took it, `REPEATED` when it had before, `FAILED` when
            it failed and is kept to be tried again.
        seconds: from the request to its answer.
    """

    outcome: Outcome
    seconds: float


class MessagesDelivered(Event, frozen=True, kw_only=True):
    """Messages of an inbox went into an answer: to a poll of the platform, or to a client.

    What was not seen to arrive goes out again, and is told again.

    Attributes:
        conversation_id: whose messages they are; `call_id` is None for a client.
        messages: how many.
    """

    conversation_id: str
    messages: int
