"""The same agents of both SDKs: what they put on the wire, against each other and the schemas."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agentkit import SWML, DefinitionError
from tests.apart import apart
from tests.differential import child, differences, vendor
from tests.differential.masks import masked

OURS: dict[str, Any] = masked(apart(child.parts)["agents"])
THEIRS: dict[str, Any] = vendor.recorded()["agents"]
DOCUMENTS = {name: answer for name, answer in OURS.items() if "sections" in answer}
OWN_SCHEMA = Path(__file__).parents[1] / "document.schema.json"
SCHEMAS = Path(__file__).parents[2].parent / "shared" / "protocol" / "schemas"
PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text("utf-8")


def test_at_least_sixty_agents_are_written_for_both() -> None:
    assert OURS.keys() == THEIRS.keys()
    assert len(OURS) >= 60


@pytest.mark.parametrize("name", sorted(OURS.keys() - differences.AGENTS.keys()))
def test_the_document_is_the_vendors(name: str) -> None:
    assert OURS[name] == THEIRS[name]


@pytest.mark.parametrize("name", sorted(differences.AGENTS))
def test_a_listed_document_differs(name: str) -> None:
    assert OURS[name] != THEIRS[name]


@pytest.mark.parametrize("name", sorted(differences.AGENTS))
def test_the_page_tells_users_of_the_difference(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_tokens_and_the_place_of_a_functions_url_are_masked() -> None:
    url = "https://u:p@e.com/swaig/"
    theirs = {
        "defaults": {"web_hook_url": f"{url}?a=1"},
        "functions": [
            {"function": "f", "web_hook_url": f"{url}?a=1&__token=x"},
            {"function": "g", "web_hook_url": "https://e.com/other?token=x&b=2"},
            {"function": "startup_hook", "description": "Begin."},
        ],
    }
    assert masked(theirs)["functions"] == [
        {"function": "f"},
        {"function": "g", "web_hook_url": "https://e.com/other?b=2"},
        {"function": "startup_hook", "description": "<hook>"},
    ]
    assert masked(f"{url}?__token=x") == url
    assert masked({"hints": ["b", "a"]}) == {"hints": ["a", "b"]}
    assert masked({"functions": [{"function": "f"}]}) == {"functions": [{"function": "f"}]}


def faults(document: Any) -> str:
    try:
        SWML.parse(document, strict=True)
    except DefinitionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_is_what_the_schema_takes_or_the_facts_explain(name: str) -> None:
    assert bool(faults(DOCUMENTS[name])) == (name in differences.SCHEMA), faults(DOCUMENTS[name])


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_document_is_written_back_as_it_was(name: str) -> None:
    assert SWML.parse(DOCUMENTS[name]).to_dict() == DOCUMENTS[name]


def published(name: str, explained: dict[str, str]) -> Any:
    missing = pytest.mark.skipif(not SCHEMAS.exists(), reason="../shared/protocol is not here")
    return pytest.param(SCHEMAS / name, explained, id=name, marks=missing)


@pytest.mark.parametrize(
    ("schema", "explained"),
    [
        pytest.param(OWN_SCHEMA, differences.OWN_SCHEMA, id="own"),
        published("swml-calling.structure.schema.json", differences.SCHEMA),
        published("swml-sdk-3.7.5.schema.json", differences.SDK_SCHEMA),
    ],
)
def test_the_schemas_themselves_find_nothing_else(schema: Path, explained: dict[str, str]) -> None:
    validator = jsonschema_rs.validator_for(json.loads(schema.read_text("utf-8")))
    refused = {name for name, document in DOCUMENTS.items() if not validator.is_valid(document)}
    assert refused == explained.keys()
