"""What a step gathers: questions that the platform asks one after another (facts 1.4)."""

from collections.abc import Sequence
from typing import Any, Self

from agentkit.contexts import forms
from agentkit.place import Place, caller

JSON = dict[str, Any]
PATH = "gather_info"


def info_fields(
    output_key: str | None, completion_action: str | None, prompt: str | None, *, isolated: bool
) -> JSON:
    """Return the fields of `gather_info` that were given."""
    given = {
        "prompt": prompt,
        "output_key": output_key,
        "completion_action": completion_action,
        "isolated": isolated,
    }
    return {key: value for key, value in given.items() if value not in {None, "", False}}


class GatherQuestion:
    """One question.

    Args:
        key: what its answer is called.
        question: what the caller is asked.
        type: `string`, `integer`, `number`, `boolean`, `array` or `object`.
        confirm: have the caller confirm the answer.
        prompt: what else the model is told about it.
        functions: the functions that the model may call meanwhile.
        isolated: hide the conversation so far while it is asked.

    Raises:
        DefinitionError: one of these is not what it should be.
    """

    __slots__ = ("_fields",)

    def __init__(
        self,
        key: str,
        question: str,
        type: str = "string",  # noqa: A002 - the platform's word
        confirm: bool = False,
        prompt: str | None = None,
        functions: Sequence[str] | None = None,
        isolated: bool | None = None,
        *,
        place: Place | None = None,
    ) -> None:
        given = {
            "key": key,
            "question": question,
            "type": None if type == "string" else type,
            "confirm": confirm or None,
            "prompt": prompt or None,
            "functions": functions or None,
            "isolated": isolated,
        }
        known = {name: value for name, value in given.items() if value is not None}
        self._fields = forms.question(place or Place(f"{PATH}.questions", line=caller()), known)

    def to_dict(self) -> JSON:
        """Return the question as it stands in the document."""
        return dict(self._fields)


class GatherInfo:
    """What a step gathers, built by itself: the value of `gather_info` in a step's dict.

    Args:
        output_key: the key of `global_data` that gets the answers; else its top level.
        completion_action: `next_step` or the name of the step that follows; else the step stays.
        prompt: what the model is told before the first question.
        isolated: hide the conversation so far while a question is asked.
    """

    __slots__ = ("_fields", "_questions")

    def __init__(
        self,
        output_key: str | None = None,
        completion_action: str | None = None,
        prompt: str | None = None,
        isolated: bool = False,
    ) -> None:
        fields = info_fields(output_key, completion_action, prompt, isolated=isolated)
        self._fields = forms.gather(Place(PATH, line=caller()), fields)
        self._questions: list[JSON] = []

    def add_question(self, key: str, question: str, **options: Any) -> Self:
        """Add a question; the options are those of `GatherQuestion`."""
        place = Place(f"{PATH}.questions[{len(self._questions)}]", line=caller())
        asked = GatherQuestion(key, question, **options, place=place)
        self._questions.append(asked.to_dict())
        return self

    def to_dict(self) -> JSON:
        """Return it as it stands in the document.

        Raises:
            DefinitionError: there is no question.
        """
        if not self._questions:
            raise Place(f"{PATH}.questions", line=caller()).error("there must be a question")
        return {**self._fields, "questions": list(self._questions)}
