"""The brain whose decisions a test has written down."""

from collections.abc import Iterable
from typing import Any

from agentkit.loopback.brains.base import Brain, Thought, Use, View
from agentkit.loopback.errors import CallError
from agentkit.loopback.matching import closest


class ScriptBrain:
    """Calls the functions that it was told to, one after the other, then says something.

    Args:
        uses: the calls, in order.
        says: what it says after them; by default what the last function answered.
        summary: what it writes for a post prompt.
        otherwise: who says something where neither is written.

    Attributes:
        left: the calls that it has not made yet.
    """

    def __init__(
        self,
        uses: Iterable[Use] = (),
        says: str | None = None,
        summary: dict[str, Any] | str | None = None,
        otherwise: Brain | None = None,
    ) -> None:
        self.left = list(uses)
        self._says = says
        self._summary = summary
        self._otherwise = otherwise

    async def think(self, view: View) -> Thought:
        """Return the next call, or the words.

        Raises:
            CallError: the function is none that the model may call now.
        """
        if not self.left and self._says is None and self._otherwise is not None:
            return await self._otherwise.think(view)
        if not self.left:
            return Thought(text=said_after(view) if self._says is None else self._says)
        use = self.left.pop(0)
        require_offered(view, use.name)
        return Thought(uses=(use,))

    async def summarize(self, view: View, prompt: str) -> dict[str, Any] | str | None:
        """Return the summary that it was given."""
        return self._summary


def require_offered(view: View, name: str) -> None:
    """Check that the model may call a function now.

    Raises:
        CallError: it may not; the message names those that it may.
    """
    names = [tool.name for tool in view.tools]
    if name in names:
        return
    near = closest(name, names)
    meant = f"; did you mean {near!r}?" if near else ""
    listed = ", ".join(names) or "none"
    raise CallError(f"the model cannot call {name!r} now, it is offered: {listed}{meant}")


def said_after(view: View) -> str:
    """Return what a model would say after functions: what the last one answered."""
    return view.outcomes[-1].response if view.outcomes else ""
