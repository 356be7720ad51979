"""Functions of the platform itself: the model calls them, and no request is made (facts 1.4).

The moves and `gather_submit` are offered when they are legal, `hangup` always, the rest when the
document asks for it by `SWAIG.native_functions` or by a parameter.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from agentkit.loopback.ai import gather, moves
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.values import ToolView
from agentkit.loopback.trace import Concern

Run = Callable[[Room, JSON], str]

HANGUP = "hangup"
_LONGEST_WAIT = 900


class Native(Struct, frozen=True):
    """A function of the platform: what the model sees, and what it does."""

    view: ToolView
    run: Run


def offered(room: Room) -> Iterable[Native]:
    """Return the functions of the platform that the model may call now."""
    named = "native_functions" in room.swaig or not _BY_PARAM.keys().isdisjoint(room.params.given)
    return _offered(room) if named or room.context is not None else _ALWAYS


def _offered(room: Room) -> Iterator[Native]:
    asked = gather.question(room)
    if asked is not None:
        yield Native(gather.view(asked), _submit)
    if steps := moves.next_steps(room):
        about = "Go on to the next step, once this one is complete."
        yield Native(_choice("next_step", about, "step", steps), _next_step)
    if contexts := moves.next_contexts(room):
        about = "Change to another context of the conversation."
        yield Native(_choice("change_context", about, "context", contexts), _change_context)
    if asked is None:
        yield from _asked_for(room)
    yield _HANGUP


def _asked_for(room: Room) -> Iterator[Native]:
    path = "ai.SWAIG.native_functions"
    for name in room.reader.names_of(room.swaig, "native_functions", "ai.SWAIG"):
        if name in _BY_NAME:
            yield _BY_NAME[name]
        else:
            room.reader.warn(Concern.ABSENT, f"{path}: there is no native function {name!r}")
    for param, native in _BY_PARAM.items():
        if room.params.flag(param):
            yield native


def _choice(name: str, about: str, key: str, values: tuple[str, ...]) -> ToolView:
    properties = {key: {"type": "string", "enum": list(values)}}
    parameters = {"type": "object", "properties": properties, "required": [key]}
    return ToolView(name, about, parameters, "native")


def _mover(
    key: str,
    how: str,
    legal: Callable[[Room], tuple[str, ...]],
    move: Callable[[Room, str, str], object],
) -> Run:
    """Return what moves the conversation to a step or a context, if that is possible."""

    def run(room: Room, arguments: JSON) -> str:
        possible = legal(room)
        name = arguments.get(key, possible[0] if len(possible) == 1 else None)
        if name not in possible:
            return f"There is no such {key} to {how}. Possible are: {', '.join(possible)}."
        move(room, str(name), moves.BY_MODEL)
        moves.arrive(room)
        return f"The {key} is now {name}."

    return run


_next_step = _mover("step", "go to", moves.next_steps, moves.to_step)
_change_context = _mover("context", "change to", moves.next_contexts, moves.to_context)


def _submit(room: Room, arguments: JSON) -> str:
    asking = room.gathering
    if asking is None:
        return "There is no question to answer."
    response, following = gather.submit(room, asking, arguments)
    if room.gathering is None:
        if following is not None and moves.to_step(room, following, moves.BY_GATHER):
            moves.arrive(room)
        else:
            moves.instruct(room)
    return response


def _check_time(room: Room, _: JSON) -> str:
    known = room.variables.all()
    return f"It is {known['local_time']} on {known['local_date']}."


def _wait_seconds(room: Room, arguments: JSON) -> str:
    path = "wait_seconds: seconds"
    seconds = room.reader.number(arguments.get("seconds"), path, 1)
    room.clock.advance(min(max(seconds, 0), _LONGEST_WAIT))
    return f"{seconds:g} seconds have passed."


def _wait_for_user(room: Room, _: JSON) -> str:
    room.tuning.waits_for_user = True
    return "Wait for the caller to speak."


def _adjust_latency(room: Room, arguments: JSON) -> str:
    path = "adjust_response_latency: latency"
    wanted = room.reader.number(arguments.get("latency"), path, 0)
    if wanted > 0:
        room.params.given["end_of_speech_timeout"] = int(wanted)
    return "The response latency is adjusted."


def _pause(room: Room, _: JSON) -> str:
    room.tuning.waits_for_user = True
    return "The conversation is paused until the caller speaks."


def _see(_: Room, __: JSON) -> str:
    return "There is no picture."


def _strategy(_: Room, __: JSON) -> str:
    return "There is no further advice."


def _hang_up(room: Room, _: JSON) -> str:
    room.ended = room.ended or HANGUP
    return "The call is being ended."


def _native(name: str, about: str, run: Run, argument: tuple[str, str] | None = None) -> Native:
    properties: JSON = {}
    if argument is not None:
        properties[argument[0]] = {"type": "integer", "description": argument[1]}
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return Native(ToolView(name, about, parameters, "native"), run)


_HANGUP = _native(HANGUP, "End the call.", _hang_up)
_ALWAYS = (_HANGUP,)

_BY_NAME = {
    each.view.name: each
    for each in (
        _native("check_time", "Get the current date and time.", _check_time),
        _native("wait_seconds", "Wait for some seconds.", _wait_seconds, ("seconds", "how many")),
        _native("wait_for_user", "Wait until the caller speaks.", _wait_for_user),
        _native(
            "adjust_response_latency",
            "Change how long a silence ends the caller's turn.",
            _adjust_latency,
            ("latency", "milliseconds"),
        ),
    )
}

_BY_PARAM = {
    "enable_pause": _native("pause_conversation", "Be silent until spoken to.", _pause),
    "enable_vision": _native("get_visual_input", "See what the caller's camera sees.", _see),
    "enable_inner_dialog": _native("get_ideal_strategy", "Ask what to do best.", _strategy),
}
