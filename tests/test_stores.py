"""Which store an agent keeps its state in, and whether it can be trusted with it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import agentkit.methods.serving
import agentkit.server
from agentkit import AgentBase, AgentServer, DefinitionError, MemoryState, StateManager
from agentkit.state.redis import RedisState
from agentkit.state.sqlite import SQLiteState

AUTH = ("user", "pass")


class Booking(msgspec.Struct):
    seats: int = 0


def make(**options: Any) -> AgentBase:
    return AgentBase("a", basic_auth=AUTH, **options)


def durable(agent: AgentBase) -> bool:
    return agent.states.capabilities.durable


def test_an_agent_that_asks_for_nothing_keeps_state_in_memory() -> None:
    agent = make()
    assert (durable(agent), agent.needs_state) == (False, False)


def test_migrations_alone_ask_for_no_store() -> None:
    agent = make(state_migrations=[lambda old: old])
    assert (durable(agent), agent.needs_state) == (False, False)


@pytest.mark.parametrize("store", [42, object(), MemoryState, {"a": 1}, ["memory:"]])
def test_what_is_no_store_is_refused(store: Any) -> None:
    with pytest.raises(DefinitionError, match="state_manager= takes a manager, a backend or a URL"):
        make(state_manager=store)


def test_an_agent_that_tracks_calls_keeps_state_in_a_file_of_this_host(private_home: Path) -> None:
    agent = make(enable_state_tracking=True)
    agent.set_state("c-1", {"a": 1})
    assert (durable(agent), agent.needs_state) == (True, True)
    assert (private_home / "state.sqlite3").is_file()
    assert make(enable_state_tracking=True).get_state("c-1") == {"a": 1}


def test_a_store_is_a_url_a_backend_or_a_manager(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    url = f"sqlite:///{path}"
    stores: list[Any] = [url, SQLiteState(path), StateManager(SQLiteState(path))]
    for store in stores:
        assert durable(make(state_manager=store))
    assert durable(make(state=url))


def test_the_environment_chooses_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTKIT_STATE", f"file:{tmp_path}/state")
    assert durable(make())
    assert not durable(make(state_manager=MemoryState()))


def test_a_store_of_the_environment_that_is_none_is_refused_by_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGENTKIT_STATE", "calls.db")
    with pytest.raises(DefinitionError, match=r"^AGENTKIT_STATE: state 'calls\.db' is no URL"):
        AgentBase("desk", basic_auth=("user", "password"))


def test_a_state_is_typed_by_a_struct_and_nothing_else() -> None:
    assert make(state=Booking).state_kind is Booking
    assert make(state="memory:").state_kind is None
    with pytest.raises(DefinitionError, match="takes a msgspec Struct or a URL"):
        make(state=dict)
    with pytest.raises(DefinitionError, match="is no URL of a store"):
        make(state="calls.db")


def test_hosts_that_share_state_must_share_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RedisState("redis://127.0.0.1:1")
    with pytest.raises(DefinitionError, match="set AGENTKIT_SECRET"):
        make(state_manager=store)
    assert make(state_manager=store, secret="x" * 32).needs_state
    monkeypatch.setenv("AGENTKIT_SECRET", "y" * 32)
    assert make(state_manager=store).needs_state


def test_several_workers_refuse_state_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[object] = []
    for module in (agentkit.methods.serving, agentkit.server):
        monkeypatch.setattr(module, "run_server", lambda app, _: served.append(app))
    forgetful = make(state_manager=MemoryState())
    with pytest.raises(DefinitionError, match="in memory, which 2 workers do not share"):
        forgetful.run(workers=2)
    with pytest.raises(DefinitionError, match="in memory, which 3 workers do not share"):
        AgentServer().register(forgetful).run(workers=3)
    forgetful.run()
    make().run(workers=2)
    make(enable_state_tracking=True).run(workers=2)
    assert len(served) == 3
