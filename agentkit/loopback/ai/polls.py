"""What happens while time passes: polls, attention and inactivity timeouts, hold, the hard stop.

Events come at their times on the call's clock, one after the other, also while somebody speaks;
only the attention timeout needs silence.
"""

from collections.abc import Awaitable, Callable, Iterator

from msgspec import Struct

from agentkit.loopback.ai import hooks, waiting
from agentkit.loopback.ai.room import Room
from agentkit.loopback.ai.toolset import POLL

INACTIVITY = "inactivity"
HARD_STOP = "hard_timeout"

_MS, _S = 1_000, 1_000_000
_ATTENTION_MS = 5_000  # the prose's, and seen in a real call; the schema gives none
_OUTBOUND_ATTENTION_MS, _LONGEST_ATTENTION_MS = 120_000, 600_000
_INACTIVITY_MS, _LONGEST_INACTIVITY_MS = 600_000, 3_600_000
_POLL_MS = 2_000
_FASTEST_POLL_MS, _SLOWEST_POLL_MS = 1_000, 10_000

Happen = Callable[[Room], Awaitable[None]]


class Due(Struct, frozen=True):
    """Something that happens at a time."""

    at_us: int
    happen: Happen


def start(room: Room) -> None:
    """Begin to count the time, from what the document's params say."""
    params, timers, now = room.params, room.timers, room.clock.us
    timers.started_us = timers.polled_us = timers.silent_since_us = now
    timers.poll_us = _poll_ms(room) * _MS
    timers.attention_us = _attention_ms(room) * _MS
    idle = params.milliseconds("inactivity_timeout", _INACTIVITY_MS, _LONGEST_INACTIVITY_MS)
    timers.inactivity_us = idle * _MS
    limit = waiting.length(params.text("hard_stop_time"))
    timers.stops_us = None if limit is None else now + limit * _S


async def pass_time(room: Room, seconds: float) -> None:
    """Let nobody speak for a while."""
    await _pass(room, seconds, silent=True)
    await room.debug.flush()


async def speaking(room: Room, first: float, then: float) -> int:
    """Let two lengths of time pass in which somebody speaks; return when the first had passed."""
    timers = room.timers
    if timers.stops_us is None and room.hold is None and not _polls(room):
        between_us = room.clock.us + round(first * _S)  # nothing can happen, as in most calls
        room.clock.us = between_us + round(then * _S)
    else:
        between_us = await _spoken(room, first)
        await _spoken(room, then)
    timers.silent_since_us = room.clock.us
    timers.attended = False
    return between_us


async def _spoken(room: Room, seconds: float) -> int:
    await _pass(room, seconds, silent=False)
    room.timers.silent_since_us = room.clock.us
    room.timers.attended = False
    return room.clock.us


async def _pass(room: Room, seconds: float, *, silent: bool) -> None:
    end_us = room.clock.us + round(seconds * _S)
    while room.ended is None:
        due = min(_due(room, silent), key=lambda each: each.at_us, default=None)
        if due is None or due.at_us > end_us:
            break
        _go_to(room, due.at_us)
        await due.happen(room)
    if room.ended is None:
        _go_to(room, end_us)


def _go_to(room: Room, at_us: int) -> None:
    room.clock.advance(max(at_us - room.clock.us, 0) / _S)


def _due(room: Room, silent: bool) -> Iterator[Due]:
    timers = room.timers
    if _polls(room):
        yield Due(timers.polled_us + timers.poll_us, _poll)
    if room.hold is not None:
        yield Due(room.hold.until_us, _end_hold)
        return
    if silent and timers.attention_us and not timers.attended:
        yield Due(timers.silent_since_us + timers.attention_us, _attend)
    if silent and timers.inactivity_us:
        yield Due(timers.silent_since_us + timers.inactivity_us, _give_up)
    if timers.stops_us is not None and not timers.stopped:
        yield Due(timers.stops_us, _stop_hard)


def _polls(room: Room) -> bool:
    return POLL in room.tools.functions and room.tools.hook(POLL) is not None


def _poll_ms(room: Room) -> int:
    wanted = room.params.milliseconds("input_poll_freq", _POLL_MS, _SLOWEST_POLL_MS)
    return max(wanted, _FASTEST_POLL_MS)


def _attention_ms(room: Room) -> int:
    if room.around.call.get("direction") == "outbound":
        name, default = "outbound_attention_timeout", _OUTBOUND_ATTENTION_MS
    else:
        name, default = "attention_timeout", _ATTENTION_MS
    return room.params.milliseconds(name, default, _LONGEST_ATTENTION_MS)


async def _poll(room: Room) -> None:
    room.timers.polled_us = room.clock.us
    await hooks.poll(room)


async def _end_hold(room: Room) -> None:
    waiting.unhold(room, timed_out=True)
    room.timers.silent_since_us = room.clock.us


async def _attend(room: Room) -> None:
    wait = room.timers.attention_us // _MS
    room.timers.attended = True
    room.logs.event("attention_timeout", f"Attention timeout ({wait}ms)", {"timeout_ms": wait})
    room.debug.note("attention_timeout", {"timeout_ms": wait})
    room.trace.add("platform", f"notices {wait} ms of silence")
    about = "The caller is silent. Ask whether he is still there."
    room.conversation.system(room.params.text("attention_timeout_prompt", about))
    room.takes_turn = True


async def _give_up(room: Room) -> None:
    room.ended = INACTIVITY


async def _stop_hard(room: Room) -> None:
    """Let the model say goodbye; its next words end the session."""
    room.timers.stopped = True
    about = "The time for this call is over. Say goodbye."
    room.conversation.system(room.params.text("hard_stop_prompt", about))
    room.takes_turn = True
