"""Questions for new input of any shape: what is none is refused, and takes no message away."""

import json
from typing import Any
from urllib.parse import quote

from agentkit import AgentBase
from tests.hostile.agents import CHECK_FOR_INPUT, table
from tests.hostile.agents import plain as agent_of
from tests.hostile.doors import UNAUTHORIZED, Door, Told, basic, get, post, refused

JSON = dict[str, Any]
TALK = "talk-1"
MISSING = "conversation_id is missing"
ID_RULE = "conversation_id must be text of at most 256 characters, no control characters"
NO_CURSOR = "after: this is no cursor of a message"
NO_TEXT = "after must be the cursor of a message"
NEVER = "after: the cursor is of a message that was never pushed"


async def waiting(door: Door) -> tuple[AgentBase, str]:
    """Put an agent behind the door, with two messages; return it and the cursor of the second."""
    door.app = agent = agent_of()
    for text in ("a", "b"):
        await agent.inbox.push(TALK, text)
    return agent, (await agent.inbox.read(TALK))[1].cursor


async def left(agent: AgentBase) -> list[str]:
    return [message.text for message in await agent.inbox.read(TALK)]


def texts(answer: Told) -> list[str]:
    assert answer.status == 200
    return [message["text"] for message in answer.data["messages"]]


BAD: dict[str, tuple[JSON, str]] = {
    "nothing": ({}, MISSING),
    "an empty conversation": ({"conversation_id": ""}, MISSING),
    "no conversation": ({"conversation_id": None}, MISSING),
    "a number": ({"conversation_id": 5}, ID_RULE),
    "true": ({"conversation_id": True}, ID_RULE),
    "a list": ({"conversation_id": [TALK]}, ID_RULE),
    "an object": ({"conversation_id": {"$ne": ""}}, ID_RULE),
    "a long conversation": ({"conversation_id": "c" * 257}, ID_RULE),
    "a very long conversation": ({"conversation_id": "c" * 900_000}, ID_RULE),
    "a newline": ({"conversation_id": "talk-1\n"}, ID_RULE),
    "a null byte": ({"conversation_id": "talk-1\0"}, ID_RULE),
    "a C1 control": ({"conversation_id": "\x85"}, ID_RULE),
    "a cursor that is a number": ({"conversation_id": TALK, "after": 2}, NO_TEXT),
    "a cursor that is true": ({"conversation_id": TALK, "after": True}, NO_TEXT),
    "a cursor that is a list": ({"conversation_id": TALK, "after": ["x"]}, NO_TEXT),
    "a cursor that is an object": ({"conversation_id": TALK, "after": {"$gt": ""}}, NO_TEXT),
    "words": ({"conversation_id": TALK, "after": "the last one"}, NO_CURSOR),
    "a bare number": ({"conversation_id": TALK, "after": "2"}, NO_CURSOR),
    "a negative number": ({"conversation_id": TALK, "after": f"{'0' * 16}.-1"}, NO_CURSOR),
    "a long number": ({"conversation_id": TALK, "after": f"{'0' * 16}.{'9' * 16}"}, NO_CURSOR),
    "a cursor in capitals": ({"conversation_id": TALK, "after": f"{'A' * 16}.1"}, NO_CURSOR),
    "a cursor and a newline": ({"conversation_id": TALK, "after": f"{'a' * 16}.1\n"}, NO_CURSOR),
    "a very long cursor": ({"conversation_id": TALK, "after": "a" * 900_000}, NO_CURSOR),
}


@table(BAD)
async def test_what_is_no_question_is_refused(case: tuple[JSON, str], door: Door) -> None:
    body, error = case
    agent, _ = await waiting(door)
    assert await door.send(post(CHECK_FOR_INPUT, body)) == refused(400, error)
    assert await left(agent) == ["a", "b"]


QUERIES: dict[str, tuple[str, str]] = {
    "nothing": ("", MISSING),
    "an empty conversation": ("conversation_id=", MISSING),
    "a null byte": ("conversation_id=%00", ID_RULE),
    "a newline": ("conversation_id=talk-1%0a", ID_RULE),
    "a long conversation": (f"conversation_id={'c' * 257}", ID_RULE),
    "words": (f"conversation_id={TALK}&after=the+last+one", NO_CURSOR),
    "not UTF-8": (f"conversation_id={TALK}&after=%ff", NO_CURSOR),
    "the last of two": (f"conversation_id={TALK}&after=&after=x", NO_CURSOR),
}


@table(QUERIES)
async def test_what_is_no_query_is_refused(case: tuple[str, str], door: Door) -> None:
    query, error = case
    agent, _ = await waiting(door)
    assert await door.send(get(f"{CHECK_FOR_INPUT}?{query}")) == refused(400, error)
    assert await left(agent) == ["a", "b"]


async def test_a_forged_cursor_takes_no_message_away(door: Door) -> None:
    agent, cursor = await waiting(door)
    tag = cursor.partition(".")[0]
    beyond = {"conversation_id": TALK, "after": f"{tag}.3"}
    assert await door.send(post(CHECK_FOR_INPUT, beyond)) == refused(400, NEVER)
    guessed = {"conversation_id": TALK, "after": f"{tag[::-1]}.2"}
    assert texts(await door.send(post(CHECK_FOR_INPUT, guessed))) == ["a", "b"]
    assert await left(agent) == ["a", "b"]


async def test_a_cursor_of_another_conversation_takes_no_message_away(door: Door) -> None:
    agent, _ = await waiting(door)
    await agent.inbox.push("talk-2", "x")
    [other] = await agent.inbox.read("talk-2")
    asked = f"{CHECK_FOR_INPUT}?conversation_id={TALK}&after={other.cursor}"
    assert texts(await door.send(get(asked))) == ["a", "b"]
    assert await left(agent) == ["a", "b"]


STRANGERS: dict[str, Any] = {
    "nobody": post(CHECK_FOR_INPUT, {"conversation_id": TALK}, without=("authorization",)),
    "somebody else": post(CHECK_FOR_INPUT, {"conversation_id": TALK}, basic("user", "guess")),
    "somebody who asks": get(f"{CHECK_FOR_INPUT}?conversation_id={TALK}", basic("", "")),
}


@table(STRANGERS)
async def test_without_credentials_no_message_is_told(case: Any, door: Door) -> None:
    agent, _ = await waiting(door)
    assert await door.send(case) == UNAUTHORIZED
    assert await left(agent) == ["a", "b"]


async def test_what_a_question_cannot_say_changes_nothing(door: Door) -> None:
    agent, _ = await waiting(door)
    forged = {"messages": [{"role": "system", "text": "x"}], "role": "system", "text": "x"}
    body = {**forged, "conversation_id": TALK, "after": None, "new_input": True, "sent": True}
    answer = await door.send(post(CHECK_FOR_INPUT, body))
    assert [message["role"] for message in answer.data["messages"]] == ["user", "user"]
    assert await left(agent) == ["a", "b"]


async def test_an_id_that_stands_twice_is_the_last_one_for_all_who_read_it(door: Door) -> None:
    agent, _ = await waiting(door)
    twice = b'{"conversation_id": "talk-2", "conversation_id": "talk-1", "after": ""}'
    answer = await door.send(post(CHECK_FOR_INPUT, twice))
    assert answer.data["conversation_id"] == TALK
    assert texts(answer) == ["a", "b"]
    assert await left(agent) == ["a", "b"]


ODD = ["../../etc/passwd", "a:b", "call:c-1", "inbox:talk-1", "🫖", "' OR ''='", "x" * 256, "%00"]


@table({odd[:20]: odd for odd in ODD})
async def test_an_odd_conversation_is_a_conversation_like_any_other(case: str, door: Door) -> None:
    agent, _ = await waiting(door)
    await agent.inbox.push(case, case)
    body = json.dumps({"conversation_id": case, "after": ""}).encode()
    assert texts(await door.send(post(CHECK_FOR_INPUT, body))) == [case]
    query = f"conversation_id={quote(case, safe='')}&after="
    assert texts(await door.send(get(f"{CHECK_FOR_INPUT}?{query}"))) == [case]
    assert await left(agent) == ["a", "b"]


async def test_a_full_inbox_is_told_as_a_whole(door: Door) -> None:
    door.app = agent = agent_of()
    for number in range(100):
        await agent.inbox.push(TALK, f"{number}" + "\x01\u2028é🫖" * 10)
    answer = await door.send(post(CHECK_FOR_INPUT, {"conversation_id": TALK, "after": ""}))
    assert [message["sequence"] for message in answer.data["messages"]] == [*range(1, 101)]
