"""What an agent and its copies have in common is made once, by whoever needs it first."""

import threading
from collections.abc import Callable

import pytest

from agentkit import AgentBase, StateManager
from agentkit.shared import Shared
from agentkit.slots import Limits
from tests.deadlines import LONG

AUTH = ("user", "a password")
READERS: dict[str, Callable[[Shared], object]] = {
    "store": lambda shared: shared.states,
    "traffic": lambda shared: shared.traffic,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_threads_that_ask_at_once_get_the_same(read: Callable[[Shared], object]) -> None:
    shared, together, got = Shared(None, None, float), threading.Barrier(8), list[object]()

    def ask() -> None:
        together.wait(LONG)
        got.append(read(shared))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(got) == 8
    assert {id(each) for each in got} == {id(read(shared))}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_an_agent_has_what_its_copy_was_asked_for_first(read: Callable[[Shared], object]) -> None:
    agent = AgentBase("shop", basic_auth=AUTH, secret="s" * 32)
    copied = agent.fork()
    assert read(copied.shared) is read(agent.shared)
    assert copied.states is agent.states
    assert copied.traffic is agent.traffic


def test_an_agent_is_idle_until_its_store_is_needed() -> None:
    agent = AgentBase("shop", basic_auth=AUTH, secret="s" * 32)
    assert agent.shared.is_idle
    assert isinstance(agent.states, StateManager)
    assert not agent.shared.is_idle


@pytest.mark.parametrize(
    "settings",
    [{"state_manager": "memory:"}, {"state": "memory:"}, {"enable_state_tracking": True}],
    ids=["manager", "state", "tracked"],
)
def test_a_store_that_is_asked_for_is_made_at_once(
    settings: dict[str, object], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    made: Callable[..., AgentBase] = AgentBase
    assert not made("shop", basic_auth=AUTH, secret="s" * 32, **settings).shared.is_idle


def test_a_store_of_the_environment_is_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTKIT_STATE", "memory:")
    assert not AgentBase("shop", basic_auth=AUTH, secret="s" * 32).shared.is_idle


def test_limits_hold_for_the_traffic() -> None:
    agent = AgentBase("shop", basic_auth=AUTH, secret="s" * 32, limits=Limits(calls=3))
    assert agent.traffic.limits.calls == 3
