"""How much of what agentkit offers a hook wants, read from its signature once."""

import inspect
import re
from collections.abc import Callable, Hashable
from functools import lru_cache, partial
from typing import Any, TypeVar, get_args, get_type_hints

from msgspec import Struct

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_MARK = "__agentkit_default__"


class _Wants(Struct, frozen=True):
    positional: tuple[str, ...]
    any_positional: bool
    named: frozenset[str] | None  # None: any


def default_hook(function: F) -> F:
    """Mark a method as agentkit's own, so that it costs nothing until it is overridden."""
    setattr(function, DEFAULT_MARK, True)
    return function


def is_overridden(hook: Callable[..., Any]) -> bool:
    """Say whether a hook is the author's."""
    return not hasattr(hook, DEFAULT_MARK)


def is_async(function: Callable[..., Any]) -> bool:
    """Say whether calling function gives a coroutine (partials and callable objects too)."""
    call = getattr(function, "__call__", None)  # noqa: B004 - the method itself is wanted
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def fitted(hook: Callable[..., Any], *offered: object, **named: object) -> Callable[[], Any]:
    """Return hook with as many of the offered arguments, and those named, as it takes."""
    wants = _wanted_by(hook)
    taken = {k: v for k, v in named.items() if wants.named is None or k in wants.named}
    rest, given = list(offered), []
    for name in wants.positional:
        if name in named:
            given.append(taken.pop(name, named[name]))
        elif rest:
            given.append(rest.pop(0))
        else:
            break
    return partial(hook, *given, *(rest if wants.any_positional else ()), **taken)


def takes_two(hook: Callable[..., Any]) -> bool:
    """Say whether a hook wants two arguments by position."""
    wants = _wanted_by(hook)
    return wants.any_positional or len(wants.positional) > 1


def takes(hook: Callable[..., Any], name: str) -> bool:
    """Say whether a hook has a parameter of this name."""
    wants = _wanted_by(hook)
    return wants.named is None or name in wants.named


def annotated(hook: Callable[..., Any], kind: str) -> str | None:
    """Return the parameter that is annotated with a class, which need not be loaded.

    Args:
        hook: the author's.
        kind: the class as `module.Class`; in a union it counts as well.
    """
    read = _annotated if isinstance(hook, Hashable) else _annotated.__wrapped__
    return read(method_of(hook)[0], kind)


@lru_cache(maxsize=1024)
def _annotated(function: Callable[..., Any], kind: str) -> str | None:
    hints = _hints_of(function)
    return next((name for name, hint in hints.items() if _names(hint, kind)), None)


def place_of(hook: Callable[..., Any], name: str) -> int | None:
    """Return the place of a parameter among those by position, None when it has none."""
    names = _wanted_by(hook).positional
    return names.index(name) if name in names else None


def method_of(hook: Callable[..., Any]) -> tuple[Callable[..., Any], int]:
    """Return the function behind a bound method, which can be remembered, and how much is bound."""
    method = getattr(hook, "__func__", None)
    return (hook, 0) if method is None else (method, 1)


def _names(hint: object, kind: str) -> bool:
    if isinstance(hint, str):  # it could not be read: its import is for type checkers only
        return kind.rpartition(".")[2] in re.findall(r"\w+", hint)
    found = (hint, *get_args(hint))
    return any(kind == f"{each.__module__}.{each.__qualname__}" for each in found
               if isinstance(each, type))  # fmt: skip


def _hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, TypeError, AttributeError, SyntaxError):  # of another parameter, perhaps
        return getattr(function, "__annotations__", {})


def _wanted_by(hook: Callable[..., Any]) -> _Wants:
    read = _wants if isinstance(hook, Hashable) else _wants.__wrapped__
    function, skip = method_of(hook)
    return read(function, skip=skip)


@lru_cache(maxsize=1024)
def _wants(function: Callable[..., Any], *, skip: int) -> _Wants:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except ValueError:  # some builtins do not tell
        return _Wants((), any_positional=True, named=frozenset())
    kinds = {parameter.kind for parameter in parameters}
    by_name = {p.name for p in parameters if p.kind in _BY_NAME}
    return _Wants(
        tuple(p.name for p in parameters if p.kind in _BY_POSITION),
        inspect.Parameter.VAR_POSITIONAL in kinds,
        None if inspect.Parameter.VAR_KEYWORD in kinds else frozenset(by_name),
    )


_BY_POSITION = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
_BY_NAME = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
