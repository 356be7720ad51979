"""A turn of the agent that a test may write down: `call.say("…").uses("book", seats=2)`."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, Self

from agentkit.loopback.brains.base import Brain, Use
from agentkit.loopback.brains.script import ScriptBrain
from agentkit.loopback.errors import CallError


class Turn:
    """What the model does after the caller has spoken.

    Without a word here the call's brain decides. The turn is played when anything else is asked of
    the call.

    Args:
        settle: plays the turn, or says why it cannot be played now.
    """

    def __init__(self, settle: Callable[[], None]) -> None:
        self.settle = settle
        self._uses: list[Use] = []
        self._text: str | None = None
        self._script: ScriptBrain | None = None
        self._open = True

    def uses(
        self, name: str, arguments: Mapping[str, Any] | str | None = None, /, **more: Any
    ) -> Self:
        """Let the model call a function; said again, it calls the next one after the answer.

        Args:
            name: the function.
            arguments: what it passes, for names that are no Python names; or the model's text when
                that is not to be JSON.
            more: what it passes.

        Raises:
            CallError: the turn is over.
        """
        self._require_open()
        raw = arguments if isinstance(arguments, str) else None
        given = {} if arguments is None or isinstance(arguments, str) else dict(arguments)
        self._uses.append(Use(name, {**given, **more}, raw))
        return self

    def answers(self, text: str) -> Self:
        """Let the model say a text, after the functions if there are any.

        Raises:
            CallError: the turn is over.
        """
        self._require_open()
        self._text = text
        return self

    def close(self, otherwise: Brain) -> Brain:
        """End the writing and return the brain that plays the turn."""
        self._open = False
        if not self._uses and self._text is None:
            return otherwise
        self._script = ScriptBrain(self._uses, self._text, otherwise=otherwise)
        return self._script

    def require_done(self, spoke: bool) -> None:
        """Check that the model did everything that was written.

        Args:
            spoke: whether it was its turn at all.

        Raises:
            CallError: it did not.
        """
        if self._script is None:
            return
        if not spoke:
            raise CallError("the model is not asked here: it waits for the caller to speak")
        if self._script.left:
            names = ", ".join(use.name for use in self._script.left)
            raise CallError(f"the model's part was over before it could call: {names}")

    def _require_open(self) -> None:
        if not self._open:
            raise CallError("this turn has been played already")


class AwaitedTurn(Turn):
    """A turn that is played when it is awaited."""

    def __init__(
        self, settle: Callable[[], None], play: Callable[["AwaitedTurn"], Awaitable[None]]
    ) -> None:
        super().__init__(settle)
        self._play = play

    def __await__(self) -> Generator[Any, None, None]:
        self._require_open()
        return self._play(self).__await__()
