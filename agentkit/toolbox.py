"""The `tool` decorator: on the class it marks methods, on an agent it registers functions.

A decorated function is returned unchanged. Methods are read once a class, however many agents are
made of it.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload
from weakref import WeakKeyDictionary

from agentkit.context import Call
from agentkit.errors import DefinitionError
from agentkit.late import LateModule
from agentkit.tools import FAILURE, SOFT_SECONDS, UNCONFIRMED, WORKING, Tool, ToolOptions, build

if TYPE_CHECKING:

    class Registrar(Protocol):
        """Takes a tool: an agent."""

        def add_tool(self, tool: Tool) -> object:
            """Register it."""
            ...


F = TypeVar("F", bound=Callable[..., Any])
JSON = dict[str, Any]

_MARK = "__agentkit_tool__"
_shapes = LateModule("agentkit.shapes")
_difflib = LateModule("difflib")
_known: WeakKeyDictionary[type, dict[str, Tool]] = WeakKeyDictionary()


class BoundDecorator:
    """`AgentBase.tool` or `agent.tool`: used bare, with a name, or with options."""

    __slots__ = ("_agent",)

    def __init__(self, agent: "Registrar | None") -> None:
        self._agent = agent

    @overload
    def __call__(self, function: F, /) -> F: ...

    @overload
    def __call__(
        self,
        name: str | None = None,
        *,
        description: str | None = None,
        parameters: JSON | None = None,
        required: Sequence[str] | None = None,
        secure: bool = True,
        fillers: Mapping[str, Sequence[str]] | None = None,
        webhook_url: str | None = None,
        wait_file: str | None = None,
        wait_file_loops: int | str | None = None,
        timeout: float | None = None,
        once: bool | Callable[[Call], object] = False,
        on_crash: Literal["ask", "repeat"] = "ask",
        on_unconfirmed: str = UNCONFIRMED,
        background: bool = False,
        soft_timeout: float = SOFT_SECONDS,
        say: str = WORKING,
        deliver: Callable[[Call, JSON], object] | None = None,
        on_error: str = FAILURE,
        is_typed_handler: bool | None = None,
        **swaig_fields: Any,
    ) -> Callable[[F], F]: ...

    def __call__(self, name: Any = None, **options: Any) -> Any:
        """Make a function a tool.

        Args:
            name: the function's name for the model; the Python name by default.
            **options: `description` (the docstring by default), `parameters` and `required` (the
                signature by default), `secure`, `fillers`, `webhook_url`, `wait_file`,
                `wait_file_loops`, `timeout` in seconds (25, at most 110), `on_error` (said when
                the tool fails), `is_typed_handler`; others go into the SWAIG entry as they are.
                `once` (True, or a function of the `Call` that says what is the same): run once a
                call and arguments; `on_crash`: `"ask"` says `on_unconfirmed` when nobody knows
                whether it was done, `"repeat"` runs it again. `background`: after `soft_timeout`
                seconds (10) answer with `say` and go on, for at most `timeout` (600, at most 3600);
                the result comes with the next answer, or goes to `deliver(call, answer)`.

        Raises:
            DefinitionError: on an agent at once, in a class when its first agent is made.
        """
        if callable(name) or isinstance(name, classmethod):
            return self._mark(name, ToolOptions())
        made = options_of(name, options)
        return lambda function: self._mark(function, made)

    def _mark(self, function: F, options: ToolOptions) -> F:
        if self._agent is not None:
            self._agent.add_tool(build(function, options, takes_agent=False))
        elif "." not in getattr(function, "__qualname__", "."):
            raise DefinitionError(
                f"{function.__qualname__} is no method, so no agent would have it: mark it with the"
                " tool of an agent, as in @agent.tool"
            )
        else:
            setattr(function, _MARK, (*getattr(function, _MARK, ()), options))
        return function


class ToolDecorator:
    """Tells a use on the class from a use on an agent."""

    def __get__(self, agent: "Registrar | None", owner: type) -> BoundDecorator:
        """Return the decorator for the class or for one agent."""
        return BoundDecorator(agent)


def options_of(name: str | None, options: Mapping[str, Any]) -> ToolOptions:
    """Return options by their names; unknown ones that are not None go into the SWAIG entry.

    Raises:
        DefinitionError: one is not what it should be, or is misspelt.
    """
    known = {key: value for key, value in options.items() if key in _OPTIONS}
    others = {key: value for key, value in options.items() if key not in _OPTIONS}
    fields = {key: value for key, value in others.items() if value is not None}
    for field in fields.keys() - _TAKEN_FOR_OURS:
        _refuse_misspelt(field)
    if shaped := {key: known[key] for key in _SHAPED if known.get(key)}:
        known |= _shapes.shaped("tool", shaped, None, f"tool {name!r}" if name else "tool")
    return ToolOptions(name=name, fields=fields, **known)


def _refuse_misspelt(field: str) -> None:
    """Refuse what is nearly an option: in the SWAIG entry the platform would make nothing of it."""
    if near := _difflib.get_close_matches(field, _OPTIONS, n=1, cutoff=0.85):
        raise DefinitionError(f"a tool has no option {field!r}; did you mean {near[0]!r}?")


def class_tools(owner: type) -> dict[str, Tool]:
    """Return the tools that the methods of a class were marked as.

    Raises:
        DefinitionError: a method cannot be a tool, or two have one name.
    """
    if owner not in _known:
        _known[owner] = _read_class(owner)
    return _known[owner]


def _read_class(owner: type) -> dict[str, Tool]:
    methods: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        methods |= vars(base)  # an overriding method counts, marked or not
    tools: dict[str, Tool] = {}
    for method in methods.values():
        for options in _marks(method):
            tool = _of_class(owner, method, options)
            if tool.name in tools:
                raise DefinitionError(f"{owner.__name__} has two tools named {tool.name!r}")
            tools[tool.name] = tool
    return tools


def _marks(method: object) -> tuple[ToolOptions, ...]:
    """Return the marks of a method; those of a static or class method may be on its function."""
    within = getattr(method, "__func__", None)
    found: tuple[ToolOptions, ...] = getattr(method, _MARK, ()) or getattr(within, _MARK, ())
    return found


def _of_class(owner: type, method: Any, options: ToolOptions) -> Tool:
    if isinstance(method, staticmethod | classmethod):
        return build(method.__get__(None, owner), options, takes_agent=False)
    _refuse_selfless(owner, method)
    return build(method, options, takes_agent=True)


def _refuse_selfless(owner: type, method: Any) -> None:
    """Refuse a method that has an argument, or nothing, where it gets the agent."""
    code = getattr(method, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARARGS:
        return
    first = code.co_varnames[0] if code.co_argcount else None
    hint = method.__annotations__.get(first, owner)
    told = hint if isinstance(hint, str) else getattr(hint, "__name__", "")
    agents = {"Any", *(kind.__name__ for kind in owner.__mro__)}
    if first is None or (first != "self" and told not in agents):
        raise DefinitionError(f"{method.__qualname__} gets the agent first: it lacks self")


_TAKEN_FOR_OURS = {"web_hook_url"}
"""Fields of the platform that are named nearly as options are."""

_SHAPED = ("fillers", "webhook_url")
_OPTIONS = set(ToolOptions.__struct_fields__) - {"name", "fields"}
