"""An HTTP answer: a status, a JSON body and what headers go with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from agentkit import _json
from agentkit.errors import RequestError

Headers = list[tuple[bytes, bytes]]

BASE_HEADERS: Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Reply(msgspec.Struct):
    """What an operation answers.

    Attributes:
        body: JSON.
        status: of HTTP.
        headers: beside those of every answer.
        is_error: whether it tells the model that something went wrong.
        after_send: told when the server has been handed the whole answer (True), or when sending
            failed or the client had left before (False); what it returns is awaited.
    """

    body: bytes
    status: int = 200
    headers: Headers = []
    after_send: Callable[[bool], Awaitable[None] | None] | None = None
    is_error: bool = False


def json_reply(data: Mapping[str, Any], status: int = 200) -> Reply:
    """Return a JSON answer."""
    return Reply(_json.encode(data), status)


def refusal(error: RequestError) -> Reply:
    """Return the answer to a request that is refused."""
    headers = [(k.lower().encode(), v.encode()) for k, v in error.headers.items()]
    return Reply(_json.encode({"error": error.message}), error.status, headers)


def redirect(location: str) -> Reply:
    """Return a 307 to a location that was judged safe before."""
    return Reply(b"", 307, [(b"location", location.encode("ascii"))])
