"""`params` of the `ai` verb: 99 that are documented, and any others (facts 1.4).

Where the manual takes more than the schema, both are taken here.
"""

from agentkit.loopback.tables.kinds import (
    FLAG,
    TEXT,
    TEXTS,
    WHOLE,
    Fields,
    Items,
    Kind,
    Null,
    either,
    fields,
    real,
    whole,
    words,
)  # fmt: skip

_FLAGS = (
    "asr_diarize", "asr_smart_format", "asr_speaker_affinity", "audible_debug", "audible_latency",
    "auto_correct", "barge_functions", "cache_mode", "enable_accounting", "enable_inner_dialog",
    "enable_pause", "enable_thinking", "enable_turn_detection", "enable_vision",
    "function_wait_for_talking", "functions_on_no_response", "hold_on_process",
    "inner_dialog_synced", "languages_enabled", "llm_diarize_aware", "persist_global_data",
    "save_conversation", "semantic_gates_enabled", "speak_when_spoken_to", "start_paused",
    "static_greeting_no_barge", "swaig_allow_settings", "swaig_allow_swml",
    "swaig_post_conversation", "swaig_set_global_data", "transfer_summary", "transparent_barge",
    "verbose_logs", "wait_for_user",
)  # fmt: skip
_TEXTS = (
    "ai_model", "ai_name", "app_name", "attention_timeout_prompt", "background_file",
    "barge_match_string", "conscience", "conversation_id", "debug_webhook_url",
    "digit_terminators", "hard_stop_prompt", "hard_stop_time", "hold_music", "inner_dialog_model",
    "inner_dialog_prompt", "interrupt_prompt", "local_tz", "openai_asr_engine", "redact_prompt",
    "static_greeting", "thinking_model", "turn_filler_sources", "utility_model", "vad_config",
    "video_idle_file", "video_listening_file", "video_talking_file", "vision_model", "wake_prefix",
)  # fmt: skip
_NUMBERS: dict[str, Kind] = {
    "ai_volume": whole(-50, 50),
    "attention_timeout": whole(0, 600_000),
    "background_file_loops": either(WHOLE, Null()),
    "background_file_volume": whole(-50, 50),
    "barge_min_words": whole(1, 99),
    "conversation_sliding_window": WHOLE,
    "debug_webhook_level": whole(0, 2),
    "digit_timeout": whole(0, 30_000),
    "eleven_labs_similarity": real(0, 1),
    "eleven_labs_stability": real(0, 1),
    "end_of_speech_timeout": whole(0, 10_000),
    "energy_level": real(0, 100),
    "first_word_timeout": whole(0, 10_000),
    "inactivity_timeout": either(whole(0, 0), whole(10_000, 3_600_000)),
    "initial_sleep_ms": whole(0, 300_000),
    "input_poll_freq": whole(1000, 10_000),
    "max_emotion": whole(1, 30),
    "max_response_tokens": whole(1, 16_384),
    "outbound_attention_timeout": whole(10_000, 600_000),
    "semantic_gate_history": whole(0, 100),
    "semantic_gate_timeout_ms": whole(500, 10_000),
    "speech_event_timeout": whole(0, 10_000),
    "speech_gen_quick_stops": whole(0, 10),
    "speech_timeout": whole(0, 600_000),
    "transparent_barge_max_time": whole(0, 60_000),
    "turn_detection_timeout": whole(0, 10_000),
    "turn_filler_every_n": whole(1),
    "turn_filler_min_ms": whole(0),
}
_OTHERS: dict[str, Kind] = {
    "acknowledge_interruptions": either(FLAG, WHOLE),
    "convo": Items(
        fields(
            {"role": words("user", "assistant", "system"), "content": TEXT, "lang": TEXT},
            "role",
            "content",
        )
    ),
    "debug": either(FLAG, WHOLE),
    "direction": words("inbound", "outbound"),
    "enable_barge": either(TEXT, FLAG),
    "enable_text_normalization": words(
        "heard", "spoken", "both", "true", "on", "false", "off", "none"
    ),
    "interrupt_on_noise": either(FLAG, WHOLE),
    "pom_format": words("markdown", "xml"),
    "summary_mode": words("string", "original"),
    "swaig_post_swml_vars": either(FLAG, TEXTS),
    "tts_number_format": words("international", "national"),
}

AI_PARAMS: Fields = fields(
    dict.fromkeys(_FLAGS, FLAG) | dict.fromkeys(_TEXTS, TEXT) | _NUMBERS | _OTHERS, open=True
)

SIDECAR_PARAMS: Fields = fields(
    {
        "idle_timeout_ms": whole(50, 5000),
        "min_interval_ms": whole(0, 60_000),
        "max_iters_per_tick": whole(1, 20),
        "max_history_tokens": whole(1000, 200_000),
        "act_on_channel": FLAG,
        "final_summary": FLAG,
        "ai_summary": FLAG,
        "ai_summary_prompt": TEXT,
        "summary_model": TEXT,
        "live_events": FLAG,
        "verbose_utterances": FLAG,
        "speech_engine": words("deepgram", "google"),
        "speech_timeout": whole(0, 600_000),
        "vad_silence_ms": whole(0, 60_000),
        "vad_thresh": whole(0, 10_000),
        "debug_level": whole(0, 100),
        "debug": FLAG,
        "transcribe_prompt": TEXT,
    }
)

BEDROCK_PARAMS: Fields = fields(
    {
        "attention_timeout": WHOLE,
        "hard_stop_time": TEXT,
        "inactivity_timeout": WHOLE,
        "video_listening_file": TEXT,
        "video_idle_file": TEXT,
        "video_talking_file": TEXT,
        "hard_stop_prompt": TEXT,
    },
    open=True,
)
