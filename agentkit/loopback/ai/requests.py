"""The bodies of functions' requests, with their fields in the order of real ones (facts 3.1)."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from agentkit import _json
from agentkit.errors import EncodingError
from agentkit.loopback.ai import bedrock, model_text
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import Function
from agentkit.loopback.errors import CallError


class Said(Struct, frozen=True):
    """What the model wrote as arguments.

    Attributes:
        arguments: the object in it; an empty one when there is none.
        raw: its text.
        field: the request's `argument`.
    """

    arguments: JSON
    raw: str
    field: JSON


def said(name: str, arguments: object, raw: str | None) -> Said:
    """Return the arguments of a call as the model wrote them.

    Raises:
        CallError: the arguments are no JSON object.
    """
    if raw is not None and arguments is None:
        return _read(raw)
    given = {} if arguments is None else arguments
    if not isinstance(given, dict):
        raise CallError(f"the arguments of {name} must be an object, not {given!r}")
    try:
        field = model_text.object_field(given, raw)
    except EncodingError as error:
        raise CallError(f"the arguments of {name} are not JSON: {error}") from error
    return Said(given, field["raw"], field)


def reworded(room: Room, name: str, written: Said) -> Said:
    """Return what a model that asks again writes: the same, but not by the same bytes.

    The very same bytes are what the platform sends when it had no answer, and agents tell the two
    apart by that (facts 7).
    """
    asked = room.asked[name, written.raw]
    room.asked[name, written.raw] += 1
    if not asked:
        return written
    raw = written.raw + " " * asked
    return Said(written.arguments, raw, {**written.field, "raw": raw})


def _read(raw: str) -> Said:
    field = model_text.text_field(raw)
    return Said(field["parsed"][0] if field["parsed"] else {}, raw, field)


def function_body(room: Room, function: Function, argument: JSON, extra: JSON) -> bytes:
    """Return the body that calls a function; `extra` is what only some requests have."""
    return _json.encode(function_request(room, function, argument, extra))


def function_request(room: Room, function: Function, argument: JSON, extra: JSON) -> JSON:
    """Return what calls a function."""
    if bedrock.is_spoken(room):
        return {**bedrock.function_request(room, function, argument), **extra}
    is_open, store, caller = room.open, room.store, room.caller
    body: JSON = {"app_name": room.params.text("app_name", "swml app")}
    if store.global_data:
        body["global_data"] = store.encoded_global()
    body.update(room.identity)
    if caller:
        body["caller_id_name"] = caller["caller_id_name"]
        body["caller_id_num"] = caller["caller_id_number"]
    body["channel_active"] = body["channel_offhook"] = body["channel_ready"] = is_open
    body["content_type"] = "text/swaig"
    body["version"] = "2.0"
    body["content_disposition"] = "SWAIG Function"
    body["function"] = function.name
    body["argument"] = argument
    body["call_id"] = room.call_id
    body["ai_session_id"] = room.session_id
    body.update(room.conversation_id())
    body["argument_desc"] = function.described
    about = "description" if function.entry.get("description") else "purpose"
    body[about] = function.view.description
    body["meta_data_token"] = function.token
    body["meta_data"] = store.encoded_meta(function.token)
    body.update(_asked_for(room))
    body.update(extra)
    return body


def script_vars(room: Room) -> JSON:
    """Return the script's variables and the call as requests carry them."""
    return {"SWMLVars": dict(room.around.script_vars), "SWMLCall": dict(room.around.call)}


def _asked_for(room: Room) -> JSON:
    """Return what a request carries only if the document's params ask for it."""
    given = room.params.given
    asked: JSON = {}
    if "swaig_post_conversation" in given and room.params.flag("swaig_post_conversation"):
        asked = {"call_log": room.logs.call, "raw_call_log": room.logs.raw}
    if "swaig_post_swml_vars" in given:
        asked |= _chosen(room, given["swaig_post_swml_vars"])
    return asked


def _chosen(room: Room, wanted: Any) -> Mapping[str, Any]:
    if isinstance(wanted, list):
        names = set(room.reader.names(wanted, "ai.params.swaig_post_swml_vars"))
        known = script_vars(room)
        kept = {name: value for name, value in known["SWMLVars"].items() if name in names}
        return {**known, "SWMLVars": kept}
    return script_vars(room) if room.params.flag("swaig_post_swml_vars") else {}


def embedded(body: bytes) -> msgspec.Raw:
    """Return a body that was sent, to stand in a log as it is."""
    return msgspec.Raw(body)
