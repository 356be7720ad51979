"""Posts to a server on this machine: one connection a request, so that every reset is seen."""

import asyncio
import base64
import json
from typing import Any, NamedTuple

import anyio

JSON = dict[str, Any]
AUTH = ("user", "pass")
HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0

_AUTHORIZATION = base64.b64encode(":".join(AUTH).encode()).decode()


class Told(NamedTuple):
    """An answer, and how long it took."""

    status: int
    body: bytes
    seconds: float

    @property
    def response(self) -> str:
        """What the model is told."""
        return str(json.loads(self.body).get("response", ""))


async def post(port: int, path: str, body: JSON) -> Told:
    """Return the answer.

    Raises:
        ConnectionError: the connection was refused or reset, or it ended before the answer did.
    """
    return await send(port, "POST", path, json.dumps(body).encode())


async def get(port: int, path: str) -> Told:
    """Return the answer, as of `post`."""
    return await send(port, "GET", path, b"")


async def send(port: int, method: str, path: str, body: bytes) -> Told:
    """Return the answer to a request of these bytes, as of `post`."""
    began = asyncio.get_running_loop().time()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        f"Authorization: Basic {_AUTHORIZATION}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    with anyio.fail_after(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(head + body)
            answer = await reader.read()
        finally:
            writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 "):
        raise ConnectionResetError(f"no answer but {answer[:80]!r}")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    if len(rest) != int(length or 0):
        raise ConnectionResetError("an answer that is cut off")
    return Told(int(head[9:12]), rest, asyncio.get_running_loop().time() - began)


def tool_call(function: str, call_id: str, number: int = 0, **arguments: object) -> JSON:
    """Return the body of a tool call; another number makes it another request."""
    return {
        "function": function,
        "call_id": call_id,
        "ai_session_id": f"session of {call_id}",
        "argument": {"parsed": [arguments], "raw": json.dumps(arguments) + " " * number},
    }
