"""What a call is made of, and how its parts come together."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from agentkit import _json
from agentkit.loopback.ai.session import AISession
from agentkit.loopback.brains.base import Brain, View
from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.evidence import SUMMARY
from agentkit.loopback.ids import Ids
from agentkit.loopback.script.machine import Machine
from agentkit.loopback.script.run import Pause
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Webhook, Wire
from agentkit.testing.transcript import without_secrets

Summary = dict[str, Any] | str
"""What a model writes at the end: an object, or prose."""

_OK = 200
_EXCERPT = 300


class Dial(Struct):
    """Who calls where.

    Attributes:
        url: what the phone number is set to.
        call: the call object.
        vars: the script's variables at the start.
        envs: the account's variables.
    """

    url: str
    call: dict[str, Any]
    vars: Mapping[str, Any] = {}
    envs: Mapping[str, Any] = {}

    @property
    def shown(self) -> str:
        """The call in a line, without secrets."""
        return f"{self.call['from']} → {self.call['to']} at {without_secrets(self.url)}"


class Parts(Struct):
    """What a call is played with."""

    wire: Wire
    clock: Clock
    trace: Trace
    ids: Ids
    brain: Brain


_WHY = {"connection": "nobody answers there", "timeout": "no answer came in time"}


async def fetched(dial: Dial, wire: Wire) -> bytes:
    """Return the document that a number is set to.

    Raises:
        CallError: there is none.
    """
    body = {"call": dial.call, "vars": dial.vars, "envs": dial.envs, "params": {}}
    answer = await wire.send(Webhook("document", dial.url, _json.encode(body)))
    shown = without_secrets(dial.url)
    if answer.error:
        raise CallError(f"no document came from {shown!r}: {_WHY.get(answer.error, answer.error)}")
    if answer.status != _OK or not answer.body:
        excerpt = without_secrets(answer.body.decode("utf-8", "replace"))[:_EXCERPT]
        raise CallError(f"no document came from {shown!r}: status {answer.status} {excerpt}")
    return answer.body


def script_of(document: bytes, dial: Dial, parts: Parts, began_us: int) -> Machine:
    """Return what runs the document of a call that began at a time.

    Raises:
        CallError: the document is of no use.
    """
    return Machine(
        document,
        call=dial.call,
        vars=dial.vars,
        envs=dial.envs,
        wire=parts.wire,
        clock=parts.clock,
        trace=parts.trace,
        ids=parts.ids,
        source_url=without_secrets(dial.url),
        began_us=began_us,
    )


def session_of(pause: Pause, script: Machine, parts: Parts) -> AISession:
    """Return the session that an AI verb begins.

    Raises:
        CallError: the verb has no body that a session could begin with.
    """
    return AISession(
        pause.verb,
        verb=pause.kind,
        call=script.call,
        script_vars=script.vars,
        wire=parts.wire,
        clock=parts.clock,
        trace=parts.trace,
        ids=parts.ids,
        dates=script.dates,
    )


def require_receiver(session: AISession | None) -> None:
    """Check that a summary which is given now will be posted.

    Raises:
        CallError: it will not.
    """
    if session is None:
        raise CallError(
            "the agent's part of the call is over, and its summary is posted:"
            " give it before, by call.summarizes(…)"
        )
    if not session.room.ai.get("post_prompt_url"):
        raise CallError("the summary goes nowhere: the document has no post_prompt_url")


async def end_session(session: AISession, how: str, summary: Summary | None, parts: Parts) -> None:
    """End a session with a summary, the brain's own where none is given.

    Raises:
        CallError: the summary is not JSON.
    """
    if summary is None and (prompt := _post_prompt(session.room.ai)):
        summary = await parts.brain.summarize(View(session, ""), prompt)
    answer = await session.end(how, summary)
    if answer is not None:
        parts.trace.add("mark", SUMMARY, summary or "")


def _post_prompt(ai: dict[str, Any]) -> str:
    """Return the text that asks the model for a summary, "" when the document has none."""
    given = ai.get("post_prompt")
    text = given.get("text") if isinstance(given, dict) else given
    return text if isinstance(text, str) else ""
