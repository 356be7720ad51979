"""An agent whose `on_summary` fails when a test says so, a clock that is moved, a failing store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio

from agentkit import AgentBase, MemoryState
from agentkit.errors import StateError
from agentkit.state.base import Record
from agentkit.testing import AgentClient, Response
from tests.documents import AUTH, JSON, SECRET

Fault = Callable[[str, str], StateError | None]


class Clock:
    """A time that stands until it is moved."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Flaky(MemoryState):
    """A store in memory that fails as `fault(what, key)` says."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.fault: Fault = lambda what, key: None
        self.asked: list[tuple[str, str]] = []

    def get(self, key: str) -> Record | None:
        self._ask("get", key)
        return super().get(key)

    def put(self, key: str, data: bytes, **options: Any) -> str:
        self._ask("put", key)
        return super().put(key, data, **options)

    def delete(self, key: str, **options: Any) -> bool:
        self._ask("delete", key)
        return super().delete(key, **options)

    @contextmanager
    def failing(self, error: StateError, what: str = "", key: str = "") -> Iterator[None]:
        """Fail every call of a kind, or every call whose key begins so."""
        before = self.fault
        self.fault = lambda w, k: error if w.startswith(what) and k.startswith(key) else None
        try:
            yield
        finally:
            self.fault = before

    def _ask(self, what: str, key: str) -> None:
        self.asked.append((what, key))
        error = self.fault(what, key)
        if error is not None:
            raise error


class Desk(AgentBase):
    """Hears summaries, and fails on them while it is `broken`."""

    def __init__(self, name: str = "Desk", route: str = "/desk", **options: Any) -> None:
        self.time = Clock()
        self.store = Flaky(self.time)
        given = {"state_manager": self.store, "clock": self.time, **options}
        super().__init__(name, route, basic_auth=AUTH, secret=SECRET, **given)
        self.set_post_prompt("Sum up.")
        self.broken = False
        self.tries = 0
        self.heard: list[Any] = []
        self.gate: anyio.Event | None = None

    async def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.tries += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise RuntimeError("the archive is away")
        self.heard.append(summary)


def body_of(call: str = "c-1", session: str | None = "s-1", **fields: Any) -> JSON:
    """What the platform posts after a call."""
    named = {"call_id": call, "ai_session_id": session, "action": "post_conversation"}
    known = {key: value for key, value in named.items() if value is not None}
    return {**known, "summary": f"{call}/{session}", **fields}


class Platform:
    """Posts summaries to an agent, as often as a test says."""

    def __init__(self, agent: AgentBase) -> None:
        self.client = AgentClient(agent, auth=AUTH)
        self.route = agent.route

    async def post(self, body: JSON, query: str = "") -> Response:
        """Post to the URL that the document of no call in particular has."""
        document = (await self.client.get(f"{self.route}{query}")).json()
        ai = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
        return await self.client.post(ai["post_prompt_url"], json=body)


async def until(holds: Callable[[], object]) -> None:
    """Let others go on until something holds."""
    while not holds():
        await anyio.lowlevel.checkpoint()
