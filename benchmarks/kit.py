"""The same agent with agentkit, written as its README writes agents."""

from collections.abc import Callable
from typing import Annotated, Any

import agentkit
from agentkit import AgentBase
from benchmarks import content

Order = Annotated[str, content.ARGUMENTS["order"]]
Count = Annotated[int, content.ARGUMENTS["count"]]
Gift = Annotated[bool, content.ARGUMENTS["gift"]]


async def answer_async(order: Order, count: Count, gift: Gift = False) -> str:
    """Be the tools that are coroutines."""
    return content.said(order, count)


def answer_plain(order: Order, count: Count, gift: Gift = False) -> str:
    """Be the tool that is a plain function."""
    return content.said(order, count)


class Shop(AgentBase):
    """An agent that takes summaries."""

    async def on_summary(  # type: ignore[explicit-override]  # Python 3.11 has no such mark
        self, summary: Any, raw_data: Any = None
    ) -> None:
        """Take the summary, and the whole body as plain data."""


def agent(tools: int = 10, route: str = content.ROUTE, kind: type[AgentBase] = Shop) -> AgentBase:
    """Return the agent with its tools registered one by one."""
    made = bare(route, kind)
    for name in content.tool_names(tools):
        handler: Callable[..., Any] = answer_plain if name == content.SYNC_TOOL else answer_async
        made.tool(name, description=content.DESCRIPTION)(handler)
    return made


def bare(route: str, kind: type[AgentBase]) -> AgentBase:
    """Return the agent but for the tools."""
    made = kind(
        "shop",
        route=route,
        basic_auth=(content.USER, content.PASSWORD),
        secret=content.SECRET,
        public_url=content.PUBLIC_URL,
        token_expiry_secs=content.TOKEN_SECONDS,
    )
    for section in content.SECTIONS:
        made.prompt_add_section(**section)
    made.set_post_prompt(content.POST_PROMPT)
    language = content.LANGUAGE
    made.add_language(language["name"], language["code"], language["voice"])
    made.add_hints(content.HINTS)
    made.set_params(content.PARAMETERS)
    return made


def class_of_tools() -> type[AgentBase]:
    """Return a class whose methods are the ten tools, as `@AgentBase.tool` in a class makes it."""
    members: dict[str, Any] = {}
    for name in content.NAMES:
        members[name] = _method(name)
    return type("ToolShop", (Shop,), members)


def _method(name: str) -> Callable[..., Any]:
    async def method(self: AgentBase, order: Order, count: Count, gift: Gift = False) -> str:
        return content.said(order, count)

    method.__name__ = name
    return AgentBase.tool(name, description=content.DESCRIPTION)(method)


def server() -> "agentkit.AgentServer":
    """Return an application for many agents."""
    return agentkit.AgentServer()  # loaded by those who have several agents
