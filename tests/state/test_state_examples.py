"""What docs/state.md shows is played here."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from agentkit import AgentBase, StateManager
from agentkit.testing import AgentClient, SimulatedCall

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name=name)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> AgentBase:
    monkeypatch.setenv("AGENTKIT_STATE", "memory:")
    made: AgentBase = example("call_state")["agent"]
    return made


async def call_to(agent: AgentBase, call_id: str) -> SimulatedCall:
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    call = SimulatedCall(client, url="/table", call_id=call_id)
    await call.start()
    return call


async def test_a_booking_is_made_and_remembered_for_the_caller(agent: AgentBase) -> None:
    call = await call_to(agent, "c-1")
    assert (await call.tool("add_wish", wish="window")).response == "Noted, wish number 1."
    assert (await call.tool("add_wish", wish="window")).response == "Noted, wish number 2."
    told = await call.tool("set_seats", seats=4)
    assert told.response == "A table for 4."
    assert call.global_data["seats"] == 4
    assert (await call.tool("count")).response == "2 wishes."
    assert (await call.tool("confirm")).response == "Confirmed."
    state = agent.get_state("c-1")
    assert state == {"seats": 4, "wishes": {"window": 2}, "confirmed": True, "counted": 1}
    await call.hang_up()
    again = await call_to(agent, "c-2")
    assert again.global_data["seats"] == 4


async def test_what_was_stored_in_the_first_schema_is_migrated(agent: AgentBase) -> None:
    old = StateManager(agent.states._runner.backend)
    old.set_state("c-1", {"seats": 3, "wishes": ["cake", "cake", "quiet"]})
    call = await call_to(agent, "c-1")
    assert (await call.tool("add_wish", wish="cake")).response == "Noted, wish number 4."


@pytest.mark.parametrize("store", ["file", "memory"])
def test_a_script_uses_the_names_of_the_early_sdk(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = example("state_script")
    manager = {
        "file": lambda: script["FileStateManager"](tmp_path / "calls", expiry_days=1.0),
        "memory": lambda: script["StateManager"](script["open_url"]("memory:")),
    }[store]()
    script["play"](manager)
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "{'teas': 1, 'packs': {'Assam': 2, 'Sencha': 1}}",
        "True True False",
        "0 collected",
    ]
