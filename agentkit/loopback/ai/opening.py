"""How a session begins: functions, hooks, the first words of the platform."""

from collections.abc import Iterator

from agentkit.loopback.ai import bedrock, conversations, hooks, includes, mcp, moves, pace, polls
from agentkit.loopback.ai.room import Room
from agentkit.loopback.ai.values import Message, Role
from agentkit.loopback.trace import Concern

_LONGEST_SLEEP_MS = 300_000
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}


async def open_session(room: Room) -> None:
    """Load functions, tell the model its prompt, run `startup_hook`, enter the first step."""
    _date(room)
    await room.variables.load_zones(_texts(room))
    defaults = room.reader.mapping_of(room.swaig, "defaults", "ai.SWAIG")
    room.tools.register(room.swaig.get("functions", []), defaults, "ai.SWAIG.functions")
    for function in room.tools.functions.values():
        if bedrock.is_spoken(room) and "meta_data_token" not in function.entry:
            function.token = bedrock.token_of(function.name)
        _share(room, function.token, function.entry.get("meta_data"), function.name)
    await includes.load(room)
    moves.begin(room)
    _prompt(room)
    await mcp.connect(room)
    await conversations.resume(room)
    _seed(room)
    await hooks.startup(room)
    room.conversation.prompt = room.expanded(room.main_prompt)
    moves.arrive(room)
    room.takes_turn = False
    _greet(room)
    polls.start(room)
    await room.debug.flush()


def agent_first(room: Room) -> bool:
    """Return whether the model speaks before the caller does."""
    silent = ("wait_for_user", "start_paused", "speak_when_spoken_to")
    greeted = bool(room.params.text("static_greeting"))
    waits = room.tuning.waits_for_user is not False
    return not (greeted or waits or any(room.params.flag(name) for name in silent))


def _date(room: Room) -> None:
    answered_us = room.clock.us
    began_us = answered_us - round(pace.RINGING_SECONDS * 1_000_000)
    room.dates.setdefault("call_start_date", began_us)
    room.dates.setdefault("call_answer_date", answered_us)
    room.dates.setdefault("call_end_date", 0)
    room.clock.advance(pace.OPENING_SECONDS)
    room.dates["ai_start_date"] = room.clock.us


def _texts(room: Room) -> Iterator[str]:
    """Yield the texts of the document in which values are put."""
    yield room.main_prompt
    yield room.params.text("static_greeting")
    for context in room.contexts.values():
        yield context.text
        for step in context.steps:
            yield step.text


def _share(room: Room, token: str, given: object, name: str) -> None:
    values = room.reader.mapping(given, f"{name}: meta_data")
    if values:
        room.store.set_meta(token, values)


def _prompt(room: Room) -> None:
    """Tell the model the main prompt, and the logs that the session began."""
    room.conversation.prompt = room.expanded(room.main_prompt)
    room.logs.prompt(room.conversation.prompt)
    room.logs.event("session_start", "AI session started", {"model": room.model()})
    languages = room.languages
    engine, _, voice = languages.voice.rpartition(".")
    about = {"model": room.model(), "tts_engine": engine, "tts_voice": voice,
             "language": languages.code, "mode": "voice"}  # fmt: skip
    room.debug.note("session_start", about)


def _seed(room: Room) -> None:
    """Let the conversation begin with what `params.convo` says was said."""
    for path, said in room.reader.objects(room.params.given.get("convo"), "ai.params.convo"):
        role = _ROLES.get(room.reader.text_of(said, "role", path))
        content = room.reader.text_of(said, "content", path)
        if role is None:
            room.reader.warn(Concern.MISFIT, f"{path}.role: user, assistant or system belongs here")
        else:
            room.conversation.add(Message(role, content))


def _greet(room: Room) -> None:
    room.clock.advance(room.params.milliseconds("initial_sleep_ms", 0, _LONGEST_SLEEP_MS) / 1000)
    greeting = room.expanded(room.params.text("static_greeting"))
    if greeting:
        room.speak(greeting)
        room.conversation.add(Message("assistant", greeting))
