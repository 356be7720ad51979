"""A field of a context, step or question that is of another kind is refused where it is set."""

from typing import Any

from tests.hostile.agents import table
from tests.hostile.flows import HERE, ONE, ROOT, asking, context, step, written
from tests.hostile.misplaced import Misplaced, check

TEXT = "must be a text, not {}"
NAME = "must be a text that is not empty, not {}"
LIST = "must be a list, not {}"
FLAG = "must be True or False, not {}"
HISTORY = "must be one of 'keep', 'default', 'hide', not {}"
TYPES = "must be one of 'string', 'integer', 'number', 'boolean', 'array', 'object', not {}"
odd: Any = {"x": [1]}

STEPS = {
    "a text": Misplaced(lambda a: step(a).set_text(odd), f"{ONE}.text", TEXT.format(odd)),
    "criteria": Misplaced(
        lambda a: step(a).set_step_criteria(odd), f"{ONE}.step_criteria", TEXT.format(odd)
    ),
    "functions as one text": Misplaced(
        lambda a: step(a).set_functions("look"),
        f"{ONE}.functions",
        "must be a list of functions, or 'none', not 'look'",
    ),
    "a function that is no text": Misplaced(
        lambda a: step(a).set_functions([odd]), f"{ONE}.functions[0]", NAME.format(odd)
    ),
    "steps as one text": Misplaced(
        lambda a: step(a).set_valid_steps("two"), f"{ONE}.valid_steps", LIST.format("'two'")
    ),
    "an empty step": Misplaced(
        lambda a: step(a).set_valid_steps([" "]), f"{ONE}.valid_steps[0]", NAME.format("' '")
    ),
    "contexts as a number": Misplaced(
        lambda a: step(a).set_valid_contexts(5),  # type: ignore[arg-type]
        f"{ONE}.valid_contexts",
        LIST.format("5"),
    ),
    "an end that is a text": Misplaced(
        lambda a: step(a).set_end("yes"),  # type: ignore[arg-type]
        f"{ONE}.end",
        FLAG.format("'yes'"),
    ),
    "a skip that is a number": Misplaced(
        lambda a: step(a).set_skip_user_turn(1),  # type: ignore[arg-type]
        f"{ONE}.skip_user_turn",
        FLAG.format("1"),
    ),
    "a mode of history": Misplaced(
        lambda a: step(a).set_history("all"), f"{ONE}.history", HISTORY.format("'all'")
    ),
    "a reset": Misplaced(
        lambda a: step(a).set_reset_consolidate("yes"),  # type: ignore[arg-type]
        f"{ONE}.reset.consolidate",
        FLAG.format("'yes'"),
    ),
    "a reset's prompt": Misplaced(
        lambda a: step(a).set_reset_user_prompt(odd),
        f"{ONE}.reset.user_prompt",
        TEXT.format(odd),
    ),
    "a title": Misplaced(
        lambda a: step(a).clear_sections().add_section("", "b"), f"{ONE}.text", NAME.format("''")
    ),
    "a type of answer": Misplaced(
        lambda a: asking(a).add_gather_question("more", "More?", "text"),
        f"{ONE}.gather_info.questions[1].type",
        TYPES.format("'text'"),
    ),
    "a key": Misplaced(
        lambda a: asking(a).add_gather_question("", "More?"),
        f"{ONE}.gather_info.questions[1].key",
        NAME.format("''"),
    ),
    "a place for answers": Misplaced(
        lambda a: step(a).set_gather_info(5),  # type: ignore[arg-type]
        f"{ONE}.gather_info.output_key",
        NAME.format("5"),
    ),
    "a struct that is none": Misplaced(
        lambda a: step(a).collect(dict),  # type: ignore[arg-type]
        f"{ONE}.gather_info",
        "collect takes a Struct, not <class 'dict'>",
    ),
}


@table(STEPS)
def test_a_field_of_a_step(case: Misplaced) -> None:
    check(case)


CONTEXTS = {
    "a mode of history": Misplaced(
        lambda a: context(a).set_history("none"), f"{HERE}.history", HISTORY.format("'none'")
    ),
    "a prompt": Misplaced(
        lambda a: context(a).set_user_prompt(odd), f"{HERE}.user_prompt", TEXT.format(odd)
    ),
    "a system prompt's title": Misplaced(
        lambda a: context(a).add_system_section("", "b"), f"{HERE}.system_prompt", NAME.format("''")
    ),
    "a body": Misplaced(
        lambda a: context(a).add_section("T", odd), f"{HERE}.pom", TEXT.format(odd)
    ),
    "bullets as one text": Misplaced(
        lambda a: context(a).add_bullets("T", "b"), f"{HERE}.pom", LIST.format("'b'")
    ),
    "system bullets as one text": Misplaced(
        lambda a: context(a).add_system_bullets("T", "b"),
        f"{HERE}.system_prompt",
        LIST.format("'b'"),
    ),
    "fillers as one text": Misplaced(
        lambda a: context(a).set_enter_fillers({"en": "Hello."}),
        f"{HERE}.enter_fillers.en",
        LIST.format("'Hello.'"),
    ),
    "a filler": Misplaced(
        lambda a: context(a).add_exit_filler("en", ["Bye.", 5]),  # type: ignore[list-item]
        f"{HERE}.exit_fillers.en[1]",
        NAME.format("5"),
    ),
    "a filler's language": Misplaced(
        lambda a: context(a).add_exit_filler("", ["Bye."]),
        f"{HERE}.exit_fillers",
        NAME.format("''"),
    ),
    "a context's name": Misplaced(lambda a: a.contexts.add_context(""), ROOT, NAME.format("''")),
}


@table(CONTEXTS)
def test_a_field_of_a_context(case: Misplaced) -> None:
    check(case)


DICTS = {
    "contexts that are a list": Misplaced(
        lambda a: a.define_contexts([1]),  # type: ignore[call-overload]
        ROOT,
        "must be a dict, not [1]",
    ),
    "a context that is a list": Misplaced(
        lambda a: a.define_contexts({"default": []}), HERE, "must be a dict, not []"
    ),
    "a name that is a number": Misplaced(
        lambda a: a.define_contexts({5: {}}),  # type: ignore[dict-item]
        ROOT,
        "has the key 5, which is no text",
    ),
    "an empty name": Misplaced(
        lambda a: a.define_contexts({"": {}}), f"{ROOT}.", NAME.format("''")
    ),
    "steps that are a dict": Misplaced(
        lambda a: a.define_contexts({"default": {"steps": {}}}), f"{HERE}.steps", LIST.format("{}")
    ),
    "a step without a name": Misplaced(
        lambda a: a.define_contexts({"default": {"steps": [{"text": "t"}]}}),
        ONE,
        "a step needs a name",
    ),
    "a section": Misplaced(
        lambda a: a.define_contexts({"default": {"steps": [{"name": "s", "pom": [{"txt": "b"}]}]}}),
        f"{ONE}.pom",
        "prompt section None: unknown ['txt']",
    ),
    "a question without a question": Misplaced(
        lambda a: a.define_contexts(written(a, gather_info={"questions": [{"key": "k"}]})),
        f"{ONE}.gather_info.questions[0]",
        "needs 'question'",
    ),
    "questions as one text": Misplaced(
        lambda a: a.define_contexts(written(a, gather_info={"questions": "Who?"})),
        f"{ONE}.gather_info.questions",
        LIST.format("'Who?'"),
    ),
    "a flag": Misplaced(
        lambda a: a.define_contexts(written(a, end=1)), f"{ONE}.end", FLAG.format("1")
    ),
    "a key of tomorrow that json cannot carry": Misplaced(
        lambda a: a.define_contexts(written(a, tomorrow=1j)),
        f"{ONE}.tomorrow",
        "JSON cannot carry this value: a complex is not JSON",
    ),
}


@table(DICTS)
def test_a_field_of_a_dict(case: Misplaced) -> None:
    check(case)
