"""Several agents on one server, each at its own route."""

from agentkit import AgentBase, AgentServer

sales = AgentBase("sales", route="/sales")
sales.set_prompt_text("You sell tea.")

support = AgentBase("support", route="/support")
support.set_prompt_text("You help with orders that went wrong.")


@support.tool
def open_ticket(problem: str) -> str:
    """Open a ticket for a problem.

    Args:
        problem: What went wrong, in the caller's words.
    """
    return "I have opened a ticket; we will call you back."


server = AgentServer()
server.register(sales)
server.register(support)

if __name__ == "__main__":
    server.run()
