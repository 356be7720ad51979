"""A session from its start to its summary."""

import pytest

from agentkit.loopback.ai import ToolOutcome
from agentkit.loopback.errors import CallError
from tests.loopback.ai.wires import CALL, Stage, Wire, function, started, verb


async def test_a_call_is_played_from_start_to_summary() -> None:
    ai = verb(function("book"), post_prompt={"text": "Sum up."})
    session, stage = await started(ai, {"book": {"response": "Booked."}})
    await session.hear("A table for two")
    outcome = await session.call_tool("book", {"seats": 2})
    await session.say("It is booked.")
    answer = await session.end("hangup", {"seats": 2})
    assert outcome == ToolOutcome("book", "Booked.", (), 200, 0.1, "")
    assert [each.role for each in session.messages()] == ["system", "user", "assistant", "tool",
                                                          "assistant"]  # fmt: skip
    assert answer is not None
    assert stage.summary()["post_prompt_data"] == {"parsed": [{"seats": 2}], "raw": '{"seats":2}'}


async def test_the_session_shows_where_it_is() -> None:
    session, stage = await started(verb(function("book"), global_data={"a": 1}))
    assert (session.context, session.step) == (None, None)
    assert session.global_data["a"] == 1
    assert session.meta_data("any") == {"a": 1}
    assert session.session_id == session.room.session_id
    assert stage.names() == ["book", "hangup"]
    assert session.agent_first
    assert not session.takes_turn
    assert not session.on_hold
    assert session.moves_to is None
    assert session.swml is None
    assert session.result["ai_result"] == "success"


async def test_nothing_happens_in_a_session_that_was_not_started() -> None:
    stage = Stage(verb())
    with pytest.raises(CallError, match="was not started"):
        await stage.session.say("Hello")


@pytest.mark.parametrize("act", ["say", "hear", "call_tool"])
async def test_nothing_happens_after_the_end(act: str) -> None:
    session, _ = await started(verb(function("book")))
    session.ended = "stop"
    with pytest.raises(CallError, match=r"has ended \(stop\)"):
        await getattr(session, act)("book")


async def test_time_does_not_pass_after_the_end() -> None:
    session, _ = await started(verb())
    await session.end()
    with pytest.raises(CallError, match="nobody can wait"):
        await session.pass_time(1)


async def test_a_session_ends_once() -> None:
    session, _ = await started(verb())
    await session.end()
    with pytest.raises(CallError, match="ended before"):
        await session.end()


@pytest.mark.parametrize("body", [None, [], "ai", 7])
def test_a_verb_without_a_body_is_refused(body: object) -> None:
    with pytest.raises(CallError, match="must be an object"):
        Stage(body)


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(CallError, match="is not JSON"):
        Stage({"prompt": {"text": object()}})


async def test_what_is_wrong_is_told_in_every_session() -> None:
    for _ in range(2):
        _, stage = await started({**verb(), "prompt": {"pom": [7]}})
        assert stage.texts("warning") == ["ai.prompt.pom[0]: an object belongs here, not 7"]


async def test_outside_requests_take_their_own_wire() -> None:
    outside = Wire({"datamap": {"ok": True}})
    weather = function("weather", data_map={"webhooks": [
        {"url": "https://weather.example.com", "output": {"response": "${ok}"}}]})  # fmt: skip
    session, stage = await started(verb(weather), call=CALL, outside=outside)
    await session.call_tool("weather", {})
    assert [each.kind for each in outside.sent] == ["datamap"]
    assert stage.wire.sent == []
