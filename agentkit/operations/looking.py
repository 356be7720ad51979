"""The task inside an application's lifespan that looks after what could not be handed over.

What it runs is loaded when there is an agent that hears summaries.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import anyio

from agentkit.compile import CompiledAgent
from agentkit.errors import DefinitionError
from agentkit.groups import ungrouped
from agentkit.hooks import is_overridden
from agentkit.late import LateModule
from agentkit.operations.agents import Agent

LOOK_SECONDS = 15.0
"""How long a process waits at most between two looks."""

BATCH = 16
"""How many letters are tried at a look."""

_retries = LateModule("agentkit.operations.retries")
_random = secrets.SystemRandom().uniform


def listens(agent: Agent, compiled: CompiledAgent) -> bool:
    """Say whether there is user code to be told of summaries."""
    return is_overridden(agent.on_summary) or bool(compiled.spec.per_call)


@asynccontextmanager
async def watching(agents: Callable[[], Iterable[Agent]]) -> AsyncIterator[None]:
    """Look after the letters to some agents meanwhile."""
    with ungrouped():
        async with anyio.create_task_group() as group:
            group.start_soon(watch_over, agents)
            yield
            group.cancel_scope.cancel()


async def watch_over(agents: Callable[[], Iterable[Agent]]) -> None:
    """Look after the letters to some agents, until this is cancelled."""
    while True:
        busy = False
        for agent in agents():
            if _hears(agent):
                busy |= await _retries.look(agent, BATCH) == BATCH
        if not busy:
            await anyio.sleep(LOOK_SECONDS * _random(0.75, 1.0))


def _hears(agent: Agent) -> bool:
    try:
        return listens(agent, agent.compiled())
    except DefinitionError:  # it was set wrong while it was served; its requests say so
        return False
