"""The platform's own functions."""

from typing import Any

import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.natives import _submit
from tests.loopback.ai.wires import Stage, started, verb


async def having(*names: str, **params: Any) -> tuple[AISession, Stage]:
    ai = verb(params=params)
    ai["SWAIG"]["native_functions"] = list(names)
    return await started(ai)


async def test_native_functions_are_offered_when_asked_for() -> None:
    _, stage = await having("check_time", "wait_seconds", "wait_for_user",
                            "adjust_response_latency", "dance")  # fmt: skip
    assert stage.names() == ["check_time", "wait_seconds", "wait_for_user",
                             "adjust_response_latency", "hangup"]  # fmt: skip
    assert stage.texts("warning") == [
        "ai.SWAIG.native_functions: there is no native function 'dance'"
    ]


async def test_the_time_is_told() -> None:
    session, _ = await having("check_time", local_tz="UTC")
    outcome = await session.call_tool("check_time", {})
    assert outcome.response == "It is 10:13:23 PM +0000 on Thursday, February 19, 2026."
    assert session.messages()[-1].content == outcome.response


@pytest.mark.parametrize(("seconds", "passed"), [(5, 5), ("7", 7), (-1, 0), (5000, 900), ("x", 1)])
async def test_waiting_takes_time(seconds: Any, passed: int) -> None:
    session, stage = await having("wait_seconds")
    before = stage.clock.us
    await session.call_tool("wait_seconds", {"seconds": seconds})
    assert stage.clock.us - before == passed * 1_000_000


@pytest.mark.parametrize(
    ("param", "name"), [("", "wait_for_user"), ("enable_pause", "pause_conversation")]
)
async def test_the_model_can_wait_for_the_caller(param: str, name: str) -> None:
    session, _ = await having("wait_for_user", **({param: True} if param else {}))
    await session.call_tool(name, {})
    assert session.room.tuning.waits_for_user is True
    await session.hear("Here I am")
    assert session.room.tuning.waits_for_user is False


@pytest.mark.parametrize(("latency", "set_to"), [(900, 900), (0, None), ("x", None)])
async def test_the_latency_is_adjusted(latency: Any, set_to: Any) -> None:
    session, _ = await having("adjust_response_latency")
    await session.call_tool("adjust_response_latency", {"latency": latency})
    assert session.room.params.given.get("end_of_speech_timeout") == set_to


@pytest.mark.parametrize(
    ("param", "name"),
    [("enable_vision", "get_visual_input"), ("enable_inner_dialog", "get_ideal_strategy")],
)
async def test_params_bring_functions(param: str, name: str) -> None:
    session, stage = await having(**{param: True})
    assert name in stage.names()
    outcome = await session.call_tool(name, {})
    assert outcome.response


async def test_the_model_hangs_up() -> None:
    session, stage = await having()
    outcome = await session.call_tool("hangup", {})
    assert outcome.response
    assert session.ended == "hangup"
    assert session.room.logs.swaig == [
        {"command_name": "hangup", "command_arg": "null", "native": True,
         "epoch_time": stage.clock.us // 1_000_000}
    ]  # fmt: skip


async def test_an_answer_without_a_question_is_refused_to_the_model() -> None:
    session, _ = await having()
    assert _submit(session.room, {}) == "There is no question to answer."
