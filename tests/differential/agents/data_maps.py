"""Agents of both SDKs: functions that the platform answers itself."""

from tests.differential.sdk import (
    AgentBase,
    DataMap,
    FunctionResult,
    SemanticGate,
    create_expression_tool,
    create_simple_api_tool,
)


def _agent_with(tool: DataMap) -> AgentBase:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    agent.register_swaig_function(tool.to_swaig_function())
    return agent


def _weather() -> DataMap:
    return DataMap("weather").purpose("Get the weather").parameter(
        "city", "string", "City", required=True, enum=["Berlin", "Paris"]
    )  # fmt: skip


def one_webhook() -> AgentBase:
    tool = _weather().webhook("GET", "https://api.example.com/w?q=${enc:args.city}")
    tool.output(FunctionResult("It is ${temp}.")).error_keys(["error"])
    return _agent_with(tool)


def described() -> AgentBase:
    tool = DataMap("weather").description("Get the weather").parameter("city", "string", "City")
    return _agent_with(tool.webhook("GET", "https://e.com").output(FunctionResult("x")))


def webhook_with_everything() -> AgentBase:
    tool = _weather().webhook(
        "POST", "https://api.example.com/w", headers={"X-Key": "1"}, form_param="p",
        input_args_as_params=True, require_args=["city"],
    )  # fmt: skip
    tool.params({"k": "v"}).foreach(
        {"input_key": "rows", "output_key": "text", "max": 2, "append": "${this.t}, "}
    )
    tool.output(FunctionResult("Rows: ${text}").update_global_data({"w": "${temp}"}))
    tool.error_keys(["error", "failed"])
    return _agent_with(tool)


def posted_body() -> AgentBase:
    tool = _weather().webhook("POST", "https://api.example.com/w").body({"city": "${args.city}"})
    return _agent_with(tool.output(FunctionResult("done")))


def several_webhooks() -> AgentBase:
    tool = _weather().webhook("GET", "https://one.example.com").output(FunctionResult("one"))
    tool.webhook("GET", "https://two.example.com").output(FunctionResult("two"))
    return _agent_with(tool.fallback_output(FunctionResult("Neither answered.")))


def webhook_with_expressions() -> AgentBase:
    tool = _weather().webhook("GET", "https://api.example.com/w")
    tool.webhook_expressions([
        {"string": "${temp}", "pattern": "^-", "output": {"response": "Cold."}},
        {"string": "${temp}", "pattern": ".*", "output": {"response": "Warm."}},
    ])  # fmt: skip
    return _agent_with(tool)


def expressions() -> AgentBase:
    tool = DataMap("control").purpose("Control playback").parameter("command", "string", "What")
    tool.expression("${args.command}", "start.*", FunctionResult().say("Starting."))
    tool.expression(
        "${args.command}", "stop.*", FunctionResult("Stopped."),
        nomatch_output=FunctionResult("What?"),
    )  # fmt: skip
    return _agent_with(tool)


def output_alone() -> AgentBase:
    tool = DataMap("greet").purpose("Greet").parameter("name", "string", "Name")
    return _agent_with(tool.output(FunctionResult("Hello ${args.name}.").stop()))


def errors_of_all_webhooks() -> AgentBase:
    tool = _weather().webhook("GET", "https://api.example.com/w").output(FunctionResult("x"))
    return _agent_with(tool.global_error_keys(["message"]))


def gated() -> AgentBase:
    tool = _weather().webhook("GET", "https://api.example.com/w").output(FunctionResult("x"))
    tool.gate(SemanticGate("Did the caller name a city?", threshold=0.8, on_fail="Ask.", id="g1"))
    tool.gate_fillers({"en-US": ["checking"]})
    return _agent_with(tool)


def simple_api_tool() -> AgentBase:
    return _agent_with(create_simple_api_tool(
        name="weather", url="https://api.example.com/w?q=${args.city}",
        response_template="It is ${temp}.", method="GET", headers={"X-Key": "1"},
        parameters={"city": {"type": "string", "description": "City", "required": True}},
        error_keys=["error"],
    ))  # fmt: skip


def posting_api_tool() -> AgentBase:
    return _agent_with(create_simple_api_tool(
        "order", "https://api.example.com/o", "Ordered ${id}.", method="POST",
        body={"tea": "${args.tea}"},
    ))  # fmt: skip


def expression_tool() -> AgentBase:
    return _agent_with(create_expression_tool(
        name="route", parameters={"to": {"type": "string", "description": "Where"}},
        patterns={
            "${args.to}": ("sales|buy", FunctionResult().swml_change_context("sales")),
        },
    ))  # fmt: skip


def without_anything() -> AgentBase:
    return _agent_with(DataMap("empty").purpose("Nothing"))


def api_tool_with_choices() -> AgentBase:
    choices = {"unit": {"type": "string", "description": "Unit.", "enum": ["C", "F"]}}
    return _agent_with(create_simple_api_tool("w", "https://e.com/w", "${t}", choices))


def patched() -> AgentBase:
    tool = _weather().webhook("PATCH", "https://e.com/w")
    return _agent_with(tool.output(FunctionResult("ok")))
