"""An agent's own tools for MCP clients: JSON-RPC over streamable HTTP, without sessions.

A `tools/call` becomes the request that the platform would post for the same function, and goes the
same way: per-call configuration, conversion, deadlines, safe sentences, observers. What admits it
is the agent's credentials, as they admit to a document and the tokens in it; where documents are
served only to signed requests, a token made for MCP is demanded as well.

Both ways of the protocol are spoken: the handshake (`initialize`, up to 2025-11-25), and since
2026-07-28 a version in every request (`server/discover`).
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from agentkit import _json, bridge, jsonrpc
from agentkit._log import log
from agentkit.compile import CompiledAgent
from agentkit.context import Exchange
from agentkit.errors import RequestError
from agentkit.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    Message,
    RpcError,
)
from agentkit.operations.agents import Agent, configured
from agentkit.operations.calls import BAD_TOKEN, answer_call
from agentkit.reply import Reply
from agentkit.swaig.standard import standard
from agentkit.tools import Tool

JSON = dict[str, Any]

HANDSHAKE_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
MODERN_VERSION = "2026-07-28"
VERSIONS = (MODERN_VERSION, *HANDSHAKE_VERSIONS)

HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

HOOKS = frozenset({"startup_hook", "hangup_hook", "summarize_conversation", "check_for_input"})
"""Functions that only the platform calls."""

ACTION_KEY = "swaig/action"
"""Where the actions of a tool's answer are told, in the result's `_meta`: no client runs them."""

_VERSION_HEADER = b"mcp-protocol-version"
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_SERVER_KEY = "io.modelcontextprotocol/serverInfo"
_CAPABILITIES: JSON = {"tools": {}}
_STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
_UNREAD = {PARSE_ERROR, INVALID_REQUEST, UNSUPPORTED_VERSION, HEADER_MISMATCH}


async def answer_mcp(agent: Agent, compiled: CompiledAgent, exchange: Exchange) -> Reply:
    """Answer what a client posts to `/mcp`.

    Raises:
        RequestError: 403, it comes from another site's page, or the token is missing or wrong.
    """
    _check_origin(compiled, exchange)
    needs_token = compiled.access.verifier is not None
    if needs_token and not compiled.accepts_mcp(exchange.token(), agent.clock()):
        raise RequestError(403, BAD_TOKEN)
    message, modern = None, False
    try:
        message = jsonrpc.read(exchange.body)
        modern = _is_modern(message, exchange)
        if not message.wants_answer:  # a notification, or an answer to a question never asked
            return Reply(b"", 202)
        return await _Session(agent, compiled, exchange, message, modern=modern).answer()
    except RpcError as error:
        if message is not None and message.wants_answer:
            error.id = message.id
        strict = modern or error.code in _UNREAD
        return jsonrpc.refusal(error, _STATUS.get(error.code, 200) if strict else 200)


class _Session:
    """One request; nothing of it is kept."""

    def __init__(
        self,
        agent: Agent,
        compiled: CompiledAgent,
        exchange: Exchange,
        message: Message,
        *,
        modern: bool,
    ) -> None:
        self._agent = agent
        self._compiled = compiled
        self._exchange = exchange
        self._message = message
        self._modern = modern

    async def answer(self) -> Reply:
        methods: dict[str, Callable[[JSON], Awaitable[Reply]]] = {
            "tools/list": self._list,
            "tools/call": self._call,
            **({"server/discover": self._discover} if self._modern else _handshake(self)),
        }
        method = methods.get(self._message.method)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, f"there is no method {self._message.method[:64]!r}")
        return await method(self._message.arguments())

    async def initialize(self, params: JSON) -> Reply:
        asked = params.get("protocolVersion")
        version = asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0]
        found = {"protocolVersion": version, "capabilities": _CAPABILITIES}
        return self._result({**found, "serverInfo": self._server()})

    async def ping(self, _: JSON) -> Reply:
        return jsonrpc.result(self._message, {})

    async def _discover(self, _: JSON) -> Reply:
        found = {"supportedVersions": list(VERSIONS), "capabilities": _CAPABILITIES}
        return self._result({**found, "_meta": {_SERVER_KEY: self._server()}}, kept=True)

    async def _list(self, params: JSON) -> Reply:
        if params.get("cursor") is not None:
            raise RpcError(INVALID_PARAMS, "there is only one page")
        try:
            _, compiled = await configured(self._agent, self._compiled, self._exchange)
        except (bridge.UserCodeError, bridge.DeadlineError) as error:
            log.exception("mcp_not_configured", error.__cause__ or error)
            raise RpcError(INTERNAL_ERROR, "the agent could not be configured") from error
        tools = [_described(each) for each in compiled.tools.values() if _is_offered(each)]
        return self._result({"tools": tools}, kept=True)

    async def _call(self, params: JSON) -> Reply:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or name in HOOKS:
            raise RpcError(INVALID_PARAMS, f"there is no tool {name!r:.80}")
        if not isinstance(arguments, dict | None):
            raise RpcError(INVALID_PARAMS, "arguments must be an object")
        exchange = _as_posted(self._exchange, self._compiled, name, arguments or {}, self._agent)
        try:
            reply = await answer_call(self._agent, self._compiled, exchange)
        except RequestError as error:
            unknown = error.status == 404  # noqa: PLR2004 - as the pipeline says it
            code = INVALID_PARAMS if unknown else INTERNAL_ERROR
            raise RpcError(code, error.message) from error
        answered = self._result(_told(reply))
        answered.after_send = reply.after_send
        return answered

    def _server(self) -> JSON:
        return {"name": self._compiled.spec.name, "version": "1.0.0"}

    def _result(self, found: JSON, *, kept: bool = False) -> Reply:
        """Answer; since 2026-07-28 a result says that it is whole, and how long it is good."""
        whole = {"resultType": "complete"} if self._modern else {}
        good_for = {"ttlMs": 0, "cacheScope": "private"} if self._modern and kept else {}
        return jsonrpc.result(self._message, {**found, **whole, **good_for})


def _handshake(session: _Session) -> dict[str, Callable[[JSON], Awaitable[Reply]]]:
    return {"initialize": session.initialize, "ping": session.ping}


def _check_origin(compiled: CompiledAgent, exchange: Exchange) -> None:
    """Refuse a page of another site: a browser could be made to send its user's credentials."""
    origin = exchange.headers.get(b"origin")
    if origin is None:
        return
    address = compiled.access.address(exchange.scope, exchange.headers, exchange.root_path)
    if origin.decode("latin-1").lower() != compiled.access.base(address).origin.lower():
        raise RequestError(403, "the Origin is another site")


def _is_modern(message: Message, exchange: Exchange) -> bool:
    """Say whether a request is of the kind that names its version each time.

    Raises:
        RpcError: a version is not known, or the headers say something else than the message.
    """
    header = exchange.headers.get(_VERSION_HEADER)
    if header is None:
        return False
    version = header.decode("latin-1")
    if version not in VERSIONS:
        data = {"supported": list(VERSIONS), "requested": version[:64]}
        raise RpcError(UNSUPPORTED_VERSION, "this version is not spoken here", data=data)
    if version != MODERN_VERSION:
        return False
    params = message.params if isinstance(message.params, dict) else {}
    meta = params.get("_meta")
    said = meta.get(_VERSION_KEY, version) if isinstance(meta, dict) else version
    method = exchange.headers.get(b"mcp-method", str(message.method).encode("utf-8"))
    if said != version or method != str(message.method).encode("utf-8"):
        raise RpcError(HEADER_MISMATCH, "the headers and the message differ")
    return True


def _is_offered(tool: Tool) -> bool:
    return tool.handler is not None and tool.name not in HOOKS


def _described(tool: Tool) -> JSON:
    parameters = tool.entry.get("parameters", {})
    schema = {"type": "object", "properties": {}, **standard(parameters)}
    description = tool.entry.get("description", "")
    return {"name": tool.name, "description": description, "inputSchema": schema}


def _as_posted(
    exchange: Exchange, compiled: CompiledAgent, name: str, arguments: JSON, agent: Agent
) -> Exchange:
    """Return the request that the platform would post; each is one of its own."""
    raw = _json.encode(arguments).decode()
    body = {
        "function": name,
        "argument": {"parsed": [arguments], "raw": raw},
        "app_name": "mcp",
        "ai_session_id": uuid.uuid4().hex,
        "content_type": "text/swaig",
        "content_disposition": "SWAIG Function",
        "version": "2.0",
    }
    return exchange.posting(_json.encode(body), token=compiled.mint(name, None, agent.clock()))


def _told(reply: Reply) -> JSON:
    """Return a tool's answer as a result: texts for the model, actions beside them."""
    answer = _json.decode(reply.body)
    response, action = answer.get("response", ""), answer.get("action")
    texts = response.values() if isinstance(response, dict) else [response]
    found: JSON = {
        "content": [{"type": "text", "text": _text(each)} for each in texts],
        "isError": reply.is_error,
    }
    return {**found, "_meta": {ACTION_KEY: action}} if action else found


def _text(value: object) -> str:
    return value if isinstance(value, str) else _json.encode(value).decode()
