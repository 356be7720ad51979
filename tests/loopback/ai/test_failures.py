"""When a webhook fails the model is told a sentence, and the call goes on."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.answers import FAILED, MAX_BYTES
from agentkit.loopback.webhook import Answer
from tests.loopback.ai.wires import JSON, Stage, function, started, verb

DEBUG = "https://debug.example.com"


async def answered(answer: Any, **params: Any) -> tuple[AISession, Stage, Any]:
    session, stage = await started(verb(function("look"), params=params), {"look": answer})
    outcome = await session.call_tool("look", {"a": 1})
    return session, stage, outcome


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(404, b"{}"), "http_404"),
        (Answer(503, b"{}", attempts=4), "http_503"),
        (Answer(302, b""), "http_302"),
        (Answer(0, error="timeout", attempts=4), "timeout"),
        (Answer(0, error="connection"), "connection"),
        (Answer(200, b"<html>"), "not_json"),
        (Answer(200, b""), "not_json"),
        (Answer(200, b"\xff\xfe"), "not_json"),
        (Answer(200, b"[" * 100_000), "not_json"),
        (Answer(200, b"[1]"), "not_an_object"),
        (Answer(200, b'"text"'), "not_an_object"),
        (Answer(200, b"null"), "not_an_object"),
        (Answer(200, b" " * (MAX_BYTES + 1)), "too_long"),
    ],
)
async def test_the_model_is_told_that_it_failed(answer: Answer, error: str) -> None:
    session, _, outcome = await answered(answer)
    assert (outcome.response, outcome.error, outcome.status) == (FAILED, error, answer.status)
    assert session.messages()[-1].content == FAILED
    assert session.ended is None
    actions = [each["action"] for each in session.room.logs.call if "action" in each]
    assert actions == ["session_start", "function_call", "function_error"]
    assert "post_response" not in session.room.logs.swaig[0]
    await session.say("Sorry about that.")


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (Answer(503, b"Down", attempts=4), {"http_code": 503, "attempts": 4,
                                            "raw_response": "Down"}),
        (Answer(0, error="timeout"), {"http_code": 0, "curl_code": 28}),
        (Answer(0, error="strange"), {"http_code": 0, "curl_code": 0}),
        (Answer(200, b"<html>"), {"parse_error": True, "raw_response": "<html>"}),
    ],
)  # fmt: skip
async def test_the_debug_webhook_is_told_why(answer: Answer, parts: JSON) -> None:
    _, stage, _ = await answered(answer, debug_webhook_url=DEBUG)
    [told] = [body for body in stage.wire.bodies("debug") if "webhook_fail" in body]
    failure = told["webhook_fail"]
    assert parts.items() <= failure.items()
    assert failure["request_payload"]["function"] == "look"


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ({}, ""),
        ({"response": "Done."}, "Done."),
        ({"response": ""}, ""),
        ({"response": {"tool_result": "3", "tool_prompt": "Say it."}}, "3\nSay it."),
        ({"response": {"tool_result": "3"}}, "3"),
        ({"response": {"tool_result": 3}}, ""),
        ({"response": 7}, ""),
        ({"response": ["a"]}, ""),
        ({"response": None}, ""),
        ({"error": "x", "function": "look"}, ""),
        ({"response": "Done.", "action": None}, "Done."),
        ({"response": "Done.", "action": 7}, "Done."),
        ({"response": "Done.", "action": ["x", None, 7]}, "Done."),
        ({"response": "Done.", "post_process": "perhaps"}, "Done."),
    ],
)
async def test_answers_of_any_shape_are_read(answer: Any, response: str) -> None:
    _, _, outcome = await answered(answer)
    assert (outcome.response, outcome.error) == (response, "")


async def test_what_means_nothing_in_an_answer_is_noted() -> None:
    _, stage, _ = await answered({"error": "x"})
    assert stage.texts("warning") == ["look: 'error' in the answer means nothing to the platform"]
