"""What the summary of a call says about its course: entries of its logs, typed (facts 4.1)."""

import math
from collections.abc import Iterable
from functools import partial
from typing import Self

from msgspec import Struct

from agentkit.lenient import (
    JSON,
    Field,
    View,
    dict_in,
    dicts_in,
    flag_in,
    moment_in,
    number_in,
    text_in,
    whole_in,
)
from agentkit.swaig.payload import object_in

SPOKEN = ("user", "assistant", "assistant-manual")
"""The roles of what was said on the phone."""


def _content(data: JSON, field: str) -> str:
    return (text_in(data, field) or "").strip()


def _arguments(data: JSON, field: str) -> JSON:
    return object_in(data.get(field))


class LogEntry(View):
    """One entry of the call log.

    Every field but `content` may be None; latencies are in milliseconds. What is not named here is
    in `raw`.

    Attributes:
        role: user, assistant, assistant-manual (fillers), tool, system, system-log and others.
        content: the text, without the space around it that models like.
        action: of the role system-log: `session_start`, `step_change` and others.
        metadata: of the role system-log: context, step and what belongs to the action.
        latency: of the model, until its first word.
        utterance_latency: until the first sentence.
        audio_latency: until the caller heard it.
        function_latency: of a function, with the way to it and back.
        execution_latency: until the model knew the result.
        confidence: of speech recognition.
        barged: whether the caller spoke into it.
        text_heard_approx: what the caller heard of it then.
        tool_calls: the functions that the model asked for, as it asked.
    """

    role = Field(text_in)
    content = Field(_content)
    timestamp = Field(moment_in)
    start_timestamp = Field(moment_in)
    end_timestamp = Field(moment_in)
    lang = Field(text_in)
    tokens = Field(whole_in)
    action = Field(text_in)
    metadata = Field(dict_in)
    latency = Field(number_in)
    utterance_latency = Field(number_in)
    audio_latency = Field(number_in)
    acoustic_latency = Field(number_in)
    function_latency = Field(number_in)
    execution_latency = Field(number_in)
    confidence = Field(number_in)
    speaker = Field(text_in)
    barged = Field(flag_in)
    barge_count = Field(whole_in)
    text_heard_approx = Field(text_in)
    function_name = Field(text_in)
    tool_call_id = Field(text_in)
    tool_calls = Field(dicts_in)

    @property
    def is_spoken(self) -> bool:
        """Whether it was said on the phone."""
        return self.role in SPOKEN and bool(self.content)


class FunctionUse(View):
    """One entry of the SWAIG log: a function that ran.

    Attributes:
        name: of the function.
        arguments: what the model passed, {} when that is no JSON object.
        at: when it ran.
        native: whether it is one of the platform's own.
        url: where it was answered, without user and password.
        request: what was posted there.
        response: what it answered.
        error: of an MCP tool, what went wrong.
    """

    name = Field(text_in, "command_name")
    arguments = Field(_arguments, "command_arg")
    at = Field(partial(moment_in, units_a_second=1), "epoch_time")
    native = Field(flag_in)
    url = Field(text_in)
    request = Field(dict_in, "post_data")
    response = Field(dict_in, "post_response")
    error = Field(text_in, "mcp_error")


class Moment(View):
    """One entry of the timeline of a call.

    Attributes:
        at: when it happened.
        type: what happened, such as `user_input`, `ai_response` or `step_change`.
    """

    at = Field(moment_in, "ts")
    type = Field(text_in)


class Generation(View):
    """One answer of the model, which need not have been spoken as one turn.

    Attributes:
        response: the text.
        answer_time: how long it took, in seconds.
        token_time: how long its tokens came, in seconds.
        tps: tokens a second meanwhile; `avg_tps` counts the wait before them, too.
    """

    response = Field(_content)
    response_word_count = Field(whole_in)
    answer_time = Field(number_in)
    token_time = Field(number_in)
    tokens = Field(whole_in)
    avg_tps = Field(number_in)
    tps = Field(number_in)


class Totals(View):
    """What the call used, if the platform accounts for it."""

    minutes = Field(number_in, "total_minutes")
    input_tokens = Field(number_in, "total_input_tokens")
    output_tokens = Field(number_in, "total_output_tokens")
    wire_input_tokens = Field(number_in, "total_wire_input_tokens")
    wire_output_tokens = Field(number_in, "total_wire_output_tokens")
    tts_chars = Field(number_in, "total_tts_chars")
    asr_minutes = Field(number_in, "total_asr_minutes")
    asr_cost_factor = Field(number_in, "total_asr_cost_factor")


class Spread(Struct, frozen=True):
    """How some figures are spread: percentiles by nearest rank."""

    count: int
    lowest: float
    p50: float
    p95: float
    highest: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self | None:
        """Return the spread of those that are there, None when there are none."""
        ranked = sorted(value for value in values if value is not None)
        if not ranked:
            return None
        return cls(len(ranked), ranked[0], _at(ranked, 0.5), _at(ranked, 0.95), ranked[-1])


def _at(ranked: list[float], share: float) -> float:
    return ranked[math.ceil(share * len(ranked)) - 1]
