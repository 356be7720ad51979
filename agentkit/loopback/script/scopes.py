"""The variables of a script and what its references mean.

Scopes are `vars` (what `set` and the verbs' results write), `envs` (the account's), `call` and
`params` (what execute and transfer passed). A name without a scope is looked up in vars, then envs,
then call (facts 5.2). Plain paths are followed here; everything else is JavaScript.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentkit import _json
from agentkit.loopback.clock import Clock
from agentkit.loopback.script import javascript
from agentkit.loopback.script.sizes import MAX_TEXT, TooLarge, measure
from agentkit.loopback.script.templates import (
    Key,
    Part,
    Ref,
    bare,
    is_template,
    parsed,
    text_of,
    whole,
)

_GLOBALS = frozenset((
    "Array", "Boolean", "Date", "Infinity", "JSON", "Math", "NaN", "Number", "Object", "String",
    "false", "globalThis", "isFinite", "isNaN", "null", "parseFloat", "parseInt", "this", "true",
    "undefined",
))  # fmt: skip
_SCOPES = frozenset(("vars", "envs", "call", "params"))


class _Missing:
    """What a path leads to when it leads nowhere."""


_MISSING = _Missing()


MAX_MADE = 64_000_000
"""Characters that all expansions of a call may write together."""


class Scopes:
    """The variables of one call.

    Args:
        vars: the script's variables at its start; copied.
        envs: the account's variables; copied.
        call: the call object; copied.
        params: what the document was called with.
        clock: the time that expressions see.
        warn: is told of an expression that cannot be evaluated.

    Attributes:
        vars: the script's variables; the same dict for the whole call.
        envs: the account's variables.
        call: the call object; the same dict for the whole call.
        params: those of the section that runs.
    """

    def __init__(
        self,
        *,
        vars: Mapping[str, Any],  # noqa: A002 - the platform's word
        envs: Mapping[str, Any],
        call: Mapping[str, Any],
        params: Mapping[str, Any],
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self.vars: dict[str, Any] = dict(vars)
        self.envs: dict[str, Any] = dict(envs)
        self.call: dict[str, Any] = dict(call)
        self.params: Mapping[str, Any] = params
        self._clock = clock
        self._warn = warn
        self._evaluations = 0
        self._made = 0

    def body(self, params: Mapping[str, Any]) -> bytes:
        """Return the body of a request for a document (facts 2).

        Raises:
            TooLarge: the variables have grown over a limit.
        """
        body = {"call": self.call, "vars": self.vars, "envs": self.envs, "params": params}
        measure(body)
        return _json.encode(body)

    def expand(self, value: Any) -> Any:
        """Return JSON data with every reference in it replaced; what has none is the same object.

        A text that is wholly one reference becomes the value in its own type, or an empty text
        where it leads nowhere (facts 5.2: what is unresolved becomes empty).

        Raises:
            TooLarge: the value has grown over a limit.
        """
        expanded = self._expand(value)
        if isinstance(expanded, dict | list):
            measure(expanded)
        return expanded

    def _expand(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._expanded(value) if is_template(value) else value
        if isinstance(value, dict):
            return {key: self._expand(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._expand(item) for item in value]
        return value

    def _expanded(self, text: str) -> Any:
        ref = whole(text)
        if ref is not None:
            return self.value(ref)
        return "".join(self._written(parsed(text)))

    def _written(self, parts: tuple[Part, ...]) -> Iterator[str]:
        left = min(MAX_TEXT, MAX_MADE - self._made)
        for part in parts:
            text = part if isinstance(part, str) else text_of(self.value(part))
            left -= len(text)
            if left < 0:
                raise TooLarge(f"a text is larger than {MAX_TEXT} characters")
            self._made += len(text)
            yield text

    def value(self, ref: Ref) -> Any:
        """Return what a reference stands for, an empty text when it leads nowhere (facts 5.2)."""
        found = _MISSING if ref.path is None else self._followed(ref.path)
        if not isinstance(found, _Missing):
            return found
        if ref.path is None or self._is_script(ref):
            return self._evaluate(ref.source)
        return ""

    def named(self, name: str) -> Any:
        """Return the value of a variable that is named without braces, "" when there is none."""
        return self.value(bare(name))

    def is_true(self, condition: object) -> bool:
        """Say whether a condition holds: JavaScript, with or without `${…}` in it.

        A condition that cannot be evaluated does not hold, and a warning says why.
        """
        if not isinstance(condition, str):
            return truthy(condition)
        ref = whole(condition) if is_template(condition) else bare(condition)
        if ref is None:
            ref = Ref(text_of(self.expand(condition)), None)
        found = _MISSING if ref.path is None else self._followed(ref.path)
        if not isinstance(found, _Missing):
            return truthy(found)
        return (ref.path is None or self._is_script(ref)) and self._holds(ref.source)

    def _is_script(self, ref: Ref) -> bool:
        """A path that leads nowhere may be JavaScript's own: `Math.PI`, `name.length`, `a-b`."""
        keys = ref.path or ()
        if keys[0] in _GLOBALS or "-" in ref.source:
            return True
        return len(keys) > 1 and not isinstance(self._followed(keys[:-1]), _Missing | dict | None)

    def _followed(self, path: tuple[Key, ...]) -> Any:
        first = path[0]
        if first in _SCOPES:
            # Copied, so that a scope that is written into itself does not hold itself.
            scope = getattr(self, str(first))
            found: Any = dict(scope) if len(path) == 1 else scope
        else:
            scopes = (self.vars, self.envs, self.call)
            found = next((scope[first] for scope in scopes if first in scope), _MISSING)
        for key in path[1:]:
            found = _item(found, key)
        return found

    def _scopes(self) -> bytes:
        return self.body(self.params)

    def _evaluate(self, source: str) -> Any:
        try:
            return javascript.evaluate(source, self._scopes(), *self._moment())
        except javascript.ScriptFault as fault:
            self._warn(f"${{{source[:80]}}}: {fault}")
            return ""

    def _holds(self, source: str) -> bool:
        try:
            return javascript.is_true(source, self._scopes(), *self._moment())
        except javascript.ScriptFault as fault:
            self._warn(f"condition {source[:80]!r}: {fault}")
            return False

    def _moment(self) -> tuple[int, int]:
        self._evaluations += 1
        return self._clock.us // 1000, self._evaluations * 7919

    def assign(self, values: Mapping[str, Any]) -> None:
        """Write variables; `vars.` before a name is its scope, dots go into objects."""
        for name, value in values.items():
            self._put(_keys(name), value)

    def _put(self, keys: list[str], value: Any) -> None:
        inner = self.vars
        for key in keys[:-1]:
            below = inner.get(key)
            # Copied: what stands in the trace or was sent does not change with it.
            inner[key] = inner = dict(below) if isinstance(below, dict) else {}
        inner[keys[-1]] = value

    def remove(self, name: str) -> None:
        """Take a variable away; one that does not exist is no error."""
        keys = _keys(name)
        holder: Any = self.vars
        for key in keys[:-1]:
            holder = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and keys[-1] in holder:
            left = {key: value for key, value in holder.items() if key != keys[-1]}
            if len(keys) == 1:
                del self.vars[keys[0]]
            else:
                self._put(keys[:-1], left)


def _keys(name: str) -> list[str]:
    keys = name.split(".")
    return keys[1:] if keys[0] == "vars" and len(keys) > 1 else keys


def _item(holder: Any, key: Key) -> Any:
    if isinstance(holder, dict):
        return holder.get(str(key), _MISSING)
    if isinstance(holder, list | str):
        if key == "length":
            return len(holder)
        index = int(key) if isinstance(key, int) or key.isdecimal() else -1
        return holder[index] if 0 <= index < len(holder) else _MISSING
    return _MISSING


def truthy(value: object) -> bool:
    """Say whether JavaScript takes a value for true: empty objects and arrays are."""
    return isinstance(value, dict | list) or bool(value)
