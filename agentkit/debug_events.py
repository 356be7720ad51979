"""What the platform tells about a running call at its debug webhook (facts of the wire, 4.4).

Events are best effort and come in no order; their fields differ from one build of the platform to
the next. So nothing is required: what is missing, or of another type, reads as None.
"""

from typing import Any

import msgspec

from agentkit.lenient import dict_in, flag_in, number_in, text_in

JSON = dict[str, Any]

UNKNOWN = "unknown"
"""The name of an event whose body names none."""

_ABOUT = ("call_info", "call_id")
_NAMING = ("label", "event", "action")  # older builds, and the vendor's notes


class DebugEvent(msgspec.Struct, frozen=True):
    """One post to the debug webhook.

    Attributes:
        name: what happened, such as `barge` or `webhook_fail`.
        fields: what belongs to it; `{"value": …}` when that is no object.
        call_id: the phone call, None when it is not named.
        raw: the whole body.
    """

    name: str
    fields: JSON
    call_id: str | None
    raw: JSON

    def text(self, field: str) -> str | None:
        """Return a field that is text."""
        return text_in(self.fields, field)

    def number(self, field: str) -> float | None:
        """Return a field that is a number, such as `duration_ms`."""
        return number_in(self.fields, field)

    def flag(self, field: str) -> bool | None:
        """Return a field that is true or false, such as `success`."""
        return flag_in(self.fields, field)


def event_of(body: JSON) -> DebugEvent:
    """Return the event in a body of any shape.

    The platform names an event by its one key beside `call_info`. Others name it as a value, in
    `label`, `event` or `action`; its fields then are `data`, or the body itself.
    """
    call_id = _call_id(body)
    for key in _NAMING:
        if name := text_in(body, key):
            return DebugEvent(name, _fields(body.get("data", body)), call_id, body)
    first = next((key for key in body if key not in _ABOUT), UNKNOWN)
    return DebugEvent(first, _fields(body.get(first, {})), call_id, body)


def _call_id(body: JSON) -> str | None:
    return text_in(dict_in(body, "call_info"), "call_id") or text_in(body, "call_id")


def _fields(value: object) -> JSON:
    return value if isinstance(value, dict) else {"value": value}
