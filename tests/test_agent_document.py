"""The whole document of an agent that uses every setter."""

import inspect
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agentkit import AgentBase, _json
from agentkit.testing import AgentClient, SimulatedCall
from tests import full_agent
from tests.documents import ADDRESS, AUTH, JSON, NOW, document_of, functions_of, make, pong
from tests.full_agent import full

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "shared" / "protocol" / "schemas"
OWN = HERE / "document.schema.json"


def without_tokens(value: object) -> Any:
    text = re.sub(rb"__token=[\w.]+", b"__token=TOKEN", _json.encode(value))
    return _json.decode(text)


def test_every_setter_together_makes_this_document() -> None:
    assert without_tokens(document_of(full())) == full_agent.DOCUMENT


def test_the_document_is_the_same_at_every_fetch_but_for_expiry_and_call() -> None:
    agent = full()
    first = agent.compiled().document(ADDRESS, "c-1", NOW)
    assert agent.compiled().document(ADDRESS, "c-1", NOW) == first
    assert agent.compiled().document(ADDRESS, "c-2", NOW) != first
    assert agent.compiled().document(ADDRESS, "c-1", NOW + 1) != first
    assert full().compiled().document(ADDRESS, "c-1", NOW) == first


async def test_a_tool_of_the_document_runs_with_what_the_model_writes() -> None:
    call = SimulatedCall(AgentClient(full(), auth=AUTH), url="/full", call_id="c-1")
    await call.start()
    answer = await call.tool("deliver", to='{"street": "Mill Lane"}', boxes="3", notes="ring")
    assert answer.response == "3 boxes for Mill Lane, today, ['ring']: c-1"


SETTERS = re.compile(r"(?:set|add|prompt_add|define|register|update|manual_set)_\w+")
NOT_IN_A_DOCUMENT = {
    "add_per_call_config",
    "add_skill",  # a skill uses setters itself, see tests/skills
    "add_tool",  # what define_tool and the decorators call
    "manual_set_proxy_url",
    "register_routing_callback",
    "register_sip_username",
    "set_contexts",  # what the builder calls
    "set_document",  # another document in the place of this one
    "set_dynamic_config_callback",
    "set_function_includes",  # these replace what the adding ones have added
    "set_languages",
    "set_native_functions",
    "set_post_prompt_url",
    "set_prompt_pom",
    "set_pronunciations",
    "set_state",
    "set_web_hook_url",
    "update_state",
}


def test_the_agent_uses_every_setter_that_the_class_has() -> None:
    names = {name for name in vars(AgentBase) if SETTERS.fullmatch(name)}
    used = set(re.findall(r"\.(\w+)\(", inspect.getsource(full_agent)))
    assert names - used == NOT_IN_A_DOCUMENT


def published(name: str) -> Any:
    missing = not (PUBLISHED / name).exists()
    reason = f"../shared/protocol/schemas/{name} is not here"
    return pytest.param(PUBLISHED / name, marks=pytest.mark.skipif(missing, reason=reason), id=name)


CALLING = published("swml-calling.structure.schema.json")
SDK = published("swml-sdk-3.7.5.schema.json")
DOCUMENTS = {
    "every setter": full(),
    "all but mcp servers": full(mcp=False),
    "a name": make(),
    "text": make(use_pom=False).set_prompt_text("Be kind."),
    "a title": make().prompt_add_section("Title"),
    "nothing but ai": make(auto_answer=False),
    "an url for each function": make(token_scope="function").define_tool("t", "T.", {}, pong),
}


def problems(schema: Path, document: JSON) -> list[str]:
    validator = jsonschema_rs.validator_for(_json.decode(schema.read_bytes()))
    return [str(error) for error in validator.iter_errors(document)]


@pytest.mark.parametrize("agent", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("schema", [pytest.param(OWN, id="own"), CALLING])
def test_documents_fit_the_schema(schema: Path, agent: AgentBase) -> None:
    assert problems(schema, document_of(agent)) == []


KNOWN_TO_SDK = {name: agent for name, agent in DOCUMENTS.items() if name != "every setter"}


@pytest.mark.parametrize("agent", KNOWN_TO_SDK.values(), ids=KNOWN_TO_SDK)
@pytest.mark.parametrize("schema", [pytest.param(OWN, id="own"), SDK])
def test_documents_without_mcp_servers_fit_the_vendors_schema_too(
    schema: Path, agent: AgentBase
) -> None:
    assert problems(schema, document_of(agent)) == []


def broken() -> list[tuple[str, JSON]]:
    """Documents that no schema takes."""
    ai: JSON = {"prompt": {"text": "x"}}
    function = {"function": "f", "description": "F."}
    wrong: dict[str, Any] = {
        "a verb of two keys": [{"answer": {}, "hangup": {}}],
        "an empty pom": [{"ai": {"prompt": {"pom": []}}}],
        "text and pom": [{"ai": {"prompt": {"text": "x", "pom": [{"body": "b"}]}}}],
        "a section with a title alone": [{"ai": {"prompt": {"pom": [{"title": "t"}]}}}],
        "no prompt": [{"ai": {}}],
        "an unknown key": [{"ai": {**ai, "colour": "red"}}],
        "a limit": [_with(ai, {**function, "parameters": _limited()})],
        "a function without description": [_with(ai, {"function": "f"})],
        "a hint without pattern": [{"ai": {**ai, "hints": [{"hint": "x"}]}}],
        "fillers as a list": [_with(ai, {**function, "fillers": ["x"]})],
    }
    return [
        (name, {"version": "1.0.0", "sections": {"main": main}}) for name, main in wrong.items()
    ]


def _with(ai: JSON, function: JSON) -> JSON:
    return {"ai": {**ai, "SWAIG": {"functions": [function]}}}


def _limited() -> JSON:
    return {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}


@pytest.mark.parametrize("schema", [pytest.param(OWN, id="own"), CALLING, SDK])
@pytest.mark.parametrize(("name", "document"), broken(), ids=[name for name, _ in broken()])
def test_the_schemas_refuse_what_is_no_document(schema: Path, name: str, document: JSON) -> None:
    assert problems(schema, document) != [], name


def test_each_function_has_its_own_url_and_all_one_token_when_the_scope_is_the_function() -> None:
    agent = make(token_scope="function", route="/a/b")
    agent.define_tool("one", "One.", {}, pong).define_tool("two", "Two.", {}, pong)
    agent.define_tool("ext", "Ext.", {}, webhook_url="https://ext.example/hook")
    agent.define_tool("own", "Own.", {}, pong, meta_data_token="mine")
    agent.register_swaig_function({"function": "map", "data_map": {"output": {"response": "x"}}})
    functions = functions_of(agent)
    assert functions["one"]["web_hook_url"] != functions["two"]["web_hook_url"]
    assert {name: entry.get("meta_data_token") for name, entry in functions.items()} == {
        "one": "agentkit.a.b",
        "two": "agentkit.a.b",
        "ext": None,
        "own": "mine",
        "map": None,
    }
    assert "web_hook_url" not in functions["map"]


@pytest.mark.parametrize(
    ("wait_file", "expected"),
    [
        ("hold.mp3", "http://localhost:3000/hold.mp3"),
        ("/a/hold.mp3", "http://localhost:3000/a/hold.mp3"),
        ("https://cdn.example/hold.mp3", "https://cdn.example/hold.mp3"),
    ],
)
def test_a_wait_file_is_found_beside_the_agent_unless_it_is_a_url(
    wait_file: str, expected: str
) -> None:
    agent = make(route="/r").define_tool("t", "T.", {}, pong, wait_file=wait_file)
    agent.register_swaig_function(
        {"function": "m", "data_map": {"output": {"response": "x"}}, "wait_file": wait_file}
    )
    assert {entry["wait_file"] for entry in functions_of(agent).values()} == {expected}


def test_documents_for_more_addresses_than_are_remembered_are_still_right() -> None:
    compiled = make().set_post_prompt("Sum up.").compiled()
    for number in range(80):
        served = compiled.document(("https", f"h{number}.example", "/p"), "c-1", NOW)
        assert f"https://u:p@h{number}.example/p/post_prompt/".encode() in served
