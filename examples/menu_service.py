"""A phone menu without a model, and a copilot that listens to two people."""

from typing import Any

from agentkit import AgentServer, SWMLService
from agentkit.verbs import Connect, Hangup


class Menu(SWMLService):
    """Says who is there and connects."""

    def on_request(
        self, request_data: dict[str, Any] | None = None, callback_path: str | None = None
    ) -> Any:
        caller = (request_data or {}).get("call", {}).get("from", "")
        if caller == "+12025550199":
            return {"sections": {"main": [{"play": {"url": "say:Welcome back."}}]}}
        return None


menu = Menu("menu", "/menu")
menu.answer().say("Welcome.").prompt("say:Press 1 for tea.", max_digits=1)
menu.switch("prompt_value", {"1": [Connect("+12025550123")]}, default=[Hangup()])

copilot = SWMLService("copilot", "/copilot")


@copilot.tool
def stock(tea: str) -> str:
    """Tell how much of a tea there is.

    Args:
        tea: Its name.
    """
    return f"There are 40 packs of {tea}."


copilot.answer().verb(
    "ai_sidecar",
    {"lang": "en-US", "prompt": "Help the seller with what is in stock.", "SWAIG": copilot.swaig()},
)
copilot.connect("+12025550123", from_="+12025550100")

server = AgentServer().register(menu).register(copilot)

if __name__ == "__main__":
    server.run()
