"""One agent that answers at several paths, each with its own document, and to SIP calls."""

from typing import Any

from starlette.requests import Request

from agentkit import AgentBase


class ShopAgent(AgentBase):
    """Greets customers at /customer, VIPs elsewhere, and says more about a product at /product."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.set_prompt_text("You sell tea.")
        self.register_routing_callback(self.handle_customer_route, path="/customer")
        self.register_routing_callback(self.handle_product_route, path="/product")

    def handle_customer_route(self, request: Request, body: dict[str, Any]) -> str | None:
        """Pass VIPs on; a path of this application would be answered at once."""
        customer_id = body.get("customer_id")
        if customer_id and customer_id.startswith("vip-"):
            return f"/vip-handler/{customer_id}"
        return None

    async def handle_product_route(
        self, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any] | None:
        """Answer with a document of its own; names of parameters tell which form this is."""
        if headers.get("x-shop-closed"):
            return {"sections": {"main": [{"play": {"url": "say:We are closed."}}]}}
        return None

    def on_swml_request(
        self, request_data: dict[str, Any] | None = None, callback_path: str | None = None
    ) -> dict[str, Any] | None:
        """Change the document of this request, and of no other."""
        if request_data and request_data.get("caller_type") == "vip":
            params = {"wait_for_user": False, "end_of_speech_timeout": 500}
            return {"sections": {"main": [{"ai": {"params": params}}]}}
        if callback_path == "/customer":
            greeting = "say:Welcome to our customer service line."
            return {"sections": {"main": [{"answer": {}}, {"play": {"url": greeting}}]}}
        return None


agent = ShopAgent()
agent.enable_sip_routing(auto_map=True)  # at /sip, for calls to shop@… and nobody else
agent.register_sip_username("tea_shop")

if __name__ == "__main__":
    agent.run()
