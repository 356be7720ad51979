"""What a routing callback is called with: `(request, body)`, or the newer `(body, headers)`.

Both forms are the vendor's. Which one an author has written shows in the names and annotations of
the parameters; where nothing shows, it is the first.
"""

import inspect
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from agentkit.hooks import method_of

_BY_NAME = {
    "request": "request",
    "req": "request",
    "body": "body",
    "data": "body",
    "payload": "body",
    "request_data": "body",
    "headers": "headers",
}
_CLASSIC, _NEWER = ("request", "body"), ("body", "headers")


class _Roles(NamedTuple):
    positional: tuple[str, ...]
    named: Mapping[str, str]


def called_with(
    callback: Callable[..., Any], offered: Mapping[str, Callable[[], object]]
) -> Callable[[], Any]:
    """Return a callback with what it takes of `request`, `body` and `headers`; no more is made."""
    function, skip = method_of(callback)
    read = _roles if isinstance(function, Hashable) else _roles.__wrapped__
    roles = read(function, skip=skip)
    given = [offered[role]() for role in roles.positional]
    return partial(callback, *given, **{n: offered[role]() for n, role in roles.named.items()})


@lru_cache(maxsize=1024)
def _roles(function: Callable[..., Any], *, skip: int) -> _Roles:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except ValueError:  # some builtins do not tell
        return _Roles(_CLASSIC, {})
    positional = [p for p in parameters if p.kind in _BY_POSITION]
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        positional += [_ANYTHING] * (len(_CLASSIC) - len(positional))
    keywords = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    named = {name: _BY_NAME[name] for name in keywords if name in _BY_NAME}
    return _Roles(_filled([_shown(parameter) for parameter in positional]), named)


def _filled(shown: list[str | None]) -> tuple[str, ...]:
    """Give the parameters that show nothing what their form has left, in its order."""
    is_newer = "headers" in shown or shown[:1] == ["body"]
    left = [role for role in (_NEWER if is_newer else _CLASSIC) if role not in shown]
    roles: list[str] = []
    for role in shown:
        if role is not None and role not in roles:
            roles.append(role)
        elif left:
            roles.append(left.pop(0))
        else:
            break
    return tuple(roles)


def _shown(parameter: inspect.Parameter) -> str | None:
    """Tell what a parameter is for, by its name, else by its annotation."""
    if parameter.name in _BY_NAME:
        return _BY_NAME[parameter.name]
    annotation = parameter.annotation
    said = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    if said.endswith("Request"):
        return "request"
    return "body" if said.lower().startswith(("dict", "mapping")) else None


_BY_POSITION = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
_ANYTHING = inspect.Parameter("_", inspect.Parameter.POSITIONAL_ONLY)
