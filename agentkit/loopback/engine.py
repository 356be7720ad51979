"""The call itself: the script, the session of the model in it, and whoever thinks and speaks.

Theory. A `Machine` runs the document until somebody has to act. When that is the model, an
`AISession` stands between it and the functions of the agent; a `Brain` thinks in the model's place.
So a call is a sequence of: run the script, open the session, let the brain think until it has
spoken, hear the caller, think again; and when the session has ended, run the script on. Nothing
here waits by itself: time passes by what is done, on the call's clock.
"""

from agentkit.loopback.brains.base import Brain
from agentkit.loopback.errors import CallError
from agentkit.loopback.evidence import ENDED
from agentkit.loopback.parts import Dial, Parts, Summary, fetched, require_receiver, script_of
from agentkit.loopback.script.machine import Machine
from agentkit.loopback.script.run import Outcome, Pause
from agentkit.loopback.seat import CALLERS, SESSIONS, Seat
from agentkit.loopback.thinking import MOST_THOUGHTS, Asked, halts

BY_CALLER, BY_AGENT, BY_DOCUMENT = "caller", "agent", "document"


class Engine:
    """Plays one call.

    Attributes:
        machine, document: the script, None before the call has started, and its bytes.
        seat: holds the session of the model.
        outcomes: how verbs turn out, by name.
        ended: who ended the call: "caller", "agent" or "document"; None while it goes on.
    """

    def __init__(self, dial: Dial, parts: Parts) -> None:
        self.dial = dial
        self.parts = parts
        self.machine: Machine | None = None
        self.seat = Seat(parts)
        self.document = b""
        self.outcomes: dict[str, Outcome] = {}
        self.ended: str | None = None
        self._halted: Asked | None = None

    async def begin(self) -> bool:
        """Fetch the document and run it; say whether the model is to speak.

        Raises:
            CallError: there is no document, or it is of no use.
        """
        if self.document:
            raise CallError("the call has started already")
        self.parts.trace.add("mark", f"started {self.dial.shown}")
        began_us = self.parts.clock.us
        self.document = await fetched(self.dial, self.parts.wire)
        self.machine = script_of(self.document, self.dial, self.parts, began_us)
        self.machine.outcomes.update(self.outcomes)
        await self._run()
        return self.seat.agent_first

    async def hear(self, text: str) -> bool:
        """Let the caller say something; say whether the model is to answer.

        Raises:
            CallError: nobody listens.
        """
        if self._listens:
            await self.seat.taken().hear(text)
            return True
        waiting = self._waiting()
        if waiting.kind not in {"prompt", "record"}:
            raise CallError(f"nobody listens: the platform performs {waiting.kind!r}")
        return await self._act(waiting, text, text)

    async def press(self, digits: str) -> bool:
        """Let the caller press digits; say whether the model is to answer.

        Raises:
            CallError: nobody waits for them.
        """
        if self._listens:
            await self.seat.taken().hear(digits)
            return True
        return await self._act(self._waiting(), digits, f"[presses {digits}]")

    async def think(self, said: str, brain: Brain) -> None:
        """Let the brain think until it has spoken, and go on while the platform lets it.

        Raises:
            CallError: it cannot do what it wants, or does not come to an end.
        """
        await self._think(Asked(self.seat.taken(), said, brain))
        await self._follow_up()

    async def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while.

        Raises:
            CallError: the call is over, or the model does not come to an end.
        """
        left = seconds
        while left > 0 and self._listens:
            await self.seat.taken().pass_time(min(left, 1.0))
            left -= 1.0
            await self._follow_up()
        if left <= 0 or self.ended is not None:
            return
        waiting = self._waiting()
        await self.parts.clock.sleep(left)
        if waiting.kind == "prompt":  # it has waited long enough for input
            self._script.resume({})
            if await self._go_on():
                await self.think("", self.parts.brain)

    async def hang_up(self, summary: Summary | None = None) -> None:
        """Let the caller hang up, unless the call is over.

        Args:
            summary: what the model writes then.

        Raises:
            CallError: the call has not started; or the summary cannot be posted any more, or
                nowhere.
        """
        script = self._script
        if summary is not None:
            require_receiver(self.seat.session)
            self.seat.summary = summary
        if self.ended is not None:
            return
        await self.seat.leave("hangup")
        script.hang_up()
        self._over(BY_CALLER)

    @property
    def is_halted(self) -> bool:
        """Whether the model waits within its turn, for a caller who is to press a digit."""
        return self._halted is not None

    @property
    def _script(self) -> Machine:
        if self.machine is None:
            raise CallError("the call has not started")
        return self.machine

    @property
    def _listens(self) -> bool:
        return self.seat.session is not None and self._halted is None

    async def _act(self, waiting: Pause, value: str, shown: str) -> bool:
        """Let the caller do what a verb waits for."""
        self.parts.trace.add("caller", shown)
        self._script.resume({"prompt_value": value} if waiting.kind == "prompt" else {})
        return await self._go_on()

    def _waiting(self) -> Pause:
        waiting = self._script.waiting
        if waiting is None:
            raise CallError(f"the call is over: it was ended by the {self.ended}")
        return waiting

    async def _run(self) -> None:
        """Run the script until the caller or the model is needed."""
        script = self._script
        while (pause := await script.proceed()) is not None:
            if pause.kind in CALLERS or pause is self.seat.pause:
                return
            if pause.kind not in SESSIONS:
                script.resume({})
                continue
            await self.seat.leave("transfer")
            await self._open(pause)
            if self.seat.session is not None:
                return
        how = BY_DOCUMENT if self.seat.session is None else BY_AGENT
        await self.seat.leave("hangup")
        self._over(how)

    async def _open(self, pause: Pause) -> None:
        await self.seat.take(pause, self._script)
        if self.seat.taken().ended is not None:
            await self._leave()

    async def _go_on(self) -> bool:
        """Run the script on after the caller has acted; say whether the model is to speak."""
        await self._run()
        halted, self._halted = self._halted, None
        if halted is None or halted.session is not self.seat.session:
            return self.seat.agent_first
        await self._think(halted)
        await self._follow_up()
        return False

    async def _follow_up(self) -> None:
        """Let the model speak again where nobody waits for the caller."""
        for _ in range(MOST_THOUGHTS):
            session = self.seat.session
            if session is None or self._halted is not None:
                return
            if session.ended is not None:
                await self._leave()
                return
            if session.user_input:
                said = session.user_input.pop(0)
                await session.hear(said)
                await self._think(Asked(session, said, self.parts.brain))
            elif session.takes_turn:
                await self._think(Asked(session, "", self.parts.brain))
            else:
                return
        raise CallError(f"the model has spoken {MOST_THOUGHTS} times without the caller")

    async def _think(self, asked: Asked) -> None:
        def waits() -> bool:
            return self._script.waiting is not self.seat.pause

        self._halted = asked if await halts(asked, waits) else None

    async def _leave(self) -> None:
        """Go on in the script after a session that something has ended."""
        script, session = self._script, self.seat.taken()
        how = session.ended or "stop"
        await self.seat.leave(how)
        if how == "stop":
            script.resume(session.result)
        elif how == "transfer":
            script.vars.update(session.result)
            if session.moves_to is not None:
                script.move_to(session.moves_to)
        if how not in {"stop", "transfer"} or script.ended is not None:
            script.hang_up()
            self._over(BY_AGENT)
            return
        await self._run()

    def _over(self, how: str) -> None:
        if self.ended is None:
            self.ended = how
            self.parts.trace.add("mark", ENDED, how)
