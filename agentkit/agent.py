"""An agent: a variable that holds a spec, with the vendor's names for changing it.

Every setter puts a changed spec in place and returns the agent, so setters chain and may be called
while requests are served: a request keeps the spec that it began with, and nothing about it is ever
stored here. What is listed by its name alone stands in `agentkit.methods`.
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack

from msgspec import Struct

from agentkit import options, prompt, urls
from agentkit._log import EventLogger
from agentkit.asgi import refuse_websocket, serve_http, serve_lifespan
from agentkit.compile import CompiledAgent
from agentkit.context import current_call
from agentkit.hooks import default_hook
from agentkit.late import kept, moved, static
from agentkit.methods import (
    addresses,
    call_state,
    document,
    events,
    functions,
    hosting,
    params,
    prompting,
    reader,
    routing,
    serving,
    setter,
    skills,
    speech,
)
from agentkit.shared import copied
from agentkit.spec import AgentSpec, texts
from agentkit.toolbox import ToolDecorator, class_tools

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from agentkit import stores
    from agentkit.contexts import ContextBuilder
    from agentkit.inbox import Inbox
    from agentkit.neighbours import Neighbour, Neighbours
    from agentkit.state.manager import StateManager
    from agentkit.traffic import Traffic

JSON = dict[str, Any]


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
        enable_state_tracking: register `startup_hook` and `hangup_hook`, which begin and end the
            state of a call.
        token_expiry_secs: how long a document's URLs are good, in seconds (24 h).
        auto_answer: answer the call before the model speaks.
        record_call: record the call, in `record_format`, `record_stereo` or not.
        state_manager: where call state is kept: a manager, a backend or a URL (else
            `AGENTKIT_STATE`, else with `enable_state_tracking` a file of this host, else memory).
        default_webhook_url: as `set_web_hook_url`.
        native_functions: functions of the platform to offer, such as `check_time`.
        **settings: `public_url`, `signing_key`, `secret`, `state` and others: those of
            `agentkit.options.AgentOptions`, and of the vendor's SDK (`VendorOptions`).

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
        state_manager: "stores.Store | None" = None,
        default_webhook_url: str | None = None,
        native_functions: Sequence[str] | None = None,
        **settings: Unpack[options.AgentOptions],
    ) -> None:
        self.host, self.port = host, port
        options.check_flags(use_pom, enable_state_tracking, auto_answer, record_call, record_stereo)
        self._open(settings, state_manager, enable_state_tracking)
        self._spec = AgentSpec(
            name=options.checked_name(name),
            route=urls.clean_route(route),
            access=options.access_of(settings, basic_auth, token_expiry_secs),
            prompt=prompt.Prompt(sections=prompt.from_declaration(self.PROMPT_SECTIONS)),
            use_pom=use_pom,
            answer={} if auto_answer else None,
            record_call=options.recording_of(name, record_call, record_format, record_stereo),
            native_functions=texts(native_functions or (), "native_functions"),
            tools=dict(class_tools(type(self))),
            needs_state=enable_state_tracking or bool(settings.get("state") or state_manager),
            **options.fields_of(settings),
        )
        self.shared.check_secret(self._spec.access)
        if default_webhook_url is not None or enable_state_tracking:
            events.begin(self, default_webhook_url, tracked=enable_state_tracking)

    def _open(self, given: options.AgentOptions, at: "stores.Store | None", tracked: bool) -> None:
        options.check(given)
        self.clock = given.get("clock", time.time)  # noqa: TID251 - the default of the clock
        self.log = EventLogger(f"agentkit.{type(self).__name__}")
        self.shared = options.shared_of(given, at, self.clock, tracked)
        self._neighbours: Neighbours | None = None
        self._ready: CompiledAgent | None = None
        self._asked = options.asked_of(self.get_prompt, self.get_post_prompt)

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

    @kept
    def states(self) -> "StateManager":
        """Where the state of calls is kept."""
        return self.shared.states

    @kept
    def traffic(self) -> "Traffic":
        """What goes on at the agent now."""
        return self.shared.traffic

    @property
    def state_kind(self) -> type[Struct] | None:
        """The Struct that types the state of a call."""
        return self._spec.state_kind

    @property
    def needs_state(self) -> bool:
        """Whether the author asked for call state, so that losing it would be a fault."""
        return self._spec.needs_state

    def compiled(self) -> CompiledAgent:
        """Return the current spec, ready to answer requests.

        Raises:
            DefinitionError: settings that do not go together.
        """
        ready, spec = self._ready, self._spec
        if self._asked is not None:
            spec = self._asked.spec(spec, self.get_prompt, self.get_post_prompt)
        if ready is None or ready.spec is not spec:
            ready = self._ready = CompiledAgent(spec)
        return ready

    def fork(self) -> Self:
        """Return a copy of the agent; what is set on the copy does not reach this one."""
        return copied(self)

    # Where it is reached
    at_route = setter(document.at_route)
    get_name = reader(addresses.get_name)
    get_full_url = moved(addresses.get_full_url)
    get_mcp_url = moved(addresses.get_mcp_url)
    manual_set_proxy_url = setter(document.manual_set_proxy_url)
    get_basic_auth_credentials = moved(addresses.get_basic_auth_credentials)
    validate_basic_auth = reader(addresses.validate_basic_auth)
    _check_basic_auth = moved(addresses.check_basic_auth)

    # Prompt and contexts
    set_prompt_text = setter(prompting.set_prompt_text)
    set_prompt_pom = setter(prompting.set_prompt_pom)
    prompt_add_section = setter(prompting.prompt_add_section)
    prompt_add_subsection = setter(prompting.prompt_add_subsection)
    prompt_add_to_section = setter(prompting.prompt_add_to_section)
    prompt_has_section = reader(prompting.prompt_has_section)
    set_prompt_llm_params = setter(prompting.set_prompt_llm_params)
    set_post_prompt = setter(prompting.set_post_prompt)
    set_post_prompt_llm_params = setter(prompting.set_post_prompt_llm_params)
    define_contexts = moved(prompting.define_contexts)
    set_contexts = setter(prompting.set_contexts)
    reset_contexts = setter(prompting.reset_contexts)

    @property
    def contexts(self) -> "ContextBuilder":
        """The builder of the agent's contexts."""
        return self.define_contexts()

    # What the model hears and says, its settings and data
    add_language = setter(speech.add_language)
    set_languages = setter(speech.set_languages)
    set_language_params = setter(speech.set_language_params)
    get_language_params = reader(speech.get_language_params)
    set_multilingual = setter(speech.set_multilingual)
    add_hint = moved(speech.add_hint)
    add_hints = setter(speech.add_hints)
    add_pattern_hint = setter(speech.add_pattern_hint)
    add_pronunciation = setter(speech.add_pronunciation)
    set_pronunciations = setter(speech.set_pronunciations)
    set_param = moved(params.set_param)
    set_params = setter(params.set_params)
    set_semantic_gates = moved(params.set_semantic_gates)
    set_global_data = setter(params.set_global_data)
    update_global_data = moved(params.update_global_data)

    # Tools, functions and skills
    add_tool = setter(functions.add_tool)
    define_tool = moved(functions.define_tool)
    register_swaig_function = moved(functions.register_swaig_function)
    set_native_functions = setter(functions.set_native_functions)
    set_internal_fillers = setter(functions.set_internal_fillers)
    add_internal_filler = moved(functions.add_internal_filler)
    add_function_include = setter(functions.add_function_include)
    set_function_includes = setter(functions.set_function_includes)
    add_mcp_server = setter(functions.add_mcp_server)
    enable_mcp_server = setter(functions.enable_mcp_server)
    set_web_hook_url = setter(document.set_web_hook_url)
    add_swaig_query_params = setter(document.add_swaig_query_params)
    clear_swaig_query_params = setter(document.clear_swaig_query_params)
    add_skill = moved(skills.add_skill)
    remove_skill = moved(skills.remove_skill)
    list_skills = reader(skills.list_skills)
    has_skill = reader(skills.has_skill)

    # The document around the model
    add_pre_answer_verb = setter(document.add_pre_answer_verb)
    add_answer_verb = setter(document.add_answer_verb)
    add_post_answer_verb = setter(document.add_post_answer_verb)
    add_post_ai_verb = setter(document.add_post_ai_verb)
    clear_pre_answer_verbs = setter(document.clear_pre_answer_verbs)
    clear_post_answer_verbs = setter(document.clear_post_answer_verbs)
    clear_post_ai_verbs = setter(document.clear_post_ai_verbs)
    set_document = setter(document.set_document)
    set_post_prompt_url = setter(document.set_post_prompt_url)

    # Per-call configuration, routing, SIP
    set_dynamic_config_callback = setter(routing.set_dynamic_config_callback)
    add_per_call_config = setter(routing.add_per_call_config)
    register_routing_callback = setter(routing.register_routing_callback)
    enable_sip_routing = moved(routing.enable_sip_routing)
    register_sip_username = setter(routing.register_sip_username)
    auto_map_sip_usernames = setter(routing.auto_map_sip_usernames)
    get_sip_usernames = reader(routing.get_sip_usernames)
    extract_sip_username = static(routing.extract_sip_username)

    # What happens in a call, and its state
    on_call_start = moved(events.on_call_start)
    on_call_end = moved(events.on_call_end)
    middleware = moved(events.middleware)
    on_event = moved(events.on_event)
    enable_debug_events = setter(params.enable_debug_events)
    on_debug_event = moved(events.on_debug_event)
    enable_inbox = setter(functions.enable_inbox)
    retry_summaries = moved(events.retry_summaries)
    get_state = moved(call_state.get_state)
    update_state = moved(call_state.update_state)
    set_state = moved(call_state.set_state)
    clear_state = moved(call_state.clear_state)
    delete_state = moved(call_state.delete_state)
    cleanup_expired_state = moved(call_state.cleanup_expired_state)

    @property
    def inbox(self) -> "Inbox":
        """The inboxes of all conversations: `await agent.inbox.push(conversation_id, text)`."""
        return call_state.inbox_of(self)

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

    _handle_check_for_input_request = moved(events.handle_check_for_input_request)

    # How it is served
    mount = moved(hosting.mount)
    routes = moved(hosting.routes)
    as_router = moved(hosting.as_router)
    get_app = moved(hosting.get_app)
    lifespan = moved(hosting.lifespan)
    _answers = moved(hosting.answers)
    all_agents = moved(hosting.all_agents)
    run = moved(serving.run)
    serve = moved(serving.serve)
    setup_graceful_shutdown = moved(serving.setup_graceful_shutdown)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Be an ASGI application: any ASGI server can serve an agent, any other can mount it."""
        kind, others = scope["type"], self._neighbours
        if others is not None and kind != "lifespan":
            beside = others.found(scope, self._answers)
            if beside is not None:
                await beside(scope, receive, send)
                return
        if kind == "http":
            await serve_http(self, scope, receive, send)
        elif kind == "lifespan":
            await serve_lifespan(receive, send, hosting.running(self, scope.get("state", {})))
        else:
            await refuse_websocket(send)

    @property
    def neighbours(self) -> "Sequence[Neighbour]":
        """The applications that are mounted beside the agent."""
        return self._neighbours or ()

    def agent_at(self, path: str) -> Self:
        """Return the agent that answers at a path of this application: itself."""
        return self
