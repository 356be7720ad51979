"""Contexts and steps as frozen values: the fields as in the document, and who wrote them.

`lines` maps the path of a field inside its value to the Python line that wrote it; the empty path
is the value itself.
"""

from collections.abc import Iterable
from typing import Any, Self

import msgspec

from agentkit.place import Place
from agentkit.prompt import Section

JSON = dict[str, Any]


class StepSpec(msgspec.Struct, frozen=True):
    """One step: its fields, or sections that become its text."""

    name: str
    fields: JSON = {}
    sections: tuple[Section, ...] = ()
    lines: dict[str, str] = {}

    def with_fields(self, line: str, /, **fields: Any) -> Self:
        """Return a copy with fields set."""
        lines = {**self.lines, **dict.fromkeys((f".{key}" for key in fields), line)}
        return msgspec.structs.replace(self, fields={**self.fields, **fields}, lines=lines)

    def with_sections(self, sections: tuple[Section, ...]) -> Self:
        """Return a copy with other sections."""
        return msgspec.structs.replace(self, sections=sections)

    def without(self, *fields: str) -> Self:
        """Return a copy without fields."""
        left = {key: value for key, value in self.fields.items() if key not in fields}
        return msgspec.structs.replace(self, fields=left)

    def noting(self, line: str, path: str) -> Self:
        """Return a copy that knows who wrote something below a field."""
        return msgspec.structs.replace(self, lines={**self.lines, path: line})

    def place(self, base: Place, path: str = "") -> Place:
        """Return the place of something inside the step, which itself stands at base."""
        return Place(f"{base.path}{path}", base.agent, line_of(self.lines, path))

    def to_swml(self) -> JSON:
        """Return the step as it stands in the document."""
        text = {"text": markdown(self.sections)} if self.sections else {}
        return {"name": self.name, **text, **self.fields}


class Memo:
    """What was worked out of a context, which never changes: kept with it, no part of its value.

    Attributes:
        swml: the context as it stands in the document.
        surroundings: what it was found to hold together with.
    """

    __slots__ = ("surroundings", "swml")
    __hash__ = None  # type: ignore[assignment]  # neither has the value that it belongs to

    def __init__(self) -> None:
        self.swml: JSON | None = None
        self.surroundings: object = None

    def __eq__(self, other: object) -> bool:  # type: ignore[explicit-override]  # not in 3.11
        return isinstance(other, Memo)


class ContextSpec(msgspec.Struct, frozen=True):
    """One context: its steps in order, its fields, and sections of its system prompt."""

    name: str
    steps: tuple[StepSpec, ...] = ()
    fields: JSON = {}
    system_sections: tuple[Section, ...] = ()
    lines: dict[str, str] = {}
    memo: Memo = msgspec.field(default_factory=Memo)

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "memo", Memo())  # a changed copy starts without

    def with_fields(self, line: str, /, **fields: Any) -> Self:
        """Return a copy with fields set."""
        lines = {**self.lines, **dict.fromkeys((f".{key}" for key in fields), line)}
        return msgspec.structs.replace(self, fields={**self.fields, **fields}, lines=lines)

    def with_system_sections(self, sections: tuple[Section, ...]) -> Self:
        """Return a copy with other sections of the system prompt."""
        return msgspec.structs.replace(self, system_sections=sections)

    def with_steps(self, steps: Iterable[StepSpec]) -> Self:
        """Return a copy with other steps."""
        return msgspec.structs.replace(self, steps=tuple(steps))

    def with_step(self, step: StepSpec) -> Self:
        """Return a copy in which a step stands for the one of its name."""
        return self.with_steps(step if each.name == step.name else each for each in self.steps)

    def step(self, name: str) -> StepSpec | None:
        """Return the step of a name."""
        return next((step for step in self.steps if step.name == name), None)

    def place(self, base: Place, path: str = "") -> Place:
        """Return the place of something inside the context, which itself stands at base."""
        return Place(f"{base.path}{path}", base.agent, line_of(self.lines, path))

    def to_swml(self) -> JSON:
        """Return the context as it stands in the document; it is worked out once, so copy it."""
        if self.memo.swml is None:
            system = self.system_sections
            prompt = {"system_prompt": markdown(system)} if system else {}
            steps = [step.to_swml() for step in self.steps]
            self.memo.swml = {"steps": steps, **prompt, **self.fields}
        return self.memo.swml


def markdown(sections: Iterable[Section]) -> str:
    """Return sections as the text of a step, in the vendor's layout."""
    return "\n\n".join("\n".join(_lines(section)) for section in sections)


def _lines(section: Section) -> Iterable[str]:
    yield f"## {section['title']}"
    if section.get("body"):
        yield section["body"]
    for bullet in section.get("bullets", ()):
        yield f"- {bullet}"


def line_of(lines: dict[str, str], path: str) -> str | None:
    """Return who wrote a path, or the nearest thing around it."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)
