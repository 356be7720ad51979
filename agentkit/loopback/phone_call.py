"""The awaited face of a call."""

from collections.abc import Awaitable, Callable
from typing import Self

from agentkit.loopback.brains.model import Judge, Persona
from agentkit.loopback.errors import CallError
from agentkit.loopback.face import Face, judged, played, told
from agentkit.loopback.parts import Summary
from agentkit.loopback.turn import AwaitedTurn


class PhoneCall(Face):
    """A call that is awaited: for asynchronous tests, terminals, and whatever has a loop already.

        call = PhoneCall(agent, caller="+12025550123")
        await call.start()
        await call.say("A table for two tonight").uses("book", seats=2)
        call.expect_tool("book").once()
        await call.hang_up(summary={"seats": 2})

    Time is the call's: whatever the platform waits for passes on `clock` at once. As
    `async with PhoneCall(…) as call` it also runs the application's startup and shutdown, and hangs
    up at the end.
    """

    def start(self) -> AwaitedTurn:
        """Dial: fetch the document, run it, and let the model speak first if it is to.

        Raises:
            CallError: there is no document, or it is of no use.
        """
        return self._turned("", self.engine.begin)

    def say(self, text: str) -> AwaitedTurn:
        """Let the caller say something, and the model answer.

        Raises:
            CallError: nobody listens, or the model cannot do what it wants.
        """
        return self._turned(text, lambda: self.engine.hear(text))

    def press(self, digits: str) -> AwaitedTurn:
        """Let the caller press digits, in a `prompt` verb or to the model.

        Raises:
            CallError: nobody waits for them.
        """
        return self._turned(digits, lambda: self.engine.press(digits))

    async def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while: polls are sent, timeouts come.

        Raises:
            CallError: the call is over.
        """
        __tracebackhide__ = True
        self._settled()
        try:
            await self.engine.pass_time(seconds)
        except CallError as error:
            raise told(self, error) from None

    async def hang_up(self, summary: Summary | None = None) -> None:
        """Let the caller hang up, unless the call is over; the model's summary is posted.

        Raises:
            CallError: the call has not started; or a summary is given and cannot be posted.
        """
        __tracebackhide__ = True
        self._settled()
        try:
            await self.engine.hang_up(summary)
        except CallError as error:
            raise told(self, error) from None

    async def converse(self, persona: Persona, *, turns: int = 20) -> int:
        """Let a model play the caller until it hangs up, or for so many turns.

        Returns:
            How many turns there were.

        Raises:
            CallError: as of `say`.
            ModelError: the model could not be asked.
        """
        for turn in range(turns):
            words = None if self.ended else await persona.next(self.moments)
            if words is None:
                await self.hang_up()
                return turn
            await self.say(words)
        return turns

    async def expect_judged(self, question: str, judge: Judge) -> str:
        """Expect that a judge answers a question about the call with yes; return the reason.

        Raises:
            CallError: the answer is no.
            ModelError: the model could not be asked.
        """
        __tracebackhide__ = True
        self._settled()
        return await judged(self, judge, question)

    async def __aenter__(self) -> Self:
        """Start the application."""
        await self.line.__aenter__()
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Hang up if the call goes on, and stop the application."""
        if error is None and self.engine.machine is not None and self.ended is None:
            await self.hang_up()
        await self.line.__aexit__(kind, error, trace)

    def _turned(self, said: str, act: Callable[[], Awaitable[bool]]) -> AwaitedTurn:
        self._settled()

        async def play(turn: AwaitedTurn) -> None:
            __tracebackhide__ = True
            self._turn = None
            try:
                await played(self.engine, turn, said, await act())
            except CallError as error:
                raise told(self, error) from None

        turn = AwaitedTurn(self._not_awaited, play)
        self._turn = turn
        return turn

    def _not_awaited(self) -> None:
        __tracebackhide__ = True
        raise told(self, CallError("the last turn was not awaited: await call.say(…)"))
