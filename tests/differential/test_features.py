"""Every feature of the vendor's SDK is used by an agent of the comparison, or a reason is told."""

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.differential import child, result_cases
from tests.differential.features import ABSENT, LONGEST, RESULTS, ROWS

ROOT = Path(__file__).parents[2]
SURFACE = ROOT.parent / "shared" / "vendor-sdk.md"
PAGE = (ROOT / "docs" / "differences.md").read_text("utf-8")
CASES = {f"{group}.{name}" for group in child.GROUPS for name in child.cases(group)}
ALL = [
    pytest.param(row, told, id=f"{section} {row}")
    for section, rows in ROWS.items()
    for row, told in rows.items()
]


LISTED = {section: [*rows] for section, rows in ROWS.items()}
BESIDE = pytest.mark.skipif(not SURFACE.exists(), reason="../shared/vendor-sdk.md is not here")
OWN = """# Surface

### 1.1 Options

Told first.

| Option | Effect |
|---|---|
| `name` | a \\| b |
| `one \\| other` | c |

### 1.2 Told in words

### 1.18 Too late

| Option | Effect |
|---|---|
| `late` | d |
"""


@pytest.mark.parametrize(
    ("read", "rows"),
    [
        pytest.param(
            lambda: OWN,
            {"1.1": ["`name`", "`one \\| other`"], "1.2": ["Told in words"]},
            id="own",
        ),
        pytest.param(lambda: SURFACE.read_text("utf-8"), LISTED, id="real", marks=BESIDE),
    ],
)
def test_every_row_of_the_tables_is_in_the_list_and_no_other(
    read: Callable[[], str], rows: dict[str, list[str]]
) -> None:
    assert tables(read()) == rows


def tables(text: str) -> dict[str, list[str]]:
    """Return the rows by section, up to 1.17; a section without a table is one row."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        number, _, title = part.partition("\n")[0].partition(" ")
        if re.fullmatch(r"1\.(\d|1[0-7])", number):
            lines = [line for line in part.splitlines() if line.startswith("|")]
            rows = [re.split(r"(?<!\\)\|", line)[1].strip()[:LONGEST] for line in lines[2:]]
            found[number] = rows or [title]
    return found


@pytest.mark.parametrize(("row", "told"), ALL)
def test_what_a_row_names_is_there(row: str, told: str) -> None:
    if told == RESULTS:
        assert methods(row) <= {*result_cases.ARGUMENTS, *STATIC}
    elif not told.startswith(ABSENT):
        named = set(told.split())
        tests = {name for name in named if name.startswith("tests/")}
        assert named - tests <= CASES
        assert [name for name in tests if not (ROOT / name).is_file()] == []


STATIC = {method for method, *_ in result_cases.STATIC.values()}


def methods(row: str) -> set[str]:
    """Return the methods that a row of results names."""
    shared = "create_payment_"
    if shared in row:
        return {f"{shared}{part}" for part in ("prompt", "action", "parameter")}
    return set(re.findall(r"(?:^|/ )`(\w+)\(", row))


@pytest.mark.parametrize(("row", "told"), [case for case in ALL if ABSENT in str(case.values[1])])
def test_the_page_tells_what_agentkit_does_not_have(row: str, told: str) -> None:
    name = re.findall(r"\w+", row)[0]
    assert name in PAGE
    assert len(told) > len(ABSENT)


NAMED = [case for case in ALL if "`" in str(case.values[0]) and "." in str(case.values[1])]


@pytest.mark.parametrize(("row", "told"), NAMED)
def test_the_agents_of_a_row_use_what_it_names(row: str, told: str) -> None:
    groups = {name.partition(".")[0] for name in told.split() if name in CASES}
    sources = [
        inspect.getsource(importlib.import_module(f"tests.differential.agents.{group}"))
        for group in groups
    ]
    wanted = [word for word in re.findall(r"[A-Za-z_]{4,}", row) if "`" in row]
    assert not sources or any(word in "".join(sources) for word in wanted)
