"""Schemas in words, as a repair sentence says them."""

from typing import Any

import pytest
from hypothesis import given

from agentkit.swaig.annotations import schema_of
from agentkit.swaig.schema import normalise
from agentkit.swaig.words import expected
from tests.swaig import kinds

SIZES: dict[str, Any] = {"enum": ["small", "medium", "large"]}

CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "any value"),
    ({"type": "string"}, "text"),
    ({"type": "string", "maxLength": 20}, "text of at most 20 characters"),
    ({"type": "string", "maxLength": 1}, "text of at most 1 character"),
    (
        {"type": "string", "minLength": 2, "maxLength": 20, "pattern": "^a"},
        "text of 2 to 20 characters that matches ^a",
    ),
    ({"type": "string", "contentEncoding": "base64"}, "base64 text"),
    ({"type": "string", "format": "password"}, "text"),
    ({"type": "string", "format": "date"}, "a date such as 2026-05-01"),
    ({"type": "string", "format": "date-time"}, "a date and time such as 2026-05-01T18:30:00"),
    ({"type": "string", "format": "time"}, "a time such as 18:30:00"),
    ({"type": "string", "format": "duration"}, "a duration such as PT1H30M"),
    ({"type": "string", "format": "decimal"}, "a decimal number such as 12.50"),
    ({"type": "string", "format": "email"}, "an email address"),
    ({"type": "integer", "minimum": 1, "maximum": 8}, "a whole number from 1 to 8"),
    (
        {"type": "integer", "minimum": 1, "multipleOf": 2},
        "a whole number that is at least 1 and a multiple of 2",
    ),
    (
        {"type": "number", "exclusiveMinimum": 0.5, "maximum": 3.0},
        "a number that is more than 0.5 and at most 3",
    ),
    ({"type": "boolean"}, "true or false"),
    ({"const": True}, "true"),
    ({"const": {"a": 1}}, '{"a":1}'),
    ({"type": "null"}, "null"),
    (SIZES, "one of small, medium, large"),
    ({"enum": ["small"]}, "small"),
    ({"enum": [1, 2, None]}, "one of 1, 2 or null"),
    ({"enum": [str(n) for n in range(31)]}, f"one of {', '.join(map(str, range(30)))} …"),
    ({"type": ["integer", "null"]}, "a whole number or null"),
    ({"type": ["integer", "string"]}, "a whole number or text"),
    ({"oneOf": [{"type": "string"}, {"type": "string", "description": "D"}]}, "text"),
    ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "text and text of at most 3 characters"),
    ({"type": "array"}, "a list"),
    (
        {"items": SIZES, "maxItems": 3},
        "a list of at most 3 items in which each is one of small, medium, large",
    ),
    (
        {"prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
        "a list of exactly 2 items: a whole number, text",
    ),
    ({"type": "object"}, "an object"),
    ({"type": "object", "minProperties": 1}, "an object of at least 1 key"),
    (
        {"properties": {"size": SIZES, "at": {"properties": {"x": {"properties": {"y": {}}}}}}},
        "an object with size (one of small, medium, large), at (an object with x (an object))",
    ),
    (
        {"properties": {f"f{n}": {} for n in range(13)}},
        "an object with " + ", ".join(f"f{n} (any value)" for n in range(12)) + " …",
    ),
]


@pytest.mark.parametrize(("schema", "words"), CASES)
def test_a_schema_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert expected(normalise(schema)) == words


@given(kinds.types)
def test_every_type_has_words_of_one_line(annotation: Any) -> None:
    words = expected(normalise(schema_of(annotation)))
    assert words.strip() == words != ""
    assert "\n" not in words
