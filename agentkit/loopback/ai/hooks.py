"""Functions that the platform calls by itself (facts 3.3)."""

from agentkit.loopback.ai import actions, calling, moves, requests
from agentkit.loopback.ai.answers import Told
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import POLL, Function

STARTUP = "startup_hook"
HANGUP = "hangup_hook"


async def startup(room: Room) -> None:
    """Run `startup_hook`, and let its response join the prompt."""
    function = room.tools.hook(STARTUP)
    if function is None:
        return
    told = await _run(room, function, {})
    if told.response and not told.error:
        room.conversation.system(told.response)
        room.logs.system(told.response)
    await actions.apply(room, function, told.actions)


async def hangup(room: Room, fatal: str) -> None:
    """Run `hangup_hook`; only after a fatal error may its answer move the call."""
    function = room.tools.hook(HANGUP)
    if function is None:
        return
    extra: JSON = {"fatal_error": True, "error_reason": fatal} if fatal else {}
    told = await _run(room, function, extra)
    if fatal:
        room.ended = None  # what ended the session is undone by a transfer
        moving = [each for each in told.actions if each.get("transfer") and "SWML" in each]
        await actions.apply(room, function, moving[:1])


async def poll(room: Room) -> None:
    """Run `check_for_input`, which there is."""
    function = room.tools.functions[POLL]
    started = room.clock.us
    written = requests.said(POLL, {}, None)
    reply = await calling.ask(room, function, written, {})
    if not reply.told.actions:
        return
    fields = {"function": POLL, "duration_ms": (room.clock.us - started) // 1000}
    room.logs.event(POLL, "Input was found", fields)
    room.logs.command(POLL, written.raw, function.uses, reply.logged, started)
    await actions.apply(room, function, reply.told.actions)
    moves.arrive(room)


async def _run(room: Room, function: Function, extra: JSON) -> Told:
    name, started = function.name, room.clock.us
    room.trace.add("tool", name, {})
    written = requests.said(name, {}, None)
    reply = await calling.ask(room, function, written, extra)
    told = reply.told
    room.trace.add("answer", told.response, told.actions)
    milliseconds = (room.clock.us - started) // 1000
    fields: JSON = {"duration_ms": milliseconds, "success": not told.error}
    if told.error:
        fields["error"] = told.error
    room.logs.event(name, f"Calling function: {name}", {"function": name, **fields})
    room.logs.command(name, written.raw, 0, reply.logged, started)
    fatal = {"has_fatal_error": bool(extra)} if name == HANGUP else {}
    room.debug.note(name, {**fields, **fatal})
    return told
