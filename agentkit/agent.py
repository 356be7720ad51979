"""An agent: a variable that holds a spec, with the vendor's names for changing it.

Every setter puts a changed copy of the spec in place and returns the agent, so setters chain and
may be called at any time, also while requests are served: a request keeps the spec it began with.
Nothing about a request is ever stored here.
"""

import copy
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, Unpack, overload

from msgspec import Struct
from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit import credentials, prompt, speech, stores, tracking, urls, web
from agentkit._log import EventLogger
from agentkit.access import open_access
from agentkit.asgi import refuse_websocket, serve_http, serve_lifespan
from agentkit.asked import AskedPrompts
from agentkit.bridge import is_async
from agentkit.compile import CompiledAgent, check_callback_path
from agentkit.context import current_call
from agentkit.errors import DefinitionError
from agentkit.hooks import default_hook
from agentkit.late import LateModule
from agentkit.operations import inputs
from agentkit.operations.agents import checked_target
from agentkit.operations.health import HEALTH
from agentkit.operations.looking import watching
from agentkit.serve import run_server, serve_options
from agentkit.slots import Limits
from agentkit.spec import (
    AgentSpec,
    SipRouting,
    callback_of,
    checked_script,
    plain,
    plain_dict,
    text_of,
    texts,
)
from agentkit.state.manager import StateManager
from agentkit.stores import Store
from agentkit.swml import verbs
from agentkit.swml.document import verb
from agentkit.toolbox import ToolDecorator, class_tools, options_of
from agentkit.tools import Defined, Tool, build, from_definition
from agentkit.traffic import Traffic
from agentkit.vendor_options import VendorOptions, secret_of
from agentkit.watch import Watch

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import BaseRoute, Router

    from agentkit.contexts import ContextBuilder
    from agentkit.contexts.spec import ContextsSpec
    from agentkit.inbox import Inbox
    from agentkit.neighbours import Neighbour, Neighbours
    from agentkit.swml.ai_params import AiParams
    from agentkit.swml.verb import Verb

JSON = dict[str, Any]
DEBUG_LEVELS = (0, 1, 2)
_inbox = LateModule("agentkit.inbox")
_neighbours = LateModule("agentkit.neighbours")
_polls = LateModule("agentkit.operations.polls")
_retries = LateModule("agentkit.operations.retries")
_sip = LateModule("agentkit.sip")
_ANY_HOST = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound
_CONTEXTS = "agentkit.contexts.builder"
_MCP_SERVERS = "SWAIG.mcp_servers"
Hook = TypeVar("Hook", bound=Callable[..., Any])
RoutingCallback = Callable[..., Any]
PerCallConfig = Callable[..., Any]


class AgentBase:
    """A voice agent: an ASGI application that serves its document and answers its webhooks.

    Use it directly or subclass it. Every setter returns the agent.

    Args:
        name: what the agent is called; also its identity in tokens and logs.
        route: the path that the agent answers at, `/` by default.
        host: where `run()` listens.
        port: where `run()` listens; else the environment's `PORT`, else 3000.
        basic_auth: `(user, password)`, or several pairs of which the first goes into URLs; else
            `SWML_BASIC_AUTH_USER` and `SWML_BASIC_AUTH_PASSWORD`, else generated and kept in a
            private file whose path is logged.
        use_pom: send the prompt as sections rather than as one text.
        auto_answer: answer the call before the model speaks.
        record_call: record the call, in `record_format`, `record_stereo` or not.
        token_expiry_secs: how long a document's URLs are good, in seconds (24 h).
        token_scope: `"call"` has one token for all functions, `"function"` one for each.
        default_webhook_url: as `set_web_hook_url`.
        native_functions: functions of the platform to offer, such as `check_time`.
        enable_state_tracking: register `startup_hook` and `hangup_hook`, which begin and end the
            state of a call.
        state_manager: where call state is kept: a manager, a backend or a URL (else
            `AGENTKIT_STATE`, else with `enable_state_tracking` a file of this host, else memory).
        signing_key: the project's signing key, or several; documents are then served only to
            signed requests (else `SIGNALWIRE_SIGNING_KEY`).
        secret: what tokens are signed with, or several by commas (else `AGENTKIT_SECRET`, else a
            private file of this host). Hosts that share calls must share it.
        public_url: the address that the platform reaches this application under (else
            `AGENTKIT_PUBLIC_URL`, `SWML_PROXY_URL_BASE`, else each request's own).
        trusted_proxies: addresses or networks whose `X-Forwarded-*` headers are believed.
        state: a Struct that types the state of a call, or a URL as of `state_manager`.
        state_migrations: the first makes a state of schema 1 one of schema 2, and so on.
        visible: names of fields of the state that the model sees in `global_data`.
        limits: how many tool calls and threads the agent takes on at once.
        strict_templates: escape `${…}` in tool replies, except in a `Template`.
        error_document: served when a hook fails; by default a spoken apology and a hang-up.
        clock: tells Unix time in seconds.
        **vendor: settings of the vendor's SDK that have no effect here; see `VendorOptions`.

    Raises:
        DefinitionError: a setting or a tool of the class is wrong.
    """

    PROMPT_SECTIONS: ClassVar[Mapping[str, Any] | Sequence[Mapping[str, Any]]] = ()

    tool = ToolDecorator()

    def __init__(
        self,
        name: str,
        route: str = "/",
        host: str = "0.0.0.0",  # noqa: S104 - the platform comes from outside
        port: int | None = None,
        basic_auth: tuple[str, str] | Sequence[tuple[str, str]] | None = None,
        use_pom: bool = True,
        enable_state_tracking: bool = False,
        token_expiry_secs: float = 86_400,
        auto_answer: bool = True,
        record_call: bool = False,
        record_format: str = "mp4",
        record_stereo: bool = True,
        state_manager: Store | None = None,
        default_webhook_url: str | None = None,
        native_functions: Sequence[str] | None = None,
        *,
        signing_key: str | Sequence[str] | None = None,
        secret: str | None = None,
        public_url: str | None = None,
        trusted_proxies: Sequence[str] = (),
        token_scope: Literal["call", "function"] = "call",  # noqa: S107 - a scope is no secret
        state: type[Struct] | str | None = None,
        state_migrations: Sequence[Callable[[JSON], JSON]] = (),
        visible: Sequence[str] = (),
        limits: Limits | None = None,
        strict_templates: bool = False,
        error_document: JSON | None = None,
        clock: Callable[[], float] = time.time,  # noqa: TID251 - the default of the clock
        **vendor: Unpack[VendorOptions],
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise DefinitionError("an agent needs a name")
        self.clock = clock
        self.watch = Watch()
        self.host = host
        self.port = port
        self.log = EventLogger(f"agentkit.{type(self).__name__}")
        url = state if isinstance(state, str) else None
        manager = stores.manager_of(
            state_manager or url, tracked=enable_state_tracking, clock=clock
        )
        self._manager = manager.migrating(state_migrations) if state_migrations else manager
        self.traffic = Traffic(limits or Limits(), self._manager, clock)
        self._neighbours: Neighbours | None = None
        self._needs_state = enable_state_tracking or bool(state or state_manager)
        self._ready: tuple[AgentSpec, CompiledAgent] | None = None
        self._asked = AskedPrompts.of(self.get_prompt, self.get_post_prompt)
        self._spec = AgentSpec(
            name=name,
            route=urls.clean_route(route),
            access=open_access(
                basic_auth=basic_auth,
                secret=secret_of(secret, vendor),
                signing_key=signing_key,
                token_scope=token_scope,
                token_seconds=token_expiry_secs,
                public_url=public_url,
                trusted_proxies=trusted_proxies,
            ),
            prompt=prompt.Prompt(sections=prompt.from_declaration(self.PROMPT_SECTIONS)),
            use_pom=use_pom,
            answer={} if auto_answer else None,
            record_call=verbs.record_call(name, record_format, stereo=record_stereo)
            if record_call
            else None,
            native_functions=texts(native_functions or (), "native_functions"),
            tools=dict(class_tools(type(self))),
            strict_templates=strict_templates,
            state_kind=None if isinstance(state, str) else stores.checked_kind(state),
            visible=texts(visible, "visible"),
        )
        stores.check_secret(self._manager, self._spec.access)
        if error_document is not None:
            self._set(error_document=plain_dict(error_document, "error_document"))
        if default_webhook_url is not None:
            self.set_web_hook_url(default_webhook_url)
        if enable_state_tracking:
            self._add_hooks("startup_hook", "hangup_hook")

    # What the agent is -----------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The agent's name."""
        return self._spec.name

    @property
    def route(self) -> str:
        """The path that the agent answers at."""
        return self._spec.route or "/"

    @property
    def spec(self) -> AgentSpec:
        """The agent as one frozen value."""
        return self._spec

    @property
    def states(self) -> StateManager:
        """Where the state of calls is kept."""
        return self._manager

    @property
    def state_kind(self) -> type[Struct] | None:
        """The Struct that types the state of a call."""
        return self._spec.state_kind

    @property
    def needs_state(self) -> bool:
        """Whether the author asked for call state, so that losing it would be a fault."""
        return self._needs_state

    def get_name(self) -> str:
        """Return the agent's name."""
        return self._spec.name

    @overload
    def get_basic_auth_credentials(self) -> tuple[str, str]: ...

    @overload
    def get_basic_auth_credentials(self, include_source: Literal[True]) -> tuple[str, str, str]: ...

    def get_basic_auth_credentials(self, include_source: bool = False) -> tuple[str, ...]:
        """Return user and password as they stand in the agent's URLs.

        Args:
            include_source: add where they come from: `provided`, `environment` or `generated`.
        """
        auth = self._spec.access.auth
        return (*auth.credentials[0], auth.source) if include_source else auth.credentials[0]

    def validate_basic_auth(self, username: str, password: str) -> bool:
        """Say whether these are credentials of the agent."""
        return self._spec.access.auth.knows(username, password)

    def get_full_url(self, include_auth: bool = False) -> str:
        """Return the agent's address: under the public URL, else under host and port.

        Args:
            include_auth: put user and password into the URL. Treat it as a secret then.
        """
        host = "localhost" if self.host in _ANY_HOST else self.host
        local = f"http://{f'[{host}]' if ':' in host else host}:{self.port or 3000}"
        base = self._spec.access.public_url or urls.Base(local, "")
        auth = self._spec.access.auth
        home = base.with_user(auth.userinfo) if include_auth else f"{base.origin}{base.prefix}"
        return f"{home}{self._spec.route}"

    def compiled(self) -> CompiledAgent:
        """Return the current spec, ready to answer requests.

        Raises:
            DefinitionError: settings that do not go together.
        """
        ready, spec = self._ready, self._spec
        if self._asked is not None:
            spec = self._asked.spec(spec, self.get_prompt, self.get_post_prompt)
        if ready is not None and ready[0] is spec:
            return ready[1]
        fresh = CompiledAgent(spec)
        self._ready = (spec, fresh)
        return fresh

    def fork(self) -> Self:
        """Return a copy of the agent; what is set on the copy does not reach this one."""
        copied = copy.copy(self)
        if (contexts := sys.modules.get(_CONTEXTS)) is not None:  # else nobody has a builder
            contexts.rebind(copied, self)
        return copied

    def at_route(self, route: str) -> Self:
        """Answer at another route."""
        return self._set(route=urls.clean_route(route))

    # Prompt ----------------------------------------------------------------------------------

    @default_hook
    def get_prompt(self) -> str | list[JSON]:
        """Return the prompt, as text or as sections; override it to tell another.

        It is asked for every document and must be quick: it runs where requests are answered.
        """
        return self._spec.prompt.told(use_pom=self._spec.use_pom)

    @default_hook
    def get_post_prompt(self) -> str | None:
        """Return what the model is asked after the call; override it as `get_prompt`."""
        return self._spec.post_prompt.text or None

    def set_prompt_text(self, text: str) -> Self:
        """Set the prompt's free text; it comes before any sections."""
        told = text_of(text, "set_prompt_text")
        return self._set(prompt=replace(self._spec.prompt, text=told))

    def set_prompt_pom(self, pom: Sequence[Mapping[str, Any]]) -> Self:
        """Replace all sections of the prompt."""
        sections = tuple(prompt.checked(section) for section in pom)
        return self._set(prompt=replace(self._spec.prompt, sections=sections))

    def prompt_add_section(
        self,
        title: str,
        body: str = "",
        bullets: Sequence[str] | None = None,
        numbered: bool = False,
        numbered_bullets: bool = False,
        subsections: Sequence[Mapping[str, Any]] | None = None,
    ) -> Self:
        """Add a section at the end of the prompt."""
        added = prompt.section(
            title,
            body,
            bullets,
            numbered=numbered,
            numbered_bullets=numbered_bullets,
            subsections=subsections,
        )
        return self._set_sections((*self._spec.prompt.sections, added))

    def prompt_add_subsection(
        self, parent_title: str, title: str, body: str = "", bullets: Sequence[str] | None = None
    ) -> Self:
        """Add a subsection to the section titled parent_title, which is made when missing."""
        sub = prompt.section(title, body, bullets)
        return self._set_sections(
            prompt.add_subsection(self._spec.prompt.sections, parent_title, sub)
        )

    def prompt_add_to_section(
        self,
        title: str,
        body: str | None = None,
        bullet: str | None = None,
        bullets: Sequence[str] | None = None,
    ) -> Self:
        """Add a paragraph or bullets to a section, which is made when missing."""
        points = [*([bullet] if bullet else []), *(bullets or ())]
        sections = self._spec.prompt.sections
        return self._set_sections(prompt.add_to_section(sections, title, body or "", points))

    def prompt_has_section(self, title: str) -> bool:
        """Say whether the prompt has a section with this title, at any level."""
        return prompt.has_section(self._spec.prompt.sections, title)

    def set_prompt_llm_params(self, **params: Any) -> Self:
        """Set sampling parameters of the prompt, such as `temperature` and `top_p`."""
        given = self._sampling(params, "prompt")
        merged = {**self._spec.prompt.parameters, **given}
        return self._set(prompt=replace(self._spec.prompt, parameters=merged))

    def set_post_prompt(self, text: str) -> Self:
        """Set what the model is asked after the call; `on_summary` gets its answer."""
        told = text_of(text, "set_post_prompt")
        return self._set(post_prompt=replace(self._spec.post_prompt, text=told))

    def set_post_prompt_llm_params(self, **params: Any) -> Self:
        """Set sampling parameters of the post prompt."""
        given = self._sampling(params, "post_prompt")
        merged = {**self._spec.post_prompt.parameters, **given}
        return self._set(post_prompt=replace(self._spec.post_prompt, parameters=merged))

    # Contexts --------------------------------------------------------------------------------

    @property
    def contexts(self) -> "ContextBuilder":
        """The builder of the agent's contexts."""
        return self.define_contexts()

    @overload
    def define_contexts(self, contexts: None = None) -> "ContextBuilder": ...

    @overload
    def define_contexts(self, contexts: "Mapping[str, Any] | ContextBuilder") -> Self: ...

    def define_contexts(
        self, contexts: "Mapping[str, Any] | ContextBuilder | None" = None
    ) -> "ContextBuilder | Self":
        """Return the builder of the agent's contexts; with contexts, replace all by them.

        Args:
            contexts: contexts by name, in the form of the document or as `Context`s, or what
                another builder has built; the agent is returned then.

        Raises:
            DefinitionError: a field of them is not what it should be. That they hold together is
                checked when the agent is compiled.
        """
        builder: ContextBuilder = _contexts().ContextBuilder(self)
        if contexts is None:
            return builder
        builder.define(contexts)
        return self

    def set_contexts(self, contexts: "ContextsSpec | None") -> Self:
        """Put contexts in place that were built before, as one value."""
        return self._set(contexts=contexts)

    def reset_contexts(self) -> Self:
        """Forget all contexts."""
        return self._set(contexts=None)

    # What the model hears and says -----------------------------------------------------------

    def add_language(
        self,
        name: str,
        code: str,
        voice: str,
        speech_fillers: Sequence[str] | None = None,
        function_fillers: Sequence[str] | None = None,
        engine: str | None = None,
        model: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Self:
        """Add a language with its voice; a voice may be written `engine.voice:model`."""
        added = speech.language(
            name,
            code,
            voice,
            speech_fillers=speech_fillers,
            function_fillers=function_fillers,
            engine=engine,
            model=model,
            params=params,
        )
        known = plain(added, "add_language")
        return self._adding("languages", *self._shaped("languages", [known]))

    def set_languages(self, languages: Sequence[Mapping[str, Any]]) -> Self:
        """Replace all languages with entries in the platform's form."""
        return self._set(languages=tuple(self._shaped("languages", languages)))

    def set_language_params(self, code: str, params: Mapping[str, Any]) -> Self:
        """Set the voice's parameters of the language with this code, such as `stability`.

        Raises:
            DefinitionError: there is no such language, or a parameter is not within its limits.
        """
        given = self._shaped("voice", params, "languages.params")
        return self._set(languages=speech.with_params(self._spec.languages, code, given))

    def get_language_params(self, code: str) -> JSON | None:
        """Return a copy of the voice's parameters of the language with this code, if it has any."""
        found = (each for each in self._spec.languages if each["code"] == code)
        return dict(next(found, {}).get("params", {})) or None

    def set_multilingual(self, config: Mapping[str, Any]) -> Self:
        """Let the platform detect the language; this overrides `add_language`.

        Args:
            config: `languages` (codes, or dicts with `language` and a voice), and what rules the
                switch between them; an empty dict forgets it.

        Raises:
            DefinitionError: a field is not what it should be.
        """
        if not config:
            return self._set(multilingual=None)
        return self._set(multilingual=self._shaped("multilingual", config))

    def add_hint(self, hint: str) -> Self:
        """Add a word that speech recognition should expect."""
        return self.add_hints([hint])

    def add_hints(self, hints: Sequence[str]) -> Self:
        """Add words that speech recognition should expect; empty ones are left out."""
        return self._adding("hints", *(hint for hint in texts(hints, "add_hints") if hint))

    def add_pattern_hint(
        self, hint: str, pattern: str, replace: str, ignore_case: bool = False
    ) -> Self:
        """Replace what was heard as `pattern` (a regular expression) with `replace`."""
        made = speech.pattern_hint(hint, pattern, replace, ignore_case=ignore_case)
        return self._adding("hints", made)

    def add_pronunciation(self, replace: str, with_text: str, ignore_case: bool = False) -> Self:
        """Say a word in another way."""
        rule = speech.pronunciation(replace, with_text, ignore_case=ignore_case)
        return self._adding("pronunciations", rule)

    def set_pronunciations(self, pronunciations: Sequence[Mapping[str, Any]]) -> Self:
        """Replace all pronunciations with entries in the platform's form."""
        return self._set(pronunciations=tuple(self._shaped("pronounce", pronunciations)))

    # Settings and data of the model ----------------------------------------------------------

    def set_param(self, key: str, value: Any) -> Self:
        """Set one parameter of the `ai` verb."""
        return self.set_params({key: value})

    def set_params(self, params: "Mapping[str, Any] | AiParams") -> Self:
        """Set parameters of the `ai` verb, as a dict or typed (`AiParams`); others stay."""
        given = plain_dict(params, "set_params")
        import_module("agentkit.parameters").check_params(given, self.name)
        return self._merging("params", given)

    def set_semantic_gates(
        self,
        enabled: bool | None = None,
        timeout_ms: int | None = None,
        history: int | None = None,
    ) -> Self:
        """Rule the gates of all tools; what is None stays as it is.

        Args:
            enabled: whether gates are asked at all.
            timeout_ms: how long the platform waits for their answers, 500 to 10000 (2500).
            history: how many turns of the conversation they see, 0 to 100 (20).

        Raises:
            DefinitionError: one is not within its limits.
        """
        gates = import_module("agentkit.gates")
        return self.set_params(gates.parameters(self.name, enabled, timeout_ms, history))

    def set_global_data(self, data: Mapping[str, Any]) -> Self:
        """Set data that prompts and tools see during the call; other keys stay."""
        return self._merging("global_data", plain_dict(data, "set_global_data"))

    def update_global_data(self, data: Mapping[str, Any]) -> Self:
        """Do what `set_global_data` does."""
        return self.set_global_data(data)

    def set_native_functions(self, function_names: Sequence[str]) -> Self:
        """Offer functions that the platform has itself, such as `check_time`."""
        return self._set(native_functions=texts(function_names, "set_native_functions"))

    def set_internal_fillers(
        self, internal_fillers: Mapping[str, Mapping[str, Sequence[str]]]
    ) -> Self:
        """Set what is said while the platform's own functions run, by function and language."""
        known = self._shaped("internal_fillers", internal_fillers, "SWAIG.internal_fillers")
        return self._merging("internal_fillers", known)

    def add_internal_filler(
        self, function_name: str, language_code: str, fillers: Sequence[str]
    ) -> Self:
        """Set what is said in one language while one of the platform's functions runs."""
        known = self._spec.internal_fillers.get(function_name, {})
        languages = {**known, language_code: texts(fillers, "add_internal_filler")}
        return self.set_internal_fillers({function_name: languages})

    def add_function_include(
        self, url: str, functions: Sequence[str], meta_data: Mapping[str, Any] | None = None
    ) -> Self:
        """Include functions that another SWAIG endpoint describes and answers."""
        given = {"url": url, "functions": functions, "meta_data": meta_data}
        include = {key: value for key, value in given.items() if value is not None}
        return self._adding("includes", *self._shaped("includes", [include], "SWAIG.includes"))

    def set_function_includes(self, includes: Sequence[Mapping[str, Any]]) -> Self:
        """Replace all function includes with entries in the platform's form."""
        return self._set(includes=tuple(self._shaped("includes", includes, "SWAIG.includes")))

    def add_mcp_server(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        resources: bool = False,
        resource_vars: Mapping[str, str] | None = None,
    ) -> Self:
        """Let the platform use the tools of an MCP server."""
        given = {"url": url, "headers": headers, "resources": resources,
                 "resource_vars": resource_vars}  # fmt: skip
        server = {key: value for key, value in given.items() if value}
        return self._adding("mcp_servers", *self._shaped("mcp_servers", [server], _MCP_SERVERS))

    def enable_mcp_server(self) -> Self:
        """Offer the agent's own tools to MCP clients, at `/mcp` below its route.

        Clients log in as the platform does. With a `signing_key`, documents and the tokens in them
        are served only to the platform; then a client needs the URL of `get_mcp_url` as well.
        """
        import_module("agentkit.operations.mcp")  # now, not while a request is served
        return self._set(mcp_server=True)

    def get_mcp_url(self, include_auth: bool = False, token_seconds: float | None = None) -> str:
        """Return where MCP clients find the agent, with a token when one is demanded.

        Args:
            include_auth: put user and password into the URL. Treat it as a secret then.
            token_seconds: how long the token is good, else as long as a document's.
        """
        compiled = self.compiled()
        url = f"{self.get_full_url(include_auth).rstrip('/')}/mcp"
        if compiled.access.verifier is None:
            return url
        seconds = compiled.access.token_seconds if token_seconds is None else token_seconds
        return f"{url}?__token={compiled.mint_mcp(seconds, self.clock())}"

    # Verbs around the model ------------------------------------------------------------------

    def add_pre_answer_verb(self, verb_name: "str | Verb", config: Any = None) -> Self:
        """Run a verb before the call is answered, such as ringing: its name and body, or whole."""
        return self._adding("pre_answer", self._verb(verb_name, config))

    def add_answer_verb(self, config: Mapping[str, Any] | None = None) -> Self:
        """Answer the call with these settings, such as `max_duration` in seconds."""
        return self._set(answer=self._verb("answer", config)["answer"])

    def add_post_answer_verb(self, verb_name: "str | Verb", config: Any = None) -> Self:
        """Run a verb after the answer and before the model speaks."""
        return self._adding("post_answer", self._verb(verb_name, config))

    def add_post_ai_verb(self, verb_name: "str | Verb", config: Any = None) -> Self:
        """Run a verb after the model has ended."""
        return self._adding("post_ai", self._verb(verb_name, config))

    def clear_pre_answer_verbs(self) -> Self:
        """Forget the verbs before the answer."""
        return self._set(pre_answer=())

    def clear_post_answer_verbs(self) -> Self:
        """Forget the verbs after the answer."""
        return self._set(post_answer=())

    def clear_post_ai_verbs(self) -> Self:
        """Forget the verbs after the model."""
        return self._set(post_ai=())

    def set_document(self, document: Any) -> Self:
        """Serve a document of your own, without a model: a dict, or a `SWML`. None takes it back.

        Raises:
            DefinitionError: it has no sections, or JSON cannot carry what is in it.
        """
        script = None if document is None else checked_script(document)
        if isinstance(document, dict):  # a SWML was checked when it was written
            import_module("agentkit.swml.written").check_script(script, self.name)
        return self._set(script=script)

    # URLs ------------------------------------------------------------------------------------

    def set_web_hook_url(self, url: str) -> Self:
        """Have every function that has no URL of its own answered elsewhere."""
        return self._set(web_hook_url=urls.checked_url(url, "set_web_hook_url"))

    def set_post_prompt_url(self, url: str) -> Self:
        """Have summaries posted elsewhere."""
        return self._set(post_prompt_url=urls.checked_url(url, "set_post_prompt_url"))

    def add_swaig_query_params(self, params: Mapping[str, Any]) -> Self:
        """Put query parameters on the URLs of functions and summaries; empty ones are left out.

        They come back with every tool call, so per-call configuration can be repeated there.

        Raises:
            DefinitionError: a name is `token` or `__token`, which agentkit uses itself.
        """
        given = {str(name): str(value) for name, value in params.items() if value}
        if taken := given.keys() & {"token", "__token"}:
            raise DefinitionError(f"add_swaig_query_params: {sorted(taken)} is agentkit's own")
        return self._merging("query", given)

    def clear_swaig_query_params(self) -> Self:
        """Forget the query parameters."""
        return self._set(query={})

    def manual_set_proxy_url(self, proxy_url: str) -> Self:
        """Set the public URL."""
        changed = replace(self._spec.access, public_url=urls.public_base(proxy_url))
        return self._set(access=changed)

    # Tools -----------------------------------------------------------------------------------

    def add_tool(self, tool: Tool) -> Self:
        """Register a tool that was built before.

        Raises:
            DefinitionError: the agent has a tool of this name.
        """
        self._spec = self._spec.with_tool(tool)
        return self

    def define_tool(
        self,
        name: str,
        description: str | None = None,
        parameters: JSON | None = None,
        handler: Callable[..., Any] | None = None,
        secure: bool = True,
        fillers: Mapping[str, Sequence[str]] | None = None,
        webhook_url: str | None = None,
        required: Sequence[str] | None = None,
        is_typed_handler: bool | None = None,
        **options: Any,
    ) -> Self:
        """Register a function as a tool.

        Args:
            name: the function's name for the model.
            description: what it does, for the model; else the handler's docstring.
            parameters: JSON schema of the arguments, or just its properties; else the signature.
            handler: called with the arguments; not needed with `webhook_url`.
            secure: demand the call's token.
            fillers: what is said meanwhile, by language code.
            webhook_url: have it answered elsewhere.
            required: names of the arguments that must be there.
            is_typed_handler: say so when the signature could be read in both styles.
            **options: `timeout`, `on_error`, `wait_file`, `wait_file_loops`; others go into the
                SWAIG entry as they are.

        Raises:
            DefinitionError: something of it is wrong; the message names the tool and what.
        """
        if handler is None and not webhook_url:
            raise DefinitionError(f"tool {name!r} needs a handler or a webhook_url")
        given = {
            "description": description,
            "parameters": parameters,
            "secure": secure,
            "fillers": fillers,
            "webhook_url": webhook_url,
            "required": required,
            "is_typed_handler": is_typed_handler,
        }
        made = options_of(name, {**given, **options})
        return self.add_tool(build(handler or _elsewhere, made, takes_agent=False))

    def register_swaig_function(self, function_dict: Mapping[str, Any] | Defined) -> Self:
        """Register a function by its SWAIG definition, or a `DataMap`; nothing of it runs here."""
        return self.add_tool(from_definition(function_dict))

    # Skills ----------------------------------------------------------------------------------

    def add_skill(
        self, skill_name: str | type[object], params: Mapping[str, Any] | None = None
    ) -> Self:
        """Add a skill: its tools, hints, data and sections of the prompt.

        Args:
            skill_name: a built-in skill, or one that `agentkit.skills` was told of; or its class.
            params: the skill's parameters.

        Raises:
            DefinitionError: there is no such skill, it is there already, or it misses a parameter,
                a package or a variable of the environment. The agent is then as it was.
        """
        spec = self._spec
        try:
            spec = _skills().add(self, skill_name, params)
        finally:
            self._spec = spec
        return self

    def remove_skill(self, skill_name: str) -> Self:
        """Remove a skill with all that it added; a name that means none changes nothing.

        Args:
            skill_name: one of `list_skills`, or a skill's name for all of its instances.
        """
        self._spec = _skills().remove(self, skill_name)
        return self

    def list_skills(self) -> list[str]:
        """Return what the agent's skills are called: their names, or those of their instances."""
        return list(self._spec.skills)

    def has_skill(self, skill_name: str) -> bool:
        """Say whether the agent has a skill: one of `list_skills`, or any instance of a name."""
        return bool(_skills().named(self._spec, skill_name))

    # Per-call configuration, routing, hooks --------------------------------------------------

    def set_dynamic_config_callback(self, callback: PerCallConfig) -> Self:
        """Configure the agent for each request: `callback(query, body, headers, agent)`.

        A parameter `request` gets the Starlette request, with its path and path parameters.
        The agent that it gets is a copy; what is set on it reaches this request and no other.
        When it raises, the error document is served.
        """
        return self._set(per_call=(callback_of(callback, "set_dynamic_config_callback"),))

    def add_per_call_config(self, callback: PerCallConfig) -> Self:
        """Add one more callback as of `set_dynamic_config_callback`; they run in order."""
        return self._adding("per_call", callback_of(callback, "add_per_call_config"))

    def register_routing_callback(self, callback_fn: RoutingCallback, path: str = "/sip") -> Self:
        """Answer at another path, as `callback(request, body)` or `callback(body, headers)` says.

        It is plain or async; names or annotations of its parameters tell its form. It returns a
        path of this application (served at once), another path or URL (answered with 307), an
        agent, a document, or None to go on to `on_swml_request`.

        Raises:
            DefinitionError: the path is no path, or is an endpoint already.
        """
        cleaned = urls.clean_route(path)
        check_callback_path(cleaned)
        known = callback_of(callback_fn, "register_routing_callback")
        return self._merging("callbacks", {cleaned: known})

    def enable_sip_routing(
        self, auto_map: bool = True, path: str = "/sip", fallback: object = None
    ) -> Self:
        """Answer calls for the agent's SIP usernames at a path, and calls for nobody else.

        A call for one of them goes on to `on_swml_request` with this path as `callback_path`.

        Args:
            auto_map: have the usernames of `auto_map_sip_usernames`, too.
            path: where calls come in, below the agent's route.
            fallback: who answers other calls: an agent, a path or a document; else 404.

        Raises:
            DefinitionError: the path is taken, or the fallback is none.
        """
        cleaned = urls.clean_route(path)
        check_callback_path(cleaned)
        routing = SipRouting(checked_target(fallback, "fallback"))
        if auto_map:
            self.auto_map_sip_usernames()
        return self._merging("callbacks", {cleaned: routing})

    def register_sip_username(self, sip_username: str) -> Self:
        """Answer to one more SIP username: the part before the @, in any case.

        Raises:
            DefinitionError: no address could name it.
        """
        name = _sip.checked_username(sip_username)
        known = self._spec.sip_usernames
        return self if name in known else self._adding("sip_usernames", name)

    def auto_map_sip_usernames(self) -> Self:
        """Answer to the agent's cleaned name and route, and to its name without vowels.

        Only letters a-z, digits and underscores are kept; the last one when the name is longer
        than three letters. They follow the route when it changes.
        """
        return self._set(sip_auto_map=True)

    def get_sip_usernames(self) -> tuple[str, ...]:
        """Return the SIP usernames that the agent answers to."""
        return self._spec.usernames()

    @staticmethod
    def extract_sip_username(request_body: JSON) -> str | None:
        """Return whom a request for a document is for, None when it does not say.

        The user part of `call.to`, percent-decoded and in lower case; `call.to` may be a SIP or
        `tel:` URI, a number or a path.
        """
        found: str | None = _sip.username_in(request_body)
        return found

    def on_call_start(self, handler: Hook) -> Hook:
        """Run a handler when a call begins, before the model speaks; usable as a decorator.

        It takes a `Call`, `(raw_data)` or `(args, raw_data)`; sync or async, 3 seconds in all. What
        it returns is a tool's result: text joins the prompt, actions run. Runs in `startup_hook`.
        """
        self._adding("call_start", callback_of(handler, "on_call_start"))
        self._add_hooks("startup_hook")
        return handler

    def on_call_end(self, handler: Hook) -> Hook:
        """Run a handler when a call ends; the state can still be read.

        It takes a `Call`, `(raw_data)` or `(call_log, raw_data)`: the whole talk, unless the
        parameter `swaig_post_conversation` was set before. Else as of `on_call_start`.
        """
        self._adding("call_end", callback_of(handler, "on_call_end"))
        if "swaig_post_conversation" not in self._spec.params:
            self.set_param("swaig_post_conversation", True)  # the hook then gets the whole talk
        self._add_hooks("hangup_hook")
        return handler

    def enable_debug_events(self, level: int = 1) -> Self:
        """Have the platform post what happens in a call to `/debug_events`.

        Args:
            level: 1 for what happens, 2 with each request to the model as well, 0 for nothing.

        Raises:
            DefinitionError: the level is another.
        """
        if isinstance(level, bool) or level not in DEBUG_LEVELS:
            raise DefinitionError(f"enable_debug_events: level is 0, 1 or 2, not {level!r}")
        return self._set(debug_level=level)

    def on_debug_event(self, handler: Hook) -> Hook:
        """Run a handler for each debug event; usable as a decorator.

        It takes a `DebugEvent`, or `(event_type, data)` with the whole body; sync or async. Events
        are best effort and come in no order. What a handler raises is logged.
        """
        self._adding("on_debug", callback_of(handler, "on_debug_event"))
        return handler

    def middleware(self, function: Hook) -> Hook:
        """Run a coroutine function around every tool; usable as a decorator.

        It takes the `Call` and a function `next` without arguments, which runs the tool (or the
        next middleware), returns what the tool returned and raises what it raised. What the
        middleware returns is the tool's result. The tool's deadline holds for all of them together.

        Raises:
            DefinitionError: it is no coroutine function: `next` must be awaited.
        """
        if not is_async(callback_of(function, "middleware")):
            raise DefinitionError("middleware takes a coroutine function: it awaits `next()`")
        self._adding("middleware", function)
        return function

    def on_event(self, handler: Hook) -> Hook:
        """Tell a function what happens, one `agentkit.events.Event` at a time; a decorator too.

        Sync or async, a second each; an answer waits for it. One that fails is logged.
        """
        self._adding("observers", callback_of(handler, "on_event"))
        return handler

    @default_hook
    def on_swml_request(
        self, request_data: JSON | None = None, callback_path: str | None = None
    ) -> Any:
        """Change the document of one request; override it, sync or async.

        It may take a third parameter `request` (a Starlette request).

        Args:
            request_data: the posted body, or the query of a GET.
            callback_path: the path of the routing callback that the request came by, if any.

        Returns:
            None for the default document; a dict with `version` is a whole document; `sections`
            are merged verb by verb where all their verbs exist, else they replace; other keys
            change the `ai` verb.
        """
        return None

    @default_hook
    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> Any:
        """Take the summary of a call; override it, sync or async.

        Args:
            summary: what the post prompt gave, parsed when it is JSON; None when there is none.
            raw_data: the whole body that the platform posted.
        """
        return None

    async def retry_summaries(self) -> int:
        """Hand over the summaries that `on_summary` failed on and whose time has come.

        Applications with a lifespan do this by themselves; others may call it now and then.

        Returns:
            How many were tried; ask again while there are any.

        Raises:
            StateError: the store cannot be reached.
        """
        tried: int = await _retries.run_due(self)
        return tried

    @default_hook
    def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
        """Run a tool; override it, sync or async, to stand before every tool.

        Args:
            name: the function's name.
            args: the converted arguments.
            raw_data: the whole body that the platform posted.

        Returns:
            What the tool returned; a coroutine if the tool is async.

        Raises:
            LookupError: no call is answered now.
        """
        tool, call = self.compiled().tools[name], current_call()
        if call is None:
            raise LookupError("on_function_call runs tools only while a call is answered")
        return tool.bind(self, args, call)()

    @default_hook
    async def _handle_check_for_input_request(self, request: "Request") -> Any:
        """Say what is new in a conversation: the messages in its inbox.

        Override it to ask your own store.

        Returns:
            A dict, or a Starlette response.
        """
        return await inputs.default_answer(self, request)

    def _check_basic_auth(self, request: "Request") -> bool:
        """Say whether a request carries the agent's credentials."""
        header = request.headers.get("authorization")
        return self.compiled().access.auth.accepts(header.encode("latin-1") if header else None)

    # Messages for a call that goes on --------------------------------------------------------

    @property
    def inbox(self) -> "Inbox":
        """The inboxes of all conversations: `await agent.inbox.push(conversation_id, text)`."""
        inbox: Inbox = _inbox.Inbox(self._manager, self.clock)
        return inbox

    def enable_inbox(self, poll_ms: int = 2_000) -> Self:
        """Bring pushed messages into running calls, by a function that the platform polls.

        Args:
            poll_ms: how often it asks, in milliseconds from 1,000 to 10,000.

        Raises:
            DefinitionError: the time is wrong, or the agent has a `check_for_input` of its own.
        """
        self._spec = _polls.enabled(self._spec, poll_ms)
        self._needs_state = True
        return self

    # Call state, for plain code anywhere -----------------------------------------------------

    def get_state(self, call_id: str) -> JSON | None:
        """Return a copy of a call's state, None when there is none.

        Inside a tool the version is remembered, so that `update_state` can tell what the tool
        changed from what others changed meanwhile.

        Raises:
            StateError: it cannot be read.
        """
        seen = self._states_of(call_id).snapshot(call_id)
        call = current_call()
        if call is not None:
            call.seen[call_id] = seen
        return seen.data

    def update_state(self, call_id: str, state: JSON) -> JSON:
        """Write a call's state and return a copy of it.

        After `get_state` in the same tool, `state` is the whole new state, merged with what others
        wrote since; without it, `state` is merged into what is stored.

        Raises:
            StateError: it cannot be written; see `StateManager.update_state`.
        """
        call, states = current_call(), self._states_of(call_id)
        seen = call.seen.get(call_id) if call is not None else None
        if call is None or seen is None:
            return states.update_state(call_id, state)
        swapped = states.swap_state(call_id, state, seen)
        call.seen[call_id] = swapped.seen
        return swapped.state

    def set_state(self, call_id: str, state: JSON) -> None:
        """Replace a call's state, whatever it is.

        Raises:
            StateError: it cannot be written; see `StateManager.set_state`.
        """
        written = self._states_of(call_id).set_state(call_id, state)
        call = current_call()
        if call is not None:
            call.seen[call_id] = written

    def clear_state(self, call_id: str) -> None:
        """Empty a call's state; the call may go on writing.

        Raises:
            StateError: it cannot be written.
        """
        self.set_state(call_id, {})

    def cleanup_expired_state(self) -> int:
        """Collect what has expired in the store and return how many records that were.

        Raises:
            StateError: the store cannot be reached.
        """
        return self._manager.cleanup_expired()

    def delete_state(self, call_id: str) -> bool:
        """Delete a call's state and say whether there was any; later writes raise `CallEnded`.

        Raises:
            StateError: the store cannot be reached.
        """
        return self._states_of(call_id).delete_state(call_id)

    # Serving ---------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI application: any ASGI server can serve an agent, any other can mount it."""
        kind = scope["type"]
        if kind == "lifespan":
            await serve_lifespan(receive, send, self._running(scope.get("state", {})))
            return
        others = self._neighbours
        beside = None if others is None else others.found(scope, self._answers)
        if beside is not None:
            await beside(scope, receive, send)
        elif kind == "http":
            await serve_http(self._owner, self._agents, scope, receive, send)
        else:
            await refuse_websocket(send)

    def mount(self, app_or_router: ASGIApp, prefix: str, name: str | None = None) -> Self:
        """Serve another ASGI application beside the agent; the agent's paths win over it.

        It starts and stops with the agent, where there is a lifespan. A server that the agent is
        registered at takes over what is mounted by then.

        Args:
            app_or_router: such as a Starlette or FastAPI application or router.
            prefix: such as `/admin`, beside the agent's route; `/` for all that it does not answer.
            name: what it is called in messages.

        Raises:
            DefinitionError: it is no application, or the prefix is no path or taken.
        """
        known: Neighbours = self._neighbours or _neighbours.Neighbours()
        joined = known.joined_by(app_or_router, prefix, name)
        if prefix.strip("/") and self._answers(urls.clean_route(prefix)):
            raise DefinitionError(f"the path {prefix!r} is the agent's own")
        self._neighbours = joined
        return self

    @property
    def neighbours(self) -> "Sequence[Neighbour]":
        """The applications that are mounted beside the agent."""
        return self._neighbours or ()

    def lifespan(self, app: object = None) -> AbstractAsyncContextManager[None]:
        """Open the agent's store on entry and close it on exit.

        A host may pass this method on as its own lifespan: `Starlette(lifespan=agent.lifespan)`.
        It is never needed: the store opens when it is first used.
        """
        return self._running({})

    def routes(self, prefix: str = "") -> "list[BaseRoute]":
        """Return flat Starlette routes for a host application, without any redirect.

        Health stays with the host. Callback paths that are registered later are not in the list.
        """
        start = urls.clean_route(prefix or "/")
        beside = [(f"{start}{each.prefix}", each.app) for each in self.neighbours]
        return web.flat_routes(self, self.compiled().paths, start) + web.mount_routes(beside)

    def as_router(self) -> "Router":
        """Return a Starlette router with the agent's routes, to be mounted."""
        return web.router(self.routes())

    def get_app(self) -> "Starlette":
        """Return a Starlette application that serves the agent."""
        return web.application(self)

    def serve(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Do what `run` does."""
        self.run(host, port, **options)

    def run(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve the agent until SIGTERM or Ctrl-C; calls in flight are answered first.

        Args:
            host: where to listen, else the agent's `host`.
            port: where to listen, else the agent's `port`, else `PORT`, else 3000; 0 finds one.
            **options: `workers`, `reload`, `ssl_certfile`, `ssl_keyfile`, `drain_seconds`,
                `log_level`; see `agentkit.serve.ServeOptions`.

        Raises:
            DefinitionError: a setting, the agent or the TLS files are wrong.
        """
        self.compiled()
        stores.check_workers(self, int(options.get("workers", 1)))
        run_server(self, serve_options(host or self.host, port, self.port, options))

    def setup_graceful_shutdown(self) -> None:
        """Do nothing: `run` always answers the calls in flight before it ends."""

    # Inside ----------------------------------------------------------------------------------

    def _set(self, **fields: Any) -> Self:
        self._spec = self._spec.changed(**fields)
        return self

    def _adding(self, field: str, *items: object) -> Self:
        self._spec = self._spec.adding(field, *items)
        return self

    def _merging(self, field: str, entries: Mapping[str, Any]) -> Self:
        self._spec = self._spec.merging(field, entries)
        return self

    def _verb(self, name: "str | Verb", body: Any) -> JSON:
        made = verb(name, plain(body, str(name)))
        if isinstance(name, str):
            import_module("agentkit.swml.written").check_verb(made, self.name)
        return made

    def _sampling(self, params: JSON, prompt_name: str) -> JSON:
        given = plain_dict(params, prompt_name)
        import_module("agentkit.parameters").check_sampling(given, self.name, prompt_name)
        return given

    def _shaped(self, form: str, given: object, path: str = "") -> Any:
        """Return a checked copy of what is written in one of the platform's forms."""
        shapes = import_module("agentkit.shapes")
        return shapes.shaped(form, given, self.name, f"ai.{path or form}")

    def _set_sections(self, sections: tuple[JSON, ...]) -> Self:
        return self._set(prompt=replace(self._spec.prompt, sections=sections))

    def _add_hooks(self, *names: str) -> None:
        for hook in tracking.HOOKS:
            if hook.name in names and hook.name not in self._spec.tools:
                self.add_tool(hook)

    def _states_of(self, call_id: str) -> StateManager:
        """A `once` tool sees the state of its own call with what it has changed itself."""
        call = current_call()
        return call.states if call is not None and call.call_id == call_id else self._manager

    def _agents(self) -> Sequence[Self]:
        return (self,)

    def _owner(self, path: str) -> Self:
        return self

    def _answers(self, path: str) -> bool:
        return path in self.compiled().paths or path in HEALTH

    @asynccontextmanager
    async def _running(self, state: dict[str, Any]) -> AsyncIterator[None]:
        credentials.announce([self.compiled().access.auth])
        await self._manager.open()
        try:
            others = nullcontext() if self._neighbours is None else self._neighbours.running(state)
            async with others, watching(lambda: [self]):
                yield
        finally:
            await self.traffic.jobs.end()
            await self._manager.close()


def _elsewhere() -> None: ...


def _skills() -> Any:
    """Return the module that adds skills, which only some agents need."""
    return import_module("agentkit.skills.adding")


def _contexts() -> Any:
    """Return the module that builds contexts, which only some agents need."""
    return import_module(_CONTEXTS)
