"""JSON-RPC 2.0 as MCP uses it: one message a request, with an id when it wants an answer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from agentkit import _json
from agentkit.errors import AgentKitError, RequestError
from agentkit.reply import Reply

JSON = dict[str, Any]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

_VERSION = "2.0"


class RpcError(AgentKitError):
    """A message is answered with an error.

    Attributes:
        code: of JSON-RPC, or of MCP.
        data: what a client may read, None for nothing.
        id: of the message, None when it could not be read.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        data: object = None,
        id: str | int | None = None,  # noqa: A002
    ) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
        self.id = id


class Message(msgspec.Struct):
    """A message as it came; `id` is unset for a notification, `method` for a response."""

    jsonrpc: Any = None
    id: Any = msgspec.UNSET
    method: Any = msgspec.UNSET
    params: Any = msgspec.UNSET

    @property
    def wants_answer(self) -> bool:
        """Whether it is a request."""
        return self.id is not msgspec.UNSET and self.method is not msgspec.UNSET

    def arguments(self) -> JSON:
        """Return the params, which are an object or absent.

        Raises:
            RpcError: they are something else.
        """
        if self.params is msgspec.UNSET:
            return {}
        if not isinstance(self.params, dict):
            raise RpcError(INVALID_PARAMS, "params must be an object")
        return self.params


_decoder = _json.decoder(Message)


def read(body: bytes) -> Message:
    """Return the message in a body.

    Raises:
        RpcError: it is no JSON, or no message.
    """
    if body.lstrip()[:1] == b"[":
        raise RpcError(INVALID_REQUEST, "batches are not taken")
    try:
        message = _json.read(_decoder, body)
        _json.check_depth(body)
    except RequestError as error:
        raise RpcError(PARSE_ERROR, error.message) from error
    _check(message)
    return message


def result(message: Message, found: Mapping[str, Any]) -> Reply:
    """Return the answer to a message."""
    return Reply(_json.encode({"jsonrpc": _VERSION, "id": message.id, "result": found}))


def refusal(error: RpcError, status: int) -> Reply:
    """Return the answer that a message was not carried out."""
    data = {} if error.data is None else {"data": error.data}
    told = {"code": error.code, "message": str(error), **data}
    return Reply(_json.encode({"jsonrpc": _VERSION, "id": error.id, "error": told}), status)


def _check(message: Message) -> None:
    if message.jsonrpc != _VERSION:
        raise RpcError(INVALID_REQUEST, f"jsonrpc must be {_VERSION!r}")
    known_id = message.id is msgspec.UNSET or (
        isinstance(message.id, str | int) and not isinstance(message.id, bool)
    )
    if not known_id:
        raise RpcError(INVALID_REQUEST, "id must be a text or a whole number")
    if message.method is not msgspec.UNSET and not isinstance(message.method, str):
        raise RpcError(INVALID_REQUEST, "method must be a text")
    if message.method is msgspec.UNSET and message.id is msgspec.UNSET:
        raise RpcError(INVALID_REQUEST, "a message needs a method")
