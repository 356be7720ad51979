"""What a chat shows and asks: in colours on a terminal, in plain lines everywhere else."""

import sys
from typing import Any, Protocol

import click

from agentkit._log import printable
from agentkit.loopback.extras import need

_STYLES = {
    "agent": "bold cyan",
    "platform": "cyan",
    "caller": "bold",
    "tool": "yellow",
    "answer": "yellow",
    "action": "magenta",
    "step": "bold magenta",
    "state": "green",
    "warning": "bold red",
    "error": "bold red",
    "call": "bold",
    "verb": "dim",
    "": "dim",
}
_LABEL_WIDTH = 9


class Screen(Protocol):
    """Shows lines and asks for one.

    Attributes:
        is_live: a person looks at it: what they typed stands there already, and times matter.
    """

    is_live: bool

    def show(self, kind: str, text: str) -> None:
        """Show something of a kind, such as `agent` or `tool`."""
        ...

    def ask(self, prompt: str) -> str | None:
        """Return the next line, None when there are no more."""
        ...


class Plain:
    """Lines in and out: the same ones every time."""

    is_live = False

    def show(self, kind: str, text: str) -> None:
        """Print a line, several below each other with the same indent."""
        click.echo(_laid_out(kind, text))

    def ask(self, prompt: str) -> str | None:
        """Read a line; nothing is printed before it."""
        del prompt
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None


class Rich:
    """A terminal.

    Raises:
        DefinitionError: rich is not installed.
    """

    is_live = True

    def __init__(self) -> None:
        self._console: Any = need("rich.console", "a chat in colours").Console(highlight=False)
        self._text: Any = need("rich.text", "a chat in colours").Text

    def show(self, kind: str, text: str) -> None:
        """Print a line in the colour of its kind; nothing in it is taken for markup."""
        self._console.print(self._text(_laid_out(kind, text), style=_STYLES.get(kind, "")))

    def ask(self, prompt: str) -> str | None:
        """Read a line, with the editing that the terminal has."""
        try:
            line: str = self._console.input(self._text(f"{printable(prompt)} ", style="bold blue"))
        except (EOFError, KeyboardInterrupt):
            self._console.print()
            return None
        return line


def screen() -> Screen:
    """Return a terminal where there is one on both sides, else plain lines."""
    return Rich() if sys.stdin.isatty() and sys.stdout.isatty() else Plain()


def _laid_out(kind: str, text: str) -> str:
    label = "" if kind == "answer" else kind
    indent = " " * (_LABEL_WIDTH + 1)
    first, *more = [printable(line) for line in text.split("\n")]
    return "\n".join(
        [f"{label:<{_LABEL_WIDTH}} {first}".rstrip(), *(indent + line for line in more)]
    )
