"""What a docstring says about a function and its parameters, in three styles."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.docstrings import Docstring, parse

GOOGLE = """Book a table for a party.

    The restaurant opens at five
    and is closed on Mondays.

    Args:
        size (int, optional): How many people
            are coming, see: the menu.
        name: The name to book under.

            It is read back.
        *extras (dict[str, (int, int)]): Wishes.
        x, y: A place
    Returns:
        text: what to say.

    Raises:
        ValueError: nobody comes.
    """

NUMPY = """
    Book a table for a party.

    The restaurant opens at five
    and is closed on Mondays.

    Parameters
    ----------
    size : int, optional
        How many people
        are coming, see: the menu.
    name
        The name to book under.

        It is read back.
    *extras : dict
        Wishes.
    x, y : float
        A place

    Returns
    -------
    text : str
        What to say.

    Notes
    -----
    size : nothing
        Not this.
    """

SPHINX = """Book a table for a party.

    The restaurant opens at five
    and is closed on Mondays.

    :param int size: How many people
        are coming, see: the menu.
    :type size: int
    :param name: The name to book under.

        It is read back.
    :keyword *extras: Wishes.
    :arg x: A place
    :parameter y:
        A place
    :returns: what to say
    :rtype: str
    :raises ValueError: nobody comes
    """

EXPECTED = Docstring(
    "Book a table for a party.\n\nThe restaurant opens at five and is closed on Mondays.",
    {
        "size": "How many people are coming, see: the menu.",
        "name": "The name to book under. It is read back.",
        "extras": "Wishes.",
        "x": "A place",
        "y": "A place",
    },
)


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_the_three_styles_say_the_same(text: str) -> None:
    assert parse(text) == EXPECTED


@pytest.mark.parametrize("text", [None, "", "  \n\t\n "])
def test_no_text_says_nothing(text: str | None) -> None:
    assert parse(text) == Docstring("", {})


def test_a_single_line_is_the_summary() -> None:
    assert parse("Tell the   time.").summary == "Tell the time."


def test_the_summary_ends_at_the_first_section_and_text_after_a_section_is_left_out() -> None:
    text = (
        "Tell the time.\n\nExample:\n    >>> now()\n\nA closing remark.\n\nArgs:\n    zone: Where."
    )
    assert parse(text) == Docstring("Tell the time.", {"zone": "Where."})


def test_a_note_in_running_text_opens_no_section() -> None:
    text = "Tell the time.\n\nNote: it is local.\n:class:`Zone` knows more: a lot.\n:ok\n::"
    assert parse(text).summary == (
        "Tell the time.\n\nNote: it is local. :class:`Zone` knows more: a lot. :ok ::"
    )


def test_a_return_told_on_one_line_is_left_out() -> None:
    assert parse("Tell the time.\nReturns: the time\nin words").summary == "Tell the time."


def test_a_parameter_may_be_named_like_a_section() -> None:
    text = "Show.\n\nArgs:\n    example:\n        What to show.\n    Notes:\n        Beside it."
    assert parse(text).parameters == {"example": "What to show.", "Notes": "Beside it."}


def test_tabs_and_spaces_may_be_mixed() -> None:
    text = "Show.\n\n\tArgs:\n\t    first: One\n\t\tmore.\n            second: Two.\n"
    assert parse(text).parameters == {"first": "One more.", "second": "Two."}


def test_a_whole_docstring_may_stand_further_in_than_one_of_its_lines() -> None:
    text = "Show.\nstray\n    Args:\n        first: One.\n    Returns:\n        Nothing."
    assert parse(text) == Docstring("Show. stray", {"first": "One."})


def test_entries_may_step_back() -> None:
    text = "Show.\n\nArgs:\n      first: One.\n    second: Two.\n        third: of two."
    assert parse(text).parameters == {"first": "One.", "second": "Two. third: of two."}


def test_lines_before_the_first_entry_describe_nothing() -> None:
    text = "Show.\n\nArgs:\n    These are taken.\n    first: One."
    assert parse(text).parameters == {"first": "One."}


def test_a_sphinx_description_may_go_on_without_indentation_until_a_blank_line() -> None:
    text = "Show.\n\n:param first: One\nmore.\n\nNot this."
    assert parse(text) == Docstring("Show.", {"first": "One more."})


def test_a_sphinx_field_without_a_name_describes_nothing() -> None:
    assert parse("Show.\n\n:param: One\n:param a-b: Or\n@param first: Two") == Docstring(
        "Show.", {"first": "Two"}
    )


def test_an_unknown_underlined_heading_ends_the_parameters() -> None:
    text = "Show.\n\nParameters\n----------\nfirst\n    One.\n\nCustom\n------\nsecond\n    Two."
    assert parse(text).parameters == {"first": "One."}


def test_a_colon_in_a_numpy_description_opens_no_section() -> None:
    text = "Show.\n\nParameters\n----------\nfirst\n    Example:\n    Returns: it\nsecond\n    Two."
    assert parse(text).parameters == {"first": "Example: Returns: it", "second": "Two."}


def test_attributes_of_a_class_are_parameters() -> None:
    assert parse("An order.\n\nAttributes:\n    size: How big.").parameters == {"size": "How big."}


@pytest.mark.parametrize(
    "text",
    [
        "Args:\n    x" + " " * 200_000 + "y",
        "Args:\n    x (" + ") " * 100_000,
        "Args:\n    " + "x, " * 100_000,
        ":param " + " " * 200_000,
        ":param " + "x " * 100_000,
        "Args:\n" + "    x: y\n" * 50_000,
        "\n" * 200_000 + "x",
        "\n " * 100_000 + "\nx",
        "Parameters\n" + "-" * 200_000 + "x",
        ":param x: y\n" * 50_000,
        "    " * 100_000 + ":",
    ],
)
def test_long_hostile_text_is_read_in_linear_time(text: str) -> None:
    assert isinstance(parse(text), Docstring)  # quadratic reading would meet the test timeout


@given(st.text(alphabet=st.sampled_from(":@-=\n\t ()*,.ArgsParameters\x0c\r\u2003x_")))
def test_any_text_is_read_and_names_are_words(text: str) -> None:
    doc = parse(text)
    assert all(re.fullmatch(r"\w+", name) for name in doc.parameters)
    assert doc.summary == doc.summary.strip()


word = st.text(alphabet="abcxyz", min_size=1, max_size=8)
words = st.lists(word, min_size=1, max_size=12)
entries = st.dictionaries(word, words, max_size=6)


@given(words, entries)
def test_google_docstrings_are_read_back(summary: list[str], told: dict[str, list[str]]) -> None:
    below = "".join(
        f"\n        {name} (str): " + "\n            ".join(text) for name, text in told.items()
    )
    doc = parse(" ".join(summary) + "\n\n    Args:" + below + "\n\n    Returns:\n        Text.\n")
    assert doc == Docstring(
        " ".join(summary), {name: " ".join(text) for name, text in told.items()}
    )
