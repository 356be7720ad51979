"""Parts that are loaded when they are first used, so that `import agentkit` stays quick.

`LateModule` stands for a module. What is taken from it is a `Late`, which loads the module when it
is called; from then on it is what the module has. In the globals that it is told of, the module
then takes its place, so that later requests pay nothing for it.
`method` makes a method of a function that builds something: the method builds it and hands it to
another method of its object, so a class can offer many signatures without repeating them. The first
look at such a method loads what it is made of and puts a plain function in place; `moved` does so
with a function that is a method but for its place, `static` for a static one.
`exports` finds the names of a package in its modules.
`kept` makes an attribute that an object has from the first look on.
`pattern` stands for a regular expression until the first text is laid beside it.
"""

import inspect
import re
from collections.abc import Callable, Mapping, MutableMapping
from functools import wraps
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, AnyStr, Concatenate, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Late:
    """A function or class of a module that is loaded at the first call."""

    __slots__ = ("_load", "_name")

    def __init__(self, load: Callable[[], ModuleType], name: str) -> None:
        self._load = load
        self._name = name

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Load it and call it."""
        return self.loaded()(*args, **options)

    def loaded(self) -> Any:
        """Return what this stands for."""
        return getattr(self._load(), self._name)


class LateModule:
    """A module whose functions and classes are loaded when they are first called.

    Args:
        name: what it is called.
        holder: the globals that this stands in.
    """

    __slots__ = ("_holder", "_module", "_name")

    def __init__(self, name: str, holder: MutableMapping[str, Any] | None = None) -> None:
        self._name = name
        self._holder = {} if holder is None else holder
        self._module: ModuleType | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what stands for something of the module, or the thing itself once it is loaded."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Late(self._load, name) if self._module is None else getattr(self._module, name)

    def _load(self) -> ModuleType:
        if self._module is None:
            self._module = import_module(self._name)
            places = [key for key, held in list(self._holder.items()) if held is self]
            self._holder.update(dict.fromkeys(places, self._module))
        return self._module


def exports(package: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package: it loads a name's module when it is asked for.

    Args:
        package: what it is called.
        where: the modules of its names.
    """

    def found(name: str) -> Any:
        if name in where:
            return getattr(import_module(where[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found


class _LatePattern:
    """Stands for a pattern until somebody asks for one of its methods."""

    def __init__(self, text: Any, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        """Compile it; the method is found at once from then on."""
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled by its first use.

    Compiling those that the first document does not need took a twentieth of every start.
    """
    made: Any = _LatePattern(text, flags)
    return made  # type: ignore[no-any-return]


class _Kept:
    """Stands for an attribute until somebody looks at it.

    Unlike `functools.cached_property` it does not ask for the object's `__dict__`, which would make
    every later look at the object dearer.
    """

    def __init__(self, read: Callable[[Any], object]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> object:
        if instance is None:
            return self
        value = self._read(instance)
        setattr(instance, self._name, value)
        return value


def kept(read: Callable[[Any], T]) -> T:
    """Return the attribute that a method tells when somebody first looks at it.

    Threads that look at once may each ask the method: it must tell all the same.
    """
    made: Any = _Kept(read)
    return made  # type: ignore[no-any-return]


class _LateMethod:
    """Stands for a method until somebody looks at it."""

    __slots__ = ("_make", "_name", "_owner", "_source")

    def __init__(self, source: Any, make: Callable[[Any, type, str], Any]) -> None:
        self._source = source
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type) -> Any:
        source = self._source.loaded() if isinstance(self._source, Late) else self._source
        made = self._make(source, self._owner, self._name)
        setattr(self._owner, self._name, made)
        return made.__get__(instance, owner)


def method(
    build: Callable[P, T], then: Callable[[Any, T], Any]
) -> "Callable[Concatenate[R, P], R]":
    """Return a method that calls `then` with its object and with what `build` returns.

    It has the parameters and the docstring of build, which may be a `Late`.
    """

    def make(build: Any, owner: type, name: str) -> Any:
        @wraps(build)
        def added(self: Any, /, *args: Any, **options: Any) -> Any:
            return then(self, build(*args, **options))

        taken = inspect.signature(build)
        kind = inspect.Parameter.POSITIONAL_ONLY
        parameters = [inspect.Parameter("self", kind), *taken.parameters.values()]
        added.__name__ = name
        shown = taken.replace(parameters=parameters, return_annotation=Self)
        added.__signature__ = shown  # type: ignore[attr-defined]
        del added.__wrapped__  # its signature lacks `self`
        return added

    made: Callable[Concatenate[R, P], R] = late_method(build, make)
    return made


def moved(function: F) -> F:
    """Return the method of a function that takes the object as `self` and stands in another module.

    It looks as if it were written in the class. The function may be a `Late`.
    """
    made: F = late_method(function, _copied)
    return made


def static(function: Callable[P, T]) -> "staticmethod[P, T]":
    """Return the static method of a function that stands in another module; else as `moved`."""
    made: staticmethod[P, T] = late_method(function, lambda *it: staticmethod(_copied(*it)))
    return made


def _copied(function: FunctionType, owner: type, name: str) -> Any:
    """Return the function with the name that it has in its class, and a `self` of that class."""
    code, defaults = function.__code__, function.__defaults__
    method = FunctionType(code, function.__globals__, name, defaults, function.__closure__)
    hints = dict(function.__annotations__)
    own = hints.pop("self", owner)
    method.__kwdefaults__, method.__doc__ = function.__kwdefaults__, function.__doc__
    method.__annotations__ = {key: Self if hint is own else hint for key, hint in hints.items()}
    method.__module__, method.__qualname__ = owner.__module__, f"{owner.__qualname__}.{name}"
    vars(method).update(vars(function))
    return method


def late_method(source: object, make: Callable[[Any, type, str], Any]) -> Any:
    """Return what becomes a method at the first look at it.

    Args:
        source: what it is made of, or a `Late` that stands for it.
        make: makes it of that, of its class and of its name there.
    """
    return _LateMethod(source, make)
