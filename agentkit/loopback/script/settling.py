"""Verbs that wait for others, and what follows once they have turned out."""

from collections.abc import Mapping
from typing import Any

from agentkit.loopback.script.flow import choose
from agentkit.loopback.script.outcomes import variables
from agentkit.loopback.script.programs import Step, steps_of
from agentkit.loopback.script.run import Pause, Run
from agentkit.loopback.script.templates import text_of

_HAVE_RESULTS = frozenset(("connect", "join_conference"))
_BRIDGED = {"connect": "connect_result", "enter_queue": "queue_result"}
_HAVE_WAIT_URLS = frozenset(("enter_queue", "join_conference"))


def pause(run: Run, verb: str, body: Mapping[str, Any]) -> Pause | None:
    """Wait for others, after what the caller hears meanwhile: the document of `wait_url`."""
    waiting = Pause(verb, body, run.stack.top.section)
    url = text_of(body.get("wait_url")) if verb in _HAVE_WAIT_URLS else ""
    if not url:
        return waiting
    run.enter_beside(steps_of([{"execute": {"dest": url}}]), "inline", waiting)
    return None


def settle(run: Run, verb: str, body: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Write the variables of a verb that has turned out, and go on as they want.

    A called party that has to confirm is asked first: what it hears runs before the variables of
    the connect are written.
    """
    values = variables(run, verb, body, known)
    if verb == "connect" and values["connect_result"] == "connected" and body.get("confirm"):
        asked = body["confirm"]
        verbs = [{"execute": {"dest": asked}}] if isinstance(asked, str) else asked
        run.enter_beside(steps_of(verbs), "confirm", (body, values))
    else:
        _finish(run, verb, body, values)


def confirmed(run: Run, waiting: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    """Connect the called party, which has listened to the end."""
    _finish(run, "connect", *waiting)


def _finish(run: Run, verb: str, body: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    run.scopes.vars.update(values)
    if verb == "send_sms" and values["send_sms_result"] == "failed":
        run.report_failed("has an internal server error")  # as real calls show: facts 1.1
    if verb in _HAVE_RESULTS and "result" in body:
        choose(run, body["result"], "return_value")
    if values.get(_BRIDGED.get(verb, "")) == "connected" and body.get("transfer_after_bridge"):
        run.moving = body["transfer_after_bridge"]


async def hangup(run: Run, step: Step) -> None:
    """End the call, or refuse it for the called party that is asked to confirm."""
    frame = run.stack.leave_until("confirm")
    if frame is None:
        reason = step.body.get("reason") if isinstance(step.body, dict) else None
        run.end("hangup", text_of(reason))
        return
    run.scopes.params = run.stack.top.params
    body, _ = frame.after
    failed = {"connect_result": "failed", "connect_failed_reason": "not_confirmed"}
    _finish(run, "connect", body, variables(run, "connect", body, failed))
