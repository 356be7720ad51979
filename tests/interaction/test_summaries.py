"""Summaries that are sent again, that fail, and that are typed, on every host."""

from typing import Any

import pytest

from agentkit import AgentBase, Summary
from tests.interaction.hosts import AUTH, Host, Reached
from tests.interaction.test_calls import started
from tests.interaction.test_documents import ai_of

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk(AgentBase):
    """Hears summaries in plain code; the first ones may fail."""

    def __init__(self, failures: int = 0) -> None:
        self.time = Clock()
        super().__init__("Desk", "/desk", basic_auth=AUTH, clock=self.time)
        self.set_post_prompt("Sum up.")
        self.left = failures
        self.heard: list[Any] = []

    def on_summary(self, summary: Any, raw_data: JSON | None = None) -> None:
        self.left -= 1
        if self.left >= 0:
            raise RuntimeError("the archive is away")
        self.heard.append(summary)


async def posted(reached: Reached, body: JSON) -> JSON:
    """Post a body to where the document of call c-1 says; return the answer."""
    document = (await reached.client.post(reached.path, json={"call_id": "c-1"})).json()
    answer = await reached.client.post(ai_of(document)["post_prompt_url"], json=body)
    assert answer.status == 200
    told: JSON = answer.json()
    return told


BODY: JSON = {"call_id": "c-1", "ai_session_id": "s-1", "summary": {"teas": 2}}


@behaviour("summary.once")
async def test_a_summary_that_is_sent_again_is_told_once(host: Host) -> None:
    desk = Desk()
    async with host(desk) as reached:
        answers = [await posted(reached, BODY) for _ in range(4)]
    assert answers == [{"success": True}] * 4
    assert desk.heard == [{"teas": 2}]


@behaviour("summary.kept")
async def test_a_summary_that_fails_is_kept_and_told_later(host: Host) -> None:
    desk = Desk(failures=2)
    async with host(desk) as reached:
        first = await posted(reached, BODY)
        assert first == {"success": False, "error_id": first["error_id"]}
        assert await posted(reached, BODY) == first
        for _ in range(2):
            desk.time.now += 60
            assert await desk.retry_summaries() == 1
        assert await posted(reached, BODY) == {"success": True}
    assert desk.heard == [{"teas": 2}]


class Typed(AgentBase):
    seen: tuple[Any, ...] = ()

    def on_summary(  # type: ignore[override]
        self, summary: Any, raw_data: JSON, report: Summary
    ) -> None:
        self.seen = (summary, report.data, report.call_id, report.tools_used)


@behaviour("summary.typed")
async def test_on_summary_gets_a_typed_summary_where_it_asks_for_one(host: Host) -> None:
    agent = Typed("Typed", "/typed", basic_auth=AUTH).set_post_prompt("Sum up.")
    agent.define_tool("ping", "Answer.", {}, lambda args, raw: "pong")
    async with host(agent) as reached:
        call = await started(reached)
        await call.tool("ping")
        await call.hang_up(summary={"teas": 2})
    assert agent.seen == ({"teas": 2}, {"teas": 2}, call.call_id, {"ping": 1})
