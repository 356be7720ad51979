"""What the model may call: tools, the platform's own functions, and those that others answer."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.spec import AgentSpec, texts
from agentkit.toolbox import options_of
from agentkit.tools import Tool, build, from_definition

if TYPE_CHECKING:
    from agentkit.tools import Defined

    class Registrar(Protocol):
        """An agent that takes tools and fillers."""

        @property
        def spec(self) -> AgentSpec:
            """The agent as one value."""
            ...

        def add_tool(self, tool: Tool) -> Self:
            """Register a tool."""
            ...

        def set_internal_fillers(
            self, internal_fillers: Mapping[str, Mapping[str, Sequence[str]]]
        ) -> Self:
            """Set what is said while the platform's own functions run."""
            ...


JSON = dict[str, Any]
_polls = LateModule("agentkit.operations.polls")
_shapes = LateModule("agentkit.shapes")


A = TypeVar("A", bound="Registrar")


def add_tool(spec: AgentSpec, tool: Tool) -> AgentSpec:
    """Register a tool that was built before.

    Raises:
        DefinitionError: it is none, or the agent has a tool of this name.
    """
    if not isinstance(tool, Tool):
        raise DefinitionError(f"add_tool takes a tool, not {tool!r}: define_tool makes one")
    return spec.with_tool(tool)


def define_tool(
    self: A,
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
) -> A:
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
    options |= {"description": description, "parameters": parameters, "secure": secure}
    options |= {"fillers": fillers, "webhook_url": webhook_url, "required": required}
    options["is_typed_handler"] = is_typed_handler
    return self.add_tool(_built(name, handler, options))


def register_swaig_function(self: A, function_dict: "Mapping[str, Any] | Defined") -> A:
    """Register a function by its SWAIG definition, or a `DataMap`; nothing of it runs here."""
    return self.add_tool(from_definition(function_dict))


def set_native_functions(spec: AgentSpec, function_names: Sequence[str]) -> AgentSpec:
    """Offer functions that the platform has itself, such as `check_time`."""
    return spec.changed(native_functions=texts(function_names, "set_native_functions"))


def set_internal_fillers(
    spec: AgentSpec, internal_fillers: Mapping[str, Mapping[str, Sequence[str]]]
) -> AgentSpec:
    """Set what is said while the platform's own functions run, by function and language."""
    return spec.merging("internal_fillers", _shaped(spec, "internal_fillers", internal_fillers))


def add_internal_filler(
    self: A, function_name: str, language_code: str, fillers: Sequence[str]
) -> A:
    """Set what is said in one language while one of the platform's functions runs."""
    known = self.spec.internal_fillers.get(function_name, {})
    languages = {**known, language_code: texts(fillers, "add_internal_filler")}
    return self.set_internal_fillers({function_name: languages})


def add_function_include(
    spec: AgentSpec,
    url: str,
    functions: Sequence[str],
    meta_data: Mapping[str, Any] | None = None,
) -> AgentSpec:
    """Include functions that another SWAIG endpoint describes and answers."""
    given = {"url": url, "functions": functions, "meta_data": meta_data}
    include = {key: value for key, value in given.items() if value is not None}
    return spec.adding("includes", *_shaped(spec, "includes", [include]))


def set_function_includes(spec: AgentSpec, includes: Sequence[Mapping[str, Any]]) -> AgentSpec:
    """Replace all function includes with entries in the platform's form."""
    return spec.changed(includes=tuple(_shaped(spec, "includes", includes)))


def add_mcp_server(
    spec: AgentSpec,
    url: str,
    headers: Mapping[str, str] | None = None,
    resources: bool = False,
    resource_vars: Mapping[str, str] | None = None,
) -> AgentSpec:
    """Let the platform use the tools of an MCP server."""
    given = {"url": url, "headers": headers, "resources": resources, "resource_vars": resource_vars}
    server = {key: value for key, value in given.items() if value}
    return spec.adding("mcp_servers", *_shaped(spec, "mcp_servers", [server]))


def enable_mcp_server(spec: AgentSpec) -> AgentSpec:
    """Offer the agent's own tools to MCP clients, at `/mcp` below its route.

    Clients log in as the platform does. With a `signing_key`, documents and the tokens in them
    are served only to the platform; then a client needs the URL of `get_mcp_url` as well.
    """
    import_module("agentkit.operations.mcp")  # now, not while a request is served
    return spec.changed(mcp_server=True)


def enable_inbox(spec: AgentSpec, poll_ms: int = 2_000) -> AgentSpec:
    """Bring pushed messages into running calls, by a function that the platform polls.

    Args:
        poll_ms: how often it asks, in milliseconds from 1,000 to 10,000.

    Raises:
        DefinitionError: the time is wrong, or the agent has a `check_for_input` of its own.
    """
    polled: AgentSpec = _polls.enabled(spec, poll_ms)
    return polled.changed(needs_state=True)


def _built(name: str, handler: Callable[..., Any] | None, options: JSON) -> Tool:
    if handler is None and not options["webhook_url"]:
        raise DefinitionError(f"tool {name!r} needs a handler or a webhook_url")
    return build(handler or _elsewhere, options_of(name, options), takes_agent=False)


def _elsewhere() -> None: ...


def _shaped(spec: AgentSpec, form: str, given: object) -> Any:
    """Return a checked copy of what is written in one of the platform's forms."""
    return _shapes.shaped(form, given, spec.name, f"ai.SWAIG.{form}")
