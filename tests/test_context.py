"""What a call gives to user code."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount

from agentkit import AgentBase, Call
from agentkit.testing import AgentClient
from tests.documents import AUTH, JSON, make, pong

BODY: JSON = {
    "function": "look",
    "call_id": "c-1",
    "argument": {"parsed": [{"n": "5"}], "raw": '{"n":"5"}'},
    "caller_id_name": "Robin Vale",
    "caller_id_num": "+12025550171",
    "conversation_id": "talk-1",
    "global_data": {"tier": "gold"},
    "meta_data": {"store": 7},
}


def looking(read: Any) -> tuple[AgentBase, list[Any]]:
    """An agent with a tool that notes what `read` finds in its call."""
    agent, seen = make(), []

    @agent.tool(secure=False)
    async def look(call: Call, n: int = 0) -> str:
        """Look."""
        value = read(call)
        seen.append(await value if hasattr(value, "__await__") else value)
        return "Seen."

    return agent, seen


async def noted(read: Any, body: JSON, **options: Any) -> Any:
    agent, seen = looking(read)
    client = AgentClient(agent, auth=AUTH)
    answer = await client.post("/swaig?tier=gold&b=&tier=new", json=body, **options)
    assert answer.json() == {"response": "Seen."}
    return seen[0]


READ: dict[str, tuple[Any, Any, Any]] = {
    "call_id": (lambda call: call.call_id, "c-1", None),
    "function": (lambda call: call.function, "look", "look"),
    "arguments": (lambda call: call.arguments, {"n": 5}, {}),
    "raw_data": (lambda call: call.raw_data, BODY, {"function": "look"}),
    "global_data": (lambda call: call.global_data, {"tier": "gold"}, {}),
    "meta_data": (lambda call: call.meta_data, {"store": 7}, {}),
    "caller_id_name": (lambda call: call.caller_id_name, "Robin Vale", None),
    "caller_id_number": (lambda call: call.caller_id_number, "+12025550171", None),
    "conversation_id": (lambda call: call.conversation_id, "talk-1", None),
    "query": (lambda call: call.query, {"tier": "new", "b": ""}, {"tier": "new", "b": ""}),
    "app_state": (lambda call: call.app_state, None, None),
    "path": (lambda call: call.request.url.path, "/swaig", "/swaig"),
    "body": (lambda call: call.request.json(), BODY, {"function": "look"}),
}


@pytest.mark.parametrize(("read", "expected", "absent"), READ.values(), ids=READ)
async def test_a_call_gives_what_the_platform_sent(read: Any, expected: Any, absent: Any) -> None:
    assert await noted(read, BODY) == expected
    assert await noted(read, {"function": "look"}) == absent


@pytest.mark.parametrize("odd", [None, 5, "", [], "text"])
async def test_fields_of_another_kind_count_as_absent(odd: Any) -> None:
    body = {"function": "look", "global_data": odd, "meta_data": odd}
    assert await noted(lambda call: (call.global_data, call.meta_data), body) == ({}, {})


@pytest.mark.parametrize("odd", [None, 5, "", [], {}])
async def test_texts_of_another_kind_count_as_absent(odd: Any) -> None:
    names = ("caller_id_name", "caller_id_num", "caller_id_number", "conversation_id")
    body = {"function": "look", **dict.fromkeys(names, odd)}
    found = await noted(
        lambda call: (call.caller_id_name, call.caller_id_number, call.conversation_id), body
    )
    assert found == (None, None, None)


async def test_the_callers_number_may_have_its_other_name() -> None:
    body = {"function": "look", "caller_id_number": "+12025550172"}
    assert await noted(lambda call: call.caller_id_number, body) == "+12025550172"


async def test_headers_have_lower_case_names_and_no_credentials() -> None:
    headers = {"X-Tenant": "blue"}
    found = await noted(lambda call: call.headers, BODY, headers=headers)
    assert found["x-tenant"] == "blue"
    assert "authorization" not in found


async def test_a_call_in_a_log_names_itself_and_shows_nothing_that_came_with_it() -> None:
    shown = await noted(repr, BODY)
    assert shown == "Call(call_id='c-1', function='look')"


async def test_the_state_of_a_host_application_is_at_hand() -> None:
    agent, seen = looking(lambda call: call.app_state.shelf)
    app = Starlette(routes=[Mount("/voice", app=agent)])
    app.state.shelf = "books"
    await AgentClient(app, auth=AUTH).post("/voice/swaig", json=BODY)
    assert seen == ["books"]


async def test_a_line_in_the_log_names_call_agent_and_function(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "agentkit")
    await noted(lambda call: call.log.info("looked", shelf=3), BODY)
    line = next(record.getMessage() for record in caplog.records if "looked" in record.message)
    assert line == "looked call_id=c-1 agent=Mini function=look shelf=3"


async def test_a_body_with_a_number_that_cannot_be_read_is_refused() -> None:
    agent = make().define_tool("look", "Look.", {}, pong, secure=False)
    answer = await AgentClient(agent, auth=AUTH).post(
        "/swaig",
        content=b'{"function":"look","extra":1e999999}',
        headers={"content-type": "application/json"},
    )
    assert answer.status == 400
    assert answer.json()["error"].startswith("the body cannot be read: Number out of range")


async def posted(agent: AgentBase, change: Any) -> int:
    """The status of a tool call whose URL was changed on the way."""
    client = AgentClient(agent, auth=AUTH)
    document = (await client.post("/", json={"call_id": "c-1"})).json()
    url = document["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    body = {"function": "t", "call_id": "c-1"}
    return (await client.post(change(url), json=body)).status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda url: url, 200),
        (lambda url: url.replace("__token=", "token="), 200),
        (lambda url: url.replace("v1.", "v1%2E"), 200),
        (lambda url: f"{url}&more=1", 200),
        (lambda url: url.replace("__token=", "other="), 403),
        (lambda url: f"{url}&__token=", 403),
        (lambda url: f"{url}&{url.partition('?')[2]}", 403),
        (lambda url: f"{url}&token=x", 403),
    ],
)
async def test_the_token_is_found_in_the_query_once(change: Any, status: int) -> None:
    assert await posted(make().define_tool("t", "T.", {}, pong), change) == status


async def test_a_request_passed_on_in_process_has_the_query_of_its_new_path() -> None:
    agent = make().register_routing_callback(lambda request, body: "/?lang=es", "/spanish")
    agent.add_per_call_config(lambda query, body, headers, copy: copy.set_params(query))
    answer = await AgentClient(agent, auth=AUTH).post("/spanish?lang=en", json={"vars": {}})
    assert answer.json()["sections"]["main"][1]["ai"]["params"] == {"lang": "es"}


async def test_an_odd_body_is_refused_before_an_override_sees_it() -> None:
    class Checking(AgentBase):
        async def _handle_check_for_input_request(self, request: Request) -> Any:
            return JSONResponse(await request.json(), 202)

    client = AgentClient(make(kind=Checking), auth=AUTH)
    good = await client.post("/check_for_input", json={"conversation_id": "t"})
    assert (good.status, good.json()) == (202, {"conversation_id": "t"})
    bad = await client.post("/check_for_input", json=["t"])
    assert (bad.status, "must be a JSON object" in bad.text) == (400, True)
