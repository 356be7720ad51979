"""The time in a call: it stands still until the platform waits.

A call that is played at night on a loaded machine says the same times as one at noon, so
transcripts can be compared byte by byte and a timeout of two minutes costs nothing.
"""

from collections.abc import Awaitable, Callable

import anyio.lowlevel

START_US = 1_771_539_203_000_000
"""When calls begin, in microseconds since 1970, unless the test says otherwise."""


class Clock:
    """The platform's clock.

    Args:
        start_us: the time at which it starts, in microseconds since 1970.

    Attributes:
        us: the time now, in microseconds since 1970.
        sleeper: how a loop of virtual time sleeps, while one runs (`agentkit.loopback.line.run`).
    """

    def __init__(self, start_us: int = START_US) -> None:
        self.us = start_us
        self.sleeper: Callable[[float], Awaitable[None]] | None = None

    @property
    def seconds(self) -> float:
        """The time now, in seconds since 1970."""
        return self.us / 1_000_000

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: seconds is negative.
        """
        if seconds < 0:
            raise ValueError(f"time goes forward only, not by {seconds} seconds")
        self.us += round(seconds * 1_000_000)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and other tasks run.

        On a loop of virtual time they do in this time what they do then; elsewhere there is only
        an occasion to run.

        Raises:
            ValueError: seconds is negative.
        """
        if self.sleeper is not None and seconds > 0:
            await self.sleeper(seconds)
        else:
            self.advance(seconds)
            await anyio.lowlevel.checkpoint()
