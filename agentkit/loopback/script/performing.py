"""What each verb does: the function that performs it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agentkit.loopback.script import flow, requests, settling, sound
from agentkit.loopback.script.coercing import coerced, number
from agentkit.loopback.script.outcomes import RESULTS, chosen
from agentkit.loopback.script.programs import SESSIONS, Step
from agentkit.loopback.script.run import MAX_CALL_SECONDS, Pause, Run
from agentkit.loopback.script.templates import text_of
from agentkit.loopback.tables.kinds import Fields
from agentkit.loopback.tables.verbs import VERBS
from agentkit.loopback.trace import Concern

Perform = Callable[[Run, Step], Awaitable[Pause | None]]

WAITS = frozenset((
    "ai", "ai_sidecar", "amazon_bedrock", "prompt", "record", "pay", "connect", "enter_queue",
    "join_conference", "join_room",
))  # fmt: skip
"""Verbs that wait for somebody, unless the test has said how they turn out."""
_ANSWERS = SESSIONS | {"prompt", "record", "pay", "join_conference", "join_room"}
_RAW = frozenset(("cond", "switch", "label"))
# Fields that hold verbs or JavaScript: their references are for later.
_KEPT: dict[str, frozenset[str]] = {
    "goto": frozenset(("when",)),
    "execute": frozenset(("result", "on_return")),
    "connect": frozenset(("result", "confirm")),
    "join_conference": frozenset(("result",)),
}
_TABLES = {verb: kind for verb, kind in VERBS.items() if isinstance(kind, Fields)}
_NONE: frozenset[str] = frozenset()


def expanded(run: Run, step: Step) -> Step:
    """Return a step with the references in its body replaced, as far as its verb wants that."""
    if step.written or step.name in _RAW:
        return step
    body = step.body
    if not isinstance(body, dict):
        return Step(step.name, run.scopes.expand(body), written=True)
    kept = _KEPT.get(step.name, _NONE)
    if isinstance(body.get("dest"), dict):  # a document of its own
        kept |= {"dest"}
    fields = {key: value if key in kept else run.scopes.expand(value)
              for key, value in body.items()}  # fmt: skip
    return Step(step.name, _typed(run, step.name, fields), written=True)


def _typed(run: Run, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body with numbers and booleans as such; what is none is as if it were not there."""
    fields, strange = coerced(verb, body)
    for key in strange:
        run.trace.warn(Concern.MISFIT, f"{verb}.{key}: {text_of(body[key])[:40]!r} cannot be taken")
        del fields[key]
    return fields


async def perform(run: Run, step: Step) -> Pause | None:
    """Perform a verb that has an outcome: at once when it is known, otherwise after a pause."""
    name, body = step.name, step.body
    missing = _missing(name, body)
    if missing:
        settling.settle(run, name, {}, _failure(name))
        run.report_failed(missing)
        return None
    if name in _ANSWERS:
        run.answer()
    if name == "prompt":
        sound.play_all(run, body["play"], body)
    known = chosen(run, name, body)
    if known is None and name in WAITS:
        return settling.pause(run, name, body)
    settling.settle(run, name, body, known or {})
    return None


def _missing(name: str, body: Any) -> str:
    """Say what a verb needs and has not; "" when it can be performed."""
    table = _TABLES[name]
    if not isinstance(body, dict):
        return "has no parameters"
    absent = [key for key in table.need if key not in body]
    if not absent and table.one_of and not any(key in body for key in table.one_of):
        absent = list(table.one_of[:1])
    return f"has no {absent[0]}" if absent else ""


def _failure(name: str) -> Mapping[str, Any]:
    result = RESULTS.get(name)
    return {} if result is None else {result.variable: result.failure}


async def answer(run: Run, step: Step) -> None:
    """Answer the call, for as long as the verb says."""
    if isinstance(step.body, dict) and "max_duration" in step.body:
        run.max_seconds = number(step.body["max_duration"], MAX_CALL_SECONDS)
    await perform(run, step)
    if run.scopes.vars["answer_result"] == "success":
        run.answer()


async def request(run: Run, step: Step) -> None:
    """Send a request, or take the answer that the test has set."""
    known = chosen(run, "request", step.body)
    if known is None:
        await requests.request(run, step)
    else:
        settling.settle(run, "request", step.body, known)


PERFORM: dict[str, Perform] = {
    "label": flow.label,
    "goto": flow.goto,
    "cond": flow.cond,
    "switch": flow.switch,
    "set": flow.set_,
    "unset": flow.unset,
    "execute": flow.execute,
    "transfer": flow.transfer,
    "return": flow.return_,
    "sleep": flow.sleep,
    "hangup": settling.hangup,
    "play": sound.play,
    "answer": answer,
    "request": request,
}
"""The verbs that do something of their own; the others are performed by `perform`."""
