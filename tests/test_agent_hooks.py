"""What an agent runs for one request alone: configuration, routing, hooks."""

from typing import Any

import pytest
from starlette.requests import Request

from agentkit import AgentBase
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import AUTH, JSON, document_of, make, pong

Query = dict[str, str]


async def fetched(agent: AgentBase, path: str = "/", **body: Any) -> JSON:
    answer = await AgentClient(agent, auth=AUTH).post(path, json=body)
    assert answer.status == 200
    main = answer.json()["sections"]["main"]
    ai: JSON = next(verb["ai"] for verb in main if "ai" in verb)
    return ai


async def test_configuration_gets_query_body_headers_and_a_copy_of_the_agent() -> None:
    agent, seen = make(), []

    async def configure(query: Query, body: JSON, headers: Query, copy: AgentBase) -> None:
        seen.append((query, body, headers["x-tenant"], "authorization" in headers))
        assert copy is not agent
        copy.set_params({"tenant": query["tenant"]}).add_post_ai_verb("hangup", {})

    assert agent.set_dynamic_config_callback(configure) is agent
    before = document_of(agent)
    client = AgentClient(agent, auth=AUTH, headers={"x-tenant": "blue"})
    posted = (await client.post("/?tenant=7", json={"vars": {"a": 1}})).json()
    queried = (await client.get("/?tenant=7")).json()
    assert seen == [({"tenant": "7"}, body, "blue", False) for body in ({"vars": {"a": 1}}, {})]
    for document in (posted, queried):
        assert document["sections"]["main"][1]["ai"]["params"] == {"tenant": "7"}
        assert document["sections"]["main"][2] == {"hangup": {}}
    assert document_of(agent) == before


async def test_a_dynamic_callback_replaces_and_a_per_call_one_is_added() -> None:
    def adding(word: str) -> Any:
        def configure(query: Query, body: JSON, headers: Query, copy: AgentBase) -> None:
            copy.add_hint(word)

        return configure

    agent = make().set_dynamic_config_callback(adding("lost"))
    agent.set_dynamic_config_callback(adding("first"))
    assert agent.add_per_call_config(adding("second")).add_per_call_config(adding("third")) is agent
    assert (await fetched(agent))["hints"] == ["first", "second", "third"]
    assert agent.spec.hints == ()


async def test_tools_of_the_configuration_work_in_the_call_and_are_gone_after() -> None:
    class Shop(AgentBase):
        @AgentBase.tool
        def greet(self) -> str:
            """Greet."""
            return str(self.spec.hints)

    def configure(query: Query, body: JSON, headers: Query, copy: AgentBase) -> None:
        copy.add_hint("per call").add_swaig_query_params({"tenant": query["tenant"]})

        @copy.tool
        def own() -> str:
            """Tell the tenant."""
            return f"tenant {query['tenant']}"

    agent = make(kind=Shop).set_dynamic_config_callback(configure)
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/?tenant=7")
    await call.start()
    assert call.functions == ["greet", "own"]
    assert (await call.tool("own")).response == "tenant 7"
    assert (await call.tool("greet")).response == "('per call',)"
    assert [*agent.spec.tools] == ["greet"]


async def test_a_function_of_an_agent_that_cannot_be_configured_says_its_own_sentence() -> None:
    broken = False

    def configure(query: Query, body: JSON, headers: Query, copy: AgentBase) -> None:
        if broken:
            raise RuntimeError

    agent = make(enable_state_tracking=True).set_dynamic_config_callback(configure)
    agent.define_tool("ping", "Ping.", {}, pong, on_error="No ping.")
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/")
    await call.start()
    broken = True
    assert (await call.tool("ping")).response.startswith("No ping. (E-")
    answer = await call.tool("hangup_hook")
    assert answer.response == ""


async def test_a_configuration_that_names_a_tool_twice_serves_the_error_document() -> None:
    def configure(query: Query, body: JSON, headers: Query, copy: AgentBase) -> None:
        copy.define_tool("ping", "Again.", {}, pong)

    agent = make().define_tool("ping", "Ping.", {}, pong).set_dynamic_config_callback(configure)
    answer = await AgentClient(agent, auth=AUTH).get("/")
    assert [next(iter(verb)) for verb in answer.json()["sections"]["main"]] == [
        "answer",
        "play",
        "hangup",
    ]


async def test_a_routing_callback_answers_below_the_agent_with_and_without_a_slash() -> None:
    agent = make(route="/r")
    seen: list[JSON] = []

    def note(request: Request, body: JSON) -> None:
        seen.append({**body, "method": request.method})

    assert agent.register_routing_callback(note, path="/customer/") is agent
    assert agent.register_routing_callback(note) is agent
    client = AgentClient(agent, auth=AUTH)
    for path in ("/r/customer", "/r/customer/", "/r/sip"):
        assert (await client.post(path, json={"id": 7})).status == 200
        assert (await client.get(f"{path}?id=7")).status == 200
    assert seen == [{"id": 7, "method": "POST"}, {"id": "7", "method": "GET"}] * 3


async def test_a_routing_callback_may_be_replaced() -> None:
    agent = make().register_routing_callback(lambda request, body: "https://a.example", "/x")
    agent.register_routing_callback(lambda request, body: "https://b.example", "/x")
    answer = await AgentClient(agent, auth=AUTH).post("/x", json={})
    assert (answer.status, answer.headers["location"]) == (307, "https://b.example")


class Checking(AgentBase):
    """Asks its own store first, agentkit's answer after."""

    async def _handle_check_for_input_request(self, request: Request) -> Any:
        assert self._check_basic_auth(request)
        assert not self._check_basic_auth(Request({"type": "http", "headers": []}))
        return {**await super()._handle_check_for_input_request(request), "extra": True}


async def test_an_override_of_the_input_check_may_ask_for_the_default() -> None:
    client = AgentClient(make(kind=Checking), auth=AUTH)
    nothing = {"status": "success", "conversation_id": "t", "new_input": False, "messages": []}
    posted = await client.post("/check_for_input", json={"conversation_id": "t"})
    queried = await client.get("/check_for_input?conversation_id=t")
    assert posted.json() == queried.json() == {**nothing, "extra": True}


class Summing(AgentBase):
    """Notes every summary."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.summaries: list[Any] = []

    async def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.summaries.append((summary, (raw_data or {})["call_id"]))


@pytest.mark.parametrize("summary", [{"teas": 2}, "They ordered tea."])
async def test_on_summary_gets_the_summary_and_what_was_posted(summary: Any) -> None:
    agent = make(kind=Summing).set_post_prompt("Sum up.")
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/", call_id="c-1")
    await call.start()
    posted = await call.hang_up(summary=summary)
    assert posted is not None
    assert posted.json() == {"success": True}
    assert agent.summaries == [(summary, "c-1")]  # type: ignore[attr-defined]
