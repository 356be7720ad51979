"""An agent whose callbacks write down that they ran, and what the platform sends it, shuffled.

This module imports no test tools: a child starts the faster. Nobody counts the lines that run in
children.
"""

import os
import random
import secrets
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import anyio
import uvicorn

from agentkit import AgentBase, Call, outbox
from agentkit.operations import looking
from agentkit.serve import listening_socket
from agentkit.state import StateManager
from agentkit.testing import AgentClient
from tests.reliability.harness import Spec

JSON = dict[str, Any]
AUTH = ("user", secrets.token_hex(8))
SECRET = secrets.token_hex(32)
FAILING = 0.05
MOST_DELIVERIES = 4
AT_ONCE = 3
TASKS = 16
CALLBACKS = ("start", "seat 1", "seat 2", "end", "summary")


class Clerk(AgentBase):
    """Writes each run of a callback down before it fails, if it does."""

    def __init__(self, note: Callable[[str], object], seed: int, **options: Any) -> None:
        known = {"enable_state_tracking": True, "basic_auth": AUTH, "secret": SECRET, **options}
        super().__init__("clerk", "/clerk", **known)
        self._note = note
        self._random = random.Random(seed)
        self.set_post_prompt("Sum up.")
        self.on_call_start(self.begin)
        self.on_call_end(self.end)

    def begin(self, call: Call) -> None:
        self._did("start", call.call_id)

    async def end(self, call: Call) -> None:
        self._did("end", call.call_id)

    @AgentBase.tool(once=True)
    async def book(self, seat: int, call: Call) -> str:
        """Book a seat."""
        await call.state.update({f"seat {seat}": True})
        self._did(f"seat {seat}", call.call_id)
        return "booked"

    async def on_summary(self, summary: Any, raw_data: Any = None) -> None:
        self._did("summary", raw_data["call_id"])

    def _did(self, what: str, call_id: str | None) -> None:
        fails = self._random.random() < FAILING
        self._note(f"{call_id},{what},{'failed' if fails else 'done'}")
        if fails:
            raise RuntimeError("a fault that the test draws")


class Delivery(NamedTuple):
    """One request: to the functions or to the post prompt."""

    is_summary: bool
    body: JSON


def events_of(call_id: str) -> list[Delivery]:
    """What the platform sends of one call."""
    about = {"call_id": call_id, "ai_session_id": f"{call_id}-s"}

    def function(name: str, **arguments: object) -> Delivery:
        return Delivery(False, {**about, "function": name, "argument": {"parsed": [arguments]}})

    return [
        function("startup_hook"),
        function("book", seat=1),
        function("book", seat=2),
        function("hangup_hook"),
        Delivery(True, {**about, "action": "post_conversation", "summary": call_id}),
    ]


def shuffled(call_id: str, chance: random.Random) -> list[Delivery]:
    """Each event one to four times, in any order."""
    sent = [each for each in events_of(call_id) for _ in range(chance.randint(1, MOST_DELIVERIES))]
    chance.shuffle(sent)
    return sent


class Platform:
    """Sends deliveries to one process or another."""

    def __init__(self, clients: Sequence[AgentClient], chance: random.Random) -> None:
        self._clients = clients
        self._chance = chance
        self._swaig = self._post_prompt = ""
        self.sent = 0

    async def dial(self) -> None:
        """Learn where functions and summaries are answered."""
        document = (await self._clients[0].get("/clerk")).json()
        ai = next(verb["ai"] for verb in document["sections"]["main"] if "ai" in verb)
        self._swaig = target(ai["SWAIG"]["defaults"]["web_hook_url"])
        self._post_prompt = target(ai["post_prompt_url"])

    async def send_all(self, calls: Sequence[Sequence[Delivery]]) -> None:
        """Send the deliveries of many calls, several calls at a time."""
        waiting = iter(calls)
        async with anyio.create_task_group() as group:
            for _ in range(TASKS):
                group.start_soon(self._send_some, waiting)

    async def _send_some(self, waiting: Any) -> None:
        for deliveries in waiting:
            for some in batched_by(deliveries, AT_ONCE):
                async with anyio.create_task_group() as group:
                    for delivery in some:
                        group.start_soon(self._send, delivery)

    async def _send(self, delivery: Delivery) -> None:
        client = self._chance.choice(self._clients)
        url = self._post_prompt if delivery.is_summary else self._swaig
        answer = await client.post(url, json=delivery.body)
        assert answer.status == 200, answer
        self.sent += 1


def target(url: str) -> str:
    """The path and query of a URL: each process has an address of its own."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def batched_by(items: Sequence[Delivery], size: int) -> list[Sequence[Delivery]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def serve(sender: Connection, spec: Spec, ledger: str, auth: tuple[str, str], secret: str) -> None:
    """Serve a clerk until this process is killed."""  # pragma: no cover
    outbox.FIRST_PAUSE_SECONDS, outbox.PAUSE_GROWS = 0.05, 1.5
    looking.LOOK_SECONDS = 0.1
    file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    clerk = Clerk(
        lambda line: os.write(file, f"{line}\n".encode()),
        os.getpid(),
        basic_auth=auth,
        secret=secret,
        state_manager=StateManager(spec.make()),
    )
    with listening_socket("127.0.0.1", 0) as listening:
        sender.send(listening.getsockname()[1])
        config = uvicorn.Config(clerk, log_level="critical", access_log=False)
        uvicorn.Server(config).run([listening])
