"""Questions that are asked one by one, and how far a call has come with them.

The progress rides in the call's `global_data`, so no store is needed: what comes back from the
platform is read as it may be damaged, and answers are escaped before they are put there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentkit.errors import DefinitionError
from agentkit.escape import escape
from agentkit.place import caller

JSON = dict[str, Any]
LONGEST_ANSWER = 2_000
"""Longest answer that is kept, in characters."""

_TEXTS = ("key_name", "question_text")


class Progress(NamedTuple):
    """Questions, the index `at` of the one that is open, and the answers so far."""

    questions: list[JSON]
    at: int
    answers: list[JSON]

    @property
    def current(self) -> JSON | None:
        """The question that is open, None when all are answered."""
        return self.questions[self.at] if self.at < len(self.questions) else None

    def answered(self, answer: str) -> "Progress":
        """Return the progress after an answer to the open question."""
        kept = {"key_name": self.questions[self.at]["key_name"], "answer": said(answer)}
        return Progress(self.questions, self.at + 1, [*self.answers, kept])

    def to_dict(self) -> JSON:
        """Return it as it stands in `global_data`."""
        return {
            "questions": self.questions,
            "question_index": self.at,
            "answers": self.answers,
        }


def checked_questions(given: object, owner: str) -> list[JSON]:
    """Return a copy of an author's questions.

    Args:
        given: dicts with `key_name` and `question_text`, and optional keys.
        owner: who asks them, for the message.

    Raises:
        DefinitionError: there are none, or one lacks a text.
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise DefinitionError(f"{owner} needs a list of at least one question", line=caller())
    for number, question in enumerate(given, 1):
        for key in _TEXTS:
            found = question.get(key) if isinstance(question, Mapping) else None
            if not isinstance(found, str) or not found.strip():
                raise DefinitionError(
                    f"{owner}: question {number} needs the text {key!r}", line=caller()
                )
    return [dict(question) for question in given]


def progress(data: object, otherwise: Sequence[JSON] = ()) -> Progress:
    """Return how far a call has come.

    Args:
        data: where it is kept; what is damaged of it counts as absent.
        otherwise: the questions when none are there.
    """
    kept = data if isinstance(data, Mapping) else {}
    questions = [each for each in _items(kept.get("questions")) if _is_question(each)]
    answers = _items(kept.get("answers"))
    index = kept.get("question_index")
    at = index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else 0
    return Progress(questions or list(otherwise), at, answers)


def said(answer: object) -> str:
    """Return an answer of a caller as it may be kept: escaped, and not too long."""
    return escape(answer)[:LONGEST_ANSWER]


def _items(given: object) -> list[JSON]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def _is_question(given: JSON) -> bool:
    return all(isinstance(given.get(key), str) for key in _TEXTS)
