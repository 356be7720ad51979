"""Take what the platform posts to `/debug_events` and tell the author's handlers."""

from collections.abc import Callable
from typing import Any

from agentkit import bridge
from agentkit._log import log, subject
from agentkit.compile import CompiledAgent
from agentkit.context import Exchange, Subject
from agentkit.debug_events import DebugEvent, event_of
from agentkit.errors import RequestError
from agentkit.hooks import fitted, takes_two
from agentkit.operations.agents import Agent
from agentkit.reply import Reply, json_reply

DEBUG_SECONDS = 5.0
"""How long a handler may take; nobody on the call waits for it."""


async def take_debug_event(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> Reply:
    """Answer what the platform posts: 200, whatever the handlers do."""
    exchange.check_body()
    event = event_of(exchange.data())
    if not compiled.accepts_debug_event(exchange.token(), event.call_id, agent.clock()):
        raise RequestError(403, "the token is missing, wrong, expired or of another call")
    before = subject.set(Subject(event.call_id, compiled.spec.name))
    try:
        log.debug("debug_event", name=event.name)
        for handler in compiled.spec.on_debug:
            await _tell(handler, event)
    finally:
        subject.reset(before)
    return json_reply({"status": "ok"})


async def _tell(handler: Callable[..., Any], event: DebugEvent) -> None:
    try:
        await bridge.call(_wanted(handler, event), seconds=DEBUG_SECONDS)
    except (bridge.UserCodeError, bridge.DeadlineError) as error:
        log.exception("debug_handler_failed", error.__cause__ or error, name=event.name)


def _wanted(handler: Callable[..., Any], event: DebugEvent) -> Callable[[], Any]:
    """A handler takes a `DebugEvent`, or as in the vendor's SDK `(event_type, data)`."""
    if takes_two(handler):
        return fitted(handler, event.name, event.raw)
    return fitted(handler, event)
