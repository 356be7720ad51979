"""The end of a served process: readiness turns red at once, what runs is finished, then it ends.

A load balancer needs a moment to see that a process is not ready any more. So after SIGTERM the
server goes on for a while as if nothing had happened, but for its readiness and for asking clients
not to reuse their connections; only then is the server's own handler told. A second SIGTERM does
not wait.
"""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from agentkit._log import log

SUPERVISOR = "AGENTKIT_SUPERVISOR_PID"
"""The environment variable by which a worker knows that `run` has started it."""

DELAY = "AGENTKIT_DRAIN_DELAY"
"""The environment variable that tells workers how long they go on after SIGTERM."""

REPEATED_SECONDS = 1.0
"""A signal this soon after the first is the same one: a supervisor and its workers get one each."""

_Handler = Callable[[int, FrameType | None], object]


class Drain:
    """Whether this process is about to end.

    Attributes:
        delay_seconds: how long it goes on after SIGTERM; None when the signal is not ours to take.
        begun: it has been told to end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.delay_seconds: float | None = None
        self.begun = False
        self._clock = clock

    @contextmanager
    def taking_signals(self) -> Iterator[None]:
        """Take SIGTERM before the server does, while an application is running."""
        before, delay_seconds = signal.getsignal(signal.SIGTERM), self._delay()
        in_main = threading.current_thread() is threading.main_thread()
        if delay_seconds is None or not in_main or not callable(before):
            yield
            return
        taken = _Signals(self, delay_seconds, before, self._clock)
        signal.signal(signal.SIGTERM, taken.handle)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGTERM) == taken.handle:
                signal.signal(signal.SIGTERM, before)

    def _delay(self) -> float | None:
        if self.delay_seconds is None and is_worker():
            return float(os.environ.get(DELAY, "0"))
        return self.delay_seconds


class _Signals:
    """What SIGTERM does while an application runs."""

    def __init__(
        self, drain: Drain, delay_seconds: float, server: _Handler, clock: Callable[[], float]
    ) -> None:
        self._drain = drain
        self._delay_seconds = delay_seconds
        self._server = server
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._told_at = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Begin to drain; or end at once, when told again."""
        if not self._drain.begun:
            self._drain.begun = True
            self._told_at = self._clock()
            self._loop.call_soon_threadsafe(self._begin, number)
        elif self._clock() - self._told_at >= REPEATED_SECONDS:
            self._server(number, frame)
            self._server(signal.SIGINT, frame)  # uvicorn then waits for nobody

    def _begin(self, number: int) -> None:
        log.info("draining", seconds=self._delay_seconds)
        self._loop.call_later(self._delay_seconds, self._server, number, None)


def is_worker() -> bool:
    """Say whether `run` has started this process as one of several."""
    return os.environ.get(SUPERVISOR) == str(os.getppid())


process = Drain()
"""This process."""
