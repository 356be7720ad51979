"""An agent that conducts a survey: it asks, checks what is answered, and sums up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentkit.agent import AgentBase
from agentkit.errors import DefinitionError
from agentkit.place import caller
from agentkit.prefabs.contents import entries, heard
from agentkit.swaig.result import SwaigFunctionResult

JSON = dict[str, Any]
RATING, CHOICE, YES_NO, OPEN = TYPES = ("rating", "multiple_choice", "yes_no", "open_ended")
SCALE = 5
"""The highest rating, unless a question says another."""

_YES_OR_NO = {"yes", "no", "y", "n"}


def _answer(told: str) -> JSON:
    """Return the parameters of a tool that takes an answer."""
    return {
        "question_id": {"type": "string", "description": "The ID of the question"},
        "response": {"type": "string", "description": told},
    }


class SurveyAgent(AgentBase):
    """Conducts a survey.

    Args:
        survey_name: what the survey is called.
        questions: dicts with `text` and `type` (`rating`, `multiple_choice`, `yes_no`,
            `open_ended`); `id`, `required` (true), `scale` of a rating, `options` of a choice.
        introduction: the first words, which cannot be interrupted.
        conclusion: the last words.
        brand_name: who the survey is for.
        max_retries: how often a wrong answer is asked for again.
        name: what the agent is called.
        route: the path that it answers at.
        **options: settings of `AgentBase`.

    Raises:
        DefinitionError: a question is wrong, or two have one id.
    """

    def __init__(
        self,
        survey_name: str,
        questions: Sequence[Mapping[str, Any]],
        introduction: str | None = None,
        conclusion: str | None = None,
        brand_name: str | None = None,
        max_retries: int = 2,
        name: str = "survey",
        route: str = "/survey",
        **options: Any,
    ) -> None:
        super().__init__(name, route, **options)
        self.survey_name = survey_name
        self.brand_name = brand_name or "Our Company"
        self.max_retries = max_retries
        self.questions = _checked(entries(questions, "questions", ("text",), least=0))
        opening = introduction or f"Welcome to our {survey_name}. We appreciate your participation."
        self._tell(opening, conclusion or _CONCLUSION)
        self.set_post_prompt(_SUMMARY).add_hints(self._hints())
        self.set_params({**_PARAMS, "static_greeting": opening, "static_greeting_no_barge": True})
        self.set_global_data(self._data()).set_native_functions(["check_time"])

    @AgentBase.tool(
        "log_response",
        description="Log a validated response to a survey question",
        parameters=_answer("The user's validated response"),
    )
    def log_response(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Acknowledge an answer; override it to keep answers as they come."""
        question = self._question(args)
        if question is None:
            return _unknown(args)
        return SwaigFunctionResult(f"The answer to '{question['text']}' is noted.")

    @AgentBase.tool(
        "validate_response",
        description="Validate if a response meets the requirements for a specific question",
        parameters=_answer("The user's response to validate"),
    )
    def validate_response(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        """Say whether an answer fits its question, and if not, what would."""
        question = self._question(args)
        if question is None:
            return _unknown(args)
        answer = str(args.get("response") or "").strip()
        if not answer:
            return SwaigFunctionResult(_NEEDED if question["required"] else _SKIPPED)
        wanted = _RULES[question["type"]](question, answer.lower())
        return SwaigFunctionResult(wanted or f"The answer to '{question['id']}' fits.")

    def _question(self, args: JSON) -> JSON | None:
        asked = args.get("question_id")
        return next((each for each in self.questions if each["id"] == asked), None)

    def _tell(self, opening: str, conclusion: str) -> None:
        self.prompt_add_section("Personality", f"{_PERSONA} {self.brand_name}.")
        self.prompt_add_section(
            "Goal",
            f"Conduct the '{self.survey_name}' survey by asking questions and collecting "
            "responses.",
        )
        rules = [rule.format(retries=self.max_retries) for rule in _INSTRUCTIONS]
        self.prompt_add_section("Instructions", bullets=rules)
        self.prompt_add_section("Introduction", f"Begin with this introduction: {opening}")
        told = [{"title": each["text"], "body": _described(each)} for each in self.questions]
        self.prompt_add_section(
            "Survey Questions", "Ask these questions in order:", subsections=told
        )
        self.prompt_add_section("Conclusion", f"End with this conclusion: {conclusion}")

    def _hints(self) -> list[str]:
        words = [word for each in self.questions for word in _WORDS[each["type"]](each)]
        return [self.survey_name, self.brand_name, *words]

    def _data(self) -> JSON:
        return {
            "survey_name": self.survey_name,
            "brand_name": self.brand_name,
            "questions": self.questions,
            "max_retries": self.max_retries,
        }


def _checked(questions: list[JSON]) -> list[JSON]:
    made = [_filled(number, each) for number, each in enumerate(questions, 1)]
    ids = [each["id"] for each in made]
    if twice := {each for each in ids if ids.count(each) > 1}:
        raise DefinitionError(f"questions: two have the id {min(twice)!r}", line=caller())
    return made


def _filled(number: int, given: JSON) -> JSON:
    """Return a question with an id, and with what its type needs."""
    if given.get("type") not in TYPES:
        choices = ", ".join(map(repr, TYPES))
        raise DefinitionError(
            f"questions: entry {number} needs a type, one of {choices}", line=caller()
        )
    question = {"id": f"question_{number}", "required": True, **given}
    if question["type"] == CHOICE and not question.get("options"):
        raise DefinitionError(
            f"questions: entry {number} needs options to choose from", line=caller()
        )
    if question["type"] == RATING:
        question.setdefault("scale", SCALE)
        if not isinstance(question["scale"], int) or question["scale"] < 1:
            raise DefinitionError(
                f"questions: entry {number} needs a scale of 1 or more", line=caller()
            )
    return question


def _described(question: JSON) -> str:
    lines = [
        f"ID: {question['id']}",
        f"Type: {question['type']}",
        f"Required: {question['required']}",
    ]
    if question["type"] == RATING:
        lines.append(f"Scale: 1-{question['scale']}")
    if question["type"] == CHOICE:
        lines.append(f"Options: {', '.join(question['options'])}")
    return "\n".join(lines)


def _unknown(args: JSON) -> SwaigFunctionResult:
    return SwaigFunctionResult(
        f"There is no question with the ID '{heard(args.get('question_id'))}'."
    )


def _rating(question: JSON, answer: str) -> str:
    fits = answer.isascii() and answer.isdigit() and 1 <= int(answer[:9]) <= question["scale"]
    return "" if fits else f"Ask for a whole number from 1 to {question['scale']}."


def _choice(question: JSON, answer: str) -> str:
    options = question["options"]
    fits = answer in {str(option).lower() for option in options}
    return "" if fits else f"Ask for one of: {', '.join(options)}."


def _yes_no(question: JSON, answer: str) -> str:
    return "" if answer.rstrip(".!") in _YES_OR_NO else "Ask for a yes or a no."


def _anything(question: JSON, answer: str) -> str:
    return ""


_RULES: dict[str, Callable[[JSON, str], str]] = {
    RATING: _rating,
    CHOICE: _choice,
    YES_NO: _yes_no,
    OPEN: _anything,
}
"""What to tell the model of an answer that does not fit, by the type of its question."""

_WORDS: dict[str, Callable[[JSON], list[str]]] = {
    RATING: lambda question: [str(number) for number in range(1, question["scale"] + 1)],
    CHOICE: lambda question: list(question["options"]),
    YES_NO: lambda question: ["yes", "no"],
    OPEN: lambda question: [],
}
_PARAMS: JSON = {"wait_for_user": False, "end_of_speech_timeout": 1500, "ai_volume": 5}
_NEEDED = "This question needs an answer."
_SKIPPED = "This question may be left out."
_CONCLUSION = "Thank you for completing our survey. Your feedback is valuable to us."
_PERSONA = "You are a friendly and professional survey agent representing"
_INSTRUCTIONS = (
    "Guide the user through each survey question in sequence.",
    "Ask only one question at a time and wait for a response.",
    "For rating questions, explain the scale (e.g., 1-5, where 5 is best).",
    "For multiple choice questions, list all the options.",
    "If a response is invalid, explain and retry up to {retries} times.",
    "Be conversational but stay focused on collecting the survey data.",
    "After all questions are answered, thank the user for their participation.",
)
_SUMMARY = """
        Return a JSON summary of the survey responses:
        {
            "survey_name": "SURVEY_NAME",
            "responses": {
                "QUESTION_ID_1": "RESPONSE_1",
                "QUESTION_ID_2": "RESPONSE_2",
                ...
            },
            "completion_status": "complete/incomplete",
            "timestamp": "CURRENT_TIMESTAMP"
        }
        """
