"""Say whether a process lives, and whether it should get more work.

It lives as long as it can say so. It is not ready while it drains, while half of an agent's threads
hang, or while a store of call state cannot be reached. Anybody may ask, so nothing is named.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from agentkit import drain
from agentkit._log import log
from agentkit.errors import RequestError, StateError
from agentkit.late import LateModule
from agentkit.operations.agents import Agent
from agentkit.reply import Reply, json_reply

if TYPE_CHECKING:
    import anyio
else:
    anyio = LateModule("anyio", globals())

PING_SECONDS = 0.5
"""How long a store may take to answer."""

_METHODS = ("GET", "HEAD", "POST")


async def answer_health(path: str, method: str, agents: Iterable[Agent]) -> Reply:
    """Answer at one of the paths.

    Raises:
        RequestError: 405, another method.
    """
    if method not in _METHODS:
        raise RequestError(405, f"{method} is not allowed here", {"Allow": ", ".join(_METHODS)})
    if path.startswith("/health"):
        return json_reply({"status": "healthy"})
    reasons = await unready(agents)
    if not reasons:
        return json_reply({"status": "ready"})
    return json_reply({"status": "not ready", "reasons": reasons}, 503)


async def unready(agents: Iterable[Agent]) -> list[str]:
    """Return why these agents should get no more work."""
    known = list(agents)
    reasons = {
        "draining": drain.process.begun,
        "threads hang": any(agent.traffic.is_stuck for agent in known),
        "state cannot be reached": not await _stores_answer(known),
    }
    return [reason for reason, holds in reasons.items() if holds]


async def _stores_answer(agents: Iterable[Agent]) -> bool:
    """Ask every store once, however many agents share it."""
    backends = ((agent.states.backend, agent) for agent in agents)
    stores: dict[Any, Agent] = {backend.blocking or backend: agent for backend, agent in backends}
    answers = [await _answers(agent) for agent in stores.values()]
    return all(answers)


async def _answers(agent: Agent) -> bool:
    probe = agent.traffic.probe
    if not probe.is_due():
        return probe.last
    try:
        with anyio.fail_after(PING_SECONDS):
            await agent.states.run(agent.states.operations.ping())
        probe.last = True
    except (StateError, TimeoutError) as error:
        probe.last = False
        log.warning("state_not_reached", reason=str(error) or "no answer in time")
    return probe.last
