"""One agent for many tenants: each has a path, a prompt and a page beside the agent.

The tenant stands in the path of the mount, so it is in every URL of the document, too, and tool
calls come back with it.
"""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from agentkit import AgentBase, Call

TENANTS = {"acme": "Acme Teas", "umbrella": "Umbrella Coffees"}

agent = AgentBase("shop")


def configure(
    query: dict[str, str],
    body: dict[str, Any],
    headers: dict[str, str],
    copy: Any,
    request: Request,
) -> None:
    """Make the agent the tenant's, for this request only."""
    name = TENANTS.get(request.path_params["tenant"], "an unknown shop")
    copy.set_prompt_text(f"You sell what {name} has.")


agent.set_dynamic_config_callback(configure)


@agent.tool
async def opening_hours(call: Call) -> str:
    """Tell when the shop is open."""
    hours: str = call.app_state.hours
    return f"{TENANTS[call.request.path_params['tenant']]} is open {hours}."


async def page(request: Request) -> JSONResponse:
    """Show the tenants."""
    return JSONResponse(list(TENANTS))


agent.mount(Starlette(routes=[Route("/", page)]), prefix="/tenants")

app = Starlette(routes=[Mount("/t/{tenant}", app=agent)], lifespan=agent.lifespan)
app.state.hours = "from 9 to 5"
