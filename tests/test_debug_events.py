"""Debug events: their place in the document, and what is read from bodies of any shape."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import DefinitionError
from agentkit.debug_events import DebugEvent, event_of
from tests.documents import JSON, ai_of, make


def test_debug_events_are_off_unless_they_are_enabled() -> None:
    assert ai_of(make())["params"] == {}
    assert ai_of(make().enable_debug_events().enable_debug_events(0))["params"] == {}


def test_enabling_them_gives_the_platform_a_url_of_their_own() -> None:
    agent = make(route="/full").add_swaig_query_params({"tier": "gold"}).enable_debug_events(2)
    params = ai_of(agent.set_param("ai_volume", 3))["params"]
    url = params.pop("debug_webhook_url")
    home = "http://u:p@localhost:3000/full/debug_events/?tier=gold&__token="
    assert url.startswith(home)
    assert params == {"debug_webhook_level": 2, "ai_volume": 3}
    token = url.removeprefix(home)
    compiled = agent.compiled()
    assert compiled.accepts_debug_event(token, "c-1", agent.clock())
    assert not compiled.accepts_debug_event(token, "c-2", agent.clock())
    assert not compiled.accepts("ping", token, "c-1", agent.clock())
    assert not compiled.accepts_summary(token, "c-1", agent.clock())


def test_what_the_author_set_himself_wins() -> None:
    own = {"debug_webhook_url": "https://logs.example/x", "debug_webhook_level": 1}
    assert ai_of(make().set_params(own).enable_debug_events(2))["params"] == own


@pytest.mark.parametrize("level", [3, -1, True, "1", None, 1.5])
def test_another_level_is_refused(level: Any) -> None:
    with pytest.raises(DefinitionError, match="level is 0, 1 or 2"):
        make().enable_debug_events(level)


def test_a_handler_must_be_a_function() -> None:
    with pytest.raises(DefinitionError, match="on_debug_event takes a function"):
        make().on_debug_event("log")  # type: ignore[type-var]


INFO = {"call_id": "c-1", "content_type": "text/json", "conversation_type": "voice"}
SHAPES: dict[str, tuple[JSON, str, JSON, str | None]] = {
    "the platform's": ({"call_info": INFO, "barge": {"a": 1}}, "barge", {"a": 1}, "c-1"),
    "the event first": ({"barge": {"a": 1}, "call_info": INFO}, "barge", {"a": 1}, "c-1"),
    "no object": ({"call_info": INFO, "webhook": "url"}, "webhook", {"value": "url"}, "c-1"),
    "null": ({"call_info": INFO, "webhook_reply": None}, "webhook_reply", {"value": None}, "c-1"),
    "several keys": ({"call_info": INFO, "input": {"b": 2}, "x": {}}, "input", {"b": 2}, "c-1"),
    "a label": (
        {"label": "barge", "call_id": "c"}, "barge", {"label": "barge", "call_id": "c"}, "c",
    ),
    "an action": ({"action": "hold"}, "hold", {"action": "hold"}, None),
    "event and data": ({"event": "hold", "timestamp": 1, "data": {"a": 1}}, "hold", {"a": 1}, None),
    "nothing": ({}, "unknown", {}, None),
    "only the call": ({"call_info": INFO}, "unknown", {}, "c-1"),
    "odd info": ({"call_info": [1], "call_id": 5, "barge": {}}, "barge", {}, None),
    "odd ids": ({"call_info": {"call_id": ""}, "call_id": "", "label": ""}, "label",
                {"value": ""}, None),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_body_of_any_shape_is_an_event(shape: tuple[JSON, str, JSON, str | None]) -> None:
    body, name, fields, call_id = shape
    assert event_of(body) == DebugEvent(name, fields, call_id, body)


def test_fields_are_read_by_type() -> None:
    event = event_of({"session_end": {"reason": "normal", "ms": 5, "ok": True, "x": 0.5}})
    assert (event.text("reason"), event.number("ms"), event.number("x")) == ("normal", 5.0, 0.5)
    assert (event.flag("ok"), event.number("ok"), event.text("ms")) == (True, None, None)
    assert (event.flag("ms"), event.flag("gone")) == (None, None)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_keys = st.sampled_from(["call_info", "call_id", "label", "event", "action", "data"]) | st.text()


@given(st.dictionaries(_keys, _values))
def test_nothing_is_refused(body: JSON) -> None:
    event = event_of(body)
    assert event.raw is body
    assert isinstance(event.name, str)
    assert isinstance(event.fields, dict)
