"""The methods of an agent that are no hooks, by area; `agentkit.agent` lists them by name.

Most are functions from spec to spec: `setter` makes methods of them that replace the agent's spec
and return the agent. Some only read the spec (`reader`). Those that need more of the agent, or call
what a subclass may override, take it as `self` and are methods as they are (`agentkit.late.moved`).
An area stands here as a `LateModule` until the first look at one of its methods loads it.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from agentkit.late import LateModule, late_method
from agentkit.spec import AgentSpec, Holder, spec_of

_AREAS = (
    "addresses", "call_state", "document", "events", "functions", "hosting", "params",
    "prompting", "routing", "serving", "skills", "speech",
)  # fmt: skip
P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A", bound=Holder)


def setter(
    change: "Callable[Concatenate[AgentSpec, P], AgentSpec]",
) -> "Callable[Concatenate[A, P], A]":
    """Return the method that puts a changed spec in place of an agent's and returns the agent.

    Args:
        change: makes the changed spec; may stand in a module that is not loaded yet.
    """

    def make(change: Any, owner: type, name: str) -> Any:
        def method(self: Any, /, *args: Any, **options: Any) -> Any:
            self._spec = change(spec_of(self), *args, **options)
            return self

        return _shown(method, change, owner, name, Self)

    made: Callable[Concatenate[A, P], A] = late_method(change, make)
    return made


def reader(read: "Callable[Concatenate[AgentSpec, P], T]") -> "Callable[Concatenate[Holder, P], T]":
    """Return the method that tells what is read off an agent's spec; else as `setter`."""

    def make(read: Any, owner: type, name: str) -> Any:
        def method(self: Any, /, *args: Any, **options: Any) -> Any:
            return read(spec_of(self), *args, **options)

        return _shown(method, read, owner, name, inspect.signature(read).return_annotation)

    made: Callable[Concatenate[Holder, P], T] = late_method(read, make)
    return made


def _shown(method: Any, function: Any, owner: type, name: str, returns: object) -> Any:
    """Have a method look as if the function were written in its class, with `self` for the spec."""
    spec, *taken = inspect.signature(function).parameters.values()
    own = spec.replace(name="self", annotation=inspect.Parameter.empty)
    hints = {parameter.name: parameter.annotation for parameter in taken}
    wraps(function)(method)
    method.__module__, method.__qualname__ = owner.__module__, f"{owner.__qualname__}.{name}"
    method.__annotations__ = {**hints, "return": returns}
    method.__signature__ = inspect.Signature([own, *taken], return_annotation=returns)
    return method


def __getattr__(name: str) -> LateModule:
    if name in _AREAS:
        return LateModule(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
