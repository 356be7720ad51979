"""Makes a `Scenario` of what a file says, and tells what is wrong by its place.

msgspec would do the same; but a person who has written `says:` for `say:` wants to read which words
there are, at which line, also inside objects whose keys he has chosen himself.
"""

from collections.abc import Callable
from typing import Any

import msgspec.inspect as kinds
from msgspec import NODEFAULT

from agentkit.loopback.matching import closest, shown
from agentkit.loopback.scenario.forms import Scenario
from agentkit.loopback.scenario.reading import Place, ScenarioError, Written

Kind = kinds.Type


def scenario_in(written: Written) -> Scenario:
    """Return the scenario that a file holds.

    Raises:
        ScenarioError: something in it is not what may stand there.
    """
    scenario: Scenario = _Fitter(written).value(_SCENARIO, written.data, ())
    for at, step in enumerate(scenario.steps):
        _check_step(written, step, at)
    return scenario


class _Fitter:
    """Turns plain data into what a type says, place by place."""

    def __init__(self, written: Written) -> None:
        self._written = written

    def value(self, kind: Kind, value: Any, place: Place) -> Any:
        if isinstance(kind, kinds.UnionType):
            return self._one_of(kind.types, value, place)
        if not _could_be(kind, value):
            raise self._misfit((kind,), value, place)
        return self._made(kind, value, place)

    def _one_of(self, choices: tuple[Kind, ...], value: Any, place: Place) -> Any:
        for kind in choices:
            if _could_be(kind, value):
                return self._made(kind, value, place)
        raise self._misfit(choices, value, place)

    def _made(self, kind: Kind, value: Any, place: Place) -> Any:
        if isinstance(kind, kinds.StructType):
            return self._struct(kind, value, place)
        if isinstance(kind, kinds.ListType):
            items = enumerate(value)
            return [self.value(kind.item_type, item, (*place, at)) for at, item in items]
        if isinstance(kind, kinds.DictType):
            pairs = value.items()
            return {key: self.value(kind.value_type, item, (*place, key)) for key, item in pairs}
        return float(value) if isinstance(kind, kinds.FloatType) else value

    def _struct(self, kind: kinds.StructType, value: dict[str, Any], place: Place) -> Any:
        fields = {field.name: field for field in kind.fields}
        for key in value:
            if key not in fields:
                raise self._unknown(key, list(fields), place)
        for name, field in fields.items():
            needed = field.default is NODEFAULT and field.default_factory is NODEFAULT
            if needed and name not in value:
                raise self._written.error(f"{name} is missing", place)
        made = {
            key: self.value(fields[key].type, item, (*place, key)) for key, item in value.items()
        }
        return kind.cls(**made)

    def _unknown(self, key: str, known: list[str], place: Place) -> ScenarioError:
        near = closest(key, known)
        meant = f"; did you mean {near}?" if near else ""
        message = f"there is no {key} here, but {', '.join(known)}{meant}"
        return self._written.error(message, (*place, key))

    def _misfit(self, choices: tuple[Kind, ...], value: Any, place: Place) -> ScenarioError:
        names = list(dict.fromkeys(name for kind in choices for name in _names(kind)))
        return self._written.error(f"expected {' or '.join(names)}, not {shown(value)}", place)


def _check_step(written: Written, step: Any, at: int) -> None:
    """Check that a step is one thing that happens."""
    happens = ("say", "press", "wait", "expect", "hang_up")
    there = [name for name in happens if getattr(step, name) is not None]
    if len(there) != 1:
        told = f"it has {' and '.join(there)}" if there else "it has none"
        raise written.error(f"a step has one of {', '.join(happens)}; {told}", ("steps", at))
    speaks = there[0] in {"say", "press"}
    if (step.uses or step.answers is not None) and not speaks:
        raise written.error("uses and answers belong to say or press", ("steps", at))
    for number, use in enumerate(step.uses):
        if isinstance(use, dict) and len(use) != 1:
            message = f"a call has one name, not {', '.join(use) or 'none'}"
            raise written.error(message, ("steps", at, "uses", number))
    if step.wait is not None and not 0 <= step.wait <= MOST_SECONDS:
        raise written.error(f"expected 0 to {MOST_SECONDS} seconds", ("steps", at, "wait"))


MOST_SECONDS = 86_400
"""Longest wait of a step."""


def _could_be(kind: Kind, value: Any) -> bool:
    test = _TESTS.get(type(kind))
    if isinstance(kind, kinds.LiteralType):
        return any(value is each or (value == each and type(value) is str) for each in kind.values)
    return test is None or test(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TESTS: dict[type[Kind], Callable[[Any], bool]] = {
    kinds.StrType: lambda value: isinstance(value, str),
    kinds.IntType: _is_whole,
    kinds.FloatType: _is_number,
    kinds.BoolType: lambda value: isinstance(value, bool),
    kinds.NoneType: lambda value: value is None,
    kinds.ListType: lambda value: isinstance(value, list),
    kinds.DictType: lambda value: isinstance(value, dict),
    kinds.StructType: lambda value: isinstance(value, dict),
}
_NAMES: dict[type[Kind], str] = {
    kinds.StrType: "a text",
    kinds.IntType: "a whole number",
    kinds.FloatType: "a number",
    kinds.BoolType: "true or false",
    kinds.ListType: "a list",
    kinds.DictType: "an object",
    kinds.StructType: "an object",
}


def _names(kind: Kind) -> list[str]:
    if isinstance(kind, kinds.LiteralType):
        return [shown(value) for value in kind.values]
    name = _NAMES.get(type(kind))
    return [name] if name else []


_SCENARIO = kinds.type_info(Scenario)
