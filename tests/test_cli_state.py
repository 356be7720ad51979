"""`agentkit state …` on a real file."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agentkit.cli import commands
from agentkit.state.manager import StateManager
from agentkit.state.opening import open_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/calls.db"
    states = StateManager(open_url(made))
    states.set_state("c-1", {"name": "Alex", "seats": 2})
    states.set_state("c-2", {})
    states.end_call("c-2", 60)
    states.scoped("caller").set_state("+12025550123", {"visits": 1})
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["state", *arguments])


def test_list_shows_ids_and_no_values(url: str) -> None:
    listed = run("list", "--state", url)
    assert listed.exit_code == 0
    assert {line.split()[0] for line in listed.output.splitlines()} == {"c-1", "c-2"}
    assert "Alex" not in listed.output
    assert [line.endswith("ended") for line in sorted(listed.output.splitlines())] == [False, True]
    assert run("list", "--state", url, "--limit", "1").output.count("\n") == 1
    assert run("list", "--state", url, "--scope", "caller").output.startswith("+12025550123")


def test_show_prints_values_only_on_request(url: str) -> None:
    assert '"name": "str"' in run("show", "c-1", "--state", url).output
    assert '"name": "Alex"' in run("show", "c-1", "--state", url, "--values").output


def test_delete_and_purge_say_what_they_did(url: str) -> None:
    assert run("delete", "c-1", "--state", url).output == "deleted\n"
    assert run("delete", "c-1", "--state", url).exit_code == 1
    assert run("purge", "--state", url).output.endswith("collected\n")


def test_health_says_what_the_store_promises(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("health", "--state", url).output == "healthy; durable, shared between processes\n"
    monkeypatch.setenv("AGENTKIT_STATE", "memory:")
    assert run("health").output == "healthy; nothing outlives this process\n"
    monkeypatch.delenv("AGENTKIT_STATE")
    assert run("health").output.startswith("healthy; durable")


def test_what_is_wrong_is_one_line(url: str) -> None:
    assert run("show", "nobody", "--state", url).output == "Error: there is no state of 'nobody'\n"
    assert "is no URL of a store" in run("list", "--state", "nowhere").output


def test_a_mistyped_path_is_no_empty_store(tmp_path: Path) -> None:
    typo = tmp_path / "typo"
    for url in (f"sqlite:///{typo}", f"file:{typo}"):
        assert run("list", "--state", url).output == f"Error: there is no store at {typo}\n"
    assert not typo.exists()
