"""Messages wait for a conversation: in order, bounded, once an id, until they arrived."""

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from agentkit import AgentBase
from agentkit.errors import (
    DefinitionError,
    InboxFull,
    StateConflict,
    StateCorrupt,
    StateEncoding,
    StateError,
    StateTooLarge,
)
from agentkit.inbox import Inbox, Message, Receipt
from agentkit.state import MemoryState, StateManager
from agentkit.state.mailbox import (
    KEPT_SECONDS,
    MAX_MESSAGES,
    MAX_MESSAGES_BYTES,
    REMEMBERED_IDS,
    REMEMBERED_SECONDS,
)
from agentkit.state.opening import open_url
from tests.state.stores import Clock, NetworkState, racing

TALK = "talk-1"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> MemoryState:
    return MemoryState(clock=clock)


@pytest.fixture
def inbox(memory: MemoryState, clock: Clock) -> Inbox:
    return Inbox(StateManager(memory), clock)


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


async def filled(inbox: Inbox, *texts: str) -> list[Message]:
    for text in texts:
        await inbox.push(TALK, text)
    return await inbox.read(TALK)


async def test_a_message_waits_with_all_that_is_known_of_it(inbox: Inbox, clock: Clock) -> None:
    assert await inbox.push(TALK, "Hello.", id="sms-1") == Receipt("sms-1", 1)
    [message] = await inbox.read(TALK)
    assert message.cursor.endswith(".1")
    known = (message.id, message.role, message.text, message.sequence, message.pushed_at)
    assert known == ("sms-1", "user", "Hello.", 1, clock.now)


async def test_messages_wait_in_the_order_in_which_they_came(inbox: Inbox) -> None:
    messages = await filled(inbox, "a", "b", "c")
    assert texts(messages) == ["a", "b", "c"]
    assert [message.sequence for message in messages] == [1, 2, 3]
    assert len({message.id for message in messages}) == 3


async def test_conversations_do_not_see_each_other(inbox: Inbox) -> None:
    await inbox.push(TALK, "a")
    assert await inbox.read("talk-2") == await inbox.read("TALK-1") == []


async def test_reading_removes_nothing(inbox: Inbox) -> None:
    await filled(inbox, "a")
    assert await inbox.read(TALK) == await inbox.read(TALK, "") == await inbox.read(TALK, None)


async def test_a_cursor_covers_its_message_and_all_before_it(inbox: Inbox) -> None:
    messages = await filled(inbox, "a", "b", "c")
    assert texts(await inbox.read(TALK, messages[1].cursor)) == ["c"]
    assert texts(await inbox.read(TALK, messages[0].cursor)) == ["c"]
    assert texts(await inbox.read(TALK)) == ["c"]


async def test_numbers_go_on_when_everything_arrived(inbox: Inbox) -> None:
    [message] = await filled(inbox, "a")
    assert await inbox.read(TALK, message.cursor) == []
    assert (await inbox.push(TALK, "b")).sequence == 2


async def test_a_cursor_of_another_conversation_covers_nothing(inbox: Inbox) -> None:
    await filled(inbox, "a", "b")
    await inbox.push("talk-2", "x")
    [other] = await inbox.read("talk-2")
    assert texts(await inbox.read(TALK, other.cursor)) == ["a", "b"]
    await inbox.settle(TALK, other.cursor, sent=True)
    assert texts(await inbox.read(TALK)) == ["a", "b"]


async def test_a_cursor_of_an_inbox_that_is_gone_covers_nothing(inbox: Inbox, clock: Clock) -> None:
    old = await filled(inbox, "a", "b")
    clock.advance(KEPT_SECONDS)
    assert await inbox.read(TALK, old[1].cursor) == []
    assert (await inbox.push(TALK, "c")).sequence == 1
    assert texts(await inbox.read(TALK, old[1].cursor)) == ["c"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "1", "-1", ".1", "0123456789abcdef.", "0123456789abcdef.-1", "0123456789ABCDEF.1",
     "0123456789abcdef.1\n", "0123456789abcdef.1.1", "0123456789abcdef.\u0661",
     "0123456789abcdeg.1", "0123456789abcdef." + "1" * 16, "\ud800", " ", "a" * 100_000],
)  # fmt: skip
async def test_what_is_no_cursor_is_refused(cursor: str, inbox: Inbox) -> None:
    await filled(inbox, "a")
    with pytest.raises(StateEncoding, match="no cursor"):
        await inbox.read(TALK, cursor)
    assert texts(await inbox.read(TALK)) == ["a"]


async def test_a_cursor_of_a_message_that_never_was_is_refused(inbox: Inbox) -> None:
    [message] = await filled(inbox, "a")
    beyond = message.cursor.replace(".1", ".2")
    with pytest.raises(StateEncoding, match="never pushed"):
        await inbox.read(TALK, beyond)
    assert texts(await inbox.read(TALK)) == ["a"]


# Ids ------------------------------------------------------------------------------------------


async def test_a_message_whose_id_waits_already_is_left_out(inbox: Inbox) -> None:
    await inbox.push(TALK, "a", id="1")
    await inbox.push(TALK, "b")
    assert await inbox.push(TALK, "other words", id="1") == Receipt("1", 1, duplicate=True)
    assert await inbox.push("talk-2", "a", id="1") == Receipt("1", 1)
    assert texts(await inbox.read(TALK)) == ["a", "b"]


async def test_an_id_is_remembered_for_a_while_after_its_message_arrived(
    inbox: Inbox, clock: Clock
) -> None:
    await inbox.push(TALK, "a", id="1")
    clock.advance(2 * REMEMBERED_SECONDS)
    [message] = await inbox.read(TALK)
    await inbox.read(TALK, message.cursor)
    clock.advance(REMEMBERED_SECONDS - 1)
    assert await inbox.push(TALK, "a", id="1") == Receipt("1", 1, duplicate=True)
    clock.advance(1)
    assert await inbox.push(TALK, "a", id="1") == Receipt("1", 2)


async def test_so_many_ids_are_remembered_and_no_more(inbox: Inbox) -> None:
    for number in range(REMEMBERED_IDS + 1):
        await inbox.push(TALK, "a", id=f"{number}")
        [message] = await inbox.read(TALK)
        await inbox.read(TALK, message.cursor)
    assert (await inbox.push(TALK, "a", id="1")).duplicate
    assert not (await inbox.push(TALK, "a", id="0")).duplicate


# Time -----------------------------------------------------------------------------------------


async def test_what_has_expired_is_not_delivered(inbox: Inbox, clock: Clock) -> None:
    await inbox.push(TALK, "soon", ttl=10)
    await inbox.push(TALK, "later", id="1", ttl=20.5)
    await inbox.push(TALK, "last")
    clock.advance(10)
    assert texts(await inbox.read(TALK)) == ["later", "last"]
    clock.advance(10.5)
    assert texts(await inbox.read(TALK)) == ["last"]
    assert (await inbox.push(TALK, "later", id="1")).duplicate
    assert (await inbox.push(TALK, "new")).sequence == 4


async def test_what_has_expired_makes_room(inbox: Inbox, clock: Clock) -> None:
    for _ in range(MAX_MESSAGES):
        await inbox.push(TALK, "a", ttl=5)
    clock.advance(5)
    assert (await inbox.push(TALK, "b")).sequence == MAX_MESSAGES + 1


async def test_an_inbox_that_nobody_writes_to_is_collected(
    inbox: Inbox, memory: MemoryState, clock: Clock
) -> None:
    await inbox.push(TALK, "a")
    assert [entry.key for entry in memory.scan()] == [f"inbox:{TALK}"]
    clock.advance(KEPT_SECONDS)
    assert await inbox.read(TALK) == []
    assert memory.purge(10) == 1
    assert memory.scan() == []


# Bounds ---------------------------------------------------------------------------------------


async def test_so_many_messages_wait_and_no_more(inbox: Inbox) -> None:
    for number in range(MAX_MESSAGES):
        await inbox.push(TALK, "a", id=f"{number}")
    with pytest.raises(InboxFull, match="100 messages wait") as caught:
        await inbox.push(TALK, "b")
    assert isinstance(caught.value, StateError)
    assert caught.value.applied is False
    assert (await inbox.push(TALK, "a", id="7")).duplicate
    await inbox.push("talk-2", "a")
    messages = await inbox.read(TALK)
    assert len(messages) == MAX_MESSAGES
    await inbox.read(TALK, messages[0].cursor)
    assert (await inbox.push(TALK, "b")).sequence == MAX_MESSAGES + 1


async def test_so_many_bytes_wait_and_no_more(inbox: Inbox) -> None:
    half = "é" * (MAX_MESSAGES_BYTES // 4 - 100)
    await inbox.push(TALK, half)
    await inbox.push(TALK, half)
    with pytest.raises(InboxFull, match=f"of {MAX_MESSAGES_BYTES} bytes"):
        await inbox.push(TALK, "x" * 1_000)
    await inbox.push(TALK, "x" * 100)


async def test_a_message_that_never_fits_is_said_to_be_too_large(inbox: Inbox) -> None:
    with pytest.raises(StateTooLarge, match=f"the limit is {MAX_MESSAGES_BYTES}"):
        await inbox.push(TALK, "x" * MAX_MESSAGES_BYTES)
    assert await inbox.read(TALK) == []


async def test_a_full_inbox_fits_a_manager_of_small_states(memory: MemoryState) -> None:
    inbox = Inbox(StateManager(memory, max_bytes=100))
    for _ in range(MAX_MESSAGES):
        await inbox.push(TALK, "\x01" * 80)
    assert len(await inbox.read(TALK)) == MAX_MESSAGES


# Arguments ------------------------------------------------------------------------------------

IDS: list[Any] = ["", "x" * 129, "a\n", "\x00", "\x85", "\ud800", 5, b"1", ["1"], True]
TEXTS: list[Any] = ["", "  \n", None, 5, b"text", ["a"], "\ud800"]
CONVERSATIONS: list[Any] = ["", "x" * 257, "a\x00b", "\ud800", None, 5, b"talk"]
ROLES: list[Any] = ["", "User", "admin", "tool", None, 5, ["user"]]
TTLS: list[Any] = [0, -1, float("nan"), float("inf"), KEPT_SECONDS + 1, "5", None, [5], True]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        *(({"id": each}, StateEncoding) for each in IDS),
        *(({"text": each}, StateEncoding) for each in TEXTS),
        *(({"conversation_id": each}, StateEncoding) for each in CONVERSATIONS),
        *(({"role": each}, DefinitionError) for each in ROLES),
        *(({"ttl": each}, DefinitionError) for each in TTLS),
    ],
    ids=repr,
)
async def test_an_argument_that_is_wrong_is_refused(
    options: dict[str, Any], error: type[Exception], inbox: Inbox, memory: MemoryState
) -> None:
    given = {"conversation_id": TALK, "text": "Hello.", **options}
    with pytest.raises(error) as caught:
        await inbox.push(**given)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(error):
        inbox.push_blocking(**given)
    assert memory.scan() == []


@pytest.mark.parametrize(
    "odd", ["/", "..", "a:b", "inbox:x", "🫖", "a b", "\u2028x", "%00", "x" * 256, "' OR 1=1 --"]
)
async def test_odd_ids_and_texts_are_kept_as_they_are(odd: str, inbox: Inbox) -> None:
    await inbox.push(odd, odd, id=odd[:128])
    [message] = await inbox.read(odd)
    assert (message.id, message.text) == (odd[:128], odd)
    assert await inbox.read(TALK) == []


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_reading_an_odd_conversation_is_refused(conversation: Any, inbox: Inbox) -> None:
    with pytest.raises(StateEncoding):
        await inbox.read(conversation)


# What went out --------------------------------------------------------------------------------


async def test_what_went_out_has_arrived(inbox: Inbox) -> None:
    messages = await filled(inbox, "a", "b")
    await inbox.push(TALK, "c")
    await inbox.settle(TALK, messages[-1].cursor, sent=True)
    assert texts(await inbox.read(TALK)) == ["c"]


async def test_what_did_not_go_out_waits_on(inbox: Inbox) -> None:
    messages = await filled(inbox, "a", "b")
    await inbox.settle(TALK, messages[-1].cursor, sent=False)
    assert await inbox.read(TALK) == messages


async def test_who_gives_cursors_back_gets_a_message_four_times_at_most(inbox: Inbox) -> None:
    await inbox.push(TALK, "a")
    heard = [await went_out(inbox)]
    await inbox.push(TALK, "b")
    heard += [await went_out(inbox) for _ in range(8)]
    assert heard == [["a"], *[["a", "b"]] * 3, *[["b"]] * 4, []]


async def test_an_answer_whose_messages_were_covered_meanwhile_counts_for_nothing(
    inbox: Inbox, memory: MemoryState
) -> None:
    messages = await filled(inbox, "a", "b")
    await inbox.read(TALK, messages[0].cursor)
    [before] = memory.scan()
    await inbox.settle(TALK, messages[0].cursor, sent=True, gives_back=True)
    assert memory.scan() == [before]


async def test_a_cursor_starts_the_count_anew(inbox: Inbox) -> None:
    [first] = await filled(inbox, "a")
    heard = [await went_out(inbox) for _ in range(3)]
    await inbox.push(TALK, "b")
    await inbox.read(TALK, first.cursor)
    heard += [await went_out(inbox) for _ in range(5)]
    assert heard == [*[["a"]] * 3, *[["b"]] * 4, []]


async def went_out(inbox: Inbox) -> list[str]:
    """Send what waits to somebody who gives cursors back, but not this time."""
    messages = await inbox.read(TALK)
    for message in messages[-1:]:
        await inbox.settle(TALK, message.cursor, sent=True, gives_back=True)
    return texts(messages)


async def test_what_is_known_to_have_gone_out_is_noted_once(
    inbox: Inbox, memory: MemoryState
) -> None:
    [message] = await filled(inbox, "a")
    await inbox.settle(TALK, message.cursor, sent=True)
    [before] = memory.scan()
    await inbox.settle(TALK, message.cursor, sent=True)
    await inbox.settle("nobody", message.cursor, sent=True)
    assert memory.scan() == [before]


async def test_a_store_that_cannot_note_it_delivers_again(memory: MemoryState) -> None:
    def losing() -> None:
        raise StateConflict("others keep winning")

    [message] = await filled(Inbox(StateManager(memory)), "a")
    seconds = count(step=20)
    behind = Inbox(StateManager(racing(memory, losing), clock=lambda: next(seconds)))
    await behind.settle(TALK, message.cursor, sent=True)
    assert await behind.read(TALK) == [message]


# Processes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_many_producers_at_once_lose_nothing(
    library: str, memory: MemoryState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> list[Message]:
        inbox = Inbox(StateManager(NetworkState(memory), clock=lambda: 0.0))

        async def produce(name: str) -> None:
            for number in range(5):
                await inbox.push(TALK, f"{name}{number}")

        async with anyio.create_task_group() as group:
            for name in "abcdefgh":
                group.start_soon(produce, name)
        return await inbox.read(TALK)

    monkeypatch.setattr("agentkit.state.writing._random", lambda: 0.0)
    messages = anyio.run(run, backend=library)
    assert [message.sequence for message in messages] == [*range(1, 41)]
    for name in "abcdefgh":
        assert [text for text in texts(messages) if text[0] == name] == [
            f"{name}{number}" for number in range(5)
        ]


async def test_a_push_whose_reply_was_lost_is_there_once(memory: MemoryState) -> None:
    inbox = Inbox(StateManager(NetworkState(memory, lost_replies=3), clock=lambda: 0.0))
    assert await inbox.push(TALK, "a") == Receipt((await inbox.read(TALK))[0].id, 1)
    assert texts(await inbox.read(TALK)) == ["a"]


async def test_a_push_that_the_store_forgot_that_it_made_is_there_once(
    memory: MemoryState,
) -> None:
    """A lost reply, and then so many writes of others that the write id is forgotten."""
    sneaked: list[str] = []

    def sneak() -> None:
        if memory.get(f"inbox:{TALK}") and not sneaked:
            sneaked.append("others")
            others = Inbox(StateManager(memory))
            for number in range(20):
                others.push_blocking(TALK, f"other {number}")

    store = NetworkState(racing(memory, sneak), lost_replies=1)  # type: ignore[arg-type]
    receipt = await Inbox(StateManager(store, clock=lambda: 0.0)).push(TALK, "mine")
    assert sneaked == ["others"]
    assert receipt.sequence == 1
    assert texts(await Inbox(StateManager(memory)).read(TALK)).count("mine") == 1


async def test_plain_code_pushes_as_well(inbox: Inbox) -> None:
    assert inbox.push_blocking(TALK, "a", role="system", id="1") == Receipt("1", 1)
    pushed = await to_thread.run_sync(lambda: inbox.push_blocking(TALK, "b", ttl=5))
    assert pushed.sequence == 2
    assert [message.role for message in await inbox.read(TALK)] == ["system", "user"]


@pytest.mark.parametrize(
    "stored",
    [{}, {"tag": 5}, {"tag": "t", "letters": [["a"]]}, {"tag": "t", "known": 5}],
)
async def test_a_box_that_cannot_be_read_is_corrupt(
    stored: dict[str, Any], memory: MemoryState
) -> None:
    manager = StateManager(memory)
    manager.scoped("inbox").set_state(TALK, stored)
    for attempt in (Inbox(manager).read(TALK), Inbox(manager).push(TALK, "a")):
        with pytest.raises(StateCorrupt, match="no box of messages"):
            await attempt


def test_a_process_that_only_pushes_needs_no_agent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    Inbox(StateManager(open_url(url))).push_blocking(TALK, "a")
    agent = AgentBase("desk", state_manager=url)

    async def read() -> list[Message]:
        messages = await agent.inbox.read(TALK)
        await agent.states.close()
        return messages

    assert texts(anyio.run(read)) == ["a"]


async def test_an_agent_has_the_inboxes_of_its_store(clock: Clock) -> None:
    manager = StateManager(MemoryState())
    one, two = (AgentBase(name, state_manager=manager, clock=clock) for name in ("one", "two"))
    await one.inbox.push(TALK, "a", ttl=10)
    assert texts(await two.inbox.read(TALK)) == ["a"]
    clock.advance(10)
    assert await one.inbox.read(TALK) == []
