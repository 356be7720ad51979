"""Tell those who watch an agent what happens there; nobody watching costs a look at a tuple."""

import time
from collections.abc import Awaitable, Callable

from agentkit import bridge
from agentkit._log import log
from agentkit.context import Call
from agentkit.errors import RequestError
from agentkit.events import Event, Outcome, ToolAnswered
from agentkit.reply import Reply
from agentkit.spec import AgentSpec

OBSERVER_SECONDS = 1.0
"""How long somebody who watches may keep an answer waiting."""

clock: Callable[[], float] = time.monotonic
"""What tells how long things took."""


async def tell(spec: AgentSpec, event: Event) -> None:
    """Tell all who watch; one who fails is logged and keeps nobody from going on."""
    for observer in spec.observers:
        try:
            await bridge.call(observer, event, seconds=OBSERVER_SECONDS)
        except (bridge.UserCodeError, bridge.DeadlineError) as error:
            log.exception("observer_failed", error.__cause__ or error)


async def watched_call(spec: AgentSpec, call: Call, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """Answer a tool call and tell what became of it."""
    began = clock()
    try:
        reply = await work()
    except RequestError:
        await tell(spec, _answered(spec, call, Outcome.SHED, began))
        raise
    # Without an outcome of its own it got that of another delivery.
    await tell(spec, _answered(spec, call, call.outcome or Outcome.REPEATED, began))
    return reply


def _answered(spec: AgentSpec, call: Call, outcome: Outcome, began: float) -> ToolAnswered:
    return ToolAnswered(
        agent=spec.name,
        call_id=call.call_id,
        function=call.function,
        outcome=outcome,
        seconds=clock() - began,
        error_id=call.error_id,
    )
