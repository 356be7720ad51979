"""A conversation in steps: the platform leads it, asks the questions and hands the answers over."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from agentkit import AgentBase, Call


class Booking(Struct):
    """Take a booking.

    Attributes:
        name: On which name shall I book?
        day: For which day?
    """

    name: str
    day: date
    guests: Annotated[int, Meta(ge=1, le=8, description="For how many people?")]


agent = AgentBase("restaurant", route="/flow")
agent.prompt_add_section("Role", "You take bookings for a small restaurant.")

contexts = agent.define_contexts()

table = contexts.add_context("default").set_valid_contexts(["complaints"])
table.add_step(
    "greet", task="Greet the caller.", criteria="The caller wants to book.", functions="none"
)
table.add_step("ask").collect(Booking, confirm=["day"], completion_action="book")
last = table.add_step("book", task="Book the table and say so.", functions=["book_table"])
last.set_end(True)

complaints = contexts.add_context("complaints").set_isolated(True)
complaints.set_enter_fillers({"en-US": ["Let me connect you."]})
complaints.add_step("listen").set_text("Listen, and apologise once.").set_valid_contexts(
    ["default"]
)


@agent.tool
async def book_table(call: Call) -> str:
    """Book the table that the caller has asked for."""
    booking = call.collected(Booking)
    return f"Booked for {booking.name}: {booking.day:%A}, {booking.guests} people."


if __name__ == "__main__":
    agent.run()
