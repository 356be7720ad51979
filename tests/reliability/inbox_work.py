"""What children do with inboxes: serve them, fill them, and empty them as clients and the platform.

This module imports no test tools: a child starts the faster. Nobody counts the lines that run in
children.
"""

import http.client
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import anyio
import uvicorn

from agentkit import AgentBase
from agentkit.errors import InboxFull, StateError
from agentkit.inbox import Inbox
from agentkit.serve import listening_socket
from agentkit.state import StateManager
from agentkit.state.mailbox import MAX_SENDS
from agentkit.testing import AgentClient
from tests.reliability.harness import Spec

JSON = dict[str, Any]
AUTH = ("user", secrets.token_hex(8))
SECRET = secrets.token_hex(32)
PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.64  # who asks an empty inbox all the time keeps those who fill it waiting
CURSOR = "agentkit_inbox"


class Got(NamedTuple):
    """One message as a reader got it."""

    conversation: str
    sequence: int
    text: str


def serve(sender: Connection, spec: Spec, auth: tuple[str, str], secret: str) -> None:
    """Serve an agent until this process is killed."""  # pragma: no cover
    store = StateManager(spec.make())
    agent = AgentBase("desk", basic_auth=auth, secret=secret, state_manager=store).enable_inbox()
    with listening_socket("127.0.0.1", 0) as listening:
        sender.send(listening.getsockname()[1])
        config = uvicorn.Config(agent, log_level="critical", access_log=False)
        uvicorn.Server(config).run([listening])


# Producers ------------------------------------------------------------------------------------


def produce(spec: Spec, direct: Spec, name: str, conversations: Sequence[str], each: int) -> None:
    """Push so many messages to each conversation, and then say so in the store."""
    anyio.run(_produce, spec, direct, name, conversations, each)


async def _produce(
    spec: Spec, direct: Spec, name: str, conversations: Sequence[str], each: int
) -> None:
    async with _managed(spec) as states:
        inbox = Inbox(states)
        async with anyio.create_task_group() as group:
            for conversation in conversations:
                group.start_soon(_push_all, inbox, name, conversation, each)
    async with _managed(direct) as states:
        await states.run(states.scoped("done").operations.ensure(name))


async def _push_all(inbox: Inbox, name: str, conversation: str, each: int) -> None:
    for number in range(each):
        text = f"{name}:{number}"
        while not await _is_pushed(inbox, conversation, text):
            pass


async def _is_pushed(inbox: Inbox, conversation: str, text: str) -> bool:
    try:
        await inbox.push(conversation, text, id=text)
    except InboxFull:
        await anyio.sleep(PAUSE_SECONDS)
        return False
    except StateError:  # nobody knows, or somebody else won: once more with the same id
        return False
    return True


# Readers --------------------------------------------------------------------------------------

Reader = Callable[..., Any]


def read_as_client(*args: Any) -> tuple[list[Got], int]:
    """Read at `/check_for_input` with cursors until the producers are done and nothing waits.

    Returns what was got, in order, and how many answers were lost.
    """
    return anyio.run(_read, _Client, *args)


def read_as_platform(*args: Any) -> tuple[list[Got], int]:
    """Do the same as the platform does, with the polled function."""
    return anyio.run(_read, _Platform, *args)


async def _read(
    kind: Reader,
    auth: tuple[str, str],
    ports: tuple[int, int],
    direct: Spec,
    producers: Sequence[str],
    conversations: Sequence[str],
) -> tuple[list[Got], int]:
    readers = [kind(auth, ports, conversation) for conversation in conversations]
    done = anyio.Event()
    async with _managed(direct) as states, anyio.create_task_group() as group:
        for reader in readers:
            group.start_soon(_read_all, reader, Inbox(states), done)
        while not await _all_done(states.scoped("done"), producers):  # noqa: ASYNC110 - in other processes
            await anyio.sleep(LONGEST_PAUSE_SECONDS)
        done.set()
    got = [message for reader in readers for message in reader.got]
    return got, sum(reader.lost for reader in readers)


async def _read_all(reader: "_Client", inbox: Inbox, done: anyio.Event) -> None:
    """Read until nothing comes and nothing waits: a busy store has an answer without messages."""
    pause = PAUSE_SECONDS
    while True:
        nothing_comes = done.is_set()
        if await reader.poll():
            pause = PAUSE_SECONDS
            continue
        if nothing_comes and not await inbox.read(reader.conversation):
            return
        await anyio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def _all_done(done: StateManager, producers: Sequence[str]) -> bool:
    states = [await done.run(done.operations.get_state(name)) for name in producers]
    return None not in states


class _Client:
    """A client of the endpoint, which says up to where it has read."""

    def __init__(self, auth: tuple[str, str], ports: tuple[int, int], conversation: str) -> None:
        lines = [AgentClient(f"http://127.0.0.1:{port}", auth=auth) for port in ports]
        self.calm, self.client = lines
        self.conversation = conversation
        self.got: list[Got] = []
        self.lost = 0
        self.lost_in_a_row = 0
        self.cursor = ""

    async def poll(self) -> bool:
        """Ask, and say whether there may be more."""
        try:
            more = await self.ask()
        except (OSError, http.client.HTTPException):
            self.lost += 1
            self.lost_in_a_row += 1
            return True
        self.lost_in_a_row = 0
        return more

    async def ask(self) -> bool:
        asked = f"/check_for_input?conversation_id={self.conversation}&after={self.cursor}"
        answer = await self.client.get(asked)
        if answer.status == 503:  # the store is too busy now
            return True
        messages = answer.json()["messages"]
        for message in messages:
            self.got.append(Got(self.conversation, message["sequence"], message["text"]))
            self.cursor = message["cursor"]
        return bool(messages)


class _Platform(_Client):
    """The platform in one call: it sends the meta data that it was told to keep.

    Until it was told any, its answers are not cut off: one that is lost then is lost for good.
    Nor is an answer after as many as may be lost: a message does not go out for ever.
    """

    url = ""

    async def ask(self) -> bool:
        self.url = self.url or await self.fetch()
        body = {
            "function": "check_for_input",
            "call_id": self.conversation,
            "meta_data": {CURSOR: self.cursor} if self.cursor else {},
        }
        may_be_lost = self.cursor and self.lost_in_a_row < MAX_SENDS - 1
        client = self.client if may_be_lost else self.calm
        answer = (await client.post(self.url, json=body)).json()
        actions = answer.get("action", [])
        for action in actions:
            self.cursor = action.get("set_meta_data", {}).get(CURSOR, self.cursor)
        texts = [action["user_input"] for action in actions if "user_input" in action]
        last = int(self.cursor.partition(".")[2] or 0)
        first = last - len(texts) + 1
        self.got += [Got(self.conversation, first + n, text) for n, text in enumerate(texts)]
        return bool(texts)

    async def fetch(self) -> str:
        document = await self.calm.post("/", json={"call": {"call_id": self.conversation}})
        main = document.json()["sections"]["main"]
        ai = next(verb["ai"] for verb in main if "ai" in verb)
        url: str = ai["SWAIG"]["defaults"]["web_hook_url"]
        return url


@asynccontextmanager
async def _managed(spec: Spec) -> AsyncIterator[StateManager]:
    states = StateManager(spec.make())
    await states.open()
    try:
        yield states
    finally:
        with anyio.CancelScope(shield=True):
            await states.close()
