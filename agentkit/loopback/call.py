"""The synchronous face of a call."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self, TypeVar, Unpack

from agentkit.loopback.brains.model import Judge, Persona
from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.face import Face, judged, played, told
from agentkit.loopback.line.loop import VirtualLoop
from agentkit.loopback.options import CallOptions
from agentkit.loopback.parts import Summary
from agentkit.loopback.turn import Turn

T = TypeVar("T")


class Runner:
    """An event loop whose time is a clock, for calls that are not awaited.

    It is made when it is first needed, and one serves all calls of a test, so that an application
    may keep what belongs to its loop.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop: VirtualLoop | None = None
        self._runner: asyncio.Runner | None = None

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result.

        Raises:
            CallError: a loop runs in this thread already.
        """
        __tracebackhide__ = True
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - the only way that raises nothing
            main.close()
            raise CallError("a loop runs here already: await a PhoneCall in place of a Call")
        if self._loop is None:
            self._loop = self._made()
        # Not Runner.run: it sets a handler of signals anew each time, which costs more than a turn.
        return self._loop.play(main)

    def close(self) -> None:
        """Cancel what still runs, and close the loop."""
        runner, self._runner, self._loop = self._runner, None, None
        if runner is not None:
            runner.close()

    def _made(self) -> VirtualLoop:
        loop = VirtualLoop(self._clock)
        self._runner = asyncio.Runner(loop_factory=lambda: loop)
        self._runner.get_loop()  # from now on it is the runner's to close
        return loop


class Call(Face):
    """A call that needs no `await`, for plain test functions.

        call = Call(agent, caller="+12025550123")
        call.start()
        call.say("A table for two tonight").uses("book", seats=2)
        call.expect_tool("book").once()
        call.hang_up(summary={"seats": 2})

    Time is the call's: timeouts of minutes take none. What the model does is played when anything
    else is asked of the call, so that a test can write it behind what the caller says. As
    `with Call(…) as call` it also runs the application's startup and shutdown, plays the last turn
    and hangs up at the end.

    Args:
        agent: an agent, an ASGI application, a URL, a `Transport`, or `module:name`.
        clock: the time of the call; one of its own by default.
        runner: the loop on which it is played; one of its own by default.
        options: see `CallOptions`.

    Raises:
        DefinitionError: there is nothing that can be called.
    """

    def __init__(
        self,
        agent: object,
        *,
        clock: Clock | None = None,
        runner: Runner | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        super().__init__(agent, clock=clock, **options)
        self._own = runner is None
        self._runner = runner or Runner(self.clock)

    def start(self) -> Turn:
        """Dial: fetch the document, run it, and let the model speak first if it is to.

        Raises:
            CallError: there is no document, or it is of no use.
        """
        __tracebackhide__ = True
        return self._turned("", self.engine.begin)

    def say(self, text: str) -> Turn:
        """Let the caller say something, and the model answer.

        Raises:
            CallError: nobody listens.
        """
        __tracebackhide__ = True
        return self._turned(text, lambda: self.engine.hear(text))

    def press(self, digits: str) -> Turn:
        """Let the caller press digits, in a `prompt` verb or to the model.

        Raises:
            CallError: nobody waits for them.
        """
        __tracebackhide__ = True
        return self._turned(digits, lambda: self.engine.press(digits))

    def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while: polls are sent, timeouts come.

        Raises:
            CallError: the call is over.
        """
        __tracebackhide__ = True
        self._settled()
        self._run(lambda: self.engine.pass_time(seconds))

    def hang_up(self, summary: Summary | None = None) -> None:
        """Let the caller hang up, unless the call is over; the model's summary is posted.

        Raises:
            CallError: the call has not started; or a summary is given and cannot be posted.
        """
        __tracebackhide__ = True
        self._settled()
        self._run(lambda: self.engine.hang_up(summary))

    def converse(self, persona: Persona, *, turns: int = 20) -> int:
        """Let a model play the caller until it hangs up, or for so many turns.

        Returns:
            How many turns there were.

        Raises:
            CallError: as of `say`.
            ModelError: the model could not be asked.
        """
        __tracebackhide__ = True
        for turn in range(turns):
            self._settled()
            words = None if self.ended else self._run(lambda: persona.next(self.moments))
            if words is None:
                self.hang_up()
                return turn
            self.say(words)
        self._settled()
        return turns

    def expect_judged(self, question: str, judge: Judge) -> str:
        """Expect that a judge answers a question about the call with yes; return the reason.

        Raises:
            CallError: the answer is no.
            ModelError: the model could not be asked.
        """
        __tracebackhide__ = True
        self._settled()
        return self._run(lambda: judged(self, judge, question))

    def settle(self) -> None:
        """Play the last turn now, unless it has been played.

        Raises:
            CallError: the model cannot do what it wants.
        """
        __tracebackhide__ = True
        self._settled()

    def finish(self) -> None:
        """Play the last turn, and hang up if the call goes on.

        Raises:
            CallError: as of `say` and `hang_up`.
        """
        __tracebackhide__ = True
        self._settled()
        if self.engine.machine is not None and self.ended is None:
            self._run(self.engine.hang_up)

    def close(self) -> None:
        """Close the loop if it is the call's own, whatever became of the call."""
        if self._own:
            self._runner.close()

    def __enter__(self) -> Self:
        """Start the application."""
        self._run(self.line.__aenter__)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Hang up if the call goes on, and stop the application."""
        __tracebackhide__ = True
        try:
            if error is None:
                self.finish()
        finally:
            self._run(lambda: self.line.__aexit__(kind, error, trace))
            self.close()

    def _turned(self, said: str, act: Callable[[], Awaitable[bool]]) -> Turn:
        __tracebackhide__ = True
        self._settled()
        speaks = self._run(act)
        turn = Turn(lambda: self._play(turn, said, speaks))
        self._turn = turn
        return turn

    def _play(self, turn: Turn, said: str, speaks: bool) -> None:
        __tracebackhide__ = True
        self._turn = None
        self._run(lambda: played(self.engine, turn, said, speaks))

    def _run(self, act: Callable[[], Awaitable[T]]) -> T:
        __tracebackhide__ = True

        try:
            return self._runner.run(_coroutine(act))
        except CallError as error:
            raise told(self, error) from None


async def _coroutine(act: Callable[[], Awaitable[T]]) -> T:
    return await act()
