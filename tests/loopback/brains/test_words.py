"""Words and numbers in what a caller says."""

from typing import Any

import pytest

from agentkit.loopback.brains.words import numbers, stem, telling, words


def test_words_of_names_and_sentences() -> None:
    assert words("orderStatus") == words("order_status") == ["order", "status"]
    assert words("Don't send A-17, please!") == ["don't", "send", "a-17", "please"]
    assert words("") == []


@pytest.mark.parametrize(
    "family",
    [
        ["book", "books", "booked", "booking"],
        ["party", "parties"],
        ["table", "tables"],
        ["cancel", "cancels", "canceled"],
        ["is"],
    ],
)
def test_words_of_a_family_have_one_stem(family: list[str]) -> None:
    assert len({stem(word) for word in family}) == 1


def test_little_words_tell_nothing() -> None:
    assert telling("I would like to book a table, please") == ["book", "tabl"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two", [2]),
        ("a table for two at 7", [2, 7]),
        ("twenty five", [25]),
        ("twenty-five people", [25]),
        ("twenty eleven", [20, 11]),
        ("one two three", [1, 2, 3]),
        ("two hundred", [200]),
        ("two hundred fifty", [250]),
        ("two hundred and five", [200, 5]),
        ("three thousand two hundred", [3200]),
        ("a dozen", [12]),
        ("half a million", [1_000_000]),
        ("1,250.50 dollars", [1250.5]),
        ("minus -3", [-3]),
        ("order A-17 and B17", []),
        ("2027-03-02", []),
        ("", []),
        ("zero", [0]),
        ("9" * 5000, []),
        ("million " * 3, [3_000_000]),
        ("hundred " * 500, []),
        ("\u0663 people", [3]),
        ("\u00b2 people", []),
    ],
)
def test_numbers_in_digits_and_in_words(text: str, values: list[Any]) -> None:
    assert [span.value for span in numbers(text)] == values
