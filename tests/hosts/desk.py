"""The agent that every host serves; what it was told can be asked for through its own tools."""

from typing import Any

from agentkit import AgentBase, Call
from tests.interaction.hosts import AUTH

JSON = dict[str, Any]


class Desk(AgentBase):
    """An agent with plain and async tools, state, a summary and a routing callback."""

    def __init__(self, route: str = "/desk", **options: Any) -> None:
        super().__init__("Desk", route=route, basic_auth=AUTH, **options)
        self.set_prompt_text("You answer at the desk.").set_post_prompt("Summarise.")
        self.register_routing_callback(self.look_for_guest, path="/guest")
        self.enable_sip_routing().register_sip_username("reception")

    @AgentBase.tool(parameters={"name": {"type": "string"}}, description="Greet.")
    def greet(self, args: JSON, raw_data: JSON) -> str:
        return f"Hello, {args['name']}."

    @AgentBase.tool
    async def knock(self, call: Call) -> str:
        """Count how often somebody has knocked."""
        state = await call.state.update(lambda state: state.update(n=state.get("n", 0) + 1))
        return f"{state['n']} times."

    @AgentBase.tool(secure=False)
    def heard(self) -> str:
        """Tell the last summary."""
        return str((self.get_state("heard") or {}).get("summary"))

    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.set_state("heard", {"summary": summary})

    async def look_for_guest(self, request: Any, body: JSON) -> str | None:
        found: dict[str, str] = body.get("vars") or {}
        return found.get("go_to")
