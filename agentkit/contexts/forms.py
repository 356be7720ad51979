"""What the fields of contexts, steps and questions may be, one table each (facts 1.4).

The builder's setters and `define_contexts` with a dict are checked by the same tables. Keys that
are not in them are kept: the platform may know more than agentkit.
"""

from typing import Any

from agentkit import checked, prompt
from agentkit.checked import Check
from agentkit.errors import DefinitionError
from agentkit.place import Place

JSON = dict[str, Any]

HISTORY = ("keep", "default", "hide")
"""What becomes of the conversation when a context or step is entered."""

QUESTION_TYPES = ("string", "integer", "number", "boolean", "array", "object")
"""What the answer to a question may be."""

NO_FUNCTIONS = "none"
NEXT = "next"
"""What `change_step` and `valid_steps` call the step that follows."""


def history(place: Place, given: object) -> str:
    """Return a mode of history.

    Raises:
        DefinitionError: here and in every function of this module, it is not what it should be.
    """
    return checked.choice(place, given, HISTORY)


def functions(place: Place, given: object) -> str | list[str]:
    """Return the functions that a step offers: names, or `"none"`."""
    if given == NO_FUNCTIONS:
        return NO_FUNCTIONS
    if isinstance(given, str):
        raise place.wrong("a list of functions, or 'none'", given)
    return checked.names(place, given)


def pom(place: Place, given: object) -> list[JSON]:
    """Return sections of a prompt."""
    sections = checked.items(place, given)
    try:
        return [prompt.complete(prompt.checked(section)) for section in sections]
    except DefinitionError as error:
        raise place.error(str(error)) from error


def reset(place: Place, given: object) -> JSON:
    """Return what is reset when a step is entered."""
    return checked.fields(place, given, RESET)


def question(place: Place, given: object) -> JSON:
    """Return one question."""
    return checked.required(place, checked.fields(place, given, QUESTION), ("key", "question"))


def questions(place: Place, given: object) -> list[JSON]:
    """Return questions."""
    return checked.each(question, place, given)


def gather(place: Place, given: object) -> JSON:
    """Return what a step gathers from the caller."""
    asked = checked.fields(place, given, GATHER)
    return {"questions": [], **asked}


RESET: dict[str, Check] = {
    "system_prompt": checked.text,
    "user_prompt": checked.text,
    "consolidate": checked.flag,
    "full_reset": checked.flag,
}
QUESTION: dict[str, Check] = {
    "key": checked.name,
    "question": checked.name,
    "type": lambda place, given: checked.choice(place, given, QUESTION_TYPES),
    "confirm": checked.flag,
    "prompt": checked.text,
    "functions": checked.names,
    "isolated": checked.flag,
}
GATHER: dict[str, Check] = {
    "questions": questions,
    "prompt": checked.text,
    "output_key": checked.name,
    "completion_action": checked.name,
    "isolated": checked.flag,
}
STEP: dict[str, Check] = {
    "name": checked.name,
    "text": checked.text,
    "pom": pom,
    "step_criteria": checked.text,
    "functions": functions,
    "valid_steps": checked.names,
    "valid_contexts": checked.names,
    "end": checked.flag,
    "skip_user_turn": checked.flag,
    "skip_to_next_step": checked.flag,
    "history": history,
    "reset": reset,
    "gather_info": gather,
}
CONTEXT: dict[str, Check] = {
    "valid_contexts": checked.names,
    "valid_steps": checked.names,
    "initial_step": checked.name,
    "post_prompt": checked.text,
    "system_prompt": checked.text,
    "user_prompt": checked.text,
    "consolidate": checked.flag,
    "full_reset": checked.flag,
    "isolated": checked.flag,
    "prompt": checked.text,
    "text": checked.text,
    "pom": pom,
    "history": history,
    "enter_fillers": checked.fillers,
    "exit_fillers": checked.fillers,
}
