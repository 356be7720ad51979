"""A step of a context: what the model does next, with which functions, and where it may go."""

from collections.abc import Sequence
from typing import Any, Self

from msgspec import Struct

from agentkit import checked
from agentkit.contexts import forms
from agentkit.contexts.cells import Alone, Cell
from agentkit.contexts.checking import DEFAULT, PATH
from agentkit.contexts.collecting import form_of
from agentkit.contexts.gather import GatherQuestion, info_fields
from agentkit.contexts.spec import ContextsSpec
from agentkit.contexts.values import ContextSpec, StepSpec
from agentkit.errors import DefinitionError
from agentkit.place import Place, caller
from agentkit.prompt import Section

JSON = dict[str, Any]


class Step:
    """One step; every setter changes it in its agent and returns it.

    Made by `Context.add_step`. Made by itself it belongs to no agent, and only `to_dict` uses it.
    """

    __slots__ = ("_cell", "_context", "name")

    def __init__(self, name: str, context: str = DEFAULT, cell: Cell | None = None) -> None:
        self.name = name
        self._context = context
        self._cell = cell if cell is not None else _alone(name, context)

    # What it says --------------------------------------------------------------------------

    def set_text(self, text: str) -> Self:
        """Say what the model does in this step.

        Raises:
            DefinitionError: here and in every setter, it is not what it should be, or the step
                was removed. A step has either a text or sections.
        """
        if self._value().sections:
            raise self._place(".text").error("the step has sections already")
        return self._set("text", text)

    def add_section(self, title: str, body: str) -> Self:
        """Add a titled paragraph; the sections become the step's text."""
        place = self._place(".text")
        told = checked.text(place, body)
        return self._add_section({"title": checked.name(place, title), "body": told})

    def add_bullets(self, title: str, bullets: Sequence[str]) -> Self:
        """Add a titled list; the sections become the step's text."""
        place = self._place(".text")
        points = checked.names(place, bullets)
        return self._add_section({"title": checked.name(place, title), "bullets": points})

    def clear_sections(self) -> Self:
        """Forget the text and the sections."""
        return self._put(self._value().with_sections(()).without("text", "pom"))

    def set_step_criteria(self, criteria: str) -> Self:
        """Say when the step is done."""
        return self._set("step_criteria", criteria, or_out=True)

    # Where it goes and what it offers ------------------------------------------------------

    def set_functions(self, functions: str | Sequence[str]) -> Self:
        """Offer only these functions; `"none"` or an empty list offers none.

        A step that says nothing keeps the functions of the step before it.
        """
        return self._set("functions", functions)

    def set_valid_steps(self, steps: Sequence[str]) -> Self:
        """Let the model go on only to these steps of the context; `next` is the following one."""
        return self._set("valid_steps", steps)

    def set_valid_contexts(self, contexts: Sequence[str]) -> Self:
        """Let the model change only to these contexts."""
        return self._set("valid_contexts", contexts)

    def set_end(self, end: bool) -> Self:
        """End the contexts after this step: the model goes on without steps."""
        return self._set("end", end, or_out=True)

    def set_skip_user_turn(self, skip: bool) -> Self:
        """Do not wait for the caller when the step begins."""
        return self._set("skip_user_turn", skip, or_out=True)

    def set_skip_to_next_step(self, skip: bool) -> Self:
        """Go on to the next step at once when this one has spoken."""
        return self._set("skip_to_next_step", skip, or_out=True)

    def set_history(self, history: str) -> Self:
        """Say what becomes of the conversation so far: `keep`, `default` or `hide`."""
        return self._set("history", history)

    # What is reset when it begins ----------------------------------------------------------

    def set_reset_system_prompt(self, system_prompt: str) -> Self:
        """Give the model a new system prompt when the step begins."""
        return self._set_reset("system_prompt", system_prompt)

    def set_reset_user_prompt(self, user_prompt: str) -> Self:
        """Speak to the model as the user when the step begins."""
        return self._set_reset("user_prompt", user_prompt)

    def set_reset_consolidate(self, consolidate: bool) -> Self:
        """Sum the conversation up when the step begins."""
        return self._set_reset("consolidate", consolidate)

    def set_reset_full_reset(self, full_reset: bool) -> Self:
        """Forget the conversation when the step begins."""
        return self._set_reset("full_reset", full_reset)

    # What it asks --------------------------------------------------------------------------

    def set_gather_info(
        self,
        output_key: str | None = None,
        completion_action: str | None = None,
        prompt: str | None = None,
        isolated: bool = False,
    ) -> Self:
        """Ask the caller one question after another; `add_gather_question` adds them.

        Args:
            output_key: the key of `global_data` that gets the answers; else its top level.
            completion_action: `next_step` or the name of the step that follows; else it stays.
            prompt: what the model is told before the first question.
            isolated: hide the conversation so far while a question is asked.
        """
        known = info_fields(output_key, completion_action, prompt, isolated=isolated)
        return self._set("gather_info", known)

    def add_gather_question(
        self,
        key: str,
        question: str,
        type: str = "string",  # noqa: A002 - the platform's word
        confirm: bool = False,
        prompt: str | None = None,
        functions: Sequence[str] | None = None,
        isolated: bool | None = None,
    ) -> Self:
        """Add a question.

        Args:
            key: what its answer is called.
            question: what the caller is asked.
            type: `string`, `integer`, `number` or `boolean`.
            confirm: have the caller confirm the answer.
            prompt: what else the model is told about it.
            functions: the functions that the model may call meanwhile.
            isolated: as of `set_gather_info`, for this question.
        """
        place = self._place(f".gather_info.questions[{self._asked()}]")
        made = GatherQuestion(
            key, question, type, confirm, prompt, functions, isolated, place=place
        )
        return self._add_question(made.to_dict())

    def collect(
        self,
        kind: type[Struct],
        *,
        output_key: str | None = None,
        completion_action: str | None = None,
        confirm: Sequence[str] = (),
        prompt: str | None = None,
        isolated: bool = False,
    ) -> Self:
        """Ask for the fields of a Struct; `call.collected(kind)` returns the answers as one.

        The step gets the first sentence of the Struct's docstring as its text when it has none.

        Args:
            kind: the Struct; the description of a field is its question.
            output_key: the key of `global_data` that gets the answers; else the Struct's name, as
                in `table_booking`.
            completion_action: as of `set_gather_info`.
            confirm: names of the fields whose answer the caller is asked to confirm.
            prompt: as of `set_gather_info`.
            isolated: as of `set_gather_info`.
        """
        place = self._place(".gather_info")
        try:
            form = form_of(kind, confirm)
        except DefinitionError as error:
            raise place.error(str(error)) from error
        step = self._value()
        if not (step.sections or step.fields.keys() & {"text", "pom"}):
            self.set_text(form.text)
        self.set_gather_info(output_key or form.key, completion_action, prompt, isolated)
        for question in form.questions:
            self._add_question(question)
        return self

    def to_dict(self) -> JSON:
        """Return the step as it stands in the document.

        Raises:
            DefinitionError: it has neither text nor sections.
        """
        step = self._value().to_swml()
        if "text" not in step and "pom" not in step:
            raise self._place().error(f"step {self.name!r} needs a text or sections")
        return step

    # Inside --------------------------------------------------------------------------------

    def _add_section(self, section: Section) -> Self:
        step = self._value()
        if "text" in step.fields:
            raise self._place(".text").error("the step has a text already")
        return self._put(step.with_sections((*step.sections, section)).noting(caller(), ".text"))

    def _asked(self) -> int:
        gather = self._value().fields.get("gather_info")
        if gather is None:
            raise self._place(".gather_info").error("call set_gather_info before adding questions")
        return len(gather["questions"])

    def _add_question(self, question: JSON) -> Self:
        step = self._value()
        gather = step.fields["gather_info"]
        path = f".gather_info.questions[{len(gather['questions'])}]"
        fields = {**gather, "questions": [*gather["questions"], question]}
        line = step.lines.get(".gather_info", "")
        return self._put(step.with_fields(line, gather_info=fields).noting(caller(), path))

    def _set_reset(self, key: str, given: object) -> Self:
        reset = {**self._value().fields.get("reset", {}), key: given}
        known = {name: value for name, value in reset.items() if value is not False}
        return self._set("reset", known, or_out=True)

    def _set(self, field: str, given: object, *, or_out: bool = False) -> Self:
        line, step = caller(), self._value()
        found = forms.STEP[field](self._place(f".{field}"), given)
        if or_out and not found:
            return self._put(step.without(field))
        return self._put(step.with_fields(line, **{field: found}))

    def _value(self) -> StepSpec:
        return self._found()[1]

    def _found(self) -> tuple[ContextSpec, StepSpec]:
        context = self._cell.get().context(self._context)
        step = context.step(self.name)
        if step is None:
            place = Place(f"{PATH}.{self._context}.steps", self._cell.agent, caller())
            raise place.error(f"the step {self.name!r} was removed")
        return context, step

    def _put(self, step: StepSpec) -> Self:
        contexts = self._cell.get()
        context = contexts.context(self._context)
        self._cell.put(contexts.with_context(context.with_step(step)))
        return self

    def _place(self, path: str = "") -> Place:
        context, step = self._found()
        base = f"{PATH}.{self._context}.steps[{context.steps.index(step)}]"
        return Place(f"{base}{path}", self._cell.agent, caller())


def _alone(name: str, context: str) -> Cell:
    line = caller()
    named = checked.name(Place(f"{PATH}.{context}.steps[0].name", None, line), name)
    step = StepSpec(named, lines={"": line})
    return Alone(ContextsSpec({context: ContextSpec(context, (step,), lines={"": line})}))
