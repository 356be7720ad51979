"""One script that runs: what the functions of the verbs work on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from agentkit import _json
from agentkit.loopback.ai.pace import RINGING_SECONDS
from agentkit.loopback.clock import Clock
from agentkit.loopback.ids import Ids
from agentkit.loopback.script.programs import Program, Step, load
from agentkit.loopback.script.scopes import Scopes
from agentkit.loopback.script.stack import MAX_FRAMES, Frame, FrameKind, Stack
from agentkit.loopback.trace import Concern, Trace
from agentkit.loopback.webhook import Wire

Outcome = str | Mapping[str, Any] | Sequence[Any] | Callable[[Any], Any]
"""How a verb turns out: its result in a word (`"failed"`), the variables that it sets, a sequence
of these that are used in turn (the last one stays), or a function of the verb's body that returns
one."""

MAX_CALL_SECONDS = 14_400.0
"""How long an answered call lasts unless `answer` says otherwise (facts 1.3)."""

MAX_TRANSFERS = 32
"""Transfers in one call (facts 1.1)."""


_NOTHING = Step("", None, written=True)


class Pause(Struct, frozen=True):
    """The script waits for the caller, the model or another party.

    Attributes:
        kind: the verb that waits.
        verb: its body, references replaced (in AI verbs they are the session's business).
        section: the section in which it stands.
    """

    kind: str
    verb: Any
    section: str = "main"


class Run:
    """What a script works with, and what has become of it.

    Attributes:
        stack: where it is.
        scopes: its variables.
        waiting: what it waits for.
        ended: why it is over: `finished`, `hangup`, `error` or `max_duration`; None while it runs.
        outcomes: how verbs turn out, by name.
        transfers: how often the call was transferred.
        moving: where the call goes before anything else is performed; None when it stays.
        answered_us: when the call was answered.
        max_seconds: how long it may last from then on.
    """

    def __init__(self, *, scopes: Scopes, wire: Wire, clock: Clock, trace: Trace, ids: Ids) -> None:
        self.stack = Stack()
        self.scopes = scopes
        self.wire = wire
        self.clock = clock
        self.trace = trace
        self.ids = ids
        self.waiting: Pause | None = None
        self.ended: str | None = None
        self.outcomes: dict[str, Outcome] = {}
        self.outcomes_used: dict[str, int] = {}
        self.transfers = 0
        self.answered_us: int | None = None
        self.max_seconds = MAX_CALL_SECONDS
        self.moving: Any = None

    def load(self, document: object) -> Program:
        """Return the program of a document, and warn of what the tables say against it.

        Raises:
            Unusable: the platform could not make anything of it.
        """
        program = load(document)
        for finding in program.findings:
            self.trace.warn(Concern.DISPUTED, f"{finding.path}: {finding.text}")
        return program

    def enter(self, frame: Frame) -> None:
        """Go on with a frame; nesting too deep is an error (facts 1.1)."""
        if len(self.stack.frames) >= MAX_FRAMES:
            self.fail("relay_script_nesting_too_deep", f"nests deeper than {MAX_FRAMES} levels")
            return
        self.stack.frames.append(frame)
        self.scopes.params = frame.params

    def enter_block(self, verbs: Any, after: Any = None) -> None:
        """Go on with verbs that stand inside the verb that is performed."""
        self.enter_beside(self.stack.top.program.block(verbs), "block", after)

    def enter_beside(self, steps: tuple[Step, ...], kind: FrameKind, after: Any = None) -> None:
        """Go on with steps that see what the innermost frame sees."""
        top = self.stack.top
        self.enter(Frame(top.program, top.section, steps, top.params, kind, after))

    def leave(self) -> Frame:
        """Leave the innermost frame."""
        frame = self.stack.frames.pop()
        if self.stack.frames:
            self.scopes.params = self.stack.top.params
        return frame

    def begin(self, program: Program, section: str, params: Mapping[str, Any]) -> None:
        """Forget everything that was running and go on with a section."""
        self.stack.frames.clear()
        self.enter(Frame(program, section, program.section(section), params))

    def report(self, warning: str, message: str) -> None:
        """Write `script_error` as the platform does (facts 1.1) and go on."""
        frame = self.stack.top
        error = {
            "document": frame.program.text,
            "section": frame.section,
            "method": self.step.name,
            "warning": warning,
            "message": message,
        }
        self.scopes.vars["script_error"] = _json.encode(error).decode()
        self.trace.warn(Concern.FAILED, f"{frame.section}: {message}", {"warning": warning})

    def fail(self, warning: str, message: str) -> None:
        """Write `script_error` and end what runs: the inline document, or the script."""
        self.report(warning, message)
        frames = self.stack.frames
        while frames and frames[-1].kind != "inline":
            frames.pop()
        if frames:
            frames[-1].at = len(frames[-1].steps)
        else:
            self.end("error", message)

    def report_failed(self, message: str) -> None:
        """Report that the verb could not do its work; the script goes on."""
        name = self.step.name
        self.report("relay_script_method_execute_failed", f'Method "{name}" {message}')

    @property
    def step(self) -> Step:
        """The verb that is performed."""
        frame = self.stack.top
        return frame.steps[frame.at - 1] if frame.at else _NOTHING

    def pause(self, kind: str, body: Any) -> Pause:
        """Return what the script waits for from now on."""
        return Pause(kind, body, self.stack.top.section)

    def end(self, why: str, text: str = "") -> None:
        """End the script; nothing of it is left."""
        self.stack.frames.clear()
        self.waiting = self.moving = None
        self.ended = why
        self.trace.add("mark", "script ended", {"why": why, "reason": text or why})

    @property
    def left_seconds(self) -> float:
        """How long the call may last from now on; nobody waits longer for an answer either."""
        if self.answered_us is None:
            return MAX_CALL_SECONDS
        return self.max_seconds - (self.clock.us - self.answered_us) / 1_000_000

    def spend(self, seconds: float) -> None:
        """Let time pass in which nothing else happens, at most as much as the call has left."""
        self.clock.advance(self._granted(seconds))

    async def wait(self, seconds: float) -> None:
        """Let time pass, and other tasks run, at most as long as the call has left."""
        await self.clock.sleep(self._granted(seconds))

    def _granted(self, seconds: float) -> float:
        return max(min(seconds, self.left_seconds), 0.0)

    def set(self, **values: Any) -> None:
        """Write result variables."""
        self.scopes.vars.update(values)

    def answer(self) -> None:
        """Answer the call, if nobody has."""
        if self.answered_us is None:
            self.clock.advance(RINGING_SECONDS)
            self.answered_us = self.clock.us
            self.scopes.call["call_state"] = "answered"
            self.scopes.vars["answer_result"] = "success"
