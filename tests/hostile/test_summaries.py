"""Hooks for summaries and input that fail are told in the log, never as 5xx (D9, D11)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase
from tests.hostile.agents import AUTH, CALL_ID, CHECK_FOR_INPUT, dial, plain, table
from tests.hostile.canaries import SECRET
from tests.hostile.doors import Door, Told, get, post, refused
from tests.hostile.failing import (
    FAILING,
    JSON,
    NO_DOCUMENT,
    Hook,
    Hooked,
    deep,
    one_traceback,
    raising,
)


@table(FAILING)
async def test_a_summary_hook_that_fails_is_told_in_the_log_and_not_as_5xx(
    case: Hook, door: Door, hurry: Callable[[], None]
) -> None:
    door.app = agent = Hooked(lambda: None)
    dialled = await dial(door)
    agent.hook = case
    hurry()

    answer = await door.send(post(dialled.post_prompt, {"call_id": CALL_ID, "summary": "x"}))

    assert answer == Told(200, {"success": False, "error_id": answer.data["error_id"]})
    assert re.fullmatch("E-[0-9a-f]{8}", answer.data["error_id"])
    one_traceback("summary_failed")


@table(NO_DOCUMENT)
async def test_what_a_summary_hook_returns_does_not_matter(case: Hook, door: Door) -> None:
    door.app = agent = Hooked(lambda: None)
    dialled = await dial(door)
    agent.hook = case

    answer = await door.send(post(dialled.post_prompt, {"call_id": CALL_ID}))

    assert answer == Told(200, {"success": True})


SUMMARIES: dict[str, tuple[JSON, Any]] = {
    "nothing": ({}, None),
    "null": ({"post_prompt_data": None}, None),
    "a number": ({"post_prompt_data": 5}, 5),
    "parsed is no list": ({"post_prompt_data": {"parsed": {"a": 1}, "raw": ""}}, None),
    "raw is no text": ({"post_prompt_data": {"raw": 5}}, None),
    "raw is very deep": ({"post_prompt_data": {"raw": "[" * 5_000}}, "[" * 5_000),
    "raw is a fence": ({"post_prompt_data": {"raw": "```"}}, "```"),
    "raw is NaN": ({"post_prompt_data": {"raw": "NaN"}}, "NaN"),
    "an odd conversation": ({"conversation_id": 5, "summary": "x"}, "x"),
    "a conversation with control characters": ({"conversation_id": "\x85", "summary": "x"}, "x"),
    "a very long conversation": (
        {"conversation_id": "c" * 300, "conversation_summary": "x", "summary": "x"},
        "x",
    ),
    "a very large conversation summary": (
        {"conversation_id": "c", "conversation_summary": "x" * 3_000_000, "summary": "x"},
        "x",
    ),
    "a conversation summary that is no text": (
        {"conversation_id": "c", "conversation_summary": [1], "summary": "x"},
        "x",
    ),
}


@table(SUMMARIES)
async def test_a_strange_summary_is_heard(case: tuple[JSON, Any], door: Door) -> None:
    class Listening(AgentBase):
        def on_summary(self, summary: Any, raw_data: Any = None) -> None:
            heard.append(summary)

    body, summary = case
    heard: list[Any] = []
    door.app = Listening("canary", "/agent", basic_auth=AUTH, secret=SECRET).set_post_prompt("x")
    dialled = await dial(door)

    answer = await door.send(post(dialled.post_prompt, {"call_id": CALL_ID, **body}))

    assert (answer, heard) == (Told(200, {"success": True}), [summary])


@pytest.mark.parametrize("action", ["stop", "", 5, [], {}])
async def test_an_unknown_action_is_no_summary(action: object, door: Door) -> None:
    door.app = agent = Hooked(lambda: None)
    dialled = await dial(door)
    agent.hook = raising

    answer = await door.send(post(dialled.post_prompt, {"call_id": CALL_ID, "action": action}))

    assert answer == Told(200, {"success": True})


UNTELLABLE: dict[str, Hook] = {
    "an object": object,
    "a lone surrogate": lambda: {"a": "\ud800"},
    "a very deep list": deep,
    "a generator": lambda: (x for x in "ab"),
}


@table({**FAILING, **UNTELLABLE})
async def test_an_input_hook_that_fails_is_told_in_the_log_and_not_as_5xx(
    case: Hook, door: Door, hurry: Callable[[], None]
) -> None:
    door.app = Hooked(case)
    hurry()

    answer = await door.send(post(CHECK_FOR_INPUT, {"conversation_id": "c"}))

    assert answer == Told(200, {"status": "error", "error_id": answer.data["error_id"]})
    assert re.fullmatch("E-[0-9a-f]{8}", answer.data["error_id"])
    one_traceback("check_for_input_failed")


CONVERSATION = "conversation_id must be text of at most 256 characters, no control characters"
BAD_CONVERSATIONS: dict[str, tuple[object, str]] = {
    "missing": (None, "conversation_id is missing"),
    "empty": ("", "conversation_id is missing"),
    "a number": (5, CONVERSATION),
    "a list": (["c"], CONVERSATION),
    "long": ("c" * 257, CONVERSATION),
    "a newline": ("c\n", CONVERSATION),
}


@table(BAD_CONVERSATIONS)
async def test_a_question_about_no_conversation_is_refused(
    case: tuple[object, str], door: Door
) -> None:
    given, error = case
    door.app = plain()

    assert await door.send(post(CHECK_FOR_INPUT, {"conversation_id": given})) == refused(400, error)


async def test_a_question_by_get_about_no_conversation_is_refused(door: Door) -> None:
    door.app = plain()
    missing = refused(400, "conversation_id is missing")

    assert await door.send(get(CHECK_FOR_INPUT)) == missing
    assert await door.send(get(f"{CHECK_FOR_INPUT}?conversation_id=")) == missing
    assert await door.send(get(f"{CHECK_FOR_INPUT}?conversation_id=a%00")) == refused(
        400, CONVERSATION
    )
