"""Bookings that survive what a phone call does to them: re-sends, repeated asks, slow services.

The platform sends a request again when it got no answer. Nothing here is done twice for it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from agentkit import AgentBase, Call, FunctionResult, ToolError
from agentkit.events import Event, Outcome, ToolAnswered

agent = AgentBase("bookings", route="/bookings", enable_state_tracking=True)
agent.set_prompt_text("You take bookings for a small restaurant.")

tables: dict[str, int] = {}
"""What stands for the restaurant's own service: seats by idempotency key."""

FREE_SEATS = 12


async def reserve(seats: int, key: str) -> int:
    """Reserve seats; asked again with the same key, the service does nothing more."""
    if key not in tables and seats + sum(tables.values()) > FREE_SEATS:
        raise ToolError(f"There are no {seats} seats left.")
    tables[key] = seats
    return len(tables)


@agent.tool(once=True, on_unconfirmed="I am not sure that it went through. Please call us.")
async def book(seats: int, day: str, call: Call) -> FunctionResult:
    """Book a table.

    Args:
        seats: How many people come.
        day: The day, such as "Friday".
    """
    number = await reserve(seats, call.idempotency_key)
    await call.state.update({"booking": number})
    return FunctionResult(f"Booked {seats} seats on {day}, number {number}.")


def asked_for(call: Call) -> object:
    """Say what is one payment: the booking, whatever else the model passes."""
    return call.arguments["booking"]


@agent.tool(once=asked_for, on_crash="ask", timeout=60)
def pay(booking: int, card: str) -> str:
    """Pay for a booking."""
    return f"Booking {booking} is paid with the card ending in {card[-4:]}."


@agent.tool(background=True, soft_timeout=2.0, say="I ask the kitchen, one moment.")
async def ask_kitchen(wish: str) -> str:
    """Ask the kitchen whether something can be done; that takes a while."""
    await anyio.sleep(kitchen_seconds)
    return f"The kitchen says yes to {wish}."


kitchen_seconds = 20.0


@agent.middleware
async def closed_in_winter(call: Call, run: Callable[[], Awaitable[Any]]) -> Any:
    """Stand before every tool."""
    if call.function == "book" and call.arguments["day"] == "Christmas":
        return "We are closed at Christmas."
    return await run()


@agent.on_event
async def watch(event: Event) -> None:
    """Tell an operator what a caller was told could not be confirmed."""
    if isinstance(event, ToolAnswered) and event.outcome is Outcome.UNCONFIRMED:
        agent.log.warning("look_after", call_id=event.call_id, function=event.function)


if __name__ == "__main__":
    agent.run()
