"""Documents read: strictly as the platform's schema judges, and without loss."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import SMS, SWML, DefinitionError
from agentkit.swml.verb import Verb
from agentkit.verbs import Ai, AiParams, Body, Connect, Destination, Function, Goto, Kept, Play
from tests.swml.documents import KEPT, REFUSED, TAKEN, ai, document, function, step

PAYLOADS = Path(__file__).parents[1] / "payloads"


def same(one: Any, other: Any) -> bool:
    """Equal as JSON texts: 5 is not 5.0, and True is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("verb", TAKEN, ids=json.dumps)
def test_what_the_schema_takes_is_read_strictly_and_written_back(verb: Any) -> None:
    parsed = SWML.parse(document(verb), strict=True)
    assert same(parsed.to_dict(), document(verb))
    assert not [*left_over(parsed.sections)]


@pytest.mark.parametrize(("verb", "said"), REFUSED, ids=str)
def test_what_the_schema_refuses_is_refused_with_its_path(verb: Any, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        SWML.parse(document(verb), strict=True)
    assert said in str(caught.value)


@pytest.mark.parametrize("verb", [*TAKEN, *KEPT, *(verb for verb, _ in REFUSED)], ids=str)
def test_nothing_is_lost_of_a_document_from_outside(verb: Any) -> None:
    written = {**document(verb, verb), "more": [1]}
    assert same(SWML.parse(written).to_dict(), written)
    assert same(SWML.parse(json.dumps(written)).to_dict(), written)


@pytest.mark.parametrize("verb", [*TAKEN, *KEPT, *(verb for verb, _ in REFUSED)], ids=str)
def test_what_was_read_can_be_read_again(verb: Any) -> None:
    once = SWML.parse(document(verb)).sections
    again = SWML.parse(document(*(each.to_dict() for each in once["main"]))).sections
    assert once == again


def left_over(value: Any) -> Any:
    """Everything in a document that no Struct fits."""
    if isinstance(value, Kept) or (isinstance(value, Body) and value.extra and not value.open):
        yield value
    if isinstance(value, Body):
        for name in value.__struct_fields__:
            yield from left_over(getattr(value, name))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from left_over(item)


def test_what_no_struct_fits_is_found() -> None:
    parsed = SWML.parse(document({"frobnicate": 1}, {"goto": {"label": "a", "zz": 1}}))
    assert len([*left_over(parsed.sections)]) == 2


def test_the_projects_own_document_is_wholly_typed() -> None:
    written = json.loads((PAYLOADS / "swml_document.json").read_text("utf-8"))
    parsed = SWML.parse(written)
    assert same(parsed.to_dict(), written)
    assert not [*left_over(parsed.sections)]


def test_known_fields_are_typed_beside_unknown_ones() -> None:
    parsed = SWML.parse(document({"goto": {"label": "a", "max": "many", "colour": "red"}}))
    (goto,) = parsed
    assert isinstance(goto, Goto)
    assert (goto.label, goto.max) == ("a", None)
    assert goto.extra == {"max": "many", "colour": "red"}


def test_what_no_struct_fits_is_kept_as_it_is() -> None:
    (kept,) = SWML.parse(document({"frobnicate": {"a": 1}}))
    assert kept == Kept({"frobnicate": {"a": 1}})


def test_every_level_is_typed() -> None:
    written = document(
        {"connect": {"parallel": [{"to": "+1"}]}},
        function(data_map={"output": {"action": {"SWML": document({"play": {"url": "say:a"}})}}}),
        step(gather_info={"questions": [{"key": "a", "question": "q"}]}),
    )
    connect, ai_verb, stepped = SWML.parse(written)
    assert isinstance(connect, Connect)
    assert connect.parallel == [Destination("+1")]
    assert isinstance(ai_verb, Ai)
    entry = ai_verb.SWAIG.functions[0] if ai_verb.SWAIG and ai_verb.SWAIG.functions else None
    assert isinstance(entry, Function)
    output: Any = entry.data_map.output if entry.data_map else None
    assert output.action.SWML.sections["main"] == [Play("say:a")]
    contexts: Any = stepped.prompt.contexts if isinstance(stepped, Ai) else None
    assert contexts["default"].steps[0].gather_info.questions[0].key == "a"


def test_null_is_a_value_only_where_the_platform_has_one() -> None:
    parsed = SWML.parse(document(ai(params={"background_file_loops": None, "ai_name": None})))
    (verb,) = parsed
    params = verb.params if isinstance(verb, Ai) else None
    assert isinstance(params, AiParams)
    assert params.background_file_loops is None
    assert params.extra == {"ai_name": None}
    assert AiParams().background_file_loops is msgspec.UNSET


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        (b"\xff", "not JSON"),
        ("[]", "expected an object, got list"),
        ("null", "expected an object, got null"),
        ("{}", "sections: is missing"),
        ('{"sections": []}', "sections: is missing"),
        ('{"sections": {"main": {}}}', "sections: is missing"),
    ],
)
def test_what_is_no_document_is_refused(text: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        SWML.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"sections": {"other": []}}', "needs a section named main"),
        ('{"version": "1.0.1", "sections": {"main": []}}', "version: Invalid enum value"),
        ('{"sections": {"main": []}, "x": 1}', "x: there is no such key"),
    ],
)
def test_a_strict_document_begins_somewhere_and_has_no_other_keys(text: str, said: str) -> None:
    assert SWML.parse(text).to_dict() == json.loads(text)
    with pytest.raises(DefinitionError, match=said):
        SWML.parse(text, strict=True)


SMS_TAKEN = [
    {"reply": "Thanks"},
    {"reply": {"media": ["https://e.com/a.png"], "to": "+1"}},
    {"reply": {"switch": {"variable": "x", "case": {"a": "b", "c": {"body": "d"}}}}},
    {"receive": {}},
    {"request": {"url": "u", "method": "PATCH", "timeout": 5, "headers": {"a": "b"}}},
    {"execute": {"dest": "d"}},
    {"transfer": {"dest": "d", "method": "GET"}},
    {"switch": {"variable": "x", "transform": "trim", "case": {"a": [{"receive": {}}]}}},
    {"goto": {"label": "a", "max": 5}},
    {"return": 5},
    {"label": "a"},
]
SMS_REFUSED = [
    {"reply": {}},
    {"reply": {"body": ""}},
    {"receive": {"x": 1}},
    {"answer": {}},
    {"goto": {"label": "a", "when": "x"}},
    {"request": {"url": "u", "timeout": 6}},
    {"switch": {"variable": "x", "case": {"a": [{"answer": {}}]}}},
    {"reply": {"media": ["u"] * 9}},
]


@pytest.mark.parametrize("verb", SMS_TAKEN, ids=str)
def test_text_messages_are_read_strictly(verb: Any) -> None:
    assert same(SMS.parse(document(verb), strict=True).to_dict(), document(verb))


@pytest.mark.parametrize("verb", SMS_REFUSED, ids=str)
def test_text_messages_are_judged_by_their_own_schema(verb: Any) -> None:
    assert same(SMS.parse(document(verb)).to_dict(), document(verb))
    with pytest.raises(DefinitionError):
        SMS.parse(document(verb), strict=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
    | st.text(max_size=5) | st.sampled_from(["${x}", "say:a", "main", "+1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["url", "to", "label", "prompt", "text", "case", "main", "zz", "max"])
        | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
NAMES = [
    "answer", "play", "connect", "goto", "cond", "switch", "ai", "sleep", "return", "set", "label",
    "unset", "execute", "pay", "live_translate", "ai_sidecar", "amazon_bedrock", "nothing",
]  # fmt: skip


@given(st.sampled_from(NAMES), json_values)
def test_any_body_of_a_verb_is_kept(name: str, body: Any) -> None:
    assert same(SWML.parse(document({name: body})).to_dict(), document({name: body}))


def test_a_verb_that_is_read_is_one_of_the_documents_verbs() -> None:
    assert all(isinstance(verb, Verb) for verb in SWML.parse(document(*TAKEN)))
