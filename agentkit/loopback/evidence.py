"""What the moments of a call tell: which tools ran, what was said, how it ended."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from agentkit.loopback.matching import shown
from agentkit.loopback.trace import Kind, Moment

HEARD: tuple[Kind, ...] = ("agent", "platform")
"""The kinds of what the caller hears."""

SUMMARY, ENDED = "summary", "ended"
"""The marks of what the model wrote at the end, and of the end."""


class ToolRun(Struct, frozen=True):
    """One call of a function by the model.

    Attributes:
        name: the function.
        arguments: what the model passed.
        response: what it was told, None while it has no answer.
        actions: the names of the actions in the answer, in order.
    """

    name: str
    arguments: dict[str, Any]
    response: str | None = None
    actions: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The call as it would be written, with its answer."""
        told = "" if self.response is None else f' → "{self.response}"'
        listed = f" [{', '.join(self.actions)}]" if self.actions else ""
        return f"{called(self.name, self.arguments)}{told}{listed}"


def called(name: str, arguments: object) -> str:
    """Return a call as it would be written: `book(seats=2)`."""
    if not isinstance(arguments, dict):
        return f"{name}({shown(arguments)})"
    return f"{name}({', '.join(f'{key}={shown(value)}' for key, value in arguments.items())})"


def tool_runs(moments: Iterable[Moment]) -> list[ToolRun]:
    """Return the calls of functions in their order, each with the answer that came to it."""
    runs: list[ToolRun] = []
    for moment in moments:
        if moment.kind == "tool":
            arguments = moment.data if isinstance(moment.data, dict) else {}
            runs.append(ToolRun(moment.text, arguments))
        elif moment.kind == "answer" and runs and runs[-1].response is None:
            last = runs[-1]
            answered = ToolRun(last.name, last.arguments, moment.text, action_names(moment.data))
            runs[-1] = answered
    return runs


def action_names(actions: object) -> tuple[str, ...]:
    """Return the names of the actions in an answer, as they stand there: a list or one object."""
    listed = actions if isinstance(actions, list | tuple) else [actions]
    objects = (action for action in listed if isinstance(action, dict))
    return tuple(dict.fromkeys(name for action in objects for name in action))


def of_kind(moments: Iterable[Moment], *kinds: Kind) -> list[Moment]:
    """Return the moments of these kinds."""
    return [moment for moment in moments if moment.kind in kinds]


def named(moments: Iterable[Moment], kind: Kind, text: str) -> Iterator[Moment]:
    """Go through the moments of a kind that have this text."""
    return (moment for moment in moments if moment.kind == kind and moment.text == text)
