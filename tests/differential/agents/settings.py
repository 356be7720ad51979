"""Agents of both SDKs: constructors, parameters, data, functions of others."""

from typing import Any

from tests.differential.sdk import AgentBase


def _agent(**options: Any) -> AgentBase:
    route = options.pop("route", "/tea")
    agent = AgentBase("Tea Shop", route=route, basic_auth=("u", "p"), **options)
    agent.set_prompt_text("You sell tea.")
    return agent


def _pong(args: Any, raw_data: Any) -> str:
    return "pong"


def at_the_root() -> AgentBase:
    agent = _agent(route="/")
    agent.define_tool("ping", "Answer.", {}, _pong)
    return agent


def deep_route() -> AgentBase:
    agent = _agent(route="/a/b/Tea-Shop_1/")
    agent.define_tool("ping", "Answer.", {}, _pong)
    return agent


def without_answer() -> AgentBase:
    return _agent(auto_answer=False)


def recorded() -> AgentBase:
    return _agent(record_call=True)


def recorded_otherwise() -> AgentBase:
    return _agent(record_call=True, record_format="wav", record_stereo=False, auto_answer=False)


def vendor_options() -> AgentBase:
    return _agent(
        agent_id="a-1", suppress_logs=True, schema_validation=False, swaig_secret="s" * 40,
        enable_post_prompt_override=True, check_for_input_override=True,
        trust_proxy_for_signature=False, host="127.0.0.1", port=3000, token_expiry_secs=600,
    )  # fmt: skip


def native_functions() -> AgentBase:
    return _agent(native_functions=["check_time", "wait_seconds"])


def native_functions_set() -> AgentBase:
    agent = _agent(native_functions=["check_time"])
    agent.set_native_functions(["wait_for_user"])
    return agent


def params() -> AgentBase:
    agent = _agent()
    agent.set_param("end_of_speech_timeout", 500)
    agent.set_params({"ai_volume": 3, "wait_for_user": True, "unknown": {"a": [1]}})
    agent.set_param("ai_volume", 4)
    return agent


def global_data() -> AgentBase:
    agent = _agent()
    agent.set_global_data({"a": 1, "b": {"c": 2}})
    agent.update_global_data({"b": {"d": 3}, "e": None})
    return agent


def internal_fillers() -> AgentBase:
    agent = _agent()
    agent.set_internal_fillers({"next_step": {"en-US": ["moving on"]}})
    agent.add_internal_filler("check_time", "en-US", ["let me see"])
    agent.add_internal_filler("check_time", "de", ["moment"])
    return agent


def includes() -> AgentBase:
    agent = _agent()
    agent.add_function_include("https://e.com/swaig", ["a", "b"], {"m": 1})
    agent.add_function_include("https://e.com/other", ["c"])
    return agent


def includes_set() -> AgentBase:
    agent = _agent()
    agent.add_function_include("https://e.com/swaig", ["a"])
    agent.set_function_includes([{"url": "https://e.com/x", "functions": ["d"]}])
    return agent


def mcp_servers() -> AgentBase:
    agent = _agent()
    agent.add_mcp_server("https://e.com/mcp")
    agent.add_mcp_server(
        "https://e.com/mcp2", headers={"Authorization": "Bearer k"}, resources=True,
        resource_vars={"c": "${caller_id_number}"},
    )  # fmt: skip
    return agent


def semantic_gates() -> AgentBase:
    agent = _agent()
    agent.set_semantic_gates(enabled=True, timeout_ms=3000, history=10)
    return agent


def debug_events() -> AgentBase:
    agent = _agent()
    agent.enable_debug_events(2)
    return agent


def webhook_elsewhere() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong, secure=False)
    agent.set_web_hook_url("https://e.com/hook")
    return agent


def webhook_elsewhere_from_the_start() -> AgentBase:
    agent = _agent(default_webhook_url="https://e.com/hook")
    agent.define_tool("ping", "Answer.", {}, _pong)
    return agent


def secure_webhook_elsewhere() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.set_web_hook_url("https://e.com/hook")
    return agent


def post_prompt_elsewhere() -> AgentBase:
    agent = _agent()
    agent.set_post_prompt("Sum up.")
    agent.set_post_prompt_url("https://e.com/summary")
    return agent


def query_params() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.set_post_prompt("Sum up.")
    agent.add_swaig_query_params({"tier": "gold", "shop": "7 & 8", "empty": ""})
    return agent


def query_params_cleared() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.add_swaig_query_params({"tier": "gold"})
    agent.clear_swaig_query_params()
    return agent


def public_url() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.set_post_prompt("Sum up.")
    agent.manual_set_proxy_url("https://pub.example.com/base")
    return agent


def hooks_without_the_talk() -> AgentBase:
    agent = _agent()
    agent.set_param("swaig_post_conversation", False)
    agent.on_call_end(lambda call_log, raw_data: None)
    return agent


def hooks_of_a_call() -> AgentBase:
    agent = _agent()
    agent.on_call_start(lambda raw_data: None)
    agent.on_call_end(lambda call_log, raw_data: None)
    return agent


def mcp_endpoint() -> AgentBase:
    agent = _agent()
    agent.enable_mcp_server()
    return agent
