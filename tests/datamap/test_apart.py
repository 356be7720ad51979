"""Data maps stand apart from agents: a simulated platform may answer them without knowing any."""

import subprocess
import sys

import pytest

from agentkit import datamap
from tests.deadlines import LONG
from tests.test_layering import SOURCES, own

MAY = {"_json", "checked", "errors", "place"}


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if name.startswith("datamap.")))
def test_data_maps_know_nothing_of_agents(name: str) -> None:
    used = own(SOURCES[name])
    assert {other for other in used if not other.startswith("datamap.")} <= MAY


@pytest.mark.parametrize("name", datamap.__all__)
def test_every_exported_name_is_there_and_documented(name: str) -> None:
    assert getattr(datamap, name).__doc__


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        datamap.nothing  # noqa: B018


SERVE = """
import sys
from agentkit import AgentBase

agent = AgentBase("a", basic_auth=("u", "p"), secret="a-secret-for-tests-only")
map = {"output": {"response": "x"}}
agent.register_swaig_function({"function": "f", "data_map": map}).compiled()
print(*(name for name in sys.modules if name.startswith("agentkit.datamap.")))
"""


def test_an_agent_that_serves_a_data_map_loads_only_what_checks_it() -> None:
    command = [sys.executable, "-c", SERVE]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=LONG, check=True)
    assert done.stdout.split() == ["agentkit.datamap.forms"]
