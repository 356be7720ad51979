"""Summaries whose ids are odd are told once all the same; what cannot be read is refused."""

from typing import Any

from tests.hostile.agents import CALL_ID, Everything, dial, table
from tests.hostile.doors import Door, Told, post

JSON = dict[str, Any]

ODD_SESSIONS: dict[str, JSON] = {
    "no session": {},
    "null": {"ai_session_id": None},
    "a number": {"ai_session_id": 5},
    "a list": {"ai_session_id": ["s"]},
    "empty": {"ai_session_id": ""},
    "very long": {"ai_session_id": "s" * 100_000},
    "control characters": {"ai_session_id": "\x00\n"},
    "an odd start": {"ai_session_id": "s", "ai_start_date": [], "conversation_id": "c"},
    "a huge start": {"ai_start_date": 10**18, "conversation_summary": "x", "conversation_id": "c"},
}


@table(ODD_SESSIONS)
async def test_a_summary_of_an_odd_session_is_told_once(case: JSON, door: Door) -> None:
    door.app = agent = Everything()
    dialled = await dial(door)
    body = {"call_id": CALL_ID, "summary": "x", **case}

    answers = [await door.send(post(dialled.post_prompt, body)) for _ in range(2)]

    assert answers == [Told(200, {"success": True})] * 2
    assert agent.ran.count("on_summary") == 1


UNREADABLE: dict[str, bytes] = {
    "a huge number": b'{"call_id": "call-1", "summary": "x", "a": 1e999}',
    "a lone surrogate": b'{"call_id": "call-1", "ai_session_id": "\\ud800"}',
    "very deep": b'{"call_id": "call-1", "a":' + b"[" * 100 + b"]" * 100 + b"}",
}


@table(UNREADABLE)
async def test_a_summary_that_cannot_be_read_is_refused_and_not_remembered(
    case: bytes, door: Door
) -> None:
    door.app = agent = Everything()
    dialled = await dial(door)

    assert (await door.send(post(dialled.post_prompt, case))).status == 400
    assert agent.ran.count("on_summary") == 0
    good = await door.send(post(dialled.post_prompt, {"call_id": CALL_ID, "summary": "x"}))
    assert good == Told(200, {"success": True})
    assert agent.ran.count("on_summary") == 1
