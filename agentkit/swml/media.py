"""Verbs that play, ask, stream, fax and send messages."""

from typing import Any, ClassVar, Literal

from agentkit.swml.body import Rule, at_least_one, exactly_one
from agentkit.swml.values import Bool, Decibels, Int, Method, Number, PlayUrl, Texts, Var
from agentkit.swml.verb import Verb


class Play(Verb, frozen=True):
    """Play files, speech, silence or ringing; exactly one of url and urls.

    Attributes:
        url: `https://…`, `say:text`, `silence:seconds` or `ring:[seconds:]country`.
        urls: several of these in turn, or several variables.
        auto_answer: answer the call first (true).
        volume: -40 to 40 dB (0).
        say_voice: voice of `say:` (`Polly.Salli`).
        say_language: language of `say:` (`en-US`).
        say_gender: gender of `say:` (`female`).
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "play"
    rule: ClassVar[Rule | None] = exactly_one("url", "urls")

    url: PlayUrl | Var | None = None
    urls: list[PlayUrl] | list[Var] | None = None
    auto_answer: Bool | None = None
    volume: Decibels | Var | None = None
    say_voice: str | None = None
    say_language: str | None = None
    say_gender: str | None = None
    status_url: str | None = None


class Prompt(Verb, frozen=True):
    """Play something and wait for key presses or speech.

    Sets `prompt_result`, `prompt_value`, `prompt_digit_terminator`, `prompt_speech_confidence`.

    Attributes:
        play: what is played, as of `play`.
        volume: -40 to 40 dB (0).
        say_voice: voice of `say:` (`Polly.Salli`).
        say_language: language of `say:` (`en-US`).
        say_gender: gender of `say:` (`female`).
        max_digits: how many keys to wait for (1).
        terminators: keys that end the input.
        digit_timeout: seconds to wait for the next key (5).
        initial_timeout: seconds to wait for the first key or word (5).
        speech_timeout: seconds that speech may last.
        speech_end_timeout: seconds of silence that end speech.
        speech_language: language to hear.
        speech_hints: words to expect.
        speech_engine: which engine hears.
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "prompt"

    play: PlayUrl | list[PlayUrl] | Var | list[Var]
    volume: Decibels | None = None
    say_voice: str | None = None
    say_language: str | None = None
    say_gender: str | None = None
    max_digits: Int | None = None
    terminators: str | None = None
    digit_timeout: Number | None = None
    initial_timeout: Number | None = None
    speech_timeout: Number | None = None
    speech_end_timeout: Number | None = None
    speech_language: str | None = None
    speech_hints: list[str] | list[Var] | None = None
    speech_engine: str | None = None
    status_url: str | None = None


class Denoise(Verb, frozen=True):
    """Remove noise; sets `denoise_result`."""

    verb: ClassVar[str] = "denoise"


class StopDenoise(Verb, frozen=True):
    """Stop removing noise; sets `denoise_result`."""

    verb: ClassVar[str] = "stop_denoise"


class Tap(Verb, frozen=True):
    """Send the call's audio elsewhere.

    Sets `tap_uri`, `tap_result`, `tap_control_id` and the addresses of the stream.

    Attributes:
        uri: `rtp://ip:port`, `ws://…` or `wss://…`.
        control_id: names it for `stop_tap`.
        direction: what the caller says, hears, or both (`speak`).
        codec: of the audio (`PCMU`).
        rtp_ptime: milliseconds of audio in a packet (20).
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "tap"

    uri: str
    control_id: str | None = None
    direction: Literal["speak", "listen", "both"] | None = None
    codec: Literal["PCMU", "PCMA"] | None = None
    rtp_ptime: Int | None = None
    status_url: str | None = None


class StopTap(Verb, frozen=True):
    """Stop a tap.

    Attributes:
        control_id: which one, else the last.
    """

    verb: ClassVar[str] = "stop_tap"

    control_id: str | None = None


class Stream(Verb, frozen=True):
    """Send the call's audio to a WebSocket.

    Sets `stream_result`, `stream_control_id`.

    Attributes:
        url: `wss://…`.
        control_id: names it for `stop_stream`.
        name: of the stream.
        track: which side (`inbound_track`).
        codec: of the audio.
        status_url: told how it goes.
        status_url_method: how (`POST`).
        authorization_bearer_token: sent to the WebSocket.
        custom_parameters: sent to the WebSocket.
    """

    verb: ClassVar[str] = "stream"

    url: str
    control_id: str | None = None
    name: str | None = None
    track: Literal["inbound_track", "outbound_track", "both_tracks"] | None = None
    codec: str | None = None
    status_url: str | None = None
    status_url_method: Method | None = None
    authorization_bearer_token: str | None = None
    custom_parameters: Texts | None = None


class StopStream(Verb, frozen=True):
    """Stop a stream; sets `stop_stream_result`.

    Attributes:
        control_id: which one, else the last.
    """

    verb: ClassVar[str] = "stop_stream"

    control_id: str | None = None


class ReceiveFax(Verb, frozen=True):
    """Receive a fax.

    Sets `receive_fax_document` and what is known of it.

    Attributes:
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "receive_fax"

    status_url: str | None = None


class SendFax(Verb, frozen=True):
    """Send a fax.

    Attributes:
        document: URL of a PDF.
        header_info: printed at the top of each page.
        identity: the sender's number or name.
        status_url: told how it goes.
    """

    verb: ClassVar[str] = "send_fax"

    document: str
    header_info: str | None = None
    identity: str | None = None
    status_url: str | None = None


class SendSms(Verb, frozen=True):
    """Send a text message; it needs a body or media.

    Sets `send_sms_result`.

    Attributes:
        to_number: who gets it (E.164).
        from_number: who sends it (E.164).
        body: its text.
        media: URLs of files to send.
        region: where it is sent from.
        tags: to find it again.
        status_callback: told how it goes.
    """

    verb: ClassVar[str] = "send_sms"
    rule: ClassVar[Rule | None] = at_least_one("body", "media")

    to_number: str
    from_number: str
    body: str | None = None
    media: list[str] | None = None
    region: str | None = None
    tags: list[str] | None = None
    status_callback: str | None = None


class UserEvent(Verb, frozen=True):
    """Send an event to the caller's client.

    Attributes:
        event: the event.
    """

    verb: ClassVar[str] = "user_event"

    event: dict[str, Any]
