"""A store from a URL."""

from pathlib import Path

import pytest

from agentkit.errors import DefinitionError
from agentkit.state.file import FileState
from agentkit.state.file_manager import FileStateManager
from agentkit.state.manager import StateManager
from agentkit.state.memory import MemoryState
from agentkit.state.opening import default_url, open_url
from agentkit.state.postgres import PostgresState
from agentkit.state.redis import RedisState
from agentkit.state.sqlite import SQLiteState


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory:", MemoryState),
        ("file:./state", FileState),
        ("file:///tmp/state", FileState),
        ("sqlite:///calls.db", SQLiteState),
        ("sqlite:calls.db", SQLiteState),
        ("redis://localhost:6379/0", RedisState),
        ("rediss://localhost", RedisState),
        ("valkey://localhost", RedisState),
        ("postgresql://localhost/agents", PostgresState),
        ("postgres://localhost/agents", PostgresState),
    ],
)
def test_a_url_names_a_store(url: str, kind: type) -> None:
    assert isinstance(open_url(url), kind)


@pytest.mark.parametrize(
    "url",
    ["", "calls.db", "mysql://u:secret@h/db", "memory:x", "://", "http://[::1", "x://u:secret@["],
)
def test_another_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(DefinitionError, match="is no URL of a store") as refused:
        open_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:", "file:", "file://", "sqlite://host/x"])
def test_a_local_store_needs_a_path(url: str) -> None:
    with pytest.raises(DefinitionError, match="names no path"):
        open_url(url)


def test_three_slashes_are_relative_and_four_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///a%20b.db", f"sqlite:///{tmp_path}/c.db", "file:d"):
        states = StateManager(open_url(url))
        states.set_state("c-1", {"url": url})
        assert states.get_state("c-1") == {"url": url}
    assert {"a b.db", "c.db", "d"} <= {found.name for found in tmp_path.iterdir()}


def test_this_host_has_a_store_of_its_own(private_home: Path) -> None:
    states = StateManager(open_url(default_url()))
    states.set_state("c-1", {"a": 1})
    assert (private_home / "state.sqlite3").is_file()


def test_the_managers_have_the_names_of_the_early_sdk(tmp_path: Path, private_home: Path) -> None:
    manager = FileStateManager(tmp_path / "state", expiry_days=0.5)
    assert not manager.exists("c-1")
    assert manager.store("c-1", {"a": {"b": 1}})
    assert manager.update("c-1", {"a": {"c": 2}})
    assert manager.retrieve("c-1") == {"a": {"b": 1, "c": 2}}
    assert manager.exists("c-1")
    assert [entry.key for entry in manager.scan()] == ["call:c-1"]
    assert manager.cleanup_expired() == 0
    manager.ping()
    assert manager.delete("c-1")
    assert manager.retrieve("c-1") is None
    FileStateManager().store("c-2", {})
    assert (private_home / "state").is_dir()
