"""Converting a model's arguments, for tools of both kinds."""

import datetime
import decimal
import enum
import inspect
import json
import uuid
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import AgentKitError, DefinitionError
from agentkit.swaig.arguments import (
    Misfit,
    Parameter,
    convert,
    parameter_from_type,
    parameters_from_schema,
)
from tests.swaig import dialect, kinds

Meta = msgspec.Meta
JSON = dict[str, Any]


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Item(msgspec.Struct):
    name: str
    count: Annotated[int, Meta(ge=1, le=8)] = 1


class Order(msgspec.Struct):
    items: list[Item]
    extras: dict[str, Item] = {}


class Pair(NamedTuple):
    first: int
    second: str


class Address(TypedDict):
    street: str


class Strict(msgspec.Struct):
    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError("negative")


def converted(annotation: Any, value: Any) -> Any:
    return convert([parameter_from_type("x", annotation)], {"x": value})["x"]


def by_schema(schema: JSON, value: Any) -> Any:
    parameters, _ = parameters_from_schema({"x": schema}, ["x"])
    return convert(parameters, {"x": value})["x"]


TYPED: list[tuple[Any, Any, Any]] = [
    (int, 5, 5),
    (int, "5", 5),
    (int, " 5.0 ", 5),
    (int, 5.0, 5),
    (str, "a", "a"),
    (str, "", ""),
    (str, 5, "5"),
    (str, 5.5, "5.5"),
    (float, "5", 5.0),
    (float, 5, 5.0),
    (bool, True, True),
    (bool, "true", True),
    (bool, "YES", True),
    (bool, "no", False),
    (bool, 0, False),
    (Any, {"a": [None]}, {"a": [None]}),
    (object, "a", "a"),
    (int | None, None, None),
    (int | None, "null", None),
    (int | None, "", None),
    (int | None, "5", 5),
    (str | None, "null", "null"),
    (int | str, "5", "5"),
    (int | str, 5, 5),
    (Literal["small", "large"], "small", "small"),
    (Literal["small", "large"], " LARGE", "large"),
    (Literal["5", "6"], 5, "5"),
    (Literal[5, 6], "5", 5),
    (Literal[True], "true", True),
    (Size, "small", Size.SMALL),
    (Size, "LARGE", Size.LARGE),
    (list[int], [1, "2"], [1, 2]),
    (list[int], "[1, 2]", [1, 2]),
    (list[int], 5, [5]),
    (list[str], "tea", ["tea"]),
    (list[Size], "LARGE", [Size.LARGE]),
    (set[int], [1, 1], {1}),
    (tuple[int, str], ["1", 2], (1, "2")),
    (dict[str, int], '{"a": "1"}', {"a": 1}),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (Item, {"name": 5, "count": "2", "more": 1}, Item("5", 2)),
    (Item, {"name": "a", "count": None}, Item("a", 1)),
    (Item, '{"name": "a"}', Item("a")),
    (Order, {"items": [{"name": 5}]}, Order([Item("5")])),
    (Strict, {"value": "1"}, Strict(1)),
    (Pair, [1, 2], Pair(1, "2")),
    (Address, {"street": "a", "more": 1}, {"street": "a"}),
    (datetime.date, "2026-05-01", datetime.date(2026, 5, 1)),
    (datetime.time, "9:30", datetime.time(9, 30)),
    (datetime.datetime, "2026-05-01 9:30", datetime.datetime(2026, 5, 1, 9, 30)),  # noqa: DTZ001
    (datetime.timedelta, "PT1H30M", datetime.timedelta(minutes=90)),
    (decimal.Decimal, "12.50", decimal.Decimal("12.50")),
    (uuid.UUID, str(uuid.UUID(int=5)), uuid.UUID(int=5)),
    (bytes, "YQ==", b"a"),
    (Annotated[int, Meta(ge=1)], "5", 5),
    (Annotated[int, []], "5", 5),
    (inspect.Parameter.empty, ["a"], ["a"]),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), TYPED, ids=str)
def test_a_value_is_converted_to_its_type(annotation: Any, value: Any, expected: Any) -> None:
    made = converted(annotation, value)
    assert made == expected
    assert type(made) is type(expected)


BY_SCHEMA: list[tuple[JSON, Any, Any]] = [
    ({"type": "integer"}, "5", 5),
    ({"type": "number"}, 5, 5),
    ({"type": "number"}, "5.5", 5.5),
    ({"type": "string"}, 5, "5"),
    ({"type": "string", "format": "date"}, "2026-05-01", "2026-05-01"),
    ({"type": "boolean"}, "no", False),
    ({"enum": [0.5, 1]}, "0.5", 0.5),
    ({"enum": [0.5, None]}, None, None),
    ({"const": [1]}, [1], [1]),
    ({"type": ["integer", "null"]}, "", None),
    ({"items": {"type": "integer"}}, "5", [5]),
    ({"type": "object"}, '{"a": 1}', {"a": 1}),
    ({}, "a", "a"),
    (
        {
            "properties": {
                "a": {"type": "integer"},
                "b": {"items": {"properties": {"c": {"type": "integer"}}}},
            }
        },
        {"a": "5", "b": [{"c": "6", "d": "7"}], "e": {"f": None}},
        {"a": 5, "b": [{"c": 6, "d": "7"}], "e": {"f": None}},
    ),
    ({"properties": {"a": {"type": "integer"}}}, '{"a": "5", "b": 1}', {"a": 5, "b": 1}),
]


@pytest.mark.parametrize(("schema", "value", "expected"), BY_SCHEMA)
def test_a_value_is_converted_to_its_schema(schema: JSON, value: Any, expected: Any) -> None:
    made = by_schema(schema, value)
    assert made == expected
    assert type(made) is type(expected)


MISFITS: list[tuple[Any, Any, str]] = [
    (int, "many", 'The argument "x" must be a whole number, but it was "many".'),
    (int, None, 'The argument "x" is missing: it must be a whole number.'),
    (int, "", 'The argument "x" must be a whole number, but it was "".'),
    (int, True, 'The argument "x" must be a whole number, but it was true.'),
    (
        Annotated[int, Meta(ge=1, le=8)],
        "9",
        'The argument "x" must be a whole number from 1 to 8, but it was "9".',
    ),
    (
        Literal["small", "medium"],
        "huge ${x}",
        'The argument "x" must be one of small, medium, but it was "huge $ {x}".',
    ),
    (str, {"a": 1}, 'The argument "x" must be text, but it was {"a":1}.'),
    (
        datetime.date,
        "tomorrow",
        'The argument "x" must be a date such as 2026-05-01, but it was "tomorrow".',
    ),
    (
        set[Any],
        [{}],
        'The argument "x" must be a list, but it was [{}].',
    ),
    (
        list[Item],
        [{"name": "a"}, {"name": "b", "count": 9}],
        'The argument "x[1].count" must be a whole number from 1 to 8, but it was 9.',
    ),
    (list[Item], '[{"count": 1}]', 'The argument "x[0].name" is missing: it must be text.'),
    (
        Order,
        {"items": 5},
        'The argument "x.items" must be a list in which each is an object with name (text), '
        "count (a whole number from 1 to 8), but it was 5.",
    ),
    (
        Order,
        {"items": [], "extras": {"milk": 5}},
        'The argument "x.extras" must be an object, but it was {"milk":5}.',
    ),
    (tuple[int, str], [1, [2]], 'The argument "x[1]" must be text, but it was [2].'),
    (
        int | list[int],
        ["a"],
        'The argument "x" must be a whole number or a list in which each is a whole number, '
        'but it was ["a"].',
    ),
    (
        Strict,
        {"value": -1},
        'The argument "x" must be an object with value (a whole number), but it was {"value":-1}.',
    ),
    (int, "a" * 100, f'The argument "x" must be a whole number, but it was "{"a" * 78}….'),
    (
        int,
        "\ud800",
        'The argument "x" must be a whole number, '
        "but it was a value of type str that JSON cannot carry.",
    ),
    (
        str,
        10**5000,
        'The argument "x" must be text, but it was a value of type int that JSON cannot carry.',
    ),
]


@pytest.mark.parametrize(("annotation", "value", "sentence"), MISFITS, ids=range(len(MISFITS)))
def test_a_misfit_is_told_to_the_model(annotation: Any, value: Any, sentence: str) -> None:
    with pytest.raises(Misfit) as caught:
        converted(annotation, value)
    assert caught.value.sentence == (
        f"{sentence} Ask the caller for what is needed, then call the function again."
    )


def test_a_misfit_carries_its_facts() -> None:
    with pytest.raises(Misfit) as caught:
        converted(int, "@{x}")
    assert isinstance(caught.value, AgentKitError)
    assert caught.value.argument == "x"
    assert caught.value.expected == "a whole number"
    assert caught.value.given == '"@ {x}"'
    assert str(caught.value) == caught.value.sentence


def test_several_misfits_are_told_at_once() -> None:
    parameters = [parameter_from_type(name, int) for name in ("a", "b", "c")]
    with pytest.raises(Misfit) as caught:
        convert(parameters, {"a": "x", "b": 5})
    assert caught.value.sentence == (
        'The argument "a" must be a whole number, but it was "x"; '
        'the argument "c" is missing: it must be a whole number. '
        "Ask the caller for what is needed, then call the function again."
    )
    assert [problem.argument for problem in caught.value.problems] == ["a", "c"]
    assert caught.value.problems[1].given is None


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"enum": [0.5, 1.5]}, 0.7, "must be one of 0.5, 1.5, but it was 0.7"),
        ({"const": {"a": 1}}, {"a": 2}, 'must be {"a":1}, but it was {"a":2}'),
        ({"enum": ["${a}", "b"]}, "c", 'must be one of $ {a}, b, but it was "c"'),
        (
            {"properties": {"a.b": {"type": "integer"}, "a": {"properties": {"b": {}}}}},
            {"a.b": "x"},
            "must be an object with a.b (a whole number), a (an object with b (any value)), "
            'but it was {"a.b":"x"}',
        ),
        ({"additionalProperties": {"type": "integer"}}, {"a": "x"}, "must be an object"),
        (
            {"properties": {"b": {"additionalProperties": {"required": ["c"]}}}, "required": ["b"]},
            {},
            "is missing: it must be an object",
        ),
    ],
)
def test_a_misfit_of_a_schema_is_told_to_the_model(schema: JSON, value: Any, sentence: str) -> None:
    with pytest.raises(Misfit) as caught:
        by_schema(schema, value)
    assert sentence in caught.value.sentence


def test_absent_optional_arguments_are_left_out() -> None:
    parameters = [
        parameter_from_type("a", int, default=1),
        parameter_from_type("b", int | None, default=None),
        parameter_from_type("c", int, default=None),
        parameter_from_type("d", datetime.date, default=None),
        parameter_from_type("e", str, default="x"),
    ]
    assert convert(parameters, {}) == {}
    assert convert(parameters, {"a": None, "b": None, "c": "null", "d": "", "e": ""}) == {
        "b": None,
        "e": "",
    }


@pytest.mark.parametrize("default", [["a"], {"a": ["b"]}, {"a"}])
def test_each_call_gets_a_copy_of_a_default_that_could_be_changed(default: Any) -> None:
    parameter = parameter_from_type("wishes", type(default) | None, default=default)
    nullable = parameter_from_type("wishes", type(default), default=default)
    for known, arguments in [(parameter, {}), (nullable, {"wishes": None})]:
        first, second = convert([known], arguments), convert([known], arguments)
        assert first == second == {"wishes": default}
        assert first["wishes"] is not second["wishes"]
        assert first["wishes"] is not default


def test_keys_that_no_parameter_names_are_kept() -> None:
    assert convert([parameter_from_type("a", int)], {"a": "5", "b": [None]}) == {
        "a": 5,
        "b": [None],
    }
    assert convert([], {"b": 1}) == {"b": 1}


def test_the_arguments_themselves_are_not_changed() -> None:
    parameters, _ = parameters_from_schema(
        {"a": {"items": {"type": "integer"}}, "b": {"type": "integer"}}
    )
    arguments = {"a": ["5"], "b": None}
    assert convert(parameters, arguments) == {"a": [5]}
    assert arguments == {"a": ["5"], "b": None}


@pytest.mark.parametrize("arguments", [None, [], "x", 5])
def test_arguments_that_are_no_object_are_a_misfit(arguments: Any) -> None:
    with pytest.raises(Misfit, match='The argument "arguments" must be an object'):
        convert([], arguments)


def test_a_parameter_says_what_the_model_and_the_caller_are_told() -> None:
    parameter = parameter_from_type(
        "size", Annotated[int, Meta(ge=1, le=8)], default=2, description="How many people."
    )
    assert parameter.name == "size"
    assert parameter.required is False
    assert parameter.expected == "a whole number from 1 to 8"
    assert parameter.schema == {
        "type": "integer",
        "description": "How many people (from 1 to 8)",
        "default": 2,
    }


def test_a_parameter_without_a_default_is_required() -> None:
    assert parameter_from_type("a", int | None).required
    assert parameter_from_type("a", inspect.Parameter.empty).schema == {"type": "string"}
    assert not parameter_from_type("a", int, default=object()).required


def test_a_parameter_is_read_once_for_all_who_have_it() -> None:
    once = parameter_from_type("n", Annotated[int, Meta(ge=1)], default=1, description="How many.")
    again = parameter_from_type("n", Annotated[int, Meta(ge=1)], default=1, description="How many.")
    assert again is once


def test_defaults_that_are_equal_but_not_the_same_are_told_apart() -> None:
    defaults: list[object] = [1, True, 1.0, "1", None, [1], (1,), (True,), Size.SMALL]
    for default in (*defaults, *defaults):
        made = parameter_from_type("x", Any, default=default)
        assert made.form == ({} if default is None else {"default": plain(default)})
        assert type(made.form.get("default")) is type(plain(default))


def plain(default: object) -> object:
    return json.loads(msgspec.json.encode(default))


@pytest.mark.parametrize("texts", [["one"], ["two"]])
def test_an_annotation_that_cannot_be_hashed_is_read_each_time(texts: list[str]) -> None:
    made = parameter_from_type("x", Annotated[int, Meta(extra_json_schema={"examples": texts})])
    other = parameter_from_type("x", Annotated[int, Unhashable(texts)])
    assert (made.type, other.type, other.schema) == (int, int, {"type": "integer"})
    listed = parameter_from_type("x", list[Annotated[int, Unhashable(texts)]])
    assert convert([listed], {"x": ["5"]}) == {"x": [5]}


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts


def test_a_parameter_made_by_hand_converts_as_well() -> None:
    parameter = Parameter("a", int | None, True, {"type": "integer"}, "a whole number")
    assert convert([parameter], {"a": "5"}) == {"a": 5}


@pytest.mark.parametrize("annotation", [complex, list[complex], "int", Literal[1.5], str | Size])
def test_an_unsupported_type_is_a_mistake_of_the_author(annotation: Any) -> None:
    with pytest.raises(DefinitionError, match=r"parameter 'size': .*cannot be an argument"):
        parameter_from_type("size", annotation)


PROPERTIES = {
    "city": {"type": "string", "description": "Where."},
    "days": {"type": "integer", "minimum": 1},
}
LOWERED = {
    "city": {"type": "string", "description": "Where."},
    "days": {"type": "integer", "description": "at least 1"},
}


@pytest.mark.parametrize(
    ("parameters", "required", "names"),
    [
        (PROPERTIES, None, []),
        (PROPERTIES, ["city"], ["city"]),
        ({"type": "object", "properties": PROPERTIES}, None, []),
        ({"type": "object", "properties": PROPERTIES, "required": ["city"]}, None, ["city"]),
        ({"properties": PROPERTIES, "required": ["city"]}, ("days", "city"), ["city", "days"]),
    ],
)
def test_parameters_are_a_schema_or_its_properties(
    parameters: JSON, required: Any, names: list[str]
) -> None:
    made, schema = parameters_from_schema(parameters, required)
    assert [parameter.name for parameter in made] == ["city", "days"]
    assert [parameter.name for parameter in made if parameter.required] == sorted(names)
    assert schema == {
        "type": "object",
        "properties": LOWERED,
        **({"required": names} if names else {}),
    }


def test_no_parameters_are_an_empty_object() -> None:
    assert parameters_from_schema({}) == ((), {"type": "object", "properties": {}})
    assert parameters_from_schema({"type": "object"}) == ((), {"type": "object", "properties": {}})


def test_a_parameter_may_have_the_name_of_a_key_of_schemas() -> None:
    names = {"type": {"type": "string"}, "properties": {"type": "object"}, "required": {}}
    made, _ = parameters_from_schema(names)
    assert [parameter.name for parameter in made] == ["type", "properties", "required"]


def test_references_are_looked_up_in_the_whole_schema() -> None:
    parameters, schema = parameters_from_schema(
        {
            "type": "object",
            "properties": {"when": {"$ref": "#/$defs/Day"}},
            "$defs": {"Day": {"enum": ["mon", "tue"]}},
        }
    )
    assert schema["properties"] == {"when": {"type": "string", "enum": ["mon", "tue"]}}
    assert convert(parameters, {"when": "MON"}) == {"when": "mon"}


@pytest.mark.parametrize(
    ("parameters", "required", "says"),
    [
        (None, None, "parameters must be a dict, not NoneType"),
        ({"type": "object", "properties": [1]}, None, "parameters must map names"),
        ({5: {"type": "string"}}, None, "parameters must map names"),
        ({"city": "string"}, None, "parameter 'city': a JSON schema is an object"),
        ({"city": {"type": "str"}}, None, "parameter 'city': unknown type 'str'"),
        (PROPERTIES, ["town"], r"required names \['town'\]"),
    ],
)
def test_a_wrong_schema_is_a_mistake_of_the_author(
    parameters: Any, required: Any, says: str
) -> None:
    with pytest.raises(DefinitionError, match=says):
        parameters_from_schema(parameters, required)


def only_misfits(parameters: Any, arguments: Any) -> Any:
    """Convert; the only error there may be has a sentence in which nothing is expanded."""
    try:
        return convert(parameters, arguments)
    except Misfit as misfit:
        found = misfit
    assert not any(opener in found.sentence for opener in ("${", "%{", "@{"))
    assert all(len(problem.given or "") <= 80 for problem in found.problems)
    return None


by_name = st.dictionaries(kinds.names, kinds.types, max_size=3)
given_values = st.dictionaries(kinds.names, kinds.values, max_size=4)


@given(by_name, given_values | kinds.values, st.booleans())
def test_any_arguments_of_a_typed_tool_convert_or_are_a_misfit(
    types: JSON, arguments: Any, required: bool
) -> None:
    default = inspect.Parameter.empty if required else None
    parameters = [
        parameter_from_type(name, type_, default=default) for name, type_ in types.items()
    ]
    only_misfits(parameters, arguments)


@given(st.dictionaries(kinds.names, kinds.schemas, max_size=3), given_values)
def test_any_arguments_of_a_tool_with_a_schema_convert_to_json_or_are_a_misfit(
    properties: JSON, arguments: JSON
) -> None:
    parameters, schema = parameters_from_schema(properties)
    dialect.check(schema["properties"])
    made = only_misfits(parameters, arguments)
    assert made is None or repr(convert(parameters, made)) == repr(made)


@given(given_values)
def test_without_types_everything_passes_through(arguments: JSON) -> None:
    parameters, _ = parameters_from_schema({name: {} for name in arguments})
    assert repr(convert(parameters, arguments)) == repr(arguments)
