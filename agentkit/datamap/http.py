"""Send a data map's request for real, with the standard library: to try a map against its API."""

import http.client
from urllib.parse import urlsplit

from anyio import to_thread

from agentkit.datamap.transport import TransportError, WebhookReply, WebhookRequest

CONNECT_SECONDS = 30.0
"""How long a connection may take, and every read from it."""

REPLY_BYTES = 8 * 1024 * 1024
"""Longest reply that is read."""

_FAILURES = (OSError, http.client.HTTPException, ValueError)  # ValueError: a URL or header


async def send(request: WebhookRequest) -> WebhookReply:
    """Send a request, in a thread, and return its reply; a `Transport`.

    Raises:
        TransportError: there is no reply.
    """
    return await to_thread.run_sync(_sent, request)


def _sent(request: WebhookRequest) -> WebhookReply:
    parts = urlsplit(request.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)
        try:
            target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            connection.request(request.method, target, request.body or None, request.headers)
            with connection.getresponse() as answer:
                headers = {name.lower(): value for name, value in answer.getheaders()}
                return WebhookReply(_read(answer), answer.status, headers)
        finally:
            connection.close()
    except _FAILURES as error:
        raise TransportError(f"no reply from {parts.hostname}: {error}") from error


def _read(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(REPLY_BYTES + 1)
    if len(body) > REPLY_BYTES:
        raise TransportError(f"a reply of more than {REPLY_BYTES} bytes")
    return body
