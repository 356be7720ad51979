"""What every verb with an outcome writes and does."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.errors import CallError
from agentkit.loopback.script.modelled import as_markdown, modelled
from agentkit.loopback.script.outcomes import RESULTS
from agentkit.loopback.script.performing import PERFORM, WAITS
from agentkit.loopback.tables.verbs import VERBS
from tests.loopback.script.scripts import CALL, document, machine, run, say

ID = "cd613e30-d8f1-4adf-91b7-584a2265b1f5"
URL = "https://example.com/wait"
AI = {"ai": {"prompt": {"text": "x"}}}

# A verb, its body, how it is to turn out, and the variables that it writes; "*" is any value.
WRITTEN: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("answer", {}, None, {"answer_result": "success"}),
    ("answer", {}, "failed", {"answer_result": "failed"}),
    ("ai", AI["ai"], "success", {"ai_result": "success", "return_value": "success"}),
    ("ai", AI["ai"], "failed", {"ai_result": "failed", "return_value": "failed"}),
    ("amazon_bedrock", AI["ai"], {}, {"ai_result": "success", "return_value": "success"}),
    ("connect", {"to": "+1"}, "connected",
     {"connect_result": "connected", "return_value": "connected"}),
    ("connect", {"serial": [{"to": "+1"}]}, "failed",
     {"connect_result": "failed", "connect_failed_reason": "no_answer", "return_value": "failed"}),
    ("connect", {"parallel": [{"to": "+1"}]},
     {"connect_result": "failed", "connect_failed_reason": "busy"},
     {"connect_result": "failed", "connect_failed_reason": "busy", "return_value": "failed"}),
    ("denoise", {}, None, {"denoise_result": "on"}),
    ("stop_denoise", {}, None, {"denoise_result": "off"}),
    ("detect_machine", {}, None,
     {"detect_result": "human", "detect_machine_beep": False, "detect_ms": 1000}),
    ("detect_machine", {}, "machine",
     {"detect_result": "machine", "detect_machine_beep": True, "detect_ms": 1000}),
    ("detect_machine", {"wait": "false"}, None, {"detect_result": "detecting"}),
    ("enter_queue", {"queue_name": "q", "transfer_after_bridge": ""}, "timeout",
     {"queue_result": "timeout", "wait_time": 0, "entry_position": 1, "entry_size": -1}),
    ("join_conference", {"name": "c"}, "completed",
     {"join_conference_result": "completed", "return_value": "completed"}),
    ("join_room", {"name": "r"}, "success", {"join_room_result": "success"}),
    ("pay", {"payment_connector_url": "https://example.com"}, "success",
     {"pay_result": "success", "pay_payment_results": {}}),
    ("pay", {"payment_connector_url": "https://example.com"},
     {"pay_result": "payment-connector-error", "pay_payment_results": {"code": 1}},
     {"pay_result": "payment-connector-error", "pay_payment_results": {"code": 1}}),
    ("prompt", {"play": "say:?"}, {}, {"prompt_result": "no_input"}),
    ("prompt", {"play": "say:?"}, {"prompt_value": "12"},
     {"prompt_result": "match_digits", "prompt_value": "1"}),
    ("prompt", {"play": "say:?", "max_digits": "4"}, {"prompt_value": "12"},
     {"prompt_result": "match_digits", "prompt_value": "12"}),
    ("prompt", {"play": "say:?", "max_digits": 4, "terminators": "#*"}, {"prompt_value": "12*7"},
     {"prompt_result": "match_digits", "prompt_value": "12", "prompt_digit_terminator": "*"}),
    ("prompt", {"play": "say:?", "max_digits": 2, "terminators": "#"}, {"prompt_value": "123#"},
     {"prompt_result": "match_digits", "prompt_value": "12"}),
    ("prompt", {"play": "say:?"}, {"prompt_value": "yes please"},
     {"prompt_result": "match_speech", "prompt_value": "yes please",
      "prompt_speech_confidence": 0.9}),
    ("prompt", {"play": "say:?"}, {"prompt_result": "no_match", "prompt_value": "9"},
     {"prompt_result": "no_match", "prompt_value": "9"}),
    ("receive_fax", {}, None,
     {"receive_fax_result": "success", "receive_fax_document": "*", "receive_fax_identity": "",
      "receive_fax_remote_identity": CALL["from"], "receive_fax_pages": 1,
      "receive_fax_result_code": 0, "receive_fax_result_text": "OK"}),
    ("record", {"format": "mp3"}, "success", {"record_result": "success", "record_url": "*"}),
    ("record_call", {}, None,
     {"record_call_result": "success", "record_call_url": "*", "record_call_start": "*",
      "record_control_id": "*"}),
    ("record_call", {"control_id": "c"}, "failed",
     {"record_call_result": "failed", "record_call_url": "*", "record_call_start": "*",
      "record_control_id": "c"}),
    ("request", {"url": "https://example.com", "method": "GET"}, "failed",
     {"request_result": "failed", "return_value": "failed"}),
    ("send_sms", {"to_number": "+1", "from_number": "+2", "body": "x"}, None,
     {"send_sms_result": "success"}),
    ("send_sms", {"to_number": "+1", "from_number": "+2", "body": "x"}, "failed",
     {"send_sms_result": "failed", "script_error": "*"}),
    ("sip_refer", {"to_uri": "sip:a@b"}, None,
     {"sip_refer_result": "success", "sip_refer_to": "sip:a@b", "sip_refer_response_code": 202,
      "sip_refer_to_response_code": 200, "return_value": "success"}),
    ("sip_refer", {"to_uri": "sip:a@b"}, "failed",
     {"sip_refer_result": "failed", "sip_refer_to": "sip:a@b", "sip_refer_response_code": 603,
      "sip_refer_to_response_code": 0, "return_value": "failed"}),
    ("stream", {"url": "wss://example.com"}, None,
     {"stream_result": "success", "stream_control_id": "*"}),
    ("stop_stream", {}, None, {"stop_stream_result": "success"}),
    ("tap", {"uri": "rtp://192.0.2.9:1", "codec": "PCMA", "rtp_ptime": 10}, None,
     {"tap_result": "success", "tap_uri": "rtp://192.0.2.9:1", "tap_control_id": "*",
      "tap_rtp_src_addr": "192.0.2.1", "tap_rtp_src_port": 40_000, "tap_ptime": 10,
      "tap_codec": "PCMA", "tap_rate": 8000}),
    ("transcribe", {}, None, {"transcribe_result": "success", "transcribe_control_id": "*"}),
    ("transcribe_stop", {}, None, {"transcribe_stop_result": "success"}),
    ("ai_sidecar", {"lang": "en-US"}, {"seen": 1}, {"seen": 1}),
    ("execute_rpc", {"method": "ai_unhold"}, None, {}),
    ("live_transcribe", {"action": "stop"}, None, {}),
    ("live_translate", {"action": "stop"}, None, {}),
    ("send_digits", {"digits": "1w2"}, None, {}),
    ("send_fax", {"document": "https://example.com/a.pdf"}, None, {}),
    ("stop_record_call", {}, None, {}),
    ("stop_tap", {}, None, {}),
    ("user_event", {"event": {"a": 1}}, None, {}),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "body", "outcome", "written"), WRITTEN)
async def test_a_verb_writes_its_variables(
    verb: str, body: Any, outcome: Any, written: dict[str, Any]
) -> None:
    outcomes = {} if outcome is None else {verb: outcome}
    played = await run({verb: body}, say("on"), outcomes=outcomes)
    own = {key: value for key, value in played.vars.items() if key != "answer_result"}
    written = {key: own.get(key) if value == "*" else value for key, value in written.items()}
    assert own == {key: value for key, value in written.items() if key != "answer_result"}
    assert None not in written.values()
    assert (played.heard[-1], played.texts("verb")) == ("on", [verb, "play"])


def test_every_verb_is_tested() -> None:
    tested = {verb for verb, *_ in WRITTEN}
    assert tested | set(PERFORM) == set(VERBS)
    assert len(VERBS) == 44


def test_the_documented_variables_are_those_that_are_written() -> None:
    written: dict[str, set[str]] = {}
    for verb, _, _, variables in WRITTEN:
        written.setdefault(verb, set()).update(variables)
    for row in modelled():
        own = {name.removesuffix(".*") for name in row.sets}
        if row.verb in RESULTS and row.verb != "request":
            assert own == written[row.verb] - {"script_error"}, row.verb


async def test_recordings_have_ids_a_start_in_microseconds_and_a_url() -> None:
    played = await run({"record_call": {"format": "mp3"}})
    assert played.vars["record_call_start"] == str(played.clock.us)
    url = played.vars["record_call_url"]
    assert url.startswith("https://recordings.example.com/s/p/recordings/")
    assert url.endswith(".mp3")
    assert len(played.vars["record_control_id"]) == 36


@pytest.mark.parametrize("verb", sorted(WAITS))
async def test_a_verb_that_needs_somebody_waits(verb: str) -> None:
    body = next(body for name, body, _, _ in WRITTEN if name == verb)
    played = await run({verb: body}, say("on"))
    pause = played.machine.waiting
    assert pause is not None
    assert (pause.kind, pause.verb) == (verb, body)
    played.machine.resume()
    assert await played.machine.proceed() is None
    assert played.heard[-1] == "on"


async def test_a_failed_sms_is_reported_and_the_script_goes_on() -> None:
    body = {"to_number": "+1", "from_number": "+2", "body": "x"}
    played = await run({"send_sms": body}, say("on"), outcomes={"send_sms": "failed"})
    error = _json.decode(played.vars["script_error"])
    assert (error["method"], error["warning"]) == ("send_sms", "relay_script_method_execute_failed")
    assert error["message"] == 'Method "send_sms" has an internal server error'
    assert played.heard == ["on"]


async def test_a_verb_that_cannot_do_its_work_writes_its_failure() -> None:
    played = await run({"detect_machine": 5}, {"connect": {}}, {"send_digits": {}}, say("on"))
    assert played.vars["detect_result"] == "error"
    assert (played.vars["connect_result"], played.heard) == ("failed", ["on"])


async def test_outcomes_are_used_in_turn_and_the_last_one_stays() -> None:
    connect = {"connect": {"to": "+1"}}
    outcomes = {"connect": ["failed", "connected"]}
    played = await run(*[connect, say("${connect_result}")] * 3, outcomes=outcomes)
    assert played.heard == ["failed", "connected", "connected"]


async def test_an_outcome_may_depend_on_the_body() -> None:
    def busy(body: Any) -> str:
        return "failed" if body["to"] == "+1" else "connected"

    played = await run({"connect": {"to": "+${n}"}}, vars={"n": 1}, outcomes={"connect": busy})
    assert played.vars["connect_result"] == "failed"


async def test_no_outcomes_are_as_usual() -> None:
    assert (await run({"denoise": {}}, outcomes={"denoise": []})).vars["denoise_result"] == "on"


@pytest.mark.parametrize(
    ("verb", "outcome", "message"),
    [("connect", "busy", "connect_result is one of connected, failed, not 'busy'"),
     ("send_digits", "failed", "has no result"),
     ("connect", 5, "is a int, which says no outcome")],
)  # fmt: skip
async def test_an_outcome_that_cannot_be_is_a_call_error(
    verb: str, outcome: Any, message: str
) -> None:
    with pytest.raises(CallError, match=message):
        await run({verb: {"to": "+1", "digits": "1"}}, outcomes={verb: outcome})


@pytest.mark.parametrize("verb", ["connect", "join_conference"])
async def test_the_result_of_a_verb_chooses_what_comes_next(verb: str) -> None:
    outcome = RESULTS[verb].words[0]
    result = {"case": {outcome: [say("${return_value}")]}}
    played = await run({verb: {"to": "+1", "name": "n", "result": result}})
    played.machine.resume()
    await played.machine.proceed()
    assert played.heard == [outcome]


CONFIRM = {"to": "+1", "confirm": [{"prompt": {"play": "say:Press 1"}},
           {"cond": [{"when": "vars.prompt_value != '1'", "then": [{"hangup": {}}]}]}]}  # fmt: skip


@pytest.mark.parametrize(("digit", "result"), [("1", "connected"), ("2", "failed")])
async def test_a_called_party_is_asked_to_confirm(digit: str, result: str) -> None:
    played = await run(
        {"connect": {**CONFIRM, "result": {"case": {"failed": [say("No")]}}}}, say("on"),
        outcomes={"connect": "connected"},
    )  # fmt: skip
    assert played.heard == ["Press 1"]
    assert "connect_result" not in played.vars
    played.machine.resume({"prompt_value": digit})
    await played.machine.proceed()
    assert played.vars["connect_result"] == result
    assert played.heard[1:] == (["on"] if digit == "1" else ["No", "on"])
    assert played.machine.ended == "finished"


async def test_the_confirmation_may_be_a_document_elsewhere() -> None:
    played = machine({"connect": {"to": "+1", "confirm": URL}},
                     answers={URL: _json.encode(document(say("Screening"), {"hangup": {}}))},
                     outcomes={"connect": "connected"})  # fmt: skip
    await played.machine.proceed()
    assert played.heard == ["Screening"]
    assert played.vars["connect_failed_reason"] == "not_confirmed"


async def test_a_call_moves_on_after_a_bridge() -> None:
    body = {"queue_name": "q", "transfer_after_bridge": "after"}
    played = await run({"enter_queue": body}, say("never"), sections={"after": [say("after")]})
    played.machine.resume({"queue_result": "connected", "wait_time": 9})
    await played.machine.proceed()
    assert (played.heard, played.vars["wait_time"]) == (["after"], 9)


@pytest.mark.parametrize("verb", ["enter_queue", "join_conference"])
async def test_a_caller_hears_the_waiting_document_while_he_waits(verb: str) -> None:
    body = {"queue_name": "q", "name": "c", "transfer_after_bridge": "", "wait_url": URL}
    played = await run({verb: body}, answers={URL: _json.encode(document(say("Please wait")))})
    pause = played.machine.waiting
    assert pause is not None
    assert (pause.kind, played.heard) == (verb, ["Please wait"])


async def test_play_answers_the_call_unless_told_not_to() -> None:
    early = await run({"play": {"url": "say:Early", "auto_answer": "false"}}, AI)
    assert early.heard == ["Early"]
    played = machine({"play": {"url": "say:x", "auto_answer": False}}, {"sleep": -1})
    await played.machine.proceed()
    assert played.machine.call["call_state"] == "created"
    assert (await run(say("x"), {"sleep": -1})).machine.call["call_state"] == "answered"


async def test_play_plays_everything_in_order_and_takes_its_time() -> None:
    urls = ["say:One", "silence:1.5", "ring:us", "ring:2:gb", "https://example.com/a.mp3", "${say}"]
    played = machine({"play": {"urls": urls, "say_voice": "Polly.Amy"}}, vars={"say": "say:Two"})
    before = played.clock.seconds
    await played.machine.proceed()
    assert played.heard == [
        "One", "[silence 1.5 s]", "[rings us]", "[rings gb]", "[plays https://example.com/a.mp3]",
        "Two",
    ]  # fmt: skip
    assert played.clock.seconds == pytest.approx(before + 2 * 0.3 + 1.5 + 2)
    said = [moment.data for moment in played.trace.moments if moment.kind == "platform"]
    assert (said[0], said[2]) == ({"say_voice": "Polly.Amy"}, {"ring": "us"})


async def test_a_prompt_plays_and_then_waits() -> None:
    played = await run({"prompt": {"play": ["say:One", "say:Two"], "max_digits": "${n}"}},
                       vars={"n": 4})  # fmt: skip
    pause = played.machine.waiting
    assert pause is not None
    assert (played.heard, pause.verb["max_digits"]) == (["One", "Two"], 4)


async def test_the_body_of_an_ai_verb_is_left_to_the_session() -> None:
    body = {"prompt": {"text": "It is ${local_time}, ${name}"}}
    played = await run({"ai": body}, vars={"name": "Ada"})
    assert played.machine.waiting is not None
    assert played.machine.waiting.verb == body


async def test_the_trace_has_the_body_with_its_values() -> None:
    played = await run({"send_digits": {"digits": "${n}"}}, vars={"n": "12"})
    [moment] = [moment for moment in played.trace.moments if moment.kind == "verb"]
    assert (moment.text, moment.data) == ("send_digits", {"digits": "12"})


def test_the_table_of_verbs_is_written_for_the_documentation() -> None:
    text = as_markdown()
    assert all(f"| `{verb}` |" in text for verb in VERBS)
    assert "| `denoise` | performed | `denoise_result` |  |" in text
    assert {row.how for row in modelled()} == {"runs", "waits", "performed", "recorded"}
    assert "* **recorded**: the verb is noted in the trace" in text


COERCED: list[tuple[str, Any, Any]] = [
    ("max_digits", "4", 4),
    ("digit_timeout", "2.5", 2.5),
    ("max_digits", 4, 4),
    ("initial_timeout", "1e3", 1000),
]


@pytest.mark.parametrize(("field", "value", "taken"), COERCED)
async def test_numbers_in_texts_are_taken_for_numbers(field: str, value: Any, taken: Any) -> None:
    for written in (value, "${v}"):
        played = await run({"prompt": {"play": "say:?", field: written}}, vars={"v": value})
        assert played.machine.waiting is not None
        assert played.machine.waiting.verb[field] == taken
        assert isinstance(played.machine.waiting.verb[field], type(taken))


@pytest.mark.parametrize(("value", "taken"), [("true", True), (" NO ", False), ("1", True)])
async def test_words_are_taken_for_booleans(value: str, taken: bool) -> None:
    for written in (value, "${v}"):
        played = await run({"record": {"beep": written}}, vars={"v": value})
        assert played.machine.waiting is not None
        assert played.machine.waiting.verb["beep"] is taken


@pytest.mark.parametrize("value", ["soon", "", "1e999", "nan"])
async def test_a_variable_that_is_no_number_is_as_if_it_were_not_there(value: str) -> None:
    played = await run({"prompt": {"play": "say:?", "max_digits": "${v}"}}, vars={"v": value})
    assert played.machine.waiting is not None
    assert "max_digits" not in played.machine.waiting.verb
    assert played.warnings == [f"prompt.max_digits: {value!r} cannot be taken"]


async def test_a_variable_that_is_no_boolean_leaves_what_is_usual() -> None:
    played = await run({"play": {"url": "say:x", "auto_answer": "${nowhere}"}}, {"sleep": -1})
    assert played.machine.call["call_state"] == "answered"
    assert played.warnings == ["play.auto_answer: '' cannot be taken"]


async def test_a_word_that_is_no_boolean_counts_as_true_where_it_is_written() -> None:
    played = await run({"play": {"url": "say:x", "auto_answer": "loud"}}, {"sleep": -1})
    assert played.machine.call["call_state"] == "answered"
    assert played.warnings == [
        'sections.main[0].play.auto_answer: the text "loud", wanted true or false'
    ]
