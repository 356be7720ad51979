"""An agent that asks a list of questions, one by one, and keeps the answers in `global_data`."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from agentkit import bridge
from agentkit.agent import AgentBase
from agentkit.operations.agents import DOCUMENT_SECONDS
from agentkit.questions import Progress, checked_questions, progress
from agentkit.spec import callback_of
from agentkit.swaig.result import SwaigFunctionResult

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = dict[str, Any]
QuestionCallback = Callable[[JSON, JSON, JSON], Any]

DEFAULT_QUESTIONS: list[JSON] = [
    {"key_name": "name", "question_text": "What is your name?"},
    {"key_name": "message", "question_text": "How can I help you today?"},
]
"""What is asked when there are neither questions nor a callback."""

_OWNER = "InfoGathererAgent"


class InfoGathererAgent(AgentBase):
    """Asks questions.

    Args:
        questions: dicts with `key_name` and `question_text`; with `confirm` true, the caller must
            confirm the answer. None has them chosen for each call, by `set_question_callback`.
        name: what the agent is called.
        route: the path that it answers at.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: a question is wrong.
    """

    def __init__(
        self,
        questions: Sequence[Mapping[str, Any]] | None = None,
        name: str = "info_gatherer",
        route: str = "/info_gatherer",
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self._question_callback: QuestionCallback | None = None
        self._questions = None if questions is None else checked_questions(questions, _OWNER)
        self.set_params({"end_of_speech_timeout": 800, "speech_event_timeout": 1000})
        role = _ASKED_BY_CALL if self._questions is None else _ASKED_ALWAYS
        self.prompt_add_section("Objective", f"{role} {_HOW}")
        if self._questions is not None:
            self.set_global_data(Progress(self._questions, 0, []).to_dict())

    def set_question_callback(self, callback: QuestionCallback) -> Self:
        """Choose the questions for each call, when none were given.

        Args:
            callback: takes the query, the posted body and the headers as dicts, and returns
                questions; plain or async. When it raises, the error document is served.
        """
        self._question_callback = callback_of(callback, "set_question_callback")
        return self

    async def on_swml_request(
        self,
        request_data: JSON | None = None,
        callback_path: str | None = None,
        request: "Request | None" = None,
    ) -> Any:
        """Put the questions of this call into the document."""
        if self._questions is not None:
            return None
        chosen = DEFAULT_QUESTIONS
        if self._question_callback is not None and request is not None:
            posted = {} if request.method == "GET" else request_data or {}
            given = (dict(request.query_params), posted, dict(request.headers))
            chosen = await bridge.call(self._question_callback, *given, seconds=DOCUMENT_SECONDS)
        questions = checked_questions(chosen, _OWNER)
        return {"global_data": Progress(questions, 0, []).to_dict()}

    @AgentBase.tool(
        "start_questions",
        description="Start the question sequence with the first question",
        parameters={},
    )
    def start_questions(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Ask the question that is open."""
        current = self._progress(raw_data).current
        if current is None:
            return SwaigFunctionResult("There is nothing to ask.")
        result = SwaigFunctionResult(_asking(current))
        return result.replace_in_history("The caller is ready to answer some questions.")

    @AgentBase.tool(
        "submit_answer",
        description="Submit an answer to the current question and move to the next one",
        parameters={
            "answer": {
                "type": "string",
                "description": "The user's answer to the current question",
            }
        },
    )
    def submit_answer(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Keep an answer and ask the next question."""
        state = self._progress(raw_data)
        if state.current is None:
            return SwaigFunctionResult("All questions are answered already.")
        after = state.answered(str(args.get("answer") or ""))
        told = _DONE if after.current is None else f"The answer is noted. {_asking(after.current)}"
        kept = {"answers": after.answers, "question_index": after.at}
        return SwaigFunctionResult(told).replace_in_history(True).update_global_data(kept)

    def _progress(self, raw_data: JSON) -> Progress:
        return progress(raw_data.get("global_data"), self._questions or ())


def _asking(question: JSON) -> str:
    rule = _CONFIRMED if question.get("confirm") else _UNCONFIRMED
    return f"Ask the caller this question: {question['question_text']}\n\n{rule}"


_CONFIRMED = (
    "Submit only an answer that fits the question. Repeat it to the caller first, and go on only "
    "when the caller has said that it is right."
)
_UNCONFIRMED = "Submit only an answer that fits the question; the caller need not confirm it."
_DONE = "That was the last question. Thank the caller; you may sum up what was said."
_HOW = (
    "Begin by asking the user if they are ready to answer some questions. If they confirm they are "
    "ready, call the start_questions function to begin the process."
)
_ASKED_ALWAYS = "Your role is to get answers to a series of questions."
_ASKED_BY_CALL = "Your role is to gather information by asking questions."
