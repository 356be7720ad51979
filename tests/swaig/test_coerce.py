"""What a model most likely meant by a value that does not fit."""

from typing import Any

import pytest
from hypothesis import given

from agentkit.swaig.annotations import schema_of
from agentkit.swaig.coerce import coerced, is_blank
from agentkit.swaig.schema import normalise
from tests.swaig import kinds

INTEGER = {"type": "integer"}
STRING = {"type": "string"}
SIZES = {"enum": ["small", "Large", "LARGE"]}

CASES: list[tuple[dict[str, Any], Any, Any]] = [
    ({}, "5", "5"),
    (STRING, 5, "5"),
    (STRING, 5.5, "5.5"),
    (STRING, True, "true"),
    (STRING, 10**400, 10**400),
    (STRING, [1], [1]),
    (STRING, None, None),
    ({"type": "string", "format": "date"}, " 9:30", " 9:30"),
    ({"type": "string", "format": "time"}, " 9:30 ", "09:30:00"),
    ({"type": "string", "format": "time"}, "18:30", "18:30:00"),
    ({"type": "string", "format": "time"}, "six", "six"),
    ({"type": "string", "format": "time"}, [1], [1]),
    ({"type": "string", "format": "date-time"}, "2026-05-01 9:30", "2026-05-01T09:30:00"),
    ({"type": "string", "format": "date-time"}, "2026-05-01T18:30", "2026-05-01T18:30:00"),
    (INTEGER, " 5 ", "5"),
    (INTEGER, "5.0", "5"),
    (INTEGER, "-5.", "-5"),
    (INTEGER, "5.5", "5.5"),
    (INTEGER, 5.5, 5.5),
    ({"type": "number"}, " 5.0 ", "5.0"),
    ({"type": "boolean"}, " Yes", True),
    ({"type": "boolean"}, "off", False),
    ({"type": "boolean"}, "maybe", "maybe"),
    ({"type": "boolean"}, 5, 5),
    ({"const": True}, "yes", True),
    ({"const": False}, "FALSE", False),
    (SIZES, " Small", "small"),
    (SIZES, "large", "large"),
    (SIZES, [1], [1]),
    ({"enum": ["5", "six"]}, 5, "5"),
    ({"enum": ["5", "six"]}, 5.0, "5"),
    ({"enum": ["5", "six"]}, "", ""),
    ({"enum": [5, 6]}, " 5", 5),
    ({"enum": [0.5, 1.5]}, "0.5", 0.5),
    ({"enum": ["None", None]}, "none", "None"),
    ({"type": ["integer", "null"]}, "", None),
    ({"type": ["integer", "null"]}, " NULL ", None),
    ({"type": ["integer", "null"]}, "5.0", "5"),
    ({"type": ["integer", "boolean", "null"]}, "None", None),
    ({"type": ["integer", "boolean"]}, "yes", True),
    ({"type": ["integer", "boolean"]}, "maybe", "maybe"),
    ({"type": ["boolean", "string"]}, False, False),
    ({"type": ["boolean", "string"]}, 5, "5"),
    ({"anyOf": [True, {"type": "string"}]}, False, False),
    ({"anyOf": [INTEGER, {"items": STRING}]}, [5], ["5"]),
    ({"anyOf": [{"items": STRING}, {"items": INTEGER}]}, [5], [5]),
    ({"anyOf": [{"type": "integer"}, SIZES]}, "SMALL", "small"),
    ({"items": INTEGER}, "[5, 6]", [5, 6]),
    ({"items": INTEGER}, ' ["5.0"]', ["5"]),
    ({"items": INTEGER}, "5.0", ["5"]),
    ({"items": INTEGER}, 5, [5]),
    ({"items": STRING}, "[tea", ["[tea"]),
    ({"items": STRING}, "", ""),
    ({"items": STRING}, None, None),
    ({"items": STRING}, {"a": 1}, {"a": 1}),
    ({"items": {}}, "tea", "tea"),
    ({"items": {"items": STRING}}, "tea", "tea"),
    ({"prefixItems": [STRING, INTEGER]}, [5, "5.0"], ["5", "5"]),
    ({"prefixItems": [STRING, STRING]}, [5], ["5"]),
    ({"prefixItems": [STRING], "items": STRING}, [5, 6], ["5", "6"]),
    ({"type": "object"}, '{"a": 1}', {"a": 1}),
    ({"type": "object"}, "{a", "{a"),
    ({"type": "object"}, "{" * 100 + "}" * 100, "{" * 100 + "}" * 100),
    ({"type": "object"}, '{"\ud800": 1}', '{"\ud800": 1}'),
    ({"type": "object"}, "a", "a"),
    ({"additionalProperties": STRING}, {"a": 1}, {"a": "1"}),
    (
        {"properties": {"a": STRING, "b": INTEGER, "c": INTEGER, "d": {}}, "required": ["c"]},
        {"a": 5, "b": None, "c": None, "d": None, "e": 5},
        {"a": "5", "c": None, "d": None, "e": 5},
    ),
    ({"properties": {"a": {"type": ["integer", "null"]}}}, {"a": "null"}, {"a": None}),
]


@pytest.mark.parametrize(("schema", "value", "meant"), CASES)
def test_a_value_is_read_as_it_may_be_meant(schema: Any, value: Any, meant: Any) -> None:
    made = coerced(value, normalise(schema))
    assert made == meant
    assert type(made) is type(meant)


@pytest.mark.parametrize("value", [None, "", " ", "null", "None"])
def test_null_and_its_words_are_blank(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, [], "0", "nil"])
def test_other_values_are_not_blank(value: Any) -> None:
    assert not is_blank(value)


@given(kinds.types, kinds.values)
def test_any_value_is_taken(annotation: Any, value: Any) -> None:
    form = normalise(schema_of(annotation))
    again = coerced(coerced(value, form), form)
    assert repr(again) == repr(coerced(again, form))
