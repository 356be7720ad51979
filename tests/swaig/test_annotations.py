"""What Python annotations take, as JSON schemas."""

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Callable, Sequence
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    TypedDict,
    TypeVar,
)

import msgspec
import pytest
from hypothesis import given

from agentkit.errors import DefinitionError
from agentkit.swaig.annotations import default_of, schema_of
from agentkit.swaig.schema import lower
from tests.swaig import dialect, kinds

Meta = msgspec.Meta
T = TypeVar("T")
Name = NewType("Name", str)


class Size(enum.Enum):
    """How big."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Item(msgspec.Struct, rename="camel"):
    """One thing that is ordered.

    Attributes:
        size: How big it is.
        how_many: Not this.
        added_at: When.
    """

    size: Size
    how_many: Annotated[int, Meta(ge=1, description="How many.")] = 1
    added_at: datetime.datetime | None = None
    milk: Literal["whole", "oat", "none"] = "oat"
    extras: list[str] = msgspec.field(default_factory=list)


ITEM = {
    "type": "object",
    "description": "One thing that is ordered.",
    "properties": {
        "size": {"enum": ["small", "medium", "large"], "description": "How big it is."},
        "howMany": {"type": "integer", "minimum": 1, "description": "How many.", "default": 1},
        "addedAt": {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}],
            "description": "When.",
        },
        "milk": {"enum": ["whole", "oat", "none"], "default": "oat"},
        "extras": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["size"],
}


@dataclasses.dataclass
class Point:
    x: float
    y: Annotated[float, "Upwards."] = 0.5


class Address(TypedDict):
    """Where."""

    street: str
    floor: NotRequired[Annotated[int, "0 is the ground."]]


class Pair(NamedTuple):
    first: int
    second: str = "x"


class Row(msgspec.Struct, array_like=True):
    key: str
    value: int = 0


class Tagged(msgspec.Struct, tag="tagged"):
    value: int


class Box(msgspec.Struct, Generic[T]):
    inside: T


CASES: list[tuple[Any, dict[str, Any]]] = [
    (str, {"type": "string"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (bool, {"type": "boolean"}),
    (None, {"type": "null"}),
    (Any, {}),
    (object, {}),
    (Name, {"type": "string"}),
    (bytes, {"type": "string", "contentEncoding": "base64"}),
    (datetime.datetime, {"type": "string", "format": "date-time"}),
    (datetime.date, {"type": "string", "format": "date"}),
    (datetime.time, {"type": "string", "format": "time"}),
    (datetime.timedelta, {"type": "string", "format": "duration"}),
    (decimal.Decimal, {"type": "string", "format": "decimal"}),
    (uuid.UUID, {"type": "string", "format": "uuid"}),
    (Size, {"enum": ["small", "medium", "large"], "description": "How big."}),
    (Literal["b", "a"], {"enum": ["b", "a"]}),
    (
        list[Literal["b", "a"]] | None,
        {"anyOf": [{"type": "array", "items": {"enum": ["b", "a"]}}, {"type": "null"}]},
    ),
    (Literal["b", 1, None], {"enum": ["b", 1, None]}),
    (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
    (list, {"type": "array", "items": {}}),
    (Sequence[int], {"type": "array", "items": {"type": "integer"}}),
    (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
    (frozenset[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    (
        tuple[int, str],
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
    ),
    (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (
        Annotated[int, Meta(gt=0, lt=9, multiple_of=3, description="D", title="T")],
        {
            "type": "integer",
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 9,
            "multipleOf": 3,
            "description": "D",
            "title": "T",
        },
    ),
    (
        Annotated[str, Meta(min_length=1, max_length=3, pattern="a")],
        {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "a"},
    ),
    (
        Annotated[list[int], Meta(min_length=1, max_length=3)],
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
    ),
    (
        Annotated[dict[str, Any], Meta(max_length=3)],
        {"type": "object", "additionalProperties": {}, "maxProperties": 3},
    ),
    (Annotated[int, "How many"], {"type": "integer", "description": "How many"}),
    (
        Annotated[int, "How many"] | None,
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "How many"},
    ),
    (
        Annotated[Annotated[int, "How many"] | None, 5],
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "How many"},
    ),
    (Annotated[int, 5], {"type": "integer"}),
    (Item, ITEM),
    (
        Point,
        {
            "type": "object",
            "properties": {
                "x": {"type": "number"},
                "y": {"type": "number", "description": "Upwards.", "default": 0.5},
            },
            "required": ["x"],
        },
    ),
    (
        Address,
        {
            "type": "object",
            "description": "Where.",
            "properties": {
                "street": {"type": "string"},
                "floor": {"type": "integer", "description": "0 is the ground."},
            },
            "required": ["street"],
        },
    ),
    (
        Pair,
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string", "default": "x"}],
            "minItems": 1,
            "maxItems": 2,
        },
    ),
    (
        Row,
        {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "integer", "default": 0}],
            "minItems": 1,
            "maxItems": 2,
        },
    ),
    (
        Tagged,
        {
            "type": "object",
            "properties": {"type": {"const": "tagged"}, "value": {"type": "integer"}},
            "required": ["type", "value"],
        },
    ),
    (
        Box[Tagged],
        {
            "type": "object",
            "properties": {
                "inside": {
                    "type": "object",
                    "properties": {"type": {"const": "tagged"}, "value": {"type": "integer"}},
                    "required": ["type", "value"],
                }
            },
            "required": ["inside"],
        },
    ),
]


@pytest.mark.parametrize(("annotation", "schema"), CASES, ids=lambda case: str(case)[:40])
def test_an_annotation_is_written_as_a_schema(annotation: Any, schema: dict[str, Any]) -> None:
    assert schema_of(annotation) == schema


@pytest.mark.parametrize("annotation", [case for case, _ in CASES], ids=str)
def test_what_annotations_take_can_be_said_in_the_dialect(annotation: Any) -> None:
    dialect.check({"x": lower(schema_of(annotation, "D"))})


def test_values_keep_the_order_in_which_they_were_written() -> None:
    assert [*schema_of(Literal["small", "large", 3, 1])["enum"]] == ["small", "large", 3, 1]


@pytest.mark.parametrize(
    ("annotation", "description"),
    [
        (int, "given"),
        (Item, "given"),
        (Optional[Item], "given"),  # noqa: UP045
        (Annotated[int, "near"], "near"),
        (Annotated[Item, Meta(description="near")], "near"),
        (Annotated[int, Meta(title="T")], "given"),
    ],
)
def test_a_description_beside_the_type_wins_over_the_given_one(
    annotation: Any, description: str
) -> None:
    assert schema_of(annotation, "given")["description"] == description


def test_a_described_member_of_a_union_needs_no_other_description() -> None:
    annotation = Annotated[int, Meta(description="near")] | None
    assert lower(schema_of(annotation, "given"))["description"] == "near"


PATTERN = Annotated[str, Meta(pattern="^a")]


@pytest.mark.parametrize(
    "annotation", [PATTERN | int, PATTERN | None, list[PATTERN], dict[str, PATTERN] | int]
)
def test_a_text_with_a_pattern_may_stand_elsewhere(annotation: Any) -> None:
    assert "pattern" in str(schema_of(annotation))


class Node(msgspec.Struct):
    value: int
    next: "Node | None" = None


class Lost(msgspec.Struct):
    value: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


class Foreign:
    """A class of which JSON knows nothing."""


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        (Node, "type Node refers to itself"),
        (complex, "complex cannot be an argument"),
        (Foreign, "Foreign cannot be an argument"),
        (list[Foreign], "Foreign cannot be an argument"),
        (msgspec.Raw, "RawType"),
        ("int", "int cannot be an argument"),
        (str | Size, "Size cannot be an argument: Type unions may not contain"),
        (Literal[1.5], "cannot be an argument"),
        (PATTERN | list[int], "a text with a pattern beside a list"),
        (list[Annotated[dict[str, int], 5] | PATTERN], "a text with a pattern beside a list"),
        (Literal[9223372036854775808], "cannot be an argument: Integer values"),
        (Annotated[str, Meta(ge=1)], "cannot be an argument: Can only set `ge`"),
        (Lost, "Lost cannot be an argument"),
    ],
    ids=str,
)
def test_a_type_that_json_cannot_carry_is_refused(annotation: Any, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        schema_of(annotation)


@pytest.mark.parametrize(
    ("value", "default"),
    [
        (5, 5),
        (False, False),
        (Size.SMALL, "small"),
        ({1}, [1]),
        (datetime.date(2026, 5, 1), "2026-05-01"),
    ],
)
def test_a_default_is_plain_data(value: Any, default: Any) -> None:
    assert default_of(value) == {"default": default}


@pytest.mark.parametrize("value", [None, msgspec.NODEFAULT, object(), Foreign(), "\ud800"])
def test_a_default_that_json_cannot_carry_is_not_said(value: Any) -> None:
    assert default_of(value) == {}


@pytest.mark.parametrize("make", kinds.MAKERS)
def test_a_class_of_any_kind_has_its_fields(make: Callable[[dict[str, Any]], Any]) -> None:
    schema = schema_of(make({"a": int}))
    fields = schema.get("prefixItems") or [schema["properties"]["a"]]
    assert fields == [{"type": "integer"}]


@given(kinds.types)
def test_any_type_can_be_said_in_the_dialect(annotation: Any) -> None:
    dialect.check({"x": lower(schema_of(annotation, "D"))})


@dialect.needs_the_docs_schema  # pragma: no cover
@given(kinds.types)
def test_the_docs_schema_takes_any_type(annotation: Any) -> None:
    dialect.check_with_the_docs_schema({"x": lower(schema_of(annotation, "D"))})
