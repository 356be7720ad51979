"""Runs a document: performs its verbs until somebody else has to act."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.ids import Ids
from agentkit.loopback.script import flow, settling
from agentkit.loopback.script.performing import PERFORM, expanded, perform
from agentkit.loopback.script.programs import Step
from agentkit.loopback.script.run import Outcome, Pause, Run
from agentkit.loopback.script.scopes import Scopes
from agentkit.loopback.script.sizes import TooLarge
from agentkit.loopback.script.stack import Frame
from agentkit.loopback.tables.verbs import VERBS
from agentkit.loopback.trace import Concern, Trace
from agentkit.loopback.webhook import Wire

MAX_PERFORMED = 10_000
"""Verbs that one call may perform, so that a script in circles ends; the platform has no such limit
that is known."""

_TOO_LARGE = "relay_script_value_too_large"


class Machine:
    """The script of one call.

    Args:
        document: the document: JSON or YAML as bytes or text, or the object itself.
        call: the call object (facts 2); copied.
        vars: the script's variables; copied.
        envs: the account's variables; copied.
        params: what the document was called with.
        wire: carries the requests for documents and of `request`.
        clock: the call's time.
        trace: takes what happens.
        ids: makes the ids in result variables.
        source_url: where the document came from.
        began_us: when the call began, in microseconds since 1970; now by default.

    Raises:
        CallError: the document is of no use.
    """

    def __init__(  # noqa: PLR0913 - the parts that a call is made of
        self,
        document: object,
        *,
        call: Mapping[str, Any],
        wire: Wire,
        clock: Clock,
        trace: Trace,
        ids: Ids,
        vars: Mapping[str, Any] | None = None,  # noqa: A002 - the platform's word
        envs: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        source_url: str = "",
        began_us: int | None = None,
    ) -> None:
        self._began_us = clock.us if began_us is None else began_us
        scopes = Scopes(vars=vars or {}, envs=envs or {}, call=call, params=params or {},
                        clock=clock, warn=partial(trace.warn, Concern.FAILED))  # fmt: skip
        self._run = Run(scopes=scopes, wire=wire, clock=clock, trace=trace, ids=ids)
        self._left = MAX_PERFORMED
        self.source_url = source_url
        self._run.begin(self._run.load(document), "main", params or {})

    @property
    def vars(self) -> dict[str, Any]:
        """The script's variables, the same dict for the whole call."""
        return self._run.scopes.vars

    @property
    def call(self) -> dict[str, Any]:
        """The call object, the same dict for the whole call."""
        return self._run.scopes.call

    @property
    def dates(self) -> dict[str, int]:
        """When the call began and was answered, by the names of the post prompt (facts 4.1)."""
        answered_us = self._run.answered_us
        answered = {} if answered_us is None else {"call_answer_date": answered_us}
        return {"call_start_date": self._began_us, **answered}

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """How verbs turn out, by name; a verb that is named here waits for nobody."""
        return self._run.outcomes

    @property
    def waiting(self) -> Pause | None:
        """What the script waits for."""
        return self._run.waiting

    @property
    def ended(self) -> str | None:
        """Why the script is over: `finished`, `hangup`, `error` or `max_duration`."""
        return self._run.ended

    async def proceed(self) -> Pause | None:
        """Perform verbs until somebody else has to act.

        Returns:
            What the script waits for (the same object until it is resumed), or None when the
            script is over; `ended` says why.
        """
        run = self._run
        while run.waiting is None and run.ended is None:
            await self._next()
        return run.waiting

    def resume(self, values: Mapping[str, Any] | None = None) -> None:
        """End the pause: the verb that waits has turned out.

        Args:
            values: the variables that it sets; what is left out is as usual.

        Raises:
            CallError: the script waits for nothing.
        """
        run, pause = self._run, self._pause()
        run.waiting = None
        try:
            settling.settle(run, pause.kind, pause.verb, values or {})
        except TooLarge as error:
            run.fail(_TOO_LARGE, str(error))

    def hang_up(self) -> None:
        """The caller hangs up: nothing more of the script is performed."""
        if self._run.ended is None:
            self._run.end("hangup", "caller")

    async def run_inline(self, document: object) -> Pause | None:
        """Run a document while the script waits, as the `SWML` action without transfer does.

        Returns:
            What the script waits for then: what it waited for before when the document is done, or
            something in the document (resume it, then `proceed`). None when the call was
            transferred or has ended.

        Raises:
            CallError: the document is of no use.
        """
        run = self._run
        pause = self._pause()
        program = run.load(document)
        frame = Frame(program, "main", program.section("main"), {}, "inline", after=pause)
        run.waiting = None
        run.enter(frame)
        while run.waiting is None and frame in run.stack.frames and run.moving is None:
            await self._next()
        return run.waiting

    def move_to(self, destination: object) -> None:
        """Transfer the call: the next `proceed` goes on there.

        Args:
            destination: a section, a URL or a document.
        """
        if self._run.ended is None:
            self._run.waiting = None
            self._run.moving = destination

    def _pause(self) -> Pause:
        if self._run.waiting is None:
            raise CallError("the script does not wait for anything now")
        return self._run.waiting

    async def _next(self) -> None:
        try:
            await self._go_on()
        except TooLarge as error:
            self._run.fail(_TOO_LARGE, str(error))

    async def _go_on(self) -> None:
        run = self._run
        if run.left_seconds <= 0:
            run.end("max_duration")
        elif run.moving is not None:
            destination, run.moving = run.moving, None
            await flow.move(run, {"dest": destination})
        else:
            await self._step(run.stack.top)

    async def _step(self, frame: Frame) -> None:
        if frame.at < len(frame.steps):
            frame.at += 1
            await self._perform(frame.steps[frame.at - 1])
        else:
            self._leave()

    async def _perform(self, step: Step) -> None:
        run = self._run
        self._left -= 1
        if self._left < 0:
            run.fail("relay_script_too_long", f"more than {MAX_PERFORMED} verbs")
            return
        step = expanded(run, step)
        run.trace.add("verb", step.name, step.body)
        if step.name in VERBS:
            run.waiting = await PERFORM.get(step.name, perform)(run, step)
        else:
            run.fail("relay_script_method_undefined", f'Method "{step.name}" is not defined')

    def _leave(self) -> None:
        run = self._run
        frame = run.leave()
        if frame.kind == "inline":
            run.waiting = frame.after
        elif not run.stack.frames:
            run.end("finished")
        elif frame.kind == "confirm":
            settling.confirmed(run, frame.after)
        elif frame.after is not None:
            flow.came_back(run, frame.after)
