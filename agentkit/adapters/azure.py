"""Azure Functions.

    app = function_app(agent)

in `function_app.py`; the platform serves it below `/api` unless host.json says another prefix.
"""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit.adapters.extras import need
from agentkit.adapters.instances import check_instances
from agentkit.adapters.places import behind_front, placing

DEFAULT_PREFIX = "/api"


def function_app(app: ASGIApp, *, prefix: str = DEFAULT_PREFIX, name: str = "http_app_func") -> Any:
    """Return an `AsgiFunctionApp` that anybody may call: the agent asks for credentials itself.

    Args:
        app: an agent, a server, or another ASGI application.
        prefix: the `routePrefix` of host.json, with its slash; empty if that is.
        name: what the function is called in the portal and in logs.

    Raises:
        DefinitionError: azure-functions is not installed, or an agent's secrets or state are those
            of one instance.
    """
    check_instances(app)
    azure = need("azure.functions", "azure")
    front = _without_lifespan(placing(app, behind_front(prefix, strips=False)))
    return azure.AsgiFunctionApp(front, azure.AuthLevel.ANONYMOUS, name)


def _without_lifespan(app: ASGIApp) -> ASGIApp:
    """The library wants a start answered, and its end would come on another event loop."""

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
        else:
            await app(scope, receive, send)

    return front
