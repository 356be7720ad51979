"""Links between the pages lead somewhere, and what they say of documents is so."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from agentkit import SWML

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))


def links(page: Path) -> list[str]:
    return re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_page_and_stays_short() -> None:
    assert {f"docs/{page.name}" for page in PAGES} - {*links(README)} == set()
    assert len(README.read_text("utf-8").splitlines()) <= 155


NAMED = re.compile(r"`((?:agentkit|benchmarks|docs|examples|tests)/[\w/.-]+)`")


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = NAMED.findall(page.read_text("utf-8"))
    assert [file for file in named if not (ROOT / file).exists()] == []


def test_the_documents_of_the_example_are_what_the_schema_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runpy.run_path(str(ROOT / "examples" / "swml_documents.py"), run_name="__main__")
    menu, hunt, later, thanks, fault = capsys.readouterr().out.splitlines()
    assert SWML.parse(menu, strict=True).to_dict()["sections"]["main"][-1] == {"hangup": {}}
    assert [verb.verb for verb in SWML.parse(hunt, strict=True)] == ["connect"]
    assert '"verb_of_next_year":{"key":1}' in later
    assert '{"reply":"Thank you. We call you back."}' in thanks
    assert fault == "sections.main[0].goto.max: expected `int` <= 100"


def test_the_page_shows_the_message_that_strict_reading_gives() -> None:
    found = faults(b'{"sections": {"main": [{"goto": {"label": "a", "max": 1000}}]}}')
    assert found in (ROOT / "docs" / "swml.md").read_text("utf-8")
    assert faults(SWML().hangup().to_json()) == "none"


def faults(document: bytes) -> Any:
    return runpy.run_path(str(ROOT / "examples" / "swml_documents.py"))["faults"](document)
