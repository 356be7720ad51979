"""Whole calls played by the loopback, and the same requests sent bare."""

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from agentkit.loopback import Call, Loopback, PhoneCall
from agentkit.loopback.webhook import Answer, Webhook, Wire
from benchmarks import content, kit, wire

TURNS, TOOLS = 10, 5
ARGUMENTS = {"order": "A-17", "count": 2, "gift": True}
SUMMARY = {"orders": TOOLS}

_LOADING = """
import time
import pytest
began = time.process_time()
import agentkit_pytest
print(time.process_time() - began)
"""


class Effort(NamedTuple):
    """How much to play: rounds of so many calls."""

    rounds: int
    calls: int


class Rates(NamedTuple):
    """What was measured: CPU seconds a call, by round."""

    awaited: list[float]
    plain: list[float]
    bare: list[float]

    def ratio(self) -> float:
        """Return the median of what a call costs over its requests alone."""
        return median(a / b for a, b in zip(self.awaited, self.bare, strict=True))


class _Recorded:
    """Keeps what goes over a wire."""

    def __init__(self, inner: Wire) -> None:
        self.sent: list[Webhook] = []
        self._inner = inner

    async def send(self, webhook: Webhook) -> Answer:
        self.sent.append(webhook)
        return await self._inner.send(webhook)


def measure(effort: Effort) -> Rates:
    """Play calls and send their requests, in turns."""
    rates = Rates([], [], [])
    asyncio.run(_warm_up())
    gc.collect()
    gc.freeze()
    for _ in range(effort.rounds):
        recorded = asyncio.run(_recorded(effort.calls))
        rates.awaited.append(asyncio.run(_timed(_played(effort.calls))) / effort.calls)
        rates.bare.append(asyncio.run(_timed(_sent(recorded))) / effort.calls)
        rates.plain.append(_plain(effort.calls) / effort.calls)
    gc.unfreeze()
    return rates


def loading(rounds: int) -> float:
    """Return the CPU seconds that the pytest plugin adds to a test run that does not use it."""
    command = [sys.executable, "-c", _LOADING]
    spent = [
        float(subprocess.run(command, capture_output=True, check=True, encoding="ascii").stdout)
        for _ in range(rounds)
    ]
    return median(spent)


async def _warm_up() -> None:
    await _played(20)()


async def _timed(act: Callable[[], Awaitable[None]]) -> float:
    began = time.process_time()
    await act()
    return time.process_time() - began


def _played(calls: int) -> Callable[[], Awaitable[None]]:
    agent = kit.agent(TOOLS)

    async def play() -> None:
        for _ in range(calls):
            await _call(PhoneCall(agent, base_url=content.PUBLIC_URL))

    return play


async def _call(call: PhoneCall) -> None:
    """Play one call: ten turns, a function in every second one, a summary."""
    names = call_names()
    await call.start().answers("Welcome to the shop.")
    for turn in range(TURNS):
        said = call.say(f"These are the words of turn {turn}.")
        if turn % 2:
            said.uses(names[turn // 2], ARGUMENTS)
        else:
            said.answers("I see. What else?")
        await said
    await call.hang_up(summary=SUMMARY)


def _plain(calls: int) -> float:
    agent, names = kit.agent(TOOLS), call_names()
    began = time.process_time()
    with Loopback() as loopback:
        for _ in range(calls):
            call: Call = loopback.call(agent, base_url=content.PUBLIC_URL)
            call.start().answers("Welcome to the shop.")
            for turn in range(TURNS):
                said = call.say(f"These are the words of turn {turn}.")
                if turn % 2:
                    said.uses(names[turn // 2], ARGUMENTS)
                else:
                    said.answers("I see. What else?")
            call.hang_up(summary=SUMMARY)
    return time.process_time() - began


def call_names() -> list[str]:
    """Return the functions that a call uses, in order: coroutines only."""
    names = [name for name in content.tool_names(TOOLS) if name != content.SYNC_TOOL]
    return (names * TOOLS)[:TOOLS]


async def _recorded(calls: int) -> list[wire.Request]:
    """Return the requests of calls to an agent, ready to be sent to another."""
    agent = kit.agent(TOOLS)
    sent: list[Webhook] = []
    for _ in range(calls):
        call = PhoneCall(agent, base_url=content.PUBLIC_URL)
        recorder = _Recorded(call.engine.parts.wire)
        call.engine.parts.wire = recorder
        await _call(call)
        sent += recorder.sent
    return [_request(webhook) for webhook in sent]


def _request(webhook: Webhook) -> wire.Request:
    parts = urlsplit(webhook.url)
    return wire.request("POST", parts.path, parts.query, webhook.body)


def _sent(requests: list[wire.Request]) -> Callable[[], Awaitable[None]]:
    agent = kit.agent(TOOLS)

    async def send() -> None:
        for asked in requests:
            status, _ = await wire.fetch(agent, asked)
            if status != 200:
                raise RuntimeError(f"{asked.target} was answered {status}")

    return send
