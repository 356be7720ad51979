"""The same agent with signalwire-sdk, imported only in the venv that has it."""

import logging
import os
from collections.abc import Callable
from typing import Any

os.environ["SWML_PROXY_URL_BASE"] = "https://agents.example.com"
os.environ["SIGNALWIRE_LOG_MODE"] = "off"

from signalwire import (  # type: ignore[import-not-found]  # lives in another venv
    AgentBase,
    AgentServer,
    FunctionResult,
)

from benchmarks import content

JSON = dict[str, Any]

logging.getLogger("signalwire").setLevel(logging.ERROR)


async def answer_async(args: JSON, raw_data: JSON) -> Any:
    """Be the tools that are coroutines."""
    return FunctionResult(content.said(args["order"], int(args["count"])))


def answer_plain(args: JSON, raw_data: JSON) -> Any:
    """Be the tool that is a plain function."""
    return FunctionResult(content.said(args["order"], int(args["count"])))


class Shop(AgentBase):  # type: ignore[misc]  # untyped here
    """An agent that takes summaries."""

    def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        """Take the summary, and the whole body as plain data."""


def agent(tools: int = 10, route: str = content.ROUTE) -> Any:
    """Return the agent; `.get_app()` is its ASGI application."""
    made = Shop(
        "shop",
        route=route,
        basic_auth=(content.USER, content.PASSWORD),
        token_expiry_secs=content.TOKEN_SECONDS,
    )
    for section in content.SECTIONS:
        made.prompt_add_section(**section)
    made.set_post_prompt(content.POST_PROMPT)
    made.add_language(**content.LANGUAGE)
    made.add_hints(content.HINTS)
    made.set_params(content.PARAMETERS)
    kinds = {"order": "string", "count": "integer", "gift": "boolean"}
    parameters = {
        key: {"type": kinds[key], "description": text} for key, text in content.ARGUMENTS.items()
    }
    for name in content.tool_names(tools):
        handler: Callable[..., Any] = answer_plain if name == content.SYNC_TOOL else answer_async
        made.define_tool(
            name, content.DESCRIPTION, parameters, handler, required=["order", "count"]
        )
    return made


def server() -> Any:
    """Return a server for many agents; `.app` is its ASGI application."""
    return AgentServer()
