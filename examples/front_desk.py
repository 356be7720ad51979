"""A ready-made agent with a tool of its own, and one that chooses its questions for each call."""

from typing import Any

from agentkit import AgentServer
from agentkit.prefabs import InfoGathererAgent, ReceptionistAgent

reception = ReceptionistAgent(
    [
        {"name": "sales", "description": "To buy tea", "number": "+12025550101"},
        {"name": "support", "description": "Help with an order", "number": "+12025550102"},
    ],
    greeting="Welcome to the tea shop!",
)


@reception.tool
def opening_hours() -> str:
    """Tell when the shop is open."""
    return "Every day from nine to six."


async def questions_of(query: dict[str, Any], body: Any, headers: Any) -> list[dict[str, Any]]:
    if query.get("about") == "returns":
        return [{"key_name": "order", "question_text": "Which order is it?", "confirm": True}]
    return [{"key_name": "reason", "question_text": "What is it about?"}]


intake = InfoGathererAgent(route="/intake").set_question_callback(questions_of)

server = AgentServer()
server.register(reception)
server.register(intake)

if __name__ == "__main__":
    server.run()
