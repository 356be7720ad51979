"""An agent that keeps what it hears for the length of the call, in plain and in typed tools."""

from typing import Annotated, Any

from msgspec import Meta

from agentkit import AgentBase, Call, FunctionResult


class TeaShop(AgentBase):
    """Takes an order for tea, item by item."""

    def __init__(self) -> None:
        super().__init__("tea-shop", route="/tea", enable_state_tracking=True)
        self.prompt_add_section("Role", "You take orders for a tea shop.")
        self.prompt_add_section("Rules", bullets=["Add one tea at a time.", "Read the order back."])
        self.add_language("English", "en-US", "rime.spore", speech_fillers=["Let me see."])
        self.set_post_prompt("Return a JSON object with the teas that were ordered.")

    @AgentBase.tool
    async def add_tea(
        self, tea: str, packs: Annotated[int, Meta(ge=1, le=20)], call: Call
    ) -> FunctionResult:
        """Add a tea to the order.

        Args:
            tea: The name of the tea.
            packs: How many packs of it.
        """
        order = await call.state.update({"order": {tea: packs}})
        count = len(order["order"])
        return FunctionResult(f"Added {packs} of {tea}.").update_global_data({"teas": count})

    @AgentBase.tool(name="read_order", description="Read the order back", parameters={})
    def read_order(self, args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
        """The classic style: arguments as a dict, then what the platform posted."""
        state = self.get_state(raw_data["call_id"]) or {}
        lines = [f"{packs} of {tea}" for tea, packs in state.get("order", {}).items()]
        return FunctionResult(f"Your order: {', '.join(lines) or 'nothing yet'}.")

    def on_summary(self, summary: Any, raw_data: dict[str, Any] | None = None) -> None:
        """Take the summary when the call is over."""
        self.log.info("conversation_summary", summary=summary)


agent = TeaShop()

if __name__ == "__main__":
    agent.run()
