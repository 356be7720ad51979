"""An agent that uses the tools of an MCP server, and offers its own to MCP clients."""

from agentkit import AgentBase

agent = AgentBase("desk", route="/desk")
agent.prompt_add_section("Role", "You look after orders of a tea shop.")

agent.add_mcp_server(
    "https://mcp.example.com/stock",
    headers={"Authorization": "Bearer a-key"},
    resources=True,
    resource_vars={"caller": "${caller_id_number}"},
)
agent.enable_mcp_server()


@agent.tool
async def order_status(order: str) -> str:
    """Tell where an order is.

    Args:
        order: The order's number.
    """
    return f"Order {order} is on its way."


if __name__ == "__main__":
    agent.run()
