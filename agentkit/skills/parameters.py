"""What a skill is added with, checked against the schema that its class tells."""

import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from agentkit.errors import DefinitionError
from agentkit.place import shown
from agentkit.skills.base import SkillBase

JSON = dict[str, Any]
_ALIKE = 0.8
"""How much alike two names are when one is taken for the other misspelt."""

_FURTHER = ("http_client",)


def parameter(kind: str, description: str, **more: Any) -> JSON:
    """Return one parameter of a schema; it is not required unless more says so."""
    return {"type": kind, "description": description, "required": False, **more}


def checked_params(kind: type[SkillBase], given: Mapping[str, Any] | None) -> JSON:
    """Return a copy of what the author gave, with what the environment says where it is missing.

    Raises:
        DefinitionError: a parameter is missing, misspelt or not what the schema says.
    """
    if not isinstance(given or {}, Mapping):
        refuse(kind, f"takes a dict of parameters, not {shown(given)}")
    schema = kind.get_parameter_schema()
    _check_names(kind, schema, given or {})
    params = {**_from_environment(schema), **(given or {})}
    for name, told in schema.items():
        if params.get(name) is not None:
            _check(kind, name, told, params[name])
        elif told.get("required"):
            _missing(kind, name, told)
    return params


def _from_environment(schema: Mapping[str, JSON]) -> JSON:
    named = {name: told["env_var"] for name, told in schema.items() if "env_var" in told}
    return {name: os.environ[key] for name, key in named.items() if os.environ.get(key)}


def _check_names(kind: type[SkillBase], schema: Mapping[str, JSON], given: Any) -> None:
    """An unknown name may be the skill's own business, but not one that is nearly a known one."""
    for name in given.keys() - schema.keys() - set(_FURTHER):
        alike = get_close_matches(str(name), schema, 1, _ALIKE)
        if alike:
            refuse(kind, f"has no parameter {name!r}; did you mean {alike[0]!r}?")


def _check(kind: type[SkillBase], name: str, told: JSON, value: Any) -> None:
    test, expected = _KINDS.get(told.get("type", ""), _ANYTHING)
    if not test(value):
        _wrong(kind, name, expected, value, told)
    choices = told.get("enum")
    if choices and value not in choices:
        _wrong(kind, name, f"one of {', '.join(map(repr, choices))}", value, told)
    low, high = told.get("min"), told.get("max")
    if low is not None and value < low:
        _wrong(kind, name, f"{low} or more", value, told)
    if high is not None and value > high:
        _wrong(kind, name, f"at most {high}", value, told)


def _wrong(kind: type[SkillBase], name: str, expected: str, value: object, told: JSON) -> NoReturn:
    given = "what was given" if told.get("hidden") else shown(value)
    refuse(kind, f"parameter {name!r} must be {expected}, not {given}")


def _missing(kind: type[SkillBase], name: str, told: JSON) -> NoReturn:
    other = f", or {told['env_var']} in the environment" if "env_var" in told else ""
    refuse(kind, f"needs the parameter {name!r}{other}")


def refuse(kind: type[SkillBase], reason: str) -> NoReturn:
    """Say what is wrong with how a skill is added.

    Raises:
        DefinitionError: always.
    """
    raise DefinitionError(f"skill {kind.SKILL_NAME!r} {reason}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_ANYTHING: tuple[Callable[[object], bool], str] = (lambda value: True, "anything")
_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "string": (lambda value: isinstance(value, str), "a text"),
    "integer": (_is_whole, "a whole number"),
    "number": (_is_number, "a number"),
    "boolean": (lambda value: isinstance(value, bool), "True or False"),
    "array": (lambda value: isinstance(value, list | tuple), "a list"),
    "object": (lambda value: isinstance(value, Mapping), "a dict"),
    "callable": (callable, "a function"),
}
