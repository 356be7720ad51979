"""Turns: what the caller says, and what the model says."""

from agentkit.loopback.ai import actions, moves, pace, polls
from agentkit.loopback.ai.room import Room
from agentkit.loopback.ai.values import Message
from agentkit.loopback.trace import Concern


async def hear(room: Room, text: str, language: str) -> None:
    """Let the caller say something."""
    if room.hold is not None:
        room.reader.warn(Concern.UNREAD, "the caller is on hold and is not heard")
        return
    if language and room.languages.switch(language, len(text.split())):
        room.logs.language = room.languages.code
    started = room.clock.us
    ended = await polls.speaking(room, pace.spoken_seconds(text), pace.END_OF_SPEECH_MS / 1000)
    heard = room.hints.corrected(text)
    room.trace.add("caller", text, {"heard": heard} if heard != text else None)
    room.logs.user(heard, started, ended)
    if heard != text:
        room.logs.event("hearing_hint", heard, {"original": text, "corrected": heard})
    room.conversation.user(heard)
    room.takes_turn, room.tuning.waits_for_user = False, False
    if room.debug.is_on:
        room.debug.note("speech_detect", {"text": heard, "source": "caller"})
        _tell(room, "user", heard)
        await room.debug.flush()


async def say(room: Room, text: str) -> None:
    """Let the model say something, and do what waited for that."""
    room.takes_turn = False
    started = await polls.speaking(room, pace.AUDIO_MS / 1000, pace.spoken_seconds(text))
    spoken = room.languages.pronounced(text)
    room.trace.add("agent", text, {"spoken": spoken} if spoken != text else None)
    room.logs.assistant(text, started)
    room.conversation.add(Message("assistant", text))
    if room.debug.is_on:
        _tell_of_generation(room, text)
        room.debug.note("ai_completion", {"type": "normal"})
        _tell(room, "assistant", text)
    await _catch_up(room)
    if room.debug.is_on:
        await room.debug.flush()


async def _catch_up(room: Room) -> None:
    deferred, room.deferred = room.deferred, []
    for function, waiting in deferred:
        await actions.apply(room, function, waiting)
    moves.arrive(room)
    if room.timers.stopped and room.ended is None:
        room.ended = polls.HARD_STOP
    if room.ended is None:
        moves.after_words(room)


def _tell(room: Room, role: str, text: str) -> None:
    """Tell the debug webhook of a message, at its second level."""
    if not room.debug.is_verbose:
        return
    said = {
        "role": role,
        "content": text,
        "lang": room.languages.code,
        "tokens": pace.tokens_of(text),
        "timestamp": room.clock.us,
    }
    room.debug.note("conversation_add", said)


def _tell_of_generation(room: Room, text: str) -> None:
    """Tell the debug webhook, at its second level, that the model was asked and answered."""
    if not room.debug.is_verbose:
        return
    seen = sum(pace.tokens_of(each.content) for each in room.conversation.messages())
    model, prompt = room.model(), pace.tokens_of(room.conversation.prompt)
    asked = {"model": model, "prompt_tokens": prompt, "conversation_tokens": seen}
    answered = {
        "model": model,
        "output_tokens": pace.tokens_of(text),
        "duration_ms": pace.FIRST_TOKEN_MS,
        "success": True,
    }
    room.debug.note("llm_request", asked)
    room.debug.note("llm_response", answered)
