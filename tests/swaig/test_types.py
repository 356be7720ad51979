"""The Python types that check what an author's schema says."""

from typing import Any

import msgspec
import pytest

from agentkit.swaig.schema import normalise
from agentkit.swaig.types import choices_of, type_of

Schema = dict[str, Any]

FITTING: list[tuple[Schema, list[Any], list[Any]]] = [
    ({}, [None, 1, "a", [1], {"a": 1}], []),
    ({"type": "string"}, ["", "a"], [1, None, ["a"]]),
    ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "ab"], ["", "abc"]),
    ({"type": "string", "pattern": "^a"}, ["ab"], ["ba"]),
    ({"type": "string", "pattern": r"\p{L}"}, ["a", "1"], [1]),
    ({"type": "string", "pattern": "a{99999999999}"}, ["a"], [1]),
    ({"type": "string", "nullable": True}, ["a", None], [1]),
    ({"type": "integer"}, [1, -1], ["a", 1.5, True, None]),
    ({"type": "integer", "minimum": 1, "maximum": 8}, [1, 8], [0, 9]),
    ({"type": "integer", "minimum": 0.5, "maximum": 8.5}, [1, 8], [0, 9]),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 8}, [2, 7], [1, 8]),
    ({"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 2.5}, [1, 2], [0, 3]),
    ({"type": "integer", "minimum": 3, "exclusiveMinimum": 1}, [3], [2]),
    ({"type": "integer", "maximum": 3, "exclusiveMaximum": 9}, [3], [4]),
    ({"type": "integer", "exclusiveMinimum": 2**63 - 1}, [2**63 - 1], [0]),
    ({"type": "integer", "exclusiveMaximum": -(2**63) + 1}, [-(2**63)], [0]),
    ({"type": "integer", "multipleOf": 5}, [0, 5], [6]),
    ({"type": "integer", "multipleOf": 0.5}, [1, 6], []),
    ({"type": "number"}, [1, 1.5], ["a", True]),
    ({"type": "number", "minimum": 0.5, "maximum": 8}, [0.5, 1, 8], [0, 0.4, 8.5, 9]),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 8}, [0.1, 1], [0, 0.0, 8.0]),
    ({"type": "number", "minimum": 3, "exclusiveMinimum": 1}, [3, 3.0], [2, 2.5]),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": 1}, [1.5], [1, 1.0]),
    ({"type": "number", "maximum": 3, "exclusiveMaximum": 9}, [3, 3.0], [4, 3.5]),
    ({"type": "number", "maximum": 3, "exclusiveMaximum": 3}, [2], [3, 3.0]),
    ({"type": "number", "multipleOf": 5}, [7.5, 7], []),
    ({"type": "boolean"}, [True, False], ["a", 5]),
    ({"type": "null"}, [None], [1, "a"]),
    ({"enum": ["a", "b"]}, ["a"], ["c", 1]),
    ({"enum": [1, 2, None]}, [1, None], [3, "a"]),
    ({"enum": ["a", 1]}, ["a", 1], ["b", 2]),
    ({"type": ["integer", "string"], "minimum": 2}, [2, "a"], [1, None]),
    ({"anyOf": [{"pattern": "^a"}, {"type": "array"}]}, ["ab", "b", [1]], [5]),
    ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, [2, None], ["a"]),
    ({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, [{}, 5], []),
    ({"allOf": [{"type": "string"}, {"pattern": "a"}]}, ["a", 5], []),
    (
        {"items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
        [[1], [1, 2]],
        [[], [1, 2, 3], 1],
    ),
    ({"type": "array"}, [[], [1, "a"]], ["a"]),
    ({"type": "object"}, [{}, {"a": 1}], [[], "a"]),
    ({"additionalProperties": {"type": "integer"}}, [{"a": 1}], [{"a": "x"}]),
    (
        {"properties": {"a b": {"type": "integer"}, "class": {}}, "required": ["a b"]},
        [{"a b": 1}, {"a b": 1, "class": 2}],
        [{}, {"a b": "x"}],
    ),
]


@pytest.mark.parametrize(("schema", "fitting", "others"), FITTING)
def test_the_type_takes_what_the_schema_takes(
    schema: Schema, fitting: list[Any], others: list[Any]
) -> None:
    made = type_of(normalise(schema))
    for value in fitting:
        assert msgspec.convert(value, made, strict=False) == value
    for value in others:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, made, strict=False)


def test_a_whole_number_stays_one_where_any_number_is_welcome() -> None:
    made = type_of(normalise({"type": "number", "minimum": 0}))
    assert type(msgspec.convert(5, made, strict=False)) is int
    assert type(msgspec.convert(5.0, made, strict=False)) is float


@pytest.mark.parametrize(
    ("schema", "choices"),
    [
        ({"enum": ["a", 1]}, ()),
        ({"type": "string"}, ()),
        ({"enum": [0.5, 1]}, (0.5, 1)),
        ({"enum": [0.5, None]}, (0.5, None)),
        ({"const": True}, (True,)),
        ({"const": [1]}, ([1],)),
        ({"enum": [2**63]}, (2**63,)),
    ],
)
def test_values_that_no_literal_holds_are_told_apart(
    schema: Schema, choices: tuple[Any, ...]
) -> None:
    assert choices_of(normalise(schema)) == choices
