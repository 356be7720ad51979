"""Contexts, steps and questions: the flow of a conversation, in parts that the platform leads."""

from agentkit.contexts.builder import ContextBuilder
from agentkit.contexts.collecting import collected
from agentkit.contexts.context import Context, create_simple_context
from agentkit.contexts.gather import GatherInfo, GatherQuestion
from agentkit.contexts.step import Step

__all__ = [
    "Context",
    "ContextBuilder",
    "GatherInfo",
    "GatherQuestion",
    "Step",
    "collected",
    "create_simple_context",
]
