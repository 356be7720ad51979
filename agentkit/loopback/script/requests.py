"""The `request` verb: HTTP from the script, and what of the answer becomes variables.

At most 64 KB of a body and 64 header fields are kept (facts 1.3). A `timeout` of 0 means none.
"""

from collections.abc import Mapping
from typing import Any

from agentkit import _json
from agentkit.loopback.script.coercing import boolean, number
from agentkit.loopback.script.programs import Step
from agentkit.loopback.script.run import Run
from agentkit.loopback.script.templates import text_of
from agentkit.loopback.webhook import Answer, Webhook

MAX_BODY_BYTES = 65_536
MAX_HEADERS = 64
METHODS = ("GET", "POST", "PUT", "DELETE")
_OK = range(200, 300)


async def request(run: Run, step: Step) -> None:
    """Send a request and write its result variables; the script goes on whatever comes back."""
    body = step.body if isinstance(step.body, dict) else {}
    url, method = text_of(body.get("url")), text_of(body.get("method") or "GET").upper()
    if not url or method not in METHODS:
        run.set(request_url=url, request_result="failed", return_value="failed")
        run.report_failed("has no URL" if not url else f"has no method {method[:40]!r}")
        return
    answer = await run.wire.send(_webhook(url, method, body))
    result = "success" if not answer.error and answer.status in _OK else "failed"
    run.set(request_url=url, request_result=result, return_value=result)
    if not answer.error:
        run.set(**_answered(answer, save=boolean(body.get("save_variables"))))


def _webhook(url: str, method: str, body: Mapping[str, Any]) -> Webhook:
    given = body.get("headers")
    headers = given if isinstance(given, dict) else {}
    content = body.get("body")
    is_json = isinstance(content, dict | list)
    sent = {text_of(name): text_of(value) for name, value in headers.items()}
    if is_json and not any(name.lower() == "content-type" for name in sent):
        sent["Content-Type"] = "application/json"
    data = _json.encode(content) if is_json else text_of(content).encode("utf-8", "replace")
    return Webhook(
        "request",
        url,
        data,
        headers=tuple(sent.items()),
        method=method,
        timeout_seconds=max(number(body.get("timeout")), 0.0),
    )


def _answered(answer: Answer, *, save: bool) -> dict[str, Any]:
    kept = answer.body[:MAX_BODY_BYTES]
    values: dict[str, Any] = {
        "request_response_code": answer.status,
        "request_response_headers": dict(answer.headers[:MAX_HEADERS]),
        "request_response_body": kept.decode("utf-8", "replace"),
    }
    if save:
        values["request_response"] = _parsed(kept)
    return values


def _parsed(body: bytes) -> Any:
    """Return the JSON data of a body; what is none, or was cut, has no variables."""
    if _json.too_deep(body):
        return {}
    try:
        return _json.decode(body)
    except ValueError:
        return {}
