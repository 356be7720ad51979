"""A test of an agent: a whole call, in process, without a phone. Run it with pytest."""

from simple_agent import agent  # the fixture `call` calls the agent of this name

from agentkit.loopback import Call

__all__ = ["agent"]


def test_the_agent_finds_an_order(call: Call) -> None:
    call.start()
    call.say("Where is my order A-17?").uses("order_status", order="A-17")
    call.expect_tool("order_status").once().answered("Order A-17 is on its way.")
    call.hang_up()
