"""The JSON of every answer that a tool can give."""

import inspect
from collections.abc import Callable
from typing import Any, Self

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import DefinitionError
from agentkit.escape import Template
from agentkit.swaig.result import FunctionResult, SwaigFunctionResult

R = SwaigFunctionResult
Change = Callable[[R], R]


class Document(msgspec.Struct):
    """A document as a Struct."""

    version: str = "1.0.0"


class Drawn:
    """A document as an object that draws itself."""

    def to_dict(self) -> dict[str, str]:
        return {"version": "1.0.0"}


def document(*verbs: dict[str, Any]) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": [*verbs]}}


ACTIONS: list[tuple[Change, dict[str, Any]]] = [
    (lambda r: r.add_action("say", "hi"), {"say": "hi"}),
    (
        lambda r: r.connect("+15551234567", from_addr="+15557654321"),
        {
            "SWML": document({"connect": {"to": "+15551234567", "from": "+15557654321"}}),
            "transfer": "true",
        },
    ),
    (
        lambda r: r.connect("sip:a@b", False),
        {"SWML": document({"connect": {"to": "sip:a@b"}}), "transfer": "false"},
    ),
    (
        lambda r: r.swml_transfer("https://e.com/x", "Back again."),
        {
            "SWML": document(
                {"set": {"ai_response": "Back again."}}, {"transfer": {"dest": "https://e.com/x"}}
            ),
            "transfer": "true",
        },
    ),
    (
        lambda r: r.swml_transfer("main", "", final=False),
        {
            "SWML": document({"set": {"ai_response": ""}}, {"transfer": {"dest": "main"}}),
            "transfer": "false",
        },
    ),
    (lambda r: r.execute_swml({"version": "1.0.0"}), {"SWML": {"version": "1.0.0"}}),
    (
        lambda r: r.execute_swml('{"version": "1.0.0"}', transfer=True),
        {"SWML": {"version": "1.0.0"}, "transfer": "true"},
    ),
    (lambda r: r.execute_swml("version: 1.0.0"), {"SWML": {"raw_swml": "version: 1.0.0"}}),
    (lambda r: r.execute_swml(Document()), {"SWML": {"version": "1.0.0"}}),
    (lambda r: r.execute_swml(Drawn()), {"SWML": {"version": "1.0.0"}}),
    (lambda r: r.update_global_data({"a": 1}), {"set_global_data": {"a": 1}}),
    (lambda r: r.remove_global_data("a"), {"unset_global_data": "a"}),
    (lambda r: r.remove_global_data(["a", "b"]), {"unset_global_data": ["a", "b"]}),
    (lambda r: r.set_metadata({"a": 1}), {"set_meta_data": {"a": 1}}),
    (lambda r: r.remove_metadata("a"), {"unset_meta_data": "a"}),
    (lambda r: r.remove_metadata(("a",)), {"unset_meta_data": ["a"]}),
    (
        lambda r: r.swml_user_event({"kind": "seat"}),
        {"SWML": document({"user_event": {"event": {"kind": "seat"}}})},
    ),
    (lambda r: r.swml_change_step("pay"), {"change_step": "pay"}),
    (lambda r: r.swml_change_context("sales"), {"change_context": "sales"}),
    (lambda r: r.switch_context("You sell tea."), {"context_switch": "You sell tea."}),
    (lambda r: r.switch_context(), {"context_switch": {}}),
    (
        lambda r: r.switch_context("S", "U", consolidate=True, full_reset=True),
        {
            "context_switch": {
                "system_prompt": "S",
                "user_prompt": "U",
                "consolidate": True,
                "full_reset": True,
            }
        },
    ),
    (lambda r: r.switch_context(user_prompt="U"), {"context_switch": {"user_prompt": "U"}}),
    (lambda r: r.hangup(), {"hangup": True}),
    (lambda r: r.hold(), {"hold": 300}),
    (lambda r: r.hold(60), {"hold": 60}),
    (lambda r: r.hold(0), {"hold": 0}),
    (lambda r: r.hold(timeout=901), {"hold": 900}),
    (lambda r: r.hold(timeout=-1), {"hold": 0}),
    (
        lambda r: r.hold(timeout=60, step="a", timeout_step="b"),
        {"hold": {"timeout": 60, "step": "a", "timeout_step": "b"}},
    ),
    (lambda r: r.wait_for_user(), {"wait_for_user": True}),
    (lambda r: r.wait_for_user(enabled=False), {"wait_for_user": False}),
    (lambda r: r.wait_for_user(enabled=False, timeout=5), {"wait_for_user": 5}),
    (lambda r: r.wait_for_user(timeout=5, answer_first=True), {"wait_for_user": "answer_first"}),
    (lambda r: r.stop(), {"stop": True}),
    (lambda r: r.say("hi"), {"say": "hi"}),
    (lambda r: r.simulate_user_input("yes"), {"user_input": "yes"}),
    (lambda r: r.play_background_file("a.mp3"), {"playback_bg": "a.mp3"}),
    (
        lambda r: r.play_background_file("a.mp3", wait=True),
        {"playback_bg": {"file": "a.mp3", "wait": True}},
    ),
    (lambda r: r.stop_background_file(), {"stop_playback_bg": True}),
    (
        lambda r: r.add_dynamic_hints(["tea", {"pattern": "t", "replace": "tea"}]),
        {"add_dynamic_hints": ["tea", {"pattern": "t", "replace": "tea"}]},
    ),
    (lambda r: r.clear_dynamic_hints(), {"clear_dynamic_hints": {}}),
    (lambda r: r.set_end_of_speech_timeout(500), {"end_of_speech_timeout": 500}),
    (lambda r: r.set_speech_event_timeout(1), {"speech_event_timeout": 1}),
    (
        lambda r: r.toggle_functions([{"function": "pay", "active": False}]),
        {"toggle_functions": [{"function": "pay", "active": False}]},
    ),
    (lambda r: r.transfer("main"), {"transfer": "main"}),
    (
        lambda r: r.transfer("https://e.com/x", summarize=True),
        {"transfer": {"dest": "https://e.com/x", "summarize": True}},
    ),
    (lambda r: r.user_event({"kind": "seat"}), {"user_event": {"kind": "seat"}}),
    (lambda r: r.back_to_back_functions(), {"back_to_back_functions": True}),
    (lambda r: r.back_to_back_functions(False), {"back_to_back_functions": False}),
    (lambda r: r.back_to_back_functions("forever"), {"back_to_back_functions": "forever"}),
    (
        lambda r: r.switch_context(
            system_pom=[{"title": "T", "body": "b"}], user_pom=[{"body": "u"}], full_reset=True
        ),
        {
            "context_switch": {
                "system_pom": [{"title": "T", "body": "b"}],
                "user_pom": [{"body": "u"}],
                "full_reset": True,
            }
        },
    ),
    (lambda r: r.change_voice("rime.spore"), {"change_voice": "rime.spore"}),
    (
        lambda r: r.set_semantic_state({"mood": "glad"}),
        {"set_global_data": {"semantic_state": {"mood": "glad"}}},
    ),
    (lambda r: r.join_room("den"), {"SWML": document({"join_room": {"name": "den"}})}),
    (lambda r: r.join_conference("c"), {"SWML": document({"join_conference": "c"})}),
    (
        lambda r: r.join_conference("c", True, max_participants=9, result=[]),
        {
            "SWML": document(
                {
                    "join_conference": {
                        "name": "c",
                        "muted": True,
                        "max_participants": 9,
                        "result": [],
                    }
                }
            )
        },
    ),
    (lambda r: r.sip_refer("sip:a@b"), {"SWML": document({"sip_refer": {"to_uri": "sip:a@b"}})}),
    (
        lambda r: r.tap("rtp://e.com:1", codec="PCMA", rtp_ptime=30),
        {
            "SWML": document(
                {
                    "tap": {
                        "uri": "rtp://e.com:1",
                        "direction": "both",
                        "codec": "PCMA",
                        "rtp_ptime": 30,
                    }
                }
            )
        },
    ),
    (lambda r: r.stop_tap("t"), {"SWML": document({"stop_tap": {"control_id": "t"}})}),
    (lambda r: r.stop_record_call(), {"SWML": document({"stop_record_call": {}})}),
    (
        lambda r: r.record_call(control_id="r", max_length=60),
        {
            "SWML": document(
                {
                    "record_call": {
                        "control_id": "r",
                        "stereo": False,
                        "format": "wav",
                        "direction": "both",
                        "beep": False,
                        "input_sensitivity": 44.0,
                        "max_length": 60,
                    }
                }
            )
        },
    ),
    (
        lambda r: r.execute_rpc("dial", {"a": 1}, "c-2", "n"),
        {
            "SWML": document(
                {
                    "execute_rpc": {
                        "method": "dial",
                        "call_id": "c-2",
                        "node_id": "n",
                        "params": {"a": 1},
                    }
                }
            )
        },
    ),
    (
        lambda r: r.rpc_dial("+1", "+2", "https://e.com/x"),
        {
            "SWML": document(
                {
                    "execute_rpc": {
                        "method": "dial",
                        "params": {
                            "devices": {
                                "type": "phone",
                                "params": {"to_number": "+1", "from_number": "+2"},
                            },
                            "dest_swml": "https://e.com/x",
                        },
                    }
                }
            )
        },
    ),
    (
        lambda r: r.rpc_ai_message("c-2", "hi", global_data={"a": 1}),
        {
            "SWML": document(
                {
                    "execute_rpc": {
                        "method": "ai_message",
                        "call_id": "c-2",
                        "params": {
                            "role": "system",
                            "message_text": "hi",
                            "global_data": {"a": 1},
                        },
                    }
                }
            )
        },
    ),
    (
        lambda r: r.rpc_ai_global_data("c-2", {"a": 1}),
        {
            "SWML": document(
                {
                    "execute_rpc": {
                        "method": "ai_message",
                        "call_id": "c-2",
                        "params": {"global_data": {"a": 1}},
                    }
                }
            )
        },
    ),
    (
        lambda r: r.rpc_ai_unhold("c-2"),
        {"SWML": document({"execute_rpc": {"method": "ai_unhold", "call_id": "c-2"}})},
    ),
    (lambda r: r.enable_functions_on_timeout(), {"functions_on_speaker_timeout": True}),
    (lambda r: r.enable_functions_on_timeout(False), {"functions_on_speaker_timeout": False}),
    (lambda r: r.enable_extensive_data(), {"extensive_data": True}),
    (lambda r: r.replace_in_history(), {"replace_in_history": True}),
    (lambda r: r.replace_in_history("Sold."), {"replace_in_history": "Sold."}),
    (lambda r: r.update_settings({"temperature": 0.5}), {"settings": {"temperature": 0.5}}),
    (
        lambda r: r.send_sms("+1", "+2", "hi"),
        {"SWML": document({"send_sms": {"to_number": "+1", "from_number": "+2", "body": "hi"}})},
    ),
    (
        lambda r: r.send_sms("+1", "+2", media=["u"], tags=["t"], region="us"),
        {
            "SWML": document(
                {
                    "send_sms": {
                        "to_number": "+1",
                        "from_number": "+2",
                        "media": ["u"],
                        "tags": ["t"],
                        "region": "us",
                    }
                }
            )
        },
    ),
]


@pytest.mark.parametrize(("change", "action"), ACTIONS)
def test_each_method_adds_its_action_and_returns_the_result(
    change: Change, action: dict[str, Any]
) -> None:
    result = R("ok")
    assert change(result) is result
    assert result.to_dict() == {"response": "ok", "action": [action]}


WRONG: list[tuple[Callable[[Any], R], str]] = [
    (lambda r: type(r)(5), "SwaigFunctionResult: response"),
    (lambda r: type(r)(tool_result=5), "set_tool_response: tool_result"),
    (lambda r: r.set_response([1]), "set_response: response must be a text or a dict"),
    (lambda r: r.set_tool_response("a", 5), "set_tool_response: tool_prompt"),
    (lambda r: r.add_action("", 1), "add_action: name"),
    (lambda r: r.add_actions({"say": "hi"}), "add_actions: actions"),
    (lambda r: r.add_actions(["say"]), "add_actions: actions"),
    (lambda r: r.connect(" "), "connect: destination"),
    (lambda r: r.connect("+1", from_addr=5), "connect: from_addr"),
    (lambda r: r.swml_transfer("", "x"), "swml_transfer: dest"),
    (lambda r: r.swml_transfer("x", None), "swml_transfer: ai_response"),
    (lambda r: r.execute_swml(5), "execute_swml: swml_content"),
    (lambda r: r.execute_swml("[1]"), "execute_swml: swml_content"),
    (lambda r: r.update_global_data([1]), "update_global_data: data"),
    (lambda r: r.remove_global_data([]).remove_global_data(5), "remove_global_data: keys"),
    (lambda r: r.remove_metadata(["a", 5]), "remove_metadata: keys"),
    (lambda r: r.set_metadata(None), "set_metadata: data"),
    (lambda r: r.swml_user_event("x"), "swml_user_event: event_data"),
    (lambda r: r.swml_change_step(""), "swml_change_step: step_name"),
    (lambda r: r.swml_change_context(""), "swml_change_context: context_name"),
    (lambda r: r.switch_context(5), "switch_context: system_prompt"),
    (lambda r: r.hold(timeout="5m"), "hold: timeout"),
    (lambda r: r.hold(step=["a"]), "hold: step"),
    (lambda r: r.hold(["wait"]), "hold: prompt"),
    (lambda r: r.wait_for_user(timeout=True), "wait_for_user: timeout"),
    (lambda r: r.say(None), "say: text"),
    (lambda r: r.simulate_user_input(5), "simulate_user_input: text"),
    (lambda r: r.play_background_file(""), "play_background_file: filename"),
    (lambda r: r.add_dynamic_hints("tea"), "add_dynamic_hints: hints"),
    (lambda r: r.add_dynamic_hints([5]), "add_dynamic_hints: hints"),
    (lambda r: r.set_end_of_speech_timeout(0), "set_end_of_speech_timeout: milliseconds"),
    (lambda r: r.set_speech_event_timeout(1.5), "set_speech_event_timeout: milliseconds"),
    (lambda r: r.toggle_functions([{"active": True}]), "toggle_functions: function_toggles"),
    (lambda r: r.transfer(""), "transfer: dest"),
    (lambda r: r.user_event([1]), "user_event: event_data"),
    (lambda r: r.back_to_back_functions("once"), "back_to_back_functions: enabled"),
    (lambda r: r.switch_context(system_pom="x"), "switch_context: system_pom"),
    (lambda r: r.change_voice(" "), "change_voice: voice"),
    (lambda r: r.set_semantic_state("x"), "set_semantic_state: state"),
    (lambda r: r.join_room(""), "join_room: name"),
    (lambda r: r.join_conference(" "), "join_conference: name"),
    (lambda r: r.join_conference("c", max_participants=1), "join_conference: max_participants"),
    (lambda r: r.join_conference("c", beep=True), "join_conference: beep"),
    (lambda r: r.join_conference("c", result="x"), "join_conference: result"),
    (lambda r: r.record_call(format="ogg"), "record_call: format"),
    (lambda r: r.record_call(max_length=-1), "record_call: max_length"),
    (lambda r: r.record_call(control_id=5), "record_call: control_id"),
    (lambda r: r.stop_record_call(5), "stop_record_call: control_id"),
    (lambda r: r.sip_refer(None), "sip_refer: to_uri"),
    (lambda r: r.tap("x", direction="up"), "tap: direction"),
    (lambda r: r.tap("x", rtp_ptime=0), "tap: rtp_ptime"),
    (lambda r: r.pay(""), "pay: payment_connector_url"),
    (lambda r: r.pay("https://e.com", timeout=0), "pay: timeout"),
    (lambda r: r.pay("https://e.com", parameters=[{"a": 1}]), "pay: parameters"),
    (lambda r: r.execute_rpc(""), "execute_rpc: method"),
    (lambda r: r.execute_rpc("x", [1]), "execute_rpc: params"),
    (lambda r: r.rpc_dial("", "+2", "u"), "rpc_dial: to_number"),
    (lambda r: r.rpc_ai_message("c-2"), "rpc_ai_message: message_text or global_data"),
    (lambda r: r.rpc_ai_message("", "hi"), "rpc_ai_message: call_id"),
    (lambda r: r.rpc_ai_global_data("c", 5), "rpc_ai_global_data: data"),
    (lambda r: r.rpc_ai_unhold(""), "rpc_ai_unhold: call_id"),
    (lambda r: r.create_payment_action("Sing", "x"), "create_payment_action: action_type"),
    (lambda r: r.create_payment_parameter("a", 5), "create_payment_parameter: value"),
    (lambda r: r.create_payment_prompt("x", "say"), "create_payment_prompt: actions"),
    (lambda r: r.replace_in_history(None), "replace_in_history: text"),
    (lambda r: r.update_settings("hot"), "update_settings: settings"),
    (lambda r: r.send_sms("+1", "+2"), "send_sms: body or media"),
    (lambda r: r.send_sms("", "+2", "hi"), "send_sms: to_number"),
    (lambda r: r.send_sms("+1", "+2", "hi", tags="t"), "send_sms: tags"),
]


@pytest.mark.parametrize(("change", "names"), WRONG)
def test_a_wrong_argument_raises_an_error_that_names_method_and_argument(
    change: Callable[[Any], R], names: str
) -> None:
    with pytest.raises(DefinitionError, match=f"^{names}"):
        change(R())


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(DefinitionError, match="add_action: data nests"):
        R().add_action("x", endless)


def test_the_vendors_name_is_the_same_class() -> None:
    assert FunctionResult is SwaigFunctionResult


@pytest.mark.parametrize("result", [R(), R(None), R({}), R("x").set_tool_response(), R("", True)])
def test_an_empty_answer_has_a_stock_response(result: R) -> None:
    assert result.to_dict() == {"response": "Action completed."}


def test_an_empty_response_is_left_out_when_there_are_actions() -> None:
    assert R().hangup().to_dict() == {"action": [{"hangup": True}]}


def test_post_process_is_written_only_beside_actions() -> None:
    assert R("bye", True).to_dict() == {"response": "bye"}
    assert R("bye", post_process=True).hangup().to_dict() == {
        "response": "bye",
        "action": [{"hangup": True}],
        "post_process": True,
    }
    assert "post_process" not in R("bye", True).hangup().set_post_process(False).to_dict()


def test_an_outcome_and_what_to_do_with_it_replace_the_text() -> None:
    told = {"tool_result": "sold", "tool_prompt": "say so"}
    assert R("x", tool_result="sold", tool_prompt="say so").to_dict() == {"response": told}
    assert R("x").set_tool_response("sold", "say so").to_dict() == {"response": told}
    assert R(tool_prompt="say so").to_dict() == {"response": {"tool_prompt": "say so"}}
    assert R(tool_result="sold").to_dict() == {"response": {"tool_result": "sold"}}


def test_a_response_may_be_replaced_by_text_or_a_dict() -> None:
    assert R("x").set_response("y").to_dict() == {"response": "y"}
    assert R("x").set_response({"tool_result": "y"}).to_dict() == {"response": {"tool_result": "y"}}


def test_a_hold_with_a_prompt_lets_the_model_speak_first() -> None:
    assert R("x").hold("Say that you are back soon.", timeout=60).to_dict() == {
        "response": {
            "tool_result": "status: on hold",
            "tool_prompt": "Say that you are back soon.",
        },
        "action": [{"hold": 60}],
        "post_process": True,
    }


def test_a_payment_goes_as_text_and_tells_the_model_its_outcome() -> None:
    spoken = R.create_payment_action("Say", "Your card number, please.")
    prompt = R.create_payment_prompt("payment-card-number", [spoken], card_type="visa")
    shop = R.create_payment_parameter("shop", "7")
    result = R("x").pay(
        "https://e.com/pay", prompts=[prompt], parameters=[shop], postal_code="10115", timeout=9
    )
    told, paid = result.action[0]["SWML"]["sections"]["main"]
    assert "${pay_result}" in told["set"]["ai_response"]
    assert paid["pay"] == {
        "payment_connector_url": "https://e.com/pay",
        "input": "dtmf",
        "payment_method": "credit-card",
        "timeout": "9",
        "max_attempts": "1",
        "security_code": "true",
        "postal_code": "10115",
        "min_postal_code_length": "0",
        "token_type": "reusable",
        "currency": "usd",
        "language": "en-US",
        "voice": "woman",
        "valid_card_types": "visa mastercard amex",
        "parameters": [{"name": "shop", "value": "7"}],
        "prompts": [{"for": "payment-card-number", "actions": [spoken], "card_type": "visa"}],
    }


def test_methods_that_are_loaded_late_show_their_parameters_and_their_docstring() -> None:
    assert "format: of the file" in str(R.record_call.__doc__)
    assert inspect.signature(R.tap).return_annotation is Self
    assert [*inspect.signature(R.tap).parameters][:3] == ["self", "uri", "control_id"]
    assert [*inspect.signature(R().tap).parameters][:2] == ["uri", "control_id"]
    assert R.tap.__name__ == "tap"


def test_several_actions_keep_their_order() -> None:
    result = R("x").say("a").add_actions([{"say": "b"}, {"stop": True}]).hangup()
    assert result.action == [{"say": "a"}, {"say": "b"}, {"stop": True}, {"hangup": True}]


def test_transfer_stands_before_the_document() -> None:
    assert [*R().connect("+1").action[0]] == ["transfer", "SWML"]
    assert [*R().execute_swml({}, transfer=True).action[0]] == ["transfer", "SWML"]


def test_containers_are_copied_on_the_way_in() -> None:
    response, data, hints = {"tool_result": "a"}, {"list": [1]}, ["tea"]
    result = R(response).update_global_data(data).add_dynamic_hints(hints)
    before = result.to_dict()
    response["tool_result"] = "b"
    data["list"].append(2)
    hints.append("milk")
    assert result.to_dict() == before


def test_fresh_containers_are_handed_out() -> None:
    result = R({"tool_result": "a"}).update_global_data({"list": [1]})
    first = result.to_dict()
    first["response"]["tool_result"] = "b"
    first["action"][0]["set_global_data"]["list"].append(2)
    result.action.clear()
    assert result.to_dict() == {
        "response": {"tool_result": "a"},
        "action": [{"set_global_data": {"list": [1]}}],
    }


def test_a_template_stays_one() -> None:
    result = R(Template("${name}")).update_global_data({"greeting": Template("${name}")})
    body = result.to_dict()
    assert type(body["response"]) is Template
    assert type(body["action"][0]["set_global_data"]["greeting"]) is Template


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.text(min_size=1).filter(str.strip), plain)
def test_any_action_arrives_as_it_was_given(name: str, data: Any) -> None:
    assert R("x").add_action(name, data).to_dict()["action"] == [{name: data}]
