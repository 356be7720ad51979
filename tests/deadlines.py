"""Deadlines that come when a test says so, and not while a thread has yet to begin."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
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


def run(backend: str, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """Run a function on a backend of anyio, which gives up in the end."""

    async def limited() -> Any:
        with anyio.fail_after(LONG):
            return await function(*args)

    return anyio.run(limited, backend=backend)
