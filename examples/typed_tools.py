"""Tools whose signatures say everything: the schema, the conversion, the repair sentences."""

from datetime import date
from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from agentkit import AgentBase, Call, FunctionResult, ToolError


class Room(Enum):
    """The rooms of the house."""

    GARDEN = "garden"
    TERRACE = "terrace"


class Guest(Struct):
    """Who comes."""

    name: str
    phone: str | None = None


agent = AgentBase("restaurant", route="/restaurant")
agent.prompt_add_section("Role", "You take bookings for a small restaurant.")
agent.prompt_add_section("Rules", bullets=["Ask for one thing at a time.", "Repeat the booking."])
agent.set_prompt_llm_params(temperature=0.3)
agent.add_hints(["garden", "terrace"])


@agent.tool(fillers={"en-US": ["Let me see.", "One moment."]})
async def book(
    guest: Guest,
    day: date,
    seats: Annotated[int, Meta(ge=1, le=8)],
    call: Call,
    room: Room = Room.GARDEN,
    meal: Literal["lunch", "dinner"] = "dinner",
) -> FunctionResult:
    """Book a table.

    Args:
        guest: Who the table is for.
        day: The day of the booking.
        seats: How many people come.
        room: Where they want to sit.
        meal: Which meal they come for.
    """
    if day.weekday() == 0:
        raise ToolError("We are closed on Mondays. Please ask for another day.")
    call.log.info("booked", seats=seats, room=room.value)
    said = f"Booked for {guest.name}: {meal} on {day:%A}, {seats} seats in the {room.value}."
    return FunctionResult(said).update_global_data({"booked": day.isoformat()})


if __name__ == "__main__":
    agent.run()
