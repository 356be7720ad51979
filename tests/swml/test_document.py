"""An SWML document: a version and named sections of verbs."""

from typing import Any

import pytest

from agentkit.errors import DefinitionError
from agentkit.swml.document import apology, document, model_verb_of, verb
from agentkit.verbs import Hangup


def test_a_document_has_a_version_and_a_main_section() -> None:
    verbs: Any = iter([{"answer": {}}, {"hangup": {}}])
    assert document(verbs) == {
        "version": "1.0.0",
        "sections": {"main": [{"answer": {}}, {"hangup": {}}]},
    }


def test_the_first_verb_of_main_that_has_a_model_is_found() -> None:
    first: dict[str, Any] = {"prompt": {}}
    swml = document([{"answer": {}}, {"ai": first}, {"ai": {}}])
    assert model_verb_of(swml) == ("ai", first)
    assert model_verb_of(document([{"amazon_bedrock": first}])) == ("amazon_bedrock", first)


@pytest.mark.parametrize(
    "swml",
    [
        {},
        {"sections": {}},
        document([]),
        document([{"hangup": {}}]),
        {"sections": {"x": [{"ai": {}}]}},
    ],
)
def test_without_an_ai_verb_in_main_there_is_none(swml: dict[str, Any]) -> None:
    assert model_verb_of(swml) is None


@pytest.mark.parametrize("body", [{}, [], "x", 5])
def test_a_verb_is_a_name_and_a_body(body: object) -> None:
    assert verb("play", body) == {"play": body}


def test_a_verb_may_be_whole_and_without_a_body() -> None:
    assert verb(Hangup("busy"), None) == {"hangup": {"reason": "busy"}}
    assert verb("hangup", None) == {"hangup": {}}


@pytest.mark.parametrize("name", ["", None, 5, ["play"]])
def test_a_verb_without_a_name_is_refused(name: Any) -> None:
    with pytest.raises(DefinitionError, match="a verb needs a name, not "):
        verb(name, {})


def test_an_apology_is_said_and_the_call_is_ended() -> None:
    verbs = apology("Sorry.")["sections"]["main"]
    assert verbs == [{"answer": {}}, {"play": {"url": "say:Sorry."}}, {"hangup": {}}]
