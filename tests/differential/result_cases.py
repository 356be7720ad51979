"""Every method of `FunctionResult` with every class of arguments, for both SDKs.

A case is a name and a chain of calls on a fresh result. Only what both sides can import is used.
"""

from typing import Any

Case = tuple[str, list[tuple[str, list[Any], dict[str, Any]]]]

COND = [{"when": "x == 1", "then": [{"hangup": {}}]}]
SWITCH = {"variable": "x", "case": {"a": [{"hangup": {}}]}, "default": []}
DOCUMENT = {"version": "1.0.0", "sections": {"main": [{"play": {"url": "say:hi"}}]}}
PROMPT = {
    "for": "payment-card-number",
    "actions": [
        {"type": "Say", "phrase": "Card?"}, {"type": "Play", "phrase": "https://e.com/a.mp3"},
    ],
    "card_type": "visa",
    "error_type": "timeout",
}  # fmt: skip
ALL_CONFERENCE: dict[str, Any] = {
    "muted": True, "beep": "onExit", "start_on_enter": False, "end_on_exit": True,
    "wait_url": "https://e.com/wait", "max_participants": 12, "record": "record-from-start",
    "region": "eu", "trim": "do-not-trim", "coach": "c-9", "status_callback_event": "start end",
    "status_callback": "https://e.com/s", "status_callback_method": "GET",
    "recording_status_callback": "https://e.com/r", "recording_status_callback_method": "GET",
    "recording_status_callback_event": "in-progress", "result": SWITCH,
}  # fmt: skip
ALL_PAY: dict[str, Any] = {
    "input_method": "dtmf", "status_url": "https://e.com/s", "payment_method": "credit-card",
    "timeout": 9, "max_attempts": 3, "security_code": False, "postal_code": "10115",
    "min_postal_code_length": 5, "token_type": "one-time", "charge_amount": "20.45",
    "currency": "eur", "language": "de-DE", "voice": "man", "description": "Tea",
    "valid_card_types": "visa", "parameters": [{"name": "shop", "value": "7"}],
    "prompts": [PROMPT], "ai_response": "Paid: ${pay_result}",
}  # fmt: skip
ALL_RECORDING: dict[str, Any] = {
    "control_id": "r-1", "stereo": True, "format": "mp3", "direction": "speak", "terminators": "#*",
    "beep": True, "input_sensitivity": 30.5, "initial_timeout": 2.0, "end_silence_timeout": 3.5,
    "max_length": 60.0, "status_url": "https://e.com/s",
}  # fmt: skip

ARGUMENTS: dict[str, list[tuple[list[Any], dict[str, Any]]]] = {
    "set_response": [(["said"], {}), ([""], {}), ([{"tool_result": "r"}], {})],
    "set_tool_response": [
        ([], {}), (["r"], {}), (["r", "p"], {}), ([], {"tool_prompt": "p"}), (["", ""], {}),
    ],
    "set_post_process": [([True], {}), ([False], {})],
    "add_action": [
        (["say", "hi"], {}), (["x", {"a": [1, None, True, 1.5]}], {}), (["x", None], {}),
        (["x", []], {}), (["x", False], {}), (["ünïcode", "☎"], {}),
    ],
    "add_actions": [([[{"say": "a"}, {"stop": True}]], {}), ([[]], {})],
    "connect": [
        (["+15551234567"], {}), (["sip:a@b", False], {}), (["+1", True, "+2"], {}),
        (["+1"], {"final": False, "from_addr": "+2"}), (["${args.to}"], {}),
    ],
    "swml_transfer": [
        (["https://e.com/x", "Back."], {}), (["main", "", False], {}),
        (["https://e.com/x"], {"ai_response": "Back.", "final": False}),
    ],
    "execute_swml": [
        ([DOCUMENT], {}), ([DOCUMENT, True], {}), ([DOCUMENT], {"transfer": False}),
        (['{"version": "1.0.0"}'], {}), (['{"version": "1.0.0"}', True], {}),
        (["not json"], {}), ([{}], {}),
    ],
    "update_global_data": [([{"a": 1, "b": {"c": [1, 2]}}], {}), ([{}], {})],
    "remove_global_data": [(["a"], {}), ([["a", "b"]], {}), ([[]], {})],
    "set_metadata": [([{"a": 1}], {}), ([{}], {})],
    "remove_metadata": [(["a"], {}), ([["a", "b"]], {}), ([[]], {})],
    "set_semantic_state": [([{"mood": "glad"}], {}), ([{}], {})],
    "swml_user_event": [([{"kind": "seat", "n": [1]}], {}), ([{}], {})],
    "swml_change_step": [(["pay"], {}), (["next"], {})],
    "swml_change_context": [(["sales"], {})],
    "switch_context": [
        ([], {}), (["S"], {}), (["S", "U"], {}), (["S", "U", True, True], {}),
        (["S"], {"consolidate": True}), (["S"], {"full_reset": True}),
        ([], {"user_prompt": "U"}), ([], {"consolidate": True, "full_reset": True}),
    ],
    "hangup": [([], {})],
    "hold": [
        ([], {}), ([60], {}), ([0], {}), ([900], {}), ([901], {}), ([-1], {}),
        ([], {"timeout": 60}), (["Wait here."], {}), (["Wait here.", 30], {}), ([""], {}),
        ([], {"step": "a"}), ([], {"timeout_step": "b"}),
        (["Wait."], {"timeout": 2000, "step": "a", "timeout_step": "b"}), (["60"], {}),
    ],
    "wait_for_user": [
        ([], {}), ([True], {}), ([False], {}), ([], {"timeout": 5}), ([], {"timeout": 0}),
        ([], {"answer_first": True}), ([False, 7], {}), ([True, 7, True], {}),
    ],
    "stop": [([], {})],
    "say": [(["hi"], {}), ([""], {}), (["ünïcode ☎"], {})],
    "simulate_user_input": [(["yes"], {}), ([""], {})],
    "play_background_file": [(["a.mp3"], {}), (["a.mp3", True], {}), (["a.mp3"], {"wait": False})],
    "stop_background_file": [([], {})],
    "add_dynamic_hints": [
        ([["tea"]], {}), ([[]], {}),
        ([["tea", {"pattern": "t", "replace": "tea", "ignore_case": True}]], {}),
    ],
    "clear_dynamic_hints": [([], {})],
    "set_end_of_speech_timeout": [([500], {}), ([1], {})],
    "set_speech_event_timeout": [([500], {}), ([1], {})],
    "change_voice": [(["rime.spore"], {}), (["elevenlabs.josh:turbo"], {})],
    "toggle_functions": [
        ([[{"function": "pay", "active": False}]], {}), ([[]], {}),
        ([[{"function": ["a", "b"], "active": True}, {"function": "c", "active": 3}]], {}),
    ],
    "enable_functions_on_timeout": [([], {}), ([False], {}), ([], {"enabled": True})],
    "enable_extensive_data": [([], {}), ([False], {})],
    "replace_in_history": [([], {}), ([True], {}), ([False], {}), (["Sold."], {})],
    "update_settings": [([{"temperature": 0.5, "top-p": 1}], {}), ([{}], {})],
    "send_sms": [
        (["+1", "+2", "hi"], {}), (["+1", "+2"], {"media": ["https://e.com/a.png"]}),
        (["+1", "+2", "hi", ["https://e.com/a.png"], ["t"], "us"], {}),
        (["+1", "+2", "hi"], {"media": [], "tags": [], "region": ""}),
    ],
    "pay": [
        (["https://e.com/pay"], {"ai_response": "Paid."}), (["https://e.com/pay"], {}),
        (["https://e.com/pay"], ALL_PAY),
        (["https://e.com/pay"], {"ai_response": None, "postal_code": False}),
        (["https://e.com/pay"], {"ai_response": "", "parameters": [], "prompts": []}),
    ],
    "record_call": [
        ([], {}), ([], ALL_RECORDING), (["r-1", True, "mp4", "listen"], {}),
        ([], {"terminators": "", "control_id": ""}), ([], {"input_sensitivity": 10}),
        ([], {"initial_timeout": 0, "end_silence_timeout": 0.0, "max_length": 5}),
    ],
    "stop_record_call": [([], {}), (["r-1"], {}), ([""], {})],
    "join_room": [(["room"], {})],
    "join_conference": [
        (["c"], {}), (["c"], ALL_CONFERENCE), (["c", True], {}), (["c"], {"beep": "false"}),
        (["c"], {"result": COND}), (["c"], {"result": []}), (["c"], {"max_participants": 2}),
        (["c"], {"max_participants": 100_000}),
        (["c"], {"status_callback": "https://e.com/s"}), (["c"], {"region": "global"}),
        (["c"], {"status_callback_event": "start", "recording_status_callback_event": "absent"}),
    ],
    "sip_refer": [(["sip:a@b"], {})],
    "tap": [
        (["rtp://e.com:1"], {}),
        (["wss://e.com", "t-1", "speak", "PCMA", 30, "https://e.com/s"], {}),
        (["rtp://e.com:1"], {"direction": "listen"}), (["rtp://e.com:1"], {"rtp_ptime": 20}),
        (["rtp://e.com:1"], {"codec": "PCMU", "control_id": "", "status_url": ""}),
    ],
    "stop_tap": [([], {}), (["t-1"], {})],
    "execute_rpc": [
        (["dial"], {}), (["dial", {}, "", ""], {}), (["dial", {"a": 1}, "c-2", "n-1"], {}),
        (["x"], {"call_id": "c-2"}),
    ],
    "rpc_dial": [
        (["+1", "+2", "https://e.com/x"], {}),
        (["+1", "+2", "https://e.com/x", "sip"], {}),
    ],
    "rpc_ai_message": [
        (["c-2", "hi"], {}), (["c-2", "hi", "user"], {}), (["c-2", "hi", "user", {"a": 1}], {}),
        (["c-2"], {"global_data": {"a": 1}}), (["c-2", "hi"], {"global_data": {}}),
        (["c-2", ""], {}),
    ],
    "rpc_ai_global_data": [(["c-2", {"a": 1}], {}), (["c-2", {}], {})],
    "rpc_ai_unhold": [(["c-2"], {})],
}  # fmt: skip

WRONG: dict[str, list[tuple[list[Any], dict[str, Any]]]] = {
    "change_voice": [([""], {}), ([5], {}), ([None], {})],
    "send_sms": [(["+1", "+2"], {}), (["+1", "+2", ""], {})],
    "record_call": [
        ([], {"format": "ogg"}),
        ([], {"direction": "x"}),
        ([], {"initial_timeout": -1}),
    ],
    "join_conference": [
        ([""], {}), (["  "], {}), (["c"], {"beep": "x"}), (["c"], {"beep": True}),
        (["c"], {"wait_url": "", "coach": ""}),
        (["c"], {"max_participants": 1}), (["c"], {"max_participants": 100_001}),
        (["c"], {"record": "x"}), (["c"], {"trim": "x"}),
        (["c"], {"status_callback_method": "PUT"}),
        (["c"], {"recording_status_callback_method": "PUT"}), (["c"], {"result": "x"}),
    ],
    "tap": [
        (["x"], {"direction": "x"}), (["x"], {"codec": "x"}), (["x"], {"rtp_ptime": 0}), ([""], {}),
    ],
    "rpc_ai_message": [(["c-2"], {})],
    "execute_swml": [([5], {}), ([None], {}), (["[1]"], {})],
    "hold": [([True], {}), ([], {"step": ""}), (["x"], {"timeout": "5m"})],
    "set_end_of_speech_timeout": [([0], {}), ([-5], {}), ([1.5], {})],
    "set_speech_event_timeout": [([0], {}), ([-5], {})],
    "set_semantic_state": [(["x"], {})],
    "update_global_data": [([[1]], {})],
    "remove_global_data": [([5], {})],
    "add_dynamic_hints": [(["tea"], {}), ([[5]], {})],
    "toggle_functions": [([[{"active": True}]], {})],
    "join_room": [([""], {})],
    "sip_refer": [([""], {})],
    "execute_rpc": [([""], {})],
    "rpc_ai_unhold": [([""], {})],
    "pay": [
        ([""], {}),
        (["https://e.com"], {"timeout": 0}),
        (["https://e.com"], {"token_type": "x"}),
    ],
    "say": [([None], {})],
    "connect": [([""], {}), (["+1", True, ""], {})],
    "swml_transfer": [(["", "x"], {})],
    "swml_change_step": [([""], {})],
    "swml_change_context": [([""], {})],
    "play_background_file": [([""], {})],
    "wait_for_user": [([], {"timeout": "5"})],
    "add_action": [(["", 1], {})],
}  # fmt: skip


def cases(arguments: dict[str, list[tuple[list[Any], dict[str, Any]]]]) -> dict[str, Case]:
    """Each method alone on a result with a text, by a name that stays."""
    return {
        f"{method}-{number}": ("x", [(method, args, options)])
        for method, given in arguments.items()
        for number, (args, options) in enumerate(given)
    }


CHAINS: dict[str, Case] = {
    "nothing": ("", []),
    "text": ("said", []),
    "action without text": ("", [("hangup", [], {})]),
    "post process without actions": ("bye", [("set_post_process", [True], {})]),
    "post process": ("bye", [("set_post_process", [True], {}), ("hangup", [], {})]),
    "post process taken back": (
        "bye",
        [("set_post_process", [True], {}), ("hangup", [], {}), ("set_post_process", [False], {})],
    ),
    "hold with a prompt": ("x", [("hold", ["Wait.", 60, "a", "b"], {})]),
    "several": (
        "x",
        [("say", ["a"], {}), ("stop", [], {}), ("update_global_data", [{"a": 1}], {})],
    ),
    "two documents": ("x", [("connect", ["+1"], {}), ("send_sms", ["+1", "+2", "hi"], {})]),
}

STATIC: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "prompt": (
        "create_payment_prompt",
        ["payment-card-number", [{"type": "Say", "phrase": "x"}]],
        {},
    ),
    "prompt all": (
        "create_payment_prompt",
        ["postal-code", [], "visa", "timeout"],
        {},
    ),
    "action": ("create_payment_action", ["Say", "x"], {}),
    "action play": ("create_payment_action", ["Play", "https://e.com/a.mp3"], {}),
    "parameter": ("create_payment_parameter", ["a", "b"], {}),
}


def answers(result: Any) -> dict[str, Any]:
    """Return what a `FunctionResult` class answers to every case, by name."""
    made = {name: _answer(result, case) for name, case in {**cases(ARGUMENTS), **CHAINS}.items()}
    wrong = {f"wrong {name}": _answer(result, case) for name, case in cases(WRONG).items()}
    static = {
        f"static {name}": getattr(result, method)(*args, **options)
        for name, (method, args, options) in STATIC.items()
    }
    return {**made, **wrong, **static, **_constructors(result)}


def _answer(result: Any, case: Case) -> Any:
    text, calls = case
    made = result(text)
    try:
        for method, args, options in calls:
            getattr(made, method)(*args, **options)
        return made.to_dict()
    except (TypeError, ValueError, AttributeError):
        return {"refused": True}


def _constructors(result: Any) -> dict[str, Any]:
    return {
        "of nothing": result().to_dict(),
        "of None": result(None).to_dict(),
        "of a dict": result({"tool_result": "r"}).to_dict(),
        "of an outcome": result(tool_result="r", tool_prompt="p").to_dict(),
        "of an outcome and a text": result("x", tool_result="r").to_dict(),
        "with post process": result("x", True).hangup().to_dict(),
        "with post process by name": result("x", post_process=True).hangup().to_dict(),
    }
