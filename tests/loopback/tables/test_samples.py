"""The tables against what was gathered of the schemas, where that lies beside the repository."""

from pathlib import Path

import pytest

from agentkit import _json
from agentkit.loopback.tables.ai_params import AI_PARAMS
from agentkit.loopback.tables.check import check_document
from agentkit.loopback.tables.kinds import Fields
from agentkit.loopback.tables.verbs import VERBS

TABLES = Path(__file__).parents[4] / "shared" / "protocol" / "tables"
SAMPLES = TABLES.with_name("samples")

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="needs ../shared/protocol")

# Cases of the schemas whose verdict is not ours: the platform is known to take what they refuse.
BEYOND_THE_SCHEMA = 38


def test_the_verdict_is_that_of_the_schema_but_for_what_the_platform_takes() -> None:
    file = TABLES / "schema_cases.json"
    cases = _json.decode(file.read_bytes())
    refused = [c["name"] for c in cases if c["valid_docs_schema"] and check_document(c["document"])]
    taken = [
        c["name"] for c in cases if not c["valid_docs_schema"] and not check_document(c["document"])
    ]
    assert refused == []
    assert len(taken) == BEYOND_THE_SCHEMA


def test_the_tables_have_every_documented_field() -> None:
    file = TABLES / "verbs.json"
    verbs = _json.decode(file.read_bytes())
    assert set(VERBS) - set(verbs) == {"execute_rpc"}
    for name, table in verbs.items():
        kind = VERBS[name]
        fields = {f["name"] for form in table["body_forms"] for f in form["fields"]}
        assert not isinstance(kind, Fields) or fields <= set(kind.known), name


def test_the_tables_have_every_documented_parameter() -> None:
    file = TABLES / "ai_params.json"
    names = {parameter["name"] for parameter in _json.decode(file.read_bytes())}
    assert len(names) == 99
    assert names <= set(AI_PARAMS.known)


@pytest.mark.parametrize("name", ["sdk_gather_info_voyager", "sdk_voyager_public"])
def test_nothing_is_said_against_real_documents(name: str) -> None:
    file = SAMPLES / f"swml_document.{name}.json"
    document = _json.decode(file.read_bytes())
    assert check_document(document.get("document", document)) == ()
