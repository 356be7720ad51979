"""Requests a second through uvicorn: the sides' servers take turns under the same load."""

import http.client
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks import content
from benchmarks.cases import Case, document_post, tool
from benchmarks.load import put_load
from benchmarks.serve import Running, running
from benchmarks.wire import Request

CASES = (Case("document", document_post), Case("async tool call", tool(content.ASYNC_TOOL)))


class Round(NamedTuple):
    """Requests a second, and the microseconds of CPU that the server spent on each."""

    rate: float
    cpu: float


Rounds = dict[tuple[str, str], list[Round]]
"""By case and side, in the order of the rounds."""


def rates(pythons: Mapping[str, Path | str], rounds: int, seconds: float) -> Rounds:
    """Return what each side answers."""
    found: Rounds = {}
    with ExitStack() as stack:
        servers = {side: stack.enter_context(running(it, side)) for side, it in pythons.items()}
        asked = {side: _requests(server) for side, server in servers.items()}
        order = list(servers)
        for _ in range(rounds):
            for case in CASES:
                for side in order:
                    once = _round(servers[side], asked[side][case.name], seconds)
                    found.setdefault((case.name, side), []).append(once)
            order.reverse()
    return found


def _round(server: Running, asked: Request, seconds: float) -> Round:
    before = server.cpu_seconds()
    load = put_load(server.port, asked, seconds)
    return Round(load.rate, (server.cpu_seconds() - before) * 1e6 / load.answered)


def _requests(server: Running) -> dict[str, Request]:
    """Ask for a document once, for the URLs with their tokens."""
    asked = document_post({})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {name.decode(): value.decode() for name, value in asked.scope["headers"]}
    connection.request("POST", asked.target, asked.body, headers)
    document = json.loads(connection.getresponse().read())
    connection.close()
    return {case.name: case.build(document) for case in CASES}
