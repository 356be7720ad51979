"""From a Python function to a tool: its entry in the document, and how it is called.

A function is written in one of two styles. Classic: `(args, raw_data)`, the arguments as a dict
and the posted body. Typed: one Python parameter an argument; the signature and the docstring say
what the model is told, a parameter annotated `Call` gets the call and is not shown to the model.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, Protocol, get_args, get_type_hints

import msgspec

from agentkit import _json, docstrings
from agentkit.context import Call
from agentkit.errors import DefinitionError, EncodingError
from agentkit.hooks import is_async
from agentkit.place import Place
from agentkit.swaig.arguments import Parameter, parameter_from_type, parameters_from_schema
from agentkit.swaig.schema import object_schema
from agentkit.swml.verbs import SwaigFunction

if TYPE_CHECKING:

    class Defined(Protocol):
        """Something that makes a definition, such as a `DataMap`."""

        def to_swaig_function(self) -> "JSON":
            """Return the definition."""
            ...


JSON = dict[str, Any]
Handler = Callable[..., Any]

TIMEOUT_SECONDS = 25.0
"""How long a tool may take; the platform itself waits 120 s, in silence (facts 7)."""

TIMEOUT_CAP_SECONDS = 110.0
FAILURE = "I am sorry, something went wrong and I could not do that."
UNCONFIRMED = "I could not confirm that it went through."

SOFT_SECONDS = 10.0
"""When a background tool that is not done yet is answered for the time being."""

BACKGROUND_SECONDS = 600.0
"""How long a background tool may take in all, unless told."""

BACKGROUND_CAP_SECONDS = 3600.0
WORKING = "I am working on it and will tell you as soon as it is done."
ASK, REPEAT = "ask", "repeat"

NAME_LENGTH = 64
_IN_NAMES = frozenset(f"{ascii_letters}{digits}_-")
_ARGUMENTS_NAMES = {"args", "arguments", "_args", "params", "_"}
_ARGUMENTS, _INJECTED_RAW, _CALL = "arguments", "raw_data", "call"
_PARTS = {
    "gates": "agentkit.gates",
    "gate_fillers": "agentkit.gates",
    "data_map": "agentkit.datamap.forms",
}


class ToolOptions(msgspec.Struct, kw_only=True):
    """What an author may say about a tool beside the function itself."""

    name: str | None = None
    description: str | None = None
    parameters: JSON | None = None
    required: Sequence[str] | None = None
    secure: bool = True
    fillers: dict[str, list[str]] | None = None
    webhook_url: str | None = None
    wait_file: str | None = None
    wait_file_loops: int | str | None = None
    timeout: float | None = None
    background: bool = False
    soft_timeout: float = SOFT_SECONDS
    say: str = WORKING
    deliver: Callable[[Call, JSON], object] | None = None
    on_error: str = FAILURE
    is_typed_handler: bool | None = None
    once: bool | Callable[[Call], object] = False
    on_crash: str = ASK
    on_unconfirmed: str = UNCONFIRMED
    replay: bool = True
    fields: JSON = {}


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool ready to be listed in a document and called."""

    name: str
    entry: JSON
    handler: Handler | None = None
    takes_agent: bool = False
    typed: bool = False
    is_async: bool = False
    parameters: tuple[Parameter, ...] = ()
    names: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    call_parameter: str | None = None
    takes_raw_data: bool = False
    secure: bool = True
    seconds: float = TIMEOUT_SECONDS
    on_error: str = FAILURE
    once: bool | Callable[[Call], object] = False
    on_crash: str = ASK
    on_unconfirmed: str = UNCONFIRMED
    replay: bool = True
    background: bool = False
    soft_seconds: float = SOFT_SECONDS
    say: str = WORKING
    deliver: Callable[[Call, JSON], object] | None = None

    @property
    def answer_seconds(self) -> float:
        """How long a request for it may take to be answered."""
        return min(self.seconds, self.soft_seconds) if self.background else self.seconds

    @property
    def line(self) -> str | None:
        """The Python line of its function, None when there is none."""
        code = getattr(inspect.unwrap(self.handler), "__code__", None) if self.handler else None
        return f"{code.co_filename}:{code.co_firstlineno}" if code else None

    @property
    def is_checked(self) -> bool:
        """Whether its entry has parts that only some tools have, with limits of their own."""
        return not _PARTS.keys().isdisjoint(self.entry)

    def check(self, agent: str, line: str | None) -> None:
        """Check those parts.

        Raises:
            DefinitionError: one is wrong; it tells the agent, the path and the line.
        """
        place = Place(f"ai.SWAIG.functions.{self.name}", agent, line)
        for module in {_PARTS[part] for part in _PARTS.keys() & self.entry.keys()}:
            import_module(module).check(place, self.entry)

    def bind(self, agent: object, arguments: JSON, call: Call) -> Handler:
        """Return the handler with its arguments in place: call it with none."""
        assert self.handler is not None  # noqa: S101 - dispatch asks only for tools that have one
        first = (agent,) if self.takes_agent else ()
        injected: JSON = {_INJECTED_RAW: call.raw_data} if self.takes_raw_data else {}
        if self.call_parameter:
            injected[self.call_parameter] = call
        if not self.typed:
            placed = (_placed(place, arguments, call) for place in self.places)
            return partial(self.handler, *first, *placed, **injected)
        known = arguments
        if not self.names.issuperset(arguments):
            known = {name: arguments[name] for name in arguments if name in self.names}
        return partial(self.handler, *first, **known, **injected)


def build(function: Handler, options: ToolOptions, *, takes_agent: bool) -> Tool:
    """Return the tool of a function.

    Args:
        function: the handler, sync or async, in the classic or the typed style.
        options: what the author said.
        takes_agent: the first parameter is the agent (`self` of a method not yet bound).

    Raises:
        DefinitionError: the name, a parameter, an annotation or a setting is wrong.
    """
    name = getattr(function, "__name__", "") if options.name is None else options.name
    try:
        return _build(name, function, options, takes_agent=takes_agent)
    except DefinitionError as error:
        raise DefinitionError(f"tool {name!r}: {error}") from error


def from_definition(given: "Mapping[str, Any] | Defined") -> Tool:
    """Return the tool of a raw SWAIG definition, or of a data map.

    Raises:
        DefinitionError: it has no name, or JSON cannot carry it.
    """
    definition = given if isinstance(given, Mapping) else _defined(given)
    try:
        entry = _json.decode(_json.encode(definition))
    except EncodingError as error:
        raise DefinitionError(f"register_swaig_function: {error}") from error
    if not isinstance(entry, dict):
        raise DefinitionError(f"register_swaig_function takes a dict, not {definition!r}")
    return Tool(name=_checked_name(entry.get("function")), entry=entry)


def _defined(given: Any) -> Any:
    return given.to_swaig_function() if hasattr(given, "to_swaig_function") else given


def _build(name: str, function: Handler, options: ToolOptions, *, takes_agent: bool) -> Tool:
    signature = _Signature(function, takes_agent=takes_agent)
    typed = _is_typed(signature, options)
    places = () if typed else signature.places()
    doc = docstrings.parse(signature.docstring)
    if options.parameters is not None or not typed:
        required = [*(options.required or ()), *(signature.required() if typed else ())]
        given = {} if options.parameters is None else options.parameters
        parameters, schema = parameters_from_schema(given, required)
    else:
        parameters = signature.parameters(doc.parameters)
        schema = object_schema(
            {p.name: p.schema for p in parameters}, [p.name for p in parameters if p.required]
        )
    return Tool(
        name=_checked_name(name),
        entry=_entry(name, options, schema, doc.summary),
        handler=None if options.webhook_url else function,
        takes_agent=takes_agent,
        typed=typed,
        is_async=is_async(function),
        parameters=parameters,
        names=frozenset(parameter.name for parameter in parameters),
        places=places,
        call_parameter=None if _CALL in places else signature.call_parameter,
        takes_raw_data=_INJECTED_RAW in signature.names and _INJECTED_RAW not in places,
        secure=options.secure,
        seconds=_checked_seconds(options),
        background=options.background,
        soft_seconds=_checked_soft(options.soft_timeout),
        say=options.say,
        deliver=_checked_delivery(options.deliver),
        on_error=options.on_error,
        once=_checked_once(options.once),
        on_crash=_checked_policy(options.on_crash),
        on_unconfirmed=options.on_unconfirmed,
        replay=options.replay,
    )


def _entry(name: str, options: ToolOptions, schema: JSON, summary: str) -> JSON:
    known = SwaigFunction(
        function=name,
        description=options.description or summary or name.replace("_", " "),
        parameters=schema,
        fillers=options.fillers,
        wait_file=options.wait_file,
        wait_file_loops=options.wait_file_loops,
        web_hook_url=options.webhook_url or None,
    )
    try:
        entry: JSON = _json.decode(_json.encode({**_json.to_builtins(known), **options.fields}))
    except EncodingError as error:
        raise DefinitionError(str(error)) from error
    return entry


class _Signature:
    """What a function's parameters say, without the agent."""

    def __init__(self, function: Handler, *, takes_agent: bool) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError) as error:
            raise DefinitionError(f"not a function with a signature: {error}") from error
        bound = function.keywords if isinstance(function, partial) else {}
        own = parameters[1:] if takes_agent else parameters
        if not takes_agent and own and own[0].name == "self":
            raise DefinitionError(
                "nobody passes self to it: mark methods with @AgentBase.tool, or pass a bound one"
            )
        self._parameters = [parameter for parameter in own if parameter.name not in bound]
        self.names = {p.name for p in self._parameters if p.kind is not p.VAR_KEYWORD}
        self._hints, self.docstring = _read(function)
        self.call_parameter = next(
            (n for n, h in self._hints.items() if n in self.names and Call in (h, *get_args(h))),
            None,
        )

    @property
    def first(self) -> str | None:
        """The name of the first parameter, None when there is none."""
        return self._parameters[0].name if self._parameters else None

    @property
    def is_variadic(self) -> bool:
        """Whether it takes `*args`."""
        return any(p.kind is p.VAR_POSITIONAL for p in self._parameters)

    def places(self) -> tuple[str, ...]:
        """Return what a classic function gets by position, in the order of its parameters."""
        places: list[str] = []
        left = [_ARGUMENTS, _INJECTED_RAW]
        for parameter in self._parameters:
            if parameter.kind is parameter.VAR_POSITIONAL:
                return (*places, *left)
            is_call = parameter.name == self.call_parameter
            if parameter.kind not in _BY_POSITION or not (is_call or left):
                break
            places.append(_CALL if is_call else left.pop(0))
        return tuple(places)

    def required(self) -> list[str]:
        """Return the arguments that a typed function cannot be called without."""
        return [p.name for p in self._shown() if p.default is p.empty]

    def parameters(self, descriptions: Mapping[str, str]) -> tuple[Parameter, ...]:
        """Return what the model may pass."""
        return tuple(
            parameter_from_type(
                parameter.name,
                self._hints.get(parameter.name, inspect.Parameter.empty),
                default=parameter.default,
                description=descriptions.get(parameter.name, ""),
            )
            for parameter in self._shown()
        )

    def _shown(self) -> list[inspect.Parameter]:
        hidden = {self.call_parameter, _INJECTED_RAW}
        shown = [p for p in self._parameters if p.name not in hidden and p.kind in _TOLD]
        if nameless := [p.name for p in shown if p.kind is p.POSITIONAL_ONLY]:
            raise DefinitionError(f"{nameless} cannot be passed by name, as the model passes them")
        return shown


def _read(function: Handler) -> tuple[dict[str, Any], str | None]:
    """Return the annotations and the docstring of what a partial or a callable object runs."""
    while isinstance(function, partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004 - the method itself
    routine = function if inspect.isroutine(function) else call
    try:
        hints = get_type_hints(routine, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise DefinitionError(f"an annotation cannot be read: {error}") from error
    return hints, getattr(routine, "__doc__", None) or inspect.getdoc(function)


def _placed(place: str, arguments: JSON, call: Call) -> object:
    if place == _ARGUMENTS:
        return arguments
    return call if place == _CALL else call.raw_data


_BY_POSITION = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
_TOLD = {*_BY_POSITION, inspect.Parameter.KEYWORD_ONLY}


def _is_typed(signature: _Signature, options: ToolOptions) -> bool:
    if options.is_typed_handler is not None:
        return options.is_typed_handler
    if signature.first in _ARGUMENTS_NAMES or signature.is_variadic:
        return False
    if not isinstance(options.parameters, Mapping):
        return True  # the signature says all, or what the author says is refused
    properties = options.parameters.get("properties", options.parameters)
    return signature.names - {signature.call_parameter, _INJECTED_RAW} <= set(properties)


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH or set(name) - _IN_NAMES:
        raise DefinitionError(f"a tool name has 1 to 64 of A-Z a-z 0-9 _ -, not {name!r}")
    return name


def _checked_seconds(options: ToolOptions) -> float:
    usual, cap = TIMEOUT_SECONDS, TIMEOUT_CAP_SECONDS
    if options.background:
        usual, cap = BACKGROUND_SECONDS, BACKGROUND_CAP_SECONDS
    seconds = usual if options.timeout is None else options.timeout
    if not isinstance(seconds, int | float) or not 0 < seconds <= cap:
        raise DefinitionError(f"timeout must be over 0 and at most {cap:g} s")
    return seconds


def _checked_soft(seconds: object) -> float:
    if not isinstance(seconds, int | float) or not 0 < seconds <= TIMEOUT_CAP_SECONDS:
        raise DefinitionError(f"soft_timeout must be over 0 and at most {TIMEOUT_CAP_SECONDS:g} s")
    return seconds


def _checked_delivery(
    deliver: Callable[[Call, JSON], object] | None,
) -> Callable[[Call, JSON], object] | None:
    if deliver is None or callable(deliver):
        return deliver
    raise DefinitionError(f"deliver takes a function, not {deliver!r}")


def _checked_once(once: object) -> bool | Callable[[Call], object]:
    if isinstance(once, bool) or callable(once):
        return once
    raise DefinitionError(f"once takes True, False or a function of the call, not {once!r}")


def _checked_policy(policy: object) -> str:
    if policy in (ASK, REPEAT):
        return str(policy)
    raise DefinitionError(f"on_crash must be {ASK!r} or {REPEAT!r}, not {policy!r}")
