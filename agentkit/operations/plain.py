"""Serve the document that no user code changes: it is the first, and often the only kind."""

from typing import TYPE_CHECKING

from agentkit.compile import CompiledAgent
from agentkit.context import Exchange
from agentkit.hooks import DEFAULT_MARK
from agentkit.reply import Reply

if TYPE_CHECKING:
    from agentkit.operations.agents import Agent


def is_untouched(agent: "Agent", compiled: CompiledAgent) -> bool:
    """Say whether no user code has a say in the documents of an agent, nor watches them."""
    spec = compiled.spec
    plain = not (spec.per_call or spec.observers)
    return plain and hasattr(agent.on_swml_request, DEFAULT_MARK)


def default_document(
    agent: "Agent", compiled: CompiledAgent, exchange: Exchange, call_id: str | None
) -> Reply:
    """Return the document that no user code changes."""
    address = compiled.access.address(exchange.scope, exchange.headers, exchange.root_path)
    return Reply(compiled.document(address, call_id, agent.clock()))
