"""How a data map's request gets out: a transport is any coroutine that takes one and answers it."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from agentkit import _json
from agentkit.errors import AgentKitError, EvaluationError

JSON = dict[str, Any]


class WebhookRequest(msgspec.Struct, frozen=True):
    """A request as the platform would send it.

    Attributes:
        method: `GET` or `POST`.
        url: where to, without user and password.
        headers: by name; `Authorization` for a user and password of the URL.
        body: the encoded body, empty for a GET.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as plain data, None when there is none."""
        return _json.decode(self.body) if self.body else None


class WebhookReply(msgspec.Struct, frozen=True):
    """A reply: status, body, and headers by lower-case name."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = {}


class TransportError(AgentKitError):
    """Raise it in a transport: the request failed and there is no reply."""


class Transport(Protocol):
    """Sends requests; it follows no redirects. An `OSError` counts as a `TransportError`."""

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        """Send one request.

        Raises:
            TransportError: there is no reply.
        """
        ...


class Answers:
    """A transport for tests: it answers from a table, and keeps the requests.

    Args:
        table: by URL: plain data (a JSON reply), a `WebhookReply`, or an exception to raise.

    Attributes:
        requests: what was asked, in order.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = dict(table)
        self.requests: list[WebhookRequest] = []

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        """Answer a request.

        Raises:
            EvaluationError: there is no answer for its URL.
        """
        self.requests.append(request)
        if request.url not in self._table:
            raise EvaluationError(f"there is no answer for {request.url}")
        answer = self._table[request.url]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, WebhookReply) else WebhookReply(_json.encode(answer))
