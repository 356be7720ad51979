"""The skill `info_gatherer`: a list of questions, asked one by one, within a larger talk."""

from typing import Any, ClassVar

from agentkit.questions import Progress, checked_questions, progress, said
from agentkit.skills.base import JSON, NAMESPACE, SkillBase
from agentkit.skills.parameters import parameter
from agentkit.swaig.result import SwaigFunctionResult


class InfoGathererSkill(SkillBase):
    """Asks questions; how far it has come rides in the call's `global_data`."""

    SKILL_NAME: ClassVar[str] = "info_gatherer"
    SKILL_DESCRIPTION: ClassVar[str] = "Ask a list of questions and keep the answers."
    SUPPORTS_MULTIPLE_INSTANCES: ClassVar[bool] = True

    @classmethod
    def get_parameter_schema(cls) -> dict[str, JSON]:
        """Return the parameters `questions`, `prefix` and `completion_message`."""
        schema = super().get_parameter_schema()
        del schema["tool_name"]  # instances are told apart by their prefix
        return {**schema, **_PARAMETERS}

    def get_instance_key(self) -> str:
        """Tell instances apart by their prefix."""
        prefix = self.params.get("prefix")
        return f"{self.SKILL_NAME}_{prefix}" if prefix else self.SKILL_NAME

    def setup(self) -> bool:
        """Check the questions."""
        self._questions = checked_questions(self.param("questions"), f"skill {self.SKILL_NAME!r}")
        prefix = self.params.get("prefix")
        self._start, self._submit = (
            f"{prefix}_{tool}" if prefix else tool for tool in ("start_questions", "submit_answer")
        )
        return True

    def register_tools(self) -> None:
        """Register `start_questions` and `submit_answer`."""
        self.define_tool(
            name=self._start,
            description="Start the question sequence with the first question",
            parameters={},
            handler=self._started,
        )
        self.define_tool(
            name=self._submit,
            description="Submit an answer to the current question and move to the next one",
            parameters={"answer": _ANSWER, "confirmed_by_user": _CONFIRMED},
            handler=self._submitted,
        )

    def get_global_data(self) -> JSON:
        """Begin with the first question."""
        return {self._get_skill_namespace(): Progress(self._questions, 0, []).to_dict()}

    def get_prompt_sections(self) -> list[JSON]:
        """Tell the model how to ask."""
        body = _HOW.format(start=self._start, submit=self._submit)
        return [{"title": f"Info Gatherer ({self.get_instance_key()})", "body": body}]

    def _started(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        state = self._progress(raw_data)
        if state.current is None:
            return SwaigFunctionResult("There is nothing to ask.")
        told = f"{_RULE.format(submit=self._submit)}\n\n{_asking(state)}"
        return SwaigFunctionResult(told)

    def _submitted(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        state = self._progress(raw_data)
        if state.current is None:
            return SwaigFunctionResult("All questions are answered already.")
        answer = str(args.get("answer") or "")
        if state.current.get("confirm") and not args.get("confirmed_by_user"):
            return SwaigFunctionResult(f'Read "{said(answer)}" back to the caller. {_ASK_AGAIN}')
        after = state.answered(answer)
        if after.current is not None:
            told = f"The answer is saved. {_asking(after)}"
            return self.update_skill_data(SwaigFunctionResult(told), after.to_dict())
        return self.update_skill_data(self._done(), after.to_dict())

    def _done(self) -> SwaigFunctionResult:
        """Both tools are switched off: there is nothing left to ask."""
        off: list[Any] = [
            {"function": name, "active": False} for name in (self._start, self._submit)
        ]
        return SwaigFunctionResult(self.param("completion_message")).toggle_functions(off)

    def _progress(self, raw_data: JSON) -> Progress:
        return progress(self.get_skill_data(raw_data), self._questions)


def _asking(state: Progress) -> str:
    question: JSON = state.current or {}
    note = f"\nNote: {question['prompt_add']}" if question.get("prompt_add") else ""
    confirm = f"\n{_CONFIRM_FIRST}" if question.get("confirm") else ""
    place = f"Question {state.at + 1} of {len(state.questions)}"
    return f'{place}: "{question.get("question_text")}"{note}{confirm}'


_PARAMETERS: dict[str, JSON] = {
    "questions": parameter(
        "array",
        "Dicts with `key_name` and `question_text`; `confirm` asks for a confirmation, "
        "`prompt_add` is a note for the model.",
        required=True,
    ),
    "prefix": parameter(
        "string", f"Begins the names of the tools, and of the data: `{NAMESPACE}PREFIX`."
    ),
    "completion_message": parameter(
        "string",
        "What the model is told at the end.",
        default="That was the last question. Thank the caller; you may sum up what was said.",
    ),
}
_ANSWER = {"type": "string", "description": "The user's answer to the current question"}
_CONFIRMED = {
    "type": "boolean",
    "description": (
        "Only set to true when the user has explicitly said 'yes' or confirmed the answer is "
        "correct in their own words in their most recent response. Never set this to true on your "
        "own."
    ),
}
_HOW = (
    "You need to gather answers to a series of questions from the user. Start by introducing "
    "yourself and asking the user if they are ready to answer some questions. Once the user "
    "confirms they are ready, call the {start} function to get the first question. Ask the user "
    "that question, wait for their response, then call {submit} with the answer they gave you. "
    "Each call to {submit} will return the next question to ask. Repeat this process until all "
    "questions are complete."
)
_RULE = "Ask one question at a time and pass each answer to {submit} as it was given."
_CONFIRM_FIRST = "Read the answer back, and submit it only when the caller says that it is right."
_ASK_AGAIN = (
    "When they say that it is right, call this function again with confirmed_by_user true; else "
    "ask the question again."
)
