"""Arguments found in what a caller says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.loopback.brains.arguments import fill, missing


def schema(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


TEXT, WHOLE, AMOUNT, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
ROOM = {"type": "string", "enum": ["garden", "winter garden", "hall"]}

FOUND: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (schema("seats", seats=WHOLE), "a table for two", {"seats": 2}),
    (schema(seats=WHOLE), "a table for two", {"seats": 2}),
    (schema("a b", a=WHOLE, b=WHOLE), "3 and 4", {"a": 3, "b": 4}),
    (schema("age seats", age=WHOLE, seats=WHOLE), "2 seats, age 30", {"age": 30, "seats": 2}),
    (schema("seats", seats=WHOLE), "2.5 of them", {}),
    (schema("seats", seats=WHOLE), "I said 2.0", {"seats": 2}),
    (schema("price", price=AMOUNT), "for 2.5 dollars", {"price": 2.5}),
    (schema("seats day", seats=WHOLE, day=TEXT), "March 3 for 4", {"seats": 4, "day": "March 3"}),
    (schema("day", day=TEXT), "next Friday at 7", {"day": "next Friday"}),
    (schema("day", day=TEXT), "tonight or tomorrow", {"day": "tonight"}),
    (schema("on", on={"type": "string", "format": "date"}), "on 2027-03-02", {"on": "2027-03-02"}),
    (schema("when", when=TEXT), "the day after tomorrow", {"when": "the day after tomorrow"}),
    (schema("start_time", start_time=TEXT), "at 7 pm", {"start_time": "7 pm"}),
    (schema("at", at={"type": "string", "format": "time"}), "at 19:30", {"at": "19:30"}),
    (schema("day", day=TEXT), "some day", {}),
    (schema("seats wish", seats=WHOLE, wish=TEXT), "for two", {"seats": 2}),
    (schema("room", room=ROOM), "in the Winter Garden", {"room": "winter garden"}),
    (schema("room", room=ROOM), "on the roof", {}),
    (schema(size={"enum": [1, 2]}), "size 2", {"size": 2}),
    (
        schema(rooms={"type": "array", "items": ROOM}),
        "hall or garden",
        {"rooms": ["garden", "winter garden", "hall"]},
    ),
    (schema(rooms={"type": "array", "items": ROOM}), "none", {}),
    (schema(rooms={"type": "array"}), "garden", {}),
    (schema(smoking=FLAG), "a smoking room", {"smoking": True}),
    (schema(smoking=FLAG), "not a smoking room", {"smoking": False}),
    (schema(smoking=FLAG), "yes", {}),
    (schema("smoking", smoking=FLAG), "yes please", {"smoking": True}),
    (schema("smoking", smoking=FLAG), "no thanks", {"smoking": False}),
    (schema("smoking", smoking=FLAG), "perhaps", {}),
    (schema("name", name=TEXT), "my name is Robin Reed, thanks", {"name": "Robin Reed"}),
    (schema("name", name=TEXT), "it is for Robin", {"name": "Robin"}),
    (schema("name", name=TEXT), "Put down Robin", {"name": "Robin"}),
    (schema(name=TEXT), "Put down Robin", {}),
    (schema("name", name=TEXT), "robin", {}),
    (schema("wish", wish=TEXT), "robin", {"wish": "robin"}),
    (schema("order", order=TEXT), "Where is order A-17?", {"order": "A-17"}),
    (schema("wish", wish=TEXT), 'Say "no onions" please', {"wish": "no onions"}),
    (schema("city", city=TEXT), "The weather in New York", {"city": "New York"}),
    (schema("a b", a=TEXT, b=TEXT), "nothing known", {}),
    (schema(note=TEXT), "nothing asked for", {}),
    (schema("note", note=TEXT), "  ", {}),
    (schema("x", x={"type": ["null", "integer"]}), "5", {"x": 5}),
    (schema("x", x={"type": ["null"]}), "5", {}),
    (schema("x", x={"anyOf": [{"type": "null"}, {"type": "integer"}]}), "5", {"x": 5}),
    (schema("x", x={"oneOf": [{"type": "null"}]}), "odd", {"x": "odd"}),
    (schema("x", x=True), "odd", {"x": "odd"}),
    (
        schema("guest", guest={**schema("name age", name=TEXT, age=WHOLE), "type": "object"}),
        "I am Robin, 30",
        {"guest": {"name": "Robin", "age": 30}},
    ),
    (schema("guest", guest=schema(age=WHOLE)), "nobody", {}),
    ({}, "hello", {}),
]


@pytest.mark.parametrize(("parameters", "said", "found"), FOUND)
def test_arguments_are_found_by_type(
    parameters: dict[str, Any], said: str, found: dict[str, Any]
) -> None:
    arguments = fill(parameters, said)
    assert arguments == found
    assert {name: type(value) for name, value in arguments.items()} == {
        name: type(value) for name, value in found.items()
    }


def test_the_answer_to_a_question_is_taken_as_it_is() -> None:
    assert fill(schema("name", name=TEXT), "robin", asked=True) == {"name": "robin"}
    parameters = schema("name seats", seats=WHOLE, name=TEXT)
    assert fill(parameters, "robin", asked=True) == {}
    assert fill(parameters, "robin, 2", asked=True) == {"seats": 2, "name": "robin, 2"}


def test_an_object_within_itself_is_not_followed_for_ever() -> None:
    endless = schema(age=WHOLE)
    endless["properties"]["inner"] = endless
    assert fill(endless, "30") == {"age": 30}


def test_what_is_required_and_not_there_is_missing() -> None:
    parameters = schema("a b", a=TEXT, b=TEXT, c=TEXT)
    assert missing(parameters, {"b": 1}) == ["a"]
    assert missing({}, {}) == []


HOSTILE = [
    "9" * 20_000,
    "9-" * 20_000,
    "a-" * 20_000,
    "for " * 10_000,
    "hundred " * 10_000,
    "Aa " * 10_000,
    '"' * 20_001,
    "\x00\ud800\u202e",
    "name is " * 5_000,
    "next " * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_said_is_read(text: str) -> None:
    parameters = schema("a b name day", a=WHOLE, b=FLAG, name=TEXT, day=TEXT, order=TEXT, room=ROOM)
    assert set(fill(parameters, text, asked=True)) <= set(parameters["properties"])


@given(st.text(), st.booleans())
def test_what_is_found_fits_the_types(text: str, asked: bool) -> None:
    parameters = schema("seats name", seats=WHOLE, name=TEXT, smoking=FLAG, price=AMOUNT, room=ROOM)
    found = fill(parameters, text, asked=asked)
    assert isinstance(found.get("seats", 0), int)
    assert isinstance(found.get("name", ""), str)
    assert found.get("smoking", True) in {True, False}
    assert found.get("room", "hall") in ROOM["enum"]
