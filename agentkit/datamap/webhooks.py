"""A webhook of a data map: which one is sent, what is sent, and what its reply means."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import anyio

from agentkit import _json
from agentkit.datamap.templates import Expander
from agentkit.datamap.transport import Transport, TransportError, WebhookReply, WebhookRequest

JSON = dict[str, Any]

REQUEST_SECONDS = 120.0
"""How long the platform waits for a reply, redirects and all."""

MAX_REDIRECTS = 15
AGENT = "SignalWire-CallFabric/1.0"


def eligible(webhooks: list[JSON], args: Mapping[str, Any]) -> int | None:
    """Return the number of the webhook that is sent: the first that may run, None for none."""
    for number, webhook in enumerate(webhooks):
        needed = webhook.get("require_args", ())
        has_args = not needed or any(name in args for name in needed)
        if has_args and ("output" in webhook or "expressions" in webhook):
            return number
    return None


def request_of(webhook: JSON, args: Mapping[str, Any], expander: Expander) -> WebhookRequest:
    """Return the request of a webhook: a POST when it says so or has a body, else a GET."""
    url, authorization = _without_user(expander.text(webhook["url"]))
    headers = {"User-Agent": AGENT, **authorization}
    params = _params(webhook, args, expander)
    body = b""
    is_post = params is not None or str(webhook.get("method", "")).upper() == "POST"
    if params is not None:
        body, headers["Content-Type"] = _body(params, webhook.get("form_param"))
    method = "POST" if is_post else "GET"
    return WebhookRequest(method, url, {**headers, **webhook.get("headers", {})}, body)


async def sent(
    transport: Transport, request: WebhookRequest, seconds: float = REQUEST_SECONDS
) -> JSON | list[Any]:
    """Send a request, follow redirects, and return what the reply holds.

    A reply that is no JSON has `parse_error`, none at all `protocol_error`; a status that is not
    of the 200s is added as `http_code`.
    """
    status = 0
    with anyio.move_on_after(seconds):
        try:
            for _ in range(MAX_REDIRECTS + 1):
                reply = await transport(request)
                status = reply.status
                location = reply.headers.get("location")
                if location is None or not 300 <= status < 400:  # noqa: PLR2004 - redirects
                    return _read(reply)
                url, authorization = _without_user(urljoin(request.url, location))
                headers = {**request.headers, **authorization}
                request = WebhookRequest(request.method, url, headers, request.body)
        except (TransportError, OSError):
            pass
    return {"protocol_error": True, **({"http_code": status} if status else {})}


def failure(reply: JSON | list[Any], error_keys: list[str]) -> str | None:
    """Return the key that marks a reply as failed, whatever its value; None when there is none."""
    marks = ["protocol_error", "parse_error", *error_keys]
    return next((key for key in marks if isinstance(reply, dict) and key in reply), None)


def _params(webhook: JSON, args: Mapping[str, Any], expander: Expander) -> JSON | None:
    params = webhook.get("params")
    if params is None and not webhook.get("input_args_as_params"):
        return None
    known: JSON = expander.all(params or {})
    return {**known, **args} if webhook.get("input_args_as_params") else known


def _body(params: JSON, form_param: str | None) -> tuple[bytes, str]:
    encoded = _json.encode(params)
    if not form_param:
        return encoded, "application/json"
    field = f"{quote(form_param, safe='')}={quote(encoded, safe='')}"
    return field.encode("ascii"), "application/x-www-form-urlencoded"


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """Take user and password out of a URL, into a header."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    coded = base64.b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {coded}"}


def _read(reply: WebhookReply) -> JSON | list[Any]:
    code = {} if 200 <= reply.status < 300 else {"http_code": reply.status}  # noqa: PLR2004
    try:
        found = _json.decode(reply.body)
    except ValueError:
        return {"parse_error": True, **code}
    if isinstance(found, list):
        return {"array": found, **code} if code else found
    return {**found, **code} if isinstance(found, dict) else {"parse_error": True, **code}
