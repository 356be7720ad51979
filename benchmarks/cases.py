"""The requests that are measured; their tokens come from the document that the side served."""

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks import bodies, content
from benchmarks.wire import App, Request, fetch, request

JSON = dict[str, Any]
SIZES = (10, 100, 1_000)
"""How many tools the agents have."""

_WRONG = (b"authorization", b"Basic " + base64.b64encode(b"agent:incorrect-donkey-battery"))


class Case(NamedTuple):
    """A request to be measured, and the status that it must get."""

    name: str
    build: Callable[[JSON], Request]
    status: int = 200
    tools: int = 10


class WrongAnswerError(Exception):
    """A side did not answer as it must, so its time would say nothing."""


def document_get(_: JSON) -> Request:
    """Return a GET of the document."""
    return request("GET", content.ROUTE, f"call_id={content.CALL_ID}")


def document_post(_: JSON) -> Request:
    """Return a POST for the document, as the platform sends it."""
    return request("POST", content.ROUTE, body=bodies.fetch())


def tool(name: str, body: Callable[[str], bytes] = bodies.tool_call) -> Callable[[JSON], Request]:
    """Return a builder of a tool call that goes where the document says."""
    return lambda document: _post(_function_url(document, name), body(name))


def _summary(document: JSON) -> Request:
    return _post(_ai(document)["post_prompt_url"], bodies.summary())


def _refused(header: tuple[bytes, bytes] | None) -> Callable[[JSON], Request]:
    query = f"call_id={content.CALL_ID}"
    return lambda _: request("GET", content.ROUTE, query, authorization=header)


CASES = (
    Case("document", document_post),
    Case("document by GET", document_get),
    Case("async tool call", tool(content.ASYNC_TOOL)),
    Case("sync tool call", tool(content.SYNC_TOOL)),
    Case("401, no header", _refused(None), 401),
    Case("401, wrong header", _refused(_WRONG), 401),
    Case("1 MB body, one string", tool(content.ASYNC_TOOL, bodies.long_text)),
    Case("1 MB body, many objects", tool(content.ASYNC_TOOL, bodies.many_objects)),
    Case("summary of 150 KB", _summary),
    *(Case(f"document, {size:,} tools", document_post, tools=size) for size in SIZES[1:]),
)


async def prepared(case: Case, app: App) -> Request:
    """Return the case's request for one side, after one right answer to it.

    Raises:
        WrongAnswerError: the side answers something else.
    """
    status, body = await fetch(app, document_post({}))
    if status != 200:
        raise WrongAnswerError(f"a document was answered with {status}: {body[:200]!r}")
    asked = case.build(json.loads(body))
    status, body = await fetch(app, asked)
    wrong = case.name.endswith("tool call") and json.loads(body) != content.ANSWER
    if status != case.status or wrong:
        raise WrongAnswerError(f"{case.name!r} was answered with {status}: {body[:200]!r}")
    return asked


def _post(url: str, body: bytes) -> Request:
    parts = urlsplit(url)
    return request("POST", parts.path, parts.query, body)


def _ai(document: JSON) -> JSON:
    verbs = document["sections"]["main"]
    found: JSON = next(verb["ai"] for verb in verbs if "ai" in verb)
    return found


def _function_url(document: JSON, name: str) -> str:
    swaig = _ai(document)["SWAIG"]
    entry = next(entry for entry in swaig["functions"] if entry["function"] == name)
    return str(entry.get("web_hook_url") or swaig["defaults"]["web_hook_url"])
