"""Verbs that connect a call with others, and hand it over."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from agentkit.swml.body import Body, Rule, exactly_one
from agentkit.swml.flow import Cases, Condition
from agentkit.swml.values import BeyondInt, Bool, Int, Method, Object, Positive, Texts
from agentkit.swml.verb import Verb

CONFIRMING = (
    "cond", "set", "unset", "hangup", "play", "prompt", "record", "record_call",
    "stop_record_call", "tap", "stop_tap", "stream", "stop_stream", "send_digits", "send_sms",
    "denoise", "stop_denoise",
)  # fmt: skip
ConfirmVerb = Annotated[Verb, msgspec.Meta(extra={"among": CONFIRMING})]
"""A verb that may run for the called side before it is bridged."""

CallState = Literal["created", "ringing", "answered", "ended"]
Encryption = Literal["mandatory", "optional", "forbidden"]

STREAM_ONLY = (
    "username", "password", "name", "codec", "realtime", "status_url_method",
    "authorization_bearer_token", "custom_parameters",
)  # fmt: skip
"""Fields of `Connect` that go with one destination."""

_one_of_four = exactly_one("to", "serial", "parallel", "serial_parallel")


def _one_form(connect: Any) -> str | None:
    """One form, and what belongs to one destination only with it."""
    stray = [key for key in STREAM_ONLY if getattr(connect, key) is not None]
    if connect.to is None and stray:
        return f"{', '.join(stray)} goes with `to`, or inside a destination"
    return _one_of_four(connect)


class Header(Body, frozen=True):
    """A SIP header.

    Attributes:
        name: its name.
        value: its value.
    """

    name: str
    value: str


class Destination(Body, frozen=True):
    """One destination among several of `connect`.

    Attributes:
        to: a number (E.164), `sip:user@host`, `/public/name`, `stream:wss://…` or `queue:name`.
        from_: who calls: a number or SIP address.
        from_name: the caller's name.
        headers: SIP headers.
        codecs: codecs to offer, apart by commas.
        webrtc_media: use WebRTC media (false).
        session_timeout: SIP session timeout, in seconds.
        username: for SIP authentication.
        password: for SIP authentication.
        timeout: how long it may ring, in seconds (60).
        call_state_events: states that `call_state_url` is told (`ended`).
        call_state_url: told how the call goes.
        confirm: a URL or verbs that run for the called side first.
        confirm_timeout: seconds that these may take.
        encryption: of the media (`optional`).
        name: of a stream.
        codec: of a stream.
        realtime: of a stream: sound goes both ways (false).
        status_url_method: of a stream (`POST`).
        authorization_bearer_token: of a stream.
        custom_parameters: of a stream.
    """

    to: str
    from_: str | None = msgspec.field(default=None, name="from")
    from_name: str | None = None
    headers: list[Header] | None = None
    codecs: str | None = None
    webrtc_media: Bool | None = None
    session_timeout: Positive | BeyondInt | None = None
    username: str | None = None
    password: str | None = None
    timeout: Int | None = None
    call_state_events: list[CallState] | None = None
    call_state_url: str | None = None
    confirm: str | list[ConfirmVerb] | None = None
    confirm_timeout: Int | None = None
    encryption: Encryption | None = None
    name: str | None = None
    codec: str | None = None
    realtime: Bool | None = None
    status_url_method: Method | None = None
    authorization_bearer_token: str | None = None
    custom_parameters: Texts | None = None


class Connect(Verb, frozen=True):
    """Connect the caller; to, serial, parallel or serial_parallel says whom.

    Sets `connect_result` (connected, failed), `connect_failed_reason` and `return_value`.

    Attributes:
        to: a number (E.164), `sip:user@host`, `/public/name`, `stream:wss://…` or `queue:name`.
        from_: who calls: a number or SIP address.
        serial: called one after another.
        parallel: called at once.
        serial_parallel: groups called one after another.
        from_name: the caller's name.
        headers: SIP headers.
        codecs: codecs to offer, apart by commas.
        webrtc_media: use WebRTC media (false).
        session_timeout: SIP session timeout, in seconds.
        ringback: what the caller hears meanwhile.
        result: what to do with `connect_result`.
        timeout: how long it may ring, in seconds (60).
        max_duration: longest call, in seconds (14,400).
        answer_on_bridge: answer the caller only when bridged (false).
        confirm: a URL or verbs that run for the called side first.
        confirm_timeout: seconds that these may take.
        encryption: of the media (`optional`).
        call_state_url: told how the call goes.
        transfer_after_bridge: with a queue: where the caller goes after the bridge.
        call_state_events: states that `call_state_url` is told (`ended`).
        status_url: told how connecting goes.
        username: for SIP authentication.
        password: for SIP authentication.
        name: of a stream.
        codec: of a stream.
        realtime: of a stream: sound goes both ways (false).
        status_url_method: of a stream (`POST`).
        authorization_bearer_token: of a stream.
        custom_parameters: of a stream.
    """

    verb: ClassVar[str] = "connect"
    rule: ClassVar[Rule | None] = _one_form

    to: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    serial: list[Destination] | None = None
    parallel: list[Destination] | None = None
    serial_parallel: list[list[Destination]] | None = None
    from_name: str | None = None
    headers: list[Header] | None = None
    codecs: str | None = None
    webrtc_media: Bool | None = None
    session_timeout: Positive | BeyondInt | None = None
    ringback: list[str] | None = None
    result: Cases | list[Condition] | None = None
    timeout: Int | None = None
    max_duration: Int | None = None
    answer_on_bridge: Bool | None = None
    confirm: str | list[ConfirmVerb] | None = None
    confirm_timeout: Int | None = None
    encryption: Encryption | None = None
    call_state_url: str | None = None
    transfer_after_bridge: str | None = None
    call_state_events: list[CallState] | None = None
    status_url: str | None = None
    username: str | None = None
    password: str | None = None
    name: str | None = None
    codec: str | None = None
    realtime: Bool | None = None
    status_url_method: Method | None = None
    authorization_bearer_token: str | None = None
    custom_parameters: Texts | None = None


class Transfer(Verb, frozen=True):
    """Go on with another document for good.

    Attributes:
        dest: a section's name or a URL.
        params: reach that document as the scope `params`.
        meta: sent along.
    """

    verb: ClassVar[str] = "transfer"

    dest: str
    params: Object | None = None
    meta: Object | None = None


class SipRefer(Verb, frozen=True):
    """Hand a SIP call over by SIP REFER.

    Sets `sip_refer_to`, `sip_refer_result`, `sip_refer_response_code`, `return_value`.

    Attributes:
        to_uri: the SIP address.
        status_url: told how it goes.
        username: for SIP authentication.
        password: for SIP authentication.
    """

    verb: ClassVar[str] = "sip_refer"

    to_uri: str
    status_url: str | None = None
    username: str | None = None
    password: str | None = None
