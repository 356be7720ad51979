"""What passes quickly is right, and what is right passes quickly."""

from typing import Any

import pytest

from agentkit.loopback.tables.check import check_document
from agentkit.loopback.tables.passing import passes
from tests.loopback.script.drawing import Drawing
from tests.loopback.tables.test_check import RIGHT, WRONG, ai, function, verb

VARIABLES = {"variables", "a variable for a word", "a variable flag", "a variable address"}
SLOW = {*VARIABLES, "unknown parameters"}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes_unless_it_has_variables_or_what_may_be_misspelt(name: str) -> None:
    assert passes(RIGHT[name]) is (name not in SLOW)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_does_not_pass(name: str) -> None:
    assert not passes(WRONG[name][0])


STRANGE: list[dict[str, Any]] = [
    {"sections": []},
    {"sections": {"main": 5}},
    {"sections": {"main": [5]}},
    verb("connect", {"to": "+1", "confirm": [{"hangup": 5}]}),
    verb("request", {"url": "a", "method": "GET", "body": 5}),
    ai(params={"convo": [{"role": "user"}]}),
    ai(params={"background_file_loops": False}),
    ai(SWAIG=[]),
    function(data_map={"output": {"action": [{"SWML": {"sections": {}}}]}}),
    function(data_map={"output": {"action": [{"say": "x", "stop": True, "hold": 1}]}}),
]


@pytest.mark.parametrize("document", STRANGE)
def test_what_is_strange_does_not_pass(document: dict[str, Any]) -> None:
    assert not passes(document)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_said_against_what_passes(seed: int) -> None:
    drawing = Drawing(seed)
    verbs = [verb for _ in range(30) for verb in drawing.verbs(2)]
    documents = [{"sections": {"main": [verb]}} for verb in verbs]
    assert [d for d in documents if passes(d) and check_document(d)] == []
    assert any(map(passes, documents))


def test_conditions_that_nest_deep_are_looked_at_once() -> None:
    inner: list[Any] = [{"dance": {}}]
    for _ in range(40):
        inner = [{"cond": [{"when": "1", "then": [], "else": inner}]}]
    assert not passes({"sections": {"main": inner}})
