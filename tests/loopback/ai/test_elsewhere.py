"""Functions from elsewhere: data maps, includes and MCP servers."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.answers import FAILED
from agentkit.loopback.webhook import Answer
from tests.loopback.ai.wires import CALL, JSON, URL, Stage, function, started, verb

API = "https://weather.example.com/now"
MAP: JSON = {
    "expressions": [
        {"string": "${args.city}", "pattern": "^nowhere$", "output": {"response": "No such city."}}
    ],
    "webhooks": [
        {"url": f"{API}?q=${{enc:args.city}}", "headers": {"X-Key": "k"}, "error_keys": ["error"],
         "output": {"response": "It is ${temp} in ${input.args.city}.",
                    "action": [{"set_global_data": {"temp": "${temp}"}}]}}],
    "output": {"response": "The weather is unknown."},
}  # fmt: skip


async def mapped(
    data_map: Any, answers: JSON | None = None, **fields: Any
) -> tuple[AISession, Stage]:
    return await started(verb(function("weather", data_map=data_map), **fields), answers)


async def test_a_data_map_is_answered_here() -> None:
    session, stage = await mapped(MAP, {"datamap": {"temp": 21}})
    outcome = await session.call_tool("weather", {"city": "St Louis"})
    assert outcome.response == "It is 21 in St Louis."
    assert outcome.status == 0
    assert session.global_data["temp"] == "21"
    [sent] = stage.wire.sent
    assert (sent.kind, sent.method, sent.url) == ("datamap", "GET", f"{API}?q=St%20Louis")
    assert ("X-Key", "k") in sent.headers
    [logged] = session.room.logs.swaig
    assert "url" not in logged
    assert logged["post_response"]["response"] == "It is 21 in St Louis."


async def test_an_expression_needs_no_request() -> None:
    session, stage = await mapped(MAP)
    outcome = await session.call_tool("weather", {"city": "Nowhere"})
    assert outcome.response == "No such city."
    assert stage.wire.sent == []


@pytest.mark.parametrize(
    "answer",
    [{"error": "gone"}, Answer(0, error="timeout"), Answer(200, b"<html>"), Answer(500, b"")],
)
async def test_a_failed_request_falls_back_on_the_output(answer: Any) -> None:
    session, _ = await mapped(MAP, {"datamap": answer})
    outcome = await session.call_tool("weather", {"city": "Rome"})
    assert outcome.response == "The weather is unknown."
    assert outcome.error == ""


async def test_a_map_without_an_answer_gives_the_stock_sentence() -> None:
    data_map = {"webhooks": [{"url": API, "require_args": ["zip"], "output": {"response": "x"}}]}
    session, _ = await mapped(data_map)
    outcome = await session.call_tool("weather", {})
    assert (outcome.response, outcome.error) == (FAILED, "data_map")


async def test_a_map_reads_the_data_of_the_call() -> None:
    text = "${global_data.a} ${meta_data.a} ${caller_id_number} ${call_id} @{strftime_tz UTC %Y}"
    session, _ = await mapped({"output": {"response": text}}, global_data={"a": 1})
    outcome = await session.call_tool("weather", {})
    assert outcome.response == f"1 1 +12025550123 {CALL['call_id']} 2026"


async def test_data_in_an_answer_is_noted() -> None:
    session, stage = await mapped({"output": {"response": "${global_data}"}}, global_data={"a": 1})
    outcome = await session.call_tool("weather", {})
    assert outcome.response == ""
    assert stage.texts("warning") == [
        "weather: an object or a list in an output makes it invalid JSON, and nothing is answered",
    ]


@pytest.mark.parametrize(
    "data_map",
    [None, 7, "x", [], {}, {"webhooks": 7}, {"webhooks": [7]}, {"output": 7}, {"expressions": {}},
     {"expressions": [{"string": "a", "pattern": "(", "output": {"response": "x"}}]},
     {"webhooks": [{"url": 7, "output": {"response": "x"}}]}],
)  # fmt: skip
async def test_a_map_that_is_none_fails_as_a_function_does(data_map: Any) -> None:
    session, stage = await mapped(data_map)
    outcome = await session.call_tool("weather", {})
    assert (outcome.response, outcome.error) == (FAILED, "data_map")
    assert "the data map fails" in stage.texts("warning")[-1]


# Includes ----------------------------------------------------------------------------------

OTHER = "https://other.example.com/swaig"
SIGNED = function("forecast", web_hook_url=f"{OTHER}?token=t")


async def including(answer: Any, include: Any = None) -> tuple[AISession, Stage]:
    ai = verb(function("look"))
    ai["SWAIG"]["includes"] = [include or {"url": OTHER, "functions": ["forecast"]}]
    return await started(ai, {"signature": answer})


@pytest.mark.parametrize(
    "answer",
    [
        [SIGNED],
        SIGNED,
        {"functions": [SIGNED]},
        {"functions": [function("forecast")], "defaults": {"web_hook_url": f"{OTHER}?token=t"}},
    ],
)
async def test_functions_of_other_services_are_asked_for(answer: Any) -> None:
    session, stage = await including(answer)
    assert stage.names() == ["look", "forecast", "hangup"]
    await session.call_tool("forecast", {})
    assert stage.wire.sent[-1].url == f"{OTHER}?token=t"
    asked = stage.wire.bodies("signature")[0]
    assert list(asked) == ["action", "functions", "content_type", "content_disposition", "version",
                           "project_id", "space_id"]  # fmt: skip
    assert asked["action"] == "get_signature"
    assert asked["functions"] == ["forecast"]


async def test_an_include_has_meta_data_and_credentials() -> None:
    include = {"url": OTHER, "functions": [], "meta_data": {"store": 1}, "meta_data_token": "t",
               "auth_user": "u", "auth_password": "p"}  # fmt: skip
    _, stage = await including([SIGNED], include)
    asked = stage.wire.bodies("signature")[0]
    assert asked["meta_data"] == {"store": 1}
    assert asked["meta_data_token"] == "t"
    assert stage.wire.sent[0].auth == ("u", "p")


async def test_a_function_without_a_url_is_dropped_there_too() -> None:
    _, stage = await including([function("forecast")])
    assert stage.names() == ["look", "hangup"]
    assert "a URL or a data_map" in stage.texts("warning")[0]


@pytest.mark.parametrize(
    "answer",
    [Answer(0, error="connection"), Answer(500, b"[]"), Answer(200, b"no"), 7, "x", None,
     Answer(204, b"")],
)  # fmt: skip
async def test_a_service_that_gives_nothing_is_left_out(answer: Any) -> None:
    _, stage = await including(answer)
    assert stage.names() == ["look", "hangup"]
    assert stage.texts("warning") == [
        "ai.SWAIG.includes[0]: https://other.example.com/swaig gives no functions",
    ]


@pytest.mark.parametrize("include", [{"functions": ["x"]}, {"url": 7}, {"url": ""}])
async def test_an_include_needs_a_url(include: JSON) -> None:
    _, stage = await including([], include)
    assert stage.wire.sent == []
    assert stage.texts("warning")[-1] == "ai.SWAIG.includes[0].url: a URL belongs here"


# MCP ---------------------------------------------------------------------------------------

SERVER = "https://user:secret@mcp.example.com/mcp"
SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
TOOL: JSON = {"name": "search", "description": "Searches.", "inputSchema": SCHEMA}


class Mcp:
    """An MCP server whose answers can be replaced, by method."""

    def __init__(self, **results: Any) -> None:
        self.results: JSON = {
            "initialize": {"protocolVersion": "2025-06-18"},
            "tools/list": {"tools": [TOOL]},
            "tools/call": {"content": [{"type": "text", "text": "Found it."}]},
            **{key.replace("_", "/"): value for key, value in results.items()},
        }
        self.asked: list[JSON] = []

    def __call__(self, message: JSON) -> Any:
        self.asked.append(message)
        result = self.results.get(message["method"], {})
        if isinstance(result, Answer):
            return result
        if callable(result):
            result = result(message["params"])
        if isinstance(result, Exception):
            error = {"code": 1, "message": str(result)}
            return {"jsonrpc": "2.0", "id": message["id"], "error": error}
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": message.get("id"), "result": result})
        return Answer(200, body, (("mcp-session-id", "s1"),))


async def serving(server: Callable[[JSON], Any], **fields: Any) -> tuple[AISession, Stage]:
    ai = verb(function("look"))
    ai["SWAIG"]["mcp_servers"] = [{"url": SERVER, "headers": {"Authorization": "Bearer b"},
                                   **fields}]  # fmt: skip
    return await started(ai, {"mcp": server})


async def test_tools_of_a_server_become_functions() -> None:
    server = Mcp()
    session, stage = await serving(server)
    assert stage.names() == ["look", "search", "hangup"]
    assert session.tools()[1].kind == "mcp"
    outcome = await session.call_tool("search", {"q": "tea"})
    assert (outcome.response, outcome.error) == ("Found it.", "")
    assert [each["method"] for each in server.asked] == [
        "initialize", "notifications/initialized", "tools/list", "tools/call"]  # fmt: skip
    assert server.asked[-1]["params"] == {"name": "search", "arguments": {"q": "tea"}}
    assert ("Authorization", "Bearer b") in stage.wire.sent[0].headers
    assert ("mcp-session-id", "s1") in stage.wire.sent[-1].headers
    [logged] = session.room.logs.swaig
    assert logged["mcp_url"] == "https://mcp.example.com/mcp"
    assert logged["mcp_tool"] == "search"
    assert logged["mcp_response"] == "Found it."


async def test_an_answer_may_be_an_event_stream() -> None:
    def streaming(message: JSON) -> Answer:
        answer: Answer = Mcp()(message)
        noise = b": hello\nevent: message\ndata: nonsense\n"
        return Answer(200, noise + b"data: " + answer.body + b"\n\n")

    session, _ = await serving(streaming)
    outcome = await session.call_tool("search", {})
    assert outcome.response == "Found it."


async def test_lists_come_in_pages() -> None:
    def page(params: JSON) -> JSON:
        last = "cursor" in params
        tool = {**TOOL, "name": "second" if last else "first"}
        return {"tools": [tool], **({} if last else {"nextCursor": "2"})}

    _, stage = await serving(Mcp(tools_list=page))
    assert stage.names() == ["look", "first", "second", "hangup"]


async def test_a_list_that_has_no_end_is_left() -> None:
    server = Mcp(tools_list={"tools": [], "nextCursor": "again"})
    await serving(server)
    assert len(server.asked) == 22


async def test_resources_are_told_to_the_model() -> None:
    def read(params: JSON) -> JSON:
        return {"contents": [{"text": f"Read {params['uri']}"}, {"blob": "x"}, 7]}

    listed = {"resources": [{"uri": "shop://{caller}", "name": "Shop"}, {"uri": "shop://b"}]}
    session, _ = await serving(
        Mcp(resources_list=listed, resources_read=read),
        resources=True, resource_vars={"caller": "${caller_id_number}", "x": 7})  # fmt: skip
    assert [each.content for each in session.messages()][1:] == [
        "Shop:\nRead shop://+12025550123", "shop://b:\nRead shop://b"]  # fmt: skip


async def test_an_empty_resource_is_not_told() -> None:
    server = Mcp(resources_list={"resources": [{"uri": "a"}]}, resources_read={"contents": 7})
    session, _ = await serving(server, resources=True)
    assert len(session.messages()) == 1


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ({"initialize": Answer(0, error="timeout")}, "initialize: no answer: timeout"),
        ({"initialize": Answer(401, b"")}, "initialize: HTTP 401"),
        ({"initialize": Answer(200, b"<html>")}, "the answer is no JSON-RPC response"),
        (
            {"initialize": Answer(200, b'{"id":99,"result":{}}')},
            "the answer is no JSON-RPC response",
        ),
        (
            {"initialize": Answer(200, b'{"id":1,"error":"no"}')},
            "initialize: the server refuses: no",
        ),
        ({"tools_list": ValueError("not now")}, "tools/list: the server refuses: not now"),
        ({"tools_list": 7}, "tools/list: the answer has no result"),
    ],
)
async def test_a_server_that_fails_is_left_out(results: JSON, why: str) -> None:
    _, stage = await serving(Mcp(**results))
    assert stage.names() == ["look", "hangup"]
    assert stage.texts("warning") == [f"ai.SWAIG.mcp_servers[0]: {why}"]


@pytest.mark.parametrize(
    ("result", "response", "logged"),
    [
        ({"isError": True, "content": [{"text": "Broken."}]}, "Broken.", "Broken."),
        ({"isError": True}, FAILED, ""),
        (ValueError("no"), FAILED, "tools/call: the server refuses: no"),
        (Answer(500, b""), FAILED, "tools/call: HTTP 500"),
    ],
)
async def test_a_tool_that_fails_is_told_to_the_model(
    result: Any, response: str, logged: str
) -> None:
    session, _ = await serving(Mcp(tools_call=result))
    outcome = await session.call_tool("search", {})
    assert (outcome.response, outcome.error) == (response, "mcp")
    assert session.room.logs.swaig[0]["mcp_error"] == logged


@pytest.mark.parametrize("server", [{}, {"url": 7}, {"url": ""}])
async def test_a_server_needs_a_url(server: JSON) -> None:
    ai = verb()
    ai["SWAIG"]["mcp_servers"] = [server]
    _, stage = await started(ai)
    assert stage.wire.sent == []
    assert stage.texts("warning")[-1] == "ai.SWAIG.mcp_servers[0].url: a URL belongs here"


async def test_a_tool_needs_a_name() -> None:
    _, stage = await serving(Mcp(tools_list={"tools": [{"description": "x"}, {"name": "bare"}]}))
    assert stage.names() == ["look", "bare", "hangup"]
    assert stage.texts("warning") == ["ai.SWAIG.mcp_servers[0]: tool.name: a name belongs here"]


def test_the_urls_here_are_those_of_the_tests() -> None:
    assert URL != OTHER
