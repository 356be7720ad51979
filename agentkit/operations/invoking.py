"""Run a tool's own code: its handler, the middleware around it, a thread where it is plain."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from agentkit import bridge, hooks
from agentkit.context import Call
from agentkit.events import ToolStarted
from agentkit.operations.agents import Agent
from agentkit.operations.watching import tell
from agentkit.slots import Slot, Slots
from agentkit.spec import AgentSpec
from agentkit.tools import Tool

Next = Callable[[], Coroutine[Any, Any, Any]]


async def invoke(agent: Agent, spec: AgentSpec, tool: Tool, call: Call) -> object:
    """Return what a tool returns.

    Raises:
        RequestError: 503, no thread came free in time; nothing has run.
        StuckError: all threads that the tool may take hang; nothing has run.
        UserCodeError: its code, or a middleware, raised; the cause is what it raised.
        DeadlineError: it took longer than it may.
    """
    handler, is_async = tool.bind(agent, call.arguments, call), tool.is_async
    if hooks.is_overridden(agent.on_function_call):
        dispatch = agent.on_function_call
        handler = partial(dispatch, tool.name, call.arguments, call.raw_data)
        is_async = hooks.is_async(dispatch)
    slot = None if is_async else await agent.traffic.slots.take(tool.name)
    try:
        if spec.observers:
            name, function = spec.name, tool.name
            await tell(spec, ToolStarted(agent=name, call_id=call.call_id, function=function))
        if spec.middleware:
            inner = (
                handler
                if slot is None
                else partial(_in_slot, [slot], agent.traffic.slots, tool, handler)
            )
            chain = _around(spec.middleware, call, inner)
            return await bridge.call_async(chain, seconds=tool.seconds)
        if slot is None:
            return await bridge.call_async(handler, seconds=tool.seconds)
        return await bridge.call_plain(slot.holding(handler), seconds=tool.seconds)
    finally:
        if slot is not None:
            slot.leave()


def _around(middleware: tuple[Callable[..., Any], ...], call: Call, inner: Next) -> Next:
    """Return what runs the middleware, the first one outermost, with the tool within."""
    for each in reversed(middleware):
        inner = partial(each, call, inner)
    return inner


async def _in_slot(spare: list[Slot], slots: Slots, tool: Tool, handler: Callable[[], Any]) -> Any:
    """Let a middleware see what plain code itself raises; each further run takes its own slot."""
    if spare:
        return await _plainly(spare.pop(), handler, tool.seconds)
    slot = await slots.take(tool.name)
    try:
        return await _plainly(slot, handler, tool.seconds)
    finally:
        slot.leave()


async def _plainly(slot: Slot, handler: Callable[[], Any], seconds: float) -> Any:
    try:
        return await bridge.call_plain(slot.holding(handler), seconds=seconds)
    except bridge.UserCodeError as error:
        raise error.original from None
