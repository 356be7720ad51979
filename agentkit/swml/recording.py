"""Verbs that record, transcribe and translate."""

from typing import ClassVar, Literal

from agentkit.swml.body import Body
from agentkit.swml.values import Bool, CustomFilter, Int, Number, Preset, Side, SpeechEngine
from agentkit.swml.verb import Verb

Format = Literal["wav", "mp3", "mp4"]


class Record(Verb, frozen=True):
    """Record the caller in the foreground.

    Sets `record_url`, `record_result`.

    Attributes:
        stereo: the two sides on two channels (false).
        format: of the file (`wav`).
        direction: what the caller says or hears (`speak`).
        terminators: keys that end it (`#`).
        beep: sound a beep at the start (false).
        input_sensitivity: how loud a sound must be to count, 0 to 100 (44).
        initial_timeout: seconds to wait for the first sound (4).
        end_silence_timeout: seconds of silence that end it (5).
        max_length: seconds that it may last.
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "record"

    stereo: Bool | None = None
    format: Format | None = None
    direction: Literal["speak", "listen"] | None = None
    terminators: str | None = None
    beep: Bool | None = None
    input_sensitivity: Number | None = None
    initial_timeout: Number | None = None
    end_silence_timeout: Number | None = None
    max_length: Number | None = None
    status_url: str | None = None


class RecordCall(Verb, frozen=True):
    """Record the call in the background.

    Sets `record_call_url`, `record_call_result`, `record_control_id`.

    Attributes:
        control_id: names it for `stop_record_call`.
        stereo: the two sides on two channels (false).
        format: of the file (`wav`).
        direction: what the caller says, hears, or both (`both`).
        terminators: keys that end it (none).
        beep: sound a beep at the start (false).
        input_sensitivity: how loud a sound must be to count, 0 to 100 (44).
        initial_timeout: seconds to wait for the first sound; 0 waits for ever (0).
        end_silence_timeout: seconds of silence that end it; 0 is never (0).
        max_length: seconds that it may last.
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "record_call"

    control_id: str | None = None
    stereo: Bool | None = None
    format: Format | None = None
    direction: Literal["speak", "listen", "both"] | None = None
    terminators: str | None = None
    beep: Bool | None = None
    input_sensitivity: Number | None = None
    initial_timeout: Number | None = None
    end_silence_timeout: Number | None = None
    max_length: Number | None = None
    status_url: str | None = None


class StopRecordCall(Verb, frozen=True):
    """Stop a recording of `record_call`.

    Attributes:
        control_id: which one, else the last.
    """

    verb: ClassVar[str] = "stop_record_call"

    control_id: str | None = None


class Transcribe(Verb, frozen=True):
    """Transcribe the call.

    Sets `transcribe_result`, `transcribe_control_id`.

    Attributes:
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "transcribe"

    status_url: str | None = None


class TranscribeStop(Verb, frozen=True):
    """Stop transcribing; sets `transcribe_stop_result`."""

    verb: ClassVar[str] = "transcribe_stop"


class Summary(Body, frozen=True):
    """How a summary is made.

    Attributes:
        webhook: gets it.
        prompt: what the model is told to sum up.
    """

    webhook: str | None = None
    prompt: str | None = None


class Summarize(Body, frozen=True):
    """Sum up what was heard so far.

    Attributes:
        summarize: how.
    """

    summarize: Summary


class TranscribeStart(Body, frozen=True):
    """How a live transcription goes.

    Attributes:
        lang: language code.
        direction: whose words.
        ai_summary: sum up at the end.
        webhook: gets what was heard.
        live_events: send each utterance.
        speech_timeout: milliseconds that an utterance may last (60,000).
        vad_silence_ms: milliseconds of silence that end an utterance (300).
        vad_thresh: how loud a voice must be (400).
        debug_level: how much is logged (0).
        speech_engine: which engine hears (`deepgram`).
        ai_summary_prompt: what the model is told to sum up.
    """

    lang: str
    direction: list[Side]
    ai_summary: Bool | None = None
    webhook: str | None = None
    live_events: Bool | None = None
    speech_timeout: Int | None = None
    vad_silence_ms: Int | None = None
    vad_thresh: Int | None = None
    debug_level: Int | None = None
    speech_engine: SpeechEngine | None = None
    ai_summary_prompt: str | None = None


class StartTranscribing(Body, frozen=True):
    """Start a live transcription.

    Attributes:
        start: how.
    """

    start: TranscribeStart


class LiveTranscribe(Verb, frozen=True):
    """Transcribe the call while it goes on.

    Attributes:
        action: start, stop or sum up.
    """

    verb: ClassVar[str] = "live_transcribe"

    action: Literal["stop", "summarize"] | StartTranscribing | Summarize


class TranslateStart(Body, frozen=True):
    """How a live translation goes.

    Attributes:
        from_lang: the caller's language.
        to_lang: the other side's language.
        direction: whose words.
        webhook: gets what was said.
        from_voice: voice for the caller's language.
        to_voice: voice for the other side's language.
        filter_from: tone: a preset, or `prompt:` and what to do.
        filter_to: tone: a preset, or `prompt:` and what to do.
        live_events: send each utterance.
        ai_summary: sum up at the end.
        speech_timeout: milliseconds that an utterance may last (60,000).
        vad_silence_ms: milliseconds of silence that end an utterance (300).
        vad_thresh: how loud a voice must be (400).
        debug_level: how much is logged (0).
        speech_engine: which engine hears (`deepgram`).
        ai_summary_prompt: what the model is told to sum up.
    """

    from_lang: str
    to_lang: str
    direction: list[Side]
    webhook: str | None = None
    from_voice: str | None = None
    to_voice: str | None = None
    filter_from: Preset | CustomFilter | None = None
    filter_to: Preset | CustomFilter | None = None
    live_events: Bool | None = None
    ai_summary: Bool | None = None
    speech_timeout: Int | None = None
    vad_silence_ms: Int | None = None
    vad_thresh: Int | None = None
    debug_level: Int | None = None
    speech_engine: SpeechEngine | None = None
    ai_summary_prompt: str | None = None


class StartTranslating(Body, frozen=True):
    """Start a live translation.

    Attributes:
        start: how.
    """

    start: TranslateStart


class Injected(Body, frozen=True):
    """Something to say in the translation.

    Attributes:
        message: the text.
        direction: who hears it.
    """

    message: str
    direction: Side


class Inject(Body, frozen=True):
    """Say something in the translation.

    Attributes:
        inject: what, and to whom.
    """

    inject: Injected


class LiveTranslate(Verb, frozen=True):
    """Translate the call while it goes on.

    Attributes:
        action: what to do.
    """

    verb: ClassVar[str] = "live_translate"

    action: Literal["stop", "summarize"] | StartTranslating | Summarize | Inject
