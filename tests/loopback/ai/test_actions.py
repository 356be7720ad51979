"""Each of the 29 actions and its effect."""

from typing import Any

import msgspec
import pytest

from agentkit.loopback.ai import AISession
from agentkit.loopback.ai.actions import NAMES
from agentkit.loopback.trace import Concern
from tests.loopback.ai.wires import JSON, Stage, function, started, verb

DOCUMENT: JSON = {"version": "1.0.0", "sections": {"main": [{"hangup": {}}]}}
ALL = {
    "SWML", "transfer", "say", "stop", "hangup", "hold", "wait_for_user", "playback_bg",
    "stop_playback_bg", "user_input", "change_step", "change_context", "context_switch",
    "set_global_data", "unset_global_data", "set_meta_data", "unset_meta_data", "toggle_functions",
    "add_dynamic_hints", "clear_dynamic_hints", "settings", "end_of_speech_timeout",
    "speech_event_timeout", "change_voice", "replace_in_history", "back_to_back_functions",
    "functions_on_speaker_timeout", "extensive_data", "user_event",
}  # fmt: skip


async def doing(*actions: Any, later: bool = False, **fields: Any) -> tuple[AISession, Stage]:
    """A session in which a function has answered with these actions."""
    answer: JSON = {"response": "Done.", "action": list(actions)}
    if later:
        answer["post_process"] = True
    ai = verb(function("act"), function("other"), **fields)
    steps = [{"name": name, "text": f"Do {name}."} for name in "ab"]
    sales = {"steps": [{"name": "s", "text": "Sell."}]}
    contexts = {"default": {"steps": steps}, "sales": sales}
    ai["prompt"] = {"text": "Be kind.", "contexts": contexts}
    session, stage = await started(ai, {"act": answer})
    session.swml = ran(stage)
    await session.hear("Please")
    await session.call_tool("act", {})
    return session, stage


def ran(stage: Stage) -> Any:
    async def run(document: Any, transfer: bool) -> None:
        stage.vars["ran"] = (document, transfer)

    return run


def test_the_table_is_complete() -> None:
    assert ALL == NAMES


async def test_swml_runs_in_the_call() -> None:
    session, stage = await doing({"SWML": DOCUMENT})
    assert stage.vars["ran"] == (DOCUMENT, False)
    assert session.ended is None


@pytest.mark.parametrize("given", ['{"version":"1.0.0","sections":{"main":[{"hangup":{}}]}}'])
async def test_swml_may_be_a_text(given: str) -> None:
    _, stage = await doing({"SWML": given})
    assert stage.vars["ran"] == (DOCUMENT, False)


async def test_swml_in_another_notation_is_given_on() -> None:
    _, stage = await doing({"SWML": "version: 1.0.0"})
    assert stage.vars["ran"] == ("version: 1.0.0", False)


@pytest.mark.parametrize("transfer", [True, "true"])
async def test_swml_with_transfer_ends_the_session(transfer: Any) -> None:
    session, stage = await doing({"transfer": transfer, "SWML": DOCUMENT})
    assert session.ended == "transfer"
    assert session.moves_to == DOCUMENT
    assert stage.vars == {}
    assert stage.texts("warning") == []


@pytest.mark.parametrize("transfer", [False, "false"])
async def test_swml_without_transfer_does_not(transfer: Any) -> None:
    session, _ = await doing({"SWML": DOCUMENT, "transfer": transfer})
    assert session.ended is None


@pytest.mark.parametrize("given", [7, None, [], True])
async def test_swml_that_is_no_document_is_noted(given: Any) -> None:
    session, stage = await doing({"SWML": given})
    shown = msgspec.json.encode(given).decode()
    assert stage.texts("warning") == [f"act: SWML: a document belongs here, not {shown}"]
    assert session.ended is None


async def test_swml_needs_a_call() -> None:
    session, stage = await started(verb(function("act")), {"act": {"action": {"SWML": DOCUMENT}}})
    await session.call_tool("act", {})
    assert stage.texts("warning") == ["act: SWML: there is no call in which the document could run"]
    assert session.swml is None


async def test_transfer_moves_the_call() -> None:
    session, _ = await doing({"transfer": "section"})
    assert (session.ended, session.moves_to) == ("transfer", "section")


async def test_transfer_may_sum_up() -> None:
    session, _ = await doing({"transfer": {"dest": "https://x.example.com", "summarize": True}})
    assert session.moves_to == "https://x.example.com"
    assert session.room.params.flag("transfer_summary")


@pytest.mark.parametrize("given", [None, {}, 7, "", {"dest": []}])
async def test_transfer_needs_a_destination(given: Any) -> None:
    session, stage = await doing({"transfer": given})
    assert session.ended is None
    assert stage.texts("warning")[-1] == "act: transfer: a destination belongs here"


async def test_say_is_spoken_at_once() -> None:
    session, stage = await doing({"say": "One moment please"})
    assert stage.texts("platform") == ["One moment please"]
    manual = [each for each in session.room.logs.call if each["role"] == "assistant-manual"]
    assert manual[0]["content"] == "One moment please"


async def test_say_needs_words() -> None:
    _, stage = await doing({"say": ["no"]})
    assert stage.texts("platform") == []


@pytest.mark.parametrize("name", ["stop", "hangup"])
@pytest.mark.parametrize(
    ("value", "ends"),
    [(True, True), ("yes", True), (1, True), (False, False), ("false", False), (None, False)],
)
async def test_stop_and_hangup_end_the_session(name: str, value: Any, ends: bool) -> None:
    session, _ = await doing({name: value})
    assert session.ended == (name if ends else None)


async def test_the_first_ending_counts() -> None:
    session, _ = await doing({"stop": True}, {"hangup": True}, {"transfer": "x"})
    assert (session.ended, session.moves_to) == ("stop", None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(60, 60), ("2m", 120), ("90", 90), ("1m30s", 90), ({"timeout": 30}, 30), (901, 300), (-1, 300),
     ({}, 300), (True, 300), ("soon", 300), (0, 0), ({"timeout": "1h"}, 300)],
)  # fmt: skip
async def test_hold_lets_the_caller_wait(value: Any, seconds: int) -> None:
    session, stage = await doing({"hold": value})
    assert session.on_hold
    assert session.room.hold is not None
    assert session.room.hold.until_us - stage.clock.us == seconds * 1_000_000


@pytest.mark.parametrize(
    ("value", "waits"),
    [(True, True), (False, False), (10, 10), ("answer_first", "answer_first"), ("true", True),
     ([], True)],
)  # fmt: skip
async def test_wait_for_user_lets_the_model_be_silent(value: Any, waits: Any) -> None:
    session, _ = await doing({"wait_for_user": value})
    assert session.room.tuning.waits_for_user == waits
    assert session.agent_first == (waits is False)


@pytest.mark.parametrize("value", ["https://a.example.com/x.mp3", {"file": "x.mp3", "wait": True}])
async def test_playback_begins_and_stops(value: Any) -> None:
    session, _ = await doing({"playback_bg": value})
    assert session.room.tuning.plays.endswith("x.mp3")
    session, _ = await doing({"playback_bg": value}, {"stop_playback_bg": True})
    assert session.room.tuning.plays == ""


async def test_playback_needs_a_file() -> None:
    session, stage = await doing({"playback_bg": 7}, {"stop_playback_bg": False})
    assert session.room.tuning.plays == ""
    assert len(stage.texts("warning")) == 1


async def test_user_input_is_queued() -> None:
    session, _ = await doing({"user_input": "I said so"}, {"user_input": 7})
    assert session.user_input == ["I said so"]


async def test_change_step_moves_the_session() -> None:
    session, _ = await doing({"change_step": "b"})
    assert session.step == "b"


async def test_change_context_moves_the_session() -> None:
    session, _ = await doing({"change_context": "sales"})
    assert (session.context, session.step) == ("sales", "s")


async def test_context_switch_gives_a_new_prompt() -> None:
    session, _ = await doing({"context_switch": "You are new, ${caller_id_number}."})
    assert session.messages()[0].content == "You are new, +12025550123."


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"system_prompt": "New.", "user_prompt": "Hi"}, ["New.", "Please", "Hi"]),
        ({"system_pom": [{"body": "P."}], "user_pom": [{"body": "U."}]}, ["P.", "Please", "U."]),
        ({"full_reset": True}, ["Be kind."]),
        ({"consolidate": True}, ["Be kind.", "The conversation so far:\nuser: Please"]),
    ],
)
async def test_context_switch_resets(fields: JSON, texts: list[str]) -> None:
    session, _ = await doing({"context_switch": fields})
    kept = [each.content for each in session.messages()
            if each.role != "tool" and each.content and "Do a." not in each.content]  # fmt: skip
    assert kept == texts


async def test_global_data_is_set_and_unset() -> None:
    session, stage = await doing(
        {"set_global_data": {"a": 1, "b": {"c": 2}}}, {"unset_global_data": "a"}
    )
    assert session.global_data["b"] == {"c": 2}
    assert "a" not in session.global_data
    assert stage.data("state") == [{"a": 1, "b": {"c": 2}}, {"a": None}]


@pytest.mark.parametrize(("names", "left"), [(["a", "c"], {"b"}), ("b", {"a"}), ({}, set()),
                                             (7, {"a", "b"})])  # fmt: skip
async def test_several_keys_are_unset(names: Any, left: set[str]) -> None:
    session, _ = await doing(
        {"set_global_data": {"a": 1, "b": 2}}, {"unset_global_data": names},
        {"set_meta_data": {"a": 1, "b": 2}}, {"unset_meta_data": names})  # fmt: skip
    token = session.room.tools.functions["act"].token
    assert session.global_data.keys() - session.room.caller.keys() == left
    assert session.meta_data(token).keys() == left


async def test_meta_data_is_set() -> None:
    session, stage = await doing({"set_meta_data": {"a": 1}})
    assert session.meta_data(session.room.tools.functions["act"].token) == {"a": 1}
    assert stage.texts("state") == ["meta_data"]


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ([{"function": "other", "active": False}], ["act"]),
        ([{"function": ["act", "other"], "active": "false"}], []),
        ({"function": "other", "active": 0}, ["act"]),
        ([{"function": ["other", "gone"], "active": False}], ["act"]),
        ([{"function": "other", "active": False}, {"function": "other"}], ["act", "other"]),
        ([{"function": "gone"}], ["act", "other"]),
        ([{"active": False}], ["act", "other"]),
        ([{}], ["act", "other"]),
        ([], ["act", "other"]),
        ("other", ["act", "other"]),
    ],
)
async def test_functions_are_toggled(value: Any, offered: list[str]) -> None:
    _, stage = await doing({"toggle_functions": value})
    assert [name for name in stage.names() if name in {"act", "other"}] == offered


@pytest.mark.parametrize(
    ("toggle", "concern", "text"),
    [
        ({"function": "gone"}, Concern.OUT_OF_REACH, "'gone' is not toggled: there is none"),
        ({}, Concern.INCOMPLETE, ".function: a name belongs here"),
        ({"active": False}, Concern.INCOMPLETE, ".function: a name belongs here"),
        ({"function": 7}, Concern.MISFIT, ".function: a list belongs here, not 7"),
        ("other", Concern.MISFIT, 'an object belongs here, not "other"'),
    ],
)
async def test_a_toggle_of_nothing_is_noted(toggle: Any, concern: Concern, text: str) -> None:
    _, stage = await doing({"toggle_functions": [toggle]})
    [warning] = [moment for moment in stage.trace.moments if moment.kind == "warning"]
    assert warning.concern is concern
    assert warning.text.startswith("act: toggle_functions[0]")
    assert warning.text.endswith(text)


async def test_functions_get_a_number_of_uses() -> None:
    session, stage = await doing({"toggle_functions": [{"function": "other", "active": 1}]})
    await session.call_tool("other", {})
    assert "other" not in stage.names()


async def test_functions_of_another_token_are_not_toggled() -> None:
    far = function("far", web_hook_url="https://far.example.com", active=False)
    ai = verb(function("act"), far)
    toggle = {"action": {"toggle_functions": [{"function": "far", "active": True}]}}
    session, stage = await started(ai, {"act": toggle})
    await session.call_tool("act", {})
    assert "far" not in stage.names()
    [warning] = [moment for moment in stage.trace.moments if moment.kind == "warning"]
    assert warning.concern is Concern.OUT_OF_REACH
    assert "its meta_data_token is another" in warning.text


async def test_hints_are_added_and_cleared() -> None:
    hints = ["Tulsa", {"pattern": "tool sa", "replace": "Tulsa"}]
    session, _ = await doing({"add_dynamic_hints": hints})
    assert session.room.hints.dynamic == ["Tulsa", "tool sa"]
    await session.hear("To tool sa")
    assert session.messages()[-1].content == "To Tulsa"
    session, _ = await doing({"add_dynamic_hints": hints}, {"clear_dynamic_hints": {}})
    assert session.room.hints.dynamic == []
    await session.hear("To tool sa")
    assert session.messages()[-1].content == "To tool sa"


async def test_settings_change_how_the_model_is_asked() -> None:
    session, stage = await doing(
        {"settings": {"temperature": "0.2", "top-p": 1, "barge-confidence": 1, "top_p": 2}}
    )
    assert session.room.tuning.settings == {"temperature": 0.2, "top-p": 1}
    assert stage.texts("warning") == ["act: settings.top_p: there is no such setting"]


@pytest.mark.parametrize("name", ["end_of_speech_timeout", "speech_event_timeout"])
async def test_speech_timeouts_are_set(name: str) -> None:
    session, _ = await doing({name: 900})
    assert session.room.params.given[name] == 900
    session, stage = await doing({name: 0})
    assert name not in session.room.params.given
    assert stage.texts("warning") == [f"act: {name}: milliseconds above 0 belong here"]


async def test_the_voice_is_changed() -> None:
    session, _ = await doing({"change_voice": "rime.spore:arcana"}, {"change_voice": 7})
    assert session.room.languages.voice == "rime.spore:arcana"


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (True, ["Please"]),
        ("Looked it up.", ["Please", "Looked it up."]),
        (False, ["Please", "", "Done."]),
        (7, ["Please", "", "Done."]),
    ],
)
async def test_a_call_is_replaced_in_the_history(value: Any, texts: list[str]) -> None:
    session, _ = await doing({"replace_in_history": value})
    assert [each.content for each in session.messages()][2:] == texts


@pytest.mark.parametrize(
    ("value", "held"), [(True, True), ("forever", "forever"), (False, False), ("x", False)]
)
async def test_functions_may_follow_each_other(value: Any, held: Any) -> None:
    session, _ = await doing({"back_to_back_functions": value})
    assert session.room.tuning.back_to_back == held


async def test_switches_are_switched() -> None:
    session, _ = await doing({"functions_on_speaker_timeout": True}, {"extensive_data": "true"})
    assert session.room.tuning.on_speaker_timeout
    assert session.room.tuning.extensive_data


async def test_user_events_are_told() -> None:
    _, stage = await doing({"user_event": {"type": "table", "seats": 2}})
    assert stage.texts("event") == ["calling.user_event"]
    assert stage.data("event") == [{"type": "table", "seats": 2}]


# Around them -------------------------------------------------------------------------------


async def test_actions_are_noted_in_order() -> None:
    session, stage = await doing({"say": "Hm"}, {"set_global_data": {"a": 1}})
    assert stage.texts("action") == ["say", "set_global_data"]
    assert stage.data("action") == ["Hm", {"a": 1}]
    assert session.global_data["a"] == 1


async def test_an_unknown_action_is_noted_with_a_warning() -> None:
    _, stage = await doing({"dance": True})
    assert stage.texts("action") == ["dance"]
    assert stage.texts("warning") == ["act: dance: there is no such action"]


async def test_one_object_carries_one_action() -> None:
    session, stage = await doing({"say": "Hm", "set_global_data": {"a": 1}}, {})
    assert session.global_data["a"] == 1
    assert len(stage.texts("warning")) == 2


async def test_actions_may_wait_until_the_model_has_spoken() -> None:
    session, stage = await doing({"change_step": "b"}, {"hangup": True}, later=True)
    assert (session.step, session.ended) == ("a", None)
    assert stage.texts("action") == []
    await session.say("Goodbye.")
    assert (session.step, session.ended) == ("b", "hangup")
    assert stage.texts("action") == ["change_step", "hangup"]


@pytest.mark.parametrize(
    ("param", "action"),
    [
        ("swaig_allow_swml", {"SWML": DOCUMENT}),
        ("swaig_allow_settings", {"settings": {"temperature": 1}}),
        ("swaig_set_global_data", {"set_global_data": {"a": 1}}),
        ("swaig_set_global_data", {"unset_global_data": {}}),
    ],
)
async def test_gates_keep_actions_from_doing_anything(param: str, action: JSON) -> None:
    session, stage = await doing(action, params={param: False}, global_data={"b": 1})
    [name] = action
    assert stage.texts("warning") == [f"act: {name}: params.{param} forbids it"]
    assert session.global_data == {"b": 1, **session.room.caller}
    assert session.room.tuning.settings == {}
    assert stage.vars == {}


@pytest.mark.parametrize("action", [{"say": "Hi"}, [{"say": "Hi"}], [{"say": "Hi"}, 7, "x"]])
async def test_actions_are_one_or_many(action: Any) -> None:
    session, stage = await started(verb(function("act")), {"act": {"action": action}})
    await session.call_tool("act", {})
    assert stage.texts("platform") == ["Hi"]
