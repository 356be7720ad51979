"""Examine an agent or a server: settings, store, its own document, and every URL in it.

`examine` finds what costs calls before calls do, and says it in words. It runs nothing of the
author's but what makes the document.
"""

import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

import anyio.to_thread

from agentkit import urls
from agentkit.agent import AgentBase
from agentkit.doctor import settings, store, visits
from agentkit.doctor.findings import Finding, Level, problem
from agentkit.errors import DefinitionError
from agentkit.loading import agents_of
from agentkit.server import AgentServer
from agentkit.testing import AgentClient
from agentkit.testing.client import HTTPTransport
from agentkit.testing.messages import Request, Response, Transport

__all__ = ["Finding", "Level", "Subject", "Web", "examine"]

LOCAL = urls.Base("http://localhost:3000", "")
"""Where an agent without a public URL seems to be, in process."""


REPETITIONS = 8
"""How often a document is fetched from outside, for several workers or hosts may answer."""


class Subject(NamedTuple):
    """What is examined.

    Attributes:
        app: the agent or the server.
        url: where it is served, as the platform knows it, of the application or of one agent;
            user and password in it are used. None to stay in process.
        web: carries requests there; by default over the web.
        environ: where its settings may come from.
        timer: measures seconds.
    """

    app: AgentBase | AgentServer
    url: str | None = None
    web: Transport | None = None
    environ: Mapping[str, str] = os.environ
    timer: Callable[[], float] = time.perf_counter


class Web:
    """Carries each request to the server that its URL names.

    Args:
        timeout_seconds: how long a server may take.
        tls: how certificates are judged; by default as everybody does.
    """

    def __init__(
        self, timeout_seconds: float = settings.CONNECT_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._tls = tls or ssl.create_default_context()

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Do nothing: servers run by themselves."""
        return nullcontext()

    async def exchange(self, request: Request) -> Response:
        """Send a request and return the response; raises what `HTTPTransport` raises."""
        parts, is_tls = urlsplit(f"//{request.host}"), request.scheme == "https"
        server = HTTPTransport(
            parts.hostname or "",
            parts.port or (443 if is_tls else 80),
            timeout_seconds=self._timeout_seconds,
            tls=self._tls if is_tls else None,
        )
        return await server.exchange(request)


async def examine(subject: Subject) -> AsyncIterator[tuple[str, Finding]]:
    """Yield what is found, with the agent that it is about."""
    if isinstance(subject.app, AgentServer):
        for found in settings.of_server(subject.app):
            yield "server", found
    for route, agent in agents_of(subject.app).items():
        async for found in _of_agent(subject, agent):
            yield f"{agent.name} at {route}", found


async def _of_agent(subject: Subject, agent: AgentBase) -> AsyncIterator[Finding]:
    try:
        agent.compiled()
    except DefinitionError as error:
        yield problem("settings", str(error))
        return
    try:
        for found in await anyio.to_thread.run_sync(_settings, subject, agent):
            yield found
        async for found in store.of_agent(agent, subject.timer):
            yield found
        for place in _places(subject, agent):
            async for found in visits.visit(place):
                yield found
    finally:
        await agent.states.close()


def _settings(subject: Subject, agent: AgentBase) -> list[Finding]:
    return list(settings.of_agent(agent, subject.environ))


def _places(subject: Subject, agent: AgentBase) -> list[visits.Place]:
    auth = agent.get_basic_auth_credentials()
    base = agent.spec.access.public_url or LOCAL
    inside = AgentClient(subject.app, base_url=base.origin, auth=auth, root_path=base.prefix)
    places = [visits.Place("in process", agent, inside, base)]
    if subject.url is not None:
        url, given = _apart(subject.url)
        served = urls.public_base(url.rstrip("/").removesuffix(agent.spec.route))
        outside = AgentClient(subject.web or Web(), base_url=served.origin, auth=given or auth)
        places.append(visits.Place("from outside", agent, outside, served, REPETITIONS))
    return places


def _apart(url: str) -> tuple[str, tuple[str, str] | None]:
    """Take user and password out of a URL."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    pair = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return urlunsplit(parts._replace(netloc=host)), pair
