"""A FastAPI shop that can also be called: the agent looks into the shop's own orders.

Serve it with `uvicorn fastapi_shop:app`, and set a phone number to `/voice/desk`.
"""

from fastapi import FastAPI, HTTPException

from agentkit import AgentBase, Call, ToolError

app = FastAPI(title="The tea shop")
app.state.orders = {}

agent = AgentBase("desk", route="/desk")
agent.set_prompt_text("You answer calls to the tea shop. Ask for the order's number.")


@app.post("/orders/{number}")
async def order(number: str, tea: str) -> dict[str, str]:
    """Take an order from the web."""
    if number in app.state.orders:
        raise HTTPException(409, "there is such an order")
    app.state.orders[number] = tea
    return {"number": number, "tea": tea}


@agent.tool
async def order_status(number: str, call: Call) -> str:
    """Tell what is in an order.

    Args:
        number: The order's number, such as 17.
    """
    tea = call.app_state.orders.get(number)
    if tea is None:
        raise ToolError(f"There is no order {number}.")
    return f"Order {number}: {tea}. It is being packed."


app.include_router(agent.as_router(), prefix="/voice")
