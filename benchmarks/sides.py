"""The sides by name; each is imported only when it is asked for, in the venv that has it."""

from importlib import import_module
from typing import Any

SIDES = ("raw", "kit", "vendor")


def application(side: str, tools: int = 10) -> Any:
    """Return the ASGI application of a side's agent."""
    module = import_module(f"benchmarks.{side}")
    if side == "raw":
        return module.Agent(tools)
    agent = module.agent(tools)
    return agent.get_app() if side == "vendor" else agent
