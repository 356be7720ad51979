"""From a spec to what a request needs: the document as a template, tables of tools and paths."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import asdict

from agentkit import _json
from agentkit.errors import DefinitionError, EncodingError
from agentkit.spec import AgentSpec
from agentkit.swml.document import document
from agentkit.swml.template import Bound, Template, Value, hole
from agentkit.swml.verbs import Ai, Swaig
from agentkit.tokens import Keys, Seal, Signer, bound_to
from agentkit.tools import Tool
from agentkit.urls import Base, query_suffix

if TYPE_CHECKING:
    Kind = Literal[
        "swml", "swaig", "post_prompt", "check_for_input", "debug_events", "mcp", "callback"
    ]
    """The operations of an agent."""

JSON = dict[str, Any]
BODY_LIMIT = 1024 * 1024
"""Largest body of a request, in bytes."""

SUMMARY_LIMIT = 8 * 1024 * 1024
"""Largest body of a summary, which carries the log of a whole call, in bytes."""

ADDRESS_LIMIT = 64
"""How many public addresses a compiled agent remembers the bound document of."""


_ALWAYS = {"prompt", "params"}
BEDROCK_KEYS = ("SWAIG", "params", "global_data", "post_prompt", "post_prompt_url")
BEDROCK_PROMPT_KEYS = {
    "text", "pom", "voice_id", "temperature", "top_p", "max_tokens", "confidence",
    "presence_penalty", "frequency_penalty",
}  # fmt: skip


class Endpoint(msgspec.Struct, frozen=True):
    """What answers at a path."""

    kind: "Kind"
    methods: tuple[str, ...]
    callback_path: str | None = None
    body_limit: int = BODY_LIMIT
    fetches: bool = False  # a POST asks for a document, and may be empty


ENDPOINTS = {
    "": Endpoint("swml", ("GET", "POST"), fetches=True),
    "/swaig": Endpoint("swaig", ("GET", "POST")),
    "/post_prompt": Endpoint("post_prompt", ("POST",), body_limit=SUMMARY_LIMIT),
    "/check_for_input": Endpoint("check_for_input", ("GET", "POST")),
    "/debug_events": Endpoint("debug_events", ("POST",), body_limit=SUMMARY_LIMIT),
}


HEALTH = {"/health", "/health/", "/ready", "/ready/"}
"""Where an application says how it is: its own paths and not an agent's."""

MCP = "/mcp"
"""Where an agent's own tools are offered to MCP clients, when it is asked to."""


class CompiledAgent:
    """A spec made ready to answer requests; never changed, but for remembered addresses."""

    __slots__ = ("_bound", "_debug_signer", "_identity", "_post_signer", "_signer", "access",
                 "has_background", "paths", "spec", "swml", "template", "tools",
                 "usernames")  # fmt: skip

    def __init__(self, spec: AgentSpec) -> None:
        access = spec.access
        access.check()
        self.spec = spec
        self.access = access
        self.tools = spec.tools
        self.has_background = any(tool.background for tool in spec.tools.values())
        for tool in spec.tools.values():
            if tool.is_checked:
                tool.check(spec.name, tool.line)
        self.usernames = frozenset(spec.usernames())
        try:
            self.swml = default_document(spec)
            self.template = Template(self.swml)
        except EncodingError as error:
            raise DefinitionError(f"agent {spec.name!r}: {error}") from error
        self.paths = dict(_paths(spec))
        identity = f"{spec.name}\n{spec.route}"
        seal = Seal(access.keys, ("swaig", "post_prompt"), identity)
        self._signer, self._post_signer = seal.signer("swaig"), seal.signer("post_prompt")
        self._debug_signer = _alone(access.keys, "debug_events", identity)
        self._identity = identity
        self._bound: dict[tuple[str, str, str], Bound] = {}

    def document(self, address: tuple[str, str, str], call_id: str | None, now: float) -> bytes:
        """Return the default document for a call, as seen from a public address."""
        bound = self._bound.get(address)
        if bound is None:
            bound = self.bind(self.template, address)
            if len(self._bound) < ADDRESS_LIMIT:
                self._bound[address] = bound
        return bound.fill(call_id, int(now + self.access.token_seconds))

    def encode(
        self, swml: JSON, address: tuple[str, str, str], call_id: str | None, now: float
    ) -> bytes:
        """Return a changed document for a call.

        Raises:
            EncodingError: JSON cannot carry it.
        """
        expires = int(now + self.access.token_seconds)
        return self.bind(Template(swml), address).fill(call_id, expires)

    def bind(self, template: Template, address: tuple[str, str, str]) -> Bound:
        """Return a template with the URLs for a public address written in."""
        base = self.access.base(address)
        return template.bind(lambda name: self._value(name, base))

    def swaig_of(self, functions: list[JSON]) -> JSON:
        """Return functions as another agent includes them, with where they are answered."""
        url = self.spec.web_hook_url or hole("swaig")
        return {"functions": functions, "defaults": {"web_hook_url": url}}

    def accepts(self, function: str, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token allows this call to run this function."""
        return self._signer_of(function).accepts(token, call_id, now)

    def mint(self, function: str, call_id: str | None, now: float) -> str:
        """Return a token that allows a call to run a function."""
        binding = bound_to(call_id, int(now + self.access.token_seconds))
        return self._signer_of(function).mint(binding).decode()

    def mint_mcp(self, seconds: float, now: float) -> str:
        """Return a token that admits a client to `/mcp`."""
        return self._mcp_signer().mint(bound_to(None, int(now + seconds))).decode()

    def accepts_mcp(self, token: str, now: float) -> bool:
        """Say whether a token admits a client to `/mcp`."""
        return self._mcp_signer().accepts(token, None, now)

    def accepts_summary(self, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token allows this call to post its summary."""
        return self._post_signer.accepts(token, call_id, now)

    def accepts_debug_event(self, token: str, call_id: str | None, now: float) -> bool:
        """Say whether a token allows this call to post debug events."""
        return self._debug_signer.accepts(token, call_id, now)

    def _value(self, name: str, base: Base) -> Value:
        """Tell what a hole is filled with: a base without user, or an endpoint with a token."""
        if name == "base":
            return Value(f"{base.origin}{base.prefix}")
        endpoint, _, function = name.partition(".")
        home = f"{base.with_user(self.access.auth.userinfo)}{self.spec.route}"
        url = f"{home}/{endpoint}/?{query_suffix(self.spec.query)}__token="
        if endpoint == "post_prompt":
            return Value(url, self._post_signer)
        if endpoint == "debug_events":
            return Value(url, self._debug_signer)
        return Value(url, self._signer_of(function))

    def _mcp_signer(self) -> Signer:
        return _alone(self.access.keys, "mcp", self._identity)

    def _signer_of(self, function: str) -> Signer:
        """Return what signs the tokens of one function; that of all of them without a name."""
        if not (function and self.access.per_function):
            return self._signer
        return _alone(self.access.keys, "swaig", self._identity, function)


def _alone(keys: Keys, purpose: str, identity: str, function: str = "") -> Signer:
    return Seal(keys, (purpose,), identity, function).signer(purpose)


def default_document(spec: AgentSpec) -> JSON:
    """Return the document of a spec, with holes where requests differ."""
    if spec.script is not None:
        return spec.script
    answer = [] if spec.answer is None else [{"answer": spec.answer}]
    record = [] if spec.record_call is None else [spec.record_call]
    ai = _told({**asdict(_ai(spec)), "SWAIG": _told(asdict(_swaig(spec)))})
    verbs = [
        *spec.pre_answer,
        *answer,
        *record,
        *spec.post_answer,
        _model_verb(spec, ai),
        *spec.post_ai,
    ]
    return document(verbs)


def _model_verb(spec: AgentSpec, ai: JSON) -> JSON:
    """Bedrock takes fewer keys, and always has three of them (vendor SDK 3.7)."""
    if spec.bedrock is None:
        return {"ai": ai}
    kept = {key: ai[key] for key in BEDROCK_KEYS if key in ai}
    told = {key: value for key, value in ai["prompt"].items() if key in BEDROCK_PROMPT_KEYS}
    always: JSON = {"SWAIG": {}, "params": {}, "global_data": {}}
    return {"amazon_bedrock": {"prompt": {**spec.bedrock, **told}, **always, **kept}}


def _told(fields: JSON) -> JSON:
    """Leave out what says nothing, but for what is always there; what is kept is not copied."""
    return {key: value for key, value in fields.items() if value or key in _ALWAYS}


def _ai(spec: AgentSpec) -> Ai:
    greeting = f"You are {spec.name}, a helpful AI assistant."
    ends_with_post = spec.post_prompt_url or spec.post_prompt.text
    prompt = spec.prompt.to_swml(use_pom=spec.use_pom, otherwise=greeting)
    return Ai(
        prompt={**prompt, **_contexts(spec)},
        post_prompt=_post_prompt(spec),
        post_prompt_url=(spec.post_prompt_url or hole("post_prompt"))
        if ends_with_post or spec.params.get("save_conversation")
        else None,
        params=_params(spec),
        hints=list(spec.hints),
        languages=list(spec.languages),
        multilingual=spec.multilingual,
        pronounce=list(spec.pronunciations),
        global_data=spec.global_data,
    )


def _contexts(spec: AgentSpec) -> JSON:
    if spec.contexts is None or not spec.contexts.contexts:
        return {}
    included = [name for include in spec.includes for name in include.get("functions", ())]
    others = {*spec.native_functions, *included}
    is_open = bool(spec.mcp_servers)  # what a server offers is found out during the call
    return {"contexts": spec.contexts.to_swml(spec.name, spec.tools, others, is_open=is_open)}


def _post_prompt(spec: AgentSpec) -> JSON | None:
    if not spec.post_prompt.text:
        return None
    return {"text": spec.post_prompt.text, **spec.post_prompt.parameters}


def _params(spec: AgentSpec) -> JSON:
    """Return the parameters of the `ai` verb; those that the author set win."""
    if not spec.debug_level:
        return spec.params
    debug = {"debug_webhook_url": hole("debug_events"), "debug_webhook_level": spec.debug_level}
    return {**debug, **spec.params}


def _swaig(spec: AgentSpec) -> Swaig:
    functions = [function_entry(spec, tool) for tool in spec.tools.values()]
    return Swaig(
        defaults={"web_hook_url": spec.web_hook_url or hole("swaig")} if functions else {},
        native_functions=list(spec.native_functions),
        includes=list(spec.includes),
        internal_fillers=spec.internal_fillers,
        mcp_servers=list(spec.mcp_servers),
        functions=functions,
    )


def swaig_section(spec: AgentSpec) -> JSON:
    """Return `SWAIG` as it stands in the document of an agent."""
    section: JSON = _json.to_builtins(_swaig(spec))
    return section


def function_entry(spec: AgentSpec, tool: Tool) -> JSON:
    """Return the entry of a tool in `SWAIG.functions`.

    With one URL for all functions the platform derives one `meta_data_token` for them; with a URL
    each it would derive many, and `toggle_functions` and `meta_data` would not reach across
    (facts 3.1), so then a common one is set.
    """
    entry = dict(tool.entry)
    wait_file = entry.get("wait_file")
    if isinstance(wait_file, str) and "://" not in wait_file:
        entry["wait_file"] = f"{hole('base')}/{wait_file.lstrip('/')}"
    own_url = spec.access.per_function and not spec.web_hook_url
    if own_url and tool.handler is not None and "web_hook_url" not in entry:
        entry["web_hook_url"] = hole(f"swaig.{tool.name}")
        entry.setdefault("meta_data_token", f"agentkit{spec.route.replace('/', '.')}")
    return entry


def _paths(spec: AgentSpec) -> Iterator[tuple[str, Endpoint]]:
    """Every path with and without its trailing slash (D1)."""
    offered = {MCP: Endpoint("mcp", ("POST",))} if spec.mcp_server else {}
    if taken := offered.keys() & spec.callbacks.keys():
        raise DefinitionError(f"agent {spec.name!r} has a callback path {taken.pop()!r} already")
    for suffix, endpoint in {**ENDPOINTS, **offered, **_callbacks(spec)}.items():
        path = f"{spec.route}{suffix}"
        yield path, endpoint
        yield f"{path}/", endpoint


def _callbacks(spec: AgentSpec) -> dict[str, Endpoint]:
    return {
        path: Endpoint("callback", ("GET", "POST"), path, fetches=True) for path in spec.callbacks
    }


def check_callback_path(path: str) -> None:
    """Refuse a callback path that is taken by an endpoint.

    Raises:
        DefinitionError: it is.
    """
    if path in {*ENDPOINTS, "/health", "/ready"}:
        raise DefinitionError(f"the callback path {path or '/'!r} is an endpoint of the agent")
