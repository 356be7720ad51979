"""Events with fields on the standard library's logging, under the name `agentkit`.

Silent until the application (or `run()`) adds a handler. Every line written while a call is
answered carries the call's id, the agent and the function. Values are written as JSON, so that
nothing a caller says can forge a line. Credentials, tokens and query strings are never passed in.
"""

import logging
import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from agentkit import _json
from agentkit.errors import EncodingError
from agentkit.late import pattern

if TYPE_CHECKING:

    class Source(Protocol):
        """What a line is written about: it is asked for its fields only when a line is written."""

        def log_fields(self) -> Mapping[str, object]:
            """Return the call id, the agent and the function, as far as they are known."""
            ...


FIELD_LIMIT = 2048
"""Longest value of a field in a log line, in characters."""

_PLAIN = pattern(r"[\w.:/@+-]{1,256}", re.ASCII)
_UNPRINTABLE = pattern(  # control characters, separators of lines, changes of direction
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_root = logging.getLogger("agentkit")
_root.addHandler(logging.NullHandler())


subject: "ContextVar[Source | None]" = ContextVar("subject", default=None)
"""What this task is about: its fields stand on every line that is written."""


class EventLogger:
    """Writes events: `log.info("order_placed", item="tea")`."""

    __slots__ = ("_logger",)

    def __init__(self, name: str = "agentkit") -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: object) -> None:
        """Write an event that only a developer wants to see."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """Write an event of normal work."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Write an event that somebody should look at."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Write an event of something that failed."""
        self._write(logging.ERROR, event, fields)

    def exception(
        self, event: str, error: BaseException | None = None, /, **fields: object
    ) -> None:
        """Write a failure with the traceback of `error`, or of the one being handled."""
        self._write(logging.ERROR, event, fields, exc_info=error or True)

    def _write(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        exc_info: BaseException | bool | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            source = subject.get()
            known = {**(source.log_fields() if source else {}), **fields}
            extra = {"event": event, "fields": known}
            line = printable(f"{event}{_shown(known)}")
            self._logger.log(level, "%s", line, exc_info=exc_info, extra=extra)


log = EventLogger()


def printable(text: str) -> str:
    """Return text as one line that moves no cursor and turns no direction."""
    return _UNPRINTABLE.sub(_escaped, text)


def new_error_id() -> str:
    """Return an id that ties an answer to its line in the log."""
    return f"E-{os.urandom(4).hex()}"


def _shown(fields: Mapping[str, object]) -> str:
    return "".join(f" {key}={_value(value)}" for key, value in fields.items())


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _value(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    try:
        text = _json.encode(value).decode()
    except EncodingError:
        text = _json.encode(ascii(value)).decode()
    return text if len(text) <= FIELD_LIMIT else f"{text[:FIELD_LIMIT]}…"
