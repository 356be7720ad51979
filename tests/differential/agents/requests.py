"""Agents of both SDKs: documents that depend on the request."""

from typing import Any

from tests.differential.asking import Asked
from tests.differential.sdk import (
    AgentBase,
    AgentServer,
    declared_capabilities,
    has_capability,
    user_variables,
)


def _agent(name: str = "Tea Shop", route: str = "/tea") -> AgentBase:
    agent = AgentBase(name, route=route, basic_auth=("u", "p"))
    agent.set_prompt_text(f"You sell {name}.")
    return agent


def _pong(args: Any, raw_data: Any) -> str:
    return "pong"


def configured_by_query() -> Asked:
    agent = _agent()

    def configure(query: Any, body: Any, headers: Any, one: Any) -> None:
        one.add_language("Spanish", "es", "v") if query.get("lang") == "es" else None
        one.set_global_data({"tier": query.get("tier")})
        one.set_param("ai_volume", 3)

    agent.set_dynamic_config_callback(configure)
    return Asked(agent, query={"lang": "es", "tier": "gold"})


def configured_by_body() -> Asked:
    agent = _agent()

    def configure(query: Any, body: Any, headers: Any, one: Any) -> None:
        one.prompt_add_section("Caller", f"From {body['call']['from']}.")
        one.define_tool("late", "Late.", {}, _pong)

    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_dynamic_config_callback(configure)
    return Asked(agent, body={"call": {"call_id": "c-1", "from": "+12025550123"}})


def configured_in_turns() -> Asked:
    agent = _agent()
    agent.add_per_call_config(lambda q, b, h, one: one.set_global_data({"a": 1, "b": 1}))
    agent.add_per_call_config(lambda q, b, h, one: one.set_global_data({"b": 2}))
    return Asked(agent)


def fetched_by_get() -> Asked:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    return Asked(agent, query={"call_id": "c-1"}, method="GET")


def global_data_from_the_hook() -> Asked:
    class Hooked(AgentBase):
        def on_swml_request(
            self, request_data: Any = None, callback_path: Any = None, request: Any = None
        ) -> Any:
            return {"global_data": {"from": request_data["call"]["from"]}}

    agent = Hooked("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    agent.set_global_data({"k": 1})
    return Asked(agent, body={"call": {"call_id": "c-1", "from": "+1"}})


def params_from_the_hook() -> Asked:
    class Hooked(AgentBase):
        def on_swml_request(
            self, request_data: Any = None, callback_path: Any = None, request: Any = None
        ) -> Any:
            return {"params": {"ai_volume": 5}}

    agent = Hooked("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    agent.set_param("wait_for_user", True)
    return Asked(agent)


def sections_from_the_hook() -> Asked:
    class Hooked(AgentBase):
        def on_swml_request(
            self, request_data: Any = None, callback_path: Any = None, request: Any = None
        ) -> Any:
            return {"sections": {"main": [{"hangup": {}}]}}

    agent = Hooked("Tea Shop", route="/tea", basic_auth=("u", "p"))
    return Asked(agent)


def configured_by_what_the_client_can() -> Asked:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.prompt_add_section("Role", "You sell tea.")

    def configure(query: Any, body: Any, headers: Any, one: Any) -> None:
        if has_capability(body, "video") and not has_capability(body, "chat"):
            told = [*sorted(declared_capabilities(body)), user_variables(body)["tea"]]
            one.prompt_add_section("Client", bullets=told)

    agent.set_dynamic_config_callback(configure)
    variables = {"tea": "Assam", "capabilities": {"video": True, "chat": False, "map": True}}
    body = {"call": {"call_id": "c-1"}, "vars": {"userVariables": variables}}
    return Asked(agent, body=body)


def hook_that_declines() -> Asked:
    class Hooked(AgentBase):
        def on_swml_request(
            self, request_data: Any = None, callback_path: Any = None, request: Any = None
        ) -> Any:
            return None

    agent = Hooked("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return Asked(agent)


def routed_to_nobody() -> Asked:
    agent = _agent()
    agent.register_routing_callback(lambda *given: None, "/customer")
    return Asked(agent, path="/tea/customer")


def routed_elsewhere() -> Asked:
    agent = _agent()
    agent.register_routing_callback(lambda *given: "https://e.com/other", "/customer")
    return Asked(agent, path="/tea/customer")


def on_a_server() -> Asked:
    server = AgentServer()
    first, second = _agent("tea", "/tea"), _agent("coffee", "/coffee")
    second.define_tool("ping", "Answer.", {}, _pong)
    server.register(first)
    server.register(second, "/beans")
    return Asked(server, path="/beans/")


def central_sip() -> Asked:
    server = AgentServer()
    server.register(_agent("tea", "/tea"))
    server.register(_agent("coffee", "/coffee"))
    server.setup_sip_routing("/sip")
    return Asked(server, path="/sip", body={"call": {"call_id": "c-1", "to": "sip:coffee@e.com"}})


def unknown_path() -> Asked:
    return Asked(_agent(), path="/tea/nothing")


def wrong_body() -> Asked:
    return Asked(_agent(), body=[1])
