"""A model's arguments, converted to what a tool declares.

One mechanism for both kinds of tools: a `Parameter` is made from a Python annotation or from an
author's JSON schema, and `convert` fits the arguments to the parameters. What fits is converted
at once by msgspec; only what does not is looked at again, as a model may have meant it; what
then is wrong becomes one `Misfit`, with a sentence that tells the model how to go on.
"""

import inspect
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from agentkit import _json
from agentkit.errors import AgentKitError, DefinitionError
from agentkit.late import LateModule, pattern
from agentkit.swaig import annotations, schema, words

if TYPE_CHECKING:
    import copy

    from agentkit import escape
    from agentkit.swaig import coerce, types
else:  # for parameters that are declared, and for arguments that do not fit as they are
    coerce = LateModule("agentkit.swaig.coerce", globals())
    copy = LateModule("copy", globals())  # for defaults that calls would share
    escape = LateModule("agentkit.escape", globals())
    types = LateModule("agentkit.swaig.types", globals())

Form = dict[str, Any]

GIVEN_LIMIT = 80
"""Longest part of a value that a repair sentence repeats, in characters."""

_DIRECT = {Any, str, int, float, bool}  # msgspec converts to these without reading the type anew
_EXACT = {str, int, bool}  # a float may be no number, which msgspec lets pass anyway
_ALIKE = {type, type(None), str, int, bool}  # defaults that are the same when they are equal
_SHARED = (list, dict, set, bytearray)
_OBJECTS = (dict, Mapping)  # dict first: asking an ABC costs 0.3 us, and making a union as much
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "tz")
_PATH = pattern(r" - at `\$(?:\.value)?(.*)`$")
_STEP = pattern(r"\.([^.\[\]]+)|\[(\d+)\]")
_MISSING = pattern(r"missing required field `(.*?)`")
_UNFIT = (ValueError, TypeError, RecursionError)  # TypeError: a dict as an item of a set


class Parameter(msgspec.Struct, frozen=True):
    """One argument that a tool takes.

    Attributes:
        name: its name.
        type: the Python type of the converted value.
        required: whether the function cannot be called without it.
        schema: what the model is told, in the platform's dialect.
        expected: the same in words, for a repair sentence.
        form: the schema with its limits, for coercions and for words about nested values.
        slot: a Struct that holds the type, so that msgspec reads it once.
        choices: the only values that are taken, when the type cannot say so.
        stays_open: whether keys of nested objects that the schema does not know are kept.
        exact: a plain type whose values need no conversion, None when they may.
        shared: a default that a function could change for all calls, so that each gets a copy.
    """

    name: str
    type: Any
    required: bool
    schema: Form
    expected: str
    form: Form = {}
    slot: Any = None
    choices: tuple[Any, ...] = ()
    stays_open: bool = False
    exact: Any = None
    shared: Any = None


class Problem(msgspec.Struct, frozen=True):
    """One argument that does not fit; given is None when it is missing."""

    argument: str
    expected: str
    given: str | None

    @property
    def clause(self) -> str:
        """The problem as part of a sentence."""
        if self.given is None:
            return f'the argument "{self.argument}" is missing: it must be {self.expected}'
        return f'the argument "{self.argument}" must be {self.expected}, but it was {self.given}'


class Misfit(AgentKitError):
    """Arguments do not fit what the tool takes; nothing has run.

    Attributes:
        problems: all that is wrong.
        argument: the name of the first argument that does not fit.
        expected: what it must be, in words.
        given: what it was, escaped and cut, None when it is missing.
        sentence: what to tell the model, escaped.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        clauses = "; ".join(problem.clause for problem in problems)
        self.problems = tuple(problems)
        self.argument, self.expected, self.given = msgspec.structs.astuple(problems[0])
        self.sentence = escape.escape(
            f"{clauses[0].upper()}{clauses[1:]}. "
            "Ask the caller for what is needed, then call the function again."
        )
        super().__init__(self.sentence)


def parameter_from_type(
    name: str, annotation: Any, *, default: Any = inspect.Parameter.empty, description: str = ""
) -> Parameter:
    """Return the parameter that a function's signature declares.

    Args:
        name: its name.
        annotation: its type; `inspect.Parameter.empty` takes any value.
        default: what the function does without it; `inspect.Parameter.empty` makes it required.
        description: what the docstring says; a description in `Annotated` wins.

    Raises:
        DefinitionError: the type cannot be read from JSON; names the parameter and the type.
    """
    kind: Any = type(default)
    read = _from_type if kind in _ALIKE else _from_type.__wrapped__
    try:
        return read(name, annotation, kind, default, description)
    except TypeError:  # something in the annotation cannot be hashed
        return _from_type.__wrapped__(name, annotation, kind, default, description)


@lru_cache(maxsize=1024)
def _from_type(
    name: str, annotation: Any, _kind_of_default: type, default: Any, description: str
) -> Parameter:
    """Read a parameter once, however many agents have it; `1` and `True` are not one default."""
    type_ = Any if annotation is inspect.Parameter.empty else annotation
    required = default is inspect.Parameter.empty
    try:
        known = annotations.schema_of(type_, description)
        form = schema.normalise(known | ({} if required else annotations.default_of(default)))
    except DefinitionError as error:
        raise DefinitionError(f"parameter {name!r}: {error}") from error
    made = _parameter(name, _undescribed(type_), required=required, form=form)
    return msgspec.structs.replace(made, shared=default) if isinstance(default, _SHARED) else made


def parameters_from_schema(
    parameters: Mapping[str, Any], required: Sequence[str] | None = None
) -> tuple[tuple[Parameter, ...], Form]:
    """Return the parameters that an author declares, and their schema in the platform's dialect.

    Args:
        parameters: a JSON schema of type object, or its properties alone.
        required: names that are required besides those that the schema says.

    Raises:
        DefinitionError: a schema is wrong; names the parameter.
    """
    properties, names = _declared(parameters)
    needed = [*dict.fromkeys([*names, *(required or ())])]
    if unknown := [name for name in needed if name not in properties]:
        raise DefinitionError(f"required names {unknown}, which is no parameter")
    made = tuple(
        _declared_parameter(name, given, parameters, required=name in needed)
        for name, given in properties.items()
    )
    return made, schema.object_schema({each.name: each.schema for each in made}, needed)


def convert(parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the parameters' types; keys that no parameter names are kept as is.

    An optional argument that is absent, or null where null does not fit, is left out; a list, dict
    or set that is its default is copied, or what one call does to it would reach the next.

    Raises:
        Misfit: arguments are missing or do not fit.
    """
    converted = dict(_checked(arguments))
    problems: list[Problem | None] = []
    for parameter in parameters:
        name = parameter.name
        if name in converted:
            if type(converted[name]) is parameter.exact:
                continue
            try:
                converted[name] = _fitted(parameter, converted[name])
            except _UNFIT:
                problems.append(_second_try(parameter, converted))
        elif parameter.required:
            problems.append(Problem(name, parameter.expected, None))
        elif parameter.shared is not None:
            converted[name] = copy.deepcopy(parameter.shared)
    if problems and (wrong := [problem for problem in problems if problem]):
        raise Misfit(wrong)
    return converted


def _undescribed(annotation: Any) -> Any:
    """Return a type without what `Annotated` says about it, when that limits no value."""
    metadata = getattr(annotation, "__metadata__", ())
    limits = any(getattr(meta, limit, None) is not None for meta in metadata for limit in _LIMITS)
    return annotation.__origin__ if metadata and not limits else annotation


def _parameter(
    name: str, type_: Any, *, required: bool, form: Form, stays_open: bool = False
) -> Parameter:
    choices = types.choices_of(form) if stays_open else ()
    slot = _slot(type_)
    return Parameter(
        name=name,
        type=type_,
        exact=type_ if slot is None and not choices and type_ in _EXACT else None,
        required=required,
        schema=schema.render(form),
        expected=words.expected(form),
        form=form,
        slot=slot,
        choices=choices,
        stays_open=stays_open,
    )


def _declared(parameters: object) -> tuple[Mapping[str, Any], list[str]]:
    """Return the properties and required names of a full schema, or of properties alone."""
    if not isinstance(parameters, Mapping):
        raise DefinitionError(f"parameters must be a dict, not {type(parameters).__name__}")
    names = parameters.get("required")
    names = names if isinstance(names, list) else []
    is_schema = parameters.get("type") == "object" or (names and "properties" in parameters)
    properties = parameters.get("properties", {}) if is_schema else parameters
    if not isinstance(properties, Mapping) or not all(isinstance(key, str) for key in properties):
        raise DefinitionError("parameters must map names to JSON schemas")
    return properties, names if is_schema else []


def _declared_parameter(name: str, given: object, root: object, *, required: bool) -> Parameter:
    try:
        form = schema.normalise(given, root)
    except DefinitionError as error:
        raise DefinitionError(f"parameter {name!r}: {error}") from error
    return _parameter(name, types.type_of(form), required=required, form=form, stays_open=True)


def _slot(annotation: Any) -> Any:
    try:
        return None if annotation in _DIRECT else _shared_slot(annotation)
    except TypeError:  # something in `Annotated` cannot be hashed
        return _new_slot(annotation)


def _new_slot(annotation: Any) -> Any:
    return msgspec.defstruct("Slot", [("value", annotation)])


_shared_slot = lru_cache(maxsize=1024)(_new_slot)


def _checked(arguments: object) -> Mapping[str, Any]:
    if isinstance(arguments, _OBJECTS):
        return arguments
    raise Misfit([Problem("arguments", "an object with the arguments", _shown(arguments))])


def _fitted(parameter: Parameter, value: Any) -> Any:
    slot = parameter.slot
    if slot is None:
        made = msgspec.convert(value, parameter.type, strict=False)
    else:
        made = msgspec.convert({"value": value}, slot, strict=False).value
    if parameter.choices and made not in parameter.choices:
        raise msgspec.ValidationError("not one of the choices")
    return _opened(value, made) if parameter.stays_open else made


def _opened(given: Any, made: Any) -> Any:
    """Put back the keys that a TypedDict does not know."""
    if isinstance(made, dict) and isinstance(given, dict):
        return {**given, **{key: _opened(given.get(key), item) for key, item in made.items()}}
    if isinstance(made, list) and isinstance(given, list):
        return [_opened(*pair) for pair in zip(given, made, strict=True)]
    return made


def _second_try(parameter: Parameter, converted: dict[str, Any]) -> Problem | None:
    """Convert what the model may have meant; an optional argument that is blank is dropped."""
    name = parameter.name
    value = converted[name]
    meant = coerce.coerced(value, parameter.form)
    try:
        converted[name] = _fitted(parameter, meant)
    except _UNFIT as error:
        if parameter.required or not coerce.is_blank(value):
            return _problem(parameter, value, meant, str(error))
        del converted[name]
        if parameter.shared is not None:
            converted[name] = copy.deepcopy(parameter.shared)
    return None


def _problem(parameter: Parameter, value: Any, meant: Any, error: str) -> Problem:
    """Say what is wrong, at the nested value that msgspec's message points to."""
    if value is None:
        return Problem(parameter.name, parameter.expected, None)
    name, form, found = _followed(parameter, meant, error)
    if (missing := _MISSING.search(error)) and (field := _field(form, missing[1])):
        return Problem(f"{name}.{missing[1]}", words.expected(field), None)
    if name == parameter.name:
        return Problem(name, parameter.expected, _shown(value))
    return Problem(name, words.expected(form), _shown(found))


def _followed(parameter: Parameter, value: Any, error: str) -> tuple[str, Form, Any]:
    path = _PATH.search(error)
    name, form = parameter.name, parameter.form
    for field, index in _STEP.findall(path[1]) if path else ():
        if index and isinstance(value, list) and _item(form, int(index)):
            name, form, value = f"{name}[{index}]", _item(form, int(index)), value[int(index)]
        elif isinstance(value, dict) and field in value and _field(form, field):
            name, form, value = f"{name}.{field}", _field(form, field), value[field]
        else:
            break
    return name, form, value


def _field(form: Form, name: str) -> Form:
    found: Form = form.get("properties", {}).get(name) or form.get("additionalProperties", {})
    return found


def _item(form: Form, index: int) -> Form:
    first = form.get("prefixItems", ())
    found: Form = first[index] if index < len(first) else form.get("items", {})
    return found


def _shown(value: object) -> str:
    """Return a value for a sentence: as JSON, escaped and cut."""
    try:
        text = _json.encode(value).decode()
    except ValueError:
        text = f"a value of type {type(value).__name__} that JSON cannot carry"
    text = escape.escape(text)
    return text if len(text) <= GIVEN_LIMIT else f"{text[: GIVEN_LIMIT - 1]}…"
