"""Messages that other processes push into a conversation, on every host."""

from typing import Any

import anyio
import pytest

from agentkit import AgentBase
from agentkit.testing import SimulatedCall
from tests.deadlines import LONG
from tests.interaction.hosts import AUTH, Host, Reached

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour
TALK = "talk-1"


def desk() -> AgentBase:
    return AgentBase("Desk", route="/desk", basic_auth=AUTH).enable_inbox()


async def asked(reached: Reached, **body: Any) -> list[JSON]:
    path = reached.at("/check_for_input")
    answer = await reached.client.post(path, json={"conversation_id": TALK, **body})
    assert answer.status == 200
    messages: list[JSON] = answer.json()["messages"]
    return messages


@behaviour("input.inbox")
async def test_a_pushed_message_comes_until_a_cursor_covers_it(host: Host) -> None:
    agent = desk()
    async with host(agent) as reached:
        await agent.inbox.push(TALK, "Hello.", id="sms-1")
        await agent.inbox.push(TALK, "Hello.", id="sms-1")
        await agent.inbox.push(TALK, "Are you open?", role="system")
        first, second = await asked(reached, after="")
        assert (first["id"], first["role"], first["text"]) == ("sms-1", "user", "Hello.")
        assert await asked(reached, after="") == [first, second]
        assert await asked(reached, after=first["cursor"]) == [second]
        assert await asked(reached, after=second["cursor"]) == []


@behaviour("input.sent")
async def test_without_a_cursor_a_message_is_gone_when_its_answer_was_sent(host: Host) -> None:
    agent = desk()
    async with host(agent) as reached:
        await agent.inbox.push(TALK, "Hello.")
        assert len(await asked(reached)) == 1
        waits = True
        with anyio.fail_after(LONG):  # a server notes it after the client has the answer
            while waits:
                await anyio.lowlevel.checkpoint()
                waits = bool(await agent.inbox.read(TALK))
        assert await asked(reached) == []


@behaviour("input.polled")
async def test_the_polled_function_brings_messages_in_by_their_role(host: Host) -> None:
    agent = desk()
    async with host(agent) as reached:
        call = SimulatedCall(reached.client, url=reached.path, call_id="c-1")
        await call.start()
        assert (await call.tool("check_for_input")).raw == {}
        await agent.inbox.push("c-1", "Is ${x} there?")
        await agent.inbox.push("c-1", "One moment.", role="assistant")
        heard, said, _ = (await call.tool("check_for_input")).actions
        assert (heard, said) == ({"user_input": "Is $ {x} there?"}, {"say": "One moment."})
        assert (await call.tool("check_for_input")).raw == {}
