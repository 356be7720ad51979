"""Every error of agentkit, in one tree.

AgentKitError
├── DefinitionError      a mistake in the agent's own code or settings (also a ValueError)
├── RequestError         a request that is refused: HTTP status and a reason
├── ToolError            raised by a tool: its text is spoken to the model as it is
├── EncodingError        a value that JSON cannot carry (also a ValueError)
├── EvaluationError      a data map that cannot be answered here
└── StateError           call state could not be read or written; `applied` says what happened
    ├── StateConflict    somebody else wrote first; nothing was written
    ├── StateEncoding    the value is not plain data; nothing was written
    ├── StateTooLarge    the value is over the limit; nothing was written
    ├── StateCorrupt     a stored record cannot be read
    ├── StateSchema      what is stored was written by a newer version; nothing was written
    ├── StateUnavailable the store cannot be reached; nothing was written
    ├── StateFull        the store has no room left; nothing was written
    ├── InboxFull        a conversation holds as many messages as it may; nothing was written
    ├── StateUnknown     a write was begun and nobody knows whether it was applied
    └── CallEnded        the call is over and its state is gone; nothing was written
"""

from collections.abc import Mapping


class AgentKitError(Exception):
    """Base of every error that agentkit raises itself."""


class DefinitionError(AgentKitError, ValueError):
    """An agent, tool or setting is wrong; the message names the culprit and the way out.

    Attributes:
        agent: the name of the agent, None when it is not known.
        path: where in the document, such as `ai.prompt.contexts.default.steps[0]`.
        line: the Python line that wrote it, as `file:line`.
    """

    def __init__(
        self,
        message: str,
        *,
        agent: str | None = None,
        path: str | None = None,
        line: str | None = None,
    ) -> None:
        of = "" if agent is None else f"agent {agent!r}: "
        at = "" if path is None else f"{path}: "
        written = "" if line is None else f" ({line})"
        super().__init__(f"{of}{at}{message}{written}")
        self.agent = agent
        self.path = path
        self.line = line


class RequestError(AgentKitError):
    """A request is refused before any user code has run.

    Attributes:
        status: the HTTP status of the answer.
        message: what is wrong and where, safe to show to the sender.
        headers: further headers of the answer, such as `Allow`.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


class ToolError(AgentKitError):
    """Raise it in a tool to answer the model with exactly this text.

    Every other exception is answered with the tool's fixed safe sentence.
    """


class EncodingError(AgentKitError, ValueError):
    """A value holds something that JSON cannot carry."""


class EvaluationError(AgentKitError):
    """A data map cannot be answered here, though the platform might: it tells why."""


class StateError(AgentKitError):
    """Call state could not be read or written.

    Attributes:
        applied: False when certainly nothing was written, None when that is unknown.
    """

    applied: bool | None = False


class StateConflict(StateError):
    """Somebody else wrote the record first, and retrying did not help.

    Attributes:
        found: the `Record` that is there, if the store has told it along with the refusal.
    """

    found: object = None


class StateEncoding(StateError, ValueError):
    """The value is not plain data: null, bool, 64-bit int, finite float, str, list, dict."""


class StateTooLarge(StateError, ValueError):
    """The value, or its nesting, is over the limit of the store."""


class StateCorrupt(StateError):
    """A stored record is damaged or belongs to another key."""


class StateSchema(StateError):
    """What is stored was written by a newer version of the code, and is left as it is."""


class StateUnavailable(StateError):
    """The store cannot be reached now."""


class StateFull(StateError):
    """The store has no room left; what it holds can still be read."""


class InboxFull(StateError):
    """A conversation holds as many messages as it may; try again when some were delivered."""


class StateUnknown(StateError):
    """A write was begun and nobody knows whether it was applied.

    Repeating it with the same write id is safe: a store never applies a write twice.
    """

    applied = None


class CallEnded(StateError):
    """The call is over and its state was purged; a late write does not bring it back."""
