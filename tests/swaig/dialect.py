"""The platform's dialect of parameter schemas, as a checker of its own.

It is written from the table of forms (facts of the wire, 1.4), not from the code under test. When
the docs' schema lies beside the checkout, that has its say as well.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

STRUCTURE = Path(__file__).parents[3] / "shared/protocol/schemas/swml-calling.structure.schema.json"

FORMATS = {
    "date",
    "date_time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
}
KEYS = {
    "string": {"description", "nullable", "enum", "default", "pattern", "format"},
    "integer": {"description", "nullable", "enum", "default"},
    "number": {"description", "nullable", "enum", "default"},
    "boolean": {"description", "nullable", "default"},
    "array": {"description", "nullable", "items", "default"},
    "object": {"description", "nullable", "properties", "required", "default"},
    "null": {"description"},
}
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (),
}


def misfits(parameters: Any) -> list[str]:
    """Say what the platform would refuse in the `parameters` of a function."""
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        return ["not of type object"]
    return [
        *_unless(parameters.keys() <= {"type", "properties", "required"}, "unknown keys"),
        *_unless("properties" in parameters, "no properties"),
        *_in_object(parameters, ""),
    ]


def check(properties: dict[str, Any]) -> None:
    """Fail when a property is not of the dialect."""
    parameters = {"type": "object", "properties": properties}
    assert misfits(parameters) == []
    json.dumps(parameters, allow_nan=False)


def check_with_the_docs_schema(properties: dict[str, Any]) -> None:  # pragma: no cover
    """Fail when the docs' schema refuses a property."""
    error = next(_docs_validator().iter_errors({"type": "object", "properties": properties}), None)
    assert error is None, error


needs_the_docs_schema = pytest.mark.skipif(
    not STRUCTURE.exists(), reason="the docs' schema is not beside this checkout"
)


@cache
def _docs_validator() -> Any:  # pragma: no cover
    definitions = json.loads(STRUCTURE.read_text("utf-8"))["$defs"]
    reached: dict[str, Any] = {}
    names = ["FunctionParameters"]
    while names:
        if (name := names.pop()) not in reached:
            reached[name] = definitions[name]
            names += re.findall(r'"#/\$defs/(\w+)"', json.dumps(reached[name]))
    return jsonschema_rs.validator_for({"$ref": "#/$defs/FunctionParameters", "$defs": reached})


def _unless(fine: bool, problem: str) -> list[str]:
    return [] if fine else [problem]


def _in_object(form: dict[str, Any], path: str) -> list[str]:
    names = form.get("required", [])
    nested = form.get("properties", {}).items()
    return [
        *_unless(all(isinstance(name, str) for name in names), f"{path}: required"),
        *(problem for name, field in nested for problem in _in_form(field, f"{path}.{name}")),
    ]


def _in_form(form: Any, path: str) -> list[str]:
    if not isinstance(form, dict):
        return [f"{path}: no object"]
    for union in ("anyOf", "oneOf", "allOf"):
        if union in form:
            nested = [problem for member in form[union] for problem in _in_form(member, path)]
            return _unless(len(form) == 1, f"{path}: keys beside {union}") + nested
    if "const" in form:
        return _unless(len(form) == 1, f"{path}: keys beside const")
    return _in_typed(form, path)


def _in_typed(form: dict[str, Any], path: str) -> list[str]:
    kind = form.get("type")
    if not isinstance(kind, str) or kind not in KEYS:
        return [f"{path}: type {kind}"]
    unknown = form.keys() - KEYS[kind] - {"type"}
    problems = _unless(not unknown, f"{path}: {kind} with {unknown}")
    problems += _unless(isinstance(form.get("description", ""), str), f"{path}: description")
    problems += _unless(kind != "null" or "description" in form, f"{path}: null undescribed")
    problems += _unless(_is_flag(form.get("nullable", True)), f"{path}: nullable")
    problems += _unless(form.get("format", "date") in FORMATS, f"{path}: format")
    problems += _unless(isinstance(form.get("pattern", ""), str), f"{path}: pattern")
    if "default" in form:
        problems += _unless(_is_of(form["default"], kind), f"{path}: default")
    problems += _unless(_is_enum(form.get("enum", []), kind), f"{path}: enum")
    if kind == "array":
        problems += _in_form(form.get("items"), f"{path}[]")
    return problems + (_in_object(form, path) if kind == "object" else [])


def _is_enum(values: Any, kind: str) -> bool:
    if kind == "number" and all(map(_is_variable, values)):
        return True
    return all(isinstance(value, KINDS[kind]) for value in values)


def _is_of(value: Any, kind: str) -> bool:
    if kind in {"integer", "number", "boolean"} and _is_variable(value):
        return True
    return isinstance(value, KINDS[kind]) and isinstance(value, bool) is (kind == "boolean")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or _is_variable(value)


def _is_variable(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[$%]\{.*\}", value) is not None
