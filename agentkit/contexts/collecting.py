"""A Struct as questions: each field is one, and the answers come back as the Struct.

The platform asks, and puts the answers into `global_data`. The tool that is called next reads them
with `call.collected(Booking)`: converted to the types of the fields as the arguments of a tool are,
and an answer that does not fit is told to the model, so that it asks again.
"""

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from agentkit import docstrings
from agentkit.errors import DefinitionError, ToolError
from agentkit.swaig.arguments import Misfit, Parameter, convert, parameter_from_type
from agentkit.swaig.coerce import is_blank

JSON = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)

_TYPES = {"integer", "number", "boolean"}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Form(NamedTuple):
    """The questions of a Struct.

    Attributes:
        key: the key of `global_data` that gets the answers.
        text: what the step is about.
        questions: one a field, in the platform's form.
    """

    key: str
    text: str
    questions: list[JSON]


def key_of(kind: type) -> str:
    """Return where the answers of a Struct are kept: `TableBooking` becomes `table_booking`."""
    return _WORD.sub("_", kind.__name__).lower()


def form_of(kind: type[msgspec.Struct], confirm: Collection[str] = ()) -> Form:
    """Return the questions that a Struct's fields are.

    A field's description (`Annotated`, or the docstring of the class) is the question; its type
    and limits are told to the model.

    Args:
        kind: the Struct.
        confirm: names of the fields whose answer the caller is asked to confirm.

    Raises:
        DefinitionError: it is no Struct, has no fields, a field cannot be asked for, or confirm
            names none.
    """
    parameters = _parameters(kind)
    if not parameters:
        raise DefinitionError(f"{kind.__name__} has no fields to ask for")
    if isinstance(confirm, str):
        raise DefinitionError(f"confirm takes a list of fields, not {confirm!r}")
    if unknown := [name for name in confirm if name not in {each.name for each in parameters}]:
        raise DefinitionError(f"confirm names {unknown[0]!r}, which is no field of {kind.__name__}")
    summary = docstrings.parse(_doc(kind)).summary
    text = summary or f"Ask the caller for: {', '.join(map(_spoken, parameters))}."
    questions = [_question(each, confirm=each.name in confirm) for each in parameters]
    return Form(key_of(kind), text, questions)


def collected(kind: type[S], global_data: Mapping[str, Any], key: str | None = None) -> S:
    """Return the answers to the questions of a Struct.

    Args:
        kind: the Struct that `Step.collect` was given.
        global_data: the call's global data.
        key: the key that `Step.collect` was given, else that of the Struct's name.

    Raises:
        ToolError: an answer is missing or does not fit; it is a sentence for the model.
        DefinitionError: the Struct cannot be asked for.
    """
    parameters = _parameters(kind)
    answers = global_data.get(key_of(kind) if key is None else key)
    try:
        fitted = convert(parameters, _given(parameters, answers))
    except Misfit as misfit:
        raise ToolError(misfit.sentence) from misfit
    return kind(**{name: fitted[name] for name in kind.__struct_fields__ if name in fitted})


def _given(parameters: list[Parameter], answers: object) -> JSON:
    """Return the answers, but for those that were left open."""
    known = answers if isinstance(answers, Mapping) else {}
    left_open = {each.name for each in parameters if not each.required}
    return {k: value for k, value in known.items() if k not in left_open or not is_blank(value)}


def _parameters(kind: object) -> list[Parameter]:
    if not isinstance(kind, type) or not issubclass(kind, msgspec.Struct):
        raise DefinitionError(f"collect takes a Struct, not {kind!r}")
    described = docstrings.parse(_doc(kind)).parameters
    return [
        _checked(
            parameter_from_type(
                field.name,
                field.type,
                default=_default(field),
                description=described.get(field.name, ""),
            )
        )
        for field in msgspec.structs.fields(kind)
    ]


def _doc(kind: type) -> str:
    return vars(kind).get("__doc__") or ""


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.required:
        return inspect.Parameter.empty
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory()


def _checked(parameter: Parameter) -> Parameter:
    if parameter.form.get("type") == "object":
        raise DefinitionError(f"field {parameter.name!r}: a question asks for one value")
    return parameter


def _spoken(parameter: Parameter) -> str:
    return parameter.name.replace("_", " ")


def _question(parameter: Parameter, *, confirm: bool) -> JSON:
    kind = parameter.form.get("type")
    has_limits = bool(set(parameter.form) - _ASKED)
    hints = [f"The answer is {parameter.expected}."] if has_limits else []
    if kind == "array":
        hints.append('Submit it as a JSON list, such as ["one", "two"].')
    if not parameter.required:
        hints.append("The caller may leave this open; the answer is then empty.")
    asked = {
        "key": parameter.name,
        "question": parameter.form.get("description") or f"Please tell me: {_spoken(parameter)}.",
        "type": kind if kind in _TYPES else None,
        "confirm": confirm or None,
        "prompt": " ".join(hints) or None,
    }
    return {name: value for name, value in asked.items() if value is not None}


_ASKED = {"type", "description", "default", "nullable"}
