"""Actions that run a verb of the call while the model goes on: messages, recordings, conferences.

Fields at the platform's default are left out, as the vendor's SDK does it.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec

from agentkit.swaig import contents

Action = dict[str, Any]
Direction = Literal["speak", "listen", "both"]
Method = Literal["GET", "POST"]

Length = Annotated[float, msgspec.Meta(ge=0)]

_DIRECTIONS = ("speak", "listen", "both")


def send_sms(
    to_number: str,
    from_number: str,
    body: str | None = None,
    media: Iterable[str] | None = None,
    tags: Iterable[str] | None = None,
    region: str | None = None,
) -> Action:
    """Send a text message; it needs a body or media URLs."""
    return contents.run(
        {"send_sms": contents.sms(to_number, from_number, body, media, tags, region)}
    )


class RecordCall(msgspec.Struct, frozen=True):
    """Record the call in the background until it ends or `stop_record_call`.

    Args:
        control_id: names the recording for `stop_record_call`.
        stereo: the two sides on two channels.
        format: of the file.
        direction: what the caller says, hears, or both.
        terminators: digits that end the recording.
        beep: sound a beep at the start.
        input_sensitivity: how loud a sound must be to count, 0 to 100.
        initial_timeout: seconds to wait for the first sound.
        end_silence_timeout: seconds of silence that end it.
        max_length: seconds that it may last.
        status_url: told how it goes.
    """

    control_id: str | None = None
    stereo: bool = False
    format: Literal["wav", "mp3", "mp4"] = "wav"
    direction: Direction = "both"
    terminators: str | None = None
    beep: bool = False
    input_sensitivity: Length = 44.0
    initial_timeout: Length | None = None
    end_silence_timeout: Length | None = None
    max_length: Length | None = None
    status_url: str | None = None

    def to_action(self) -> Action:
        """Return the action; texts that are empty and numbers that were not given are left out."""
        given = contents.checked("record_call", self)
        return contents.run(
            {"record_call": {key: value for key, value in given.items() if value not in {None, ""}}}
        )


def stop_record_call(control_id: str | None = None) -> Action:
    """Stop a recording, the last one begun unless it is named."""
    return contents.run(
        {"stop_record_call": contents.texts("stop_record_call", control_id=control_id)}
    )


def join_room(name: str) -> Action:
    """Join a video room."""
    return contents.run({"join_room": {"name": contents.name("join_room", "name", name)}})


class JoinConference(msgspec.Struct, frozen=True):
    """Join an audio conference.

    Args:
        name: of the conference.
        muted: join without being heard.
        beep: when a beep is played.
        start_on_enter: the conference starts when this caller joins.
        end_on_exit: it ends when this caller leaves.
        wait_url: a document or file to hear until it starts.
        max_participants: 2 to 100,000.
        record: whether it is recorded from its start.
        region: where it is mixed: `global`, `us`, `eu` or `ch`.
        trim: whether silence at the start of a recording is cut.
        coach: the call id of the participant whom only this caller is heard by.
        status_callback_event: which events are told, in words apart: `start end join leave …`.
        status_callback: told of these events.
        status_callback_method: how.
        recording_status_callback: told of recordings.
        recording_status_callback_method: how.
        recording_status_callback_event: which events of recordings are told.
        result: what to do afterwards: a switch, or a list of conditions.
    """

    name: str
    muted: bool = False
    beep: Literal["true", "false", "onEnter", "onExit"] = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    max_participants: Annotated[int, msgspec.Meta(ge=2, le=100_000)] | None = None
    record: Literal["do-not-record", "record-from-start"] = "do-not-record"
    region: str | None = None
    trim: Literal["trim-silence", "do-not-trim"] = "trim-silence"
    coach: str | None = None
    status_callback_event: str | None = None
    status_callback: str | None = None
    status_callback_method: Method = "POST"
    recording_status_callback: str | None = None
    recording_status_callback_method: Method = "POST"
    recording_status_callback_event: str = "completed"
    result: dict[str, Any] | list[dict[str, Any]] | None = None

    def to_action(self) -> Action:
        """Return the action: the name alone, or with the fields that are not at their default."""
        usual = contents.fields(JoinConference(contents.name("join_conference", "name", self.name)))
        given = contents.checked("join_conference", self)
        said = {
            k: v for k, v in given.items() if v != usual[k] and not (v == "" and usual[k] is None)
        }
        return contents.run({"join_conference": {"name": self.name, **said} if said else self.name})


def sip_refer(to_uri: str) -> Action:
    """Hand a SIP call over to another SIP address."""
    return contents.run({"sip_refer": {"to_uri": contents.name("sip_refer", "to_uri", to_uri)}})


def tap(
    uri: str,
    control_id: str | None = None,
    direction: Direction = "both",
    codec: Literal["PCMU", "PCMA"] = "PCMU",
    rtp_ptime: int = 20,
    status_url: str | None = None,
) -> Action:
    """Send the call's audio elsewhere while it goes on.

    Args:
        uri: `rtp://`, `ws://` or `wss://` address that gets it.
        control_id: names the tap for `stop_tap`.
        direction: what the caller says, hears, or both.
        codec: of the audio.
        rtp_ptime: milliseconds of audio in a packet.
        status_url: told how it goes.
    """
    name, one_of = contents.name("tap", "uri", uri), contents.one_of
    tapped = {"uri": name, **contents.texts("tap", control_id=control_id)}
    tapped["direction"] = one_of("tap", "direction", direction, _DIRECTIONS)
    if one_of("tap", "codec", codec, ("PCMU", "PCMA")) != "PCMU":
        tapped["codec"] = codec
    packet = contents.within("tap", "rtp_ptime", rtp_ptime, 1)
    rest = {} if packet == 20 else {"rtp_ptime": packet}  # noqa: PLR2004 - the platform's default
    return contents.run({"tap": {**tapped, **rest, **contents.texts("tap", status_url=status_url)}})


def stop_tap(control_id: str | None = None) -> Action:
    """Stop a tap, the last one begun unless it is named."""
    return contents.run({"stop_tap": contents.texts("stop_tap", control_id=control_id)})
