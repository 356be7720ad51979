"""Lowering JSON schemas, whoever wrote them, to the platform's dialect."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from agentkit.errors import DefinitionError
from agentkit.swaig.schema import lower, normalise, object_schema
from tests.swaig import dialect, kinds

Schema = dict[str, Any]

CASES: dict[str, tuple[Schema, Schema]] = {
    "plain string": ({"type": "string", "title": "Name"}, {"type": "string"}),
    "no type is a string": ({"description": " Any. "}, {"type": "string", "description": "Any."}),
    "unknown keys are dropped": (
        {"type": "integer", "title": "N", "examples": [1], "deprecated": True, "x-a": 1},
        {"type": "integer"},
    ),
    "limits of a number": (
        {"type": "integer", "description": "How many.", "minimum": 1, "maximum": 8},
        {"type": "integer", "description": "How many (from 1 to 8)"},
    ),
    "limits alone": (
        {"type": "number", "minimum": 0.5},
        {"type": "number", "description": "at least 0.5"},
    ),
    "open limits": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e16, "multipleOf": 5.0},
        {"type": "number", "description": "more than 0 and less than 1e+16 and a multiple of 5"},
    ),
    "limits of a text": (
        {"type": "string", "maxLength": 20},
        {"type": "string", "description": "at most 20 characters"},
    ),
    "a least length": (
        {"type": "string", "minLength": 1},
        {"type": "string", "description": "at least 1 character"},
    ),
    "a least length of nothing": ({"type": "string", "minLength": 0}, {"type": "string"}),
    "an exact length": (
        {"type": "string", "minLength": 5, "maxLength": 5},
        {"type": "string", "description": "exactly 5 characters"},
    ),
    "limits of a list": (
        {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True},
        {
            "type": "array",
            "description": "1 to 3 items, no item twice",
            "items": {"type": "string"},
        },
    ),
    "limits of an object": (
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"type": "object", "description": "at least 2 keys, each value a whole number"},
    ),
    "nonsense limits": (
        {"type": "integer", "minimum": "1", "maximum": True, "multipleOf": 2**63},
        {"type": "integer"},
    ),
    "nonsense lengths": ({"type": "string", "minLength": -1, "maxLength": 1.5}, {"type": "string"}),
    "any of a type and null": (
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "description": "N."},
        {"type": "integer", "nullable": True, "description": "N."},
    ),
    "type list with null": (
        {"type": ["string", "null"], "maxLength": 3},
        {"type": "string", "nullable": True, "description": "at most 3 characters"},
    ),
    "type list": (
        {"type": ["string", "integer"], "description": "Size", "maxLength": 3, "minimum": 1},
        {
            "anyOf": [
                {"type": "string", "description": "Size (at most 3 characters)"},
                {"type": "integer", "description": "at least 1"},
            ]
        },
    ),
    "empty type list": ({"type": []}, {"type": "string"}),
    "nullable as in OpenAPI": (
        {"type": "string", "nullable": True},
        {"type": "string", "nullable": True},
    ),
    "nullable by a variable": (
        {"type": "string", "nullable": "${x}"},
        {"type": "string", "nullable": "${x}"},
    ),
    "mixed union": (
        {"anyOf": [{"type": "integer"}, {"type": "string"}], "description": "Size."},
        {"anyOf": [{"type": "integer", "description": "Size."}, {"type": "string"}]},
    ),
    "mixed union with null": (
        {
            "oneOf": [
                {"type": "integer", "description": "In cm"},
                {"type": "string"},
                {"type": "null"},
            ]
        },
        {
            "oneOf": [
                {"type": "integer", "description": "In cm"},
                {"type": "string"},
                {"type": "null", "description": "no value"},
            ]
        },
    ),
    "described union of described members": (
        {
            "anyOf": [{"type": "integer", "description": "In cm."}, {"type": "string"}],
            "description": "Size",
        },
        {"anyOf": [{"type": "integer", "description": "Size. In cm."}, {"type": "string"}]},
    ),
    "nullable member of a union": (
        {"anyOf": [{"type": ["integer", "null"]}, {"type": "string"}]},
        {
            "anyOf": [
                {"type": "integer", "nullable": True},
                {"type": "string"},
                {"type": "null", "description": "no value"},
            ]
        },
    ),
    "union of one": (
        {"anyOf": [{"type": "integer"}], "description": "N"},
        {"type": "integer", "description": "N"},
    ),
    "union of equals": ({"oneOf": [{"type": "integer"}, {"type": "integer"}]}, {"type": "integer"}),
    "union that a variable makes nullable": (
        {"type": ["string", "integer"], "nullable": "${x}"},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ),
    "union of what reads the same": (
        {"type": "array", "anyOf": [{"default": 1}, {"prefixItems": []}, {"type": "null"}]},
        {"type": "array", "items": {"type": "string"}, "nullable": True},
    ),
    "union of unions that read the same": (
        {
            "oneOf": [
                {"enum": ["a", 1], "default": 5},
                {"anyOf": [{"enum": ["a"], "default": 5}, {"enum": [1]}]},
            ]
        },
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]},
    ),
    "union of none": ({"anyOf": []}, {"type": "string"}),
    "union of null": (
        {"anyOf": [{"type": "null"}], "description": "Nothing"},
        {"type": "null", "description": "Nothing"},
    ),
    "union of anything": ({"anyOf": [True, {"type": "integer"}]}, {"type": "string"}),
    "anything or null": (
        {"anyOf": [{"description": "D"}, {"type": "null"}]},
        {"type": "string", "nullable": True},
    ),
    "keys beside a union hold for its members": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                    "required": [name],
                }
                for name in ("a", "b")
            ]
        },
    ),
    "all of one": (
        {"allOf": [{"type": "integer", "minimum": 1}], "description": "N", "default": 3},
        {"type": "integer", "description": "N (at least 1)", "default": 3},
    ),
    "all of nothing": ({"allOf": [{"description": "N"}]}, {"type": "string"}),
    "all of several objects": (
        {
            "properties": {"a": {"type": "string"}},
            "required": ["a"],
            "allOf": [
                {"properties": {"b": {"type": "integer"}}, "required": ["b", "a"]},
                {"type": "object"},
            ],
        },
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    ),
    "all of several others": (
        {"allOf": [{"type": "string"}, {"pattern": "a"}], "nullable": True, "description": "D"},
        {"allOf": [{"type": "string", "description": "D"}, {"type": "string", "pattern": "a"}]},
    ),
    "const": (
        {"const": "a", "description": "D"},
        {"type": "string", "enum": ["a"], "description": "D"},
    ),
    "const null": ({"const": None}, {"type": "null", "description": "no value"}),
    "const true": (
        {"const": True, "description": "Sure."},
        {"type": "boolean", "description": "Sure (always true)"},
    ),
    "const object": ({"const": {"a": 1}}, {"const": {"a": 1}}),
    "const list or null": (
        {"enum": [[1], None]},
        {"anyOf": [{"const": [1]}, {"type": "null", "description": "no value"}]},
    ),
    "enum of strings": ({"enum": ["a", "b", "a"]}, {"type": "string", "enum": ["a", "b"]}),
    "enum of integers": ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    "enum of numbers": ({"enum": [1, 1.5]}, {"type": "number", "enum": [1, 1.5]}),
    "enum of integers declared numbers": (
        {"type": "number", "enum": [1, 2]},
        {"type": "number", "enum": [1, 2]},
    ),
    "enum of numbers declared strings": (
        {"type": "string", "enum": [1, 2.5, "x"]},
        {"type": "string", "enum": ["1", "2.5", "x"]},
    ),
    "enum of variables": (
        {"type": "number", "enum": ["${a}", "%{b}"]},
        {"type": "number", "enum": ["${a}", "%{b}"]},
    ),
    "enum with null": (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"type": "string", "nullable": True, "enum": ["a"]},
    ),
    "enum of both booleans": ({"enum": [True, False]}, {"type": "boolean"}),
    "enum of one and true": (
        {"enum": [1, True]},
        {
            "anyOf": [
                {"type": "integer", "enum": [1]},
                {"type": "boolean", "description": "always true"},
            ]
        },
    ),
    "enum of mixed types": (
        {"enum": ["a", 1, None]},
        {
            "anyOf": [
                {"type": "string", "enum": ["a"]},
                {"type": "integer", "enum": [1]},
                {"type": "null", "description": "no value"},
            ]
        },
    ),
    "empty enum": ({"enum": []}, {"type": "string"}),
    "items are always there": ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
    "tuple": (
        {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        {
            "type": "array",
            "description": "in this order: a whole number, text",
            "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        },
    ),
    "tuple of one type": (
        {"items": [{"type": "integer"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
        {"type": "array", "description": "exactly 2 items", "items": {"type": "integer"}},
    ),
    "empty tuple": ({"prefixItems": []}, {"type": "array", "items": {"type": "string"}}),
    "format with a dash": (
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date_time"},
    ),
    "time without a zone": (
        {"type": "string", "format": "partial-time"},
        {"type": "string", "format": "time"},
    ),
    "format that the dialect lacks": ({"format": "password"}, {"type": "string"}),
    "decimal": (
        {"type": "string", "format": "decimal"},
        {"type": "string", "description": "a decimal number such as 12.50"},
    ),
    "pattern": ({"pattern": "^a"}, {"type": "string", "pattern": "^a"}),
    "bytes": (
        {"type": "string", "contentEncoding": "base64"},
        {"type": "string", "description": "base64"},
    ),
    "object": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "required": ["a", 5],
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "object without required": (
        {"properties": {}, "required": []},
        {"type": "object", "properties": {}},
    ),
    "object of anything": ({"type": "object", "properties": None}, {"type": "object"}),
    "type from a limit": ({"maximum": 3}, {"type": "number", "description": "at most 3"}),
    "default": ({"type": "integer", "default": 3}, {"type": "integer", "default": 3}),
    "default of another type": ({"type": "integer", "default": 3.5}, {"type": "integer"}),
    "default true is no number": ({"type": "integer", "default": True}, {"type": "integer"}),
    "default false": ({"type": "boolean", "default": False}, {"type": "boolean", "default": False}),
    "default 1 is no boolean": ({"type": "boolean", "default": 1}, {"type": "boolean"}),
    "default variable": (
        {"type": "integer", "default": "${n}"},
        {"type": "integer", "default": "${n}"},
    ),
    "default list": (
        {"type": "array", "items": {"type": "integer"}, "default": [1]},
        {"type": "array", "items": {"type": "integer"}, "default": [1]},
    ),
    "default outside the enum": (
        {"enum": ["a"], "default": "b"},
        {"type": "string", "enum": ["a"]},
    ),
    "reference": (
        {"$ref": "#/$defs/a~1b~0", "description": "D", "$defs": {"a/b~": {"type": "integer"}}},
        {"type": "integer", "description": "D"},
    ),
    "reference by a percent sign": (
        {"items": {"$ref": "#/definitions/a%20b"}, "definitions": {"a b": {"type": "integer"}}},
        {"type": "array", "items": {"type": "integer"}},
    ),
    "references twice side by side": (
        {
            "properties": {"a": {"$ref": "#/$defs/X"}, "b": {"$ref": "#/$defs/X"}},
            "$defs": {"X": {"$ref": "#/$defs/Y"}, "Y": {"enum": ["y"]}},
        },
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "enum": ["y"]},
                "b": {"type": "string", "enum": ["y"]},
            },
        },
    ),
}


@pytest.mark.parametrize(("given", "lowered"), CASES.values(), ids=CASES)
def test_a_schema_is_lowered(given: Schema, lowered: Schema) -> None:
    assert lower(given) == lowered


@pytest.mark.parametrize("given", [case for case, _ in CASES.values()], ids=CASES)
def test_a_lowered_schema_is_of_the_dialect(given: Schema) -> None:
    dialect.check({"x": lower(given)})


@dialect.needs_the_docs_schema  # pragma: no cover
@pytest.mark.parametrize("given", [case for case, _ in CASES.values()], ids=CASES)
def test_the_docs_schema_takes_a_lowered_schema(given: Schema) -> None:
    dialect.check_with_the_docs_schema({"x": lower(given)})


WRONG: dict[str, tuple[Any, str]] = {
    "recursive": (
        {
            "$ref": "#/$defs/Node",
            "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}}},
        },
        "type 'Node' refers to itself",
    ),
    "recursive root": ({"properties": {"next": {"$ref": "#"}}}, "type '#' refers to itself"),
    "dangling reference": ({"$ref": "#/$defs/None"}, "'#/\\$defs/None' leads nowhere"),
    "reference through a value": ({"$ref": "#/title/x", "title": "T"}, "leads nowhere"),
    "reference to another document": ({"$ref": "https://e.com/x#/a", "a": {}}, "leads nowhere"),
    "reference to an anchor": ({"$ref": "#x"}, "leads nowhere"),
    "unknown type": ({"type": "str"}, "unknown type 'str': it must be one of string, integer"),
    "type that is a schema": ({"type": {"type": "string"}}, "unknown type"),
    "list": ([], "a JSON schema is an object, not \\[\\]"),
    "text in a schema": ({"items": "string"}, "a JSON schema is an object, not string"),
    "no JSON": ({"default": object()}, "not a JSON schema"),
}


@pytest.mark.parametrize(("given", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_schema_is_refused(given: Any, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        lower(given)


@pytest.mark.parametrize("levels", [33, 400, 5000])
def test_a_schema_that_nests_too_deep_is_refused(levels: int) -> None:
    schema: Schema = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    with pytest.raises(DefinitionError, match=r"nests|not a JSON schema"):
        lower(schema)


def test_a_schema_that_holds_itself_is_refused() -> None:
    schema: Schema = {"type": "array"}
    schema["items"] = schema
    with pytest.raises(DefinitionError, match="not a JSON schema"):
        lower(schema)


def test_what_is_given_is_not_changed_or_shared() -> None:
    given = {"type": "array", "items": {"enum": ["a"]}, "default": ["a"]}
    lowered = lower(given)
    lowered["default"].append("b")
    lowered["items"]["enum"].append("b")
    assert given == {"type": "array", "items": {"enum": ["a"]}, "default": ["a"]}


def test_references_may_point_into_another_document() -> None:
    root = {"$defs": {"X": {"type": "integer"}}}
    assert normalise({"$ref": "#/$defs/X"}, root) == {"type": "integer"}


def test_the_schemas_of_msgspec_are_lowered() -> None:
    class Item(msgspec.Struct):
        name: str
        count: int | None = None

    class Order(msgspec.Struct, tag=True):
        items: list[Item]

    assert lower(msgspec.json.schema(Order)) == {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Order"]},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "count": {"type": "integer", "nullable": True},
                    },
                    "required": ["name"],
                },
            },
        },
        "required": ["type", "items"],
    }


def test_the_parameters_of_a_function_are_an_object() -> None:
    assert object_schema({"a": {"type": "string"}}, ["a"]) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
    }
    assert object_schema({}, ()) == {"type": "object", "properties": {}}


@given(kinds.schemas)
def test_any_schema_is_lowered_to_the_dialect(schema: Any) -> None:
    dialect.check({"x": lower(schema)})


@dialect.needs_the_docs_schema  # pragma: no cover
@given(kinds.schemas)
def test_the_docs_schema_takes_any_lowered_schema(schema: Any) -> None:
    dialect.check_with_the_docs_schema({"x": lower(schema)})


@given(kinds.schemas)
def test_lowering_twice_changes_nothing(schema: Any) -> None:
    lowered = lower(schema)
    assert lower(lowered) == lowered
