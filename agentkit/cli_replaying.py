"""What `agentkit replay` does; apart from the command, so that others need not load it."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import click

from agentkit import _json
from agentkit.agent import AgentBase
from agentkit.loading import Loaded, agents_of, forgetting, keep_in_memory, load
from agentkit.loopback.replay import (
    Comparison,
    HttpFromJournal,
    Journal,
    Place,
    Replayed,
    ReplayError,
    Subject,
    as_test,
    call_in,
    compared,
    play,
)
from agentkit.recorder import InMemory, Recorder
from agentkit.testing import AgentClient
from agentkit.urls import Base


class Options(NamedTuple):
    """How calls are replayed.

    Attributes:
        route: which agent of a server, None to find it by the call.
        mock_http: answer the HTTP of tools from the journal.
        masks: regular expressions of what may differ.
        keep_state: use the agent's own store.
    """

    route: str | None
    mock_http: bool
    masks: tuple[str, ...]
    keep_state: bool


def replayed(file: Path, target: str, options: Options) -> Comparison:
    """Drive today's code with the call in a file, with an agent that has seen no other.

    Raises:
        AgentKitError: the call or the agent cannot be used.
        OSError: the file cannot be read.
    """
    journal = call_in(file.read_bytes())
    with forgetting(Path(target.partition(":")[0]).parent):
        loaded = load(target)
        if not options.keep_state:
            keep_in_memory(loaded.app)
        agent = _agent_of(journal, loaded, options.route)
        http = HttpFromJournal(journal) if options.mock_http else None
        if http is None and any(exchange.http for exchange in journal.exchanges):
            told = "tools ask other services now; --mock-http answers from the journal"
            click.echo(told, err=True)
        base = _base(journal, agent)
        own = [urlsplit(base.origin).netloc]
        return compared(journal, _answers(journal, loaded, agent, base, http), own, options.masks)


def test_of(file: Path, target: str, route: str | None) -> str:
    """Return the source of a test of a call.

    Raises:
        AgentKitError: the call or the agent cannot be used.
        OSError: the file cannot be read.
    """
    journal = call_in(file.read_bytes())
    agent = _agent_of(journal, load(target), route)
    return as_test(journal, Subject(target, agent.route or "/", file.as_posix()))


def _answers(
    journal: Journal, loaded: Loaded, agent: AgentBase, base: Base, http: HttpFromJournal | None
) -> list[Replayed]:
    with redirect_stdout(sys.stderr):  # what tools print is no part of the report
        return anyio.run(_played, journal, loaded, agent, base, http)


async def _played(
    journal: Journal, loaded: Loaded, agent: AgentBase, base: Base, http: HttpFromJournal | None
) -> list[Replayed]:
    kept = InMemory()
    redaction = loaded.recorder.redaction if loaded.recorder else None
    app = Recorder(loaded.app, sink=kept, redaction=redaction, http=http)
    auth = agent.spec.access.auth.credentials[0]
    client = AgentClient(app, base_url=base.origin, auth=auth, root_path=base.prefix)
    place = Place(
        agent.route or "/", base.prefix, _signing(agent), partial(_credentials, loaded, agent)
    )
    try:
        async with client.lifespan():
            return await play(journal, client, place, partial(_seen, app, kept))
    finally:
        await anyio.to_thread.run_sync(app.close)


async def _seen(app: Recorder, kept: InMemory) -> list[dict[str, Any]]:
    """Return the lines that were journalled since the last look."""
    await anyio.to_thread.run_sync(app.flush)
    lines = [line for lines in kept.lines.values() for line in lines]
    kept.lines.clear()
    return [_json.decode(line) for line in lines]


def _credentials(loaded: Loaded, agent: AgentBase, path: str) -> tuple[str, str]:
    """Return those of the agent at a path; of the agent that is called where there is none."""
    agents = agents_of(loaded.app).values()
    likely = max(agents, key=lambda each: _likely(each, path, set()))
    fits = _likely(likely, path, set()) > (0, 0)
    return (likely if fits else agent).spec.access.auth.credentials[0]


def _signing(agent: AgentBase) -> Callable[[str, bytes], str] | None:
    verifier = agent.spec.access.verifier
    return None if verifier is None else verifier.sign


def _base(journal: Journal, agent: AgentBase) -> Base:
    """Return where the agent is today: at its public URL, else where it was then."""
    agent.compiled()
    if agent.spec.access.public_url is not None:
        return agent.spec.access.public_url
    parts = urlsplit(journal.exchanges[0].url)
    return Base(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://localhost:3000", "")


def _agent_of(journal: Journal, loaded: Loaded, route: str | None) -> AgentBase:
    """Return the agent that the call was with: the named one, or by its path, or by its tools.

    Raises:
        ReplayError: there is none.
    """
    agents = agents_of(loaded.app)
    if route is not None or not agents:
        if route not in agents:
            raise ReplayError(f"--route must be one of {', '.join(agents) or 'none'}")
        return agents[route]
    path = urlsplit(journal.exchanges[0].url).path
    called = {exchange.function for exchange in journal.exchanges} - {""}
    return max(agents.values(), key=lambda agent: _likely(agent, path, called))


def _likely(agent: AgentBase, path: str, called: set[str]) -> tuple[int, int]:
    """Say how likely a call was with an agent: by the path of its document, then by its tools."""
    own = agent.route.rstrip("/")
    fits = bool(path) and f"{own}/" in f"{path}/"
    return len(own) + 1 if fits else 0, len(called & agent.spec.tools.keys())
