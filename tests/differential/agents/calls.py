"""Agents of both SDKs that are asked for more than a document: calls of functions, endpoints."""

from pathlib import Path
from typing import Any

from tests.differential.asking import Asked
from tests.differential.sdk import AgentBase, AgentServer, FunctionResult

HERE = Path(__file__).parents[1]


def _agent(name: str = "Tea Shop", route: str = "/tea", **options: Any) -> AgentBase:
    agent = AgentBase(name, route=route, basic_auth=("u", "p"), **options)
    agent.set_prompt_text("You sell tea.")
    return agent


def _call(function: str, **arguments: Any) -> dict[str, Any]:
    return {
        "function": function,
        "call_id": "c-1",
        "argument": {"parsed": [arguments], "raw": "", "substituted": ""},
        "global_data": {"k": 1},
    }


def _asked(agent: Any, function: str, **arguments: Any) -> Asked:
    return Asked(agent, path="/tea/swaig", body=_call(function, **arguments))


def _open(handler: Any, parameters: Any = None, **options: Any) -> AgentBase:
    agent = _agent()
    agent.define_tool("order", "Order.", parameters or {}, handler, secure=False, **options)
    return agent


_TEA = {"tea": {"type": "string", "description": "Which tea."}}


def answered_with_a_text() -> Asked:
    return _asked(_open(lambda args, raw_data: "Ordered."), "order")


def answered_with_a_result() -> Asked:
    def handler(args: Any, raw_data: Any) -> FunctionResult:
        result = FunctionResult(f"Ordered {args['tea']} in {raw_data['call_id']}.")
        result.update_global_data({"tea": args["tea"], "k": raw_data["global_data"]["k"]})
        return result

    return _asked(_open(handler, _TEA), "order", tea="Assam")


def answered_with_a_dict() -> Asked:
    return _asked(_open(lambda args, raw_data: {"response": "Ordered."}), "order")


def answered_later() -> Asked:
    async def handler(args: Any, raw_data: Any) -> str:
        return f"Ordered {args['tea']}."

    return _asked(_open(handler, _TEA), "order", tea="Assam")


def answered_by_a_typed_handler() -> Asked:
    def handler(tea: str, packs: int) -> str:
        return f"Ordered {packs} of {tea}."

    parameters = {**_TEA, "packs": {"type": "integer", "description": "How many."}}
    agent = _open(handler, parameters, required=["tea", "packs"], is_typed_handler=True)
    return _asked(agent, "order", tea="Assam", packs=2)


def answered_by_a_method() -> Asked:
    class Shop(AgentBase):
        @AgentBase.tool("order", description="Order.", parameters=_TEA, secure=False)
        def order(self, args: Any, raw_data: Any) -> FunctionResult:
            return FunctionResult(f"Ordered {args['tea']} at {self.name}.")

    agent = Shop("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return _asked(agent, "order", tea="Assam")


def answered_by_the_dispatcher() -> Asked:
    class Shop(AgentBase):
        def on_function_call(self, name: str, args: Any, raw_data: Any = None) -> Any:
            return FunctionResult(f"{name} with {args['tea']}.")

    agent = Shop("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.define_tool("order", "Order.", _TEA, lambda args, raw_data: "never", secure=False)
    return _asked(agent, "order", tea="Assam")


def argument_of_the_wrong_kind() -> Asked:
    def handler(args: Any, raw_data: Any) -> str:
        return f"Ordered {args['packs']!r}."

    packs = {"packs": {"type": "integer", "description": "How many."}}
    return _asked(_open(handler, packs, required=["packs"]), "order", packs="five")


def handler_that_raises() -> Asked:
    def handler(args: Any, raw_data: Any) -> str:
        raise RuntimeError("secret: db password")

    return _asked(_open(handler), "order")


def unknown_function() -> Asked:
    return _asked(_open(lambda args, raw_data: "Ordered."), "pay")


def without_a_token() -> Asked:
    agent = _agent()
    agent.define_tool("order", "Order.", {}, lambda args, raw_data: "Ordered.")
    return _asked(agent, "order")


def function_answered_elsewhere() -> Asked:
    agent = _agent()
    agent.define_tool("order", "Order.", {}, lambda args, raw_data: "never", secure=False,
                      webhook_url="https://e.com/order")  # fmt: skip
    return _asked(agent, "order")


def summary_without_a_token() -> Asked:
    agent = _agent()
    agent.set_post_prompt("Sum up.")
    body = {"action": "post_conversation", "call_id": "c-1", "post_prompt_data": {"raw": "x"}}
    return Asked(agent, path="/tea/post_prompt", body=body)


def unsigned() -> Asked:
    agent = _agent(signing_key="PSK" * 10)
    agent.manual_set_proxy_url("https://agents.example.com")
    return Asked(agent)


def debug_event_without_a_token() -> Asked:
    agent = _agent()
    agent.enable_debug_events()
    agent.on_debug_event(lambda event, data: None)
    return Asked(agent, path="/tea/debug_events", body={"call_id": "c-1", "action": "x"})


def tools_for_mcp_clients() -> Asked:
    agent = _open(lambda args, raw_data: "Ordered.", _TEA)
    agent.enable_mcp_server()
    return Asked(agent, path="/tea/mcp", body={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})


def called_by_an_mcp_client() -> Asked:
    agent = _open(lambda args, raw_data: f"Ordered {args['tea']}.", _TEA)
    agent.enable_mcp_server()
    asked = {"name": "order", "arguments": {"tea": "Assam"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    return Asked(agent, path="/tea/mcp", body=body)


def configuration_that_raises() -> Asked:
    agent = _agent()

    def configure(query: Any, body: Any, headers: Any, one: Any) -> None:
        one.set_param("ai_volume", 3)
        raise LookupError("no such caller")

    agent.set_dynamic_config_callback(configure)
    return Asked(agent)


def state_of_calls() -> AgentBase:
    return _agent(enable_state_tracking=True)


def settings_of_a_file() -> AgentBase:
    return _agent(config_file="no-such-file.json")


def named() -> AgentBase:
    agent = AgentBase(name="Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return agent


def no_other_schema() -> AgentBase:
    return _agent(schema_path=None)


def ready_to_end() -> AgentBase:
    agent = _agent()
    agent.setup_graceful_shutdown()
    return agent


def by_its_router() -> Asked:
    agent = _agent()
    agent.as_router()
    return Asked(agent)


async def _other_app(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"other": true}'})


def beside_another_application() -> Asked:
    agent = _agent()
    agent.mount(_other_app, prefix="/admin")
    return Asked(agent, path="/admin/", method="GET")


def _server() -> AgentServer:
    server = AgentServer(host="127.0.0.1", port=3000, log_level="warning")
    server.register(_agent("tea", "/tea"))
    server.register(_agent("coffee", "/coffee"))
    return server


def one_of_a_server() -> Asked:
    server = _server()
    assert server.get_agent("/coffee") is not None
    assert len(server.get_agents()) == 2
    return Asked(server, path="/coffee/")


def taken_from_a_server() -> Asked:
    server = _server()
    server.unregister("/coffee")
    return Asked(server, path="/coffee/")


def taken_twice_by_a_server() -> AgentServer:
    server = _server()
    server.register(_agent("other", "/tea"))
    return server


def sip_name_of_a_server() -> Asked:
    server = _server()
    server.setup_sip_routing("/sip", auto_map=False)
    server.register_sip_username("beans", "/coffee")
    return Asked(server, path="/tea/sip", body={"call": {"call_id": "c-1", "to": "sip:beans@e"}})


def routed_on_every_agent() -> Asked:
    server = _server()
    server.register_global_routing_callback(lambda *given: "https://e.com/other", "/customer")
    return Asked(server, path="/coffee/customer")


def files_of_a_server() -> Asked:
    server = _server()
    server.serve_static_files(str(HERE / "static"), "/files")
    return Asked(server, path="/files/menu.json", method="GET")


def health_of_a_server() -> Asked:
    return Asked(_server(), path="/health", method="GET")


def readiness_of_an_agent() -> Asked:
    return Asked(_agent(), path="/ready", method="GET")


def health_of_an_agent() -> Asked:
    return Asked(_agent(), path="/health", method="GET")
