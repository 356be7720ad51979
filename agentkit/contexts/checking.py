"""Whether contexts hold together: every name that one part says must be there in another.

It is asked when an agent is compiled, so parts may be written in any order.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from agentkit.contexts.forms import NEXT, NO_FUNCTIONS
from agentkit.contexts.values import ContextSpec, StepSpec
from agentkit.place import Place

JSON = dict[str, Any]

MAX_CONTEXTS = 50
MAX_STEPS = 100
DEFAULT = "default"
PATH = "ai.prompt.contexts"

NAVIGATION = frozenset({"next_step", "change_context", "gather_submit"})
"""Functions that the platform adds wherever there are contexts; no tool may have their names."""

PLATFORM = NAVIGATION | {
    "get_visual_input",
    "get_ideal_strategy",
    "pause_conversation",
    "hangup",
    "end_call",
}
"""Functions that the platform may add by itself (facts 1.4)."""


class Written(Protocol):
    """A tool, as far as contexts are concerned."""

    @property
    def line(self) -> str | None:
        """The Python line that wrote it."""
        ...


class Surroundings(NamedTuple):
    """What contexts are compiled with.

    Attributes:
        agent: the agent's name.
        tools: its tools by name.
        others: names of the native and included functions.
        is_open: functions are found during the call (MCP servers), so any name may be one.
    """

    agent: str
    tools: Mapping[str, Written]
    others: Collection[str] = ()
    is_open: bool = False


def check(contexts: Mapping[str, ContextSpec], around: Surroundings) -> None:
    """Check that contexts hold together.

    Raises:
        DefinitionError: they do not; it tells the agent, the path and the Python line.
    """
    base = Place(PATH, around.agent)
    _check_set(contexts, base)
    _check_tools(contexts, around)
    names = list(contexts)
    for name, context in contexts.items():
        if not _is_checked(context, names, around):
            _Checker(contexts, context, base.at(name), around).check()
            context.memo.surroundings = (names, around)


def _is_checked(context: ContextSpec, names: list[str], around: Surroundings) -> bool:
    """Say whether a context was found good beside these names and the same tools."""
    known = context.memo.surroundings
    if not isinstance(known, tuple):
        return False
    before, then = known
    same_tools = then.tools is around.tools and then.others == around.others
    return bool(before == names and same_tools and then.is_open == around.is_open)


def _check_set(contexts: Mapping[str, ContextSpec], base: Place) -> None:
    if not contexts:
        raise base.error("there must be at least one context")
    lines = {context.name: context.lines.get("") for context in contexts.values()}
    last = list(contexts)[-1]
    if len(contexts) > MAX_CONTEXTS:
        place = base.at(last).by(lines[last])
        raise place.error(f"there may be at most {MAX_CONTEXTS} contexts")
    if len(contexts) == 1 and DEFAULT not in contexts:
        place = base.at(last).by(lines[last])
        raise place.error(f"a context that is the only one must be named {DEFAULT!r}")


def _check_tools(contexts: Mapping[str, ContextSpec], around: Surroundings) -> None:
    if taken := sorted(NAVIGATION.intersection(around.tools)):
        line = around.tools[taken[0]].line or next(iter(contexts.values())).lines.get("")
        place = Place(f"ai.SWAIG.functions.{taken[0]}", around.agent, line)
        raise place.error("this name is the platform's own where there are contexts")


class _Checker:
    """Checks one context among all."""

    def __init__(
        self,
        contexts: Mapping[str, ContextSpec],
        context: ContextSpec,
        base: Place,
        around: Surroundings,
    ) -> None:
        self._contexts = contexts
        self._context = context
        self._base = base
        self._around = around
        self._steps = [step.name for step in context.steps]

    def check(self) -> None:
        """Check the context and its steps."""
        context = self._context
        self._check_steps()
        if "prompt" in context.fields and "pom" in context.fields:
            raise context.place(self._base, ".pom").error("a context has a prompt or sections")
        self._check_names(context, self._base, "valid_contexts", self._contexts, "context")
        self._check_names(context, self._base, "valid_steps", [*self._steps, NEXT], "step")
        initial = context.fields.get("initial_step")
        if initial is not None and initial not in self._steps:
            raise context.place(self._base, ".initial_step").error(self._no_step(initial))
        for index, step in enumerate(context.steps):
            self._check_step(index, step)

    def _check_steps(self) -> None:
        place = self._context.place(self._base, ".steps")
        if not self._steps:
            raise place.error("there must be at least one step")
        if len(self._steps) > MAX_STEPS:
            late = self._context.steps[MAX_STEPS]
            raise place.by(late.lines.get("")).error(
                f"there may be at most {MAX_STEPS} steps in a context"
            )

    def _check_step(self, index: int, step: StepSpec) -> None:
        base = self._base.at("steps").at(index)
        if step.name == NEXT:
            raise step.place(base, ".name").error(f"a step cannot be named {NEXT!r}")
        said = [key for key in ("text", "pom") if key in step.fields]
        if len(said) + bool(step.sections) != 1:
            wanted = "a text or sections" if not said else "either a text or sections"
            raise step.place(base).error(f"step {step.name!r} needs {wanted}")
        self._check_names(step, base, "valid_contexts", self._contexts, "context")
        self._check_names(step, base, "valid_steps", [*self._steps, NEXT], "step")
        self._check_functions(step, base, ".functions", step.fields.get("functions", ()))
        if "gather_info" in step.fields:
            self._check_gather(index, step, base, step.fields["gather_info"])

    def _check_gather(self, index: int, step: StepSpec, base: Place, gather: JSON) -> None:
        asked = gather["questions"]
        if not asked:
            raise step.place(base, ".gather_info.questions").error("there must be a question")
        seen: set[str] = set()
        for number, question in enumerate(asked):
            path = f".gather_info.questions[{number}]"
            if question["key"] in seen:
                raise step.place(base, f"{path}.key").error(
                    f"the key {question['key']!r} is that of an earlier question"
                )
            seen.add(question["key"])
            self._check_functions(step, base, f"{path}.functions", question.get("functions", ()))
        self._check_completion(index, step, base, gather.get("completion_action"))

    def _check_completion(self, index: int, step: StepSpec, base: Place, then: str | None) -> None:
        place = step.place(base, ".gather_info.completion_action")
        if then == "next_step" and index + 1 == len(self._steps):
            raise place.error("there is no next step: this is the last of its context")
        if then not in {None, "next_step", *self._steps}:
            raise place.error(self._no_step(then))

    def _check_names(
        self,
        value: StepSpec | ContextSpec,
        base: Place,
        field: str,
        known: Iterable[str],
        kind: str,
    ) -> None:
        known = list(known)
        for index, name in enumerate(value.fields.get(field, ())):
            if name not in known:
                wrong = self._no_step(name) if kind == "step" else _none("context", name, known)
                raise value.place(base, f".{field}[{index}]").error(wrong)

    def _check_functions(
        self, step: StepSpec, base: Place, path: str, names: str | Iterable[str]
    ) -> None:
        if names == NO_FUNCTIONS or self._around.is_open:
            return
        for index, name in enumerate(names):
            if name not in self._around.tools and name not in {*self._around.others, *PLATFORM}:
                known = sorted({*self._around.tools, *self._around.others})
                raise step.place(base, f"{path}[{index}]").error(_none("function", name, known))

    def _no_step(self, name: object) -> str:
        return f"{_none('step', name, self._steps)} in context {self._context.name!r}"


def _none(kind: str, name: object, known: Collection[str]) -> str:
    """Say that there is nothing of a name, and what there is, if that is little."""
    there = f" (there is {', '.join(known)})" if 0 < len(known) <= 8 else ""  # noqa: PLR2004
    return f"there is no {kind} {name!r}{there}"
