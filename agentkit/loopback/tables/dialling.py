"""The verbs that bring other parties into the call (facts 1.3)."""

from agentkit.loopback.tables.flow import RESULT
from agentkit.loopback.tables.kinds import (
    FLAG,
    TEXT,
    TEXT_TABLE,
    TEXTS,
    WHOLE,
    Items,
    Kind,
    Verbs,
    either,
    fields,
    whole,
    words,
)  # fmt: skip
from agentkit.loopback.tables.media import METHOD, STREAMING

CONFIRM = Verbs(frozenset((
    "cond", "set", "unset", "hangup", "play", "prompt", "record", "record_call",
    "stop_record_call", "tap", "stop_tap", "stream", "stop_stream", "send_digits", "send_sms",
    "denoise", "stop_denoise",
)))  # fmt: skip
"""Verbs that may run on the called party's leg before it is connected."""

_COMMON: dict[str, Kind] = {
    "from": TEXT,
    "from_name": TEXT,
    "headers": Items(fields({"name": TEXT, "value": TEXT}, "name", "value")),
    "codecs": TEXT,
    "webrtc_media": FLAG,
    "session_timeout": whole(1),
    "timeout": WHOLE,
    "confirm": either(TEXT, CONFIRM),
    "confirm_timeout": WHOLE,
    "encryption": words("mandatory", "optional", "forbidden"),
    "call_state_url": TEXT,
    "call_state_events": Items(words("created", "ringing", "answered", "ended")),
}
_ONE: dict[str, Kind] = {
    "to": TEXT,
    "username": TEXT,
    "password": TEXT,
    "name": TEXT,
    "codec": TEXT,
    "realtime": FLAG,
    "status_url_method": METHOD,
    "authorization_bearer_token": TEXT,
    "custom_parameters": TEXT_TABLE,
}
_DESTINATION = fields({**_COMMON, **_ONE}, "to")
_CALLBACK_KIND = words("cxml", "laml", "relay")

DIALLING: dict[str, Kind] = {
    "connect": fields(
        {
            **_COMMON,
            **_ONE,
            "ringback": TEXTS,
            "result": RESULT,
            "max_duration": WHOLE,
            "answer_on_bridge": FLAG,
            "transfer_after_bridge": TEXT,
            "status_url": TEXT,
            "serial": Items(_DESTINATION),
            "parallel": Items(_DESTINATION),
            "serial_parallel": Items(Items(_DESTINATION)),
        },
        one_of=("to", "serial", "parallel", "serial_parallel"),
    ),
    "enter_queue": fields(
        {
            "queue_name": TEXT,
            "transfer_after_bridge": TEXT,
            "status_url": TEXT,
            "wait_url": TEXT,
            "wait_time": whole(1),
        },
        "queue_name",
        "transfer_after_bridge",
    ),
    "join_conference": fields(
        {
            "name": TEXT,
            "muted": FLAG,
            "beep": words("true", "false", "onEnter", "onExit"),
            "start_on_enter": FLAG,
            "end_on_exit": FLAG,
            "wait_url": TEXT,
            "max_participants": whole(2, 100_000),
            "record": words("do-not-record", "record-from-start"),
            "region": words("global", "us", "eu", "ch"),
            "trim": words("trim-silence", "do-not-trim"),
            "coach": TEXT,
            "status_callback_event": TEXT,
            "status_callback_event_type": _CALLBACK_KIND,
            "status_callback": TEXT,
            "status_callback_method": METHOD,
            "recording_status_callback": TEXT,
            "recording_status_callback_method": METHOD,
            "recording_status_callback_event": TEXT,
            "recording_status_callback_event_type": _CALLBACK_KIND,
            "result": RESULT,
            "stream": fields({**STREAMING, "realtime": FLAG}, "url"),
        },
        "name",
    ),
    "join_room": fields({"name": TEXT}, "name"),
    "sip_refer": fields(
        {"to_uri": TEXT, "status_url": TEXT, "username": TEXT, "password": TEXT}, "to_uri"
    ),
}
