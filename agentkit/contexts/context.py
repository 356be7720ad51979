"""A context: a set of steps, with what the model is told while it is in it."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from agentkit import _json, checked
from agentkit.contexts import forms
from agentkit.contexts.cells import Alone, Cell
from agentkit.contexts.checking import DEFAULT, MAX_STEPS, PATH
from agentkit.contexts.spec import ContextsSpec
from agentkit.contexts.step import Step
from agentkit.contexts.values import ContextSpec, StepSpec
from agentkit.place import Place, caller
from agentkit.prompt import Section

JSON = dict[str, Any]
Fillers = Mapping[str, Sequence[str]]


class Context:
    """One context; every setter changes it in its agent and returns it.

    Made by `ContextBuilder.add_context`. Made by itself it belongs to no agent until it is a value
    of the dict that `define_contexts` takes.
    """

    __slots__ = ("_cell", "name")

    def __init__(self, name: str, cell: Cell | None = None) -> None:
        self.name = name
        self._cell = cell if cell is not None else _alone(name)

    # Steps ---------------------------------------------------------------------------------

    def add_step(
        self,
        name: str,
        *,
        task: str | None = None,
        bullets: Sequence[str] | None = None,
        criteria: str | None = None,
        functions: str | Sequence[str] | None = None,
        valid_steps: Sequence[str] | None = None,
    ) -> Step:
        """Add a step at the end and return it.

        Args:
            name: what it is called; not `next`.
            task: what the model does; becomes a section "Task".
            bullets: how it does it; become a section "Process".
            criteria: as of `Step.set_step_criteria`.
            functions: as of `Step.set_functions`.
            valid_steps: as of `Step.set_valid_steps`.

        Raises:
            DefinitionError: the context has a step of this name, or 100 steps already.
        """
        step = self._added(name)
        if task:
            step.add_section("Task", task)
        if bullets:
            step.add_bullets("Process", bullets)
        if criteria:
            step.set_step_criteria(criteria)
        if functions is not None:
            step.set_functions(functions)
        return step if valid_steps is None else step.set_valid_steps(valid_steps)

    def get_step(self, name: str) -> Step | None:
        """Return a step, None when there is none of this name."""
        return Step(name, self.name, self._cell) if self._value().step(name) else None

    def remove_step(self, name: str) -> Self:
        """Remove a step; nothing happens when there is none of this name."""
        context = self._value()
        return self._put(context.with_steps(each for each in context.steps if each.name != name))

    def move_step(self, name: str, position: int) -> Self:
        """Move a step to a position, counted from 0.

        Raises:
            DefinitionError: there is no step of this name.
        """
        context = self._value()
        step = context.step(name)
        if step is None:
            raise self._place(".steps").error(f"there is no step {name!r}")
        steps = [each for each in context.steps if each is not step]
        steps.insert(position, step)
        return self._put(context.with_steps(steps))

    def set_initial_step(self, step_name: str) -> Self:
        """Begin the context with this step instead of its first."""
        return self._set("initial_step", step_name)

    def set_valid_steps(self, steps: Sequence[str]) -> Self:
        """Let the model go on only to these steps, where a step says nothing else."""
        return self._set("valid_steps", steps)

    def set_valid_contexts(self, contexts: Sequence[str]) -> Self:
        """Let the model change only to these contexts, where a step says nothing else."""
        return self._set("valid_contexts", contexts)

    # What the model is told ----------------------------------------------------------------

    def set_prompt(self, prompt: str) -> Self:
        """Tell the model something while it is in this context.

        Raises:
            DefinitionError: the context has sections already.
        """
        if "pom" in self._value().fields:
            raise self._place(".prompt").error("the context has sections already")
        return self._set("prompt", prompt)

    def add_section(self, title: str, body: str) -> Self:
        """Add a titled paragraph to what the model is told in this context."""
        told = checked.text(self._place(".pom"), body)
        return self._add_section({"title": title, "body": told})

    def add_bullets(self, title: str, bullets: Sequence[str]) -> Self:
        """Add a titled list to what the model is told in this context."""
        points = checked.names(self._place(".pom"), bullets)
        return self._add_section({"title": title, "bullets": points})

    def set_system_prompt(self, system_prompt: str) -> Self:
        """Give the model a new system prompt when the context is entered.

        Raises:
            DefinitionError: there are sections of the system prompt already.
        """
        if self._value().system_sections:
            raise self._place(".system_prompt").error("the system prompt has sections already")
        return self._set("system_prompt", system_prompt)

    def add_system_section(self, title: str, body: str) -> Self:
        """Add a titled paragraph to the system prompt of this context."""
        told = checked.text(self._place(".system_prompt"), body)
        return self._add_system_section({"title": title, "body": told})

    def add_system_bullets(self, title: str, bullets: Sequence[str]) -> Self:
        """Add a titled list to the system prompt of this context."""
        points = checked.names(self._place(".system_prompt"), bullets)
        return self._add_system_section({"title": title, "bullets": points})

    def set_user_prompt(self, user_prompt: str) -> Self:
        """Speak to the model as the user when the context is entered."""
        return self._set("user_prompt", user_prompt)

    def set_post_prompt(self, post_prompt: str) -> Self:
        """Ask the model something else after the call when it ends in this context."""
        return self._set("post_prompt", post_prompt)

    # What becomes of the conversation ------------------------------------------------------

    def set_consolidate(self, consolidate: bool) -> Self:
        """Sum the conversation up when the context is entered."""
        return self._set("consolidate", consolidate)

    def set_full_reset(self, full_reset: bool) -> Self:
        """Forget the conversation when the context is entered."""
        return self._set("full_reset", full_reset)

    def set_isolated(self, isolated: bool) -> Self:
        """Hide the conversation of other contexts from this one."""
        return self._set("isolated", isolated)

    def set_history(self, history: str) -> Self:
        """Say what becomes of the conversation so far: `keep`, `default` or `hide`."""
        return self._set("history", history)

    # Fillers -------------------------------------------------------------------------------

    def set_enter_fillers(self, enter_fillers: Fillers) -> Self:
        """Say one of these when the context is entered; lists of phrases by language code."""
        return self._set("enter_fillers", enter_fillers)

    def set_exit_fillers(self, exit_fillers: Fillers) -> Self:
        """Say one of these when the context is left; lists of phrases by language code."""
        return self._set("exit_fillers", exit_fillers)

    def add_enter_filler(self, language_code: str, fillers: Sequence[str]) -> Self:
        """Set what is said in one language when the context is entered."""
        return self._add_filler("enter_fillers", language_code, fillers)

    def add_exit_filler(self, language_code: str, fillers: Sequence[str]) -> Self:
        """Set what is said in one language when the context is left."""
        return self._add_filler("exit_fillers", language_code, fillers)

    def to_dict(self) -> JSON:
        """Return the context as it stands in the document.

        Raises:
            DefinitionError: it has no steps, or a step has neither text nor sections.
        """
        context = self._value()
        if not context.steps:
            raise self._place(".steps").error("there must be at least one step")
        for step in context.steps:
            Step(step.name, self.name, self._cell).to_dict()
        copied: JSON = _json.to_builtins(context.to_swml())
        return copied

    # Inside --------------------------------------------------------------------------------

    def _added(self, name: str) -> Step:
        context = self._value()
        place = self._place(f".steps[{len(context.steps)}]")
        known = checked.name(place.at("name"), name)
        if context.step(known):
            raise place.at("name").error(f"there is a step {known!r} already")
        if len(context.steps) >= MAX_STEPS:
            raise place.error(f"there may be at most {MAX_STEPS} steps in a context")
        self._put(context.with_steps((*context.steps, StepSpec(known, lines={"": caller()}))))
        return Step(known, self.name, self._cell)

    def _add_section(self, section: Section) -> Self:
        fields = self._value().fields
        if "prompt" in fields:
            raise self._place(".pom").error("the context has a prompt already")
        return self._set("pom", [*fields.get("pom", ()), section])

    def _add_system_section(self, section: Section) -> Self:
        context = self._value()
        place = self._place(".system_prompt")
        checked.name(place, section["title"])
        if "system_prompt" in context.fields:
            raise place.error("the context has a system prompt already")
        return self._put(context.with_system_sections((*context.system_sections, section)))

    def _add_filler(self, field: str, code: str, phrases: Sequence[str]) -> Self:
        checked.name(self._place(f".{field}"), code)
        return self._set(field, {**self._value().fields.get(field, {}), code: phrases})

    def _set(self, field: str, given: object) -> Self:
        line, context = caller(), self._value()
        found = forms.CONTEXT[field](self._place(f".{field}"), given)
        if found is False or found == {}:
            left = {key: value for key, value in context.fields.items() if key != field}
            return self._put(ContextSpec(self.name, context.steps, left,
                                         context.system_sections, context.lines))  # fmt: skip
        return self._put(context.with_fields(line, **{field: found}))

    def _value(self) -> ContextSpec:
        return self._cell.get().context(self.name)

    def _put(self, context: ContextSpec) -> Self:
        self._cell.put(self._cell.get().with_context(context))
        return self

    def _place(self, path: str = "") -> Place:
        return Place(f"{PATH}.{self.name}{path}", self._cell.agent, caller())


def create_simple_context(name: str = DEFAULT) -> Context:
    """Return a context that belongs to no agent yet."""
    return Context(name)


def _alone(name: str) -> Cell:
    line = caller()
    named = checked.name(Place(PATH, None, line), name)
    return Alone(ContextsSpec({named: ContextSpec(named, lines={"": line})}))
