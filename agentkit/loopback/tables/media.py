"""The verbs that play, listen, record and copy sound (facts 1.3)."""

from agentkit.loopback.tables.kinds import (
    FLAG,
    REAL,
    TEXT,
    TEXT_TABLE,
    TEXTS,
    WHOLE,
    Items,
    Kind,
    Number,
    Text,
    either,
    fields,
    real,
    whole,
    words,
)  # fmt: skip

PLAYED = Text(starts=("http://", "https://", "say:", "silence:", "ring:"))
PARTY = words("remote-caller", "local-caller")
METHOD = words("GET", "POST")
CONTROL = fields({"control_id": TEXT})
EMPTY = fields({})
_VOICE: dict[str, Kind] = {"say_voice": TEXT, "say_language": TEXT, "say_gender": TEXT}
_SUMMARIZE = fields({"webhook": TEXT, "prompt": TEXT})
_LISTENING: dict[str, Kind] = {
    "webhook": TEXT,
    "live_events": FLAG,
    "ai_summary": FLAG,
    "speech_timeout": WHOLE,
    "vad_silence_ms": WHOLE,
    "vad_thresh": WHOLE,
    "debug_level": WHOLE,
    "direction": Items(PARTY),
    "speech_engine": words("deepgram", "google"),
    "ai_summary_prompt": TEXT,
}
_RECORDING: dict[str, Kind] = {
    "stereo": FLAG,
    "format": words("wav", "mp3", "mp4"),
    "terminators": TEXT,
    "beep": FLAG,
    "input_sensitivity": REAL,
    "initial_timeout": REAL,
    "end_silence_timeout": REAL,
    "max_length": REAL,
    "status_url": TEXT,
}
STREAMING: dict[str, Kind] = {
    "url": TEXT,
    "name": TEXT,
    "codec": TEXT,
    "status_url": TEXT,
    "status_url_method": METHOD,
    "authorization_bearer_token": TEXT,
    "custom_parameters": TEXT_TABLE,
}

MEDIA: dict[str, Kind] = {
    "play": fields(
        {
            "url": PLAYED,
            "urls": Items(PLAYED),
            "auto_answer": FLAG,
            "volume": real(-40, 40),
            "status_url": TEXT,
            **_VOICE,
        },
        one_of=("url", "urls"),
    ),
    "prompt": fields(
        {
            "play": either(PLAYED, Items(PLAYED)),
            "volume": Number(whole=False, low=-40, high=40, var=False),
            "max_digits": WHOLE,
            "terminators": TEXT,
            "digit_timeout": REAL,
            "initial_timeout": REAL,
            "speech_timeout": REAL,
            "speech_end_timeout": REAL,
            "speech_language": TEXT,
            "speech_hints": TEXTS,
            "speech_engine": TEXT,
            "status_url": TEXT,
            **_VOICE,
        },
        "play",
    ),
    "record": fields({**_RECORDING, "direction": words("speak", "listen")}),
    "record_call": fields(
        {**_RECORDING, "control_id": TEXT, "direction": words("speak", "listen", "both")}
    ),
    "stop_record_call": CONTROL,
    "denoise": EMPTY,
    "stop_denoise": EMPTY,
    "stream": fields(
        {
            **STREAMING,
            "control_id": TEXT,
            "track": words("inbound_track", "outbound_track", "both_tracks"),
        },
        "url",
    ),
    "stop_stream": CONTROL,
    "tap": fields(
        {
            "uri": TEXT,
            "control_id": TEXT,
            "direction": words("speak", "listen", "both"),
            "codec": words("PCMU", "PCMA"),
            "rtp_ptime": WHOLE,
            "status_url": TEXT,
        },
        "uri",
    ),
    "stop_tap": CONTROL,
    "transcribe": fields({"status_url": TEXT}),
    "transcribe_stop": EMPTY,
    "live_transcribe": fields(
        {
            "action": either(
                words("stop", "summarize"),
                fields({"summarize": _SUMMARIZE}, "summarize"),
                fields(
                    {"start": fields({"lang": TEXT, **_LISTENING}, "lang", "direction")}, "start"
                ),
            )
        },
        "action",
    ),
    "live_translate": fields(
        {
            "action": either(
                words("stop", "summarize"),
                fields({"summarize": _SUMMARIZE}, "summarize"),
                fields(
                    {
                        "inject": fields(
                            {"message": TEXT, "direction": PARTY}, "message", "direction"
                        )
                    },
                    "inject",
                ),
                fields(
                    {
                        "start": fields(
                            {
                                "from_lang": TEXT,
                                "to_lang": TEXT,
                                "from_voice": TEXT,
                                "to_voice": TEXT,
                                "filter_from": TEXT,
                                "filter_to": TEXT,
                                **_LISTENING,
                            },
                            "from_lang",
                            "to_lang",
                            "direction",
                        )
                    },
                    "start",
                ),
            )
        },
        "action",
    ),
    "detect_machine": fields(
        {
            "detect_message_end": FLAG,
            "detectors": TEXT,
            "end_silence_timeout": real(0),
            "initial_timeout": real(0),
            "machine_ready_timeout": real(0),
            "machine_voice_threshold": real(0),
            "machine_words_threshold": whole(0),
            "status_url": TEXT,
            "timeout": real(0),
            "tone": words("CED", "CNG"),
            "wait": FLAG,
        }
    ),
    "receive_fax": fields({"status_url": TEXT}),
    "send_fax": fields(
        {"document": TEXT, "header_info": TEXT, "identity": TEXT, "status_url": TEXT}, "document"
    ),
    "send_digits": fields({"digits": TEXT}, "digits"),
}
