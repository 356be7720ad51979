"""Google Cloud Functions, through the asynchronous form of its functions-framework.

    voice = http_function(agent, "voice")

`voice` is then what `--entry-point` (or `functions-framework --target`) names.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from agentkit.adapters.extras import need
from agentkit.adapters.instances import check_instances
from agentkit.adapters.places import behind_front, placing

if TYPE_CHECKING:
    from starlette.requests import Request

Function = Callable[["Request"], Awaitable[Any]]


def http_function(app: ASGIApp, name: str, *, prefix: str = "") -> Function:
    """Return the HTTP function that a platform's entry point names.

    Args:
        app: an agent, a server, or another ASGI application.
        name: the entry point: what the function is called in your module.
        prefix: what the platform took from the path, `/NAME` at cloudfunctions.net; nothing at
            run.app and on a domain of your own.

    Raises:
        DefinitionError: functions-framework is not installed, or an agent's secrets or state are
            those of one instance.
    """
    check_instances(app)
    framework = need("functions_framework.aio", "gcf")
    placed = placing(app, behind_front(prefix, strips=True))

    async def function(request: "Request") -> ASGIApp:
        return _Unread(placed)

    function.__name__ = function.__qualname__ = name
    made: Function = framework.http(function)
    return made


class _Unread:
    """Stands where a response would: the application answers by itself, and reads the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
