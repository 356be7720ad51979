"""Requests that the platform sends again, on every host."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, Call
from agentkit.slots import Limits
from agentkit.testing import SimulatedCall
from tests.deadlines import LONG
from tests.interaction.hosts import AUTH, Host

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


def shop(go: threading.Event | None = None, **options: Any) -> tuple[AgentBase, list[str]]:
    """An agent whose slow tool ends when it may go."""
    agent, ran = AgentBase("Shop", route="/shop", basic_auth=AUTH, **options), list[str]()

    @agent.tool
    async def order(tea: str) -> str:
        """Order."""
        ran.append(tea)
        return f"order {len(ran)}"

    @agent.tool(once=True)
    def book(seats: int, call: Call) -> str:
        """Book."""
        ran.append(str(seats))
        return f"booking {len(ran)} {len(call.idempotency_key)}"

    @agent.tool(background=True, soft_timeout=0.01, say="One moment.")
    async def search() -> str:
        """Search."""
        await anyio.to_thread.run_sync((go or threading.Event()).wait, LONG)
        return "found"

    return agent, ran


@asynccontextmanager
async def begun(host: Host, agent: AgentBase) -> AsyncIterator[SimulatedCall]:
    async with host(agent) as reached:
        call = SimulatedCall(reached.client, url=reached.path, call_id="call-1")
        await call.start()
        yield call


@behaviour("tools.replayed")
async def test_a_request_that_is_sent_again_gets_the_same_answer(host: Host) -> None:
    agent, ran = shop()
    async with begun(host, agent) as call:
        first = await call.tool("order", tea="green")
        assert (await call.resend()).response == first.response == "order 1"
        assert (await call.tool("order", tea="green")).response == "order 2"
        assert len(ran) == 2


@behaviour("tools.once")
async def test_a_once_tool_runs_once_for_its_arguments(host: Host) -> None:
    agent, ran = shop()
    async with begun(host, agent) as call:
        for _ in range(3):
            assert (await call.tool("book", seats=2)).response == "booking 1 32"
        assert (await call.tool("book", seats=3)).response == "booking 2 32"
        assert ran == ["2", "3"]


@behaviour("tools.background")
async def test_a_slow_tool_goes_on_and_its_result_comes_later(host: Host) -> None:
    go = threading.Event()
    agent, _ = shop(go)
    async with begun(host, agent) as call:
        assert (await call.tool("search")).response == "One moment."
        go.set()
        with anyio.fail_after(LONG):
            await agent.traffic.jobs.end()
        assert "Result of search: found" in str((await call.tool("order", tea="green")).response)


@behaviour("tools.shed")
async def test_too_much_is_sent_back_before_anything_runs(host: Host) -> None:
    agent, ran = shop(limits=Limits(calls=1))
    async with host(agent) as reached:
        call = SimulatedCall(reached.client, url=reached.path, call_id="call-1")
        await call.start()
        agent.traffic.admission.enter()
        ai = next(verb["ai"] for verb in call.document["sections"]["main"] if "ai" in verb)
        body = {
            "function": "order",
            "call_id": "call-1",
            "argument": {"parsed": [{"tea": "green"}]},
        }
        answer = await reached.client.post(ai["SWAIG"]["defaults"]["web_hook_url"], json=body)
        agent.traffic.admission.leave()
    assert (answer.status, ran) == (503, [])
