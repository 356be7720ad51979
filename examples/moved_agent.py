"""An agent that was written for the vendor's SDK: only its first lines were changed."""

from typing import Any

# from signalwire import AgentBase, FunctionResult
from agentkit import AgentBase, FunctionResult


class TeaShop(AgentBase):
    """Sells tea."""

    def __init__(self) -> None:
        super().__init__(name="tea-shop", route="/tea", record_call=True, schema_validation=False)
        self.prompt_add_section("Role", "You sell tea.", bullets=["Be kind.", "Be quick."])
        self.add_language("English", "en-US", "rime.spore", function_fillers=["One moment."])
        self.set_params({"end_of_speech_timeout": 500, "ai_volume": 3})
        self.set_post_prompt("Sum up what was ordered.")
        self.add_post_ai_verb("hangup", {})
        self.define_tool(
            name="order",
            description="Order tea.",
            parameters={"tea": {"type": "string", "description": "Which tea"}},
            handler=self.order,
            required=["tea"],
        )

    def order(self, args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
        return FunctionResult(f"Ordered {args['tea']}.").update_global_data({"tea": args["tea"]})

    def on_summary(self, summary: Any, raw_data: dict[str, Any] | None = None) -> None:
        self.log.info("call_summary", summary=summary)


agent = TeaShop()

if __name__ == "__main__":
    agent.run()
