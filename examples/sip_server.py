"""Two agents behind one SIP endpoint, and a receptionist for calls that name nobody.

Point the SIP addresses of your space at `https://USER:PASSWORD@your-host/sip`.
"""

from agentkit import AgentBase, AgentServer

support = AgentBase("Support", route="/support")
support.set_prompt_text("You help with orders that went wrong.")
support.register_sip_username("help_desk")


@support.tool
def open_ticket(problem: str) -> str:
    """Open a ticket for a problem.

    Args:
        problem: What went wrong, in the caller's words.
    """
    return "I have opened a ticket; we will call you back."


registration = AgentBase("Registration Agent", route="/register")
registration.set_prompt_text("You take down the names of new customers.")

reception = AgentBase("Reception", route="/reception")
reception.set_prompt_text("You ask whom the caller wants to speak to.")

server = AgentServer()
for agent in (support, registration, reception):
    server.register(agent)

server.setup_sip_routing(route="/sip", auto_map=True, fallback="/reception")
server.register_sip_username("signup", "/register")  # signup@… reaches registration
server.route_by_number({"+1 202 555 0100": "/register"}, path="/number", fallback="/reception")

if __name__ == "__main__":
    server.run()
