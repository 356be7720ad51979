"""`ai_sidecar`: a copilot that listens to two people and talks to your URL (facts 1.5).

What it hears, thinks and does is posted to `url` as `{call_info, sidecar_event}`. Its functions get
a request of their own form, and their answers may ask for the usual actions; `say` is reported and
not spoken.
"""

from typing import Any

from agentkit import _json
from agentkit.loopback.ai import actions, answers, pace, prompting, requests
from agentkit.loopback.ai.room import DEFAULT_MODEL, Room
from agentkit.loopback.ai.room import SIDECAR as VERB
from agentkit.loopback.ai.toolset import Function
from agentkit.loopback.ai.values import Message, ToolOutcome, ToolView
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Webhook

JSON = dict[str, Any]

SKIP = "sidecar_skip"
REMOTE = "remote-caller"
PARTIES = (REMOTE, "local-caller")


class Sidecar:
    """A copilot that listens to a call; the part of a session that differs in this verb.

    Args:
        room: the session.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._tick = 0
        self._heard: list[Message] = []
        given = room.reader.mapping_of(room.ai, "permissions", VERB)
        room.params.given |= given  # where the gates stand in this verb

    @property
    def prompt(self) -> str:
        """What the model is told: a text, `{text}`, `{pom}`, or the name of a file."""
        room, given = self._room, self._room.ai.get("prompt")
        if isinstance(given, dict) and "file" in given:
            return room.reader.text(given["file"], "ai_sidecar.prompt.file")
        wrapped = {"text": given} if isinstance(given, str) else given
        return prompting.told(wrapped, room.form, room.reader, "ai_sidecar.prompt")

    def tools(self) -> list[ToolView]:
        """Return what the model may call: its functions, and `sidecar_skip` to say nothing."""
        skip = ToolView(SKIP, "Say nothing this time.", {"type": "object", "properties": {}},
                        "native")  # fmt: skip
        functions = self._room.tools.functions.values()
        return [*(each.view for each in functions if each.uses != 0), skip]

    def messages(self) -> list[Message]:
        """Return what the model sees: what it was told, and what the two have said."""
        return [Message("system", self.prompt), *self._heard]

    async def start(self) -> None:
        """Begin to listen."""
        swaig = self._room.swaig
        path = "ai_sidecar.SWAIG"
        defaults = self._room.reader.mapping_of(swaig, "defaults", path)
        self._room.tools.register(swaig.get("functions", []), defaults, f"{path}.functions")
        model = self._room.reader.text_of(self._room.ai, "model", "ai_sidecar", DEFAULT_MODEL)
        await self._post("start", {"model": model})

    async def hear(self, text: str, language: str) -> None:
        """Let the remote party say something."""
        await self.turn(REMOTE, text)

    async def turn(self, party: str, text: str) -> None:
        """Let one of the two parties say something.

        Raises:
            CallError: there is no such party.
        """
        if party not in PARTIES:
            raise CallError(f"a party is one of {', '.join(PARTIES)}, not {party!r}")
        self._tick += 1
        self._room.clock.advance(pace.spoken_seconds(text))
        self._room.trace.add("caller", text, {"party": party})
        self._heard.append(Message("user", f"{party}: {text}"))
        listens = self._room.ai.get("direction", list(PARTIES))
        if party in self._room.reader.names(listens, f"{VERB}.direction"):
            await self._post("turn", {"role": party, "text": text})

    async def say(self, text: str) -> None:
        """Let the model give its advice."""
        self._room.trace.add("agent", text)
        self._heard.append(Message("assistant", text))
        await self._post("insight", {"text": text})

    async def pass_time(self, seconds: float) -> None:
        """Let nobody speak for a while."""
        self._room.clock.advance(seconds)

    async def call_tool(self, name: str, arguments: object, raw: str | None) -> ToolOutcome:
        """Let the model call a function.

        Raises:
            CallError: there is none of the name.
        """
        written = requests.said(name, arguments, raw)
        if name == SKIP:
            await self._post("skip", {})
            return ToolOutcome(SKIP, "")
        function = self._room.tools.hook(name)
        if function is None:
            known = ", ".join(each.name for each in self.tools())
            raise CallError(f"the copilot cannot call {name!r}; it may call: {known}")
        self._room.trace.add("tool", name, written.arguments)
        await self._post("tool_call", {"function": name, "argument": written.field})
        return await self._called(function, written)

    async def end(self, reason: str, summary: JSON | str | None) -> None:
        """Stop listening; with `params.final_summary` the summary is told too.

        Raises:
            CallError: it has ended before.
        """
        room = self._room
        if room.closed:
            raise CallError("the session has ended before")
        room.closed = True
        room.ended = room.ended or reason
        await self._post("stop", {"reason": room.ended})
        if room.params.flag("final_summary"):
            await self._post("final", {"summary": summary})

    async def _called(self, function: Function, written: requests.Said) -> ToolOutcome:
        room, name = self._room, function.name
        body = {
            "function": name,
            "argument": written.field,
            "call_id": room.call_id,
            "global_data": room.store.encoded_global(),
            "channel_data": self._channel(),
        }
        webhook = Webhook("function", function.url, _json.encode(body), function.auth)
        answer = await room.around.wire.send(webhook)
        told = answers.read_answer(answer, room.reader, name)
        room.trace.add("answer", told.response, told.actions)
        await self._post("tool_result", {"function": name, "result": told.response})
        before = room.store.global_data
        await actions.apply(room, function, told.actions)
        for action in told.actions:
            await self._post("action", {"action": action})
        if room.store.global_data is not before:
            await self._post("global_data_change", {"global_data": room.store.global_data})
        return ToolOutcome(name, told.response, told.actions, answer.status, answer.seconds,
                           told.error)  # fmt: skip

    async def _post(self, kind: str, fields: JSON) -> None:
        """Tell `url` what happened; the answer is not read."""
        room = self._room
        room.trace.add("event", kind, fields)
        url = room.reader.text_of(room.ai, "url", "ai_sidecar")
        if not url:
            return
        event = {"type": kind, "ts": room.clock.us, "tick_id": self._tick,
                 "channel_data": self._channel(), **fields}  # fmt: skip
        body = _json.encode({"call_info": room.debug.call_info, "sidecar_event": event})
        await room.around.wire.send(Webhook("debug", url, body))

    def _channel(self) -> JSON:
        call = self._room.around.call
        called = self._room.reader.text_of(call, "to", "call")
        return {"call_id": self._room.call_id, **self._room.caller, "destination_number": called}
