"""The smallest agent: a prompt and one tool.

Run it with `agentkit run examples/simple_agent.py`, see its document with
`agentkit swml examples/simple_agent.py`.
"""

from agentkit import AgentBase

agent = AgentBase("greeter", route="/greeter")
agent.set_prompt_text("Greet the caller. When asked about an order, look it up.")
agent.add_language("English", "en-US", "rime.spore")


@agent.tool
def order_status(order: str) -> str:
    """Tell where an order is.

    Args:
        order: The order's number, such as A-17.
    """
    return f"Order {order} is on its way."


if __name__ == "__main__":
    agent.run()
