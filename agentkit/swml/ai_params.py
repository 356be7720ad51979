"""How the model hears, speaks and thinks: the parameters of the `ai` verb (facts, 1.4).

Times are in milliseconds unless something else is said; in brackets is what the platform takes when
nothing is given. Where its manual and its schema differ, both are taken here.
"""

from typing import Annotated, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body
from agentkit.swml.values import (
    Attention,
    BeyondBool,
    BeyondInt,
    Bool,
    Duration,
    Inactivity,
    Int,
    NotNegativeInt,
    Positive,
    Share,
    Var,
    Volume,
)

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=10_000)] | Var
EndOfSpeech = Annotated[int, msgspec.Meta(ge=250, le=10_000)] | Var | BeyondInt
Normalization = Literal["heard", "spoken", "both", "true", "on", "false", "off", "none"]

Outbound = Annotated[int, msgspec.Meta(ge=10_000, le=600_000)] | Var


class Message(Body, frozen=True):
    """One message of a talk.

    Attributes:
        role: whose it is.
        content: its text.
        lang: its language.
    """

    role: Literal["user", "assistant", "system"]
    content: str
    lang: str | None = None


class AiParams(Body, frozen=True):
    """How the model hears, speaks and thinks; other parameters are kept in `extra`.

    Attributes:
        acknowledge_interruptions: note that the caller interrupted, or after how many times
            (false).
        ai_model: the main model (`gpt-4o-mini`).
        ai_name: the name that wakes a paused agent (`computer`).
        ai_volume: -50 to 50 (0).
        app_name: a label that webhooks repeat (`swml app`).
        asr_diarize: tell speakers apart (false).
        asr_smart_format: write numbers and dates in figures (false).
        asr_speaker_affinity: hear only the first speaker (false).
        attention_timeout: silence until the agent asks for attention, 10,000 to 600,000; 0 is
            never.
        attention_timeout_prompt: what the model is told then.
        audible_debug: say the names of functions (false).
        audible_latency: say how long answers take (false).
        auto_correct: let the model mend what was heard (false).
        background_file: URL of a sound behind the talk.
        background_file_loops: how often it plays; null is for ever.
        background_file_volume: -50 to 50 (0).
        barge_functions: functions may run while the caller speaks (true).
        barge_match_string: only this text, or regular expression, interrupts.
        barge_min_words: words that interrupt, 1 to 99.
        cache_mode: cache what is spoken (false).
        conscience: what the model is reminded of after each function.
        conversation_id: the key of a talk that goes on over several calls.
        conversation_sliding_window: how many turns of the talk the model sees.
        convo: a talk that came before.
        debug: log more (false).
        debug_webhook_level: how much is told, 0 to 2 (1).
        debug_webhook_url: told what happens during the call.
        digit_terminators: keys that end an input.
        digit_timeout: pause that ends an input by keys, up to 30,000 (3,000).
        direction: take the call as this.
        eleven_labs_similarity: out of date: `params` of a language (0.75).
        eleven_labs_stability: out of date: `params` of a language (0.5).
        enable_accounting: tell in the end what was used (false).
        enable_barge: what interrupts: `complete`, `partial`, `all` or a boolean
            (`complete,partial`).
        enable_inner_dialog: a second model watches (false).
        enable_pause: the caller may pause the agent (false).
        enable_text_normalization: write and say numbers as people do (`both`).
        enable_thinking: think before each answer (false).
        enable_turn_detection: end a turn at what sounds like a sentence (true).
        enable_vision: the model may look at the video (false).
        end_of_speech_timeout: silence that ends a turn, 250 to 10,000 (700).
        energy_level: how loud a voice must be, 0 to 100 dB (52).
        first_word_timeout: how long to wait for a word, up to 10,000 (1,000).
        function_wait_for_talking: end the filler before a function runs (false).
        functions_on_no_response: functions when the caller stays silent (false).
        hard_stop_prompt: what the model is told when its time is up.
        hard_stop_time: longest talk, such as `30s` or `1h30m`.
        hold_music: URL of a file, or a `tone_stream:`.
        hold_on_process: music while a function runs (false).
        inactivity_timeout: silence that ends the talk, 10,000 to 3,600,000 (600,000); 0 is
            never.
        initial_sleep_ms: wait before the talk, up to 300,000 (0).
        inner_dialog_model: the second model.
        inner_dialog_prompt: what it is told.
        inner_dialog_synced: wait for it (false).
        input_poll_freq: how often `check_for_input` is asked, 1,000 to 10,000 (2,000).
        interrupt_on_noise: noise interrupts, or how much of it (false).
        interrupt_prompt: what the model is told when it is interrupted.
        languages_enabled: has no effect.
        llm_diarize_aware: the model sees who spoke (false).
        local_tz: time zone, by its IANA name (`US/Central`).
        max_emotion: 1 to 30 (30).
        max_response_tokens: length of an answer, 1 to 16,384 tokens.
        openai_asr_engine: which engine hears (`deepgram:nova-3`).
        outbound_attention_timeout: as `attention_timeout`, for calls made (120,000).
        persist_global_data: keep global data for the next `ai` verb of the call (true).
        pom_format: how sections are shown to the model (`markdown`).
        redact_prompt: what is blacked out in logs, events and payloads, in plain words.
        save_conversation: post a summary; needs `conversation_id` (false).
        speak_when_spoken_to: say nothing until named (false).
        speech_event_timeout: how long to wait for recognised speech, up to 10,000 (1,400).
        speech_gen_quick_stops: sentences that are spoken at once, 0 to 10 (3).
        speech_timeout: longest utterance, up to 600,000 (60,000).
        start_paused: begin paused (false).
        static_greeting: the first words, always the same.
        static_greeting_no_barge: they cannot be interrupted (false).
        summary_mode: the form of a summary.
        swaig_allow_settings: functions may change settings (true).
        swaig_allow_swml: functions may run documents (true).
        swaig_post_conversation: send the talk with each function call (false).
        swaig_post_swml_vars: send variables with each function call, or these (false).
        swaig_set_global_data: functions may change global data (true).
        thinking_model: the model that thinks (`ai_model`).
        transfer_summary: tell the next agent a summary (false).
        transparent_barge: go on when the caller only talks along (true).
        transparent_barge_max_time: for how long, up to 60,000 (3,000).
        tts_number_format: how phone numbers are said (`international`).
        turn_detection_timeout: silence after what sounds like a sentence, up to 10,000 (250).
        turn_filler_every_n: a filler only every so many turns (1).
        turn_filler_min_ms: a filler only after this time (0).
        turn_filler_sources: where fillers come from, apart by commas (`spell,number`).
        utility_model: the model that mends and blacks out (`ai_model`).
        vad_config: `threshold[:frame]`, 0 to 100 and 16 to 40.
        verbose_logs: log more (false).
        video_idle_file: URL of a video while nothing happens.
        video_listening_file: URL of a video while the agent listens.
        video_talking_file: URL of a video while the agent talks.
        vision_model: the model that looks (`ai_model`).
        wait_for_user: the caller speaks first (false).
        wake_prefix: one more word before the name.
        semantic_gates_enabled: ask the questions of functions before they run (false).
        semantic_gate_timeout_ms: how long an answer may take, 500 to 10,000 (2,500).
        semantic_gate_history: how many turns are looked at, 0 to 100 (20).
    """

    open: ClassVar[bool] = True

    acknowledge_interruptions: Bool | BeyondInt | None = None
    ai_model: str | None = None
    ai_name: str | None = None
    ai_volume: Volume | None = None
    app_name: str | None = None
    asr_diarize: Bool | None = None
    asr_smart_format: Bool | None = None
    asr_speaker_affinity: Bool | None = None
    attention_timeout: Attention | None = None
    attention_timeout_prompt: str | None = None
    audible_debug: Bool | None = None
    audible_latency: Bool | None = None
    auto_correct: Bool | None = None
    background_file: str | None = None
    background_file_loops: Int | msgspec.UnsetType | None = msgspec.UNSET
    background_file_volume: Volume | None = None
    barge_functions: Bool | None = None
    barge_match_string: str | None = None
    barge_min_words: Annotated[int, msgspec.Meta(ge=1, le=99)] | Var | None = None
    cache_mode: Bool | None = None
    conscience: str | None = None
    conversation_id: str | None = None
    conversation_sliding_window: Int | None = None
    convo: list[Message] | None = None
    debug: Bool | int | None = None
    debug_webhook_level: Annotated[int, msgspec.Meta(ge=0, le=2)] | Var | None = None
    debug_webhook_url: str | None = None
    digit_terminators: str | None = None
    digit_timeout: Annotated[int, msgspec.Meta(ge=0, le=30_000)] | Var | None = None
    direction: Literal["inbound", "outbound"] | Var | None = None
    eleven_labs_similarity: Share | None = None
    eleven_labs_stability: Share | None = None
    enable_accounting: Bool | None = None
    enable_barge: str | bool | None = None
    enable_inner_dialog: Bool | None = None
    enable_pause: Bool | None = None
    enable_text_normalization: Normalization | Var | BeyondBool | None = None
    enable_thinking: Bool | None = None
    enable_turn_detection: Bool | None = None
    enable_vision: Bool | None = None
    end_of_speech_timeout: EndOfSpeech | None = None
    energy_level: Annotated[float, msgspec.Meta(ge=0, le=100)] | Var | None = None
    first_word_timeout: Milliseconds | None = None
    function_wait_for_talking: Bool | None = None
    functions_on_no_response: Bool | None = None
    hard_stop_prompt: str | None = None
    hard_stop_time: Duration | None = None
    hold_music: str | None = None
    hold_on_process: Bool | None = None
    inactivity_timeout: Inactivity | None = None
    initial_sleep_ms: Annotated[int, msgspec.Meta(ge=0, le=300_000)] | Var | None = None
    inner_dialog_model: str | None = None
    inner_dialog_prompt: str | None = None
    inner_dialog_synced: Bool | None = None
    input_poll_freq: Annotated[int, msgspec.Meta(ge=1_000, le=10_000)] | Var | None = None
    interrupt_on_noise: Bool | BeyondInt | None = None
    interrupt_prompt: str | None = None
    languages_enabled: Bool | None = None
    llm_diarize_aware: Bool | None = None
    local_tz: str | None = None
    max_emotion: Annotated[int, msgspec.Meta(ge=1, le=30)] | Var | None = None
    max_response_tokens: Annotated[int, msgspec.Meta(ge=1, le=16_384)] | Var | None = None
    openai_asr_engine: str | None = None
    outbound_attention_timeout: Outbound | None = None
    persist_global_data: Bool | None = None
    pom_format: Literal["markdown", "xml"] | None = None
    redact_prompt: str | None = None
    save_conversation: Bool | None = None
    speak_when_spoken_to: Bool | None = None
    speech_event_timeout: Milliseconds | None = None
    speech_gen_quick_stops: Annotated[int, msgspec.Meta(ge=0, le=10)] | Var | None = None
    speech_timeout: Annotated[int, msgspec.Meta(ge=0, le=600_000)] | Var | None = None
    start_paused: Bool | None = None
    static_greeting: str | None = None
    static_greeting_no_barge: Bool | None = None
    summary_mode: Literal["string", "original"] | Var | None = None
    swaig_allow_settings: Bool | None = None
    swaig_allow_swml: Bool | None = None
    swaig_post_conversation: Bool | None = None
    swaig_post_swml_vars: Bool | list[str] | None = None
    swaig_set_global_data: Bool | None = None
    thinking_model: str | None = None
    transfer_summary: Bool | None = None
    transparent_barge: Bool | None = None
    transparent_barge_max_time: Annotated[int, msgspec.Meta(ge=0, le=60_000)] | Var | None = None
    tts_number_format: Literal["international", "national"] | None = None
    turn_detection_timeout: Milliseconds | None = None
    turn_filler_every_n: Positive | None = None
    turn_filler_min_ms: NotNegativeInt | None = None
    turn_filler_sources: str | None = None
    utility_model: str | None = None
    vad_config: str | None = None
    verbose_logs: Bool | None = None
    video_idle_file: str | None = None
    video_listening_file: str | None = None
    video_talking_file: str | None = None
    vision_model: str | None = None
    wait_for_user: Bool | None = None
    wake_prefix: str | None = None
    semantic_gates_enabled: bool | None = None
    semantic_gate_timeout_ms: Annotated[int, msgspec.Meta(ge=500, le=10_000)] | None = None
    semantic_gate_history: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
