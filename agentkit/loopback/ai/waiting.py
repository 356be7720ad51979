"""Hold, and texts that name a length of time (facts 3.4)."""

import re

from agentkit.loopback.ai import moves
from agentkit.loopback.ai.room import JSON, Hold, Room

DEFAULT_HOLD = 300
MAX_HOLD = 900

_LENGTH = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s?)?", re.IGNORECASE)


def length(text: str) -> int | None:
    """Return the seconds in a text such as `30s`, `2m` or `1h45m30s`; None when it is none."""
    hit = _LENGTH.fullmatch(text.strip())
    if hit is None or not any(hit.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in hit.groups())
    return (hours * 60 + minutes) * 60 + seconds


def hold(room: Room, given: object) -> None:
    """Let the caller wait: for seconds, a text such as `2m`, or `{timeout, step, timeout_step}`."""
    fields: JSON = given if isinstance(given, dict) else {"timeout": given}
    timeout = _timeout(room, fields.get("timeout"))
    step = room.reader.text(fields.get("step"), "hold: step")
    timeout_step = room.reader.text(fields.get("timeout_step"), "hold: timeout_step")
    room.hold = Hold(room.clock.us + timeout * 1_000_000, step, timeout_step)
    room.debug.note("hold", {"event": "hold", "timeout": timeout, "loop": False})
    room.trace.add("platform", f"holds the call for {timeout} s")


def unhold(room: Room, *, timed_out: bool = False) -> None:
    """Go on with the caller, by the REST command `calling.ai_unhold` or when the time is over."""
    held = room.hold
    if held is None:
        return
    room.hold = None
    room.debug.note("hold", {"event": "unhold", "timeout": 0, "loop": False})
    room.trace.add("platform", "resumes the call")
    step = held.timeout_step if timed_out else held.step
    room.takes_turn = True
    if step and moves.to_step(room, step, moves.BY_ITSELF):
        moves.arrive(room)


def _timeout(room: Room, given: object) -> int:
    """Return the seconds; what is out of bounds becomes the default."""
    if given is None or isinstance(given, bool):
        return DEFAULT_HOLD
    found = length(given) if isinstance(given, str) else None
    seconds = found if found is not None else room.reader.number(given, "hold: timeout", -1)
    return int(seconds) if 0 <= seconds <= MAX_HOLD else DEFAULT_HOLD
