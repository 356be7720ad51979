"""Every method of the vendor's classes is there, with its parameters by name."""

import re
from pathlib import Path

import pytest

from tests.differential import differences, vendor
from tests.differential.surface import ANY, surface

OURS = surface()
THEIRS: dict[str, str] = vendor.recorded()["surface"]
AGENTS = "".join(file.read_text("utf-8") for file in (vendor.HERE / "agents").glob("*.py"))
SETTER = re.compile(r"(?:set|add|prompt|define|enable|register|clear|remove|update|move|reset)_\w+")
NO_DOCUMENT = {
    "enable_mcp_server", "enable_sip_routing", "register_sip_username",
}  # fmt: skip
"""Setters that change where the agent answers, not what its document says."""


def test_many_methods_are_compared() -> None:
    assert len(THEIRS) > 300


@pytest.mark.parametrize("method", sorted(THEIRS))
def test_a_method_is_there_with_its_parameters_or_the_list_says_why_not(method: str) -> None:
    if method.partition(".")[2] in differences.METHODS:
        return
    ours = OURS[method].split()
    missing = {name for name in THEIRS[method].split() if name not in {ANY, "args", "kwargs"}}
    assert ANY in ours or missing <= {*ours}


def test_the_list_names_only_methods_of_the_vendor() -> None:
    names = {method.partition(".")[2] for method in THEIRS}
    assert differences.METHODS.keys() <= names


@pytest.mark.parametrize(
    "name",
    sorted({
        method.partition(".")[2] for method in THEIRS
        if method.startswith(("AgentBase.", "Context.", "Step.", "ContextBuilder.", "DataMap."))
    }),
)  # fmt: skip
def test_every_setter_is_used_by_an_agent_of_the_corpus(name: str) -> None:
    if SETTER.fullmatch(name) and name not in differences.METHODS:
        assert f".{name}(" in AGENTS or name in NO_DOCUMENT


def test_the_page_names_what_is_not_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "differences.md").read_text("utf-8")
    assert [name for name in differences.METHODS if f"`{name}`" not in page] == []
