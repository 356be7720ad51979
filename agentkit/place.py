"""Where something of a definition stands: the agent, the path in the document, the Python line.

Settings that refer to each other can be judged only when they are complete, long after they were
written. So a builder notes the line of its caller when it is called, and what is wrong later is
reported with it.
"""

import sys

from msgspec import Struct

from agentkit.errors import DefinitionError

_OURS = "agentkit"


class Place(Struct, frozen=True):
    """A place in the document of an agent, and who wrote what stands there."""

    path: str
    agent: str | None = None
    line: str | None = None

    def at(self, key: str | int) -> "Place":
        """Return the place of a key or an index below this one."""
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return Place(f"{self.path}{step}", self.agent, self.line)

    def by(self, line: str | None) -> "Place":
        """Return the same place as one that this line wrote."""
        return Place(self.path, self.agent, line)

    def error(self, reason: str) -> DefinitionError:
        """Return the error to raise for what stands here."""
        return DefinitionError(reason, agent=self.agent, path=self.path, line=self.line)

    def wrong(self, expected: str, given: object) -> DefinitionError:
        """Return the error for something that is not what is expected."""
        return self.error(f"must be {expected}, not {shown(given)}")


def shown(given: object, limit: int = 80) -> str:
    """Return a value for a message, cut when it is long."""
    text = repr(given)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def caller() -> str:
    """Return the line of the user's code that called into agentkit, as `file:line`."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect reads source files, this reads nothing
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _OURS
