"""SIP calls: reading addresses that are twice as long, and finding one of many agents."""

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from itertools import islice
from statistics import median

from agentkit import AgentServer, sip
from benchmarks import content, kit
from benchmarks.wire import Request, request, send_all

SHAPES: dict[str, Callable[[int], str]] = {
    "quotes": lambda n: '"' * n,
    "escaped quotes": lambda n: '"' + '\\"' * n,
    "a quoted name without its end": lambda n: '"' + "a" * n,
    "brackets": lambda n: "<" * n,
    "at signs": lambda n: "sip:" + "@" * n,
    "semicolons": lambda n: "sip:a" + ";" * n + "@d",
    "colons": lambda n: "sip:" + ":" * n + "@d",
    "percent signs": lambda n: "sip:" + "%" * n + "@d",
    "escapes": lambda n: "sip:" + "%41" * n + "@d",
    "spaces": lambda n: " " * n + "sip:a@d" + " " * n,
    "slashes": lambda n: "/" * n,
    "a long user": lambda n: f"sip:{'a' * n}@d",
    "separators": lambda n: "tel:+" + "-" * n,
}
LENGTH = 50_000


def growth(rounds: int) -> dict[str, float]:
    """Return, by shape, how much longer an address of twice the length takes."""
    return {
        name: _growth(shape(2 * LENGTH), shape(LENGTH), rounds) for name, shape in SHAPES.items()
    }


def _growth(long: str, short: str, rounds: int) -> float:
    """Return the median of the rounds' ratios: the machine may be slower in one than in another."""
    return median(_time(long) / _time(short) for _ in range(rounds))


def _time(address: str) -> float:
    """Return the time of several readings."""
    began = time.process_time()
    for _ in range(8):
        sip.username(address)
    return time.process_time() - began


def dispatch(counts: tuple[int, int], rounds: int, seconds: float) -> dict[int, list[float]]:
    """Return microseconds of CPU a SIP call, by the number of agents, in the order of rounds."""
    servers = {count: _server(count) for count in counts}
    calls = {count: list(islice(_calls(count), 64)) for count in counts}
    gc.collect()
    gc.freeze()
    try:
        return asyncio.run(_in_turns(servers, calls, rounds, seconds))
    finally:
        gc.unfreeze()


def _server(count: int) -> AgentServer:
    server = AgentServer().setup_sip_routing(auto_map=False)
    shop = kit.class_of_tools()
    for number in range(count):
        agent = kit.bare(f"/a{number}", shop).register_sip_username(f"agent{number}")
        server.register(agent)
        agent.compiled()
    return server


def _calls(count: int) -> Iterator[Request]:
    """Calls to all agents in turn, in steps that visit each of them."""
    while True:
        for number in range(0, count, max(1, count // 61)):
            to = f"sip:Agent{number}@shop.dapp.signalwire.example;transport=udp"
            call = {"call_id": content.CALL_ID, "to": to, "from": "+12025550123"}
            yield request("POST", "/sip", body=json.dumps({"call": call}).encode())


async def _in_turns(
    servers: dict[int, AgentServer], calls: dict[int, list[Request]], rounds: int, seconds: float
) -> dict[int, list[float]]:
    told: dict[int, list[float]] = {count: [] for count in servers}
    for _ in range(rounds):
        for count, server in servers.items():
            told[count].append(await _cost(server, calls[count], seconds))
    return told


async def _cost(server: AgentServer, calls: list[Request], seconds: float) -> float:
    began, times = time.process_time(), 0
    while time.process_time() - began < seconds:
        await send_all(server, calls[0].scope, [call.messages for call in calls])
        times += len(calls)
    return (time.process_time() - began) / times * 1e6


def ratio(told: dict[int, list[float]], over: int, under: int) -> float:
    """Return the median of the ratios of the rounds."""
    return median(a / b for a, b in zip(told[over], told[under], strict=True))
