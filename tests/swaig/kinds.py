"""Random Python types, as the authors of tools might write them."""

import dataclasses
import datetime
import decimal
import enum
import uuid
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Optional,
    TypedDict,
    Union,
    cast,
)

import msgspec
from hypothesis import strategies as st

Meta = msgspec.Meta


class Size(enum.Enum):
    """How big."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


NUMBERS = [
    int,
    float,
    bool,
    Level,
    Literal[1, 2],
    Annotated[int, Meta(ge=1, le=8)],
    Annotated[float, Meta(gt=0, multiple_of=0.5)],
]
TEXTS = [
    str,
    bytes,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
    Size,
    Literal["small", "large"],
    Annotated[str, Meta(min_length=1, max_length=20, pattern="^[a-z ]+$")],
    Annotated[datetime.datetime, Meta(tz=True)],
]
names = st.sampled_from(["a", "b", "c", "size"])
scalars: st.SearchStrategy[Any] = st.sampled_from([*NUMBERS, *TEXTS])


def struct(fields: dict[str, Any]) -> Any:
    return msgspec.defstruct("Order", [*fields.items()])


def data(fields: dict[str, Any]) -> Any:
    return dataclasses.make_dataclass("Order", [*fields.items()])


def typed_dict(fields: dict[str, Any]) -> Any:
    first = {"first": cast(Any, NotRequired)[int]}
    return cast(Any, TypedDict)("Order", {**first, **fields})


def named_tuple(fields: dict[str, Any]) -> Any:
    return cast(Any, NamedTuple)("Order", [*fields.items()])


MAKERS = [struct, data, typed_dict, named_tuple]


def classes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(names, inner, max_size=3)
    return st.sampled_from(MAKERS).flatmap(fields.map)


def collections(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        inner.map(lambda item: cast(Any, list)[item]),
        inner.map(lambda item: cast(Any, Optional)[item]),
        inner.map(lambda item: cast(Any, Annotated)[item, "A description"]),
        inner.map(lambda item: cast(Any, dict)[str, item]),
        inner.map(lambda item: cast(Any, tuple)[item, ...]),
        st.lists(inner, max_size=3).map(lambda items: cast(Any, tuple)[tuple(items)]),
        inner.map(lambda item: Annotated[cast(Any, list)[item], Meta(min_length=1, max_length=3)]),
        scalars.map(lambda item: cast(Any, set)[item]),
        st.tuples(st.sampled_from(NUMBERS), st.sampled_from(TEXTS)).map(
            lambda pair: cast(Any, Union)[pair]
        ),
    )


types: st.SearchStrategy[Any] = st.recursive(
    scalars | st.just(Any), lambda inner: collections(inner) | classes(inner), max_leaves=6
)

scalar_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "\ud800",
            "5",
            " 5.0 ",
            "yes",
            "",
            "null",
            "None",
            "SMALL",
            "small",
            "2026-05-01",
            "2026-05-01 9:30",
            "9:30",
            "PT5M",
            "NaN",
            "1e999999",
            "9" * 5000,
            10**400,
            -(10**4000),
            2**63,
            "${x}",
            '{"a": "5", "size": null}',
            "[1, [2]]",
            "[" * 5000,
            "{" * 5000,
            '["\ud800"]',
        ]
    )
)
"""What may stand in arguments: JSON values, and some that only look like them."""

values: st.SearchStrategy[Any] = st.recursive(
    scalar_values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)

plain_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
words = st.sampled_from(["", "D", "${x}", "a.b"])
type_names = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
numbers = st.integers(-3, 2**64) | st.floats(-9, 9)


def schemas_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": type_names | st.lists(type_names, max_size=3),
        "description": words | plain_scalars,
        "nullable": st.booleans() | words,
        "default": plain_scalars | st.lists(plain_scalars, max_size=2),
        "enum": st.lists(plain_scalars | st.lists(plain_scalars, max_size=1), max_size=3),
        "const": plain_scalars,
        "format": words | st.sampled_from(["date-time", "uri"]),
        "pattern": words | plain_scalars,
        "minimum": numbers,
        "exclusiveMaximum": numbers,
        "maxLength": numbers,
        "items": inner | lists,
        "prefixItems": lists,
        "uniqueItems": st.booleans(),
        "properties": st.dictionaries(words, inner, max_size=3),
        "required": st.lists(words | plain_scalars, max_size=2),
        "additionalProperties": inner,
        "anyOf": lists,
        "oneOf": lists,
        "allOf": lists,
        "title": words,
    }
    return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
        lambda keys: st.fixed_dictionaries({key: optional[key] for key in keys})
    )


schemas: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.just({}), schemas_of, max_leaves=6
)
