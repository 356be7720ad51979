"""Many agents on one server, in a process of its own: `python -m benchmarks.many kit 1000 time`.

What is asked for is `time` (with nothing that slows), or `memory` (with tracemalloc).
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import content
from benchmarks.wire import App, Request, fetch, repeat, request

ROUNDS = 15
Told = dict[str, float]


def run(python: Path | str, side: str, count: int) -> Told:
    """Return seconds, bytes and microseconds of CPU, of and to each of many agents."""
    told: Told = {}
    for asked in ("time", "memory"):
        command = [str(python), "-m", "benchmarks.many", side, str(count), asked]
        ended = subprocess.run(command, capture_output=True, check=True)
        told |= json.loads(ended.stdout.splitlines()[-1])
    return told


def builder(side: str, module: Any) -> tuple[App, Callable[[str], None]]:
    """Return a server, and what puts one more agent on it."""
    if side == "raw":
        raw_server = module.Server()
        return raw_server, lambda route: raw_server.register(module.Agent(route=route), route)
    server = module.server()
    if side == "vendor":
        return server.app, lambda route: server.register(module.agent(route=route))
    if side == "kit":
        kind = module.class_of_tools()
        return server, lambda route: server.register(module.bare(route, kind))
    return server, lambda route: server.register(module.agent(route=route))


def main(side: str, count: str, asked: str) -> None:
    """Print what was measured, as JSON."""
    module = import_module(f"benchmarks.{side.removesuffix('-functions')}")
    app, register = builder(side, module)
    register("/warm")  # what happens once a process is not on the account of the first agent
    asyncio.run(_documents(app, ["/warm"]))
    routes = [f"/a{number}" for number in range(int(count))]
    measured = _memory if asked == "memory" else _time
    print(json.dumps(measured(app, register, routes)))


def _time(app: App, register: Callable[[str], None], routes: list[str]) -> Told:
    began = time.process_time()
    for route in routes:
        register(route)
    registered = time.process_time()
    asyncio.run(_documents(app, routes))
    served = time.process_time()
    return {
        "register_seconds": (registered - began) / len(routes),
        "first_document_seconds": (served - registered) / len(routes),
        **asyncio.run(_to_first_and_last(app, routes)),
    }


def _memory(app: App, register: Callable[[str], None], routes: list[str]) -> Told:
    gc.collect()
    tracemalloc.start()
    for route in routes:
        register(route)
    gc.collect()
    registered = tracemalloc.get_traced_memory()[0]
    asyncio.run(_documents(app, routes))
    gc.collect()
    served = tracemalloc.get_traced_memory()[0]
    return {"register_bytes": registered / len(routes), "served_bytes": served / len(routes)}


async def _documents(app: App, routes: list[str]) -> None:
    for route in routes:
        status, _ = await fetch(app, _document(route))
        if status != 200:
            raise SystemExit(f"{route} was answered with {status}")


async def _to_first_and_last(app: App, routes: list[str]) -> Told:
    asked = {}
    for place, route in (("first", routes[0]), ("last", routes[-1])):
        asked[f"document_{place}"] = _document(route)
        asked[f"refusal_{place}"] = request("GET", f"{route}/", authorization=None)
    costs: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, each in asked.items():
            costs[name].append(await _cost(app, each))
    return {name: median(cost) * 1e6 for name, cost in costs.items()}


async def _cost(app: App, asked: Request) -> float:
    began, times = time.process_time(), 0
    while time.process_time() - began < 0.01:
        await repeat(app, asked, 8)
        times += 8
    return (time.process_time() - began) / times


def _document(route: str) -> Request:
    """Ask with a slash: the vendor answers without one only after start-up events."""
    return request("GET", f"{route}/", f"call_id={content.CALL_ID}")


if __name__ == "__main__":
    main(*sys.argv[1:])
