"""Where a script is: frames of steps, the innermost last.

A frame is a section (of execute, transfer or the start), a block (the verbs of a cond, a switch or
a result), an inline document (after which the script waits as before) or a confirmation (what the
called party hears before it is connected). Blocks share the labels of what is around them up to
their section; `return` leaves the innermost frame that is no block.
"""

from collections.abc import Mapping
from typing import Any, Literal

from agentkit.loopback.script.programs import Program, Step

MAX_FRAMES = 256
"""Deepest nesting of sections and blocks at run time; the platform's limit is not known."""

FrameKind = Literal["section", "block", "inline", "confirm"]


class Frame:
    """A list of steps and the place in it.

    Attributes:
        program: the document that the steps are from.
        section: the name of its section.
        params: what the section was called with.
        kind: what it is.
        after: what waits for its end: the body of an execute, the pause of an inline document, the
            connect that is confirmed.
        jumps: how often each goto of the section has jumped, by the id of its body.
    """

    __slots__ = ("after", "at", "jumps", "kind", "params", "program", "section", "steps")

    def __init__(
        self,
        program: Program,
        section: str,
        steps: tuple[Step, ...],
        params: Mapping[str, Any],
        kind: FrameKind = "section",
        after: Any = None,
    ) -> None:
        self.program = program
        self.section = section
        self.steps = steps
        self.params = params
        self.kind = kind
        self.after = after
        self.at = 0
        self.jumps: dict[int, int] = {}

    def label(self, name: str) -> int:
        """Return the place of a label, -1 when there is none."""
        return next((at for at, step in enumerate(self.steps)
                     if step.name == "label" and step.body == name), -1)  # fmt: skip


class Stack:
    """The frames of a script."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    @property
    def top(self) -> Frame:
        """The innermost frame."""
        return self.frames[-1]

    @property
    def section(self) -> Frame:
        """The innermost frame that is no block."""
        return next(frame for frame in reversed(self.frames) if frame.kind != "block")

    def leave_until(self, kind: FrameKind) -> Frame | None:
        """Leave everything up to the innermost frame of a kind, and that too; None without one."""
        frames = self.frames
        at = next((at for at in reversed(range(len(frames))) if frames[at].kind == kind), -1)
        if at < 0:
            return None
        frame = frames[at]
        del frames[at:]
        return frame

    def jump(self, label: str) -> bool:
        """Go on at a label of the innermost section; say whether there is one."""
        depth = len(self.frames) - 1
        while (at := self.frames[depth].label(label)) < 0:
            if self.frames[depth].kind != "block":
                return False
            depth -= 1
        self.frames[depth].at = at
        del self.frames[depth + 1 :]
        return True
