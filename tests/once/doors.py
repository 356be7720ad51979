"""Agents whose tools are delivered several times, and what delivers them."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from agentkit import AgentBase
from agentkit.reply import Reply
from agentkit.state.base import Capabilities
from agentkit.state.memory import MemoryState
from agentkit.testing import AgentClient
from agentkit.testing.messages import Response
from tests.deadlines import LONG

JSON = dict[str, Any]
AUTH = ("user", "pass")
CALL_ID = "call-1"


class SharedMemory(MemoryState):
    """A store that says that processes share it, so that two agents can play two processes."""

    capabilities = Capabilities(shared_between_processes=True, certain=True)


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def make(state: MemoryState | None = None, **options: Any) -> AgentBase:
    return AgentBase("shop", basic_auth=AUTH, secret="s" * 32, state_manager=state, **options)


class Line:
    """What the platform sends to one agent about one call."""

    def __init__(self, agent: AgentBase, call_id: str = CALL_ID) -> None:
        self.agent = agent
        self.client = AgentClient(agent, auth=AUTH)
        self.call_id = call_id
        self._url = ""

    def again(self, agent: AgentBase | None = None) -> "Line":
        """Another sender of the same bytes, perhaps to another process that serves the agent.

        A document that is fetched in another second has another token.
        """
        line = Line(agent or self.agent, self.call_id)
        line._url = self._url
        return line

    async def send(self, function: str, _ask: int = 0, **arguments: object) -> Response:
        """Deliver a call; the same arguments and the same `_ask` are the same bytes."""
        if not self._url:
            asked = {"call": {"call_id": self.call_id}}
            main = (await self.client.post("/", json=asked)).json()["sections"]["main"]
            ai = next(verb["ai"] for verb in main if "ai" in verb)
            self._url = ai["SWAIG"]["defaults"]["web_hook_url"]
        body = {
            "function": function,
            "call_id": self.call_id,
            "ai_session_id": "session-1",
            "argument": {"parsed": [arguments], "raw": "{}" + " " * _ask},
        }
        return await self.client.post(self._url, json=body)

    async def say(self, function: str, _ask: int = 0, **arguments: object) -> str:
        answer = await self.send(function, _ask, **arguments)
        assert answer.status == 200, answer
        return str(answer.json().get("response", ""))


async def together(*works: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Await all at once and return what they gave, in order."""
    told: list[Any] = [None] * len(works)

    async def one(index: int, work: Callable[[], Awaitable[Any]]) -> None:
        told[index] = await work()

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            for index, work in enumerate(works):
                group.start_soon(one, index, work)
    return told


async def told(reply: Reply, sent: bool) -> None:
    """Tell, as a server's front does, whether an answer went out."""
    assert reply.after_send is not None
    later = reply.after_send(sent)
    if later is not None:
        await later
