"""Desks: endpoints of a server where a call is passed on to one of its agents.

A desk belongs to no agent, and who answers is known only when the body was read. Whoever sends a
request must therefore come with credentials of an agent at least, before anything of the body is
read, and gets no other agent's document than those that these credentials open. A desk with
credentials of its own opens all.
"""

from collections.abc import Awaitable, Callable
from typing import final

from msgspec import Struct

from agentkit.compile import Endpoint
from agentkit.context import Exchange
from agentkit.credentials import BasicAuth

DESK = Endpoint("swml", ("GET", "POST"), fetches=True)


@final
class Desk(Struct, frozen=True):
    """What answers at a path of a server.

    Attributes:
        choose: tells who answers a request: a path or URL, an agent or a document.
        auth: whose credentials come in; None when nobody's do.
        opens_all: whether they open every agent, as credentials of the desk itself do.
    """

    choose: Callable[[Exchange], Awaitable[object]]
    auth: Callable[[], BasicAuth | None]
    opens_all: bool = False

    def accepts(self, header: bytes | None) -> bool:
        """Say whether an Authorization header may come in."""
        auth = self.auth()
        return auth is not None and auth.accepts(header)
