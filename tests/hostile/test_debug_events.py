"""Debug events of any shape are taken; nothing else is, and handlers that fail are only logged."""

from typing import Any

import pytest

from agentkit import AgentBase
from agentkit.operations import debug
from tests.hostile.agents import CALL_ID, FORBIDDEN, Dialled, dial, plain, table, target
from tests.hostile.doors import Door, Told, post, refused
from tests.hostile.failing import FAILING, Hook, one_traceback

JSON = dict[str, Any]
TAKEN = Told(200, {"status": "ok"})
DEBUG = "/agent/debug_events"


def listening(seen: list[str]) -> AgentBase:
    agent = plain().enable_debug_events(2)
    agent.on_debug_event(lambda event: seen.append(event.name))
    return agent


def url_of(dialled: Dialled) -> str:
    return target(dialled.ai["params"]["debug_webhook_url"])


STRANGE: dict[str, tuple[JSON, str]] = {
    "empty": ({}, "unknown"),
    "only the call": ({"call_info": {}}, "unknown"),
    "info that is a list": ({"call_info": [], "barge": {}}, "barge"),
    "an event that is a list": ({"barge": [1]}, "barge"),
    "an event that is null": ({"webhook_reply": None}, "webhook_reply"),
    "a label": ({"label": "hold"}, "hold"),
    "a label that is a number": ({"label": 5}, "label"),
    "a name with a newline": ({"a\nINFO forged": {}}, "a\nINFO forged"),
    "a very large event": ({"llm_request": {"messages": "x" * 3_000_000}}, "llm_request"),
    "ids that are numbers": ({"call_info": {"call_id": 5}, "call_id": [], "barge": {}}, "barge"),
}


@table(STRANGE)
async def test_a_strange_event_is_heard(case: tuple[JSON, str], door: Door) -> None:
    body, name = case
    seen: list[str] = []
    door.app = listening(seen)
    dialled = await dial(door, call_id=None)

    assert await door.send(post(url_of(dialled), body)) == TAKEN
    assert seen == [name]


NO_EVENTS: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "a number": (b"5", 400),
    "null": (b"null", 400),
    "not UTF-8": (b'{"a": "\xff"}', 400),
    "very deep": (b'{"a":' * 100 + b"1" + b"}" * 100, 400),
    "a huge number": (b'{"a": 1e999}', 400),
    "empty": (b"", 400),
}


@table(NO_EVENTS)
async def test_what_is_no_event_is_refused(case: tuple[bytes, int], door: Door) -> None:
    body, status = case
    seen: list[str] = []
    door.app = listening(seen)
    dialled = await dial(door, call_id=None)

    answer = await door.send(post(url_of(dialled), body))

    assert (answer.status, list(answer.data)) == (status, ["error"])
    assert seen == []


async def test_an_event_needs_the_token_of_its_call_and_purpose(door: Door) -> None:
    seen: list[str] = []
    door.app = agent = listening(seen)
    agent.set_post_prompt("Sum up.")
    dialled = await dial(door)
    query = dialled.post_prompt.partition("?")[2]
    mine = {"call_info": {"call_id": CALL_ID}, "barge": {}}
    others = {"call_info": {"call_id": "call-2"}, "barge": {}}

    assert await door.send(post(DEBUG, mine)) == refused(403, FORBIDDEN)
    assert await door.send(post(f"{DEBUG}?{query}", mine)) == refused(403, FORBIDDEN)
    assert await door.send(post(url_of(dialled), others)) == refused(403, FORBIDDEN)
    assert await door.send(post(url_of(dialled), {"barge": {}})) == refused(403, FORBIDDEN)
    assert seen == []
    assert await door.send(post(url_of(dialled), mine)) == TAKEN
    assert seen == ["barge"]


@table(FAILING)
async def test_a_handler_that_fails_is_told_in_the_log(
    case: Hook, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debug, "DEBUG_SECONDS", 0.1)
    agent = plain().enable_debug_events()
    agent.on_debug_event(lambda event: case())
    door.app = agent
    dialled = await dial(door)

    body = {"call_info": {"call_id": CALL_ID}, "barge": {}}
    assert await door.send(post(url_of(dialled), body)) == TAKEN
    one_traceback("debug_handler_failed")
