"""Call state, as docs/state.md shows it: typed, with a history, with a beginning and an end."""

from typing import Any

import msgspec

from agentkit import AgentBase, Call, FunctionResult, StateConflict


class Booking(msgspec.Struct):
    """What a call has said about a table."""

    seats: int = 0
    wishes: dict[str, int] = {}
    confirmed: bool = False


def count_wishes(state: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 had wishes in a list, schema 2 counts them."""
    wishes = state.get("wishes", [])
    return {**state, "wishes": {wish: wishes.count(wish) for wish in wishes}}


agent = AgentBase(
    "table", route="/table", state=Booking, state_migrations=[count_wishes], visible=("seats",)
)


@agent.on_call_start
async def greet(call: Call) -> None:
    """Begin with what is known of the caller."""
    if call.caller_id_number:
        known = await call.caller_state.get()
        await call.state.update({"seats": known.get("seats", 2)})


@agent.on_call_end
async def tidy(call: Call) -> None:
    """Keep for the next call what the caller has told."""
    booking = await call.state.get()
    if call.caller_id_number:
        await call.caller_state.update({"seats": booking.seats})


@agent.tool
async def add_wish(wish: str, call: Call) -> FunctionResult:
    """Note a wish."""

    def add(booking: Booking) -> None:  # runs again if somebody else wrote meanwhile
        booking.wishes[wish] = booking.wishes.get(wish, 0) + 1

    booking = await call.state.update(add)
    return FunctionResult(f"Noted, wish number {sum(booking.wishes.values())}.")


@agent.tool
async def set_seats(seats: int, call: Call) -> FunctionResult:
    """Say how many come."""
    async with call.state.edit() as booking:
        booking.seats = seats
    return FunctionResult(f"A table for {seats}.")


@agent.tool
async def confirm(call: Call) -> FunctionResult:
    """Confirm what was read back, unless it has changed since."""
    snapshot = await call.state.snapshot()
    booking = await call.state.get()
    booking.confirmed = True
    try:
        await call.state.set(booking, snapshot.version)
    except StateConflict:
        return FunctionResult("Something has just changed. Please read it back again.")
    return FunctionResult("Confirmed.")


@agent.tool(name="count", description="Count the wishes", parameters={})
def count(args: dict[str, Any], raw_data: dict[str, Any]) -> FunctionResult:
    """Plain code, in the style of the vendor's SDK."""
    state = agent.get_state(raw_data["call_id"]) or {}
    state["counted"] = state.get("counted", 0) + 1
    agent.update_state(raw_data["call_id"], state)
    return FunctionResult(f"{sum(state.get('wishes', {}).values())} wishes.")


if __name__ == "__main__":
    agent.run()
