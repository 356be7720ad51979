"""The agent that the other files here put into their hosts."""

from agentkit import AgentBase

agent = AgentBase("concierge", route="/concierge")
agent.set_prompt_text("You answer questions about the hotel.")
agent.set_post_prompt("Summarise what the guest wanted.")


@agent.tool
def opening_hours(place: str) -> str:
    """Tell when a place of the hotel is open.

    Args:
        place: The pool, the restaurant or the gym.
    """
    return f"The {place} is open from 7 to 22."
