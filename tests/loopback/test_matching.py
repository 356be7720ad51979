"""When a text or a value is what a test expects."""

import re
from typing import Any

import pytest

from agentkit.loopback.matching import closest, differences, shown, text_matches, value_matches


@pytest.mark.parametrize(
    ("wanted", "text", "exact", "fits"),
    [
        ("table for two", "A Table\n for two.", False, True),
        ("table for two", "A table for three.", False, False),
        ("", "anything", False, True),
        ("Booked.", "Booked.", True, True),
        ("booked.", "Booked.", True, False),
        (re.compile(r"number \d+"), "It is number 7.", False, True),
        (re.compile(r"number \d+"), "It is number 7.", True, False),
        (re.compile(r"It is .*"), "It is number 7.", True, True),
    ],
)
def test_a_text_is_a_part_or_the_whole_or_a_pattern(
    wanted: Any, text: str, exact: bool, fits: bool
) -> None:
    assert text_matches(wanted, text, exact=exact) is fits


@pytest.mark.parametrize(
    ("wanted", "value", "fits"),
    [
        (2, 2, True),
        (2, 2.0, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        ("2", 2, False),
        (..., None, True),
        (None, None, True),
        (None, 0, False),
        (re.compile("^b"), "book", True),
        (re.compile("^b"), 5, False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": ...}}, {"a": {"b": 1}}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, [1], False),
        ({}, {}, True),
        ([1, ...], [1, 2], True),
        ((1, 2), [1, 2], True),
        ([1], [1, 2], False),
        ([1], "1", False),
    ],
)
def test_a_value_holds_what_is_wanted(wanted: Any, value: Any, fits: bool) -> None:
    assert value_matches(wanted, value) is fits


def test_the_differences_name_the_key_that_was_perhaps_meant() -> None:
    values = {"seats": 3, "day": "Friday"}
    assert differences({"seats": 2, "day": "Friday", "set": 1}, values) == [
        "seats: expected 2, is 3",
        "set: expected 1, not there, but seats is 3",
    ]
    assert differences({"zzz": 1}, values) == ["zzz: expected 1, not there"]


def test_values_are_shown_as_they_are_written_without_secrets() -> None:
    assert shown(...) == "anything"
    assert shown(re.compile("a+")) == "/a+/"
    assert shown({"a": "ü"}) == '{"a":"ü"}'
    assert shown({"a": re.compile("b")}).startswith("{'a': re.compile(")
    assert shown("https://user:pass@host/x?token=abc") == '"https://host/x"'
    assert shown("x" * 500) == '"' + "x" * 158 + "…"


def test_a_secret_that_is_cut_is_not_shown_by_half() -> None:
    assert "pass" not in shown(f"{'x' * 130} https://user:password@host/x")


def test_the_closest_name_is_found() -> None:
    assert closest("bok", ["cancel", "book"]) == "book"
    assert closest("pay", ["cancel", "book"]) == ""
    long = "x" * 100_000
    assert closest(long, ["y", f"{long}y"]) == f"{long}y"
