"""The same agent by hand: one ASGI callable with msgspec, as a careful engineer would write it.

It does everything that the benchmark's requests need and nothing for which there is no request in
the benchmark: credentials in constant time before anything else, method, content type, size while
streaming, bodies decoded into Structs, a document that is encoded once and filled with two signed
tokens, tools with converted arguments, a deadline and a thread where they are plain functions.
docs/benchmarks.md says what agentkit does beyond it.
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from benchmarks import content

JSON = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, bytes, Headers]

BODY_LIMIT = 1024 * 1024
SUMMARY_LIMIT = 8 * 1024 * 1024
ID_LIMIT = 256
SMALL_BODY = 65_536
DEPTH_LIMIT = 64
SUMMARY_SECONDS = 30.0

_BASE: Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_CHALLENGE: Headers = [(b"www-authenticate", b'Basic realm="agentkit", charset="UTF-8"')]
_TOKEN = re.compile(rb"(?:^|&)__token=([^&]*)")
_CALL_ID = re.compile(r"(?:^|&)call_id=([^&]*)")
_HOLE = re.compile(rb"hole:(\w+);")
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_ONE_KIND = bytes.maketrans(b"[]{}", b"()()")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_encode = msgspec.json.Encoder().encode


class Id:
    """An id; the decoder notes each one, also those that a later one of the same name replaces."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Call(msgspec.Struct):
    """Where a document's body names its call."""

    call_id: Id | None = None


class SwmlBody(msgspec.Struct):
    """The body of a request for a document."""

    call: Call | None = None
    call_id: Id | None = None


class Argument(msgspec.Struct, frozen=True):
    """What the model gave."""

    parsed: list[Any] = []


class SwaigBody(msgspec.Struct):
    """The body of a tool call."""

    function: Id
    call_id: Id | None = None
    argument: Argument = Argument()


class SummaryData(msgspec.Struct, frozen=True):
    """Where a summary is."""

    parsed: list[Any] = []
    raw: str | None = None


class SummaryBody(msgspec.Struct):
    """The body of a summary."""

    call_id: Id | None = None
    post_prompt_data: SummaryData = SummaryData()


class Order(msgspec.Struct):
    """The arguments of every tool."""

    order: str
    count: int
    gift: bool = False


class Refused(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        self.answer: Answer = (status, _encode({"error": sentence}), [])


_given: list[object] = []


def _note(_: type, value: object) -> Id:
    if not isinstance(value, str):
        raise TypeError("an id is text")
    _given.append(value)
    return Id(value)


_swml = msgspec.json.Decoder(SwmlBody, dec_hook=_note).decode
_swaig = msgspec.json.Decoder(SwaigBody, dec_hook=_note).decode
_summary = msgspec.json.Decoder(SummaryBody, dec_hook=_note).decode


class Signer:
    """Mints and checks the tokens of one purpose."""

    def __init__(self, purpose: bytes) -> None:
        self._hasher = hashlib.blake2b(purpose, key=content.SECRET.encode(), digest_size=32)

    def mint(self, call_id: str | None, expires: int) -> bytes:
        """Return a token for a call, or for any call when there is no id."""
        bound = f"{expires:x}.{'a' if call_id is None else 'c'}"
        return f"{bound}.{self._sign(bound, call_id)}".encode()

    def accepts(self, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token is genuine, not expired and for this call."""
        bound, _, signature = token.rpartition(".")
        expires, _, scope = bound.partition(".")
        expected = self._sign(bound, None if scope == "a" else call_id)
        return hmac.compare_digest(signature.encode(), expected.encode()) and (
            int(expires, 16) >= now
        )

    def _sign(self, bound: str, call_id: str | None) -> str:
        hasher = self._hasher.copy()
        hasher.update(f"{bound}.{call_id or ''}".encode())
        return hasher.hexdigest()


_swaig_signer = Signer(b"swaig")
_summary_signer = Signer(b"post_prompt")


async def answer_async(order: Order) -> str:
    """Be the tools that are coroutines."""
    return content.said(order.order, order.count)


def answer_plain(order: Order) -> str:
    """Be the tool that is a plain function."""
    return content.said(order.order, order.count)


class Agent:
    """The ASGI application of one agent."""

    def __init__(self, tools: int = 10, route: str = content.ROUTE) -> None:
        names = content.tool_names(tools)
        self._tools = dict.fromkeys(names, answer_async)
        self._plain = {content.SYNC_TOOL: answer_plain}
        self._parts = _HOLE.split(_encode(document(names, route)))
        self._paths: dict[str, Callable[[JSON, Any, dict[bytes, bytes]], Awaitable[Answer]]] = {
            **dict.fromkeys((route, f"{route}/"), self._document),
            **dict.fromkeys((f"{route}/swaig", f"{route}/swaig/"), self._tool),
            **dict.fromkeys((f"{route}/post_prompt", f"{route}/post_prompt/"), self._summary),
        }

    async def __call__(self, scope: JSON, receive: Any, send: Any) -> None:
        """Be an ASGI application."""
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        try:
            status, body, headers = await self._answer(scope, receive)
        except Refused as refused:
            status, body, headers = refused.answer
        headers = [*_BASE, *headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: JSON, receive: Any) -> Answer:
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"")
        if not hmac.compare_digest(given, content.AUTHORIZATION):
            return 401, b'{"error":"Unauthorized"}', _CHALLENGE
        answer = self._paths.get(scope["path"])
        if answer is None:
            raise Refused(404, "there is nothing at this path")
        return await answer(scope, receive, headers)

    async def _document(self, scope: JSON, receive: Any, headers: dict[bytes, bytes]) -> Answer:
        if scope["method"] == "POST":
            body = await _body(receive, headers, BODY_LIMIT)
            request = _decoded(_swml, body) if body else SwmlBody()
            inner = request.call.call_id if request.call is not None else None
            _check_once(inner, request.call_id)
            named = inner or request.call_id
            call_id = named.text if named else None
        elif scope["method"] == "GET":
            found = _CALL_ID.search(scope["query_string"].decode("latin-1"))
            call_id = found[1] if found else None
            if call_id and ("%" in call_id or "+" in call_id):
                call_id = unquote_plus(call_id)
        else:
            raise Refused(405, "only GET and POST are allowed here")
        _check_id(call_id)
        expires = int(time.time() + content.TOKEN_SECONDS)
        parts = self._parts.copy()
        parts[1] = _summary_signer.mint(call_id, expires)
        parts[3] = _swaig_signer.mint(call_id, expires)
        return 200, b"".join(parts), []

    async def _tool(self, scope: JSON, receive: Any, headers: dict[bytes, bytes]) -> Answer:
        if scope["method"] != "POST":
            raise Refused(405, "only POST is allowed here")
        request = _decoded(_swaig, await _body(receive, headers, BODY_LIMIT))
        _check_once(request.function, request.call_id)
        call_id, function = request.call_id and request.call_id.text, request.function.text
        _check_id(call_id)
        tool = self._tools.get(function)
        if tool is None:
            raise Refused(404, "there is no such function here")
        if not _swaig_signer.accepts(_token(scope), call_id, time.time()):
            raise Refused(403, "the token is missing, wrong, expired or of another call")
        parsed = request.argument.parsed
        return 200, _encode({"response": await self._said(function, parsed)}), []

    async def _said(self, function: str, parsed: list[Any]) -> str:
        try:
            order = msgspec.convert(parsed[0] if parsed else {}, Order, strict=False)
        except msgspec.ValidationError as error:
            return f"The arguments do not fit: {error}"
        try:
            async with asyncio.timeout(content.TOOL_SECONDS):
                plain = self._plain.get(function)
                if plain is not None:
                    return await asyncio.to_thread(plain, order)
                return await self._tools[function](order)
        except Exception:  # noqa: BLE001 - a tool may raise anything, and the model is told a sentence
            return "Something went wrong."

    async def _summary(self, scope: JSON, receive: Any, headers: dict[bytes, bytes]) -> Answer:
        if scope["method"] != "POST":
            raise Refused(405, "only POST is allowed here")
        body = await _body(receive, headers, SUMMARY_LIMIT)
        request = _decoded(_summary, body)
        _check_once(request.call_id)
        call_id = request.call_id and request.call_id.text
        _check_id(call_id)
        if not _summary_signer.accepts(_token(scope), call_id, time.time()):
            raise Refused(403, "the token is missing, wrong, expired or of another call")
        parsed = request.post_prompt_data.parsed
        try:
            async with asyncio.timeout(SUMMARY_SECONDS):
                await on_summary(parsed[0] if parsed else None, msgspec.json.decode(body))
        except Exception:  # noqa: BLE001 - a hook may raise anything; the platform must not repeat
            return 200, b'{"success":false}', []
        return 200, b'{"success":true}', []


async def on_summary(summary: object, raw_data: JSON) -> None:
    """Take the summary, and the whole body as plain data."""


class Server:
    """Many agents behind one application."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}

    def register(self, agent: Agent, route: str) -> None:
        """Serve an agent at a route of one segment."""
        self._agents[route] = agent

    async def __call__(self, scope: JSON, receive: Any, send: Any) -> None:
        """Be an ASGI application."""
        route = "/" + scope["path"].split("/", 2)[1]
        await self._agents[route](scope, receive, send)


def document(names: list[str], route: str) -> JSON:
    """Return the document with holes where the tokens go."""
    user = f"https://{content.USER}:{content.PASSWORD}@"
    home = content.PUBLIC_URL.replace("https://", user) + route
    ai = {
        "prompt": {"pom": content.SECTIONS},
        "post_prompt": {"text": content.POST_PROMPT},
        "post_prompt_url": f"{home}/post_prompt/?__token=hole:post_prompt;",
        "SWAIG": {
            "defaults": {"web_hook_url": f"{home}/swaig/?__token=hole:swaig;"},
            "functions": [_function(name) for name in names],
        },
        "params": content.PARAMETERS,
        "hints": content.HINTS,
        "languages": [content.LANGUAGE],
    }
    return {"version": "1.0.0", "sections": {"main": [{"answer": {}}, {"ai": ai}]}}


def _function(name: str) -> JSON:
    kinds = {"order": "string", "count": "integer", "gift": "boolean"}
    properties: dict[str, JSON] = {
        key: {"type": kinds[key], "description": text} for key, text in content.ARGUMENTS.items()
    }
    properties["gift"] = {**properties["gift"], "default": False}
    return {
        "function": name,
        "description": content.DESCRIPTION,
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": ["order", "count"],
        },
    }


async def _body(receive: Any, headers: dict[bytes, bytes], limit: int) -> bytes:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise Refused(415, "the content type must be application/json")
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise Refused(413, "the body is too large")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # what has come is not the whole body
            raise Refused(400, "the client left")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise Refused(413, "the body is too large")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _decoded(decode: Callable[[bytes], Any], body: bytes) -> Any:
    """Decode a body; the number of its ids tells whether one was given twice."""
    _check_shape(body)
    _given.clear()
    try:
        return decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not the JSON that is expected: {error}") from error


def _check_once(*ids: "Id | None") -> None:
    if len(_given) > len(ids) - ids.count(None):
        raise Refused(400, "the body names its call or its function twice")


def _check_shape(body: bytes) -> None:
    """Refuse what is not UTF-8, and nesting beyond 64 levels in bodies of up to 64 KiB."""
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise Refused(400, "the body is not UTF-8") from error
    if len(body) <= SMALL_BODY and body.count(b"{") + body.count(b"[") > DEPTH_LIMIT:
        rest = _STRINGS.sub(b"", body).translate(_ONE_KIND, _OTHERS)
        for _ in range(DEPTH_LIMIT):
            rest = rest.replace(b"()", b"")
        if rest:
            raise Refused(400, "the body nests too deep")


def _check_id(call_id: str | None) -> None:
    if call_id is not None and (len(call_id) > ID_LIMIT or not call_id.isprintable()):
        raise Refused(400, "the call id is not an id")


def _token(scope: JSON) -> str:
    found = _TOKEN.search(scope["query_string"])
    return found[1].decode("latin-1") if found else ""


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
