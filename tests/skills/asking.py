"""Ask the tools of an agent as the platform does."""

from typing import Any

from agentkit import AgentBase
from agentkit.testing import AgentClient, SimulatedCall

JSON = dict[str, Any]


async def started(agent: AgentBase) -> SimulatedCall:
    """Return a call that the agent has been fetched for."""
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    call = SimulatedCall(client, url=agent.route)
    await call.start()
    return call


async def said(agent: AgentBase, tool: str, **args: Any) -> str:
    """Return what a tool says in a call of its own."""
    call = await started(agent)
    answer = await call.tool(tool, **args)
    return str(answer.response)


def ai_of(agent: AgentBase) -> JSON:
    """Return the `ai` verb of the agent's document."""
    main = agent.compiled().swml["sections"]["main"]
    ai: JSON = next(verb["ai"] for verb in main if "ai" in verb)
    return ai
