"""Whether the store of call state can be reached, and what it promises."""

import secrets
from collections.abc import AsyncIterator, Callable

from agentkit.agent import AgentBase
from agentkit.doctor.findings import Finding, note, ok, problem, warning
from agentkit.errors import StateError

SLOW_SECONDS = 1.0
KEPT_SECONDS = 60.0


async def of_agent(agent: AgentBase, timer: Callable[[], float]) -> AsyncIterator[Finding]:
    """Write to an agent's store, read it again, and say what it promises."""
    states = agent.states.scoped("doctor", KEPT_SECONDS)
    name, began = secrets.token_hex(8), timer()
    try:
        await states.run(states.operations.set_state(name, {"probe": name}))
        if await states.run(states.operations.get_state(name)) != {"probe": name}:
            yield problem("state", "the store does not give back what was written")
        await states.run(states.operations.delete_state(name))
    except StateError as error:
        yield problem("state", f"the store does not work: {error}")
        return
    spent = timer() - began
    if spent > SLOW_SECONDS:
        yield warning("state", f"the store took {spent:.1f} s to be opened, written and read")
    if reach := states.capabilities.reach:
        yield ok("state", f"can be written and read; {', '.join(reach)}")
    elif agent.needs_state:
        yield warning("state", "in memory: it ends with the process, and workers do not share it")
    else:
        yield note("state", "in memory; no tool asked for more")
