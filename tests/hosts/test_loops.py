"""Event loops may come and go: an agent and its store serve on each, and remember."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import AgentServer
from agentkit.testing import AgentClient, SimulatedCall
from tests.hosts.desk import Desk
from tests.interaction.hosts import AUTH
from tests.reliability import servers

behaviour = pytest.mark.behaviour
STORES: dict[str, Callable[[Path], str]] = {
    "memory": lambda folder: "memory:",
    "file": lambda folder: f"file:{folder / 'state'}",
    "SQLite": lambda folder: f"sqlite:///{folder / 'state.sqlite3'}",
    "Redis": lambda folder: servers.redis_url(),
    "PostgreSQL": lambda folder: servers.postgres_url(),
}
LOOPS: dict[str, tuple[dict[str, Any], ...]] = {
    "asyncio, then asyncio": ({}, {}),
    "asyncio, then uvloop": ({}, {"backend_options": {"use_uvloop": True}}),
    "asyncio, then trio": ({}, {"backend": "trio"}),
    "trio, then asyncio": ({"backend": "trio"}, {}),
}


async def knocks(app: Any, agent: Desk, call_id: str, library: str) -> list[str]:
    call = SimulatedCall(AgentClient(app, auth=AUTH), agent.route, call_id=call_id)
    await call.start()
    assert (await call.tool("greet", name="Zoë")).response == "Hello, Zoë."
    told = [(await call.tool("knock")).response for _ in range(2)]
    if library == "trio":
        await agent.states.close()  # its thread for clients that speak asyncio ends with it
    return told


@behaviour("hosts.loops")
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("loops", LOOPS)
def test_an_agent_serves_on_one_loop_after_the_other(
    store: str, loops: str, tmp_path: Path
) -> None:
    agent = Desk(state=STORES[store](tmp_path), secret="s" * 32)
    server = AgentServer().register(agent)
    call_id = f"c-{store}-{loops}-{tmp_path}"
    found = []
    for number, loop in enumerate(LOOPS[loops]):
        app = (agent, server)[number]
        found += anyio.run(
            partial(knocks, app, agent, call_id, loop.get("backend", "asyncio")), **loop
        )
    assert found == ["1 times.", "2 times.", "3 times.", "4 times."]
