"""Functions that the platform calls by itself, and the debug webhook."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.webhook import Answer
from tests.loopback.ai.wires import CALL, JSON, Stage, function, started, verb

DEBUG = "https://debug.example.com"
DOCUMENT: JSON = {"version": "1.0.0", "sections": {"main": []}}


def actions(session: AISession) -> list[str]:
    return [each["action"] for each in session.room.logs.call if "action" in each]


# Hooks -------------------------------------------------------------------------------------


async def test_the_startup_hook_joins_the_prompt() -> None:
    session, stage = await started(
        verb(function("startup_hook")), {"startup_hook": {"response": "The caller is Ada."}}
    )
    assert [each.content for each in session.messages()] == ["Be kind.", "The caller is Ada."]
    assert actions(session) == ["session_start", "startup_hook"]
    [body] = stage.wire.calls("startup_hook")
    assert body["argument"] == {"parsed": [{}], "raw": "{}"}
    assert body["channel_active"] is True
    assert session.room.logs.swaig[0]["active_count"] == 0


async def test_actions_of_the_startup_hook_run() -> None:
    ai = verb(function("startup_hook"))
    steps = [{"name": name, "text": f"Do {name}."} for name in "ab"]
    ai["prompt"]["contexts"] = {"default": {"steps": steps}}
    answer = {"action": [{"change_step": "b"}, {"set_global_data": {"a": 1}}]}
    session, _ = await started(ai, {"startup_hook": answer})
    assert session.step == "b"
    assert session.global_data["a"] == 1
    assert session.messages()[-1].content.startswith("Do b.")


async def test_a_startup_hook_that_fails_is_logged() -> None:
    session, _ = await started(verb(function("startup_hook")), {"startup_hook": Answer(500, b"")})
    assert len(session.messages()) == 1
    [entry] = [each for each in session.room.logs.call if each.get("action") == "startup_hook"]
    assert entry["metadata"]["error"] == "http_500"
    assert entry["metadata"]["success"] is False


async def test_the_hangup_hook_runs_at_the_end() -> None:
    answer = {"response": "Bye.", "action": [{"set_global_data": {"a": 1}}]}
    session, stage = await started(verb(function("hangup_hook")), {"hangup_hook": answer})
    await session.end("hangup")
    [body] = stage.wire.calls("hangup_hook")
    assert body["channel_active"] is False
    assert "fatal_error" not in body
    assert "a" not in session.global_data
    assert [each.kind for each in stage.wire.sent] == ["hook", "post_prompt"]


async def test_the_channel_is_still_there_when_the_call_goes_on() -> None:
    session, stage = await started(verb(function("hangup_hook")))
    session.ended = "stop"
    await session.end("stop")
    assert stage.wire.calls("hangup_hook")[0]["channel_active"] is True


@pytest.mark.parametrize("reason", ["llm_fatal", "token_exhaustion", "llm_max_retries"])
async def test_after_a_fatal_error_the_hangup_hook_may_move_the_call(reason: str) -> None:
    answer = {"action": [{"say": "Hm"}, {"transfer": True, "SWML": DOCUMENT}]}
    session, stage = await started(verb(function("hangup_hook")), {"hangup_hook": answer})
    await session.end(reason)
    [body] = stage.wire.calls("hangup_hook")
    assert (body["fatal_error"], body["error_reason"]) == (True, reason)
    assert (session.ended, session.moves_to) == ("transfer", DOCUMENT)
    assert session.result["ai_result"] == "failed"
    assert stage.texts("action") == ["SWML"]
    assert stage.texts("platform") == []


async def test_after_a_fatal_error_the_call_is_dropped_otherwise() -> None:
    session, stage = await started(verb(function("hangup_hook")))
    await session.end("llm_fatal")
    assert session.ended == "llm_fatal"
    assert stage.summary()["SWMLVars"]["ai_result"] == "failed"


async def test_a_summary_may_go_to_a_function() -> None:
    ai = verb(function("summarize_conversation"), post_prompt={"text": "Sum up."})
    session, stage = await started(ai, {"summarize_conversation": {"response": "Kept."}})
    await session.end("hangup", {"summary": "All well."})
    [body] = stage.wire.calls("summarize_conversation")
    assert body["argument"]["parsed"] == [{"summary": "All well."}]
    text = "The summarize_conversation function was executed."
    assert stage.summary()["post_prompt_data"] == {"parsed": [], "raw": text, "substituted": text}


async def test_a_model_that_sums_up_in_prose_has_not_called_the_function() -> None:
    ai = verb(function("summarize_conversation"), post_prompt={"text": "Sum up."})
    session, stage = await started(ai)
    await session.end("hangup", "All well.")
    assert stage.wire.calls("summarize_conversation") == []
    assert stage.summary()["post_prompt_data"]["raw"] == "All well."
    assert actions(session)[-1] == "summarize_start"


async def test_without_a_summary_the_function_is_called_without_arguments() -> None:
    ai = verb(function("summarize_conversation"), post_prompt={"text": "Sum up."})
    session, stage = await started(ai)
    await session.end()
    assert stage.wire.calls("summarize_conversation")[0]["argument"]["parsed"] == [{}]


async def test_without_a_post_prompt_nothing_is_summed_up() -> None:
    session, stage = await started(verb(function("summarize_conversation")))
    await session.end("hangup", {"a": 1})
    assert stage.wire.calls("summarize_conversation") == []
    assert stage.summary()["post_prompt_data"]["parsed"] == [{"a": 1}]


# Conversations -----------------------------------------------------------------------------


async def resuming(answer: Any, **params: Any) -> tuple[AISession, Stage]:
    given = {"conversation_id": "c7", "save_conversation": True, **params}
    ai = verb(params=given, post_prompt_auth_user="u", post_prompt_auth_password="p")
    return await started(ai, {"post_prompt": answer})


async def test_an_earlier_conversation_is_fetched() -> None:
    session, stage = await resuming({"conversation_summary": "Ada likes tea.", "response": "ok"})
    [body] = stage.wire.bodies("post_prompt")
    assert body["action"] == "fetch_conversation"
    assert body["content_disposition"] == "agent.load_conversation"
    assert body["conversation_id"] == "c7"
    assert body.keys().isdisjoint({"call_log", "post_prompt_data", "swaig_log", "global_data"})
    assert stage.wire.sent[0].auth == ("u", "p")
    assert "Ada likes tea." in session.messages()[-1].content
    await session.end("hangup", "She had tea.")
    assert stage.summary()["conversation_summary"] == "She had tea."
    assert stage.summary()["action"] == "post_conversation"


@pytest.mark.parametrize(
    ("answer", "warnings"),
    [
        ({}, 0),
        ({"conversation_summary": ""}, 0),
        ({"conversation_summary": 7}, 1),
        ([], 1),
        (Answer(200, b"no"), 1),
        (Answer(500, b""), 1),
        (Answer(0, error="timeout"), 1),
    ],
)
async def test_a_conversation_that_is_not_found_begins_anew(answer: Any, warnings: int) -> None:
    session, stage = await resuming(answer)
    assert len(session.messages()) == 1
    assert len(stage.texts("warning")) == warnings


@pytest.mark.parametrize("params", [{"conversation_id": ""}, {"save_conversation": False}])
async def test_a_conversation_is_fetched_only_when_it_is_saved(params: JSON) -> None:
    session, stage = await resuming({}, **params)
    assert stage.wire.sent == []
    await session.end("hangup", "Over.")
    assert "conversation_summary" not in stage.summary()


# Debug -------------------------------------------------------------------------------------


async def lively(level: Any) -> Stage:
    """A session in which much happens."""
    gather = {"questions": [{"key": "n", "question": "N?"}, {"key": "m", "question": "M?"}],
              "completion_action": "next_step", "output_key": "k"}  # fmt: skip
    steps = [
        {"name": "a", "text": "A."},
        {"name": "b", "text": "B.", "gather_info": gather},
        {"name": "c", "text": "C.", "valid_contexts": ["x"], "reset": {"consolidate": True}},
    ]
    weather = function("weather", data_map={"webhooks": [
        {"url": "https://w.example.com", "error_keys": ["error"], "output": {"response": "Sun"}}],
        "output": {"response": "Rain"}})  # fmt: skip
    ai = verb(function("startup_hook"), function("hangup_hook"), function("act"), function("bad"),
              weather, function("summarize_conversation"), post_prompt={"text": "Sum up."},
              languages=[{"name": "E", "code": "en-US", "voice": "azure.Ava",
                          "function_fillers": ["Hm"]}],
              params={"debug_webhook_url": DEBUG, "debug_webhook_level": level})  # fmt: skip
    contexts = {"default": {"steps": steps}, "x": {"steps": [{"name": "d", "text": "D."}]}}
    ai["prompt"]["contexts"] = contexts
    answers = {"act": {"response": "Ok", "action": [{"hold": 1}, {"context_switch": "New."}]},
               "bad": Answer(503, b"Down", attempts=4), "datamap": {"error": 1}}  # fmt: skip
    session, stage = await started(ai, answers)
    await session.say("Hello")
    await session.hear("Hi")
    for name in ("act", "bad", "weather"):
        await session.call_tool(name, {})
    await session.pass_time(20)
    await session.call_tool("next_step", {})
    await session.call_tool("gather_submit", {})
    await session.call_tool("gather_submit", {"answer": "1"})
    await session.call_tool("gather_submit", {"answer": "2"})
    await session.call_tool("change_context", {})
    await session.end("llm_fatal", {"summary": "x"})
    return stage


def events(stage: Stage) -> list[str]:
    return [key for body in stage.wire.bodies("debug") for key in body if key != "call_info"]


async def test_events_are_posted_to_the_debug_webhook() -> None:
    stage = await lively(1)
    assert set(events(stage)) == {
        "session_start", "session_end", "startup_hook", "hangup_hook", "speech_detect",
        "ai_completion", "filler", "attention_timeout", "hold", "function_call", "swaig_call",
        "process_action", "webhook", "error_keys", "output", "webhook_log", "webhook_reply",
        "webhook_fail", "step_change", "context_change", "context_switch_data", "gather_start",
        "gather_question", "gather_answer", "gather_reject", "gather_complete", "consolidation",
        "summarize_start", "post_prompt",
    }  # fmt: skip
    body = stage.wire.bodies("debug")[0]
    assert body["call_info"]["call_id"] == CALL["call_id"]
    assert body["call_info"]["content_disposition"] == "post_data"
    assert stage.texts("event") == events(stage)


async def test_the_second_level_tells_of_the_conversation() -> None:
    first, second = await lively(1), await lively("2")
    more = {"conversation_add", "llm_request", "llm_response"}
    assert set(events(second)) ^ set(events(first)) == more


@pytest.mark.parametrize("params", [{}, {"debug_webhook_url": DEBUG, "debug_webhook_level": 0}])
async def test_without_a_url_or_a_level_nothing_is_posted(params: JSON) -> None:
    session, stage = await started(verb(params=params))
    await session.say("Hello")
    assert stage.wire.bodies("debug") == []
    assert stage.texts("event") == []
