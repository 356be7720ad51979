"""The example of docs/recording.md: its calls are journalled, replayed, and made into tests."""

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from agentkit import _json
from agentkit.cli import commands
from agentkit.loopback import Call
from agentkit.recorder import Recorder

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "recorded_agent.py"


def reply(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(
        200, json={"euros": {"Assam": 7, "Sencha": 9}[request.url.params["name"]]}
    )


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(httpx2, "AsyncHTTPTransport", lambda: httpx2.MockTransport(reply))
    module = runpy.run_path(str(EXAMPLE), run_name="recorded_agent")
    recorder: Recorder = module["app"]
    yield recorder
    recorder.close()
    sys.modules.pop("recorded_agent", None)


def called(app: Recorder) -> Path:
    """Play a call and return its journal."""
    agent: Any = app.app
    auth = agent.get_basic_auth_credentials()
    call = Call(app, url="/prices", auth=auth)
    call.start()
    call.say("What is Assam?").uses("price", tea="Assam", customer_card="4111-2222")
    call.say("And Sencha?").uses("price", tea="Sencha")
    call.expect_tool("price").with_args(tea="Sencha").answered("Sencha costs 9 euros.")
    call.finish()
    call.close()
    app.flush()
    [journal] = Path("calls").iterdir()
    return journal


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["replay", *map(str, arguments)])


def test_a_call_is_journalled_without_what_is_secret(app: Recorder) -> None:
    text = called(app).read_text("utf-8")
    lines = [_json.decode(line) for line in text.splitlines()]
    assert "4111-" not in text
    assert [line["kind"] for line in lines] == [
        "call", "webhook", "answer", "webhook", "http", "answer", "webhook", "http", "answer",
    ]  # fmt: skip
    asked, answered = lines[4]["body"]["request"], lines[4]["body"]["reply"]
    assert asked["url"] == "https://shop.example/teas?name=Assam&card=***"
    assert answered["body"] == {"euros": 7}


def test_the_call_is_replayed_without_the_shop(
    app: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = called(app)
    monkeypatch.setattr(httpx2, "AsyncHTTPTransport", object)  # nobody answers at shop.example
    assert_nothing_changed(run(journal.resolve(), EXAMPLE, "--mock-http"))


def assert_nothing_changed(done: Result) -> None:
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 answered as before, 0 otherwise" in done.stdout


def test_what_has_changed_is_told_as_the_page_shows_it(app: Recorder, tmp_path: Path) -> None:
    journal = called(app)
    source = EXAMPLE.read_text("utf-8")
    today = source.replace("what our teas cost", "how our teas taste").replace("euros.", "Euro.")
    (tmp_path / "recorded_agent.py").write_text(today, "utf-8")
    assert_as_on_the_page(run(journal, "recorded_agent.py", "--mock-http"))


def assert_as_on_the_page(done: Result) -> None:
    assert done.exit_code == 1
    page = (ROOT / "docs" / "recording.md").read_text("utf-8")
    call_id = done.stdout.rpartition("call ")[2].partition(":")[0]
    assert done.stdout.replace(call_id, "c-1") in page


def test_the_example_runs_its_recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    served: list[Recorder] = []
    monkeypatch.setattr(Recorder, "run", lambda app: served.append(app))  # noqa: PLW0108 - binds
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert len(served) == 1
