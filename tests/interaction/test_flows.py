"""Contexts: served, built for one call, and what they gather."""

from typing import Any

import pytest
from msgspec import Struct

from agentkit import AgentBase, Call
from agentkit.testing import SimulatedCall
from tests.interaction.hosts import AUTH, Host

JSON = dict[str, Any]
behaviour = pytest.mark.behaviour


class Order(Struct):
    """Take an order."""

    tea: str
    packs: int


def make() -> AgentBase:
    agent = AgentBase("Shop", route="/shop", basic_auth=AUTH)
    context = agent.define_contexts().add_context("default")
    context.add_step("greet", task="Greet.", functions="none", valid_steps=["order", "confirm"])
    context.add_step("order").collect(Order, completion_action="confirm")
    context.add_step("confirm", task="Confirm.", functions=["send"])

    @agent.tool
    async def send(call: Call) -> str:
        """Send it."""
        order = call.collected(Order)
        return f"{order.packs} of {order.tea}"

    return agent


def contexts_of(call: SimulatedCall) -> JSON:
    found: JSON = next(v["ai"] for v in call.document["sections"]["main"] if "ai" in v)
    contexts: JSON = found["prompt"]["contexts"]
    return contexts


@behaviour("contexts.served")
async def test_contexts_stand_in_the_prompt(host: Host) -> None:
    async with host(make()) as reached:
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        assert contexts_of(call) == make().contexts.to_dict()


@behaviour("contexts.per_call")
async def test_contexts_built_for_one_call_never_reach_another(host: Host) -> None:
    agent = make()

    def configure(query: JSON, body: JSON, headers: JSON, agent: AgentBase) -> None:
        agent.contexts.add_context(query["who"]).add_step("s").set_text("t")

    agent.set_dynamic_config_callback(configure)
    async with host(agent) as reached:
        for who in ("ann", "ben"):
            call = SimulatedCall(reached.client, url=f"{reached.path}?who={who}")
            await call.start()
            assert list(contexts_of(call)) == ["default", who]


@behaviour("contexts.collected")
async def test_a_tool_gets_gathered_answers_typed_or_asks_again(host: Host) -> None:
    async with host(make()) as reached:
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        await call.tool("next_step", step="confirm")
        assert '"tea" is missing' in (await call.tool("send")).response
    async with host(make()) as reached:
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        await call.tool("next_step", step="order")
        await call.tool("gather_submit", answer="Assam")
        await call.tool("gather_submit", answer="2")
        assert (await call.tool("send")).response == "2 of Assam"
