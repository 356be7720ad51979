"""The checker of the dialect refuses what the platform refuses (facts of the wire, 1.4)."""

from typing import Any

import pytest

from tests.swaig import dialect

GOOD: list[dict[str, Any]] = [
    {"type": "string", "description": "D", "nullable": True, "enum": ["a"], "default": "a"},
    {"type": "string", "pattern": "a", "format": "date_time", "nullable": "${x}"},
    {"type": "integer", "enum": [1], "default": "${x}"},
    {"type": "number", "enum": ["${x}"], "default": 1},
    {"type": "number", "enum": [1, 1.5]},
    {"type": "boolean", "default": True},
    {"type": "array", "items": {"type": "string"}, "default": []},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "default": {}},
    {"type": "null", "description": "Nothing"},
    {"anyOf": [{"type": "string"}]},
    {"oneOf": [{"const": 1}]},
    {"allOf": []},
]

BAD: list[Any] = [
    None,
    {},
    {"type": ["string", "null"]},
    {"type": "string", "minLength": 1},
    {"type": "string", "title": "T"},
    {"type": "string", "description": None},
    {"type": "string", "nullable": "yes"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "pattern": 1},
    {"type": "string", "default": None},
    {"type": "string", "enum": [1]},
    {"type": "integer", "default": 1.5},
    {"type": "integer", "minimum": 1},
    {"type": "integer", "enum": ["a"]},
    {"type": "boolean", "default": 1},
    {"type": "boolean", "enum": [True]},
    {"type": "number", "default": True},
    {"type": "array"},
    {"type": "array", "items": {}},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    {"type": "object", "additionalProperties": False},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
    {"type": "object", "required": [1]},
    {"type": "null"},
    {"anyOf": [{"type": "string"}], "description": "D"},
    {"anyOf": [{"type": "text"}]},
    {"const": 1, "description": "D"},
]


@pytest.mark.parametrize("form", GOOD)
def test_the_checker_takes_what_the_platform_takes(form: dict[str, Any]) -> None:
    dialect.check({"x": form})


@pytest.mark.parametrize("form", BAD)
def test_the_checker_refuses_what_the_platform_refuses(form: Any) -> None:
    assert dialect.misfits({"type": "object", "properties": {"x": form}})


@pytest.mark.parametrize(
    "parameters",
    [None, {}, {"type": "object"}, {"type": "object", "properties": {}, "$defs": {}}],
)
def test_the_checker_refuses_parameters_that_are_no_object(parameters: Any) -> None:
    assert dialect.misfits(parameters)


@dialect.needs_the_docs_schema  # pragma: no cover
def test_the_checker_and_the_docs_schema_agree() -> None:
    for form in GOOD:
        dialect.check_with_the_docs_schema({"x": form})
    for form in BAD:
        with pytest.raises(AssertionError):
            dialect.check_with_the_docs_schema({"x": form})
