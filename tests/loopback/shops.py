"""Agents that calls are played against."""

from collections.abc import Callable
from typing import Any

from agentkit import AgentBase, FunctionResult

AUTH = ("user", "password")


async def order(tea: str, packs: int = 1) -> FunctionResult:
    """Order tea.

    Args:
        tea: Which tea.
        packs: How many packs.
    """
    return FunctionResult(f"Ordered {packs} of {tea}.").update_global_data({"tea": tea})


async def leave() -> FunctionResult:
    """Say goodbye."""
    return FunctionResult("Goodbye.").hangup()


async def run(document: dict[str, Any], transfer: bool = False) -> FunctionResult:
    """Run a document."""
    return FunctionResult("Done.").execute_swml(document, transfer=transfer)


async def act(actions: list[dict[str, Any]]) -> FunctionResult:
    """Do what is asked."""
    result = FunctionResult("Done.")
    for action in actions:
        for name, value in action.items():
            result.add_action(name, value)
    return result


def shop(*, waits: bool = False, post_prompt: bool = True) -> AgentBase:
    """Return an agent that takes orders and can end the call in several ways."""
    agent = AgentBase("shop", route="/shop", basic_auth=AUTH)
    agent.set_prompt_text("You sell tea.")
    for tool in (order, leave, run, act):
        agent.tool(tool)
    if post_prompt:
        agent.set_post_prompt("Summarize the call.")
    if waits:
        agent.set_param("wait_for_user", True)
    return agent


def script(*verbs: Any, **sections: list[Any]) -> Callable[[Any], dict[str, Any]]:
    """Return who answers every request for a document with these verbs."""
    return lambda request: {"version": "1.0.0", "sections": {"main": list(verbs), **sections}}


AI = {"ai": {"prompt": {"text": "You sell tea."}}}
"""An agent without functions."""


class Plain:
    """An agent as an application without a lifespan.

    What an agent starts in its lifespan is cancelled at its end, and in Python 3.11 a task that is
    cancelled hides from coverage whatever its caller does afterwards.
    """

    def __init__(self, agent: AgentBase) -> None:
        self._agent = agent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._agent, name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await self._agent(scope, receive, send)


def plain_shop(**options: bool) -> Any:
    """Return the shop without its lifespan."""
    return Plain(shop(**options))
