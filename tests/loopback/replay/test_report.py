"""A comparison in words."""

from typing import Any

import pytest

from agentkit.loopback.replay.comparing import Area, Changed, Comparison
from agentkit.loopback.replay.report import as_text
from agentkit.loopback.replay.values import Difference

D = Difference
LONG = " ".join(f"w{number}" for number in range(40))

TOLD: dict[str, tuple[Area, Difference, list[str]]] = {
    "a new function": (
        "functions",
        D("sections.main.ai.SWAIG.functions.order", "added", None, {"a": 1}),
        ["  + functions: order", '      + {"a":1}'],
    ),
    "a verb that is gone": (
        "verbs",
        D("sections.main.answer", "removed", {}),
        ["  - verbs: answer", "      - {}"],
    ),
    "the response": (
        "response",
        D("response", "changed", "a", ""),
        ["  ~ response", "      - a", '      + ""'],
    ),
    "an action": (
        "actions",
        D("action.change_step", "changed", "a", "b"),
        ["  ~ actions: change_step", "      - a", "      + b"],
    ),
    "an order": (
        "functions",
        D("sections.main.ai.SWAIG.functions", "moved", ["a", "b"], ["b", "a"]),
        ["  ~ functions", '      - ["a","b"]', '      + ["b","a"]'],
    ),
    "a word in a long text": (
        "prompt",
        D("sections.main.ai.prompt.text", "changed", LONG, LONG.replace("w20", "new\x1b[2J")),
        [
            "  ~ prompt: text",
            "      - … w15 w16 w17 w18 w19 w20 w21 w22 w23 w24 w25 …",
            "      + … w15 w16 w17 w18 w19 new\ufffd[2J w21 w22 w23 w24 w25 …",
        ],
    ),
    "a long text that was put differently": (
        "prompt",
        D("sections.main.ai.prompt.text", "changed", LONG, LONG.replace(" ", "\n")),
        ["  ~ prompt: text", f"      - {LONG}", f"      + {LONG}"],
    ),
    "texts too long to be compared": (
        "prompt",
        D("sections.main.ai.prompt.text", "changed", "a " * 3_000, "b " * 3_000),
        ["  ~ prompt: text", f"      - {'a ' * 176}…", f"      + {'b ' * 176}…"],
    ),
    "something endless": (
        "response",
        D("response", "added", None, "x" * 1000),
        ["  + response", f"      + {'x' * 352}…"],
    ),
}


@pytest.mark.parametrize(("area", "what", "expected"), TOLD.values(), ids=TOLD)
def test_a_change_is_told_in_lines(area: Area, what: Difference, expected: list[str]) -> None:
    found = Comparison("c\n1", [Changed(1, "document", area, what)], 0, [], [])
    first, *lines, empty, last = as_text(found).split("\n")
    assert (first, empty) == ("1. document", "")
    assert lines == expected
    assert last == "call c 1: 0 answered as before, 1 otherwise"


def test_changes_of_one_webhook_stand_together() -> None:
    def changed(number: int, about: str, **what: Any) -> Changed:
        return Changed(number, about, "status", D("status", "changed", **what))

    found = Comparison(
        "c",
        [changed(1, "a", before=1), changed(1, "a", before=2), changed(0, "the call", before=3)],
        2,
        ["x"],
        ["y"],
    )
    lines = as_text(found).split("\n")
    assert [line for line in lines if not line.startswith(" ")] == [
        "1. a",
        "",
        "the call",
        "",
        "not compared: x",
        "missing: y",
        "call c: 2 answered as before, 1 otherwise, 1 not compared",
    ]
