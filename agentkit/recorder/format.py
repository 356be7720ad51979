"""The lines of a journal: one JSON object a line, each with `at`, `kind` and what belongs to it.

| kind | what it says |
|---|---|
| call | the first line: `call_id`, `format`, when it began |
| webhook | what the platform posted: `exchange`, `what`, `method`, `url`, `query`, `body` |
| answer | the answer: `exchange`, `status`, `seconds`, `body`; `error` if something was raised |
| state | the state of the call after an exchange, when it has changed |
| http | what a tool asked of another service, and its reply: `body.request`, `body.reply` |
| note | what is missing, and why |

`at` is in Unix seconds. `exchange` ties an answer to its webhook: both have the same. A body that
is no JSON is `text`; one that is longer than it may be is left out, and `cut` says how long it was.
Whatever reads a journal must pass over kinds and fields that it does not know.
"""

from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from msgspec import Struct

from agentkit import _json
from agentkit.recorder.redaction import Redaction, readable

FORMAT: Final = 1
"""The version of the format; a reader refuses a newer one."""

CALL_ID_LIMIT: Final = 1024
"""The longest id of a call that has a journal, in characters."""

JSON = dict[str, Any]


class Body(NamedTuple):
    """The bytes of a body, None when there were more than may be kept; and how many there were."""

    data: bytes | None
    size: int


class _Naming(Struct):
    """The fields of a request that may name its call."""

    call: Any = None
    call_id: Any = None
    params: Any = None


_naming = _json.decoder(_Naming)


def journal_name(call_id: str) -> str:
    """Return the name of the file of a call: safe whatever the id is, and the same everywhere."""
    return f"call-{sha256(call_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.jsonl"


def call_of(query: bytes, body: bytes) -> str | None:
    """Return the id of the call that a request is about, None when it names none."""
    found = _call_in(body) if body else None
    if found is None and b"call_id=" in query:
        found = parse_qs(query.decode("latin-1")).get("call_id", [None])[-1]
    return found or None


def _call_in(body: bytes) -> str | None:
    """Look where the platform has it: `call.call_id`, else `call_id`, else in `params`."""
    try:
        named = _naming.decode(body)
    except (ValueError, RecursionError):
        return None
    inside = named.params if isinstance(named.params, dict) else {}
    for holder in (named.call, {"call_id": named.call_id}, inside.get("call")):
        found = holder.get("call_id") if isinstance(holder, dict) else None
        if isinstance(found, str) and 0 < len(found) <= CALL_ID_LIMIT:
            return found
    return None


def what_is_asked(data: Any, path: str) -> str:
    """Return which of the platform's requests it is, told by its body as far as possible.

    `document`, `function`, `hook`, `poll`, `signature`, `post_prompt`, `fetch_conversation`,
    `debug` or `mcp`.
    """
    if not isinstance(data, dict):
        return _by_path(path) or "document"
    by_action = _ACTIONS.get(str(data.get("action")))
    if by_action is not None:
        return by_action
    function = data.get("function")
    if isinstance(function, str) and "call" not in data:
        return _FUNCTIONS.get(function, "function")
    return "mcp" if "jsonrpc" in data else _by_path(path) or "document"


def _by_path(path: str) -> str:
    ends = (end for end in _PATHS if path.rstrip("/").endswith(end))
    return _PATHS.get(next(ends, ""), "")


_ACTIONS = {
    "get_signature": "signature",
    "post_conversation": "post_prompt",
    "fetch_conversation": "fetch_conversation",
}
_FUNCTIONS = {"startup_hook": "hook", "hangup_hook": "hook", "check_for_input": "poll"}
_PATHS = {"/debug_events": "debug", "/post_prompt": "post_prompt", "/check_for_input": "poll"}


def json_in(body: Body) -> Any:
    """Return the JSON data of a body, None when there is none."""
    try:
        return _json.decode(body.data) if body.data else None
    except ValueError:
        return None


def told(body: Body, redaction: Redaction) -> JSON:
    """Return what a line says of a body."""
    if body.data is None:
        return {"cut": body.size}
    return dict(readable(body.data, redaction))


def line(at: float, kind: str, **fields: Any) -> bytes:
    """Return a line with its end."""
    return _json.encode({"at": round(at, 6), "kind": kind, **fields}) + b"\n"
