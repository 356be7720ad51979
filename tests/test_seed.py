"""The promises of the document that agentkit began with, in the very shapes that it shows.

State in files is promised there, too; it is tested where it is built.
"""

import json
from typing import Any

import pytest
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from agentkit import AgentBase, AgentServer
from agentkit import FunctionResult as SwaigFunctionResult
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import AUTH, JSON, ai_of, make


class StatefulAgent(AgentBase):
    def __init__(self) -> None:
        super().__init__(name="stateful-agent", enable_state_tracking=True, basic_auth=AUTH)

    @AgentBase.tool(
        name="save_preference",
        description="Save a user preference",
        parameters={
            "key": {"type": "string", "description": "The preference key"},
            "value": {"type": "string", "description": "The preference value"},
        },
    )
    def save_preference(self, args: JSON, raw_data: JSON) -> SwaigFunctionResult:
        call_id = raw_data.get("call_id")

        if call_id:
            state = self.get_state(call_id) or {}

            preferences = state.get("preferences", {})
            preferences[args.get("key")] = args.get("value")
            state["preferences"] = preferences

            self.update_state(call_id, state)

            return SwaigFunctionResult("Preference saved")
        return SwaigFunctionResult("Could not save preference: No call ID")


async def test_a_tool_saves_what_it_is_told_in_the_state_of_its_call() -> None:
    agent = StatefulAgent()
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/", call_id="c-1")
    await call.start()
    assert await to_thread.run_sync(agent.get_state, "c-1") == {}
    for key, value in (("tea", "green"), ("milk", "none"), ("tea", "black")):
        answer = await call.tool("save_preference", key=key, value=value)
        assert answer.raw == {"response": "Preference saved"}
    assert await to_thread.run_sync(agent.get_state, "c-1") == {
        "preferences": {"tea": "black", "milk": "none"}
    }
    await call.hang_up()
    assert await to_thread.run_sync(agent.get_state, "c-1") == {
        "preferences": {"tea": "black", "milk": "none"}
    }


async def test_without_a_call_the_tool_says_that_it_could_not_save() -> None:
    client = AgentClient(StatefulAgent(), auth=AUTH)
    document = (await client.get("/")).json()
    url = document["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]["web_hook_url"]
    answer = await client.post(url, json={"function": "save_preference"})
    assert answer.json() == {"response": "Could not save preference: No call ID"}


def test_the_hooks_of_a_call_are_registered_by_themselves() -> None:
    assert [*StatefulAgent().spec.tools] == ["save_preference", "startup_hook", "hangup_hook"]


class SupportAgent(AgentBase):
    def __init__(self) -> None:
        super().__init__(name="support", route="/support", basic_auth=AUTH)
        self.set_prompt_text("Support.")


class RegistrationAgent(AgentBase):
    def __init__(self) -> None:
        super().__init__(name="registration", route="/register", basic_auth=AUTH)
        self.set_prompt_text("Registration.")


async def called(app: Any, path: str, username: str) -> str:
    """Who answers a SIP call, or the status when nobody does."""
    body = {"call": {"call_id": "c-1", "to": f"sip:{username}@yourdomain.example"}}
    answer = await AgentClient(app, auth=AUTH).post(path, json=body)
    if answer.status != 200:
        return str(answer.status)
    text: str = answer.json()["sections"]["main"][1]["ai"]["prompt"]["text"]
    return text


async def test_one_agent_routes_sip_calls_by_its_usernames() -> None:
    agent = SupportAgent()

    agent.enable_sip_routing(auto_map=True)

    agent.register_sip_username("support_agent")
    agent.register_sip_username("help_desk")

    for username in ("support", "spprt", "support_agent", "help_desk", "HELP_DESK"):
        assert await called(agent, "/support/sip", username) == "Support."
    assert await called(agent, "/support/sip", "registration") == "404"


async def test_a_server_routes_sip_calls_to_its_agents() -> None:
    registration_agent, support_agent = RegistrationAgent(), SupportAgent()

    server = AgentServer(host="0.0.0.0", port=3000)

    server.register(registration_agent)
    server.register(support_agent)

    server.setup_sip_routing(route="/sip", auto_map=True)

    server.register_sip_username("signup", "/register")
    server.register_sip_username("help", "/support")

    reached = {
        "signup": "Registration.",
        "registration": "Registration.",
        "register": "Registration.",
        "help": "Support.",
        "support": "Support.",
        "sales": "404",
    }
    assert {name: await called(server, "/sip", name) for name in reached} == reached


async def test_without_auto_map_only_registered_usernames_reach_an_agent() -> None:
    agent = SupportAgent()
    agent.enable_sip_routing(auto_map=False)
    agent.register_sip_username("help_desk")
    assert await called(agent, "/support/sip", "help_desk") == "Support."
    assert await called(agent, "/support/sip", "support") == "404"


class RoutingAgent(AgentBase):
    def __init__(self) -> None:
        super().__init__("routing-agent", basic_auth=AUTH)
        self.set_prompt_text("Help.")
        self.register_routing_callback(self.handle_customer_route, path="/customer")
        self.register_routing_callback(self.handle_product_route, path="/product")

    def handle_customer_route(self, request: Request, body: JSON) -> str | None:
        customer_id = body.get("customer_id")

        if customer_id and customer_id.startswith("vip-"):
            return f"/vip-handler/{customer_id}"

        return None

    def handle_product_route(self, request: Request, body: JSON) -> str | None:
        return None

    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> JSON | None:
        if request_data and "caller_type" in request_data:  # noqa: SIM102 - as it is shown there
            if request_data["caller_type"] == "vip":
                return {
                    "sections": {
                        "main": [
                            {
                                "ai": {
                                    "params": {
                                        "wait_for_user": False,
                                        "end_of_speech_timeout": 500,
                                    }
                                }
                            }
                        ]
                    }
                }

        if callback_path == "/customer":
            return {
                "sections": {
                    "main": [
                        {"answer": {}},
                        {"play": {"url": "say:Welcome to our customer service line."}},
                    ]
                }
            }

        return None


async def main_at(path: str, body: JSON) -> list[JSON]:
    answer = await AgentClient(RoutingAgent(), auth=AUTH).post(path, json=body)
    assert answer.status == 200
    main: list[JSON] = answer.json()["sections"]["main"]
    return main


async def test_a_routing_callback_redirects_a_customer() -> None:
    client = AgentClient(RoutingAgent(), auth=AUTH)
    answer = await client.post("/customer", json={"customer_id": "vip-7"})
    assert (answer.status, answer.headers["location"]) == (307, "/vip-handler/vip-7")


async def test_a_routing_callback_passes_a_customer_on_to_an_agent_of_its_server() -> None:
    vip = make("VIP", route="/vip-handler/vip-7").set_prompt_text("Welcome back.")
    server = AgentServer().register(RoutingAgent()).register(vip)
    answer = await AgentClient(server, auth=AUTH).post("/customer", json={"customer_id": "vip-7"})
    assert answer.status == 200
    assert answer.json()["sections"]["main"][1]["ai"]["prompt"] == {"text": "Welcome back."}


async def test_a_routing_callback_may_be_registered_at_any_time() -> None:
    agent = RoutingAgent()
    client = AgentClient(agent, auth=AUTH)
    assert (await client.post("/late", json={})).status == 404
    agent.register_routing_callback(agent.handle_product_route, path="/late")
    assert (await client.post("/late", json={})).status == 200


@pytest.mark.parametrize("body", [{"customer_id": "7"}, {}])
async def test_a_routing_callback_that_returns_none_leads_to_on_swml_request(body: JSON) -> None:
    assert await main_at("/customer", body) == [
        {"answer": {}},
        {"play": {"url": "say:Welcome to our customer service line."}},
    ]


@pytest.mark.parametrize(
    ("path", "body"), [("/", {}), ("/", {"caller_type": "new"}), ("/product", {"id": 1})]
)
async def test_none_from_on_swml_request_means_the_default_document(path: str, body: JSON) -> None:
    assert await main_at(path, body) == [
        {"answer": {}},
        {"ai": {"prompt": {"text": "Help."}, "params": {}}},
    ]


async def test_on_swml_request_changes_the_parameters_of_the_default_document() -> None:
    params = {"wait_for_user": False, "end_of_speech_timeout": 500}
    changed = [{"answer": {}}, {"ai": {"prompt": {"text": "Help."}, "params": params}}]
    assert await main_at("/", {"caller_type": "vip"}) == changed
    answer = await AgentClient(RoutingAgent(), auth=AUTH).get("/?caller_type=vip")
    assert answer.json()["sections"]["main"] == changed


class SummaryAgent(AgentBase):
    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        if summary:
            self.log.info("conversation_summary", summary=summary)


@pytest.mark.parametrize("summary", [{"teas": 2}, "They ordered tea.", None])
async def test_on_summary_handles_a_summary_or_none(
    summary: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agentkit")
    agent = make(kind=SummaryAgent).set_post_prompt("Sum up.")
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url="/")
    await call.start()
    posted = await call.hang_up(summary=summary)
    assert posted is not None
    assert posted.json() == {"success": True}
    lines = [line for line in caplog.messages if line.startswith("conversation_summary")]
    assert len(lines) == (0 if summary is None else 1)
    assert all("tea" in line for line in lines)


def test_web_hook_and_post_prompt_urls_may_lead_elsewhere() -> None:
    agent = make().set_post_prompt("Sum up.")
    agent.define_tool("ping", "Ping.", {}, lambda args, raw_data: "pong")
    agent.set_web_hook_url("https://external-service.example.com/handle-swaig")
    agent.set_post_prompt_url("https://analytics.example.com/conversation-summaries")
    ai = ai_of(agent)
    assert ai["SWAIG"]["defaults"] == {
        "web_hook_url": "https://external-service.example.com/handle-swaig"
    }
    assert "web_hook_url" not in ai["SWAIG"]["functions"][0]
    assert ai["post_prompt_url"] == "https://analytics.example.com/conversation-summaries"


async def check_for_new_input(
    client: AgentClient, agent_url: str, conversation_id: str
) -> list[Any] | None:
    """Ask as the document's example client does."""
    url = f"{agent_url}/check_for_input"
    response = await client.post(url, json={"conversation_id": conversation_id})

    if response.status == 200:
        data = response.json()
        if data.get("new_input", False):
            messages: list[Any] = data.get("messages", [])
            return messages

    return None


class CheckingAgent(AgentBase):
    async def _handle_check_for_input_request(self, request: Request) -> Any:
        if not self._check_basic_auth(request):
            return Response(
                content=json.dumps({"error": "Unauthorized"}),
                status_code=401,
                headers={"WWW-Authenticate": "Basic"},
                media_type="application/json",
            )

        conversation_id = None
        if request.method == "POST":
            body = await request.json()
            conversation_id = body.get("conversation_id")
        else:
            conversation_id = request.query_params.get("conversation_id")

        if not conversation_id:
            return Response(
                content=json.dumps({"error": "Missing conversation_id"}),
                status_code=400,
                media_type="application/json",
            )

        messages = self._get_new_messages(conversation_id)

        return {
            "status": "success",
            "conversation_id": conversation_id,
            "new_input": len(messages) > 0,
            "messages": messages,
        }

    def _get_new_messages(self, conversation_id: str) -> list[str]:
        return ["Hello from the web."] if conversation_id == "talk-1" else []


@pytest.mark.parametrize(
    ("kind", "conversation", "messages"),
    [
        (AgentBase, "talk-1", None),
        (CheckingAgent, "talk-1", ["Hello from the web."]),
        (CheckingAgent, "talk-2", None),
    ],
)
async def test_a_client_asks_for_new_input(
    kind: type[AgentBase], conversation: str, messages: list[str] | None
) -> None:
    client = AgentClient(make(kind=kind, route="/agent"), auth=AUTH)
    assert await check_for_new_input(client, "/agent", conversation) == messages
    queried = await client.get(f"/agent/check_for_input?conversation_id={conversation}")
    assert queried.json()["messages"] == (messages or [])
    assert await check_for_new_input(client.with_auth(None), "/agent", conversation) is None


async def test_an_override_answers_with_its_own_responses() -> None:
    agent = make(kind=CheckingAgent)
    for answer in (
        await AgentClient(agent, auth=AUTH).post("/check_for_input", json={}),
        await AgentClient(agent, auth=AUTH).get("/check_for_input"),
    ):
        assert (answer.status, answer.json()) == (400, {"error": "Missing conversation_id"})
    request = Request({"type": "http", "method": "GET", "headers": [], "query_string": b""})
    refused = await agent._handle_check_for_input_request(request)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Basic")


async def test_without_a_conversation_the_default_answer_is_400() -> None:
    answer = await AgentClient(make(), auth=AUTH).post("/check_for_input", json={})
    assert (answer.status, answer.json()) == (400, {"error": "conversation_id is missing"})
