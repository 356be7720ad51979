"""A call out of its summary alone: the platform's log of functions tells what was asked.

The summary (facts 4.1) has each function that ran with the body that was posted and the answer that
came. It has no document, no hooks and no state, so those are not compared. What the platform ran
itself, and what was answered elsewhere, is passed over.
"""

from typing import Any

from agentkit import _json
from agentkit.loopback.replay.journal import Exchange, Journal, ReplayError, Reply, read

JSON = dict[str, Any]


def is_summary(data: Any) -> bool:
    """Say whether data is what the platform posts after a call."""
    return isinstance(data, dict) and isinstance(data.get("swaig_log"), list)


def imported(summary: JSON) -> Journal:
    """Return the call that a summary tells of.

    Raises:
        ReplayError: it names no call.
    """
    call_id = summary.get("call_id")
    if not isinstance(call_id, str) or not call_id:
        raise ReplayError("the summary names no call: it has no call_id")
    entries = [entry for entry in summary["swaig_log"] if isinstance(entry, dict)]
    posted = [entry for entry in entries if isinstance(entry.get("post_data"), dict)]
    exchanges = [_exchange(entry, call_id) for entry in posted]
    end = Exchange("post_prompt", "POST", "", body=summary)
    passed = sum(entry.get("native") is not True for entry in entries) - len(posted)
    missing = [f"{passed} functions were answered elsewhere"] if passed else []
    return Journal(call_id, [*exchanges, end], missing, is_whole=False)


def _exchange(entry: JSON, call_id: str) -> Exchange:
    body = {"call_id": call_id, "function": entry.get("command_name"), **entry["post_data"]}
    answer = entry.get("post_response")
    reply = Reply(200, answer) if isinstance(answer, dict) else None
    return Exchange("function", "POST", "", body=body, reply=reply)


def call_in(data: bytes) -> Journal:
    """Return the call in a file: a journal of a recorder, or a summary alone.

    Raises:
        ReplayError: there is none.
    """
    try:
        found = _json.decode(data)
    except ValueError:
        found = None
    return imported(found) if is_summary(found) else read(data)
