"""MCP servers: their tools become functions of the session (facts 1.4).

The platform speaks JSON-RPC over HTTP: `initialize`, `notifications/initialized`, `tools/list`, and
`tools/call` for every call. With `resources` it also reads what the server has and tells the model.
"""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Raw, Struct

from agentkit import _json
from agentkit.loopback.ai.answers import FAILED, Told
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.toolset import Function, token_of, without_userinfo
from agentkit.loopback.ai.values import ToolView
from agentkit.loopback.trace import Concern
from agentkit.loopback.webhook import Answer, Webhook

PROTOCOL = "2025-06-18"
_CLIENT = {"name": "agentkit-loopback", "version": "1"}
_MAX_PAGES = 20
_ACCEPT = ("Accept", "application/json, text/event-stream")
_TYPE = ("Content-Type", "application/json")
_SESSION = "mcp-session-id"
_OK = range(200, 300)


class Server(Struct):
    """One MCP server, and where its conversation stands."""

    url: str
    headers: tuple[tuple[str, str], ...]
    path: str
    session: str = ""
    sent: int = 0


class McpError(Exception):
    """The server did not answer as the protocol wants it; the text says why."""


async def connect(room: Room) -> None:
    """Ask every server of the document for its tools; one that fails is left out."""
    servers = room.swaig.get("mcp_servers")
    for path, entry, url in room.reader.at_urls(servers, "ai.SWAIG.mcp_servers"):
        given = room.reader.mapping_of(entry, "headers", path)
        texts = ((key, room.reader.text(value, f"{path}.headers.{key}"))
                 for key, value in given.items())  # fmt: skip
        server = Server(url, tuple(texts), path)
        try:
            await _introduce(room, server)
            async for tool in _listed(room, server, "tools"):
                _register(room, server, tool)
            if room.reader.flag_of(entry, "resources", path):
                given = room.reader.mapping_of(entry, "resource_vars", path)
                await _read_resources(room, server, given)
        except McpError as error:
            room.reader.warn(Concern.FAILED, f"{path}: {error}")


async def called(room: Room, function: Function, arguments: JSON) -> tuple[Told, JSON]:
    """Call a tool; return what it answered, and what its entry in `swaig_log` says of it."""
    server: Server = function.entry["mcp_server"]
    logged: JSON = {"mcp_url": without_userinfo(server.url), "mcp_tool": function.name}
    params = {"name": function.name, "arguments": arguments}
    try:
        result = await _ask(room, server, "tools/call", params)
    except McpError as error:
        return Told(FAILED, error="mcp"), {**logged, "mcp_error": str(error)}
    text = _text(result.get("content"))
    if result.get("isError") is True:
        return Told(text or FAILED, error="mcp"), {**logged, "mcp_error": text}
    return Told(text, raw=result), {**logged, "mcp_response": text}


async def _introduce(room: Room, server: Server) -> None:
    params = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": _CLIENT}
    await _ask(room, server, "initialize", params)
    await _post(room, server, {"jsonrpc": "2.0", "method": "notifications/initialized"})


async def _listed(room: Room, server: Server, what: str) -> AsyncIterator[JSON]:
    params: JSON = {}
    for _ in range(_MAX_PAGES):
        result = await _ask(room, server, f"{what}/list", params)
        for _, item in room.reader.objects(result.get(what), f"{server.path}: {what}"):
            yield item
        cursor = result.get("nextCursor")
        if not isinstance(cursor, str):
            return
        params = {"cursor": cursor}


def _register(room: Room, server: Server, tool: JSON) -> None:
    reader, path = room.reader, f"{server.path}: tool"
    name = reader.text_of(tool, "name", path)
    if not name:
        reader.warn(Concern.INCOMPLETE, f"{path}.name: a name belongs here")
        return
    schema = reader.mapping(tool.get("inputSchema"), f"{path}.{name}.inputSchema")
    about = reader.text(tool.get("description"), f"{path}.{name}.description")
    function = Function(
        name=name,
        url="",
        auth=None,
        token=token_of(server.url, None),
        entry={"mcp_server": server, "description": about},
        uses=None,
        view=ToolView(name, about, schema or {"type": "object", "properties": {}}, "mcp"),
        described=Raw(b"{}"),
        logged_url="",
    )
    room.tools.add(function)


async def _read_resources(room: Room, server: Server, given: JSON) -> None:
    values = {key: room.expanded(text) for key, text in given.items() if isinstance(text, str)}
    async for resource in _listed(room, server, "resources"):
        uri = room.reader.text(resource.get("uri"), f"{server.path}: resource.uri")
        for key, value in values.items():
            uri = uri.replace(f"{{{key}}}", value)
        result = await _ask(room, server, "resources/read", {"uri": uri})
        text = _text(result.get("contents"))
        if text:
            name = resource.get("name")
            room.conversation.system(f"{name if isinstance(name, str) else uri}:\n{text}")


async def _ask(room: Room, server: Server, method: str, params: JSON) -> JSON:
    """Send a request and return its result.

    Raises:
        McpError: there is none.
    """
    server.sent += 1
    message = {"jsonrpc": "2.0", "id": server.sent, "method": method, "params": params}
    answer = await _post(room, server, message)
    found = _message(answer, server.sent)
    error = found.get("error")
    if error is not None:
        why = error.get("message") if isinstance(error, dict) else error
        raise McpError(f"{method}: the server refuses: {why}")
    result = found.get("result")
    if not isinstance(result, dict):
        raise McpError(f"{method}: the answer has no result")
    return result


async def _post(room: Room, server: Server, message: JSON) -> Answer:
    held = ((_SESSION, server.session),) if server.session else ()
    headers = (_TYPE, _ACCEPT, *server.headers, *held)
    webhook = Webhook("mcp", server.url, _json.encode(message), None, headers)
    answer = await room.around.outside.send(webhook)
    if answer.error:
        raise McpError(f"{message['method']}: no answer: {answer.error}")
    if answer.status not in _OK:
        raise McpError(f"{message['method']}: HTTP {answer.status}")
    server.session = dict(answer.headers).get(_SESSION, server.session)
    return answer


def _message(answer: Answer, number: int) -> JSON:
    """Return the response in an answer: JSON, or an event stream that carries it."""
    body = answer.body
    texts = [body]
    if body.lstrip().startswith((b"event:", b"data:", b"id:", b":")):
        lines = body.splitlines()
        texts = [line[5:].strip() for line in lines if line.startswith(b"data:")]
    for text in texts:
        try:
            found = _json.decode(text)
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("id", number) == number:
            return found
    raise McpError("the answer is no JSON-RPC response")


def _text(contents: Any) -> str:
    """Return the texts in a list of contents."""
    items = contents if isinstance(contents, list) else []
    texts = (item.get("text") for item in items if isinstance(item, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
