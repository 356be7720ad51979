"""What the platform posts, in Structs that name only what agentkit reads.

Inbound data is taken as it comes: only `call.call_id` and `function` may be relied on, unknown
fields are passed over, and a field of an unexpected type never refuses a call unless it names the
call or the function (facts of the wire, 8.4).
"""

from typing import Any

import msgspec

from agentkit import _json
from agentkit._json import ABSENT, Once, OnceReader
from agentkit.errors import RequestError
from agentkit.late import pattern

CALL_ID_LIMIT = 256
"""Longest call id, in characters."""

_CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f]")


class CallOfRequest(msgspec.Struct):
    """The call that a document is for."""

    call_id: Once = ABSENT


class SwmlRequest(msgspec.Struct):
    """The request for a document (facts 2)."""

    call: CallOfRequest | None = None
    call_id: Once = ABSENT
    params: msgspec.Raw = msgspec.Raw(b"")


class CallInside(msgspec.Struct):
    """The call of such a request as it stands in the body."""

    call: msgspec.Raw = msgspec.Raw(b"{}")


class SwaigRequest(msgspec.Struct):
    """A tool call, a platform hook, or a request for signatures (facts 3)."""

    function: Once = ABSENT
    call_id: Once = ABSENT
    argument: Any = None
    action: Any = None
    functions: Any = None


class PostPrompt(msgspec.Struct):
    """The summary after a call, or a question for a stored one (facts 4)."""

    action: Any = None
    call_id: Once = ABSENT
    ai_session_id: Any = None
    ai_start_date: Any = None
    conversation_id: Any = None
    conversation_summary: Any = None
    summary: Any = None
    post_prompt_data: Any = None


class InputCheck(msgspec.Struct):
    """A question for new input, as clients of `/check_for_input` put it."""

    conversation_id: Any = None
    after: Any = msgspec.UNSET


class Anything(msgspec.Struct):
    """Any JSON object: for bodies of which only user code reads the fields."""


def checked_id(value: object, field: str) -> str | None:
    """Return an id, or None when it is absent or empty.

    Raises:
        RequestError: 400, it is not text, too long, or has control characters.
    """
    if type(value) is str and len(value) <= CALL_ID_LIMIT and value.isprintable():
        return value or None
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > CALL_ID_LIMIT or _CONTROL.search(value):
        raise RequestError(
            400,
            f"{field} must be text of at most {CALL_ID_LIMIT} characters, no control characters",
        )
    return value


def read_swml(body: bytes) -> str | None:
    """Return the id of the call that a document is for, None when the request names no call.

    Raises:
        RequestError: 400, the body is not what it should be, or names the call twice.
    """
    request, ids = _swml.read(body)
    call = request.call
    if call is None and request.params:
        call = _wrapped(request.params)
    inner = ABSENT if call is None else call.call_id
    if ids > (request.call_id is not ABSENT) + (request.call is not None and inner is not ABSENT):
        _json.refuse_repeated(body, (b'"call"', b'"call_id"'))
        inside = _call_in.decode(body).call if request.call is not None else b"{}"
        _json.refuse_repeated(inside, (b'"call_id"',), "call")
    found = checked_id(inner.value, "call.call_id")
    return found or checked_id(request.call_id.value, "call_id")


def read_swaig(body: bytes) -> SwaigRequest:
    """Return what the platform posts for a function.

    Raises:
        RequestError: 400, the body is not what it should be, or names the function or the call
            twice: two readers could disagree about which one is meant.
    """
    request, ids = _swaig.read(body)
    if ids > (request.function is not ABSENT) + (request.call_id is not ABSENT):
        _json.refuse_repeated(body, (b'"function"', b'"call_id"'))
    return request


def read_post_prompt(body: bytes) -> PostPrompt:
    """Return what the platform posts after a call.

    How deep a long one nests is left to whoever reads the whole, or to `check_depth`.

    Raises:
        RequestError: 400, the body is not what it should be, or names the call twice.
    """
    post, ids = _post_prompt.read(body)
    if ids > (post.call_id is not ABSENT):
        _json.refuse_repeated(body, (b'"call_id"',))
    return post


def _wrapped(params: msgspec.Raw) -> CallOfRequest | None:
    """Some senders wrap the whole body in `params`; what else `params` holds is no concern."""
    try:
        return _swml.read(bytes(params))[0].call
    except RequestError:
        return None


def arguments_of(argument: object) -> dict[str, Any]:
    """Return the argument object of a tool call: `parsed[0]`, else the JSON in `raw`, else {}."""
    if not isinstance(argument, dict):
        return {}
    parsed = argument.get("parsed")
    first = parsed[0] if isinstance(parsed, list) and parsed else parsed
    if isinstance(first, dict):
        return first
    return object_in(argument.get("raw"))


def summary_of(post: PostPrompt) -> Any:
    """Return the summary in a post-prompt request, None when there is none.

    Looked for in this order: `summary`, `post_prompt_data.parsed[0]`, JSON in
    `post_prompt_data.raw` (fenced or not), the raw text, `post_prompt_data` itself when flat.
    """
    if post.summary is not None:
        return post.summary
    data = post.post_prompt_data
    if not isinstance(data, dict):
        return data or None
    if isinstance(parsed := data.get("parsed"), list) and parsed:
        return parsed[0]
    raw = data.get("raw")
    if isinstance(raw, str) and raw.strip():
        return _json_or_text(raw)
    flat = {
        key: value for key, value in data.items() if key not in {"parsed", "raw", "substituted"}
    }
    return flat or None


def _json_or_text(raw: str) -> Any:
    text = raw.strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    try:
        return _decoded(text)
    except ValueError:
        return raw


def object_in(raw: object) -> dict[str, Any]:
    """Return the object in a JSON text, {} when there is none."""
    try:
        value = _decoded(raw) if isinstance(raw, str) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _decoded(text: str) -> Any:
    """Decode JSON that came as a string inside JSON, under the same limit of depth."""
    if _json.too_deep(text.encode("utf-8", "surrogatepass")):
        raise ValueError("nested too deep")
    return _json.decode(text)


_swml = OnceReader(SwmlRequest)
_call_in = _json.decoder(CallInside)
_swaig = OnceReader(SwaigRequest)
_post_prompt = OnceReader(PostPrompt, _json.SHORT_BODY)
