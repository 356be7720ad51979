"""Debug events: from the document's own URL to the author's handlers."""

from typing import Any

import pytest

from agentkit import AgentBase
from agentkit.debug_events import DebugEvent
from tests.interaction.hosts import AUTH, Host, Reached
from tests.interaction.test_documents import ai_of

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


def made() -> AgentBase:
    return AgentBase("Shop", route="/shop", basic_auth=AUTH).enable_debug_events()


async def posted(reached: Reached, body: JSON) -> JSON:
    """Post an event to where the document of call c-1 says; return the answer."""
    document = (await reached.client.post(reached.path, json={"call_id": "c-1"})).json()
    url = ai_of(document)["params"]["debug_webhook_url"]
    answer = await reached.client.post(url, json=body)
    assert answer.status == 200
    told: JSON = answer.json()
    return told


@behaviour("debug.told")
async def test_debug_events_reach_every_handler(host: Host) -> None:
    agent, seen = made(), list[Any]()

    @agent.on_debug_event
    async def typed(event: DebugEvent) -> None:
        seen.append((event.name, event.call_id, event.number("duration_ms")))

    @agent.on_debug_event
    def classic(event_type: str, data: JSON) -> None:
        seen.append((event_type, data))

    body = {"call_info": {"call_id": "c-1"}, "startup_hook": {"duration_ms": 12, "success": True}}
    async with host(agent) as reached:
        assert await posted(reached, body) == {"status": "ok"}
    assert seen == [("startup_hook", "c-1", 12.0), ("startup_hook", body)]


@behaviour("debug.failed")
async def test_a_debug_handler_that_fails_keeps_nobody_from_hearing(host: Host) -> None:
    agent, seen = made(), list[str]()

    @agent.on_debug_event
    def broken(event: DebugEvent) -> None:
        raise RuntimeError("canary")

    agent.on_debug_event(lambda event: seen.append(event.name))
    async with host(agent) as reached:
        body = {"call_info": {"call_id": "c-1"}, "barge": {"barge_type": "normal"}}
        assert await posted(reached, body) == {"status": "ok"}
    assert seen == ["barge"]
