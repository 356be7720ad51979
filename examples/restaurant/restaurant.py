"""A restaurant that takes bookings in steps and listens to complaints; tested without a phone.

Its tests are beside it: `pytest examples/restaurant` and
`agentkit test examples/restaurant/scenarios`.
"""

from agentkit import AgentBase, Call, FunctionResult, ToolError

agent = AgentBase("restaurant", route="/restaurant")
agent.prompt_add_section("Role", "You answer the phone of the restaurant Linden.")
agent.set_post_prompt("Summarize the call as JSON: booked, seats, day.")
agent.add_language("English", "en-US", "rime.spore")

contexts = agent.define_contexts()

booking = contexts.add_context("default").set_valid_contexts(["complaints"])
booking.add_step(
    "ask",
    task="Find out for how many people and which day, and book the table.",
    criteria="A table is booked.",
    functions=["free_seats", "book_table"],
)
booking.add_step(
    "confirm", task="Offer a text message with the booking.", functions=["text_booking", "goodbye"]
)

complaints = contexts.add_context("complaints").set_valid_contexts(["default"])
complaints.add_step("listen", task="Listen, and note the complaint.", functions=["note_complaint"])

FREE_SEATS = 6


@agent.tool
async def free_seats(day: str) -> str:
    """Tell how many seats are free on a day."""
    return f"There are {FREE_SEATS} seats free on {day}."


@agent.tool(once=True)
async def book_table(seats: int, day: str) -> FunctionResult:
    """Book a table.

    Args:
        seats: How many people come.
        day: The day, such as "Friday".
    """
    if seats > FREE_SEATS:
        raise ToolError(f"There are only {FREE_SEATS} seats left on {day}.")
    result = FunctionResult(f"A table for {seats} on {day} is booked.")
    result.update_global_data({"seats": seats, "day": day})
    return result.swml_change_step("confirm")


@agent.tool
async def text_booking(call: Call) -> FunctionResult:
    """Send the booking to the caller as a text message."""
    booked = call.global_data
    text = f"Linden: {booked['seats']} seats on {booked['day']}."
    result = FunctionResult("The message is on its way.")
    return result.send_sms(call.caller_id_number or "", "+12025550100", body=text)


@agent.tool
async def note_complaint(text: str) -> str:
    """Note a complaint."""
    return "Thank you. The manager will call you back."


@agent.tool
async def goodbye() -> FunctionResult:
    """Say goodbye and end the call."""
    return FunctionResult("Goodbye.", post_process=True).hangup()


if __name__ == "__main__":
    agent.run()
