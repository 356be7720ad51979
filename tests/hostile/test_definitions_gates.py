"""Gates that are wrong are refused with the agent, the path and the Python line."""

from typing import Any

from agentkit import AgentBase, DefinitionError
from agentkit.gates import SemanticGate
from tests.documents import AUTH, SECRET, pong
from tests.hostile.agents import table
from tests.hostile.misplaced import Misplaced, check

F = "ai.SWAIG.functions.f"
GATE = f"{F}.gates[0]"
GOOD: dict[str, Any] = {
    "id": "g",
    "question": "Sure?",
    "criteria": {"true": "Yes.", "false": "No."},
    "threshold": 0.5,
    "on_fail": {"response": "Not yet."},
}
LETTERS = "must be 1 to 64 letters, digits or underscores, not {}"
BLANK = "must be a text that is not empty, not ' '"
LIST = "must be a list, not {}"
SURE = "must be a number over 0 and at most 1, not {}"
FRAMES = "must be True, False or a whole number from 0 to 5, not {}"


FIELDS = {
    "no question": ({"question": "left out"}, "", "needs 'question'"),
    "no threshold": ({"threshold": "left out"}, "", "needs 'threshold'"),
    "no answer": ({"on_fail": "left out"}, "", "needs 'on_fail'"),
    "an unknown key": ({"questions": "?"}, ".questions", "there is no such key here"),
    "a blank question": ({"question": " "}, ".question", BLANK),
    "a long question": ({"question": "é" * 4_097}, ".question", "is longer than 8192 bytes"),
    "criteria as text": ({"criteria": "yes"}, ".criteria", "must be a dict, not 'yes'"),
    "a third criterion": (
        {"criteria": {"maybe": "?"}},
        ".criteria.maybe",
        "there is no such key here",
    ),
    "a long criterion": (
        {"criteria": {"true": "x" * 2_049}},
        ".criteria.true",
        "is longer than 2048 bytes",
    ),
    "a threshold of 0": ({"threshold": 0}, ".threshold", SURE.format(0)),
    "a threshold over 1": ({"threshold": 1.1}, ".threshold", SURE.format(1.1)),
    "a threshold that is text": ({"threshold": "0.5"}, ".threshold", SURE.format("'0.5'")),
    "a threshold that is True": ({"threshold": True}, ".threshold", SURE.format(True)),
    "an id with a space": ({"id": "a b"}, ".id", LETTERS.format("'a b'")),
    "a long id": ({"id": "x" * 65}, ".id", LETTERS.format(repr("x" * 65))),
    "an id that is a number": ({"id": 5}, ".id", LETTERS.format(5)),
    "an answer that is text": ({"on_fail": "no"}, ".on_fail", "must be a dict, not 'no'"),
    "an answer without a response": (
        {"on_fail": {"action": []}},
        ".on_fail.response",
        "must be what the model is told instead",
    ),
    "an action that is no list": (
        {"on_fail": {"response": "x", "action": {"hangup": True}}},
        ".on_fail.action",
        "must be a list of actions, not {'hangup': True}",
    ),
    "a long answer": (
        {"on_fail": {"response": "x" * 8_192}},
        ".on_fail",
        "is longer than 8192 bytes",
    ),
    "too many frames": ({"visual_input": 6}, ".visual_input", FRAMES.format(6)),
    "frames as text": ({"visual_input": "2"}, ".visual_input", FRAMES.format("'2'")),
}


@table(FIELDS)
def test_a_field_of_a_gate(case: tuple[dict[str, Any], str, str]) -> None:
    fields, path, reason = case
    gate = {key: value for key, value in {**GOOD, **fields}.items() if value != "left out"}

    def define(agent: AgentBase) -> object:
        return agent.define_tool("f", "F.", {}, pong, gates=[gate])

    check(Misplaced(define, f"{GATE}{path}", reason))


def numbered(count: int) -> list[dict[str, Any]]:
    return [{**GOOD, "id": f"g{number}"} for number in range(count)]


TOGETHER = {
    "none": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates=[]),
        f"{F}.gates",
        "there may be 1 to 8 gates, not 0",
    ),
    "nine": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates=numbered(9)),
        f"{F}.gates",
        "there may be 1 to 8 gates, not 9",
    ),
    "one id twice": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates=[GOOD, GOOD]),
        f"{F}.gates[1].id",
        "'g' is the id of an earlier gate",
    ),
    "one gate without a list": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates={"question": "Sure?"}),
        f"{F}.gates",
        LIST.format("{'question': 'Sure?'}"),
    ),
    "a text": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates=["Sure?"]),
        GATE,
        "must be a dict, not 'Sure?'",
    ),
    "before a function of the platform": Misplaced(
        lambda a: a.define_tool("startup_hook", "S.", {}, pong, gates=[GOOD]),
        "ai.SWAIG.functions.startup_hook.gates",
        "the platform puts no gates before this function",
    ),
    "fillers alone": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gate_fillers={"en": ["Hm."]}),
        f"{F}.gate_fillers",
        "fillers of gates need gates",
    ),
    "fillers as text": Misplaced(
        lambda a: a.define_tool("f", "F.", {}, pong, gates=[GOOD], gate_fillers={"en": "Hm."}),
        f"{F}.gate_fillers.en",
        "must be a list, not 'Hm.'",
    ),
    "an empty filler": Misplaced(
        lambda a: a.define_tool(
            "f", "F.", {}, pong, gates=[GOOD], gate_fillers={"en": ["a", [""]]}
        ),
        f"{F}.gate_fillers.en[1][0]",
        "must be a text that is not empty, not ''",
    ),
    "in a raw definition": Misplaced(
        lambda a: a.register_swaig_function({"function": "f", "gates": [{"question": "?"}]}),
        GATE,
        "needs 'threshold'",
    ),
    "a deadline that is too short": Misplaced(
        lambda a: a.set_semantic_gates(timeout_ms=499),
        "ai.params.semantic_gate_timeout_ms",
        "must be a whole number from 500 to 10000, not 499",
    ),
    "a deadline that is True": Misplaced(
        lambda a: a.set_semantic_gates(timeout_ms=True),
        "ai.params.semantic_gate_timeout_ms",
        "must be a whole number from 500 to 10000, not True",
    ),
    "a long history": Misplaced(
        lambda a: a.set_semantic_gates(history=101),
        "ai.params.semantic_gate_history",
        "must be a whole number from 0 to 100, not 101",
    ),
    "a switch that is text": Misplaced(
        lambda a: a.set_semantic_gates("yes"),  # type: ignore[arg-type]
        "ai.params.semantic_gates_enabled",
        "must be True or False, not 'yes'",
    ),
}


@table(TOGETHER)
def test_gates_and_what_goes_with_them(case: Misplaced) -> None:
    check(case)


class Wrong(AgentBase):
    @AgentBase.tool(gates=[SemanticGate("Sure?", 2, "Not yet.")])
    def cancel(self) -> str:
        """Cancel."""
        return "cancelled"  # pragma: no cover


def test_a_wrong_gate_of_a_class_names_the_line_of_its_method() -> None:
    agent = Wrong("Wrong", basic_auth=AUTH, secret=SECRET)
    line = Wrong.cancel.__code__.co_firstlineno
    assert refused(agent) == (
        "agent 'Wrong': ai.SWAIG.functions.cancel.gates[0].threshold: "
        f"{SURE.format(2)} ({__file__}:{line})"
    )


def refused(agent: AgentBase) -> str:
    try:
        agent.compiled()
    except DefinitionError as error:
        return str(error)
    return ""  # pragma: no cover
