"""The front: from an ASGI scope to an operation, and from its reply to ASGI messages.

Everything that can refuse a request is here and in this order: path, credentials, method, content
type, size, signature. No transport has another way in, so none can skip a check. The order matters:
nothing of a body is read before the credentials are known to be right.
"""

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

from agentkit import _json, drain
from agentkit._log import log, new_error_id
from agentkit.compile import BODY_LIMIT, HEALTH, CompiledAgent, Endpoint
from agentkit.context import Exchange
from agentkit.credentials import CHALLENGE
from agentkit.errors import DefinitionError, RequestError
from agentkit.late import LateModule
from agentkit.mounts import placed
from agentkit.operations.desks import DESK, Desk
from agentkit.operations.plain import default_document, is_untouched
from agentkit.reply import BASE_HEADERS, Reply, json_reply, refusal
from agentkit.swaig.payload import checked_id, read_swml

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from agentkit.operations import calls, documents, health, inputs
    from agentkit.operations.agents import Agent, Site
else:  # the first document of most agents needs none of them
    calls = LateModule("agentkit.operations.calls", globals())
    documents = LateModule("agentkit.operations.documents", globals())
    health = LateModule("agentkit.operations.health", globals())
    inputs = LateModule("agentkit.operations.inputs", globals())

Answer = Any  # a Reply, or a Starlette response

_LATE = {
    "post_prompt": LateModule("agentkit.operations.summaries").take_summary,
    "debug_events": LateModule("agentkit.operations.debug").take_debug_event,
    "mcp": LateModule("agentkit.operations.mcp").answer_mcp,
}
_UNAUTHORIZED = Reply(
    _json.encode({"error": "Unauthorized"}), 401, [(b"www-authenticate", CHALLENGE.encode())]
)
_LONG_NUMBER = len(str(BODY_LIMIT))  # a shorter one is below every limit
_JSON_TYPES = {b"application/json", b"application/json; charset=utf-8"}


class ClientGoneError(Exception):
    """The client left before its request was complete; there is nobody to answer."""


async def serve_http(site: "Site", scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Answer one HTTP request of an application.

    Args:
        site: the application.
        scope: as of ASGI, like the rest.
        receive: gives the body.
        send: takes the answer.
    """
    try:
        answer: Answer = _admit(site, scope, receive)
        if type(answer) is not Reply:
            answer = await answer
    except RequestError as error:
        answer = _refused(error, scope)
    except ClientGoneError:
        return
    except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is one JSON answer
        answer = _broken(error)
    if type(answer) is not Reply:
        await answer(scope, receive, send)
        return
    headers = [*BASE_HEADERS, *answer.headers, (b"content-length", b"%d" % len(answer.body))]
    if drain.process.begun and _owns_connection(scope):
        headers.append((b"connection", b"close"))  # so that none is idle when the process ends
    tell, sent = answer.after_send, False
    try:  # a server raises (or cancels this task) when it knows that an answer did not go out
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})
        sent = True
    finally:
        if tell is not None and (told := tell(sent)) is not None:
            await told


def _admit(site: "Site", scope: "Scope", receive: "Receive") -> Reply | Awaitable[Answer]:
    """Find who answers and check the credentials, before anything of the body is read."""
    path, prefix = placed(scope)
    agent = site.agent_at(path)
    if agent is None:
        return _without_agent(site, path, scope)
    if type(agent) is Desk:
        return _visit(site, agent, scope, receive, prefix)
    compiled = agent.compiled()
    given = scope["headers"]
    headers = dict(given)
    if len(headers) != len(given):
        headers = header_table(given)
    endpoint = compiled.paths.get(path)
    if compiled.access.auth.accepts(headers.get(b"authorization")):
        if endpoint is not None:
            exchange = Exchange(scope, receive, headers, prefix, scope["method"])
            return _operate(site, exchange, endpoint, agent, compiled)
    elif endpoint is not None or path not in HEALTH:
        return _UNAUTHORIZED
    return _without_agent(site, path, scope)


def _without_agent(site: "Site", path: str, scope: "Scope") -> Awaitable[Reply]:
    """Answer where no agent has an endpoint, but the application may."""
    if path in HEALTH:
        return health.answer_health(path, scope["method"], site.all_agents())
    raise RequestError(404, "there is nothing at this path")


def _operate(
    site: "Site", exchange: Exchange, endpoint: Endpoint, agent: "Agent", compiled: CompiledAgent
) -> Reply | Awaitable[Answer]:
    if exchange.method not in endpoint.methods:
        raise _wrong_method(exchange.method, endpoint)
    if exchange.method == "POST":
        check_declared(exchange, endpoint)
        return _posted(site, exchange, endpoint, agent, compiled)
    if compiled.access.verifier is not None:
        _verify(exchange, compiled, required=endpoint.fetches or endpoint.kind == "swaig")
    if not endpoint.fetches and endpoint.kind == "check_for_input":
        return inputs.check_for_input(agent, exchange)
    return _fetched(site, exchange, endpoint, agent, compiled)


async def _posted(
    site: "Site", exchange: Exchange, endpoint: Endpoint, agent: "Agent", compiled: CompiledAgent
) -> Answer:
    body = exchange.body = await read_body(exchange.receive, endpoint.body_limit)
    if not body or b"content-type" not in exchange.headers or not body.isascii():
        check_body(exchange, endpoint)
    if compiled.access.verifier is not None:
        _verify(exchange, compiled, required=endpoint.fetches)
    if endpoint.kind == "swaig":
        return await calls.answer_call(agent, compiled, exchange)
    if not endpoint.fetches:
        return await _told(exchange, endpoint, agent, compiled)
    answer = _fetched(site, exchange, endpoint, agent, compiled)
    return answer if isinstance(answer, Reply) else await answer


def _fetched(
    site: "Site", exchange: Exchange, endpoint: Endpoint, agent: "Agent", compiled: CompiledAgent
) -> Reply | Awaitable[Reply]:
    """Return a document, at once where no user code has a say in it."""
    body = exchange.body
    call_id = read_swml(body) if body else checked_id(exchange.call_id_in_query(), "call_id")
    if endpoint.callback_path is None and is_untouched(agent, compiled):
        return default_document(agent, compiled, exchange, call_id)
    fetch = documents.Fetch(exchange, call_id, site)
    document: Awaitable[Reply] = fetch.document(agent, compiled, endpoint.callback_path)
    return document


def _visit(
    site: "Site", desk: Desk, scope: "Scope", receive: "Receive", prefix: str
) -> Reply | Awaitable[Answer]:
    headers = header_table(scope["headers"])
    if not desk.accepts(headers.get(b"authorization")):
        return _UNAUTHORIZED
    return _at_desk(site, desk, Exchange(scope, receive, headers, prefix, scope["method"]))


async def _at_desk(site: "Site", desk: Desk, exchange: Exchange) -> Reply:
    """Check the request as at an agent, and what belongs to one agent once it is known."""
    if exchange.method not in DESK.methods:
        raise _wrong_method(exchange.method, DESK)
    if exchange.method == "POST":
        check_declared(exchange, DESK)
        exchange.body = await read_body(exchange.receive, DESK.body_limit)
        check_body(exchange, DESK)

    def admit(compiled: CompiledAgent) -> None:
        header = exchange.headers.get(b"authorization")
        if not desk.opens_all and not compiled.access.auth.accepts(header):
            raise RequestError(401, "Unauthorized", {"WWW-Authenticate": CHALLENGE})
        if compiled.access.verifier is not None:
            _verify(exchange, compiled, required=True)

    body = exchange.body
    call_id = read_swml(body) if body else checked_id(exchange.call_id_in_query(), "call_id")
    return await documents.Fetch(exchange, call_id, site, admit).at_desk(desk)


def _told(
    exchange: Exchange, endpoint: Endpoint, agent: "Agent", compiled: CompiledAgent
) -> Awaitable[Answer]:
    late = _LATE.get(endpoint.kind)
    if late is None:
        return inputs.check_for_input(agent, exchange)
    taken: Awaitable[Answer] = late(agent, compiled, exchange)
    return taken


def _verify(exchange: Exchange, compiled: CompiledAgent, *, required: bool) -> None:
    access = compiled.access
    if required and exchange.method == "GET":
        raise RequestError(403, "with a signing key only signed requests get a document")
    base = access.base(access.address(exchange.scope, exchange.headers, exchange.root_path))
    path, _ = placed(exchange.scope)
    query = exchange.scope.get("query_string", b"").decode("latin-1")
    url = f"{base.origin}{base.prefix}{path}{'?' if query else ''}{query}"
    access.demand_signature(url, exchange.body, exchange.headers, required=required)


def _wrong_method(method: str, endpoint: Endpoint) -> RequestError:
    return RequestError(
        405, f"{method} is not allowed here", {"Allow": ", ".join(endpoint.methods)}
    )


def check_declared(exchange: Exchange, endpoint: Endpoint) -> None:
    """Check what a request says of its body, before that is read.

    Raises:
        RequestError: 413 or 415.
    """
    headers = exchange.headers
    content_type = headers.get(b"content-type")
    if content_type not in _JSON_TYPES and (content_type is not None or not endpoint.fetches):
        check_content_type(content_type)
    if b"content-encoding" in headers and headers[b"content-encoding"] != b"identity":
        raise RequestError(415, "a compressed body is not taken")
    declared = headers.get(b"content-length", b"")
    if len(declared) < _LONG_NUMBER:  # what is usual: it is counted as well while it comes in
        return
    if declared.isdigit() and int(declared[:20]) > endpoint.body_limit:
        raise _too_large(endpoint.body_limit)


def check_body(exchange: Exchange, endpoint: Endpoint) -> None:
    """Check what can be told of a body before it is decoded.

    Raises:
        RequestError: 400 or 415.
    """
    body = exchange.body
    if not body or b"content-type" not in exchange.headers:
        _check_emptiness(body, endpoint)
    if not body.isascii():
        check_utf8(body)


def _check_emptiness(body: bytes, endpoint: Endpoint) -> None:
    """A body may be missing where a document is fetched; what is there must be declared."""
    if body:
        check_content_type(None)
    elif not endpoint.fetches:
        raise RequestError(400, "the body is empty")


def check_content_type(value: bytes | None) -> None:
    """Refuse a body that is not declared as UTF-8 JSON.

    Raises:
        RequestError: 415.
    """
    kind, _, parameters = (value or b"").lower().partition(b";")
    named = (parameter.partition(b"=") for parameter in parameters.split(b";"))
    charsets = {v.strip().strip(b'"') for n, _, v in named if n.strip() == b"charset"}
    if kind.strip() != b"application/json" or not charsets <= {b"utf-8", b"utf8"}:
        raise RequestError(415, "the content type must be application/json")


def check_utf8(body: bytes) -> None:
    """Refuse bytes that are not UTF-8; the decoder does not look into fields that nobody reads.

    Raises:
        RequestError: 400.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is not UTF-8"
        raise RequestError(400, f"the body is not valid JSON: {where}") from error


async def read_body(receive: "Receive", limit: int) -> bytes:
    """Return the body, no longer than limit.

    Raises:
        RequestError: 413 as soon as it is too long, by count.
        ClientGoneError: the client left.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(_chunk(message))
        size += len(chunks[-1])
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def header_table(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name, for requests that repeat one.

    Two Authorization headers count as none, two hosts as no host name; of others the last counts.
    """
    table = dict(headers)
    if sum(name == b"authorization" for name, _ in headers) > 1:
        del table[b"authorization"]
    if b"host" in table:
        table[b"host"] = b",".join(value for name, value in headers if name == b"host")
    return table


def _chunk(message: "Message") -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    return body


def _too_large(limit: int) -> RequestError:
    return RequestError(413, f"the body is larger than {limit} bytes", {"Connection": "close"})


def _refused(error: RequestError, scope: "Scope") -> Reply:
    """HTTP/2 and WSGI (PEP 3333) forbid an application to speak of the connection."""
    if not _owns_connection(scope):
        error.headers.pop("Connection", None)
    return refusal(error)


def _owns_connection(scope: "Scope") -> bool:
    return scope.get("http_version", "1.1") in {"1.0", "1.1"} and "wsgi_environ" not in scope


def _broken(error: Exception) -> Reply:
    error_id = new_error_id()
    log.exception("request_failed", error, error_id=error_id)
    said = (
        "the agent is not set up right" if isinstance(error, DefinitionError) else "internal error"
    )
    return json_reply({"error": said, "error_id": error_id}, 500)


async def serve_lifespan(
    receive: "Receive", send: "Send", running: AbstractAsyncContextManager[None]
) -> None:
    """Answer the lifespan protocol; a definition that is wrong refuses the start."""
    await receive()
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(running)
            stack.enter_context(drain.process.taking_signals())
        except DefinitionError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def refuse_websocket(send: "Send") -> None:
    """Close a WebSocket handshake: an agent has none."""
    await send({"type": "websocket.close", "code": 1000, "reason": ""})
