"""Lays what a session sent beside what was recorded, field by field."""

from collections import Counter
from typing import Any

from agentkit.loopback.ai import calling, requests
from tests.loopback.ai.replaying import Record, shape
from tests.loopback.ai.wires import Stage, started

JSON = dict[str, Any]

DIFFERENCES = {
    "ai_session_id": "made anew for every session",
    "assistant-thinking": "what a reasoning model thinks is not played",
    "barged": "nobody interrupts: a turn is said to its end",
    "merged": "so no turns of the caller are put together either",
    "tool_calls.start_timestamp": "a real log has it once in a call, by no rule that could be seen",
    "tool_calls.end_timestamp": "and leaves that out now and then",
    "raw_call_log": "the newest builds keep the calls of tools and the times there too",
    "ai_result": "one call was summed up before its end was noticed: no result, no call_end_date",
}
"""All that differs from real payloads, with the reason."""

BARGED = {"barged", "barge_elapsed_ms", "text_heard_approx", "text_spoken_total"}
MERGED = {"merged", "merge_count", "barge_count"}
CALL_TIMES = {"start_timestamp", "end_timestamp"}
LOGS = {"call_log", "raw_call_log", "call_timeline", "times", "swaig_log", "SWMLVars"}
_SPOKEN = {"ai_response", "user_input"}


def plain(entry: JSON) -> JSON:
    """An entry of a log without what differs."""
    dropped = BARGED | MERGED | (CALL_TIMES if "tool_calls" in entry else set())
    return {key: value for key, value in entry.items() if key not in dropped}


def told(log: list[JSON]) -> list[Any]:
    """The shapes of a log without what differs; a merged turn has its keys in another order."""
    kept = (plain(each) for each in log if each["role"] != "assistant-thinking")
    return [sorted(shape(each)) if each["role"] == "user" else shape(each) for each in kept]


def told_in_line(timeline: list[JSON]) -> list[Any]:
    """The shapes of a timeline; what the model and the caller said in several goes is one go."""
    shapes = [(each["type"], sorted(shape(plain(each)))) for each in timeline]
    pairs = zip(shapes, [*shapes[2:], None, None], strict=True)
    return [mine for mine, later in pairs if mine[0] not in _SPOKEN or mine != later]


def every_request_is_the_recorded_one(record: Record, stage: Stage) -> None:
    sent = stage.wire.requests()
    assert len(sent) == len(record.posted)
    for real, body in zip(record.posted, sent, strict=True):
        expected = {**real["post_data"], "ai_session_id": body["ai_session_id"]}
        assert body == expected
        assert shape(body) == shape(expected)


def the_summary_has_the_same_fields(record: Record, stage: Stage) -> None:
    body = stage.summary()
    assert list(body) == list(record.body)
    for key in record.body.keys() - LOGS:
        assert shape(body[key]) == shape(record.body[key]), key


def the_data_ends_as_it_did(record: Record, stage: Stage) -> None:
    body = stage.summary()
    body["SWMLVars"] = {**record.vars(), **body["SWMLVars"]}
    for key in ("global_data", "SWMLCall", "post_prompt_data", "caller_id_number"):
        assert body[key] == record.body[key], key
    assert body["SWMLVars"] == {"ai_result": "success", **record.body["SWMLVars"]}


def the_call_log_tells_the_same_story(record: Record, stage: Stage) -> None:
    assert told(stage.summary()["call_log"]) == told(record.log)


def the_steps_were_the_same(record: Record, stage: Stage) -> None:
    def steps(log: list[JSON]) -> list[str]:
        return [each["content"] for each in log if each.get("action") == "step_change"]

    assert steps(stage.summary()["call_log"]) == steps(record.log)


def the_raw_log_has_entries_of_the_same_shapes(record: Record, stage: Stage) -> None:
    ours = [repr(each) for each in told(stage.summary()["raw_call_log"])]
    for each in told(record.body["raw_call_log"]):
        assert repr(each) in ours


def the_raw_log_has_all_but_calls_of_tools_and_times_of_playback(_: Record, stage: Stage) -> None:
    body = stage.summary()
    spoken = {"assistant", "assistant-manual"}
    assert body["raw_call_log"] == [
        {key: each[key] for key in each if each["role"] not in spoken or key not in CALL_TIMES}
        for each in body["call_log"]
        if "tool_calls" not in each
    ]


def the_timeline_tells_the_same_story(record: Record, stage: Stage) -> None:
    ours, real = stage.summary()["call_timeline"], record.body["call_timeline"]
    assert told_in_line(ours) == told_in_line(real)


def the_swaig_log_has_the_same_entries(record: Record, stage: Stage) -> None:
    ours = stage.summary()["swaig_log"]
    assert [list(each) for each in ours] == [list(each) for each in record.commands]
    for mine, real in zip(ours, record.commands, strict=True):
        for key in real.keys() - {"epoch_time", "post_data"}:
            assert mine[key] == real[key], key


def generations_are_timed_in_the_same_shape(record: Record, stage: Stage) -> None:
    ours, real = stage.summary()["times"], record.body["times"]
    assert {repr(shape(each)) for each in ours} == {repr(shape(each)) for each in real}
    said, heard = (Counter(each["response"] for each in times) for times in (ours, real))
    assert not said - heard
    assert (heard - said).total() == put_together(record)


def put_together(record: Record) -> int:
    """How many turns of the model were merged with others; only the raw log has them all."""
    logs = (record.body["raw_call_log"], record.log)
    raw, merged = ([each for each in log if "latency" in each] for log in logs)
    return len([each for each in raw if each["role"] == "assistant"]) - len(
        [each for each in merged if each["role"] == "assistant"]
    )


def the_dates_come_one_after_the_other(record: Record, stage: Stage) -> None:
    names = ("call_start_date", "call_answer_date", "ai_start_date", "ai_end_date", "call_end_date")
    for body in (record.body, stage.summary()):
        dates = [body[name] for name in names if body[name]]
        assert len(dates) >= 4
        assert dates == sorted(set(dates))


def a_command_is_noted_in_the_second_in_which_it_began(record: Record, stage: Stage) -> None:
    for body in (record.body, stage.summary()):
        begun = (each for each in body["call_log"] if each["role"] == "tool")
        seconds = [each["start_timestamp"] // 1_000_000 for each in begun]
        noted = (each for each in body["swaig_log"] if "native" not in each)
        assert [each["epoch_time"] for each in noted] == seconds


CHECKS = [
    every_request_is_the_recorded_one,
    the_summary_has_the_same_fields,
    the_data_ends_as_it_did,
    the_call_log_tells_the_same_story,
    the_steps_were_the_same,
    the_raw_log_has_entries_of_the_same_shapes,
    the_raw_log_has_all_but_calls_of_tools_and_times_of_playback,
    the_timeline_tells_the_same_story,
    the_swaig_log_has_the_same_entries,
    generations_are_timed_in_the_same_shape,
    the_dates_come_one_after_the_other,
    a_command_is_noted_in_the_second_in_which_it_began,
]


async def stands_for_itself(request: JSON, response: JSON, url: str) -> None:
    """One exchange by itself: the same request goes out, and its answer is understood whole."""
    name = request["function"]
    described = {"function": name, "description": request["description"],
                 "parameters": request["argument_desc"], "web_hook_url": url,
                 "meta_data_token": request["meta_data_token"]}  # fmt: skip
    ai = {"prompt": {"text": "Be kind."}, "SWAIG": {"functions": [described]},
          "global_data": request["meta_data"]}  # fmt: skip
    call = {"call_id": request["call_id"], "from": request["caller_id_num"],
            "project_id": request["project_id"], "space_id": request["space_id"]}  # fmt: skip
    session, stage = await started(ai, {name: response}, call=call)
    session.room.store.global_data = request["global_data"]
    session.room.open = request["channel_active"]
    function = session.room.tools.functions[name]
    said = requests.said(name, None, request["argument"]["raw"])
    reply = await calling.ask(session.room, function, said, {})
    [body] = stage.wire.requests()
    assert shape(body) == shape(request)
    assert body == {**request, "ai_session_id": body["ai_session_id"]}
    assert reply.told.response == response["response"]
    assert not reply.told.error
    assert stage.texts("warning") == []
