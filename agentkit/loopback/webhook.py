"""What the platform sends and what comes back, and the seam over which it goes."""

from typing import Any, Literal, Protocol

from msgspec import Struct

from agentkit import _json

WebhookKind = Literal[
    "document", "function", "poll", "hook", "post_prompt", "signature", "debug", "datamap", "mcp",
    "request", "status",
]  # fmt: skip


class Webhook(Struct, frozen=True):
    """One request of the platform, before it is sent.

    Attributes:
        kind: which of the platform's requests it is; timeouts, re-sends and signing depend on it.
        url: where it goes, with credentials and query as the document has them.
        body: the bytes, the same ones in every re-sending.
        auth: user and password named beside the URL instead of in it.
        headers: further header fields.
        timeout_seconds: how long the answer may take, where the document says that; 0 for as long
            as answers to this kind may.
    """

    kind: WebhookKind
    url: str
    body: bytes = b""
    auth: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"
    timeout_seconds: float = 0.0


class Answer(Struct, frozen=True):
    """What came back for a webhook, after all re-sendings.

    Attributes:
        status: the HTTP status of the last answer; 0 when there was none.
        body: its bytes.
        headers: its header fields, names in lower case.
        attempts: how often the request was sent.
        error: why there was no answer: "", "timeout", "connection", or "redirects" without end.
        seconds: how long it took on the call's clock.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    attempts: int = 1
    error: str = ""
    seconds: float = 0.0

    def json(self) -> Any:
        """Return the JSON data of the body.

        Raises:
            ValueError: the body is not JSON.
        """
        return _json.decode(self.body)


class Wire(Protocol):
    """Carries webhooks to whoever answers them."""

    async def send(self, webhook: Webhook) -> Answer:
        """Send a webhook, again where the platform would, and return the last answer.

        Raises:
            CallError: the URL leads to nobody that this wire knows.
        """
        ...
