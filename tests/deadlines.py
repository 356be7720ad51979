"""Deadlines that come when a test says so, and not while a thread has yet to begin."""

import asyncio
import threading

from anyio.lowlevel import checkpoint

LONG = 60.0
"""How long a test waits for what must come: a machine may stand still for seconds."""


def pass_time(seconds: float) -> None:
    """Let so much time have passed for the asyncio loop that runs here."""
    loop = asyncio.get_running_loop()
    told = loop.time
    loop.time = lambda: told() + seconds  # type: ignore[method-assign]


async def overtake(begun: threading.Event, seconds: float) -> None:
    """Let so much time pass once a thread has begun to hang."""
    while not begun.is_set():
        await checkpoint()
    pass_time(seconds)
