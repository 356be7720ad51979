"""Everything a tool can answer: texts for the model, actions for the platform."""

from typing import Any

from agentkit import SWML, AgentBase, FunctionResult

agent = AgentBase("desk", route="/desk")
agent.set_prompt_text("You are the front desk of a tea shop.")


@agent.tool
def connect_seller(name: str) -> FunctionResult:
    """Connect the caller with a seller.

    Args:
        name: Who is asked for.
    """
    answer = FunctionResult(f"Tell the caller that {name} is on the line.", post_process=True)
    return answer.connect("+12025550123", from_addr="+12025550100")


@agent.tool
def hold_the_line(minutes: int) -> FunctionResult:
    """Put the caller on hold.

    Args:
        minutes: For how long, at most fifteen.
    """
    return FunctionResult().hold("Ask the caller to wait.", timeout=minutes * 60, step="back")


@agent.tool
def record_from_now() -> FunctionResult:
    """Record the call from now on."""
    return FunctionResult("Recording.").record_call("order", stereo=True, max_length=600)


@agent.tool
def take_payment(amount: str) -> FunctionResult:
    """Take a payment.

    Args:
        amount: Such as 20.45.
    """
    ask = FunctionResult.create_payment_action("Say", "Please key in your card number.")
    prompt = FunctionResult.create_payment_prompt("payment-card-number", [ask])
    return FunctionResult("Taking the payment.").pay(
        "https://pay.example.com/charge", charge_amount=amount, prompts=[prompt]
    )


@agent.tool
def leave() -> FunctionResult:
    """End the call with music."""
    goodbye = SWML().play("https://files.example.com/goodbye.mp3").hangup()
    return FunctionResult("Goodbye.").execute_swml(goodbye, transfer=True)


@agent.tool
def tell_the_kitchen(call_id: str, order: str) -> FunctionResult:
    """Tell the agent of another call about an order.

    Args:
        call_id: The other call.
        order: What was ordered.
    """
    return FunctionResult("Told.").rpc_ai_message(call_id, f"New order: {order}")


@agent.tool
def quieter() -> dict[str, Any]:
    """Speak more quietly, by an action that is written out."""
    return {"response": "I will.", "action": [{"settings": {"temperature": 0.2}}]}


if __name__ == "__main__":
    agent.run()
