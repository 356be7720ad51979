"""What both faces of a call show, and how what they do is checked."""

from collections.abc import Mapping
from typing import Any, Unpack

from agentkit.loopback.agents import Agent, found
from agentkit.loopback.ai.values import Message
from agentkit.loopback.brains.model import Judge
from agentkit.loopback.brains.rules import RuleBrain
from agentkit.loopback.clock import Clock
from agentkit.loopback.dialling import CALLED, CALLER, call_object, fresh_seed, seed_of
from agentkit.loopback.engine import Engine
from agentkit.loopback.errors import CallError
from agentkit.loopback.expect import SO_FAR, Expecting, Seen, failure
from agentkit.loopback.ids import Ids
from agentkit.loopback.line import Faults, Line
from agentkit.loopback.mocks import Function, Mocks
from agentkit.loopback.options import CallOptions
from agentkit.loopback.parts import Dial, Parts, Summary
from agentkit.loopback.script.run import Outcome
from agentkit.loopback.snapshots import Snapshots
from agentkit.loopback.trace import Moment, Trace
from agentkit.loopback.transcript import render
from agentkit.loopback.turn import Turn


class Face(Expecting):
    """A call, before it is said how it is waited for.

    Args:
        agent: an agent, an ASGI application, a URL, a `Transport`, or `module:name`.
        clock: the time of the call; one of its own by default.
        options: see `CallOptions`.

    Attributes:
        clock: the time of the call.
        trace: everything that happens in it.
        line: the way to the agent.
        mocks: the functions that the test answers.
        engine: what plays it.
        snapshots: the kept transcripts of the test; None outside of pytest's fixtures.

    Raises:
        DefinitionError: there is nothing that can be called.
    """

    def __init__(
        self, agent: object, *, clock: Clock | None = None, **options: Unpack[CallOptions]
    ) -> None:
        if "seed" not in options:
            options["seed"] = fresh_seed()
        called = found(agent, options.get("url"), options.get("auth"))
        self.clock = clock or Clock()
        self.trace = Trace(self.clock)
        self.line = _line(called, self.clock, self.trace, options)
        self.mocks = Mocks(self.line, self.clock, self.trace)
        self.engine = Engine(*self._parts(called, options))
        self.engine.seat.summary = options.get("summary")
        self.snapshots: Snapshots | None = None
        self._turn: Turn | None = None

    def _parts(self, called: Agent, options: CallOptions) -> tuple[Dial, Parts]:
        self._ids = ids = Ids(seed_of(options["seed"]).ids)
        call = call_object(
            ids,
            options.get("caller", CALLER),
            options.get("called", CALLED),
            dict(options.get("headers", {})),
        )
        dial = Dial(called.url, call, options.get("vars", {}), options.get("envs", {}))
        brain = options.get("brain") or RuleBrain()
        return dial, Parts(self.mocks, self.clock, self.trace, ids, brain)

    # What is said beforehand ---------------------------------------------------------------

    def mock(
        self,
        name: str,
        function: Function | None = None,
        *,
        response: str | None = None,
        actions: list[dict[str, Any]] | dict[str, Any] | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        """Answer a function of the agent in the test; see `Mocks.add`.

        Raises:
            DefinitionError: both a function and an answer, or neither.
        """
        self.mocks.add(
            name,
            function,
            response=response,
            actions=actions or [],
            delay_seconds=delay_seconds,
        )

    def outcome(self, verb: str, outcome: Outcome) -> None:
        """Say how a verb turns out, such as `connect`: a result word, or the variables it sets."""
        self.engine.outcomes[verb] = outcome
        if self.engine.machine is not None:
            self.engine.machine.outcomes[verb] = outcome

    def summarizes(self, summary: Summary) -> None:
        """Say what the model writes when its part of the call ends."""
        self.engine.seat.summary = summary

    # What is compared ------------------------------------------------------------------------

    def expect_transcript(self, name: str = "") -> None:
        """Expect that the call went as it did when its transcript was kept.

        The transcripts are text files in `transcripts/` beside the test;
        `pytest --loopback-update` writes them.

        Args:
            name: tells the transcripts of one test apart.

        Raises:
            CallError: it differs, or none is kept, or the call does not come from a fixture.
        """
        __tracebackhide__ = True
        transcript = self._ids.masked(self.transcript)
        if self.snapshots is None:
            raise CallError("transcripts are kept for calls of the fixtures call and loopback")
        self.snapshots.check(transcript, name)

    # What is seen --------------------------------------------------------------------------

    @property
    def moments(self) -> list[Moment]:
        """Everything that has happened, in order."""
        return self.trace.moments

    @property
    def transcript(self) -> str:
        """What has happened, as lines for people."""
        return render(self._settled().moments)

    @property
    def call_id(self) -> str:
        """The id of the call."""
        return str(self.engine.dial.call["call_id"])

    @property
    def call_object(self) -> dict[str, Any]:
        """What the platform tells of the call; change what is in it before `start()`."""
        return self.engine.dial.call

    @property
    def document(self) -> bytes:
        """The agent's SWML document, as it came."""
        return self.engine.document

    @property
    def vars(self) -> Mapping[str, Any]:
        """The variables of the script."""
        machine = self.engine.machine
        return self.engine.dial.vars if machine is None else machine.vars

    @property
    def global_data(self) -> dict[str, Any]:
        """The data of the session, as the next request would carry it."""
        session = self.engine.seat.last
        return {} if session is None else dict(session.global_data)

    @property
    def place(self) -> tuple[str, str]:
        """The context and the step, "" where there are none."""
        session = self.engine.seat.last
        return ("", "") if session is None else (session.context or "", session.step or "")

    @property
    def tools(self) -> list[str]:
        """The names of the functions that the model may call now."""
        session = self.engine.seat.session
        return [] if session is None else [tool.name for tool in session.tools()]

    @property
    def messages(self) -> list[Message]:
        """The conversation as the model sees it."""
        session = self.engine.seat.last
        return [] if session is None else session.messages()

    @property
    def ended(self) -> str | None:
        """Who ended the call, None while it goes on."""
        return self.engine.ended

    def _settled(self) -> Seen:  # type: ignore[explicit-override]  # Python 3.11 has no such mark
        __tracebackhide__ = True
        if self._turn is not None:
            self._turn.settle()
        return self


async def played(engine: Engine, turn: Turn, said: str, speaks: bool) -> None:
    """Play a turn of the model.

    Raises:
        CallError: what the test has written for the model it is not asked for, or cannot do.
    """
    brain = turn.close(engine.parts.brain)
    if speaks:
        await engine.think(said, brain)
    if not engine.is_halted:
        turn.require_done(speaks)


async def judged(face: Face, judge: Judge, question: str) -> str:
    """Ask a judge about a call, and return why the answer is yes.

    Raises:
        CallError: the answer is no.
        ModelError: the model could not be asked.
    """
    __tracebackhide__ = True
    verdict = await judge.ask(question, face.moments)
    if not verdict.yes:
        raise failure(face, f"expected yes: {question}\n  the judge says no: {verdict.reason}")
    return verdict.reason


def told(face: Face, error: CallError) -> CallError:
    """Return an error with how the call went so far, unless it tells that already."""
    message = str(error)
    return error if SO_FAR in message else failure(face, message)


def _line(called: Agent, clock: Clock, trace: Trace, options: CallOptions) -> Line:
    return Line(
        called.target,
        clock=clock,
        trace=trace,
        base_url=options.get("base_url"),
        auth=called.auth,
        signing_key=options.get("signing_key"),
        outside=options.get("outside"),
        faults=_faults(options),
        restart=options.get("restart", called.restart),
    )


def _faults(options: CallOptions) -> Faults:
    """Return the faults of a call; what they draw depends on its seed."""
    given = options.get("faults", ())
    if isinstance(given, Faults):
        return given
    words = (given,) if isinstance(given, str) else given
    return Faults(*words, seed=seed_of(options["seed"]).draws)
