"""Calls of functions: what is sent, what is done with the answer, what is written down.

A function that fails does not end the call: the model is told a sentence, and the debug webhook the
reason (facts 7).
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from agentkit.loopback.ai import actions, answers, bedrock, maps, mcp, moves, natives, requests
from agentkit.loopback.ai.answers import Told
from agentkit.loopback.ai.requests import Said
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import HOOKS, POLL, Function, without_userinfo
from agentkit.loopback.ai.values import Message, ToolCall, ToolOutcome, ToolView
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Answer, Webhook, WebhookKind


class Reply(Struct, frozen=True):
    """What came of a function that was asked.

    Attributes:
        told: what it answered.
        logged: what its entry in `swaig_log` has beside its name and arguments.
    """

    told: Told
    logged: JSON
    status: int = 0
    seconds: float = 0.0


def offered(room: Room) -> list[ToolView]:
    """Return the functions that the model may call now."""
    own = [each.view for each in _callable(room, room.tools.functions.values())]
    return own + [each.view for each in natives.offered(room)]


async def call(room: Room, name: object, arguments: object, raw: str | None) -> ToolOutcome:
    """Let the model call a function.

    Raises:
        CallError: it is not offered, or the arguments are no object.
    """
    if not isinstance(name, str):
        raise CallError(f"a function is called by its name, not by {name!r}")
    written = requests.said(name, arguments, raw)
    function = room.tools.functions.get(name)
    room.takes_turn = False
    if function is not None and _is_offered(room, function):
        if raw is None:
            written = requests.reworded(room, name, written)
        return await _call(room, function, written)
    for native in natives.offered(room):
        if native.view.name == name:
            return _call_native(room, native, written)
    raise CallError(f"the model cannot call {name!r}{_where(room)}; it may call: {_names(room)}")


async def ask(room: Room, function: Function, written: Said, extra: JSON) -> Reply:
    """Ask a function, wherever it runs, and write nothing down."""
    if function.view.kind == "datamap":
        told = await maps.evaluated(room, function, written.arguments)
        return Reply(told, {"post_response": told.raw})
    if function.view.kind == "mcp":
        return Reply(*await mcp.called(room, function, written.arguments))
    body = requests.function_body(room, function, written.field, extra)
    kind = _KINDS.get(function.name, "function")
    webhook = Webhook(kind, function.url, body, function.auth)
    answer = await room.around.wire.send(webhook)
    told = answers.read_answer(answer, room.reader, function.name, plain=bedrock.is_spoken(room))
    logged: JSON = {"post_data": requests.embedded(body), "url": function.logged_url}
    if told.raw is not None:
        logged["post_response"] = told.raw
    if room.debug.is_on:
        _tell(room, function, answer, told, body)
    return Reply(told, logged, answer.status, answer.seconds)


_KINDS: dict[str, WebhookKind] = {**dict.fromkeys(HOOKS, "hook"), POLL: "poll"}


def spend(function: Function) -> None:
    """Count a use of a function."""
    if function.uses:
        function.uses -= 1


def _is_offered(room: Room, function: Function) -> bool:
    return bool(_callable(room, (function,)))


def _callable(room: Room, functions: Iterable[Function]) -> list[Function]:
    """Return which of some functions the model may call now."""
    if _is_silent(room):
        return []
    here: Collection[str] | None = room.allowed
    if room.gathering is not None:
        here = room.gathering.plan.questions[room.gathering.number].functions
    active = [each for each in functions if each.uses != 0 and each.name not in HOOKS]
    return active if here is None else [each for each in active if each.name in here]


def _is_silent(room: Room) -> bool:
    """Say whether the model is to break a silence, in which functions need to be allowed."""
    if not room.timers.attended:
        return False
    allowed = room.tuning.on_speaker_timeout or room.params.flag("functions_on_no_response")
    return not allowed


async def _call(room: Room, function: Function, written: Said) -> ToolOutcome:
    room.trace.add("tool", function.name, written.arguments)
    _entertain(room, function)
    spend(function)
    started = room.clock.us
    reply = await ask(room, function, written, {})
    told = reply.told
    room.trace.add("answer", told.response, told.actions)
    if told.later:
        room.deferred.append((function, list(told.actions)))
    else:
        await actions.apply(room, function, told.actions)
    _write_down(room, function, written, reply, started)
    moves.arrive(room)
    if room.debug.is_on:
        await room.debug.flush()
    return ToolOutcome(function.name, told.response, told.actions, reply.status,
                       reply.seconds, told.error)  # fmt: skip


def _write_down(room: Room, function: Function, written: Said, reply: Reply, started: int) -> None:
    logs, name, told = room.logs, function.name, reply.told
    milliseconds = (room.clock.us - started) // 1000
    fields = {"function": name, "native": False, "duration_ms": milliseconds}
    logs.event("function_call", f"Calling function: {name}", fields)
    if told.error:
        fields = {"function": name, "error": told.error}
        logs.event("function_error", f"Function {name} failed: {told.error}", fields)
    room.debug.note("function_call", {"function": name, "duration_ms": milliseconds,
                                      "native": False})  # fmt: skip
    call_id = logs.tool_call(name, written.raw)
    logs.tool_result(name, told.response, started)
    logs.generated(written.raw)
    logs.command(name, written.raw, function.uses, reply.logged, started)
    room.debug.note("swaig_call", logs.swaig[-1])
    _remember(room, name, written.raw, call_id, told.response)
    if room.replaces is not False:
        text = room.replaces if isinstance(room.replaces, str) else ""
        room.conversation.replace_exchange(call_id, text)
        room.replaces = False


def _remember(room: Room, name: str, raw: str, call_id: str, response: str) -> Message:
    """Put a call and its answer into the conversation; return the answer's message."""
    told = Message("tool", response, (), name, call_id)
    room.conversation.add(Message("assistant", "", (ToolCall(call_id, name, raw),)))
    room.conversation.add(told)
    return told


def _call_native(room: Room, native: natives.Native, written: Said) -> ToolOutcome:
    name = native.view.name
    room.trace.add("tool", name, written.arguments)
    path = "ai.SWAIG.internal_fillers"
    fillers = room.reader.mapping(room.swaig.get("internal_fillers"), path)
    _say(room, room.languages.phrase(fillers.get(name), f"{path}.{name}"), waits=True)
    raw = "null" if name == natives.HANGUP and not written.arguments else written.raw
    told = _remember(room, name, raw, room.ids.uuid(), "")
    response = told.content = native.run(room, written.arguments)
    room.trace.add("answer", response, ())
    room.logs.native(name, raw)
    if name != natives.HANGUP:  # which belongs to the generation of the last words
        room.logs.generated(raw)
    room.debug.note("function_call", {"function": name, "duration_ms": 0, "native": True})
    return ToolOutcome(name, response)


def _entertain(room: Room, function: Function) -> None:
    """Say or play what the caller hears while the function runs."""
    entry, reader = function.entry, room.reader
    path = function.path
    if not reader.flag_of(entry, "skip_fillers", path):
        text = room.languages.filler(entry.get("fillers"), f"{path}.fillers")
        given = entry.get("wait_for_fillers", room.params.given.get("function_wait_for_talking"))
        _say(room, text, waits=reader.flag(given, f"{path}.wait_for_fillers"))
    file = reader.text_of(entry, "wait_file", path)
    if file:
        room.trace.add("platform", f"plays {without_userinfo(file)}")


def _say(room: Room, text: str, *, waits: bool) -> None:
    if text:
        room.speak(text, waits=waits)
        room.debug.note("filler", {"text": text, "filler_type": "function"})


def _tell(room: Room, function: Function, answer: Answer, told: Told, body: bytes) -> None:
    """Tell the debug webhook of a request and its answer."""
    debug, raw, url = room.debug, requests.embedded(body), function.logged_url
    if not told.error:
        debug.note("webhook_log", {"request_url": url, "request_payload": raw,
                                   "webhook_response": told.raw})  # fmt: skip
        debug.note("webhook_reply", told.raw)
        return
    failure: JSON = {
        "call_info": debug.call_info,
        "error": told.error,
        "request_url": url,
        "attempts": answer.attempts,
        "http_code": answer.status,
        "request_payload": raw,
    }
    if told.error == "not_json":
        failure["parse_error"] = True
    if answer.status:
        failure["raw_response"] = answer.body[:_EXCERPT].decode(errors="replace")
    else:
        failure["curl_code"] = _CURL_CODES.get(answer.error, 0)
    debug.note("webhook_fail", failure)


_EXCERPT = 4096
_CURL_CODES = {"timeout": 28, "connection": 7}


def _where(room: Room) -> str:
    if room.context is None:
        return " now"
    step = f"/{room.step.name}" if room.step else ""
    question = " while it gathers answers" if room.gathering is not None else ""
    return f" in {room.context.name}{step}{question}"


def _names(room: Room) -> str:
    return ", ".join(each.name for each in offered(room))
