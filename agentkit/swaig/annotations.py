"""What a Python annotation takes, as a JSON schema.

It goes through msgspec's own reading of the type, so that the schema says what `msgspec.convert`
takes. (msgspec's schemas name no format for a time without a zone, sort the values of a Literal,
and have no use for the docstrings of fields.)
"""

from collections.abc import Callable, Collection, Iterator
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import inspect as seen

from agentkit import _json, docstrings
from agentkit.errors import DefinitionError

Schema = dict[str, Any]
Fields = seen.StructType | seen.DataclassType | seen.TypedDictType | seen.NamedTupleType

_SCALARS: dict[type[seen.Type], Schema] = {
    seen.AnyType: {},
    seen.NoneType: {"type": "null"},
    seen.BoolType: {"type": "boolean"},
    seen.IntType: {"type": "integer"},
    seen.FloatType: {"type": "number"},
    seen.StrType: {"type": "string"},
    seen.BytesType: {"type": "string", "contentEncoding": "base64"},
    seen.ByteArrayType: {"type": "string", "contentEncoding": "base64"},
    seen.MemoryViewType: {"type": "string", "contentEncoding": "base64"},
    seen.DateTimeType: {"type": "string", "format": "date-time"},
    seen.TimeType: {"type": "string", "format": "time"},
    seen.DateType: {"type": "string", "format": "date"},
    seen.TimeDeltaType: {"type": "string", "format": "duration"},
    seen.UUIDType: {"type": "string", "format": "uuid"},
    seen.DecimalType: {"type": "string", "format": "decimal"},
}
_NUMBER_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LIMITS: dict[type[seen.Type], dict[str, str]] = {
    seen.IntType: _NUMBER_LIMITS,
    seen.FloatType: _NUMBER_LIMITS,
    seen.StrType: {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"},
}
_ITEM_LIMITS = {"min_length": "minItems", "max_length": "maxItems"}
_KEY_LIMITS = {"min_length": "minProperties", "max_length": "maxProperties"}
_UNREADABLE = (TypeError, ValueError, NameError, NotImplementedError, RecursionError)
_AROUND = (Union, UnionType, Required, NotRequired)


def schema_of(annotation: Any, description: str = "") -> Schema:
    """Return what a type takes as a JSON schema without references.

    A text or a `msgspec.Meta(description=…)` in `Annotated` wins over description, and that over
    the docstring of a class.

    Raises:
        DefinitionError: the type cannot be read from JSON, or refers to itself.
    """
    _refuse_crashing(annotation)
    try:
        info = seen.type_info(annotation)
    except _UNREADABLE as error:
        raise DefinitionError(f"{_named(annotation)} cannot be an argument: {error}") from error
    return _Writer().told(info, annotation, description)


class _Writer:
    """Writes one annotation; it remembers the classes it is inside of."""

    def __init__(self) -> None:
        self._inside: list[Any] = []
        self._orders: dict[frozenset[Any], tuple[Any, ...]] = {}

    def told(self, info: seen.Type, annotation: Any, description: str) -> Schema:
        """Write a type with the description that is closest to it."""
        self._orders.update((frozenset(values), values) for values in _literals(annotation))
        schema = self.schema(info)
        text = _text_in(annotation) or ("" if _is_described(info) else description)
        return {**schema, "description": text} if text else schema

    def schema(self, info: seen.Type) -> Schema:
        if isinstance(info, seen.Metadata):
            return {**self.schema(info.type), **(info.extra_json_schema or {})}
        if (scalar := _SCALARS.get(type(info))) is not None:
            return {**scalar, **_limits(info, _LIMITS.get(type(info), {}))}
        if isinstance(info, seen.CollectionType):
            return self._collection(info)
        if isinstance(info, Fields):
            return self._fields(info)
        writer = _WRITERS.get(type(info))
        if writer is None:
            return _custom(info)
        return writer(self, info)

    def _collection(self, info: seen.CollectionType) -> Schema:
        unique = {"uniqueItems": True} if isinstance(info, _SETS) else {}
        items = self.schema(info.item_type)
        return {"type": "array", "items": items, **unique, **_limits(info, _ITEM_LIMITS)}

    def sequence(self, info: seen.TupleType) -> Schema:
        return _sequence([self.schema(item) for item in info.item_types], len(info.item_types))

    def mapping(self, info: seen.DictType) -> Schema:
        values = self.schema(info.value_type)
        return {"type": "object", "additionalProperties": values, **_limits(info, _KEY_LIMITS)}

    def union(self, info: seen.UnionType) -> Schema:
        return {"anyOf": [self.schema(member) for member in info.types]}

    def literal(self, info: seen.LiteralType) -> Schema:
        values = tuple(info.values)
        return {"enum": list(self._orders.get(frozenset(values), values))}

    def enumeration(self, info: seen.EnumType) -> Schema:
        summary = _doc(info.cls).summary
        return {"enum": [member.value for member in info.cls]} | _description(summary)

    def _fields(self, info: Fields) -> Schema:
        cls = getattr(info.cls, "__origin__", info.cls)
        if info.cls in self._inside:
            raise DefinitionError(f"type {_named(cls)} refers to itself, which cannot be inlined")
        self._inside.append(info.cls)
        doc, hints = _doc(cls), get_type_hints(cls, include_extras=True)
        fields = {
            field.encode_name: self._field(field, hints, doc.parameters) for field in info.fields
        }
        self._inside.pop()
        return _object(info, fields) | _description(doc.summary)

    def _field(self, field: seen.Field, hints: dict[str, Any], texts: dict[str, str]) -> Schema:
        schema = self.told(field.type, hints.get(field.name), texts.get(field.name, ""))
        return {**schema, **default_of(field.default)}


def default_of(value: object) -> Schema:
    """Return `{"default": value}` in plain data; {} when there is none, or JSON cannot carry it."""
    if value is msgspec.NODEFAULT or value is None:
        return {}
    try:
        return {"default": _json.decode(_json.encode(value))}
    except ValueError:
        return {}


_SETS = (seen.SetType, seen.FrozenSetType)
_WRITERS: dict[type[seen.Type], Callable[[_Writer, Any], Schema]] = {
    seen.TupleType: _Writer.sequence,
    seen.DictType: _Writer.mapping,
    seen.UnionType: _Writer.union,
    seen.LiteralType: _Writer.literal,
    seen.EnumType: _Writer.enumeration,
}


def _object(info: Fields, fields: dict[str, Schema]) -> Schema:
    required = [field.encode_name for field in info.fields if field.required]
    if isinstance(info, seen.NamedTupleType):
        return _sequence(list(fields.values()), len(required))
    if isinstance(info, seen.StructType) and info.array_like:
        return _sequence(list(fields.values()), len(required))
    if isinstance(info, seen.StructType) and info.tag_field is not None:
        fields = {info.tag_field: {"const": info.tag}, **fields}
        required = [info.tag_field, *required]
    return {"type": "object", "properties": fields, "required": required}


def _sequence(items: list[Schema], least: int) -> Schema:
    return {"type": "array", "prefixItems": items, "minItems": least, "maxItems": len(items)}


def _custom(info: seen.Type) -> Schema:
    cls = getattr(info, "cls", None)
    if cls is object:
        return {}
    raise DefinitionError(f"{_named(cls or info)} cannot be an argument: JSON has no such value")


def _limits(info: seen.Type, keys: dict[str, str]) -> Schema:
    given = {key: getattr(info, name) for name, key in keys.items()}
    return {key: value for key, value in given.items() if value is not None}


def _description(text: str) -> Schema:
    return {"description": text} if text else {}


def _doc(cls: Any) -> docstrings.Docstring:
    """Read a class's own docstring; dataclasses and named tuples have one made of their fields."""
    text = vars(cls).get("__doc__") or ""
    return docstrings.parse("" if text.startswith(f"{cls.__name__}(") else text)


def _is_described(info: seen.Type) -> bool:
    if isinstance(info, seen.Metadata):
        return "description" in (info.extra_json_schema or {}) or _is_described(info.type)
    return isinstance(info, seen.UnionType) and any(map(_is_described, info.types))


def _text_in(annotation: Any) -> str:
    """Return the plain text in `Annotated[int, "How many people"]`."""
    texts = [part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, str)]
    if texts or not (get_origin(annotation) in _AROUND or _is_annotated(annotation)):
        return texts[0] if texts else ""
    within = get_args(annotation)[:1] if _is_annotated(annotation) else get_args(annotation)
    return next((text for text in map(_text_in, within) if text), "")


def _is_annotated(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated


def _refuse_crashing(annotation: Any) -> None:
    """Refuse a union of a text with a pattern and a collection: freeing it crashes msgspec."""
    parts = get_args(annotation)
    if get_origin(annotation) in _AROUND:
        has_pattern = any(
            getattr(meta, "pattern", None) is not None
            for part in parts
            for meta in getattr(part, "__metadata__", ())
        )
        if has_pattern and any(map(_is_collection, parts)):
            raise DefinitionError(
                f"{annotation} cannot be an argument: "
                "a text with a pattern beside a list, a set or a dict in one union"
            )
    for part in parts:
        _refuse_crashing(part)


def _is_collection(annotation: Any) -> bool:
    kind = annotation.__origin__ if _is_annotated(annotation) else annotation
    kind = get_origin(kind) or kind
    return isinstance(kind, type) and issubclass(kind, Collection) and kind not in {str, bytes}


def _literals(annotation: Any) -> Iterator[tuple[Any, ...]]:
    """Find the Literals in an annotation, for their order."""
    if get_origin(annotation) is Literal:
        yield get_args(annotation)
    else:
        for part in get_args(annotation):
            yield from _literals(part)


def _named(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)
