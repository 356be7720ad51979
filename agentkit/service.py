"""Documents without a model, served like an agent: `SWMLService` and the builder that it takes.

A service is a document: its verbs are methods, and a change is served from the next request on.
It has an agent that does the serving, so credentials, public URLs, routing callbacks, per-call
configuration and signatures are the same as everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from starlette.types import Receive, Scope, Send

from agentkit.agent import AgentBase
from agentkit.compile import swaig_section
from agentkit.hooks import default_hook, is_overridden
from agentkit.swml.builder import MAIN, SWML
from agentkit.toolbox import BoundDecorator

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import Router

JSON = dict[str, Any]


class SWMLService(SWML):
    """A document that is served, for calls without a model or with one that you write out yourself.

    Args:
        name: what the service is called.
        route: the path that it answers at.
        host: where `run()` listens.
        port: where `run()` listens; else the environment's `PORT`, else 3000.
        basic_auth: as of `AgentBase`.
        **options: further settings of `AgentBase`, such as `public_url`, `signing_key`, `secret`.

    Attributes:
        agent: what serves the document. Register it on a server, configure it for each call, give
            it tools for a document that names them; its prompt is not used.

    Raises:
        DefinitionError: a setting is wrong.
    """

    def __init__(
        self,
        name: str,
        route: str = "/",
        host: str = "0.0.0.0",  # noqa: S104 - the platform comes from outside
        port: int | None = None,
        basic_auth: tuple[str, str] | Sequence[tuple[str, str]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.agent = AgentBase(name, route, host, port, basic_auth, **options)
        vars(self.agent)["on_swml_request"] = self.on_request  # costs nothing unless overridden
        if is_overridden(self.on_function_call):
            vars(self.agent)["on_function_call"] = self.on_function_call
        self._changed = lambda: self.agent.set_document(self)
        self._changed()

    @property
    def name(self) -> str:
        """The service's name."""
        return self.agent.name

    @property
    def route(self) -> str:
        """The path that it answers at."""
        return self.agent.route

    @property
    def tool(self) -> BoundDecorator:
        """The decorator that makes functions tools, as of `AgentBase`."""
        return self.agent.tool

    @default_hook
    def on_request(self, request_data: JSON | None = None, callback_path: str | None = None) -> Any:
        """Change the document of one request; override it, sync or async.

        Args:
            request_data: the posted body, or the query of a GET.
            callback_path: the path of the routing callback that the request came by, if any.

        Returns:
            None for the document as it is, else as of `AgentBase.on_swml_request`.
        """
        return None

    @default_hook
    def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
        """Run a tool; override it as of `AgentBase`."""
        return type(self.agent).on_function_call(self.agent, name, args, raw_data)

    def add_verb(self, verb_name: str, config: Any = None) -> Self:
        """Add a verb by its name to `main`."""
        return self.add_verb_to_section(MAIN, verb_name, config)

    def add_section(self, section_name: str) -> Self:
        """Make a section, unless it is there; verbs go on to where they went."""
        current = self._current
        self.section(section_name)
        self._current = current
        return self

    def add_verb_to_section(self, section_name: str, verb_name: str, config: Any = None) -> Self:
        """Add a verb by its name to a section, which is made when it is missing."""
        current = self._current
        self.section(section_name).verb(verb_name, config)
        self._current = current
        return self

    def get_document(self) -> JSON:
        """Return the document as plain data."""
        return self.to_dict()

    def render_document(self) -> str:
        """Return the document as JSON text."""
        return self.to_json().decode()

    def reset_document(self) -> Self:
        """Forget all sections and begin with an empty `main`."""
        return self.reset()

    def swaig(self) -> JSON:
        """Return `SWAIG` for a verb of this document: the tools, and where they are answered.

        The address is filled in when the document is served, with the token of its call.
        """
        return swaig_section(self.agent.spec)

    def define_tool(self, name: str, *args: Any, **options: Any) -> Self:
        """Register a function as a tool, as of `AgentBase`; the document has to name it."""
        self.agent.define_tool(name, *args, **options)
        return self

    def register_swaig_function(self, function_dict: Mapping[str, Any]) -> Self:
        """Register a function by its SWAIG definition."""
        self.agent.register_swaig_function(function_dict)
        return self

    def register_routing_callback(
        self, callback_fn: Callable[..., Any], path: str = "/sip"
    ) -> Self:
        """Answer at another path, as of `AgentBase`."""
        self.agent.register_routing_callback(callback_fn, path)
        return self

    def get_basic_auth_credentials(self, include_source: bool = False) -> tuple[str, ...]:
        """Return user and password as they stand in URLs, and where they come from if wanted."""
        if include_source:
            return self.agent.get_basic_auth_credentials(include_source=True)
        return self.agent.get_basic_auth_credentials()

    def manual_set_proxy_url(self, proxy_url: str) -> Self:
        """Set the public URL."""
        self.agent.manual_set_proxy_url(proxy_url)
        return self

    extract_sip_username = staticmethod(AgentBase.extract_sip_username)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        await self.agent(scope, receive, send)

    def as_router(self) -> "Router":
        """Return a Starlette router with the service's routes, to be mounted."""
        return self.agent.as_router()

    def get_app(self) -> "Starlette":
        """Return a Starlette application that serves the document."""
        return self.agent.get_app()

    def serve(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Do what `run` does."""
        self.run(host, port, **options)

    def run(self, host: str | None = None, port: int | None = None, **options: Any) -> None:
        """Serve the document until SIGTERM or Ctrl-C, as of `AgentBase.run`."""
        self.agent.run(host, port, **options)


class SWMLBuilder:
    """Writes the document of a service, by the names of the vendor's SDK.

    Args:
        service: whose document it is.
    """

    def __init__(self, service: SWMLService) -> None:
        self.service = service

    def answer(self, max_duration: int | None = None, codecs: str | None = None) -> Self:
        """Answer the call, for at most max_duration seconds."""
        return self._written(self.service.answer, max_duration=max_duration, codecs=codecs)

    def hangup(self, reason: str | None = None) -> Self:
        """End the call: `hangup`, `busy` or `decline`."""
        return self._written(self.service.hangup, reason=reason)

    def play(
        self, url: str | None = None, urls: Sequence[str] | None = None, **fields: Any
    ) -> Self:
        """Play one URL or several; fields are those of the verb."""
        several = None if urls is None else list(urls)
        return self._written(self.service.play, url=url, urls=several, **fields)

    def say(self, text: str, *args: Any, **fields: Any) -> Self:
        """Speak a text: voice, language, gender and volume may follow."""
        self.service.say(text, *args, **fields)
        return self

    def ai(
        self,
        prompt_text: str | None = None,
        prompt_pom: Sequence[Mapping[str, Any]] | None = None,
        post_prompt: str | None = None,
        post_prompt_url: str | None = None,
        swaig: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Self:
        """Hand the call to the model.

        Args:
            prompt_text: what it is told.
            prompt_pom: the same as sections.
            post_prompt: what it is asked after the talk.
            post_prompt_url: gets the answer.
            swaig: functions that it may call.
            **fields: further fields of the verb, such as `params` and `hints`.
        """
        pom = None if prompt_pom is None else [dict(section) for section in prompt_pom]
        told = {"text": prompt_text} if prompt_text is not None else {"pom": pom}
        asked = None if post_prompt is None else {"text": post_prompt}
        known = {"post_prompt": asked, "post_prompt_url": post_prompt_url, "SWAIG": swaig}
        given = {key: value for key, value in known.items() if value is not None}
        self.service.verb("ai", {"prompt": told, **given, **fields})
        return self

    def add_section(self, section_name: str) -> Self:
        """Make a section."""
        self.service.add_section(section_name)
        return self

    def reset(self) -> Self:
        """Forget all sections."""
        self.service.reset()
        return self

    def build(self) -> JSON:
        """Return the document as plain data."""
        return self.service.get_document()

    def render(self) -> str:
        """Return the document as JSON text."""
        return self.service.render_document()

    def _written(self, verb: Callable[..., Any], **fields: Any) -> Self:
        verb(**fields)
        return self
