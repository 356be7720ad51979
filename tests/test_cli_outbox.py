"""`agentkit state dead` and `retry` on a real file."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from click.testing import CliRunner, Result

from agentkit.cli import commands
from agentkit.outbox import MOST_ATTEMPTS, SCOPE
from agentkit.state import outbox as letters
from agentkit.state.manager import StateManager
from agentkit.state.opening import open_url
from agentkit.state.outbox import DEAD, OUTBOX
from tests.outboxes import Desk, Platform, body_of

APP = """
from agentkit import AgentBase

class Desk(AgentBase):
    def on_summary(self, summary, raw_data=None):
        if summary == "c-1/s-1":
            raise RuntimeError("still away")
        with open({heard!r}, "a", encoding="utf-8") as file:
            file.write(summary)

agent = Desk("Desk", "/desk", state={url!r}, basic_auth=("u", "p"))
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["state", *arguments])


async def failed(url: str, calls: int, attempts: int) -> None:
    """Fail on the summaries of some calls, as often as it is said."""
    desk = Desk(state_manager=url)
    desk.broken = True
    for number in range(calls):
        await Platform(desk).post(body_of(f"c-{number}", secret="a canary"))
    for _ in range(attempts - 1):
        desk.time.now += 10_000
        await desk.retry_summaries()
    await desk.states.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/calls.db"
    anyio.run(failed, made, 2, MOST_ATTEMPTS)
    return made


def ids(url: str, scope: str) -> list[str]:
    listed = run("list", "--state", url, "--scope", scope).output
    return [line.split()[0] for line in listed.splitlines()]


def test_dead_letters_are_listed_without_values(url: str) -> None:
    listed = run("dead", "--state", url).output
    assert [line.split()[0] for line in listed.splitlines()] == ids(url, DEAD)
    for line in listed.splitlines():
        assert f"Desk /desk  call c-{int('call c-1' in line)}  dead, 10 attempts  E-" in line
        assert "received 2027-01-15T08:00:00+00:00" in line
    assert "canary" not in listed


def test_letters_that_are_tried_again_are_listed_on_request(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    anyio.run(failed, url, 1, 2)
    assert run("dead", "--state", url).output == ""
    assert "pending, 2 attempts" in run("dead", "--state", url, "--pending").output
    StateManager(open_url(url)).scoped(SCOPE).delete_state(ids(url, OUTBOX)[0])
    listed = run("dead", "--state", url, "--pending").output
    assert "Desk /desk  call c-0  " in listed
    assert "attempts" not in listed


def test_show_prints_the_values_of_a_letter_only_on_request(url: str) -> None:
    name = ids(url, DEAD)[0]
    shown = run("show", name, "--state", url, "--scope", DEAD).output
    assert '"secret": "str"' in shown
    assert '"agent": "Desk"' in shown
    assert "a canary" in run("show", name, "--state", url, "--scope", DEAD, "--values").output
    missing = run("show", "nobody", "--state", url, "--scope", OUTBOX)
    assert (missing.exit_code, missing.output) == (1, "Error: there is no letter 'nobody'\n")


def test_delete_drops_a_dead_letter(url: str) -> None:
    name = ids(url, DEAD)[0]
    assert run("delete", name, "--state", url, "--scope", DEAD).output == "deleted\n"
    assert name not in run("dead", "--state", url).output


def test_retry_makes_letters_due(url: str) -> None:
    first, second = ids(url, DEAD)
    assert run("retry", first, "--state", url).output == "1 due now\n"
    assert (ids(url, OUTBOX), ids(url, DEAD)) == ([first], [second])
    assert run("retry", first, "--state", url).output == "1 due now\n"
    assert run("retry", "--all", "--state", url).output == "1 due now\n"
    assert (sorted(ids(url, OUTBOX)), ids(url, DEAD)) == (sorted([first, second]), [])
    missing = run("retry", "nobody", "--state", url)
    assert (missing.exit_code, missing.output) == (1, "Error: there is no letter 'nobody'\n")
    assert run("retry", "--state", url).exit_code == 2


async def handed_over(url: str) -> list[Any]:
    desk = Desk(state_manager=url)
    await desk.retry_summaries()
    await desk.states.close()
    return desk.heard


def test_what_was_made_due_is_tried_and_then_no_letter_is_left(url: str) -> None:
    run("retry", "--all", "--state", url)
    assert sorted(anyio.run(handed_over, url)) == ["c-0/s-1", "c-1/s-1"]
    assert ids(url, OUTBOX) == ids(url, DEAD) == []
    assert all("done" in run("show", name, "--state", url, "--scope", SCOPE, "--values").output
               for name in ids(url, SCOPE))  # fmt: skip


def test_retry_hands_over_by_itself_where_no_process_serves(url: str, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    app = tmp_path / "desk_of_retry.py"
    app.write_text(APP.format(heard=str(heard), url=url), "utf-8")
    tried = run("retry", "--all", "--state", url, "--app", f"{app}:agent")
    assert tried.output == "2 due now\n2 tried\n"
    assert heard.read_text("utf-8") == "c-0/s-1"
    assert len(ids(url, OUTBOX)) == 1
    assert run("retry", "--app", f"{app}:agent").output == "0 tried\n"


@pytest.mark.parametrize("worker", ["another.1.0"])
def test_a_letter_that_is_being_tried_is_left_alone(url: str, worker: str) -> None:
    states = StateManager(open_url(url))
    name = ids(url, DEAD)[0]
    started = {"stage": "started", "worker": worker, "until": 4e9}
    states.scoped(SCOPE).set_state(name, started)
    refused = run("retry", name, "--state", url)
    assert refused.output == "Error: this summary is being tried at this moment\n"
    states.scoped(SCOPE).set_state(name, {**started, "until": 1.0})
    assert run("retry", name, "--state", url).output == "1 due now\n"


def test_a_letter_that_goes_while_they_are_listed_is_left_out(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "read", lambda scope, letter_id: nothing())
    assert run("dead", "--state", url).output == ""


def nothing() -> Any:
    return (yield from ())
