"""One request on its way through the pipeline, and what user code gets to see of a call."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote, unquote_plus

from msgspec import Struct
from msgspec.structs import replace

from agentkit import _json
from agentkit._log import EventLogger, subject
from agentkit.digests import blake2b
from agentkit.errors import RequestError
from agentkit.late import LateModule, pattern
from agentkit.swaig.payload import Anything, PostPrompt, read_post_prompt

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope

    from agentkit import loops, web
    from agentkit.events import Outcome
    from agentkit.state import view
    from agentkit.state.manager import StateManager
    from agentkit.state.view import StateView

    class CallOwner(Protocol):
        """What a call knows of the agent that answers it."""

        @property
        def name(self) -> str:
            """The agent's name."""
            ...

        @property
        def route(self) -> str:
            """The path that it answers at."""
            ...

        @property
        def states(self) -> "StateManager":
            """Where state is kept."""
            ...

        @property
        def state_kind(self) -> type[Struct] | None:
            """What types the state of a call."""
            ...

else:  # what a document needs nothing of
    loops = LateModule("agentkit.loops", globals())
    view = LateModule("agentkit.state.view", globals())
    web = LateModule("agentkit.web", globals())

JSON = dict[str, Any]
S = TypeVar("S", bound=Struct)

LONG_SECONDS = 30 * 86_400.0
"""How long the state of callers and agents is kept after its last write."""

_anything = _json.decoder(Anything)
_AND, _PERCENT, _PLUS = b"&%+"  # numbers are found in bytes sooner than bytes are
_CALL_ID = pattern(rb"(?:^|&)call_id=([^&]*)")
_TOKEN = pattern(rb"(?:^|&)(?:__)?token=([^&]*)")


class Subject(Struct, frozen=True):
    """What log lines are about while no tool runs: a call and an agent."""

    call_id: str | None
    agent: str

    def log_fields(self) -> JSON:
        """Return what every line carries."""
        return {"call_id": self.call_id, "agent": self.agent}


class Exchange(Struct):
    """An HTTP request: its ASGI scope, its headers as a dict, its body once it was read."""

    scope: "Scope"
    receive: "Receive"
    headers: Mapping[bytes, bytes]
    root_path: str
    method: str
    body: bytes = b""
    _data: JSON | None = None
    _post: PostPrompt | None = None

    def token(self) -> str:
        """Return the token in the query, empty when there is none or more than one."""
        query: bytes = self.scope.get("query_string", b"")
        if query[:8] == b"__token=" and not (_AND in query or _PERCENT in query):
            return query[8:].decode("latin-1")  # a pattern takes much longer
        found = _TOKEN.findall(query)
        return unquote(found[0].decode("latin-1")) if len(found) == 1 else ""

    def query(self) -> dict[str, str]:
        """Return the query parameters but the token; the last of a name counts."""
        raw = self.scope.get("query_string", b"").decode("latin-1")
        pairs = parse_qsl(raw, keep_blank_values=True)
        return {name: value for name, value in pairs if name not in {"__token", "token"}}

    def call_id_in_query(self) -> str | None:
        """Return the query's `call_id`, None when there is none."""
        query: bytes = self.scope.get("query_string", b"")
        if query[:8] == b"call_id=" and not (_AND in query or _PERCENT in query or _PLUS in query):
            return query[8:].decode("latin-1")
        found = _CALL_ID.findall(query)
        return unquote_plus(found[-1].decode("latin-1")) if found else None

    def data(self) -> JSON:
        """Return the body as plain data (checked before), or the query of a GET.

        Raises:
            RequestError: 400, it nests too deep, or a number is too large; the check passes over
                what nobody reads.
        """
        if self._data is None:
            try:
                read = _json.decode_checked(self.body) if self.body else None
            except ValueError as error:
                raise RequestError(400, f"the body cannot be read: {error}") from error
            self._data = read if isinstance(read, dict) else self.query()
        return self._data

    def post_prompt(self) -> PostPrompt:
        """Return the body as what the platform posts after a call: it is long, so read once.

        Raises:
            RequestError: 400, the body is not what it should be, or names the call twice.
        """
        if self._post is None:
            self._post = read_post_prompt(self.body)
        return self._post

    def check_depth(self) -> None:
        """Refuse a body that nests too deep, unless it is long: of that one nobody reads the rest.

        Raises:
            RequestError: 400.
        """
        if len(self.body) <= _json.SMALL_BODY:
            _json.check_depth(self.body)

    def check_body(self) -> None:
        """Refuse a body that is no JSON object.

        Raises:
            RequestError: 400, saying what is wrong.
        """
        if self.body:
            _json.read(_anything, self.body)

    def posting(self, body: bytes, *, token: str) -> "Exchange":
        """Return this request as if it had posted another body, with a token in its query."""
        query: bytes = self.scope.get("query_string", b"")
        kept = [part for part in query.split(b"&") if part and not _TOKEN.match(part)]
        query = b"&".join([*kept, b"__token=" + token.encode()])
        scope = {**self.scope, "query_string": query}
        return replace(self, scope=scope, body=body, method="POST", _data=None, _post=None)

    def with_query(self, query: str) -> "Exchange":
        """Return this request as if it had come with another query."""
        scope = {**self.scope, "query_string": query.encode("latin-1")}
        return replace(self, scope=scope, _data=None)

    def text_headers(self) -> dict[str, str]:
        """Return the headers with lower-case names, but not the credentials."""
        pairs = ((name.decode("latin-1"), value) for name, value in self.headers.items())
        return {name: value.decode("latin-1") for name, value in pairs if name != "authorization"}

    def request(self) -> "Request":
        """Return a Starlette request that can read the body again."""
        return web.request(self.scope, self._replay)

    def fingerprint(self, agent: str) -> bytes:
        """Return what the same request to the same agent has in common, and no other has."""
        digest = blake2b(self.body, digest_size=16)
        scope = self.scope
        place = f"\n{agent}\n{scope['path']}?".encode("utf-8", "surrogatepass")
        digest.update(place + scope.get("query_string", b""))
        return digest.digest()

    def client_left(self) -> bool:
        """Say whether the client is known to be gone, without waiting.

        The server's `receive` is stepped once: with the body read, it answers at once only when
        there is nobody any more.
        """
        if loops.asyncio_loop() is None or not inspect.iscoroutinefunction(self.receive):
            return False
        waiting = self.receive()
        try:
            waiting.send(None)
        except StopIteration as told:
            return bool(told.value["type"] == "http.disconnect")
        finally:
            waiting.close()
        return False

    async def _replay(self) -> "Message":
        return {"type": "http.request", "body": self.body, "more_body": False}


class Call(Struct, eq=False):
    """A tool call as its tool sees it: annotate a parameter with `Call` to get it.

    Attributes:
        exchange: the request that carried it.
        call_id: the platform's id of the phone call, None when it sent none.
        function: the name of the function that the model called.
        arguments: the converted arguments, by name.
        outcome: what became of it, for those who watch.
        error_id: stands in the log beside a traceback.
        after_send: a tool whose answers are not replayed (`replay=False`) sets it to be told
            whether the answer was sent as a whole.
        log: writes events with the call id, the agent and the function on every line.
    """

    exchange: Exchange
    call_id: str | None
    function: str
    _owner: "CallOwner"
    arguments: JSON = {}
    once_key: str | None = None
    outcome: "Outcome | None" = None
    error_id: str | None = None
    seen: JSON = {}
    after_send: Callable[[bool], Awaitable[None]] | None = None
    _states: "StateManager | None" = None

    log = EventLogger("agentkit.call")

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # Python 3.11 has no such mark
        """Name the call; what came with it has secrets, and belongs to the caller."""
        return f"Call(call_id={self.call_id!r}, function={self.function!r})"

    @property
    def states(self) -> "StateManager":
        """Where the state of calls is kept, as this tool sees it."""
        return self._owner.states if self._states is None else self._states

    @states.setter
    def states(self, states: "StateManager") -> None:
        self._states = states

    @property
    def idempotency_key(self) -> str:
        """A key to hand to what the tool calls, such as a payment service.

        It is the same however often the platform sends this request, and for a `once` tool however
        often the model asks with the same arguments in this call.
        """
        agent = self._owner.name
        if self.once_key is None:
            return self.exchange.fingerprint(agent).hex()
        named = f"{agent}\n{self.call_id}\n{self.once_key}"
        return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @property
    def raw_data(self) -> JSON:
        """The whole body that the platform posted, as plain data."""
        return self.exchange.data()

    @property
    def global_data(self) -> JSON:
        """The call's global data, with the caller's id and name that the platform adds."""
        return self._dict("global_data")

    @property
    def meta_data(self) -> JSON:
        """The data kept for the functions that share this one's token."""
        return self._dict("meta_data")

    @property
    def caller_id_name(self) -> str | None:
        """The caller's name as the network says it: shown, never proven."""
        return self._text("caller_id_name")

    @property
    def caller_id_number(self) -> str | None:
        """The caller's number or SIP address: shown, never proven."""
        return self._text("caller_id_num") or self._text("caller_id_number")

    @property
    def conversation_id(self) -> str | None:
        """The id that the author gave with `params.conversation_id`, if any."""
        return self._text("conversation_id")

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that `add_swaig_query_params` put on the URL."""
        return self.exchange.query()

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers, names in lower case, without the credentials."""
        return self.exchange.text_headers()

    @property
    def request(self) -> "Request":
        """The request as Starlette sees it."""
        return self.exchange.request()

    @property
    def app_state(self) -> Any:
        """The `state` of the host application, else what a lifespan put there, else None."""
        scope = self.exchange.scope
        state = getattr(scope.get("app"), "state", None)
        return scope.get("state") or None if state is None else state

    @property
    def state(self) -> "StateView":
        """The state of this phone call: `await call.state.get()`, `update`, `edit`, `set`."""
        return view.StateView(self.states, self.call_id, self._owner.state_kind)

    @property
    def caller_state(self) -> "StateView":
        """What is known of the caller, by number, across calls: kept for 30 days."""
        states = self._owner.states.scoped("caller", LONG_SECONDS)
        return view.StateView(states, self.caller_id_number, missing="the caller has no number")

    @property
    def agent_state(self) -> "StateView":
        """What all calls of this agent share: kept for 30 days after the last write."""
        states = self._owner.states.scoped("agent", LONG_SECONDS)
        return view.StateView(states, f"{self._owner.name} {self._owner.route}")

    def collected(self, kind: type[S], key: str | None = None) -> S:
        """Return what `Step.collect(kind)` has gathered.

        Args:
            kind: the Struct that was asked for.
            key: the `output_key` of the step, if it was given one.

        Raises:
            ToolError: an answer is missing or does not fit; it tells the model to ask again.
        """
        found: S = _collecting().collected(kind, self.global_data, key)
        return found

    def log_fields(self) -> JSON:
        """Return what every line written in this call carries."""
        return {"call_id": self.call_id, "agent": self._owner.name, "function": self.function}

    def _dict(self, field: str) -> JSON:
        value = self.raw_data.get(field)
        return value if isinstance(value, dict) else {}

    def _text(self, field: str) -> str | None:
        value = self.raw_data.get(field)
        return value if isinstance(value, str) and value else None


def _collecting() -> Any:
    """Return the module that reads gathered answers, which only some tools need."""
    return import_module("agentkit.contexts.collecting")


def current_call() -> Call | None:
    """Return the call whose tool runs here, None when there is none."""
    about = subject.get()
    return about if isinstance(about, Call) else None
