"""A tool behind semantic gates: the platform asks itself before it lets the model cancel."""

from agentkit import AgentBase, FunctionResult
from agentkit.gates import SemanticGate

agent = AgentBase("desk", route="/desk")
agent.prompt_add_section("Role", "You look after orders of a tea shop.")
agent.set_semantic_gates(timeout_ms=2000, history=10)

asked_for_it = SemanticGate(
    "Did the caller clearly ask to cancel the order?",
    0.8,
    "Ask the caller whether the order shall be cancelled.",
    id="asked_for_it",
    true_means="The caller said in their own words that the order shall be cancelled.",
)
not_in_anger = SemanticGate(
    "Is the caller calm?",
    0.5,
    FunctionResult("Calm the caller first.").set_end_of_speech_timeout(1500),
)


@agent.tool(gates=[asked_for_it, not_in_anger], gate_fillers={"en-US": ["Let me think."]})
async def cancel_order(order: str) -> str:
    """Cancel an order.

    Args:
        order: The order's number.
    """
    return f"Order {order} is cancelled."


if __name__ == "__main__":
    agent.run()
