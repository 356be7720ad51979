"""The typed reader against the platform's tables and schemas, where they are at hand."""

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agentkit import SMS, SWML, DefinitionError, FunctionResult
from agentkit.swml.body import slots_of
from agentkit.swml.verb import FAMILIES, SMS_FAMILIES, kinds
from agentkit.verbs import Action, AiParams
from tests.differential import result_cases
from tests.swml.documents import KEPT, REFUSED, TAKEN, document

PROTOCOL = Path(__file__).parents[2].parent / "shared" / "protocol"
SCHEMA = PROTOCOL / "schemas" / "swml-calling.structure.schema.json"
SMS_SCHEMA = PROTOCOL / "schemas" / "swml-messaging.structure.schema.json"

pytestmark = pytest.mark.skipif(not PROTOCOL.exists(), reason="../shared/protocol is not here")

DIFFERENCES: dict[str, str] = {}
"""Cases of `schema_cases.json` that the typed reader judges otherwise, and why."""

ROUNDS = 1000 if os.environ.get("AGENTKIT_LONG") else 25
"""Changes tried of each document."""


def table(name: str) -> Any:
    return json.loads((PROTOCOL / "tables" / name).read_text("utf-8"))


def accepted(kind: Any, written: Any) -> bool:
    try:
        kind.parse(written, strict=True)
    except DefinitionError:
        return False
    return True


def test_the_schemas_own_cases_are_judged_alike() -> None:
    cases = table("schema_cases.json")
    judged = {case["name"]: accepted(SWML, case["document"]) for case in cases}
    differing = {
        case["name"] for case in cases if judged[case["name"]] != case["valid_docs_schema"]
    }
    assert differing == DIFFERENCES.keys()
    assert len(cases) == 176


def test_every_case_that_is_a_document_is_written_back_as_it_was() -> None:
    for case in table("schema_cases.json"):
        written = case["document"]
        assert SWML.parse(written).to_dict() == written, case["name"]


@pytest.mark.parametrize("name", ["sdk_gather_info_voyager", "sdk_voyager_public"])
def test_real_documents_are_typed_throughout_and_written_back(name: str) -> None:
    text = (PROTOCOL / "samples" / f"swml_document.{name}.json").read_text("utf-8")
    back = SWML.parse(text).to_dict()
    assert json.dumps(back, sort_keys=True) == json.dumps(json.loads(text), sort_keys=True)


def test_every_verb_of_the_table_has_a_struct_with_its_fields() -> None:
    verbs = table("verbs.json")
    assert kinds(FAMILIES).keys() == {*verbs, "execute_rpc"}
    for name, told in verbs.items():
        forms = [form["fields"] for form in told["body_forms"]]
        fields = {field["name"] for form in forms for field in form if "." not in field["name"]}
        known = slots_of(kinds()[name]).keys()
        assert fields <= known or kinds()[name].bare, name


def test_every_parameter_of_the_table_is_known_and_told_about() -> None:
    known, told = slots_of(AiParams), AiParams.__doc__ or ""
    for row in table("ai_params.json"):
        assert row["name"] in known
        assert f"{row['name']}: " in told
    assert len(table("ai_params.json")) == 99


def test_every_action_of_the_table_is_known_and_can_be_said() -> None:
    names = {row["action"] for row in table("swaig_actions.json")}
    assert names == slots_of(Action).keys()
    said: set[str] = set()
    for answer in result_cases.answers(FunctionResult).values():
        said |= {key for action in answer.get("action", ()) for key in action}
    alone = FunctionResult().transfer("x").user_event({}).back_to_back_functions()
    assert names <= said | {key for action in alone.action for key in action}


def changes(written: Any, rng: random.Random) -> Iterator[Any]:
    """The document with one value replaced, removed, or an unknown key added."""
    places = [place for place in paths(written) if len(place) > 3]
    for place in rng.choices(places, k=ROUNDS if places else 0):
        changed = copy.deepcopy(written)
        holder = changed
        for key in place[:-1]:
            holder = holder[key]
        kind = rng.randrange(6)
        if kind == 0:
            del holder[place[-1]]
        elif kind == 1 and isinstance(holder[place[-1]], dict):
            holder[place[-1]]["unknown"] = 1
        else:
            holder[place[-1]] = copy.deepcopy(rng.choice(VALUES))
        yield changed


def paths(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    children: dict[Any, Any] = {}
    if isinstance(value, dict | list):
        children = dict(value if isinstance(value, dict) else enumerate(value))
    for key, item in children.items():
        yield from paths(item, (*place, key))


VALUES: list[Any] = [
    None, True, 0, -1, 1, 5, 42, 0.5, 5.0, 1e9, "", "x", "${x}", "%{x}", "say:hi", "https://x",
    "stop", "10s", "next", "GET", "both", [], ["x"], ["${x}"], [1], {}, {"a": 1}, [{}],
    [{"hangup": {}}], 700, 15_000, 100_001,
]  # fmt: skip


@pytest.mark.parametrize("verb", [*TAKEN, *KEPT, *(verb for verb, _ in REFUSED)], ids=str)
def test_changed_documents_are_judged_as_the_schema_judges(verb: Any) -> None:
    schema = VALIDATORS[SCHEMA]
    rng = random.Random(json.dumps(verb))
    for changed in [document(verb), *changes(document(verb), rng)]:
        assert accepted(SWML, changed) == schema.is_valid(changed), changed


SMS_VERBS = [
    {"reply": {"body": "b", "media": ["u"], "to": "+1"}},
    {"reply": {"switch": {"variable": "x", "case": {"a": "b", "c": {"body": "d"}}}}},
    {"request": {"url": "u", "method": "PATCH", "timeout": 5, "body": {"a": 1}}},
    {"switch": {"variable": "x", "transform": "trim", "case": {"a": [{"receive": {}}]}}},
    {"goto": {"label": "a", "max": 5}},
]


@pytest.mark.parametrize("verb", SMS_VERBS, ids=str)
def test_changed_text_messages_are_judged_as_their_schema_judges(verb: Any) -> None:
    schema = VALIDATORS[SMS_SCHEMA]
    rng = random.Random(json.dumps(verb))
    for changed in [document(verb), *changes(document(verb), rng)]:
        assert accepted(SMS, changed) == schema.is_valid(changed), changed


def test_text_messages_have_nine_verbs() -> None:
    assert len(kinds(SMS_FAMILIES)) == 9


VALIDATORS = (
    {path: jsonschema_rs.validator_for(json.loads(path.read_text("utf-8")))
     for path in (SCHEMA, SMS_SCHEMA)}
    if PROTOCOL.exists()
    else {}
)  # fmt: skip
