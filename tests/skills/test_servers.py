"""Skills that belong to a server of the author's: `native_vector_search` and `mcp_gateway`."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.skills.fetching import Fetch, FetchError, Reply
from tests.skills.asking import said, started
from tests.skills.servers import Standing

JSON = dict[str, Any]


# A search server -----------------------------------------------------------------------------


@pytest.fixture
def search(service: Standing) -> AgentBase:
    service.answers["/health"] = {"status": "ok"}
    params = {"remote_url": f"{service.url}/", "tags": ["tea"], "response_prefix": "P"}
    return AgentBase("desk").add_skill("native_vector_search", params)


async def test_a_server_is_asked(search: AgentBase, service: Standing) -> None:
    service.answers["/search"] = {"results": [
        {"content": "Green. ${x}", "score": 1, "metadata": {"filename": "a.md", "section": "S"}},
        {"content": "Black."}, 5, {"content": {}},
    ]}  # fmt: skip
    told = await said(search, "search_knowledge", query="tea", count=99)
    assert (
        told
        == "P\n\n**Result 1** (a.md, S)\nGreen. $ {x}\n\n**Result 2**\nBlack.\n\n**Result 3**\n"
    )
    assert service.asked[-1].json() == {
        "query": "tea", "index_name": "default", "count": 20, "similarity_threshold": 0.0,
        "tags": ["tea"],
    }  # fmt: skip


async def test_a_server_that_finds_nothing_or_fails_is_told(
    search: AgentBase, service: Standing
) -> None:
    service.answers["/search"] = {"results": []}
    assert await said(search, "search_knowledge", query="${x}") == (
        "No information found for '$ {x}'"
    )
    service.answers["/search"] = 500
    told = await said(search, "search_knowledge", query="x", count=-3)
    assert told == "The service cannot be reached right now. Please try again later."
    assert service.asked[-1].json()["count"] == 1
    assert await said(search, "search_knowledge") == "Say what to search for."


@pytest.fixture
def shaped(service: Standing) -> AgentBase:
    def shape(response: str, agent: AgentBase, query: str, results: Any, args: JSON) -> str:
        return f"{agent.name}: {len(results)} of {query} {args['query']} ({response})"

    service.answers["/health"] = {}
    params = {"remote_url": service.url, "response_format_callback": shape}
    return AgentBase("desk").add_skill("native_vector_search", params)


async def test_the_author_may_make_the_answer(shaped: AgentBase, service: Standing) -> None:
    service.answers["/search"] = {"results": [{"content": "A"}]}
    told = await said(shaped, "search_knowledge", query="q")
    assert told == "desk: 1 of q q (**Result 1**\nA)"


def test_a_search_without_a_server_is_refused(service: Standing) -> None:
    agent = AgentBase("desk")
    with pytest.raises(DefinitionError, match="needs 'remote_url'"):
        agent.add_skill("native_vector_search", {"index_file": "a.swsearch"})
    with pytest.raises(DefinitionError, match="cannot use its server: status 404"):
        agent.add_skill("native_vector_search", {"remote_url": service.url})
    with pytest.raises(DefinitionError, match="cannot reach its server: no reply"):
        agent.add_skill("native_vector_search", {"remote_url": "http://127.0.0.1:1"})
    with pytest.raises(DefinitionError, match="cannot reach its server: no URL of the web"):
        agent.add_skill("native_vector_search", {"remote_url": "ftp://127.0.0.1"})


# A gateway -----------------------------------------------------------------------------------

ADD: JSON = {
    "name": "add/item",
    "description": "Add an item.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What.", "minLength": 1},
            "amount": {"type": ["null", "integer"], "default": 1},
            "odd": 5,
        },
        "required": ["text", "nowhere"],
    },
}


@pytest.fixture
def gateway(service: Standing) -> Standing:
    service.answers |= {
        "/health": {},
        "/services": {"todo": {}},
        "/services/todo/tools": {"tools": [ADD, {"name": "bare"}]},
    }
    return service


Make = Callable[..., AgentBase]


@pytest.fixture
def made(gateway: Standing) -> Make:
    def make(**params: Any) -> AgentBase:
        given = {"gateway_url": gateway.url, "auth_token": "t-1", **params}
        return AgentBase("desk").add_skill("mcp_gateway", given)

    return make


@pytest.fixture
def agent(made: Make) -> AgentBase:
    return made()


async def test_a_tool_of_the_gateway_is_called_in_the_session_of_the_call(
    agent: AgentBase, gateway: Standing
) -> None:
    gateway.answers["/services/todo/call"] = {"result": "Added. ${x}"}
    call = await started(agent)
    answer = await call.tool("mcp_todo_add_item", text="tea", amount="2")
    assert answer.response == "Added. $ {x}"
    asked = gateway.asked[-1]
    assert asked.headers["authorization"] == "Bearer t-1"
    assert asked.json() == {
        "tool": "add/item", "arguments": {"text": "tea", "amount": 2}, "session_id": call.call_id,
        "timeout": 300,
        "metadata": {"agent_id": "desk", "timestamp": None, "call_id": call.call_id},
    }  # fmt: skip
    gateway.answers[f"/sessions/{call.call_id}"] = {}
    assert (await call.tool("_mcp_gateway_hangup")).response == "The sessions are closed."
    assert (gateway.asked[-1].method, gateway.asked[-1].path) == (
        "DELETE", f"/sessions/{call.call_id}"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"result": {"a": 1}}, "{'a': 1}"),
        ({"result": None}, "Done."),
        ({}, "Done."),
        ([], "Done."),
        ({"error": "secret"}, "The tool could not do that."),
        ({"result": "x" * 50_000}, "x" * 15_999 + "…"),
        (500, "The service cannot be reached right now. Please try again later."),
        (b"<html>", "The service cannot be reached right now. Please try again later."),
    ],
)
async def test_whatever_the_gateway_answers_is_told_in_bounds(
    agent: AgentBase, gateway: Standing, answer: Any, told: str
) -> None:
    gateway.answers["/services/todo/call"] = answer
    assert await said(agent, "mcp_todo_bare") == told


def test_parameters_of_a_tool_are_read_as_far_as_a_function_has_them(agent: AgentBase) -> None:
    entry = agent.spec.tools["mcp_todo_add_item"].entry
    assert entry["description"] == "[todo] Add an item."
    assert entry["parameters"] == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What."},
            "amount": {"type": "integer", "default": 1},
            "odd": {"type": "string"},
        },
        "required": ["text"],
    }
    assert agent.spec.tools["mcp_todo_bare"].entry["description"] == "[todo] bare"


def test_only_chosen_tools_are_offered_with_a_user(made: Make, gateway: Standing) -> None:
    agent = made(
        auth_token=None,
        auth_user="u",
        auth_password="p",
        services=[{"name": "todo", "tools": ["bare"]}],
    )
    assert list(agent.spec.tools) == ["mcp_todo_bare", "_mcp_gateway_hangup"]
    assert gateway.asked[0].headers["authorization"] == "Basic dTpw"


def test_a_user_in_the_url_of_the_gateway_is_told_to_no_model(
    made: Make, gateway: Standing
) -> None:
    agent = made(gateway_url=gateway.url.replace("://", "://user:s3cret@"))
    assert "s3cret" not in str(agent.compiled().swml)
    assert agent.spec.global_data["mcp_gateway_url"] == gateway.url


def test_a_call_without_an_id_ends_no_session(agent: AgentBase, gateway: Standing) -> None:
    before = len(gateway.asked)
    skill = agent.spec.skills["mcp_gateway"].skill
    assert skill._hung_up({}, {}).response == "The sessions are closed."
    assert len(gateway.asked) == before


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"auth_token": None}, "needs 'auth_token', or 'auth_user' and 'auth_password'"),
        ({"auth_token": None, "auth_user": "u"}, "needs 'auth_token', or"),
        ({"services": ["todo"]}, "'services' needs dicts with a name, not 'todo'"),
        ({"services": [{"name": "other"}]}, "no answer of its gateway at /services/other/tools"),
        ({"services": [{"name": "../.."}]}, r"no answer of its gateway at /services/\.\.%2F\.\./t"),
        ({"gateway_url": "http://127.0.0.1:1"}, "no answer of its gateway at /health"),
    ],
)
def test_a_gateway_that_cannot_be_used_is_told(made: Make, params: JSON, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        made(**params)


def test_a_gateway_without_services_offers_nothing(made: Make, gateway: Standing) -> None:
    gateway.answers["/services"] = []
    assert list(made().spec.tools) == ["_mcp_gateway_hangup"]


def test_what_changes_nothing_is_asked_again(made: Make, gateway: Standing) -> None:
    failures = iter([True, True])

    def flaky(fetch: Fetch) -> Reply:
        if next(failures, False):
            raise FetchError("no reply")
        return gateway.client(fetch)

    skill = made(http_client=flaky).spec.skills["mcp_gateway"].skill
    failures = iter([True])
    with pytest.raises(FetchError):
        skill._client(Fetch(url=f"{gateway.url}/services/todo/call", method="POST"))
