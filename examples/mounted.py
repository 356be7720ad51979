"""An agent inside a Starlette service, next to its other routes.

Serve it with any ASGI server: `uvicorn examples.mounted:app`.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from agentkit import AgentBase

agent = AgentBase("concierge")
agent.set_prompt_text("You answer questions about the hotel.")


@agent.tool
def opening_hours(place: str) -> str:
    """Tell when a place of the hotel is open.

    Args:
        place: The pool, the restaurant or the gym.
    """
    return f"The {place} is open from 7 to 22."


async def home(request: Request) -> PlainTextResponse:
    """A page of the hotel itself."""
    return PlainTextResponse("Welcome to the hotel.")


app = Starlette(routes=[Route("/", home), Mount("/voice", app=agent)])
