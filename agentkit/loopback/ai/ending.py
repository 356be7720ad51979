"""How a session ends: hooks, the model's summary, the post prompt (facts 3.3, 4.1)."""

from agentkit import _json
from agentkit.errors import EncodingError
from agentkit.loopback.ai import calling, hooks, model_text, prompting, requests, summary
from agentkit.loopback.ai.room import CARRIED, JSON, SIDECAR, Room
from agentkit.loopback.ai.toolset import Function, credentials
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Answer, Webhook

SUMMARIZE = "summarize_conversation"
FATAL = frozenset({"token_exhaustion", "llm_fatal", "llm_max_retries"})
"""What ends a session because the model failed."""

_STAYS = frozenset({"stop", "transfer"})
_EXECUTED = f"The {SUMMARIZE} function was executed."
_BY_USER = "The conversation has been ended by the user.\n"
_BY_ASSISTANT = "The conversation has been ended by the assistant.\n"
_THINKING_SECONDS = 1.0
"""What the model takes for its summary; the caller's channel is gone by then, as in real calls."""


async def end(room: Room, reason: str, given: JSON | str | None) -> Answer | None:
    """End a session and return the answer to its post prompt, None when none was sent.

    Raises:
        CallError: it has ended before, or the summary is neither text nor an object.
    """
    if room.closed:
        raise CallError("the session has ended before")
    data = _read(given)
    room.closed = True
    by_user = room.ended is None and reason == "hangup"
    room.ended = room.ended or reason
    fatal = room.ended if room.ended in FATAL else ""
    _close(room, by_user=by_user, fatal=fatal)
    await hooks.hangup(room, fatal)
    room.ended = room.ended or reason
    answer = await _post(room, data, "failed" if fatal else "success")
    room.failed = bool(fatal)
    await room.debug.flush()
    return answer


def result(room: Room) -> JSON:
    """Return the variables that the verb sets in the script; a sidecar sets none."""
    if room.verb == SIDECAR:
        return {}
    outcome = "failed" if room.failed else "success"
    made: JSON = {"ai_result": outcome, "return_value": outcome}
    if room.params.flag("persist_global_data", default=True):
        data = room.store.global_data
        made[CARRIED] = {key: value for key, value in data.items() if key not in room.caller}
    return made


def _close(room: Room, *, by_user: bool, fatal: str) -> None:
    """Note that it is over, and why."""
    why = "error" if fatal else "hard_timeout" if room.timers.stopped else "normal"
    who = "user" if by_user else "system"
    room.trace.add("mark", "the AI session ends", {"reason": room.ended, "ended_by": who})
    room.logs.system(_BY_USER if by_user else _BY_ASSISTANT)
    about = {"reason": why, "ended_by": who}
    room.logs.event("session_end", f"AI session ended: {why}", about)
    room.dates["ai_end_date"] = room.clock.us
    room.open = room.ended in _STAYS
    if room.debug.is_on:
        room.debug.note("session_end", _figures(room, about, fatal))


def _figures(room: Room, about: JSON, fatal: str) -> JSON:
    used = summary.totals(room)
    lasted = room.dates["ai_end_date"] - room.dates["ai_start_date"]
    reason = {"fatal_error_reason": fatal} if fatal else {}
    return {
        **about,
        **reason,
        "duration_ms": lasted // 1000,
        "input_tokens": used["total_input_tokens"],
        "output_tokens": used["total_output_tokens"],
    }


def _read(given: object) -> JSON:
    """Return the `post_prompt_data` of a summary."""
    if isinstance(given, dict):
        try:
            return model_text.object_field(given)
        except EncodingError as error:
            raise CallError(f"the summary is not JSON: {error}") from error
    if given is not None and not isinstance(given, str):
        raise CallError(f"a summary is a text or an object, not {given!r}")
    return model_text.text_field(given or "")


async def _post(room: Room, data: JSON, outcome: str) -> Answer | None:
    url = room.post_prompt_url()
    prompt = _post_prompt(room)
    function = room.tools.hook(SUMMARIZE)
    room.clock.advance(_THINKING_SECONDS)
    if not room.open:
        room.dates["call_end_date"] = room.clock.us
    if function is not None and prompt:
        data = await _summarize(room, function, prompt, data)
    if prompt:
        room.logs.conclusion(data["raw"])
    if not url:
        return None
    room.debug.note("post_prompt", {"url": url})
    body = _json.encode(summary.body(room, data, outcome))
    auth = credentials(room.ai, "post_prompt_auth", room.reader, "ai")
    return await room.around.wire.send(Webhook("post_prompt", url, body, auth))


def _post_prompt(room: Room) -> str:
    own = room.context.post_prompt if room.context is not None else ""
    given = room.ai.get("post_prompt")
    text = own or prompting.told(given, room.form, room.reader, "ai.post_prompt")
    return room.expanded(text)


async def _summarize(room: Room, function: Function, prompt: str, data: JSON) -> JSON:
    """Let the model call `summarize_conversation`, which takes the place of its summary.

    A model that answers in prose has not called it.
    """
    logs, name = room.logs, SUMMARIZE
    model = room.model()
    about: JSON = {"function": name, "model": model}
    logs.event("summarize_start", f"Summarize conversation started (model: {model})", about,
               step=False)  # fmt: skip
    mode = room.params.text("summary_mode", "string")
    room.debug.note("summarize_start", {"mode": mode, "model": model})
    logs.system(prompt)
    if data["raw"] and not data["parsed"]:
        logs.thought(data["raw"])
        return data
    arguments = data["parsed"][0] if data["parsed"] else {}
    written = requests.said(name, arguments, None)
    started = room.clock.us
    room.trace.add("tool", name, arguments)
    reply = await calling.ask(room, function, written, {})
    room.trace.add("answer", reply.told.response, reply.told.actions)
    fields = {"function": name, "native": False,
              "duration_ms": (room.clock.us - started) // 1000}  # fmt: skip
    logs.event("function_call", f"Calling function: {name}", fields, step=False)
    logs.tool_call(name, written.raw, ended=False)
    logs.tool_result(name, reply.told.response, started, timed=False)
    logs.generated(written.raw)
    logs.command(name, written.raw, 0, reply.logged, started)  # a use that is gone, as in real logs
    return model_text.text_field(_EXECUTED)
