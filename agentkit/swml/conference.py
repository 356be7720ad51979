"""Verbs that join rooms and conferences."""

from typing import Annotated, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body
from agentkit.swml.flow import Condition
from agentkit.swml.values import Bool, Method, Texts, Var
from agentkit.swml.verb import Verb

EventType = Literal["cxml", "laml", "relay"]
Participants = Annotated[int, msgspec.Meta(ge=2, le=100_000)] | Var


class JoinRoom(Verb, frozen=True):
    """Join a video room; sets `join_room_result`.

    Attributes:
        name: the room.
    """

    verb: ClassVar[str] = "join_room"

    name: str


class ConferenceStream(Body, frozen=True):
    """A WebSocket that hears a conference.

    Attributes:
        url: its address.
        name: of the stream.
        codec: of the audio.
        status_url: told how it goes.
        status_url_method: how (`POST`).
        realtime: sound goes both ways (false).
        authorization_bearer_token: sent to the WebSocket.
        custom_parameters: sent to the WebSocket.
    """

    url: str
    name: str | None = None
    codec: str | None = None
    status_url: str | None = None
    status_url_method: Method | None = None
    realtime: Bool | None = None
    authorization_bearer_token: str | None = None
    custom_parameters: Texts | None = None


class ConferenceCases(Body, frozen=True):
    """What to do by a variable after a conference.

    Attributes:
        variable: the variable.
        case: verbs by its value.
        default: verbs for any other value.
    """

    variable: str
    case: dict[str, list[Verb]]
    default: list[Verb] | None = None


class JoinConference(Verb, frozen=True):
    """Join an audio conference.

    Sets `join_conference_result` and `return_value`.

    Attributes:
        name: of the conference.
        muted: join without being heard (false).
        beep: when a beep is played (`true`).
        start_on_enter: the conference starts when this caller joins (true).
        end_on_exit: it ends when this caller leaves (false).
        wait_url: what is heard until it starts.
        max_participants: 2 to 100,000 (100,000).
        record: whether it is recorded (`do-not-record`).
        region: where it is mixed.
        trim: cut silence at the start (`trim-silence`).
        coach: call id of the participant whom this caller coaches.
        status_callback_event: which events are told, apart by blanks.
        status_callback_event_type: in which form.
        status_callback: told of these events.
        status_callback_method: how (`POST`).
        recording_status_callback: told of recordings.
        recording_status_callback_method: how (`POST`).
        recording_status_callback_event: which events of recordings are told.
        recording_status_callback_event_type: in which form.
        result: what to do afterwards.
        stream: a WebSocket that hears the conference.
    """

    verb: ClassVar[str] = "join_conference"

    name: str
    muted: Bool | None = None
    beep: Literal["true", "false", "onEnter", "onExit"] | None = None
    start_on_enter: Bool | None = None
    end_on_exit: Bool | None = None
    wait_url: str | None = None
    max_participants: Participants | None = None
    record: Literal["do-not-record", "record-from-start"] | None = None
    region: Literal["global", "us", "eu", "ch"] | None = None
    trim: Literal["trim-silence", "do-not-trim"] | None = None
    coach: str | None = None
    status_callback_event: str | None = None
    status_callback_event_type: EventType | None = None
    status_callback: str | None = None
    status_callback_method: Method | None = None
    recording_status_callback: str | None = None
    recording_status_callback_method: Method | None = None
    recording_status_callback_event: str | None = None
    recording_status_callback_event_type: EventType | None = None
    result: ConferenceCases | list[Condition] | None = None
    stream: ConferenceStream | None = None
