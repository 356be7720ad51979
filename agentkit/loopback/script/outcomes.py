"""How verbs turn out: what a test has set, else what usually happens.

Every verb that writes result variables has a row: the variable with its result word, the words that
the platform knows (the usual one first), and what it writes besides.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from agentkit.loopback.errors import CallError
from agentkit.loopback.script.coercing import boolean, integer
from agentkit.loopback.script.run import Run
from agentkit.loopback.script.templates import text_of

Beside = Callable[[Run, Any, Mapping[str, Any]], Mapping[str, Any]]


class Result(Struct, frozen=True):
    """The result variables of a verb.

    Attributes:
        variable: the one with the result in a word.
        words: what it can say, the usual one first.
        beside: what else the verb writes, made from its body and the values that are known.
        over: what it makes of the values that are known.
        returns: whether `return_value` says the word as well.
        closed: whether the platform knows no other words.
        sets: the other variables that are documented.
    """

    variable: str
    words: tuple[str, ...]
    beside: Beside | None = None
    over: Beside | None = None
    returns: bool = False
    closed: bool = False
    sets: tuple[str, ...] = ()

    @property
    def failure(self) -> str:
        """The word for a verb that could not do its work."""
        return "failed" if "failed" in self.words else self.words[-1]


def chosen(run: Run, verb: str, body: Any) -> Mapping[str, Any] | None:
    """Return the variables that a test wants a verb to set, None when it wants nothing.

    Raises:
        CallError: the verb cannot turn out like that.
    """
    outcome = run.outcomes.get(verb)
    if isinstance(outcome, Sequence) and not isinstance(outcome, str):
        at = run.outcomes_used.get(verb, 0)
        run.outcomes_used[verb] = at + 1
        outcome = outcome[min(at, len(outcome) - 1)] if outcome else None
    if callable(outcome):
        outcome = outcome(body)
    if isinstance(outcome, str):
        return worded(verb, outcome)
    if outcome is None or isinstance(outcome, Mapping):
        return outcome
    raise CallError(f"outcomes[{verb!r}] is a {type(outcome).__name__}, which says no outcome")


def worded(verb: str, word: str) -> Mapping[str, Any]:
    """Return the variables of an outcome that is told in a word.

    Raises:
        CallError: the verb has no such result.
    """
    result = RESULTS.get(verb)
    if result is None:
        raise CallError(f"the verb {verb} has no result that could be {word!r}")
    if result.closed and word not in result.words:
        raise CallError(f"{result.variable} is one of {', '.join(result.words)}, not {word!r}")
    return {result.variable: word}


def variables(run: Run, verb: str, body: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return all variables that a verb sets: those that are known, the others as usual."""
    result = RESULTS.get(verb)
    if result is None:
        return dict(known)
    values: dict[str, Any] = {result.variable: result.words[0]}
    if result.beside is not None:
        values |= result.beside(run, body, known)
    values |= known
    if result.over is not None:
        values |= result.over(run, body, known)
    if result.returns:
        values.setdefault("return_value", values[result.variable])
    return values


def _recording(run: Run, body: Any) -> str:
    call = run.scopes.call
    project, space = call.get("project_id", ""), call.get("space_id", "")
    name = f"{run.ids.uuid()}.{text_of(body.get('format')) or 'wav'}"
    return f"https://recordings.example.com/{space}/{project}/recordings/{name}"


def _control(run: Run, body: Any) -> str:
    return text_of(body.get("control_id")) or run.ids.uuid()


def _record(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"record_url": _recording(run, body)}


def _record_call(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "record_control_id": _control(run, body),
        "record_call_start": str(run.clock.us),  # a text: facts 1.3
        "record_call_url": _recording(run, body),
    }


def _connect(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    failed = known.get("connect_result", "connected") != "connected"
    return {"connect_failed_reason": "no_answer"} if failed else {}


def _prompt(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was keyed in is digits, anything else speech; nothing is no input."""
    value = text_of(known.get("prompt_value"))
    if not value:
        return {}
    if not value.strip(_KEYS):
        return {"prompt_result": "match_digits"}
    return {"prompt_result": "match_speech", "prompt_speech_confidence": 0.9}


def _keyed(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Digits end at a terminator, or when there are as many as the prompt takes (1 as usual)."""
    value = text_of(known.get("prompt_value"))
    if not value or value.strip(_KEYS):
        return {}
    ends = text_of(body.get("terminators"))
    end = next((at for at, key in enumerate(value) if key in ends), None)
    most = max(integer(body.get("max_digits"), 1), 1)
    if end is None or end > most:
        return {"prompt_value": value[:most]}
    return {"prompt_value": value[:end], "prompt_digit_terminator": value[end]}


def _detect(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    if not boolean(body.get("wait"), default=True):
        return {"detect_result": "detecting"}
    machine = known.get("detect_result") == "machine"
    return {"detect_ms": 1000, "detect_machine_beep": machine}


def _queue(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"wait_time": 0, "entry_position": 1, "entry_size": -1}


def _pay(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"pay_payment_results": {}}


def _fax(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "receive_fax_document": f"https://faxes.example.com/{run.ids.uuid()}.pdf",
        "receive_fax_identity": "",
        "receive_fax_remote_identity": run.scopes.call.get("from", ""),
        "receive_fax_pages": 1,
        "receive_fax_result_code": 0,
        "receive_fax_result_text": "OK",
    }


def _refer(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    done = known.get("sip_refer_result", "success") == "success"
    return {
        "sip_refer_to": body.get("to_uri", ""),
        "sip_refer_response_code": 202 if done else 603,
        "sip_refer_to_response_code": 200 if done else 0,
    }


def _stream(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"stream_control_id": _control(run, body)}


def _transcribe(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"transcribe_control_id": run.ids.uuid()}


def _tap(run: Run, body: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "tap_uri": body.get("uri", ""),
        "tap_control_id": _control(run, body),
        "tap_rtp_src_addr": "192.0.2.1",
        "tap_rtp_src_port": 40_000,
        "tap_ptime": body.get("rtp_ptime", 20),
        "tap_codec": body.get("codec", "PCMU"),
        "tap_rate": 8000,
    }


_KEYS = "0123456789*#ABCDabcd"
_DONE = ("success", "failed")

_AI = Result("ai_result", _DONE, returns=True, closed=True)

RESULTS: dict[str, Result] = {
    "answer": Result("answer_result", _DONE),
    "ai": _AI,
    "amazon_bedrock": _AI,
    "connect": Result(
        "connect_result",
        ("connected", "failed"),
        _connect,
        returns=True,
        closed=True,
        sets=("connect_failed_reason",),
    ),
    "denoise": Result("denoise_result", ("on", "failed"), closed=True),
    "stop_denoise": Result("denoise_result", ("off", "failed"), closed=True),
    "detect_machine": Result(
        "detect_result",
        ("human", "machine", "fax", "unknown", "detecting", "error"),
        _detect,
        closed=True,
        sets=("detect_machine_beep", "detect_ms"),
    ),
    "enter_queue": Result(
        "queue_result",
        ("connected", "entering", "connecting", "leaving", "timeout", "hangup", "failed"),
        _queue,
        closed=True,
        sets=("wait_time", "entry_position", "entry_size"),
    ),
    "join_conference": Result(
        "join_conference_result",
        ("completed", "answered", "no-answer", "failed", "canceled"),
        returns=True,
        closed=True,
    ),
    "join_room": Result("join_room_result", _DONE),
    "pay": Result("pay_result", _DONE, _pay, sets=("pay_payment_results.*",)),
    "prompt": Result(
        "prompt_result",
        ("no_input", "match_speech", "match_digits", "no_match", "failed"),
        _prompt,
        _keyed,
        closed=True,
        sets=("prompt_value", "prompt_digit_terminator", "prompt_speech_confidence"),
    ),
    "receive_fax": Result(
        "receive_fax_result",
        _DONE,
        _fax,
        sets=(
            "receive_fax_document",
            "receive_fax_identity",
            "receive_fax_remote_identity",
            "receive_fax_pages",
            "receive_fax_result_code",
            "receive_fax_result_text",
        ),
    ),
    "record": Result("record_result", _DONE, _record, sets=("record_url",)),
    "record_call": Result(
        "record_call_result",
        _DONE,
        _record_call,
        sets=("record_call_url", "record_control_id", "record_call_start"),
    ),
    "request": Result(
        "request_result",
        _DONE,
        returns=True,
        sets=(
            "request_url",
            "request_response_code",
            "request_response_headers.*",
            "request_response_body",
            "request_response.*",
        ),
    ),
    "send_sms": Result("send_sms_result", _DONE),
    "sip_refer": Result(
        "sip_refer_result",
        _DONE,
        _refer,
        returns=True,
        sets=("sip_refer_to", "sip_refer_response_code", "sip_refer_to_response_code"),
    ),
    "stream": Result("stream_result", _DONE, _stream, sets=("stream_control_id",)),
    "stop_stream": Result("stop_stream_result", _DONE),
    "tap": Result(
        "tap_result",
        _DONE,
        _tap,
        sets=(
            "tap_uri",
            "tap_control_id",
            "tap_rtp_src_addr",
            "tap_rtp_src_port",
            "tap_ptime",
            "tap_codec",
            "tap_rate",
        ),
    ),
    "transcribe": Result("transcribe_result", _DONE, _transcribe, sets=("transcribe_control_id",)),
    "transcribe_stop": Result("transcribe_stop_result", _DONE),
}
"""The result variables of facts 1.3, 1.4 and 1.6."""
