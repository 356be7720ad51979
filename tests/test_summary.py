"""The typed summary: what the platform's own bodies say, and bodies of any other shape."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agentkit
from agentkit import AgentBase, Summary, _json
from agentkit.call_log import LogEntry, Spread
from agentkit.testing import AgentClient, SimulatedCall
from tests.documents import AUTH, JSON, make
from tests.test_samples import files, read

if TYPE_CHECKING:
    from agentkit.testing import Response  # a name that cannot be resolved at run time

CALL: JSON = {
    "call_id": "c-1",
    "ai_session_id": "s-1",
    "hard_timeout": False,
    "call_start_date": 1_800_000_000_000_000,
    "call_answer_date": 1_800_000_001_500_000,
    "call_end_date": 1_800_000_061_500_000,
    "ai_start_date": 1_800_000_002_000_000,
    "ai_end_date": 0,
    "total_minutes": 1,
    "total_tts_chars": 12.5,
    "post_prompt_data": {"parsed": [{"teas": 2}], "raw": '{"teas": 2}'},
    "call_log": [
        {"role": "system", "content": "Sell tea."},
        {"role": "assistant", "content": " Which tea? ", "latency": 300, "audio_latency": 900},
        {"role": "user", "content": "Assam.", "confidence": 0.9, "barge_count": 1},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "t-1"}, 5]},
        {"role": "tool", "content": "Added.", "function_name": "add", "execution_latency": 40},
        {"role": "assistant-manual", "content": "One moment."},
        {"role": "assistant", "content": "Done.", "latency": 500, "audio_latency": None},
        {"role": "system-log", "action": "session_end", "metadata": {"step": "x"}},
    ],
    "previous_contexts": [[{"role": "user", "content": "Hi."}], 5],
    "call_timeline": [{"ts": 1_800_000_002_000_000, "type": "session_start"}],
    "swaig_log": [
        {"command_name": "add", "command_arg": '{"tea": "Assam"}', "epoch_time": 1_800_000_010,
         "post_data": {"a": 1}, "post_response": {"response": "Added."}, "url": "https://a.example"},
        {"command_name": "next_step", "command_arg": "{", "native": True},
        {"command_name": "add", "command_arg": "[1]", "epoch_time": "soon", "mcp_error": "gone"},
    ],
    "times": [{"response": " Which tea?", "answer_time": 1.5, "tokens": 12}],
}  # fmt: skip


def test_a_summary_tells_when_the_call_was_and_how_long() -> None:
    report = Summary(CALL)
    assert report.call_start_date == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    assert (report.call_seconds, report.ai_seconds) == (60.0, None)
    assert (report.ai_end_date, report.call_ended_by, report.hard_timeout) == (None, None, False)
    assert (report.totals.minutes, report.totals.tts_chars, report.totals.input_tokens) == (
        1.0, 12.5, None,
    )  # fmt: skip


def test_a_call_without_an_answer_is_timed_from_its_start() -> None:
    report = Summary({"call_start_date": 1_000_000, "call_end_date": 3_000_000})
    assert report.call_seconds == 2.0


def test_a_summary_tells_what_the_post_prompt_gave() -> None:
    report = Summary(CALL)
    assert (report.data, report.text) == ({"teas": 2}, '{"teas": 2}')
    assert Summary({"summary": "x"}).data == "x"
    assert Summary({"post_prompt_data": "prose"}).data == "prose"


def test_a_summary_tells_what_was_said_and_done() -> None:
    report = Summary(CALL)
    assert [(turn.role, turn.content) for turn in report.turns] == [
        ("assistant", "Which tea?"),
        ("user", "Assam."),
        ("assistant-manual", "One moment."),
        ("assistant", "Done."),
    ]
    assert report.tools_used == {"add": 2, "next_step": 1}
    first, second, third = report.swaig_log
    assert first.at == datetime(2027, 1, 15, 8, 0, 10, tzinfo=UTC)
    assert (first.arguments, first.request) == ({"tea": "Assam"}, {"a": 1})
    assert (first.response, first.native) == ({"response": "Added."}, None)
    assert (second.arguments, second.native, second.at) == ({}, True, None)
    assert (third.arguments, third.error, third.at) == ({}, "gone", None)
    assert report.call_log[3].tool_calls == [{"id": "t-1"}]
    assert report.call_log[-1].metadata == {"step": "x"}
    assert [[entry.content for entry in log] for log in report.previous_contexts] == [["Hi."], []]
    assert [moment.type for moment in report.call_timeline] == ["session_start"]
    assert [(each.response, each.answer_time, each.tokens) for each in report.times] == [
        ("Which tea?", 1.5, 12)
    ]


def test_a_summary_tells_how_long_the_caller_waited() -> None:
    assert Summary(CALL).latencies == {
        "latency": Spread(2, 300.0, 300.0, 500.0, 500.0),
        "audio_latency": Spread(1, 900.0, 900.0, 900.0, 900.0),
        "execution_latency": Spread(1, 40.0, 40.0, 40.0, 40.0),
    }


def test_percentiles_are_by_nearest_rank() -> None:
    spread = Spread.of([float(n) for n in range(100, 0, -1)])
    assert spread == Spread(100, 1.0, 50.0, 95.0, 100.0)
    assert Spread.of([None]) is None


def test_a_chat_has_messages_in_place_of_a_call_log() -> None:
    report = Summary({"raw_messages": [{"role": "user", "content": "Hi."}]})
    assert [turn.content for turn in report.turns] == ["Hi."]


def test_a_field_is_read_once_and_shows_no_values() -> None:
    report = Summary(CALL)
    assert report.swaig_log is report.swaig_log
    assert "c-1" not in repr(report)
    assert "Assam" not in repr(report.call_log)
    assert Summary.call_id.__get__(None, Summary) is Summary.call_id


def test_the_name_is_loaded_when_it_is_asked_for() -> None:
    assert agentkit.Summary is Summary
    with pytest.raises(AttributeError, match="no attribute 'Sumary'"):
        agentkit.Sumary  # noqa: B018


NUMBERS = ("latency", "utterance_latency", "audio_latency", "function_latency", "confidence")


@files("post_prompt.")
def test_what_the_platform_sends_is_read_in_full(file: Any) -> None:
    raw = read(file)
    report = Summary(raw)
    assert report.call_id == raw["call_id"]
    assert report.ai_session_id == raw["ai_session_id"]
    assert len(report.call_log) == len(raw["call_log"])
    assert report.ai_seconds == (raw["ai_end_date"] - raw["ai_start_date"]) / 1e6
    for entry, sent in zip(report.call_log, raw["call_log"], strict=True):
        assert entry.content == sent.get("content", "").strip()
        assert all(getattr(entry, name) == sent.get(name) for name in NUMBERS)
    assert sum(report.tools_used.values()) == len(raw["swaig_log"])
    for use, sent in zip(report.swaig_log, raw["swaig_log"], strict=True):
        assert use.arguments == (_json.decode(sent["command_arg"] or "{}") or {})
        assert use.at is not None
    assert report.totals.minutes == raw.get("total_minutes")


def everything(view: Any) -> list[Any]:
    """Read every attribute of a view and of the views in it."""
    read = [getattr(view, name) for name in dir(view) if not name.startswith("_")]
    inner = [each for value in read if isinstance(value, list) for each in value]
    views = [each for each in inner if hasattr(each, "raw")]
    return [read, *(everything(each) for each in views)]


WRONG: dict[str, object] = {
    "null": None,
    "true": True,
    "text": "x",
    "a huge number": 10**400,
    "a negative number": -1,
    "infinity": float("inf"),
    "a list": [5, None, [], "x", {}],
    "an object": {"a": [{}]},
    "deep JSON": "[" * 5_000,
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_a_field_of_another_type_reads_as_nothing(value: object) -> None:
    strange = dict.fromkeys(dir(Summary), value)
    strange["swaig_log"] = [dict.fromkeys(("command_arg", "epoch_time", "native"), value)]
    strange["call_log"] = [dict.fromkeys(dir(LogEntry), value)]
    assert everything(Summary(strange))
    report = Summary(strange)
    assert (report.call_seconds, report.turns, report.tools_used) == (None, [], {})
    assert report.call_log[0].timestamp is None


def test_a_time_that_no_calendar_has_is_none() -> None:
    assert Summary({"call_end_date": 10**30}).call_end_date is None


@pytest.mark.parametrize("body", [None, 5, "x", [], [{}], object()])
def test_no_body_is_an_empty_one(body: object) -> None:
    report = Summary(body)
    assert (report.data, report.turns, report.latencies, report.call_id) == (None, [], {}, None)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_keys = st.sampled_from([name for name in dir(Summary) if not name.startswith("_")]) | st.text()


@given(st.dictionaries(_keys, _values))
def test_nothing_is_refused(body: JSON) -> None:
    assert everything(Summary(body))


class Heard(AgentBase):
    """Hears summaries in the form that a test gives its hook."""

    seen: tuple[Any, ...] = ()


class ByName(Heard):
    def on_summary(self, summary: Any, raw_data: Any = None, report: Any = None) -> None:
        self.seen = (summary, raw_data["call_id"], type(report), report.call_id)


class ByNameOnly(Heard):
    async def on_summary(self, summary: Any, *, report: Any) -> None:  # type: ignore[override]
        self.seen = (summary, "c-1", type(report), report.call_id)


class ByAnnotation(Heard):
    def on_summary(  # type: ignore[override]
        self, summary: Any, raw_data: Any, told: Summary | None
    ) -> None:
        assert told is not None
        self.seen = (summary, raw_data["call_id"], type(told), told.call_id)


class First(Heard):
    def on_summary(self, told: Summary, raw_data: Any = None) -> None:
        self.seen = (told.data, raw_data["call_id"], type(told), told.call_id)


class Second(Heard):
    def on_summary(self, summary: Any, told: "Summary") -> None:  # type: ignore[override]
        self.seen = (summary, "c-1", type(told), told.call_id)


class Unreadable(Heard):
    def on_summary(  # type: ignore[override]
        self, summary: "Response", raw_data: Any, told: "Summary"
    ) -> None:
        self.seen = (summary, raw_data["call_id"], type(told), told.call_id)


@pytest.mark.parametrize("kind", [ByName, ByNameOnly, ByAnnotation, First, Second, Unreadable])
async def test_a_hook_gets_the_typed_summary_where_it_asks_for_it(kind: type[Heard]) -> None:
    agent = make("Heard", kind).set_post_prompt("Sum up.")
    assert isinstance(agent, Heard)
    call = SimulatedCall(AgentClient(agent, auth=AUTH), "/", call_id="c-1")
    await call.start()
    await call.hang_up(summary={"teas": 2})
    assert agent.seen == ({"teas": 2}, "c-1", Summary, "c-1")
