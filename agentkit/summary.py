"""The summary of a call, typed: what happened, how long it took and what it used.

    def on_summary(self, summary, raw_data, report: Summary):
        print(report.ai_seconds, report.tools_used, report.latencies["audio_latency"].p95)

It is a view of the body that the platform posts: nothing is read before it is looked at, and
nothing is required. What is missing or of another type is None, or empty.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from agentkit.call_log import FunctionUse, Generation, LogEntry, Moment, Spread, Totals
from agentkit.lenient import Field, View, dict_in, flag_in, moment_in, objects, text_in, views
from agentkit.swaig.payload import PostPrompt, summary_of

__all__ = ["FunctionUse", "Generation", "LogEntry", "Moment", "Spread", "Summary", "Totals"]

_SPOKEN_LATENCIES = ("latency", "utterance_latency", "audio_latency", "acoustic_latency")
_TOOL_LATENCIES = ("function_latency", "execution_latency")


class Summary(View):
    """What the platform posts after a call.

    The names are the wire's; times are aware datetimes in UTC.

    Args:
        raw: the body, as `on_summary` gets it in `raw_data`; anything else counts as empty.

    Attributes:
        raw: the body.
        call_ended_by: who hung up.
        hard_timeout: whether the call ran into its longest duration.
        conversation_summary: what the platform remembers of the conversation.
        global_data: as it was at the end.
        SWMLVars: the variables of the document at the end.
        SWMLCall: the call as the document was fetched with.
        raw_call_log: the call log before the platform filtered it.
        call_timeline: everything that happened, in one list.
        swaig_log: the functions that ran.
        times: one entry for each answer of the model.
    """

    call_id = Field(text_in)
    ai_session_id = Field(text_in)
    conversation_id = Field(text_in)
    conversation_type = Field(text_in)
    app_name = Field(text_in)
    project_id = Field(text_in)
    space_id = Field(text_in)
    caller_id_name = Field(text_in)
    caller_id_number = Field(text_in)
    call_ended_by = Field(text_in)
    hard_timeout = Field(flag_in)
    conversation_summary = Field(text_in)
    call_start_date = Field(moment_in)
    call_answer_date = Field(moment_in)
    call_end_date = Field(moment_in)
    ai_start_date = Field(moment_in)
    ai_end_date = Field(moment_in)
    post_prompt_data = Field(dict_in)
    global_data = Field(dict_in)
    SWMLVars = Field(dict_in)
    SWMLCall = Field(dict_in)
    raw_call_log = Field(views(LogEntry))
    call_timeline = Field(views(Moment))
    swaig_log = Field(views(FunctionUse))
    times = Field(views(Generation))

    def __init__(self, raw: object) -> None:
        super().__init__(dict(raw) if isinstance(raw, Mapping) else {})

    @cached_property
    def data(self) -> Any:
        """What the post prompt gave, parsed when it is JSON; None when there is none."""
        told, data = self.raw.get("summary"), self.raw.get("post_prompt_data")
        return summary_of(PostPrompt(summary=told, post_prompt_data=data))

    @property
    def text(self) -> str | None:
        """What the post prompt gave, as the model wrote it."""
        return text_in(self.post_prompt_data, "raw")

    @cached_property
    def call_log(self) -> list[LogEntry]:
        """What was said and done, in order; of a chat, its messages."""
        log = self.raw.get("call_log")
        return [LogEntry(each) for each in objects(log or self.raw.get("raw_messages"))]

    @cached_property
    def previous_contexts(self) -> list[list[LogEntry]]:
        """The logs from before each reset of the context."""
        given = self.raw.get("previous_contexts")
        contexts = given if isinstance(given, list) else []
        return [[LogEntry(each) for each in objects(context)] for context in contexts]

    @property
    def totals(self) -> Totals:
        """What the call used."""
        return Totals(self.raw)

    @property
    def turns(self) -> list[LogEntry]:
        """What caller and agent said to each other, in order."""
        return [entry for entry in self.call_log if entry.is_spoken]

    @property
    def tools_used(self) -> dict[str, int]:
        """How often each function ran, in the order of first use."""
        return dict(Counter(use.name for use in self.swaig_log if use.name))

    @cached_property
    def latencies(self) -> dict[str, Spread]:
        """How long the caller waited, in milliseconds, by the name of the latency.

        `latency`, `utterance_latency`, `audio_latency` and `acoustic_latency` are of what the agent
        said, `function_latency` and `execution_latency` of its tools; those without a figure are
        left out.
        """
        said = [entry for entry in self.call_log if entry.role == "assistant"]
        done = [entry for entry in self.call_log if entry.role == "tool"]
        found = {name: Spread.of(getattr(e, name) for e in said) for name in _SPOKEN_LATENCIES}
        found |= {name: Spread.of(getattr(e, name) for e in done) for name in _TOOL_LATENCIES}
        return {name: spread for name, spread in found.items() if spread is not None}

    @property
    def call_seconds(self) -> float | None:
        """How long the call was, from its answer; None when it is not over, or not told."""
        return _between(self.call_answer_date or self.call_start_date, self.call_end_date)

    @property
    def ai_seconds(self) -> float | None:
        """How long the agent was on the call."""
        return _between(self.ai_start_date, self.ai_end_date)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return (end - begin).total_seconds() if begin is not None and end is not None else None
