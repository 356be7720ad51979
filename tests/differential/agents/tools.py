"""Agents of both SDKs: functions that the model may call."""

from typing import Any, Literal

from tests.differential.sdk import AgentBase, FunctionResult, SemanticGate


def _agent() -> AgentBase:
    agent = AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return agent


def _pong(args: Any, raw_data: Any) -> FunctionResult:
    return FunctionResult("pong")


def defined() -> AgentBase:
    agent = _agent()
    agent.define_tool(
        name="order", description="Order tea.",
        parameters={
            "tea": {"type": "string", "description": "Which tea"}, "packs": {"type": "integer"},
        },
        handler=_pong, required=["tea"],
    )  # fmt: skip
    return agent


def without_parameters() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    return agent


def whole_schema() -> AgentBase:
    agent = _agent()
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    agent.define_tool("ping", "Answer.", schema, _pong)
    return agent


def open_tool() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong, secure=False)
    agent.define_tool("pong", "Answer.", {}, _pong)
    return agent


def answered_elsewhere() -> AgentBase:
    agent = _agent()
    agent.define_tool("far", "Far away.", {}, _pong, webhook_url="https://e.com/hook")
    return agent


def with_fillers() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong, fillers={"en-US": ["hm", "wait"], "de": ["äh"]})
    return agent


def with_wait_file() -> AgentBase:
    agent = _agent()
    agent.define_tool("a", "A.", {}, _pong, wait_file="/hold.mp3", wait_file_loops=2)
    agent.define_tool("b", "B.", {}, _pong, wait_file="https://e.com/hold.mp3")
    return agent


def with_further_fields() -> AgentBase:
    agent = _agent()
    agent.define_tool(
        "ping", "Answer.", {}, _pong, meta_data={"a": 1}, meta_data_token="shop",
        skip_fillers=True, web_hook_auth_user="x",
    )  # fmt: skip
    return agent


def registered() -> AgentBase:
    agent = _agent()
    agent.register_swaig_function({
        "function": "far", "description": "Far away.",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
        "data_map": {"output": {"response": "Hello ${args.a}"}},
    })  # fmt: skip
    return agent


def decorated_on_the_agent() -> AgentBase:
    agent = _agent()

    @agent.tool(name="ping", description="Answer.", parameters={"a": {"type": "string"}})
    def _(args: Any, raw_data: Any) -> FunctionResult:
        return FunctionResult("pong")

    return agent


def decorated_methods() -> AgentBase:
    class Decorated(AgentBase):
        @AgentBase.tool(name="ping", description="Answer.", parameters={"a": {"type": "number"}})
        def ping(self, args: Any, raw_data: Any) -> FunctionResult:
            return FunctionResult("pong")

        @AgentBase.tool(name="pong", description="Answer.", parameters={}, secure=False)
        def pong(self, args: Any, raw_data: Any) -> FunctionResult:
            return FunctionResult("ping")

    agent = Decorated("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return agent


def read_from_signatures() -> AgentBase:
    class Typed(AgentBase):
        @AgentBase.tool(name="order")
        def order(
            self,
            tea: str,
            packs: int,
            strong: bool = False,
            size: Literal["small", "large"] = "small",
            notes: list[str] | None = None,
        ) -> FunctionResult:
            """Order tea.

            Args:
                tea: Which tea.
                packs: How many packs.
                strong: Whether it shall be strong.
                size: Size of a pack.
                notes: Anything else.
            """
            return FunctionResult("ordered")

    agent = Typed("Tea Shop", route="/tea", basic_auth=("u", "p"))
    agent.set_prompt_text("You sell tea.")
    return agent


def gated() -> AgentBase:
    agent = _agent()
    gate = SemanticGate(
        "Did the caller ask to cancel?", threshold=0.9, on_fail="Not cancelled.", id="g1",
        true_means="asked", false_means="did not ask",
    )  # fmt: skip
    agent.define_tool(
        "cancel", "Cancel.", {}, _pong, gates=[gate], gate_fillers={"en-US": ["checking"]}
    )
    return agent


def hooks_by_name() -> AgentBase:
    agent = _agent()
    agent.define_tool("startup_hook", "Begin.", {}, _pong)
    agent.define_tool("hangup_hook", "End.", {}, _pong)
    agent.define_tool("summarize_conversation", "Sum up.", {"text": {"type": "string"}}, _pong)
    return agent


def duplicate_names() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.define_tool("ping", "Answer again.", {}, _pong)
    return agent


def functions_and_natives() -> AgentBase:
    agent = _agent()
    agent.define_tool("ping", "Answer.", {}, _pong)
    agent.set_native_functions(["check_time"])
    agent.add_function_include("https://e.com/swaig", ["a"])
    agent.set_internal_fillers({"check_time": {"en-US": ["let me see"]}})
    return agent


def gated_by_a_dict() -> AgentBase:
    agent = _agent()
    gate = {"question": "Sure?", "threshold": 1, "on_fail": {"response": "No."}}
    agent.define_tool("cancel", "Cancel.", {}, _pong, gates=[gate, dict(gate)])
    return agent


def too_many_gates() -> AgentBase:
    agent = _agent()
    gate = {"question": "Sure?", "threshold": 1, "on_fail": {"response": "No."}}
    agent.define_tool("cancel", "Cancel.", {}, _pong, gates=[dict(gate) for _ in range(9)])
    return agent
