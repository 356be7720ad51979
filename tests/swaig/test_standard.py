"""The platform's dialect of JSON schema, in the standard's words."""

from typing import Any

import pytest

from agentkit.swaig.standard import standard

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing to do": ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
    "nullable": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "nullable choices": (
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "not nullable": ({"type": "string", "nullable": False}, {"type": "string"}),
    "nullable without a type": ({"anyOf": [], "nullable": True}, {"anyOf": []}),
    "a format": (
        {"type": "string", "format": "date_time"},
        {"type": "string", "format": "date-time"},
    ),
    "nested": (
        {
            "type": "object",
            "properties": {
                "format": {"type": "array", "items": {"type": "integer", "nullable": True}},
                "x": {"oneOf": [{"type": "null"}, {"type": "string", "format": "date_time"}]},
            },
        },
        {
            "type": "object",
            "properties": {
                "format": {"type": "array", "items": {"type": ["integer", "null"]}},
                "x": {"oneOf": [{"type": "null"}, {"type": "string", "format": "date-time"}]},
            },
        },
    ),
}


@pytest.mark.parametrize(("dialect", "expected"), CASES.values(), ids=CASES)
def test_a_schema_is_written_in_the_standards_words(
    dialect: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert standard(dialect) == expected
