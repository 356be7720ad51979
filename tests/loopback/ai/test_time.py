"""What happens while time passes: polls, silence, hold, the hard stop."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.waiting import length
from tests.loopback.ai.wires import CALL, JSON, Stage, function, started, verb

POLL = function("check_for_input")


async def waiting(
    *functions: JSON, answers: JSON | None = None, call: JSON = CALL, **params: Any
) -> tuple[AISession, Stage]:
    params.setdefault("attention_timeout", 0)
    return await started(verb(*functions, params=params), answers, call=call)


def polls(stage: Stage) -> int:
    return len(stage.wire.calls("check_for_input"))


@pytest.mark.parametrize(
    ("period", "count"), [({}, 5), ({"input_poll_freq": 5000}, 2), ({"input_poll_freq": 1}, 10),
                          ({"input_poll_freq": 99_000}, 1)]
)  # fmt: skip
async def test_input_is_polled_at_its_times(period: JSON, count: int) -> None:
    session, stage = await waiting(POLL, **period)
    before = stage.clock.us
    await session.pass_time(10.5)
    assert polls(stage) == count
    assert stage.clock.us - before == 10_500_000


async def test_input_is_polled_while_somebody_speaks() -> None:
    session, stage = await waiting(POLL, conversation_id="c7")
    await session.hear("This takes about three seconds to say, I think, or a bit more")
    await session.say("And this takes a little while too")
    assert polls(stage) == 4  # in eight and a bit seconds
    assert stage.wire.calls("check_for_input")[0]["conversation_id"] == "c7"
    assert {each.kind for each in stage.wire.sent} == {"poll"}


async def test_nothing_is_polled_without_the_function() -> None:
    session, stage = await waiting(function("check_for_input", active=False), function("look"))
    await session.pass_time(10)
    await session.hear("Hello")
    assert stage.wire.sent == []


async def test_input_that_was_found_is_used() -> None:
    answers = {"check_for_input": {"action": [{"user_input": "I typed this"}]}}
    session, stage = await waiting(POLL, answers=answers)
    await session.pass_time(2)
    assert session.user_input == ["I typed this"]
    assert session.room.logs.call[-1]["action"] == "check_for_input"
    assert session.room.logs.swaig[0]["command_name"] == "check_for_input"
    assert polls(stage) == 1


async def test_a_poll_that_found_nothing_is_not_logged() -> None:
    session, _ = await waiting(POLL)
    await session.pass_time(2)
    assert session.room.logs.swaig == []


async def test_a_poll_can_end_the_session() -> None:
    answers = {"check_for_input": {"action": {"hangup": True}}}
    session, stage = await waiting(POLL, answers=answers)
    before = stage.clock.us
    await session.pass_time(60)
    assert session.ended == "hangup"
    assert stage.clock.us - before == 2_000_000


# Silence -----------------------------------------------------------------------------------


async def test_the_model_asks_whether_somebody_is_there() -> None:
    session, stage = await waiting(attention_timeout=10_000)
    await session.pass_time(9.9)
    assert stage.texts("platform") == []
    await session.pass_time(0.2)
    assert session.takes_turn
    assert "silent" in session.messages()[-1].content
    assert session.room.logs.call[-1]["content"] == "Attention timeout (10000ms)"
    assert stage.texts("platform") == ["notices 10000 ms of silence"]


async def test_silence_is_noticed_once_until_somebody_speaks() -> None:
    session, stage = await waiting(attention_timeout=10_000, attention_timeout_prompt="Ask.")
    await session.pass_time(60)
    assert len(stage.texts("platform")) == 1
    assert session.messages()[-1].content == "Ask."
    await session.say("Hello?")
    await session.pass_time(10)
    assert len(stage.texts("platform")) == 2


@pytest.mark.parametrize(("direction", "seconds"), [("inbound", 5), ("outbound", 120)])
async def test_the_patience_depends_on_who_called(direction: str, seconds: int) -> None:
    session, stage = await started(verb(), call={**CALL, "direction": direction})
    await session.pass_time(seconds - 0.1)
    assert stage.texts("platform") == []
    await session.pass_time(0.2)
    assert len(stage.texts("platform")) == 1


@pytest.mark.parametrize("allowed", [True, False])
async def test_functions_in_silence_need_to_be_allowed(allowed: bool) -> None:
    session, stage = await waiting(
        function("look"), attention_timeout=10_000, functions_on_no_response=allowed
    )
    await session.pass_time(10)
    assert ("look" in stage.names()) == allowed
    await session.say("Hello?")
    assert "look" in stage.names()


async def test_a_function_can_allow_them() -> None:
    answers = {"look": {"action": {"functions_on_speaker_timeout": True}}}
    session, stage = await waiting(function("look"), answers=answers, attention_timeout=10_000)
    await session.call_tool("look", {})
    await session.pass_time(10)
    assert "look" in stage.names()


async def test_long_silence_ends_the_session() -> None:
    session, stage = await waiting(inactivity_timeout=20_000)
    before = stage.clock.us
    await session.pass_time(60)
    assert session.ended == "inactivity"
    assert stage.clock.us - before == 20_000_000


async def test_silence_can_be_endless() -> None:
    session, _ = await waiting(inactivity_timeout=0)
    await session.pass_time(100_000)
    assert session.ended is None


# The hard stop -----------------------------------------------------------------------------


async def test_the_hard_stop_lets_the_model_say_goodbye() -> None:
    session, stage = await waiting(hard_stop_time="30s", hard_stop_prompt="Stop now.")
    await session.pass_time(40)
    assert session.takes_turn
    assert session.messages()[-1].content == "Stop now."
    await session.say("Goodbye.")
    assert session.ended == "hard_timeout"
    await session.end("hangup", "Over.")
    body = stage.summary()
    assert body["hard_timeout"] is True
    ends = [each for each in body["call_log"] if each.get("action") == "session_end"]
    assert ends[0]["metadata"]["reason"] == "hard_timeout"


async def test_the_hard_stop_comes_while_somebody_speaks() -> None:
    session, _ = await waiting(hard_stop_time="1s")
    await session.hear("This takes longer than a second")
    assert session.takes_turn is False
    await session.say("Goodbye.")
    assert session.ended == "hard_timeout"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("2m", 120), ("1h45m30s", 6330), ("45", 45), (" 5S ", 5), ("", None),
     ("soon", None), ("1d", None), ("-5s", None), ("1.5m", None)],
)  # fmt: skip
def test_lengths_of_time_are_read(text: str, seconds: int | None) -> None:
    assert length(text) == seconds


# Hold --------------------------------------------------------------------------------------


async def held(value: Any, **params: Any) -> tuple[AISession, Stage]:
    ai = verb(function("act"), params=params)
    steps = [{"name": name, "text": f"Do {name}."} for name in "abc"]
    ai["prompt"] = {"text": "Be kind.", "contexts": {"default": {"steps": steps}}}
    session, stage = await started(ai, {"act": {"action": {"hold": value}}})
    await session.call_tool("act", {})
    return session, stage


async def test_a_caller_on_hold_is_not_heard() -> None:
    session, stage = await held(60)
    await session.hear("Hello?")
    assert stage.texts("caller") == []
    assert stage.texts("warning") == ["the caller is on hold and is not heard"]


async def test_hold_ends_by_itself() -> None:
    session, stage = await held({"timeout": 60, "step": "b", "timeout_step": "c"})
    await session.pass_time(59)
    assert stage.texts("platform") == ["holds the call for 60 s"]
    await session.pass_time(2)
    assert not session.on_hold
    assert session.step == "c"
    assert session.takes_turn
    assert stage.texts("platform") == ["holds the call for 60 s", "resumes the call"]


async def test_hold_is_ended_from_outside() -> None:
    session, _ = await held({"timeout": 60, "step": "b"})
    session.unhold()
    assert session.step == "b"
    session.unhold()
    assert not session.on_hold


async def test_hold_can_lead_to_a_step_that_is_not_there() -> None:
    session, stage = await held({"timeout": 1, "timeout_step": "z"})
    await session.pass_time(2)
    assert session.step == "a"
    assert stage.texts("warning") == ["change_step: there is no step 'z' in context 'default'"]


async def test_nobody_is_missed_while_on_hold() -> None:
    session, _ = await held(60, attention_timeout=10_000)
    await session.pass_time(50)
    assert not session.takes_turn
