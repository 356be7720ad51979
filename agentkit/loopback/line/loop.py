"""An event loop on which waiting takes no time.

Theory. Its time is the call's clock, which stands still while there is something to do. When
nothing is ready, the loop asks what could still happen before the next timer. Nothing: the clock
jumps to the timer. Something that this process does not command, a worker thread or a connection:
the loop waits for it in earnest, at most as long as the timer says; only when that has gone by
does the clock move, and then to the timer. So a tool that works 50 ms in a thread takes no time on
the clock, a deadline of 200 ms still ends one that hangs, and the times of a call depend on its
timers alone: two runs of a call tell the same.

A connection is one that this process reads from or writes to now; a listening socket is none.
"""

import asyncio
import math
import selectors
import socket
import sys
from asyncio.tasks import _enter_task, _leave_task
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from time import monotonic, sleep
from typing import Any, TypeVar

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.line import threads

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""How long a loop waits in earnest when nothing that it can see will ever happen."""

_LOOK_SECONDS = (0.001, 0.01)  # between looks at what works: first, and at most
_SECOND_LOOK_SECONDS = 0.0001
_MOST_TIMERS = 1000
_MICRO = 1_000_000

Events = list[tuple[selectors.SelectorKey, int]]


def run(
    main: Callable[[], Coroutine[Any, Any, T]],
    clock: Clock,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> T:
    """Run a coroutine function on a loop whose time is the clock, and return its result.

    What still runs at its end is cancelled, as by `asyncio.run`.

    Raises:
        CallError: everything waits for something else, and nothing will ever happen.
        RuntimeError: a loop runs in this thread already.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock, patience_seconds)) as runner:
        return runner.run(main())


def begun(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Make a task and take its first step at once, which for most requests is the last.

    Python 3.12 has eager tasks; on 3.11 the step that waits in line is run out of turn. Loops that
    are not asyncio's own have no such line.
    """
    if not isinstance(loop, asyncio.BaseEventLoop):
        return loop.create_task(coroutine)
    task = asyncio.Task(coroutine, loop=loop)  # a factory might make tasks that have begun
    step, caller = loop._ready.pop(), asyncio.current_task()  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio's own
    if caller is not None:
        _leave_task(loop, caller)
    try:
        step._run()  # noqa: SLF001 - as the loop itself does
    finally:
        if caller is not None:
            _enter_task(loop, caller)
    return task


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time is a clock; while it lives, the clock's `sleep` is its own.

    Args:
        clock: the call's.
        patience_seconds: how long it waits in earnest when nothing can happen.
    """

    _ready: deque[asyncio.Handle]  # asyncio's own
    _scheduled: list[asyncio.TimerHandle]
    _selector: selectors.BaseSelector
    _asyncgen_firstiter_hook: Callable[[AsyncGenerator[Any, Any]], None]
    _asyncgen_finalizer_hook: Callable[[AsyncGenerator[Any, Any]], None]

    def __init__(self, clock: Clock, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._clock = clock
        self._started_us = clock.us
        super().__init__(_Selector(clock, patience_seconds))
        self._clock_resolution = 1 / _MICRO
        clock.sleeper = self._sleep

    def time(self) -> float:
        """Return the seconds on the clock since the loop was made."""
        return (self._clock.us - self._started_us) / _MICRO

    def play(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end.

        Most of what a call does is done in one step: then the loop need not turn, as long as
        nobody else waits for that, and starting it takes longer than such a step.
        """
        task = self._begun(main)
        if task.done() and self._is_idle():
            return task.result()
        return self.run_until_complete(task)

    def _begun(self, main: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Make a task and take its first step as if the loop ran."""
        hooks = sys.get_asyncgen_hooks()
        firstiter, finalizer = self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook
        asyncio._set_running_loop(self)  # noqa: SLF001 - as `run_forever` does, like the hooks
        sys.set_asyncgen_hooks(firstiter=firstiter, finalizer=finalizer)
        try:
            return begun(self, main)
        finally:
            sys.set_asyncgen_hooks(*hooks)
            asyncio._set_running_loop(None)  # noqa: SLF001

    def _is_idle(self) -> bool:
        """Say whether nothing is to be done now: no step, no timer, no connection."""
        timers, only_its_own_pipe = self._scheduled, 1
        is_due = bool(timers) and timers[0].when() <= self.time()
        return not (self._ready or is_due) and len(self._selector.get_map()) == only_its_own_pipe

    def close(self) -> None:
        """Close the loop and leave the clock to others."""
        super().close()
        if self._clock.sleeper == self._sleep:
            self._clock.sleeper = None

    async def _sleep(self, seconds: float) -> None:
        """Sleep, at once if nothing else can happen meanwhile."""
        timers = self._scheduled
        until = self.time() + seconds
        if self._ready or not threads.alone() or (timers and timers[0].when() <= until):
            await asyncio.sleep(seconds)
        else:
            self._clock.advance(seconds)


class _Selector(selectors.DefaultSelector):
    """Waits for events, and lets the clock jump where there will be none."""

    def __init__(self, clock: Clock, patience_seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._waited = 0.0  # in earnest, all in all
        self._look_seconds = _LOOK_SECONDS[0]
        self._threads = threads.Others()
        self._first_seen: dict[int, float] = {}  # timers: what had been waited when they came up

    def select(self, timeout: float | None = None) -> Events:
        if timeout is not None and timeout <= 0:
            return [] if len(self.get_map()) == 1 else super().select(0)
        events = super().select(0)
        if events:
            return events
        if timeout is None:
            return self._await_anything()
        return self._await_timer(self._clock.us + max(1, math.ceil(timeout * _MICRO - 0.01)))

    def _await_timer(self, due_us: int) -> Events:
        if len(self._first_seen) > _MOST_TIMERS:
            self._first_seen.clear()
        since = self._first_seen.setdefault(due_us, self._waited)
        seconds = (due_us - self._clock.us) / _MICRO
        while (left := since + seconds - self._waited) > 0:
            events, quiet = self._look(left)
            if events:
                return events
            if quiet:
                break
        self._first_seen.clear()
        self._clock.us = due_us
        return []

    def _await_anything(self) -> Events:
        """Wait without a timer, but not for ever if nothing can happen."""
        quiet = False
        while not quiet:
            events, quiet = self._look(self._patience_seconds)
            if events:
                return events
        events = super().select(self._patience_seconds)
        if events:
            return events
        raise CallError(
            "the call hangs: every task waits for another, no thread works, and no timer is set"
        )

    def _look(self, left: float) -> tuple[Events, bool]:
        """Return events, or whether nothing can happen; wait no longer than `left` seconds."""
        if self._connected() or self._threads.working():
            return self._select_in_earnest(left), False
        self._look_seconds = _LOOK_SECONDS[0]
        if threads.alone():
            return [], True
        sleep(_SECOND_LOOK_SECONDS)  # whoever has just been woken gets the processor
        busy = self._threads.working()
        events = super().select(0)
        return events, not busy and not events

    def _select_in_earnest(self, left: float) -> Events:
        """Wait for events until the next look, which comes the later the longer it has taken."""
        began = monotonic()
        events = super().select(min(left, self._look_seconds))
        self._waited += monotonic() - began
        self._look_seconds = (
            _LOOK_SECONDS[0] if events else min(2 * self._look_seconds, _LOOK_SECONDS[1])
        )
        return events

    def _connected(self) -> bool:
        """Say whether there is a connection besides the pipe by which the loop is woken."""
        others = len(self.get_map()) - 1
        return others > 0 and sum(not _listens(key.fd) for key in self.get_map().values()) > 1


def _listens(descriptor: int) -> bool:
    try:
        opened = socket.socket(fileno=descriptor)
    except OSError:  # a pipe
        return False
    try:
        return bool(opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    finally:
        opened.detach()
