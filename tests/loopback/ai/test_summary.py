"""The end of a session and what is posted then."""

from typing import Any

import pytest

from agentkit.errors import AgentKitError
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Answer
from tests.loopback.ai.wires import CALL, POST_URL, function, started, verb


@pytest.mark.parametrize(
    ("summary", "data"),
    [
        ({"seats": 2}, {"parsed": [{"seats": 2}], "raw": '{"seats":2}'}),
        ("Two seats.", {"parsed": [], "raw": "Two seats.", "substituted": "Two seats."}),
        ('{"seats": 2}', {"parsed": [{"seats": 2}], "raw": '{"seats": 2}'}),
        ('So: {"seats":2} ok', {"parsed": [{"seats": 2}], "raw": 'So: {"seats":2} ok',
                                "substituted": "So:  ok"}),
        (None, {"parsed": [], "raw": "", "substituted": ""}),
    ],
)  # fmt: skip
async def test_the_summary_is_read_from_the_models_text(summary: Any, data: Any) -> None:
    session, stage = await started(verb(post_prompt={"text": "Sum up."}))
    await session.end("hangup", summary)
    assert stage.summary()["post_prompt_data"] == data
    assert stage.summary()["call_log"][-1]["content"] == data["raw"]


@pytest.mark.parametrize("summary", [7, ["a"], {"a": object()}, {"a": 1j}, b"x"])
async def test_a_summary_that_is_none_is_refused(summary: Any) -> None:
    session, _ = await started(verb())
    with pytest.raises(CallError, match="summary"):
        await session.end("hangup", summary)
    assert session.ended is None


async def test_the_answer_comes_back() -> None:
    session, stage = await started(verb(), {POST_URL: Answer(418, b"")})
    answer = await session.end()
    assert answer is not None
    assert answer.status == 418
    assert stage.wire.sent[-1].kind == "post_prompt"


async def test_without_a_url_nothing_is_posted() -> None:
    ai = verb()
    del ai["post_prompt_url"]
    session, stage = await started(ai)
    assert await session.end() is None
    assert stage.wire.sent == []


@pytest.mark.parametrize(
    ("ended", "reason", "who", "said"),
    [
        (None, "hangup", "user", "by the user"),
        ("hangup", "hangup", "system", "by the assistant"),
        (None, "stop", "system", "by the assistant"),
        ("transfer", "hangup", "system", "by the assistant"),
    ],
)
async def test_the_logs_tell_who_ended_it(ended: Any, reason: str, who: str, said: str) -> None:
    session, stage = await started(verb())
    session.ended = ended
    await session.end(reason)
    log = stage.summary()["call_log"]
    [entry] = [each for each in log if each.get("action") == "session_end"]
    assert entry["metadata"]["ended_by"] == who
    assert said in log[-2]["content"]
    assert session.ended == (ended or reason)


@pytest.mark.parametrize(("ended", "is_over"), [("hangup", True), ("stop", False),
                                                ("transfer", False)])  # fmt: skip
async def test_a_call_that_goes_on_has_no_end(ended: str, is_over: bool) -> None:
    session, stage = await started(verb())
    session.ended = ended
    await session.end(ended)
    body = stage.summary()
    assert body["call_end_date"] == (body["ai_end_date"] + 1_000_000 if is_over else 0)
    assert ("ai_result" in body["SWMLVars"]) == is_over
    assert session.result["ai_result"] == "success"


async def test_the_call_may_have_begun_earlier() -> None:
    session, stage = await started(verb())
    session.room.dates["call_start_date"] = 1
    await session.end()
    assert stage.summary()["call_start_date"] == 1


async def test_what_was_used_is_counted() -> None:
    session, stage = await started(verb(function("look"), params={"enable_accounting": "true"}))
    for _ in range(10):
        await session.hear("I would like to know a little more about that")
        await session.call_tool("look", {})
        await session.say("There is a lot to be said about it, let me begin")
    await session.end("hangup", "Much was said.")
    body = stage.summary()
    assert body["total_minutes"] == 2
    spoken = [each["content"] for each in body["call_log"] if each["role"] == "assistant"]
    assert body["total_tts_chars"] == len("".join(spoken))
    assert body["total_output_tokens"] == sum(each["tokens"] for each in body["times"])
    assert body["total_input_tokens"] > body["total_output_tokens"]
    assert body["total_asr_minutes"] == 0.5
    assert body["total_asr_cost_factor"] == 0.25
    assert body["total_wire_output_tokens_per_minute"] == body["total_output_tokens"] / 2


async def test_nothing_is_counted_unless_asked_for() -> None:
    session, stage = await started(verb())
    await session.end()
    assert not any(key.startswith("total_") for key in stage.summary())


async def test_the_variables_of_the_script_are_there() -> None:
    session, stage = await started(verb(), script_vars={"record_call_result": "success"})
    await session.end()
    body = stage.summary()
    assert body["SWMLVars"] == {"record_call_result": "success", "ai_result": "success"}
    assert body["SWMLCall"] == {**CALL, "call_state": "answered"}


async def test_actions_that_waited_for_words_are_lost_with_them() -> None:
    answer = {"action": {"set_global_data": {"a": 1}}, "post_process": True}
    session, stage = await started(verb(function("look")), {"look": answer})
    await session.call_tool("look", {})
    await session.end()
    assert "a" not in stage.summary()["global_data"]


def test_an_error_of_a_call_is_a_failed_test() -> None:
    assert issubclass(CallError, AssertionError)
    assert issubclass(CallError, AgentKitError)


async def test_the_same_call_says_the_same_bytes() -> None:
    async def played() -> list[bytes]:
        ai = verb(function("look", fillers={"en-US": ["Hm", "Well"]}), post_prompt={"text": "?"})
        session, stage = await started(ai, {"look": {"response": "Ok"}})
        await session.hear("Hello")
        await session.call_tool("look", {"a": 1})
        await session.say("There.")
        await session.end("hangup", {"a": 1})
        return [each.body for each in stage.wire.sent]

    first = await played()
    assert all([await played() == first for _ in range(20)])


async def test_what_the_model_says_in_place_of_calling_the_summary_function_is_timed() -> None:
    ai = verb(function("summarize_conversation"), post_prompt={"text": "Sum up."})
    session, stage = await started(ai)
    await session.say("Good morning.")
    await session.end("hangup", "We greeted.")
    said = [each["response"] for each in stage.summary()["times"]]
    assert said == ["Good morning.", "We greeted."]


async def test_hanging_up_belongs_to_the_models_last_words() -> None:
    session, stage = await started(verb())
    await session.say("Goodbye.")
    await session.call_tool("hangup", {})
    await session.end("hangup")
    assert [each["response"] for each in stage.summary()["times"]] == ["Goodbye."]


async def test_a_command_is_noted_when_it_is_asked_not_when_it_is_answered() -> None:
    def slow(_: Any) -> Any:
        stage.clock.advance(1.5)
        return {"response": "Done."}

    ai = verb(function("look"), function("hangup_hook"))
    session, stage = await started(ai, {"look": slow, "hangup_hook": slow})
    asked_us = stage.clock.us
    await session.call_tool("look", {})
    await session.end("hangup")
    noted = [each["epoch_time"] for each in stage.summary()["swaig_log"]]
    assert noted == [asked_us // 1_000_000, (asked_us + 1_500_000) // 1_000_000]
