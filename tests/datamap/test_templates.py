"""Templates: paths, helpers, functions, nesting, and what is found of nothing."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.datamap import arithmetic
from agentkit.datamap.encoding import url_encoded
from agentkit.datamap.functions import Functions
from agentkit.datamap.templates import Expander

NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC
DATA: dict[str, Any] = {
    "args": {"city": "New York", "Zip": "10001", "n": 3, "code": "AB1", "none": None, "yes": True},
    "results": [{"title": "One"}, {"title": "Two", "tags": ["a", "b"]}],
    "grid": [[1, 2]],
    "temp": 72.5,
    "whole": 72.0,
    "phone": "2025550123",
    "meta": {"sales": "Desk 1"},
    "evil": "${args.city}",
    "empty": "",
}


def expand(text: str) -> tuple[str, list[str]]:
    expander = Expander(DATA, Functions(lambda: NOW))
    return expander.text(text), expander.unresolved


FOUND = {
    "nothing to do": ("plain $ { } text %", "plain $ { } text %"),
    "a path": ("In ${args.city}.", "In New York."),
    "the other sign": ("%{args.city}", "New York"),
    "two": ("${args.city}${args.n}", "New York3"),
    "another case": ("${ARGS.zip}", "10001"),
    "spaces": ("${ args.city }", "New York"),
    "an item": ("${results[0].title}", "One"),
    "from the end": ("${results[-1].title}", "Two"),
    "an item of an item": ("${results[1].tags[1]}", "b"),
    "a number": ("${args.n}", "3"),
    "a number with decimals": ("${temp}", "72.500000"),
    "a whole number": ("${whole}", "72"),
    "a truth": ("${args.yes}", "true"),
    "null": ("${args.none}", "null"),
    "an object": ("${meta}", '{"sales":"Desk 1"}'),
    "an empty text": ("[${empty}]", "[]"),
    "what was put in is not expanded": ("${evil}", "${args.city}"),
    "lower case": ("${lc:args.city}", "new york"),
    "encoded": ("${enc:args.city}", "New%20York"),
    "helpers in any order and case": ("${ENC:lc:args.city} ${lc:enc:args.city}", "new%20york " * 2),
    "a phone": ("${fmt_ph:phone}", "(202) 555-0123"),
    "no phone": ("${fmt_ph:args.city}", "INVALID NUMBER"),
    "a phone too short": ("${fmt_ph:args.zip}", "INVALID NUMBER"),
    "nested in a path": ("${meta.${lc:args.${none}}}", ""),
    "a path made of another": ("${meta.${lc:word}}", ""),
    "an open one": ("${args.city", "${args.city"),
    "an open one before": ("${ %{args.n}", "${ 3"),
    "closed twice": ("${args.n}}", "3}"),
    "json around": ('{"a": {"b": "${args.n}"}}', '{"a": {"b": "3"}}'),
    "time": ("@{strftime_tz UTC %Y-%m-%d %H:%M}", "2027-01-15 08:00"),
    "time elsewhere": ("@{strftime_tz America/Chicago %H:%M}", "02:00"),
    "a sum": ("@{expr (100 - 25) / 5}", "15"),
    "a sum with decimals": ("@{expr ${args.n} / 2}", "1.500000"),
    "an echo": ("@{echo ${args.city} now}", "New York now"),
    "spelled": ("@{separate ${args.code}}", "A B 1"),
    "a pause": ("a@{sleep 2}b", "ab"),
    "a function in a function": ("@{separate @{expr 6*7}}", "4 2"),
    "a phone by function": ("@{fmt_ph international ${phone}}", "+1 202-555-0123"),
    "a phone with separators": ("@{fmt_ph national:sep:- ${phone}}", "202-555-0123"),
    "a phone as a URI": ("@{fmt_ph RFC3966 ${phone}}", "tel:+1-202-555-0123"),
    "a phone in E.164": ("@{fmt_ph e164 ${phone}}", "+12025550123"),
    "a phone without a format": ("@{fmt_ph ${phone}}", "(202) 555-0123"),
    "a function in another case": ("@{ECHO x}", "x"),
}


@pytest.mark.parametrize(("template", "expected"), FOUND.values(), ids=FOUND)
def test_a_template_is_expanded(template: str, expected: str) -> None:
    assert expand(template)[0] == expected.strip()


LOST = {
    "no such field": ("${args.country}", "args.country"),
    "no such item": ("${results[2].title}", "results[2].title"),
    "too far from the end": ("${results[-3]}", "results[-3]"),
    "an item of no list": ("${args[0]}", "args[0]"),
    "a field of a text": ("${args.city.x}", "args.city.x"),
    "two indexes": ("${grid[0][1]}", "grid[0][1]"),
    "a broken index": ("${results[x]}", "results[x]"),
    "nothing": ("${}", ""),
    "the helper of some pages": ("${enc:url:args.city}", "url:args.city"),
    "no function": ("@{frob 1}", "@{frob 1}"),
    "no zone": ("@{strftime_tz Mars/Base %H}", "@{strftime_tz Mars/Base %H}"),
    "no sum": ("@{expr city}", "@{expr city}"),
    "a field named after a text": ("${lc:${args.code}}", "AB1"),
    "nested too deep": ("${a${b${c}}}", "b${c}"),
}


@pytest.mark.parametrize(("template", "lost"), LOST.values(), ids=LOST)
def test_what_is_not_found_is_empty_and_remembered(template: str, lost: str) -> None:
    text, unresolved = expand(f"<{template}>")
    assert text == "<>"
    assert unresolved[0] == lost


def test_templates_in_plain_data_are_expanded_but_for_keys() -> None:
    expander = Expander(DATA, Functions(lambda: NOW))
    data = {"${args.n}": ["${args.n}", {"x": "${args.n}"}, 5, None, True]}
    assert expander.all(data) == {"${args.n}": ["3", {"x": "3"}, 5, None, True]}
    assert not expander.holds_data
    expander.all(["${results}"])
    assert expander.holds_data


ENCODED = {
    "left as they are": ("aZ09/,$!'()*-._~", "aZ09/,$!'()*-._~"),
    "encoded": (
        ' #%&+:;<=>?@[\\]^{|}"`',
        "%20%23%25%26%2B%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%7B%7C%7D%22%60",
    ),
    "beyond ASCII": ("é\n", "%C3%A9%0A"),
    "an escape already": ("a%20b%2F%2g", "a%20b%2F%252g"),
    "a lone surrogate": ("\ud800", "%ED%A0%80"),
}


@pytest.mark.parametrize(("text", "expected"), ENCODED.values(), ids=ENCODED)
def test_text_is_encoded_as_the_platform_encodes_it(text: str, expected: str) -> None:
    assert url_encoded(text) == expected


SUMS = {
    "1+2": "3", "-3*-2": "6", "2*(3+4)*5": "70", "-(2+3)": "-5", "1--1": "2", "+1": "1",
    "10/4": "2.500000", " 7 ": "7", "((1))": "1", ".5+.5": "1", "2-3-4": "-5", "8/2/2": "2",
    "1/3": "0.333333", "9" * 400: "9" * 400,
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SUMS.items())
def test_a_sum_is_worked_out(text: str, expected: str) -> None:
    assert arithmetic.worked_out(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "1+", "(1", "1)", "1 2", "a", "1/0", "*1", "()", "1()", "(1)(2)", "1..2", "+", "2^3",
     "1e5", "(" * 500, "-" * 500, "1" * 1_025, f"{'9' * 400}/7"],
)  # fmt: skip
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        arithmetic.worked_out(text)


@given(st.text(alphabet=[*string.ascii_lowercase, *"${}@%.[]:0- "], max_size=80))
def test_no_text_breaks_the_expander(text: str) -> None:
    expanded, _ = expand(text)
    assert isinstance(expanded, str)
    if "{" not in text:
        assert expanded == text


LONG = {
    "open ones": "${" * 100_000,
    "deep ones": "@{echo " * 50_000 + "}" * 50_000,
    "many": "${a}" * 50_000,
    "closings": "}" * 200_000,
    "brackets": "{" * 200_000,
    "a path": "${" + "a." * 100_000 + "}",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_template_takes_time_in_proportion(text: str) -> None:
    expand(text)  # under the limit of every test; in squared time each would take minutes
