"""The task inside an application's lifespan that looks after what could not be handed over.

What it runs is loaded when there is an agent that hears summaries.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from agentkit.compile import CompiledAgent
from agentkit.errors import DefinitionError
from agentkit.hooks import is_overridden
from agentkit.late import LateModule
from agentkit.loops import meanwhile

if TYPE_CHECKING:
    import secrets

    import anyio
    from anyio import to_thread

    from agentkit.operations.agents import Agent
else:
    anyio = LateModule("anyio", globals())
    secrets = LateModule("secrets", globals())
    to_thread = LateModule("anyio.to_thread", globals())

LOOK_SECONDS = 15.0
"""How long a process waits at most between two looks."""

BATCH = 16
"""How many letters are tried at a look."""

QUIET_SECONDS = 1.0
"""How long an application is left alone with its first requests, when there is nothing to do."""

_NEEDED = (
    "agentkit.operations.calls",
    "agentkit.operations.summaries",
    "agentkit.stores",
    "agentkit.traffic",
)
_retries = LateModule("agentkit.operations.retries")


def listens(agent: "Agent", compiled: CompiledAgent) -> bool:
    """Say whether there is user code to be told of summaries."""
    return is_overridden(agent.on_summary) or bool(compiled.spec.per_call)


@asynccontextmanager
async def watching(agents: "Callable[[], Iterable[Agent]]") -> AsyncIterator[None]:
    """Look after the letters to some agents meanwhile."""
    idle = all(agent.shared.is_idle for agent in agents())
    async with meanwhile(partial(watch_over, agents), after=QUIET_SECONDS if idle else 0):
        yield


async def watch_over(agents: "Callable[[], Iterable[Agent]]") -> None:
    """Look after the letters to some agents, until this is cancelled."""
    await to_thread.run_sync(_load, abandon_on_cancel=True)
    while True:
        busy = False
        for agent in agents():
            if _hears(agent):
                busy |= await _retries.look(agent, BATCH) == BATCH
        if not busy:
            await anyio.sleep(LOOK_SECONDS * secrets.SystemRandom().uniform(0.75, 1.0))


def _load() -> None:
    """Load what calls need: the first one would have to wait for it."""
    for name in _NEEDED:
        import_module(name)


def _hears(agent: "Agent") -> bool:
    if agent.shared.is_idle:  # nothing can be there
        return False
    try:
        return listens(agent, agent.compiled())
    except DefinitionError:  # it was set wrong while it was served; its requests say so
        return False
