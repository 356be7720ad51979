"""The way of a call that is played by hand: over a client, each webhook once, all written down."""

from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from agentkit import _json
from agentkit.loopback.ai.toolset import HOOKS
from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.webhook import Answer, Webhook
from agentkit.testing.client import AgentClient
from agentkit.testing.messages import Response
from agentkit.testing.transcript import Entry, answer_entry, request_entry, without_secrets

Data = dict[str, Any]

ANSWER_SECONDS = 0.25
"""How long an answer takes, on the call's clock."""

_PORTS = {"http": 80, "https": 443}
_OK = 200
_EXCERPT, _SHORT_EXCERPT = 200, 80
_FUNCTIONS = frozenset({"function", "hook", "poll"})
_ELSEWHERE = frozenset({"signature", "mcp", "datamap", "debug", "status"})
"""Webhooks that may go to others than the agent: here those are not reached."""


class ToolAnswer(Struct, frozen=True):
    """What the agent answered to a function call.

    Attributes:
        status: the HTTP status; with another than 200 the platform reads no further.
        response: the text for the model, or "".
        actions: objects such as `{"set_global_data": {…}}`, in their order.
        raw: the JSON data of the body, or its text when it is not JSON.
    """

    status: int
    response: str
    actions: list[Data]
    raw: Any


class ClientWire:
    """Carries webhooks over a client, once each, and writes down what was said."""

    def __init__(self, client: AgentClient, first: AgentClient, url: str, clock: Clock) -> None:
        self.transcript: list[Entry] = []
        self.actions: list[Data] = []
        self.url = client.absolute(url)
        self.count = 0
        self._client, self._first, self._clock = client, first, clock
        self._answers: dict[str, Response] = {}
        self._called: tuple[str, Webhook] | None = None

    def last(self, kind: str) -> Response:
        """Return what was last answered to a webhook of a kind."""
        return self._answers[kind]

    async def send(self, webhook: Webhook) -> Answer:
        """Send a webhook.

        Raises:
            CallError: its URL is not the client's.
        """
        if not self._is_here(webhook.url):
            return self._refused(webhook)
        body = _json.decode(webhook.body) if webhook.body else {}
        kind, client = _kind(webhook.kind, body), self._client.with_auth(webhook.auth)
        if webhook.kind in _FUNCTIONS:
            self._called = (body["function"], webhook)
        client = self._first if webhook.kind == "document" else client
        self.transcript.append(request_entry(kind, webhook.url, *_asked(body)))
        response = self._answers[_slot(webhook)] = await client.request(
            webhook.method,
            webhook.url,
            content=webhook.body,
            headers=[("content-type", "application/json"), *webhook.headers],
        )
        self.count += 1
        self._clock.advance(ANSWER_SECONDS)
        self.transcript.append(answer_entry(kind, webhook.url, response.status, *_told(response)))
        if webhook.kind in _FUNCTIONS:
            self.actions += _actions(response)
        return Answer(response.status, response.body, tuple(response.headers.pairs))

    async def resend(self) -> str:
        """Send the last function call again and return the function's name.

        Raises:
            CallError: no function was called yet.
        """
        if self._called is None:
            raise CallError("no function was called yet")
        (name, webhook), known = self._called, len(self.actions)
        await self.send(webhook)
        del self.actions[known:]
        return name

    def answered(self, name: str) -> ToolAnswer:
        """Return what the function that was called last has answered.

        Raises:
            CallError: the platform cannot read it.
        """
        answer = self.last("function")
        if answer.status != _OK:
            return ToolAnswer(answer.status, "", [], _data(answer))
        body = read(answer, name)
        return ToolAnswer(_OK, _spoken(body), _many(body.get("action", []), name), body)

    def _is_here(self, url: str) -> bool:
        return _origin(url) in {_origin(self.url), _origin(self._client.base_url)}

    def _refused(self, webhook: Webhook) -> Answer:
        if webhook.kind in _ELSEWHERE:
            return Answer(0, error="connection")
        raise CallError(
            f"the document sends the platform to {without_secrets(webhook.url)!r}, but this client"
            f" serves {without_secrets(self._client.base_url)!r} (see its base_url)"
        )


def _slot(webhook: Webhook) -> str:
    return "function" if webhook.kind in _FUNCTIONS else webhook.kind


def _kind(kind: str, body: Data) -> str:
    """Return how a webhook is called in a transcript."""
    if kind not in _FUNCTIONS:
        return kind
    name = body["function"]
    return name if name in HOOKS and name != "check_for_input" else "tool"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def read(response: Response, what: str) -> Data:
    """Return the JSON object that answers a request.

    Raises:
        CallError: it is none; the message says why the call cannot go on.
    """
    body = _data(response)
    if response.status != _OK:
        told = without_secrets(_json.encode(body).decode())[:_EXCERPT]
        raise CallError(f"{what} was answered with status {response.status}: {told}")
    return _object(body, f"the answer to {what}")


def _data(response: Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.body.decode("utf-8", "replace")


def _object(value: object, what: str) -> Data:
    if not isinstance(value, dict):
        shown = without_secrets(_json.encode(value).decode())[:_SHORT_EXCERPT]
        raise CallError(f"{what} must be an object, not {shown}")
    return value


def _many(value: object, name: str) -> list[Data]:
    items = value if isinstance(value, list) else [value]
    return [_object(each, f"an action of {name}") for each in items]


def ai_verb(document: Data) -> Data:
    """Return the body of the `ai` verb in `main`.

    Raises:
        CallError: there is none.
    """
    main = _object(document.get("sections"), "sections of the document").get("main")
    if not isinstance(main, list):
        raise CallError(f"section main must be a list of objects, not {main!r}"[:_EXCERPT])
    for verb in main:
        if "ai" in _object(verb, "an item of section main"):
            return _object(verb["ai"], "the ai verb")
    raise CallError(f"section main has no ai verb, only: {_verbs(document)}")


def _actions(response: Response) -> list[Data]:
    body = _data(response)
    given = body.get("action", []) if isinstance(body, dict) else []
    return [each for each in (given if isinstance(given, list) else [given]) if each]


def _spoken(answer: Data) -> str:
    response = answer.get("response", "")
    return str(response.get("tool_result", "") if isinstance(response, dict) else response)


def _verbs(document: Data) -> str:
    return ", ".join(name for verb in document["sections"]["main"] for name in verb) or "nothing"


def _asked(body: Data) -> tuple[str, Any]:
    """Return a request of the platform in a line, and its data, for the transcript."""
    if "function" in body:
        arguments = body["argument"]["parsed"][0]
        listed = (f"{key}={_json.encode(value).decode()}" for key, value in arguments.items())
        return f"{body['function']}({', '.join(listed)})", arguments
    if "post_prompt_data" in body:
        summary = body["post_prompt_data"]
        return f"summary: {summary['raw'] or 'none'}", summary
    if "from" in body.get("call", {}):
        return f"call from {body['call']['from']} to {body['call']['to']}", None
    return str(body.get("action") or body.get("method") or "event"), None


def _told(response: Response) -> tuple[str, Any]:
    """Return an answer of the agent in a line, and its actions, for the transcript."""
    body = _data(response)
    if not isinstance(body, dict):
        return str(body)[:_EXCERPT], None
    if "sections" in body:
        return _outline(body), None
    actions = body.get("action", [])
    text = _spoken(body) or str(body.get("error", ""))
    return text, actions if isinstance(actions, list) else [actions]


def _outline(document: Data) -> str:
    try:
        functions = _object(ai_verb(document).get("SWAIG", {}), "SWAIG").get("functions", [])
    except CallError as error:
        return f"unusable SWML: {error}"
    entries = functions if isinstance(functions, list) else []
    names = ", ".join(str(each.get("function")) for each in entries if isinstance(each, dict))
    return f"SWML with {_verbs(document)}; functions: {names or 'none'}"
