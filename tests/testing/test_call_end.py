from typing import Any

import pytest

from agentkit.loopback.clock import Clock
from agentkit.testing import CallError
from tests.testing.apps import (
    PLAIN,
    SWAIG,
    Agent,
    Data,
    acts,
    calls,
    document,
    function,
    started,
)


async def test_the_startup_hook_runs_before_anything_else() -> None:
    agent = Agent(
        document(function("a"), function("startup_hook")),
        {SWAIG: acts({"set_global_data": {"greeted": True}})},
    )
    call = calls(agent)

    await call.start()
    await call.tool("a")

    hook, tool = agent.bodies(SWAIG)
    assert (hook["function"], hook["argument"]) == ("startup_hook", {"parsed": [{}], "raw": "{}"})
    assert (tool["function"], tool["global_data"]["greeted"]) == ("a", True)


async def test_an_inactive_hook_does_not_run() -> None:
    call, agent = await started(function("startup_hook", active=False))

    assert len(agent.requests) == 1
    assert call.functions == []


async def test_at_the_end_the_hangup_hook_runs_and_then_the_summary_is_posted() -> None:
    agent = Agent(
        document(function("hangup_hook"), post_prompt_url=f"{PLAIN}/post?__token=x"),
        {SWAIG: lambda _: {}, f"{SWAIG}/post": lambda _: {"ok": True}},
    )
    call = calls(agent)
    await call.start()

    response = await call.hang_up(summary={"mood": "good"})

    assert [path for path, _ in agent.requests] == ["/agent", SWAIG, f"{SWAIG}/post"]
    assert response is not None
    assert response.json() == {"ok": True}
    hook, summary = agent.requests[1][1], agent.requests[2][1]
    flags = [hook[f"channel_{name}"] for name in ("active", "offhook", "ready")]
    assert (hook["function"], flags) == ("hangup_hook", [False, False, False])
    assert summary["action"] == "post_conversation"


async def test_without_a_url_no_summary_is_posted() -> None:
    call, agent = await started()

    assert await call.hang_up(summary="Nice.") is None
    assert len(agent.requests) == 1


async def test_a_call_ends_once_and_is_over_then() -> None:
    call, _ = await started(function("a"))
    await call.hang_up()

    with pytest.raises(CallError, match="the call is over"):
        await call.hang_up()
    with pytest.raises(CallError, match="the call is over"):
        await call.tool("a")


async def test_a_call_that_has_not_started_cannot_end() -> None:
    with pytest.raises(CallError, match="has not started"):
        await calls(Agent(document())).hang_up()


async def summary_of(summary: Any, *functions: Data, **options: Any) -> Data:
    """The post prompt of a call in which each function was called once."""
    clock = options.pop("clock", None)
    agent = Agent(
        document(*functions, post_prompt_url=f"{PLAIN}/post", **options),
        {SWAIG: acts({"set_global_data": {"seen": 1}}), f"{SWAIG}/post": lambda _: {}},
    )
    call = calls(agent, clock=clock)
    await call.start()
    for each in functions:
        await call.tool(each["function"], n=1)
    await call.hang_up(summary=summary)
    return agent.bodies(f"{SWAIG}/post")[0]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ({"a": "é"}, {"parsed": [{"a": "é"}], "raw": '{"a":"é"}'}),
        ("Fine.", {"parsed": [], "raw": "Fine.", "substituted": "Fine."}),
        (None, {"parsed": [], "raw": "", "substituted": ""}),
    ],
)
async def test_a_summary_is_posted_as_json_or_as_prose(summary: object, expected: Data) -> None:
    assert (await summary_of(summary))["post_prompt_data"] == expected


async def test_the_post_prompt_tells_the_whole_call() -> None:
    ai = {"global_data": {"shop": "tea"}, "post_prompt": {"text": "Sum up."}}
    posted = await summary_of("Fine.", function("look_up"), **ai)

    assert posted["content_disposition"] == "agent.summary"
    assert posted["content_type"] == "text/json"
    assert posted["conversation_type"] == "voice"
    assert posted["app_name"] == "swml app"
    assert (posted["caller_id_name"], posted["caller_id_number"]) == ("+12025550123",) * 2
    assert (posted["global_data"]["seen"], posted["global_data"]["shop"]) == (1, "tea")
    assert posted["SWMLCall"]["call_state"] == "answered"
    assert posted["SWMLCall"]["call_id"] == posted["call_id"]
    assert posted["SWMLVars"] == {"ai_result": "success"}
    assert len(posted["ai_id_tag"]) == 32
    assert roles(posted["call_log"]) == [
        "system", "system-log session_start", "system-log function_call", "assistant calls",
        "tool", "system", "system-log session_end", "assistant",
    ]  # fmt: skip
    assert posted["raw_call_log"] == [
        entry for entry in posted["call_log"] if "tool_calls" not in entry
    ]
    [asked] = [entry for entry in posted["call_log"] if entry.get("tool_calls")]
    [answered] = [entry for entry in posted["call_log"] if entry["role"] == "tool"]
    called = {"name": "look_up", "arguments": '{"n":1}'}
    assert (asked["content"], asked["tool_calls"][0]["function"]) == ("", called)
    assert answered["function_name"] == "look_up"
    assert answered["content"].endswith("\nok")
    assert posted["call_log"][-1]["content"] == posted["post_prompt_data"]["raw"] == "Fine."
    types = [each["type"] for each in posted["call_timeline"]]
    assert types == ["session_start", "function_call", "tool_result", "session_end"]


def roles(log: list[Data]) -> list[str]:
    """Who says what kind of thing in a log, in order."""
    found = []
    for entry in log:
        more = "calls" if entry.get("tool_calls") else entry.get("action", "")
        found.append(f"{entry['role']} {more}".strip())
    return found


async def test_where_no_function_was_called_and_nothing_said_both_logs_are_the_same() -> None:
    posted = await summary_of("Fine.", post_prompt={"text": "Sum up."})

    assert roles(posted["call_log"]) == [
        "system", "system-log session_start", "system", "system-log session_end", "assistant",
    ]  # fmt: skip
    assert posted["raw_call_log"] == posted["call_log"]


async def test_each_generation_of_the_model_has_its_times() -> None:
    later = {"response": "All is well.", "action": [{"set_global_data": {}}], "post_process": True}
    agent = Agent(
        document(function("a"), function("b"), post_prompt_url=f"{PLAIN}/post"),
        {
            SWAIG: lambda asked: later if asked["function"] == "b" else {},
            f"{SWAIG}/post": lambda _: {},
        },
    )
    call = calls(agent)
    await call.start()
    for name in ("a", "b", "a"):
        await call.tool(name, n=1)
    await call.hang_up()

    times = agent.bodies(f"{SWAIG}/post")[0]["times"]
    assert [list(each) for each in times] == [GENERATION] * 4
    assert [each["response"] for each in times] == ["", "", "All is well.", ""]
    assert [each["response_word_count"] for each in times] == [0, 0, 3, 0]
    for each in times:
        assert each["answer_time"] > each["token_time"] > 0
        assert each["avg_tps"] == round(each["tokens"] / each["answer_time"], 6)
        assert each["tps"] == round(each["tokens"] / each["token_time"], 6)


GENERATION = [
    "response", "response_word_count", "answer_time", "token_time", "tokens", "avg_tps", "tps",
]  # fmt: skip
"""The fields of an item of `times` in real summaries, in their order."""


async def test_the_log_of_functions_has_each_request_as_it_was_sent() -> None:
    posted = await summary_of("Fine.", function("look_up"), function("count_down", active=3))

    first, second = posted["swaig_log"]
    assert (first["command_name"], first["command_arg"]) == ("look_up", '{"n":1}')
    assert first["post_response"]["response"] == "ok"
    assert "seen" not in first["post_data"]["global_data"]
    assert second["post_data"]["global_data"]["seen"] == 1
    assert (first["active_count"], second["active_count"]) == ("endless", 2)
    assert first["url"] == "http://testserver/agent/swaig?__token=t0p"


async def test_an_answer_that_is_no_object_is_not_logged() -> None:
    agent = Agent(
        document(function("a"), post_prompt_url=f"{PLAIN}/post"),
        {SWAIG: lambda _: (502, b"bad gateway"), f"{SWAIG}/post": lambda _: {}},
    )
    call = calls(agent)
    await call.start()
    await call.tool("a")
    await call.hang_up()

    assert "post_response" not in agent.bodies(f"{SWAIG}/post")[0]["swaig_log"][0]


async def test_times_are_those_of_the_clock_in_microseconds() -> None:
    posted = await summary_of(None, function("a"), clock=Clock(100_500_000))

    names = ("call_start_date", "call_answer_date", "ai_start_date", "ai_end_date", "call_end_date")
    dates = [posted[name] for name in names]
    assert dates == sorted(set(dates))
    assert dates == [100_500_000, 100_750_000, 100_880_000, 101_380_000, 102_380_000]
    assert posted["swaig_log"][0]["epoch_time"] == 100
    [tool] = [entry for entry in posted["call_log"] if entry["role"] == "tool"]
    times = ("start_timestamp", "end_timestamp", "timestamp")
    assert [tool[name] for name in times] == [100_880_000, 101_130_000, 101_130_000]


async def test_the_log_of_functions_says_in_which_second_each_was_asked() -> None:
    functions = (function("a"), function("b"), function("c"))
    posted = await summary_of(None, *functions, clock=Clock(100_500_000))

    asked = [entry["start_timestamp"] for entry in posted["call_log"] if entry["role"] == "tool"]
    assert asked == [100_880_000, 101_130_000, 101_380_000]
    assert [each["epoch_time"] for each in posted["swaig_log"]] == [100, 101, 101]


async def test_without_a_clock_time_is_the_same_in_every_run_and_goes_on() -> None:
    first, second = await summary_of(None), await summary_of(None)

    names = [name for name in first if name.endswith("_date")]
    assert len(names) == 5
    assert {name: second[name] for name in names} == {name: first[name] for name in names}
    assert len({first[name] for name in names}) == 5


async def test_params_of_the_document_shape_the_requests() -> None:
    params = {
        "app_name": "tea shop",
        "conversation_id": "conv-1",
        "swaig_post_conversation": True,
        "swaig_post_swml_vars": True,
    }
    call, agent = await started(function("a"), params=params)

    await call.tool("a")

    request = agent.requests[1][1]
    assert (request["app_name"], request["conversation_id"]) == ("tea shop", "conv-1")
    assert roles(request["call_log"]) == ["system", "system-log session_start"]
    assert request["raw_call_log"] == request["call_log"]
    assert (request["SWMLVars"], request["SWMLCall"]["call_id"]) == ({}, call.call_id)
