"""`gather_info`: questions that the platform asks one by one, and keeps the answers (facts 1.4).

While it asks, the model may only submit an answer, or call the functions of the question.
"""

from typing import Any

from agentkit.loopback.ai.room import JSON, Gathering, Room
from agentkit.loopback.ai.steps import Gather, Question
from agentkit.loopback.ai.values import ToolView

SUBMIT = "gather_submit"
TRIGGER = "gather_complete"
_YES = frozenset({"true", "yes", "1"})


def start(room: Room, plan: Gather) -> None:
    """Begin to ask."""
    room.gathering = Gathering(plan)
    count = len(plan.questions)
    fields = {"output_key": plan.output_key, "total_questions": count}
    _note(room, "gather_start", f"Starting gather ({count} questions)", fields)
    prompt = room.expanded(plan.prompt)
    _log_question(room, plan.questions[0], 0)
    if prompt:
        room.conversation.system(prompt)
        room.logs.system(prompt)
    _tell(room, plan.questions[0])


def question(room: Room) -> Question | None:
    """Return the question that is being asked."""
    asking = room.gathering
    return asking.plan.questions[asking.number] if asking is not None else None


def view(asked: Question) -> ToolView:
    """Return the function with which the model submits the answer to a question."""
    kind: JSON = {"type": asked.type, "description": asked.question}
    if asked.type == "array":
        kind["items"] = {"type": "string"}
    properties: JSON = {"answer": kind}
    if asked.confirm:
        about = "true once the caller has confirmed the answer"
        properties["confirmed_by_user"] = {"type": "string", "description": about}
    required = list(properties)
    parameters = {"type": "object", "properties": properties, "required": required}
    return ToolView(SUBMIT, "Submit the caller's answer to the question.", parameters, "native")


def submit(room: Room, asking: Gathering, arguments: JSON) -> tuple[str, str | None]:
    """Take an answer.

    Returns:
        What the model is told, and the step that follows when that was the last question: its
        name, `next`, or None to stay.
    """
    asked = asking.plan.questions[asking.number]
    fits, value = typed(arguments.get("answer"), asked.type)
    confirmed = str(arguments.get("confirmed_by_user", "")).lower() in _YES
    if not fits:
        why = f"it must be of type {asked.type}"
        return _reject(room, asking, asked, "missing_answer", why), None
    if asked.confirm and not confirmed:
        why = "the caller has to confirm it first"
        return _reject(room, asking, asked, "confirmation_required", why), None
    _accept(room, asking, asked, value, confirmed)
    if asking.number + 1 < len(asking.plan.questions):
        asking.number, asking.attempt = asking.number + 1, 0
        following = asking.plan.questions[asking.number]
        _log_question(room, following, asking.number)
        _tell(room, following)
        return "The answer is accepted. Ask the next question.", None
    return "The answer is accepted. That was the last question.", _finish(room, asking)


def typed(value: Any, kind: str) -> tuple[bool, Any]:
    """Return whether an answer is of a type, and the answer in that type."""
    if kind == "string":
        return isinstance(value, str) and bool(value.strip()), value
    if kind == "boolean":
        known = {"true": True, "yes": True, "false": False, "no": False}
        found = known.get(value.strip().lower()) if isinstance(value, str) else value
        return isinstance(found, bool), found
    if kind in {"integer", "number"}:
        return _numeric(value, kind)
    return isinstance(value, list if kind == "array" else dict), value


def _numeric(value: Any, kind: str) -> tuple[bool, Any]:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return False, value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False, value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return kind == "number" or isinstance(value, int), value


def _reject(room: Room, asking: Gathering, asked: Question, reason: str, why: str) -> str:
    fields = {
        "key": asked.key,
        "question_index": asking.number,
        "attempt": asking.attempt,
        "reason": reason,
    }
    content = f"Answer rejected for {asked.key} (attempt {asking.attempt})"
    _note(room, "gather_reject", content, fields)
    asking.attempt += 1
    return f"The answer is not accepted: {why}."


def _accept(room: Room, asking: Gathering, asked: Question, value: Any, confirmed: bool) -> None:
    fields = {"key": asked.key, "question_index": asking.number, "attempt": asking.attempt,
              "confirmed": confirmed}  # fmt: skip
    content = f"Answer accepted for {asked.key} (attempt {asking.attempt})"
    _note(room, "gather_answer", content, fields)
    asking.answers = {**asking.answers, asked.key: value}
    key, store = asking.plan.output_key, room.store
    if not key:
        changed = {asked.key: value}
    else:
        known = store.global_data.get(key)
        kept = {name: old for name, old in known.items() if name != asked.key} \
            if isinstance(known, dict) else {}  # fmt: skip
        changed = {key: {**kept, asked.key: value}}
    store.set_global(changed)
    room.trace.add("state", "global_data", changed)


def _finish(room: Room, asking: Gathering) -> str | None:
    plan, count = asking.plan, len(asking.answers)
    action = plan.completion_action
    fields = {"output_key": plan.output_key, "answered": count, "completion_action": action}
    _note(room, "gather_complete", f"Gather complete ({count} answered)", fields)
    room.gathering = None
    room.conversation.veil(hide=False)
    return "next" if action == "next_step" else action or None


def _log_question(room: Room, asked: Question, number: int) -> None:
    fields = {"key": asked.key, "question_index": number, "question_type": asked.type,
              "requires_confirm": asked.confirm}  # fmt: skip
    _note(room, "gather_question", f"Asking question {number}: {asked.key}", fields)


def _tell(room: Room, asked: Question) -> None:
    """Tell the model what to ask."""
    parts = [f"Ask the caller: {asked.question}", asked.prompt]
    if asked.confirm:
        parts.append("Repeat the answer, and let the caller confirm it.")
    parts.append(f"Then submit the answer, of type {asked.type}, with {SUBMIT}.")
    text = room.expanded("\n".join(part for part in parts if part))
    room.conversation.veil(hide=asked.isolated)
    room.conversation.instruct(text)
    room.logs.instruction(text)


def _note(room: Room, action: str, content: str, fields: JSON) -> None:
    room.logs.event(action, content, fields)
    room.debug.note(action, {**room.logs.standing, **fields})
