"""Parts of a document as Structs: read from JSON values, and written back without loss.

A part (`Body`) has the platform's fields; a field that is not given is None. Every part also has
`extra`: the keys that it does not know, and in a document that was read, known keys whose value is
not of their type. So what the platform takes and these tables do not is kept, and typed fields hold
what their type says. Values are read in one of four ways:

* KEEP: nothing is refused that can be kept (documents from outside);
* CHECK: known fields must fit, unknown keys are kept (what an author makes of Structs);
* WRITTEN: the same for plain data, in which the platform also takes numbers and booleans as texts;
* STRICT: as the platform's schema judges, so unknown keys are refused too.

A type is a part, a list or dict of a type, a union, or a plain value with its limits, which msgspec
judges. Alternatives of a union are tried one by one, for msgspec takes only one kind of text in a
union. A value is kept as it was given: an int stays an int where a number is wanted.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec.structs import force_setattr

from agentkit.errors import DefinitionError


class Mode(Enum):
    """How strictly a value is read."""

    KEEP = "keep"
    CHECK = "check"
    WRITTEN = "written"
    STRICT = "strict"


class Misfit(DefinitionError):
    """A value is not of the type, or not within the limits, that its place demands.

    Attributes:
        said: what is wrong, without the path.
    """

    def __init__(self, path: str, said: str) -> None:
        super().__init__(said, path=path or None)
        self.said = said


def joined(path: str, below: str) -> str:
    """Return a path and what comes below it as one path."""
    if not path or not below or below.startswith("["):
        return f"{path}{below}"
    return f"{path}.{below}"


Reader = Callable[[Any, Mode, str], Any]
Rule = Callable[[Any], str | None]
"""Says what is wrong with fields that are right each by itself, None when nothing is."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a document.

    Attributes:
        extra: keys that the platform may know and this Struct does not, with their values.

    Raises:
        DefinitionError: at construction, a field is wrong; the message names it.
    """

    extra: dict[str, Any] = msgspec.field(default_factory=dict)

    verb: ClassVar[str] = ""
    """The key that stands before it in a section, when it is a verb."""

    bare: ClassVar[bool] = False
    """Whether the part stands as its only field, without a key."""

    open: ClassVar[bool] = False
    """Whether the platform's schema lets any other key stand beside the known ones."""

    beyond: ClassVar[frozenset[str]] = frozenset()
    """Keys that the platform takes and its schema refuses (facts of the wire, 1.4)."""

    rule: ClassVar[Rule | None] = None
    """What must hold between fields."""

    schema_rule: ClassVar[Rule | None] = None
    """What only the platform's schema demands of them."""

    reader: ClassVar[Reader | None] = None
    """What reads values of this type, when it is another than `read`."""

    def __post_init__(self) -> None:
        kind = type(self)
        for slot in slots_of(kind).values():
            given = getattr(self, slot.name)
            if given is not slot.default:
                read = slot.read(given, Mode.CHECK, joined(kind.called(), slot.key))
                if read is not given:
                    force_setattr(self, slot.name, read)
        _obey(kind.rule, self, kind.called())

    @classmethod
    def called(cls) -> str:
        """Return what errors call it."""
        return cls.verb or cls.__name__

    @classmethod
    def read(cls, value: Any, mode: Mode, path: str) -> Self:
        """Return a JSON value, or a part already made, as this part.

        Raises:
            Misfit: it is none.
        """
        if isinstance(value, cls):
            return value
        extra: dict[str, Any] = {}
        if cls.bare:
            slot = next(iter(slots_of(cls).values()))
            fields = {slot.name: slot.read(value, mode, path)}
        else:
            fields, extra = _fields(cls, value, mode, path)
        try:
            made = cls(**fields, extra=extra)
        except Misfit as misfit:  # fields are right each by itself, so it has no path of its own
            raise Misfit(path, misfit.said) from None
        if mode is Mode.STRICT:
            _obey(cls.schema_rule, made, path)
        return made

    def to_dict(self) -> Any:
        """Return the part as it goes on the wire, in fresh containers; a verb under its name."""
        slots = slots_of(type(self)).values()
        given = ((slot, getattr(self, slot.name)) for slot in slots)
        known = {slot.key: plain(value) for slot, value in given if value is not slot.default}
        body = next(iter(known.values())) if self.bare else {**known, **plain(self.extra)}
        return {self.verb: body} if self.verb else body


def _obey(rule: Rule | None, part: Body, path: str) -> None:
    said = rule(part) if rule is not None else None
    if said:
        raise Misfit(path, said)


def exactly_one(*names: str) -> Rule:
    """Return the rule that one of some fields is given."""

    def rule(part: Any) -> str | None:
        said = f"needs one of {', '.join(names)}"
        return None if sum(getattr(part, name) is not None for name in names) == 1 else said

    return rule


def at_least_one(*names: str) -> Rule:
    """Return the rule that some of these fields are given."""

    def rule(part: Any) -> str | None:
        missing = all(getattr(part, name) is None for name in names)
        return f"needs {' or '.join(names)}" if missing else None

    return rule


def begins_with_main(part: Any) -> str | None:
    """Say that a document has no section `main`, where it begins."""
    return None if "main" in part.sections else "sections: needs a section named main"


class Slot(NamedTuple):
    """A field: its name here and on the wire, what it is when it is not given, its reader."""

    name: str
    key: str
    default: Any
    read: Reader


@cache
def slots_of(kind: type[Body]) -> dict[str, Slot]:
    """Return the fields of a part by their key on the wire, without `extra`."""
    hints = get_type_hints(kind, include_extras=True)
    fields = (field for field in msgspec.structs.fields(kind) if field.name != "extra")
    return {
        field.encode_name: Slot(
            field.name, field.encode_name, field.default, reader_of(hints[field.name])
        )
        for field in fields
    }


def plain(value: Any) -> Any:
    """Return a value as JSON data in fresh containers, parts written as they go on the wire."""
    if isinstance(value, Body):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def reader_of(kind: Any) -> Reader:
    """Return what reads values of a type."""
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Body):
        return kind.reader or kind.read
    if origin in {Union, UnionType}:
        return _union(args)
    if origin is list:
        return partial(_list, reader_of(args[0]))
    if origin is dict:
        return partial(_dict, reader_of(args[1]))
    if origin is Annotated:
        return _annotated(kind, args[0], kind.__metadata__[0])
    return partial(_leaf, kind)


def _annotated(kind: Any, base: Any, limits: msgspec.Meta) -> Reader:
    """Limits of a list are checked here, those of a plain value by msgspec."""
    extra = limits.extra or {}
    if "beyond" in extra:
        part = get_origin(base) is list or issubclass(base, Body)
        return partial(_beyond, reader_of(base) if part else partial(_leaf, kind))
    if get_origin(base) is list:
        return partial(_limited, reader_of(base), limits)
    return partial(base.reader, **extra) if extra else partial(_leaf, kind)


def _union(args: tuple[Any, ...]) -> Reader:
    """Null stands for a value only where the field can also be unset."""
    absent = {msgspec.UnsetType} if msgspec.UnsetType in args else {NoneType}
    readers = [reader_of(kind) for kind in args if kind not in absent]
    return readers[0] if len(readers) == 1 else partial(_one_of, readers)


def _fields(
    cls: type[Body], value: Any, mode: Mode, path: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise Misfit(path, f"expected an object, got {_told(value)}")
    slots = slots_of(cls)
    known = slots.keys() - cls.beyond if mode is Mode.STRICT else slots.keys()
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, item in value.items():
        below = joined(path, str(key))
        if key not in known:
            _admit(cls, mode, below)
            extra[key] = plain(item)
            continue
        try:
            fields[slots[key].name] = slots[key].read(item, mode, below)
        except Misfit:
            if mode is not Mode.KEEP:
                raise
            extra[key] = plain(item)
    _demand(slots, fields, path)
    return fields, extra


def _admit(cls: type[Body], mode: Mode, path: str) -> None:
    if mode is Mode.STRICT and not cls.open:
        raise Misfit(path, "there is no such key")


def _demand(slots: dict[str, Slot], fields: dict[str, Any], path: str) -> None:
    for slot in slots.values():
        if slot.default is msgspec.NODEFAULT and slot.name not in fields:
            raise Misfit(joined(path, slot.key), "is missing")


def _beyond(reader: Reader, value: Any, mode: Mode, path: str) -> Any:
    if mode is Mode.STRICT:
        raise Misfit(path, "the platform's schema refuses this value")
    return reader(value, mode, path)


def _one_of(readers: list[Reader], value: Any, mode: Mode, path: str) -> Any:
    """The strictest reading that any alternative allows; else the error that got furthest."""
    modes = {Mode.KEEP: (Mode.STRICT, Mode.CHECK, Mode.KEEP)}.get(mode, (mode,))
    misfits: list[Misfit] = []
    for attempt in modes:
        for reader in readers:
            try:
                return reader(value, attempt, path)
            except Misfit as misfit:
                misfits.append(misfit)
    raise max(misfits, key=_depth)


def _depth(misfit: Misfit) -> tuple[int, bool]:
    """A limit tells more than another type does."""
    another_type = "got `" in misfit.said or misfit.said.startswith(
        ("expected an ", "expected a v")
    )
    return len(misfit.path or ""), not another_type


def _list(item: Reader, value: Any, mode: Mode, path: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Misfit(path, f"expected an array, got {_told(value)}")
    return [item(each, mode, f"{path}[{index}]") for index, each in enumerate(value)]


def _dict(item: Reader, value: Any, mode: Mode, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Misfit(path, f"expected an object, got {_told(value)}")
    return {key: item(each, mode, joined(path, str(key))) for key, each in value.items()}


def _limited(reader: Reader, limits: msgspec.Meta, value: Any, mode: Mode, path: str) -> Any:
    read: list[Any] = reader(value, mode, path)
    least, most = limits.min_length or 0, limits.max_length
    if len(read) < least or (most is not None and len(read) > most):
        limit = f"at least {least}" if len(read) < least else f"at most {most}"
        raise Misfit(path, f"expected {limit} items, got {len(read)}")
    return read


def _leaf(kind: Any, value: Any, mode: Mode, path: str) -> Any:
    """The value itself, when msgspec finds it of the type; JSON's 5.0 is a whole number."""
    if kind is Any:
        return plain(value)
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    written = mode is Mode.WRITTEN
    try:
        converted = msgspec.convert(whole, kind, strict=not written)
    except msgspec.ValidationError as error:
        raise Misfit(path, _said(kind, str(error))) from None
    return converted if written else value


def _said(kind: Any, told: str) -> str:
    """What msgspec says, but for a pattern what it stands for."""
    if "matching regex" in told:
        return f"expected {kind.__metadata__[0].description}"
    return told.replace("Expected", "expected")


def _told(value: object) -> str:
    return "null" if value is None else type(value).__name__
