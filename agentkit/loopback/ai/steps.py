"""Contexts and steps as they stand in the document (facts 1.4)."""

from typing import Any

from msgspec import Struct

from agentkit.loopback.ai import prompting
from agentkit.loopback.ai.reading import Reader
from agentkit.loopback.trace import Concern

JSON = dict[str, Any]

DEFAULT = "default"
NEXT = "next"
NONE = "none"
TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object"})
_HISTORIES = frozenset({"keep", "default", "hide"})


class Reset(Struct, frozen=True):
    """What becomes of the conversation when a step or a context begins."""

    system_prompt: str = ""
    user_prompt: str = ""
    consolidate: bool = False
    full_reset: bool = False


class Question(Struct, frozen=True):
    """One question of `gather_info`."""

    key: str
    question: str
    type: str = "string"
    confirm: bool = False
    prompt: str = ""
    functions: tuple[str, ...] = ()
    isolated: bool = False


class Gather(Struct, frozen=True):
    """What a step asks for.

    Attributes:
        output_key: the key of `global_data` that gets the answers; "" for its top level.
        completion_action: `next_step`, the name of a step, or "" to stay.
    """

    questions: tuple[Question, ...]
    prompt: str = ""
    output_key: str = ""
    completion_action: str = ""


class Step(Struct, frozen=True):
    """One step.

    Attributes:
        index: its place in its context.
        functions: what the model may call; None for what it could in the step before.
        valid_steps: where the model may go; None when the step does not say.
        valid_contexts: to which contexts it may change; None when the step does not say.
    """

    name: str
    index: int
    text: str
    criteria: str = ""
    functions: tuple[str, ...] | None = None
    valid_steps: tuple[str, ...] | None = None
    valid_contexts: tuple[str, ...] | None = None
    end: bool = False
    skip_user_turn: bool = False
    skip_to_next_step: bool = False
    history: str = DEFAULT
    reset: Reset = Reset()
    gather: Gather | None = None


class Context(Struct, frozen=True):
    """One context.

    Attributes:
        steps: its steps in order.
        by_name: the same by name, the first of each.
    """

    name: str
    steps: tuple[Step, ...]
    by_name: dict[str, Step] = {}
    text: str = ""
    initial_step: str = ""
    valid_steps: tuple[str, ...] | None = None
    valid_contexts: tuple[str, ...] | None = None
    isolated: bool = False
    history: str = DEFAULT
    post_prompt: str = ""
    reset: Reset = Reset()
    enter_fillers: JSON = {}
    exit_fillers: JSON = {}

    def step(self, name: str) -> Step | None:
        """Return a step by its name."""
        return self.by_name.get(name)

    def first(self) -> Step | None:
        """Return the step with which the context begins."""
        named = self.step(self.initial_step) if self.initial_step else None
        return named or (self.steps[0] if self.steps else None)

    def after(self, step: Step) -> Step | None:
        """Return the step that follows one."""
        following = step.index + 1
        return self.steps[following] if following < len(self.steps) else None


def read_contexts(given: object, form: str, reader: Reader, path: str) -> dict[str, Context]:
    """Return the contexts by name; `form` is how sections are rendered."""
    contexts = {
        name: _Reading(form, reader).context(name, value, f"{path}.{name}")
        for name, value in reader.mapping(given, path).items()
    }
    if contexts and DEFAULT not in contexts:
        reader.warn(
            Concern.DISPUTED, f"{path}: there is no context `default`; the first one stands for it"
        )
    return contexts


class _Reading:
    def __init__(self, form: str, reader: Reader) -> None:
        self._form = form
        self._reader = reader

    def context(self, name: str, given: object, path: str) -> Context:
        reader = self._reader
        fields = reader.mapping(given, path)
        steps: list[Step] = []
        for place, step in reader.objects(fields.get("steps"), f"{path}.steps"):
            steps.append(self._step(step, len(steps), place))
        if not steps:
            reader.warn(Concern.INCOMPLETE, f"{path}.steps: there must be at least one step")
        context = Context(
            name=name,
            steps=tuple(steps),
            by_name={step.name: step for step in reversed(steps)},
            text=self._text(fields, path, "prompt"),
            initial_step=reader.text_of(fields, "initial_step", path),
            valid_steps=self._names(fields, "valid_steps", path),
            valid_contexts=self._names(fields, "valid_contexts", path),
            isolated=reader.flag_of(fields, "isolated", path),
            history=self._history(fields, path),
            post_prompt=reader.text_of(fields, "post_prompt", path),
            reset=self._reset(fields, path),
            enter_fillers=reader.mapping_of(fields, "enter_fillers", path),
            exit_fillers=reader.mapping_of(fields, "exit_fillers", path),
        )
        if context.initial_step and context.step(context.initial_step) is None:
            reader.warn(
                Concern.ABSENT, f"{path}.initial_step: there is no step {context.initial_step!r}"
            )
        return context

    def _step(self, fields: JSON, index: int, path: str) -> Step:
        reader = self._reader
        name = reader.text_of(fields, "name", path)
        if not name or name == NEXT:
            reader.warn(Concern.INCOMPLETE, f"{path}.name: a step needs a name, and `next` is none")
        return Step(
            name=name or str(index),
            index=index,
            text=self._text(fields, path, "text"),
            criteria=reader.text_of(fields, "step_criteria", path),
            functions=self._functions(fields, path),
            valid_steps=self._names(fields, "valid_steps", path),
            valid_contexts=self._names(fields, "valid_contexts", path),
            end=reader.flag_of(fields, "end", path),
            skip_user_turn=reader.flag_of(fields, "skip_user_turn", path),
            skip_to_next_step=reader.flag_of(fields, "skip_to_next_step", path),
            history=self._history(fields, path),
            reset=self._reset(reader.mapping_of(fields, "reset", path), path),
            gather=self._gather(fields.get("gather_info"), f"{path}.gather_info"),
        )

    def _text(self, fields: JSON, path: str, key: str) -> str:
        given = {"text": fields.get("text", fields.get(key))}
        if "pom" in fields:
            given = {key: fields[key] for key in ("text", "pom") if key in fields}
        return prompting.told(given, self._form, self._reader, path)

    def _names(self, fields: JSON, key: str, path: str) -> tuple[str, ...] | None:
        given = fields.get(key)
        return None if given is None else self._reader.names(given, f"{path}.{key}")

    def _functions(self, fields: JSON, path: str) -> tuple[str, ...] | None:
        names = self._names(fields, "functions", path)
        return () if names == (NONE,) else names

    def _history(self, fields: JSON, path: str) -> str:
        given = self._reader.text_of(fields, "history", path, DEFAULT)
        if given in _HISTORIES:
            return given
        self._reader.warn(
            Concern.MISFIT, f"{path}.history: keep, default or hide belongs here, not {given!r}"
        )
        return DEFAULT

    def _reset(self, fields: JSON, path: str) -> Reset:
        reader = self._reader
        return Reset(
            reader.text_of(fields, "system_prompt", path),
            reader.text_of(fields, "user_prompt", path),
            reader.flag_of(fields, "consolidate", path),
            reader.flag_of(fields, "full_reset", path),
        )

    def _gather(self, given: object, path: str) -> Gather | None:
        reader = self._reader
        fields = reader.mapping(given, path)
        isolated = reader.flag_of(fields, "isolated", path)
        questions = tuple(
            self._question(question, isolated, place)
            for place, question in reader.objects(fields.get("questions"), f"{path}.questions")
        )
        if not questions:
            if fields:
                reader.warn(Concern.INCOMPLETE, f"{path}.questions: there must be a question")
            return None
        action = fields.get("completion_action")
        return Gather(
            questions,
            prompt=reader.text_of(fields, "prompt", path),
            output_key=reader.text_of(fields, "output_key", path),
            completion_action=reader.text(action, f"{path}.completion_action"),
        )

    def _question(self, fields: JSON, isolated: bool, path: str) -> Question:
        reader = self._reader
        kind = reader.text_of(fields, "type", path, "string")
        if kind not in TYPES:
            reader.warn(
                Concern.MISFIT, f"{path}.type: there is no type {kind!r}, so it is a string"
            )
            kind = "string"
        return Question(
            key=reader.text_of(fields, "key", path, path.rpartition("[")[2][:-1]),
            question=reader.text_of(fields, "question", path),
            type=kind,
            confirm=reader.flag_of(fields, "confirm", path),
            prompt=reader.text_of(fields, "prompt", path),
            functions=reader.names_of(fields, "functions", path),
            isolated=reader.flag_of(fields, "isolated", path, default=isolated),
        )
