"""Semantic gates: questions that the platform puts to a model before it lets a function run.

A gate is answered from the conversation; when it is answered with no, or not surely enough, the
function does not run and the model is told what the gate says instead. The limits are the
platform's (facts 1.4).
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from agentkit import _json, checked
from agentkit.checked import Check
from agentkit.place import Place, caller

JSON = dict[str, Any]

MAX_GATES = 8
MAX_QUESTION_BYTES = 8_192
MAX_CRITERION_BYTES = 2_048
MAX_ON_FAIL_BYTES = 8_192
MAX_FRAMES = 5
TIMEOUT_MS = (500, 10_000)
HISTORY = (0, 100)

UNGATED = frozenset(
    {
        "adjust_response_latency",
        "change_context",
        "check_for_input",
        "check_time",
        "end_call",
        "gather_submit",
        "get_ideal_strategy",
        "get_visual_input",
        "hangup",
        "hangup_hook",
        "next_step",
        "pause_conversation",
        "startup_hook",
        "wait_for_user",
        "wait_seconds",
    }
)
"""Functions that the platform calls by itself or has itself: it puts no gate before them."""

_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


class Answer(Protocol):
    """A tool's answer, such as a `FunctionResult`."""

    def to_dict(self) -> JSON:
        """Return it in the platform's form."""
        ...


class SemanticGate(dict[str, Any]):
    """One gate, to be one of a tool's `gates=`: the platform's form, with names for its parts.

    Args:
        question: what must be so, asked of the conversation; at most 8 KiB.
        threshold: how sure the answer must be, over 0 and at most 1.
        on_fail: what the model is told instead: text, a `FunctionResult` or a dict; at most 8 KiB.
        id: the gate's name in logs: letters, digits and underscores.
        true_means: when the answer is yes; at most 2 KiB.
        false_means: when the answer is no; at most 2 KiB.
        visual_input: whether it looks at the caller's video, or at how many frames (up to 5).
    """

    def __init__(
        self,
        question: str,
        threshold: float,
        on_fail: str | Answer | Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002 - the platform's word
        true_means: str | None = None,
        false_means: str | None = None,
        visual_input: bool | int | None = None,
    ) -> None:
        means = {"true": true_means, "false": false_means}
        given = {
            "id": id,
            "question": question,
            "criteria": {key: text for key, text in means.items() if text is not None} or None,
            "threshold": threshold,
            "on_fail": _answer(on_fail),
            "visual_input": visual_input,
        }
        super().__init__({key: value for key, value in given.items() if value is not None})

    def to_dict(self) -> JSON:
        """Return the gate in the platform's form."""
        return dict(self)


def check(place: Place, entry: Mapping[str, Any]) -> None:
    """Check the gates and gate fillers in the entry of a function, which stands at place.

    Raises:
        DefinitionError: a limit is passed, a field is wrong, or there can be no gates here.
    """
    gates = entry.get("gates")
    if gates is None:
        raise place.at("gate_fillers").error("fillers of gates need gates")
    if entry.get("function") in UNGATED:
        raise place.at("gates").error("the platform puts no gates before this function")
    _check_gates(place.at("gates"), gates)
    if "gate_fillers" in entry:
        fillers(place.at("gate_fillers"), entry["gate_fillers"])


def parameters(
    agent: str, enabled: bool | None, timeout_ms: int | None, history: int | None
) -> JSON:
    """Return the parameters of the `ai` verb that rule all gates.

    Raises:
        DefinitionError: one is not what it should be.
    """
    place = Place("ai.params", agent, caller())
    given = {
        "semantic_gates_enabled": enabled,
        "semantic_gate_timeout_ms": timeout_ms,
        "semantic_gate_history": history,
    }
    known = {key: value for key, value in given.items() if value is not None}
    return checked.fields(place, known, _PARAMETERS)


def fillers(place: Place, given: object) -> JSON:
    """Return what is said while gates are asked: by language, phrases or lists of phrases."""
    return {
        code: [_phrase(place.at(code).at(index), each) for index, each in enumerate(phrases)]
        for code, found in checked.mapping(place, given).items()
        for phrases in [checked.items(place.at(code), found)]
    }


def _answer(on_fail: str | Answer | Mapping[str, Any]) -> object:
    if isinstance(on_fail, str):
        return {"response": on_fail}
    return on_fail if isinstance(on_fail, Mapping) else on_fail.to_dict()


def _check_gates(place: Place, given: object) -> None:
    gates = checked.items(place, given)
    if not 1 <= len(gates) <= MAX_GATES:
        raise place.error(f"there may be 1 to {MAX_GATES} gates, not {len(gates)}")
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        here = place.at(index)
        found = checked.fields(here, gate, _GATE, closed=True)
        known = checked.required(here, found, ("question", "threshold", "on_fail"))
        if known.get("id") in seen:
            raise here.at("id").error(f"{known['id']!r} is the id of an earlier gate")
        seen.update([known["id"]] if "id" in known else [])


def _question(place: Place, given: object) -> str:
    return _short(place, checked.name(place, given), MAX_QUESTION_BYTES)


def _criteria(place: Place, given: object) -> JSON:
    def criterion(where: Place, text: object) -> str:
        return _short(where, checked.name(where, text), MAX_CRITERION_BYTES)

    return checked.fields(place, given, {"true": criterion, "false": criterion}, closed=True)


def _on_fail(place: Place, given: object) -> JSON:
    output = checked.mapping(place, given)
    if not output.get("response"):
        raise place.at("response").error("must be what the model is told instead")
    if not isinstance(output.get("action", []), list):
        raise place.at("action").wrong("a list of actions", output["action"])
    if len(_json.encode(checked.plain(place, output))) > MAX_ON_FAIL_BYTES:
        raise place.error(f"is longer than {MAX_ON_FAIL_BYTES} bytes")
    return output


def _threshold(place: Place, given: object) -> float:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 < given <= 1:  # type: ignore[operator]  # it is a number
        raise place.wrong("a number over 0 and at most 1", given)
    return given  # type: ignore[return-value]  # it is a number


def _identity(place: Place, given: object) -> str:
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise place.wrong("1 to 64 letters, digits or underscores", given)
    return given


def _frames(place: Place, given: object) -> bool | int:
    if isinstance(given, bool):
        return given
    if not isinstance(given, int) or not 0 <= given <= MAX_FRAMES:
        raise place.wrong(f"True, False or a whole number from 0 to {MAX_FRAMES}", given)
    return given


def _phrase(place: Place, given: object) -> str | list[str]:
    return checked.name(place, given) if isinstance(given, str) else checked.names(place, given)


def _short(place: Place, text: str, limit: int) -> str:
    if len(text.encode()) > limit:
        raise place.error(f"is longer than {limit} bytes")
    return text


_GATE: dict[str, Check] = {
    "id": _identity,
    "question": _question,
    "criteria": _criteria,
    "threshold": _threshold,
    "on_fail": _on_fail,
    "visual_input": _frames,
}
_PARAMETERS: dict[str, Check] = {
    "semantic_gates_enabled": checked.flag,
    "semantic_gate_timeout_ms": lambda place, given: checked.whole(place, given, *TIMEOUT_MS),
    "semantic_gate_history": lambda place, given: checked.whole(place, given, *HISTORY),
}
