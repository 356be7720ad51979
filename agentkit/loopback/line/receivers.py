"""Who gets which request: the agent what goes to its origin, others what goes to their hosts."""

import inspect
import ssl
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, TypeGuard, cast

from agentkit.loopback.errors import CallError
from agentkit.loopback.line.addresses import Address, Origin, address
from agentkit.loopback.line.application import Application
from agentkit.loopback.line.others import Carried, Handled, Handler
from agentkit.loopback.line.parcel import Carrier
from agentkit.loopback.line.web import Server
from agentkit.testing.asgi import ASGIApp
from agentkit.testing.client import IN_PROCESS_URL
from agentkit.testing.messages import Transport

Target = ASGIApp | Transport | str
"""An application in this process, the http(s) URL of a server, or a transport."""

Told = Callable[[Exception], None]

_ANY_HOST = "*"
_ASGI = ("scope", "receive", "send")
_THIS_HOST = frozenset({"localhost", "127.0.0.1", "::1"})


class Receivers:
    """The agent, and everybody else that its documents and tools send the platform to.

    Args:
        target: the agent.
        base_url: where it seems to be served; by default the URL of the server, or
            `http://testserver`.
        outside: who answers for other hosts, by `host`, `host:port` or `*` for any other.
        told: hears what applications raise.
        tls: how certificates are judged; None for the usual way.

    Attributes:
        base_url: where paths are looked up.
    """

    def __init__(
        self,
        target: Target,
        base_url: str | None,
        outside: Mapping[str, Target | Handler],
        told: Told,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.base_url = base_url or (target if isinstance(target, str) else IN_PROCESS_URL)
        served = (target,) if isinstance(target, str) else ()
        self._origins = {
            same for url in (self.base_url, *served) for same in _names(address(url).origin)
        }
        self._carrier = partial(carrier, told=told, tls=tls)
        self._agent = self._carrier(target)
        self._opened = False
        self._dead: list[Carrier] = []
        self._outside = {host.lower(): self._carrier(who) for host, who in outside.items()}

    def absolute(self, url: str) -> str:
        """Return the URL of a path, or a URL as it is."""
        return self.base_url.rstrip("/") + url if url.startswith("/") else url

    def is_agent(self, to: Address) -> bool:
        """Say whether an address is the agent's."""
        return to.origin in self._origins

    def at(self, to: Address) -> Carrier:
        """Return who gets what goes to an address.

        Raises:
            CallError: there is nobody.
        """
        if to.origin in self._origins:
            return self._agent
        _, host, port = to.origin
        for name in (f"{host}:{port}", host, _ANY_HOST):
            if name in self._outside:
                return self._outside[name]
        raise CallError(
            f"the platform is sent to {to.shown!r}, but only {address(self.base_url).shown!r}"
            f" {self._known()} here: see base_url and outside"
        )

    async def open(self) -> None:
        """Start everybody."""
        self._opened = True
        for each in self._everybody():
            await each.open()

    async def close(self) -> None:
        """Stop everybody."""
        self._opened = False
        for each in self._everybody():
            await each.close()

    async def restart(self, target: Target | None) -> None:
        """Let the agent die, and another go on in its place; None for the same one.

        A dead application gets no shutdown, until `close` tidies up.
        """
        await self._agent.kill()
        if target is not None:
            self._dead.append(self._agent)
            self._agent = self._carrier(target)
            if self._opened:
                await self._agent.open()

    def _everybody(self) -> Iterable[Carrier]:
        return (self._agent, *self._dead, *self._outside.values())

    def _known(self) -> str:
        hosts = ", ".join(sorted(self._outside))
        return f"and {hosts} are known" if hosts else "is known"


def carrier(target: Target | Handler, told: Told, tls: ssl.SSLContext | None) -> Carrier:
    """Return what hands requests to a target of any kind."""
    if isinstance(target, str):
        return Server(target, tls)
    if hasattr(target, "exchange") and isinstance(target, Transport):  # which alone takes long
        return Carried(target)
    if _is_application(target):
        return Application(target, told)
    return Handled(cast("Handler", target))


def _is_application(target: Callable[..., Any]) -> TypeGuard[ASGIApp]:
    """Say whether a callable takes what ASGI gives: scope, receive and send."""
    method = type(target).__call__
    if inspect.isfunction(method):  # an object such as an agent, whose class is looked at once
        return _is_asgi_method(method)
    return _takes(target, *_ASGI)


@lru_cache(maxsize=64)
def _is_asgi_method(method: Callable[..., Any]) -> bool:
    return _takes(method, "self", *_ASGI)


def _takes(function: Callable[..., Any], *arguments: str) -> bool:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    return True


def _names(origin: Origin) -> list[Origin]:
    """Return an origin by all its names: agents at 127.0.0.1 write `localhost` into URLs."""
    scheme, host, port = origin
    return [(scheme, name, port) for name in (_THIS_HOST if host in _THIS_HOST else {host})]
