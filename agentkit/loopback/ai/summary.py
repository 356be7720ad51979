"""The body of the post prompt (facts 4.1), with its fields in the order of real ones."""

from typing import Any

from agentkit.loopback.ai import bedrock, conversations, pace
from agentkit.loopback.ai.room import JSON, Room

_US_A_MINUTE = 60_000_000


def body(room: Room, data: JSON, result: str) -> JSON:
    """Return the body; `data` is the `post_prompt_data`, `result` the verb's.

    The script has the result once the call is over (so in real summaries).
    """
    logs = room.logs
    made: JSON = {
        **conversations.head(room, "agent.summary", "post_conversation"),
        "call_log": logs.call,
        "raw_call_log": logs.raw,
        "call_timeline": logs.timeline(),
    }
    if room.conversation.previous:
        made["previous_contexts"] = room.conversation.previous
    made |= room.dates
    if room.timers.stopped:
        made["hard_timeout"] = True
    made |= {
        **room.caller,
        "times": logs.times,
        "SWMLVars": {**room.around.script_vars, **({} if room.open else {"ai_result": result})},
        "SWMLCall": {**room.around.call, "call_state": "answered"},
        "post_prompt_data": data,
        "global_data": room.store.encoded_global(),
        "swaig_log": logs.swaig,
    }
    if room.params.flag("enable_accounting"):
        made |= totals(room)
    if room.conversation_id() and room.params.flag("save_conversation"):
        made["conversation_summary"] = data["raw"]
    return bedrock.summary(made, data["raw"]) if bedrock.is_spoken(room) else made


def totals(room: Room) -> JSON:
    """Return what a session used, counted from its logs."""
    minutes = _minutes(room)
    taken, given = _tokens(room)
    spoken = [entry for entry in room.logs.call if entry["role"] in _SPOKEN]
    characters = sum(len(entry["content"]) for entry in spoken)
    listened = round(_listened_us(room) / _US_A_MINUTE, 6)
    return {
        "total_minutes": minutes,
        "total_input_tokens": taken,
        "total_output_tokens": given,
        "total_wire_input_tokens": taken,
        "total_wire_input_tokens_per_minute": _per(taken, minutes),
        "total_wire_output_tokens": given,
        "total_wire_output_tokens_per_minute": _per(given, minutes),
        "total_tts_chars": characters,
        "total_tts_chars_per_min": _per(characters, minutes),
        "total_asr_minutes": listened,
        "total_asr_cost_factor": _per(listened, minutes),
    }


_SPOKEN = frozenset({"assistant", "assistant-manual"})


def _minutes(room: Room) -> int:
    """Return the minutes since the call was answered, each one that began."""
    end_us = room.dates["call_end_date"] or room.clock.us
    return max(-(-(end_us - room.dates["call_answer_date"]) // _US_A_MINUTE), 1)


def _tokens(room: Room) -> tuple[int, int]:
    """Return the tokens that went to the model and came from it, over all generations."""
    taken = seen = 0
    for entry in room.logs.call:
        if entry["role"] == "assistant":
            taken += seen
        seen += pace.tokens_of(entry["content"])
    return taken, sum(each["tokens"] for each in room.logs.times)


def _listened_us(room: Room) -> int:
    heard = (entry for entry in room.logs.call if entry["role"] == "user")
    return sum(entry["end_timestamp"] - entry["start_timestamp"] for entry in heard)


def _per(amount: float, minutes: int) -> Any:
    """Return an amount a minute: an integer when it is whole, else with six decimals."""
    each = round(amount / minutes, 6)
    return int(each) if each == int(each) else each
