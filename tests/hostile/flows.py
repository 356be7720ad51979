"""Contexts to be spoiled."""

from typing import Any

from agentkit import AgentBase
from agentkit.contexts import Context, Step

ROOT = "ai.prompt.contexts"
HERE = f"{ROOT}.default"
ONE = f"{HERE}.steps[0]"


def context(agent: AgentBase) -> Context:
    made = agent.define_contexts().add_context("default")
    made.add_step("one").set_text("First.")
    made.add_step("two").set_text("Second.")
    return made


def step(agent: AgentBase, name: str = "one") -> Step:
    found = context(agent).get_step(name)
    assert found is not None
    return found


def asking(agent: AgentBase) -> Step:
    return step(agent).set_gather_info().add_gather_question("key", "What?")


def many(agent: AgentBase, contexts: int) -> AgentBase:
    for number in range(contexts):
        agent.contexts.add_context(f"c{number}").add_step("s").set_text("t")
    return agent


def filled(made: Context, steps: int) -> Context:
    for number in range(steps):
        made.add_step(f"s{number}").set_text("t")
    return made


def written(agent: AgentBase, **fields: Any) -> dict[str, Any]:
    return {"default": {"steps": [{"name": "one", "text": "First.", **fields}]}}
