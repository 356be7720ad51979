"""A shop whose calls are journalled: `agentkit run recorded_agent.py`, then `agentkit replay`."""

import httpx2

from agentkit import AgentBase
from agentkit.recorder import Recorder, Redaction
from agentkit.recorder.http import RecordedTransport

agent = AgentBase("tea-prices", route="/prices")
agent.prompt_add_section("Role", "You tell people what our teas cost.")

shop = httpx2.AsyncClient(base_url="https://shop.example", transport=RecordedTransport())


@agent.tool
async def price(tea: str, customer_card: str = "") -> str:
    """Tell what a tea costs.

    Args:
        tea: Its name.
        customer_card: The number on the customer's card, if there is one.
    """
    query = {"name": tea, "card": customer_card}
    response = await shop.get("/teas", params=query)
    return f"{tea} costs {response.json()['euros']} euros."


app = Recorder(
    agent,
    "calls",
    redaction=Redaction(names=["customer_card"], patterns=[r"\b\d{16}\b"], keep_query=["name"]),
)

if __name__ == "__main__":
    app.run()
