"""Text that is not the author's opens no expression of the platform."""

import datetime
import enum
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.escape import Template, escape, escape_all

LIVE = re.compile(r"[$%@]\{")
TRICKY = st.text(alphabet="$%@{} \\a\n", max_size=10)
DATA = st.recursive(
    TRICKY | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("${global_data.pin}", "$ {global_data.pin}"),
        ("%{x} and @{y}", "% {x} and @ {y}"),
        ("$${x}", "$$ {x}"),
        ("${${x}}", "$ {$ {x}}"),
        ("\\${x}", "\\$ {x}"),
        ("$\n{x}", "$\n{x}"),
        ("5 $, 5 %, a@b {x}", "5 $, 5 %, a@b {x}"),
        ("", ""),
        (5, "5"),
        (None, "None"),
        (["${x}"], "['$ {x}']"),
    ],
)
def test_a_space_stands_between_the_sign_and_the_brace(said: object, written: str) -> None:
    assert escape(said) == written


@given(TRICKY)
def test_escaped_text_opens_nothing_and_stays_as_it_is(text: str) -> None:
    escaped = escape(text)
    assert not LIVE.search(escaped)
    assert escape(escaped) == escaped
    assert LIVE.sub(lambda found: f"{found[0][0]} {{", text) == escaped


@given(DATA)
def test_no_string_in_data_opens_anything(data: Any) -> None:
    assert not LIVE.search(repr(escape_all(data)))


def test_data_keeps_its_shape() -> None:
    data = {"a${b": ["${c}", 1, None, True, 1.5], "d": ("@{e}",)}
    assert escape_all(data) == {"a$ {b": ["$ {c}", 1, None, True, 1.5], "d": ["@ {e}"]}
    assert data == {"a${b": ["${c}", 1, None, True, 1.5], "d": ("@{e}",)}


class Colour(enum.Enum):
    RED = "${red}"


class Order(msgspec.Struct):
    tea: str
    day: datetime.date


def test_what_becomes_text_only_in_json_is_escaped_too() -> None:
    order = Order("${x}", datetime.date(2026, 7, 1))
    assert escape_all([order, {"%{y}"}, frozenset(), Colour.RED]) == [
        {"tea": "$ {x}", "day": "2026-07-01"},
        ["% {y}"],
        [],
        "$ {red}",
    ]


def test_a_template_keeps_its_expressions() -> None:
    template = Template("Hello ${caller_id_name}")
    assert escape_all(template) is template
    assert escape_all({"say": [template, "${x}"]}) == {"say": [template, "$ {x}"]}
    assert escape(template) == "Hello $ {caller_id_name}"
    assert template == "Hello ${caller_id_name}"


def test_text_made_from_a_template_is_a_template_no_more() -> None:
    assert escape_all(Template("${a}") + "${b}") == "$ {a}$ {b}"
