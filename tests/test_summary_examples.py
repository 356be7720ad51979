"""The example of docs/summaries.md archives calls, and what the page shows stands in it."""

import re
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.testing import AgentClient, SimulatedCall
from tests.outboxes import Clock

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "archived_calls.py"
PAGE = (ROOT / "docs" / "summaries.md").read_text("utf-8")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHIVE", str(tmp_path / "archive.db"))
    return tmp_path / "archive.db"


def rows(archive: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(archive)) as found:
        return found.execute("SELECT * FROM calls").fetchall()


def made(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as opened, opened:
        opened.execute("CREATE TABLE calls (call_id, summary, turns, tools, seconds, wait)")


async def test_a_call_is_archived_once_also_when_the_archive_was_away(archive: Path) -> None:
    example = runpy.run_path(str(EXAMPLE), run_name="archived_calls")
    agent: AgentBase = example["agent"]
    agent.clock = clock = Clock()
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    call = SimulatedCall(client, "/tea", call_id="c-1")
    await call.start()
    await call.tool("add_tea", tea="Assam")
    answer = await call.hang_up(summary={"teas": 1, "mood": "glad"})
    assert answer is not None
    assert answer.json()["success"] is False  # the archive has no table yet
    await anyio.to_thread.run_sync(made, archive)
    clock.now += 10
    assert await agent.retry_summaries() == 1
    ((call_id, summary, _, tools, _, wait),) = await anyio.to_thread.run_sync(rows, archive)
    assert (call_id, summary) == ("c-1", "{'teas': 1, 'mood': 'glad'}")
    assert (tools, wait) == ("add_tea", None)


async def test_a_webhook_that_failed_is_told_in_the_log(
    archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    example = runpy.run_path(str(EXAMPLE), run_name="archived_calls")
    agent: AgentBase = example["agent"]
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    document = (await client.get("/tea")).json()
    url = document["sections"]["main"][1]["ai"]["params"]["debug_webhook_url"]
    caplog.clear()  # where the agent's secrets are kept
    events: list[dict[str, Any]] = [{"webhook_fail": {"http_code": 502}}, {"barge": {}}]
    for event in events:
        answer = await client.post(url, json={"call_info": {"call_id": "c-1"}, **event})
        assert answer.json() == {"status": "ok"}
    assert [each.getMessage() for each in caplog.records] == [
        "webhook_fail call_id=c-1 agent=tea-desk code=502.0"
    ]


def test_python_on_the_page_is_a_run_of_lines_of_the_example() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert all(f"\n{block}" in EXAMPLE.read_text("utf-8") for block in blocks)
