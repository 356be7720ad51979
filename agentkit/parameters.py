"""Parameters and sampling of the model that an author sets, checked before any call (facts 1.4).

The limits are those of `AiParams` and `PostPrompt`. They stand here once more, in a form that loads
at once: nearly every agent sets some, and its Structs would cost a tenth of its start. A test keeps
both alike. Where the platform takes a number or a boolean it also takes it written as a text, or a
variable.
"""

from collections.abc import Mapping
from typing import Any

from agentkit.place import Place, caller

JSON = dict[str, Any]
MOST = 2**52
_WORDS = ("true", "false")

_FLAGS = (
    "acknowledge_interruptions asr_diarize asr_smart_format asr_speaker_affinity audible_debug "
    "audible_latency auto_correct barge_functions cache_mode debug enable_accounting "
    "enable_inner_dialog enable_pause enable_thinking enable_turn_detection enable_vision "
    "function_wait_for_talking functions_on_no_response hold_on_process inner_dialog_synced "
    "interrupt_on_noise languages_enabled llm_diarize_aware persist_global_data "
    "save_conversation speak_when_spoken_to start_paused static_greeting_no_barge "
    "swaig_allow_settings swaig_allow_swml swaig_post_conversation swaig_set_global_data "
    "transfer_summary transparent_barge verbose_logs wait_for_user semantic_gates_enabled"
)
FLAGS = frozenset(_FLAGS.split())

_TEXTS = (
    "ai_model ai_name app_name attention_timeout_prompt background_file barge_match_string "
    "conscience conversation_id debug_webhook_url digit_terminators hard_stop_prompt hold_music "
    "inner_dialog_model inner_dialog_prompt interrupt_prompt local_tz openai_asr_engine "
    "redact_prompt static_greeting thinking_model turn_filler_sources utility_model vad_config "
    "video_idle_file video_listening_file video_talking_file vision_model wake_prefix"
)
TEXTS = frozenset(_TEXTS.split())

WHOLE = {
    "background_file_loops": (-MOST, MOST),
    "ai_volume": (-50, 50),
    "attention_timeout": (0, 600_000),
    "background_file_volume": (-50, 50),
    "barge_min_words": (1, 99),
    "conversation_sliding_window": (-MOST, MOST),
    "debug_webhook_level": (0, 2),
    "digit_timeout": (0, 30_000),
    "end_of_speech_timeout": (0, 10_000),
    "first_word_timeout": (0, 10_000),
    "inactivity_timeout": (0, 3_600_000),
    "initial_sleep_ms": (0, 300_000),
    "input_poll_freq": (1_000, 10_000),
    "max_emotion": (1, 30),
    "max_response_tokens": (1, 16_384),
    "outbound_attention_timeout": (10_000, 600_000),
    "speech_event_timeout": (0, 10_000),
    "speech_gen_quick_stops": (0, 10),
    "speech_timeout": (0, 600_000),
    "transparent_barge_max_time": (0, 60_000),
    "turn_detection_timeout": (0, 10_000),
    "turn_filler_every_n": (1, MOST),
    "turn_filler_min_ms": (0, MOST),
    "semantic_gate_timeout_ms": (500, 10_000),
    "semantic_gate_history": (0, 100),
}

NUMBERS = {
    "eleven_labs_similarity": (0, 1),
    "eleven_labs_stability": (0, 1),
    "energy_level": (0, 100),
}

CHOICES = {
    "direction": ("inbound", "outbound"),
    "pom_format": ("markdown", "xml"),
    "summary_mode": ("string", "original"),
    "tts_number_format": ("international", "national"),
}

SAMPLING = {
    "temperature": (0, 1.5),
    "top_p": (0, 1),
    "confidence": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "max_tokens": (0, 4096),
}


def check_params(given: Mapping[str, Any], agent: str) -> None:
    """Check parameters of the `ai` verb; those that agentkit does not know pass.

    Raises:
        DefinitionError: one is not what it should be; it tells the agent, the path and the line.
    """
    _check(given, Place("ai.params", agent, caller()), {**WHOLE, **NUMBERS})


def check_sampling(given: Mapping[str, Any], agent: str, prompt: str) -> None:
    """Check sampling parameters of a prompt.

    Raises:
        DefinitionError: one is not within its limits.
    """
    _check(given, Place(f"ai.{prompt}", agent, caller()), SAMPLING)


def _check(given: Mapping[str, Any], place: Place, limits: Mapping[str, Any]) -> None:
    for key, value in given.items():
        expected = None if _is_variable(value) else _expected(key, value, limits)
        if expected:
            raise place.at(key).wrong(expected, value)


def _expected(key: str, value: object, limits: Mapping[str, Any]) -> str | None:
    """Return what a parameter should have been, None when it is right."""
    if key in limits:
        low, high = limits[key]
        kind = "a whole number" if key in WHOLE else "a number"
        return None if _within(key, value, low, high) else f"{kind} from {low:g} to {high:g}"
    if key in FLAGS:
        return None if _flag(value) else "True or False"
    if key in TEXTS:
        return None if isinstance(value, str) else "a text"
    choices = CHOICES.get(key)
    return f"one of {choices}" if choices and value not in choices else None


def _within(key: str, value: object, low: float, high: float) -> bool:
    if value is None:
        return key == "background_file_loops"  # for ever
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except ValueError:
        return False
    return low <= number <= high and (key not in WHOLE or number.is_integer())


def _flag(value: object) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and value in _WORDS)


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and value[:2] in ("${", "%{")
