"""The agent's own tools for MCP clients: messages, versions, hostile bodies, the same pipeline."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, Call, DefinitionError, FunctionResult, ToolError, _json
from agentkit.errors import RequestError
from agentkit.operations import mcp
from agentkit.reply import Reply
from agentkit.testing import AgentClient
from tests.documents import AUTH, make

JSON = dict[str, Any]
KEY = "PSK_a_signing_key"


class Shop(AgentBase):
    """Has a tool of every kind."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked: list[JSON] = []

    @AgentBase.tool
    async def add(self, a: int, b: int | None = None) -> str:
        """Add numbers."""
        return str(a + (b or 0))

    @AgentBase.tool(secure=False)
    def look(self, args: JSON, raw_data: JSON) -> FunctionResult:
        """Look at the request."""
        self.asked.append(raw_data)
        return FunctionResult("Seen.").update_global_data({"seen": True})

    @AgentBase.tool
    def told(self, call: Call) -> JSON:
        """Tell in two parts."""
        return {"response": {"tool_result": 3, "tool_prompt": f"Say it. {call.call_id}"}}

    @AgentBase.tool
    def deny(self) -> str:
        """Say no."""
        raise ToolError("Not today.")

    @AgentBase.tool
    def fail(self) -> str:
        """Break."""
        raise RuntimeError("secret")


def shop(**options: Any) -> Shop:
    made = make("Shop", Shop, **options)
    assert isinstance(made, Shop)
    made.define_tool("elsewhere", "E.", {}, webhook_url="https://ext.example/hook")
    made.register_swaig_function({"function": "map", "data_map": {"output": {"response": "x"}}})
    return made.enable_mcp_server()


def client(agent: AgentBase) -> AgentClient:
    return AgentClient(agent, auth=AUTH)


async def post(agent: AgentBase, body: Any, path: str = "/mcp", **headers: str) -> tuple[int, Any]:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    content = body if isinstance(body, bytes) else _json.encode(body)
    answer = await client(agent).post(
        path, content=content, headers={"content-type": "application/json", **named}
    )
    return answer.status, answer.json() if answer.text else None


async def ask(agent: AgentBase, method: str, params: Any = None, **headers: str) -> Any:
    message = {"jsonrpc": "2.0", "id": 7, "method": method}
    _, told = await post(agent, message | ({} if params is None else {"params": params}), **headers)
    assert (told["jsonrpc"], told["id"]) == ("2.0", 7)
    return told.get("result", told.get("error"))


async def use(agent: AgentBase, name: str, **arguments: Any) -> Any:
    return await ask(agent, "tools/call", {"name": name, "arguments": arguments})


MODERN = {"mcp_protocol_version": "2026-07-28"}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25"), (5, "2025-11-25")],
)
async def test_the_handshake_agrees_on_a_version(asked: Any, answered: str) -> None:
    assert await ask(shop(), "initialize", {"protocolVersion": asked}) == {
        "protocolVersion": answered,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "Shop", "version": "1.0.0"},
    }
    assert await ask(shop(), "ping") == {}


async def test_since_2026_a_client_discovers_the_server() -> None:
    found = await ask(shop(), "server/discover", **MODERN)
    assert found == {
        "supportedVersions": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
        "capabilities": {"tools": {}},
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "Shop", "version": "1.0.0"}},
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
    }
    assert (await ask(shop(), "initialize", {}, **MODERN))["code"] == -32601
    assert (await ask(shop(), "server/discover"))["code"] == -32601


async def test_tools_are_listed_that_the_agent_answers_itself() -> None:
    listed = (await ask(shop(enable_state_tracking=True), "tools/list"))["tools"]
    assert [tool["name"] for tool in listed] == ["add", "look", "told", "deny", "fail"]
    assert listed[0] == {
        "name": "add",
        "description": "Add numbers.",
        "inputSchema": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": ["integer", "null"]}},
            "required": ["a"],
        },
    }
    assert listed[3]["inputSchema"] == {"type": "object", "properties": {}}
    modern = await ask(shop(), "tools/list", {}, **MODERN)
    assert (modern["resultType"], modern["ttlMs"]) == ("complete", 0)
    assert (await ask(shop(), "tools/list", {"cursor": "2"}))["code"] == -32602


async def test_a_tool_answers_with_text() -> None:
    assert await use(shop(), "add", a="2", b=3) == {
        "content": [{"type": "text", "text": "5"}],
        "isError": False,
    }
    told = (await use(shop(), "told"))["content"]
    assert [each["text"] for each in told] == ["3", "Say it. None"]
    whole = await ask(shop(), "tools/call", {"name": "add", "arguments": {"a": 1}}, **MODERN)
    assert whole["resultType"] == "complete"


async def test_actions_are_told_beside_the_text() -> None:
    agent = shop()
    answer = await use(agent, "look", x=1)
    assert answer["_meta"] == {"swaig/action": [{"set_global_data": {"seen": True}}]}
    (posted,) = agent.asked
    assert posted["function"] == "look"
    assert posted["argument"] == {"parsed": [{"x": 1}], "raw": '{"x":1}'}
    assert "call_id" not in posted


async def test_the_same_question_is_answered_anew_each_time() -> None:
    agent = shop()
    await use(agent, "look", x=1)
    await use(agent, "look", x=1)
    assert len(agent.asked) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("add", 'The argument "a" is missing: it must be a whole number.'),
        ("deny", "Not today."),
        ("fail", "I am sorry, something went wrong and I could not do that. ("),
    ],
)
async def test_what_goes_wrong_in_a_tool_is_told_to_the_model(name: str, said: str) -> None:
    answer = await use(shop(), name)
    assert answer["isError"] is True
    assert answer["content"][0]["text"].startswith(said)
    assert "secret" not in str(answer)


NO_TOOL = {
    "unknown": "nowhere",
    "elsewhere": "elsewhere",
    "a data map": "map",
    "a hook": "startup_hook",
    "no text": 5,
    "null": None,
}


@pytest.mark.parametrize("name", NO_TOOL.values(), ids=NO_TOOL)
async def test_a_tool_that_is_not_offered_is_refused(name: Any) -> None:
    agent = shop(enable_state_tracking=True)
    assert (await ask(agent, "tools/call", {"name": name}))["code"] == -32602


@pytest.mark.parametrize("arguments", [[], "x", 5])
async def test_arguments_that_are_no_object_are_refused(arguments: Any) -> None:
    error = await ask(shop(), "tools/call", {"name": "add", "arguments": arguments})
    assert error == {"code": -32602, "message": "arguments must be an object"}


async def test_an_agent_that_has_too_much_to_do_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> Reply:
        raise RequestError(503, "there is too much to do")

    monkeypatch.setattr(mcp, "answer_call", busy)
    error = await ask(shop(), "tools/call", {"name": "add"})
    assert error == {"code": -32603, "message": "there is too much to do"}


BODIES: dict[str, tuple[Any, int, int | None]] = {
    "no json": (b"{", 400, -32700),
    "null": (b"null", 400, -32700),
    "a batch": ([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], 400, -32600),
    "another version": ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
    "no version": ({"id": 1, "method": "ping"}, 400, -32600),
    "an id that is null": ({"jsonrpc": "2.0", "id": None, "method": "ping"}, 400, -32600),
    "an id that is true": ({"jsonrpc": "2.0", "id": True, "method": "ping"}, 400, -32600),
    "a method that is no text": ({"jsonrpc": "2.0", "id": 1, "method": 5}, 400, -32600),
    "nothing": ({"jsonrpc": "2.0"}, 400, -32600),
    "params that are a list": (
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, 200, -32602,
    ),
    "params that are null": (
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None}, 200, -32602,
    ),
    "an unknown method": ({"jsonrpc": "2.0", "id": 1, "method": "x"}, 200, -32601),
    "deep": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 90 + b"]" * 90 + b"}",
             400, -32700),
    "deep and long": (b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"' + b"x" * 70_000
                      + b'","params":{"a":' + b"[" * 90 + b"]" * 90 + b"}}", 400, -32700),
    "a notification": ({"jsonrpc": "2.0", "method": "notifications/initialized"}, 202, None),
    "a call that wants no answer": ({"jsonrpc": "2.0", "method": "tools/call"}, 202, None),
    "a response": ({"jsonrpc": "2.0", "id": 1, "result": {}}, 202, None),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
async def test_a_body_is_answered(body: Any, status: int, code: int | None) -> None:
    answered, told = await post(shop(), body)
    assert answered == status
    assert (None if told is None else told["error"]["code"]) == code


REFUSED: dict[str, tuple[JSON, dict[str, str], int, int]] = {
    "a version": ({}, {"mcp_protocol_version": "2020-01-01"}, 400, -32022),
    "another method": ({}, {**MODERN, "mcp_method": "tools/list"}, 400, -32020),
    "another version in the message": (
        {"params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2025-11-25"}}},
        MODERN,
        400,
        -32020,
    ),
    "an unknown method": ({"params": {"_meta": 5}}, MODERN, 404, -32601),
}


@pytest.mark.parametrize(("more", "headers", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_versions_and_headers_must_fit(
    more: JSON, headers: dict[str, str], status: int, code: int
) -> None:
    message = {"jsonrpc": "2.0", "id": "x", "method": "frob", **more}
    answered, told = await post(shop(), message, **headers)
    assert (answered, told["error"]["code"], told["id"]) == (status, code, "x")


async def test_an_older_version_in_the_header_is_spoken() -> None:
    assert await ask(shop(), "ping", mcp_protocol_version="2025-06-18") == {}


PING: JSON = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


async def test_a_page_of_another_site_is_refused() -> None:
    here, there = {"origin": "http://localhost:3000"}, {"origin": "https://evil.example"}
    assert (await post(shop(), PING, host="localhost:3000", **here))[0] == 200
    status, told = await post(shop(), PING, **there)
    assert (status, told) == (403, {"error": "the Origin is another site"})


async def test_the_endpoint_takes_posts_with_credentials_and_is_there_when_asked_for() -> None:
    agent = shop()
    assert (await client(agent).with_auth(None).post("/mcp", json=PING)).status == 401
    for method in ("GET", "DELETE"):
        answer = await client(agent).request(method, "/mcp")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert (await client(agent).post("/mcp/", json=PING)).status == 200
    assert (await client(agent).post("/mcp", content=b"{}")).status == 415
    assert (await client(make()).post("/mcp", json=PING)).status == 404


async def test_where_documents_are_signed_a_token_is_demanded() -> None:
    agent = shop(signing_key=KEY, public_url="https://agents.example.com")
    assert (await post(agent, PING))[0] == 403
    url = agent.get_mcp_url(token_seconds=60)
    address, _, query = url.partition("?")
    assert address == "https://agents.example.com/mcp"
    assert (await post(agent, PING, f"/mcp?{query}"))[0] == 200
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    _, told = await post(
        agent, {**message, "params": {"name": "add", "arguments": {"a": 1}}}, f"/mcp?{query}"
    )
    assert told["result"]["content"][0]["text"] == "1"
    assert agent.get_mcp_url(include_auth=True).startswith("https://u:p@agents.example.com/mcp?")
    posted = {"function": "add", "argument": {"parsed": [{"a": 1}]}}
    assert (await post(agent, posted, f"/swaig?{query}"))[0] == 403


async def test_the_address_needs_no_token_otherwise() -> None:
    assert make(route="/a").get_mcp_url() == "http://localhost:3000/a/mcp"
    assert make().get_mcp_url() == "http://localhost:3000/mcp"


async def test_a_tool_with_a_url_of_its_own_is_called_as_well() -> None:
    agent = shop(token_scope="function")
    assert (await use(agent, "add", a=1))["content"][0]["text"] == "1"


async def test_tools_of_one_request_are_listed_and_called() -> None:
    agent = shop()

    def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        if query.get("who") == "bad":
            raise RuntimeError("secret")
        agent.define_tool("extra", "E.", {}, lambda args, raw: query["who"])

    agent.set_dynamic_config_callback(configure)
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    calling = {**listing, "method": "tools/call", "params": {"name": "extra"}}
    _, told = await post(agent, listing, "/mcp?who=ann")
    assert "extra" in [tool["name"] for tool in told["result"]["tools"]]
    _, told = await post(agent, calling, "/mcp?who=ann&token=x&__token=y")
    assert told["result"]["content"][0]["text"] == "ann"
    status, told = await post(agent, listing, "/mcp?who=bad")
    assert (status, told["error"]) == (
        200,
        {"code": -32603, "message": "the agent could not be configured"},
    )


@pytest.mark.parametrize(
    "enable",
    [
        lambda a: a.register_routing_callback(lambda r, b: None, "/mcp").enable_mcp_server(),
        lambda a: a.enable_mcp_server().register_routing_callback(lambda r, b: None, "/mcp"),
    ],
)
def test_a_callback_at_the_same_path_is_refused(enable: Callable[[AgentBase], AgentBase]) -> None:
    with pytest.raises(DefinitionError, match="has a callback path '/mcp' already"):
        enable(make()).compiled()
