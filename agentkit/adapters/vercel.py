"""Vercel, and every other platform that runs an ASGI application behind a front of its own.

app = asgi_app(agent)
"""

from starlette.types import ASGIApp

from agentkit.adapters.instances import check_instances
from agentkit.adapters.places import behind_front, placing


def asgi_app(app: ASGIApp, *, prefix: str = "") -> ASGIApp:
    """Return an application whose URLs are those of the platform's front.

    Args:
        app: an agent, a server, or another ASGI application.
        prefix: what the front leaves before the application's routes, such as `/api`.

    Raises:
        DefinitionError: an agent's secrets or state are those of one instance.
    """
    check_instances(app)
    return placing(app, behind_front(prefix, strips=False))
