"""Agents with contexts, for tests."""

from typing import Any

from agentkit import AgentBase
from agentkit.contexts import Context
from tests.documents import ai_of, make, pong

JSON = dict[str, Any]


def talking(**options: Any) -> AgentBase:
    """An agent with a tool and one context of two steps."""
    agent = make(**options).define_tool("look", "Look.", {}, pong)
    context = agent.define_contexts().add_context("default")
    context.add_step("one").set_text("First.")
    context.add_step("two").set_text("Second.")
    return agent


def default_of(agent: AgentBase) -> Context:
    """The builder of its context."""
    context = agent.contexts.get_context("default")
    assert context is not None
    return context


def contexts_of(agent: AgentBase) -> JSON:
    """The contexts in its document."""
    contexts: JSON = ai_of(agent)["prompt"]["contexts"]
    return contexts


def steps_of(agent: AgentBase) -> dict[str, JSON]:
    """The steps of its context in the document, by name."""
    return {step["name"]: step for step in contexts_of(agent)["default"]["steps"]}
