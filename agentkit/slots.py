"""How many threads the plain tools of one agent may take, and one of them alone.

A thread that hangs cannot be stopped. It keeps its slot in its own tool until it ends, so a tool
that hangs runs out of slots and is answered at once, while the others go on: once its caller is
gone, it no longer counts for the agent.
"""

from collections import Counter, deque
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import anyio
import msgspec

from agentkit.errors import AgentKitError, DefinitionError, RequestError
from agentkit.late import LateModule

if TYPE_CHECKING:
    from anyio import lowlevel
else:
    lowlevel = LateModule("anyio.lowlevel")

_HUNG_PER_THREAD = 4  # hung threads come on top, up to this many times the limit


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much work an agent takes on at once; what is over is refused before any user code.

    Attributes:
        calls: tool calls that are answered at the same time.
        threads: threads for plain tools, of the whole agent.
        threads_per_tool: threads that one plain tool may take of those; half of them by default.
        queue_seconds: how long a call may wait for a thread.
    """

    calls: int = 256
    threads: int = 256
    threads_per_tool: int | None = None
    queue_seconds: float = 0.5

    def __post_init__(self) -> None:
        share = self.threads_per_tool
        counts = [self.calls, self.threads, *([] if share is None else [share])]
        if any(not isinstance(count, int) or count < 1 for count in counts):
            raise DefinitionError(f"limits: {counts} must all be whole numbers of at least 1")
        if not 0 <= self.queue_seconds <= 60:  # noqa: PLR2004 - the platform waits 120 s
            raise DefinitionError("limits: queue_seconds must be from 0 to 60")

    @property
    def share(self) -> int:
        """Threads that one tool may take."""
        half = max(1, self.threads // 2)
        return min(self.threads_per_tool or half, self.threads)


class StuckError(AgentKitError):
    """Every thread that a tool may take hangs."""


def busy() -> RequestError:
    """Return the refusal of a request that nothing was done for: the platform sends it again."""
    return RequestError(503, "too much is going on, try again", {"Retry-After": "1"})


class Admission:
    """Counts calls in and out; one too many is refused.

    Attributes:
        lock: to be held around `enter` and `leave`: event loops of several threads may share an
            agent.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.lock = Lock()
        self.inside = 0

    def enter(self) -> None:
        """Count a call in; `leave` must follow.

        Raises:
            RequestError: 503, there are too many.
        """
        if self.inside >= self._limit:
            raise busy()
        self.inside += 1

    def leave(self) -> None:
        """Count a call out."""
        self.inside -= 1


class Slot:
    """One thread's worth of a tool."""

    __slots__ = ("_slots", "_state", "_tool")

    def __init__(self, slots: "Slots", tool: str) -> None:
        self._slots = slots
        self._tool = tool
        self._state = "waiting"

    def holding(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Return function so that it keeps this slot until it ends, however late that is."""

        def held() -> Any:
            with self._slots.lock:
                if self._state == "over":  # the caller left before this thread began
                    return None
                self._state = "running"
            try:
                return function()
            finally:
                self._slots.end(self._tool, hung=self._end())

        return held

    def leave(self) -> None:
        """The caller waits no more: a function that still runs is hung, one not begun never will.

        Must be called on the event loop.
        """
        with self._slots.lock:
            waiting, running = self._state == "waiting", self._state == "running"
            self._state = "left" if running else "over"
        if running:
            self._slots.hang(self._tool)
        if waiting:
            self._slots.end(self._tool, hung=False)
        self._slots.wake()

    def _end(self) -> bool:
        with self._slots.lock:
            hung = self._state == "left"
            self._state = "over"
        return hung


class _Waiter:
    """A call that waits for a thread."""

    __slots__ = ("event", "has_slot", "tool")

    def __init__(self, tool: str) -> None:
        self.tool = tool
        self.event = anyio.Event()
        self.has_slot = False


class Slots:
    """The threads that the plain tools of an agent hold."""

    def __init__(self, limits: Limits) -> None:
        self.lock = Lock()
        self._limits = limits
        self._held: Counter[str] = Counter()
        self._hung: Counter[str] = Counter()
        self._held_in_all = 0
        self._hung_in_all = 0

    @cached_property
    def _waiting(self) -> "lowlevel.RunVar[deque[_Waiter]]":
        # Event loops of several threads get the same one.
        made = self.__dict__.setdefault("_waiting", lowlevel.RunVar("agentkit_slots"))
        return cast("lowlevel.RunVar[deque[_Waiter]]", made)

    @property
    def hung(self) -> int:
        """How many threads run on for callers that are gone."""
        return self._hung_in_all

    async def take(self, tool: str) -> Slot:
        """Return a slot for a tool, waiting for one if there must be.

        Raises:
            StuckError: all that the tool may have are hung.
            RequestError: 503, none came free in time.
        """
        if not self._take(tool):
            await self._wait(_Waiter(tool))
        return Slot(self, tool)

    def end(self, tool: str, *, hung: bool) -> None:
        """Give a slot back."""
        with self.lock:
            self._held[tool] -= 1
            self._held_in_all -= 1
            self._hung[tool] -= hung
            self._hung_in_all -= hung

    def hang(self, tool: str) -> None:
        """Count a slot whose caller is gone while its function runs on."""
        with self.lock:
            self._hung[tool] += 1
            self._hung_in_all += 1

    def wake(self) -> None:
        """Give what is free to the first on this event loop who can use it."""
        waiting = self._waiting.get(None)
        for waiter in waiting or ():
            if not waiter.has_slot and self._is_free(waiter.tool):
                waiter.has_slot = self._take(waiter.tool)
                waiter.event.set()
                return

    def _take(self, tool: str) -> bool:
        self._check(tool)
        with self.lock:
            free = self._is_free(tool)
            self._held[tool] += free
            self._held_in_all += free
            return free

    def _check(self, tool: str) -> None:
        if self._hung[tool] >= self._limits.share:
            raise StuckError(f"all {self._limits.share} threads of the tool {tool!r} hang")

    def _is_free(self, tool: str) -> bool:
        held, limit = self._held_in_all, self._limits.threads
        return (
            self._held[tool] < self._limits.share
            and held - self._hung_in_all < limit
            and held < limit * _HUNG_PER_THREAD
        )

    async def _wait(self, waiter: _Waiter) -> None:
        waiting = self._waiting.get(None)
        if waiting is None:
            waiting = deque[_Waiter]()
            self._waiting.set(waiting)
        waiting.append(waiter)
        try:
            with anyio.move_on_after(self._limits.queue_seconds):
                await waiter.event.wait()
        except BaseException:  # cancelled just when it was given a slot
            if waiter.has_slot:
                Slot(self, waiter.tool).leave()
            raise
        finally:
            waiting.remove(waiter)
        if not waiter.has_slot and not self._take(
            waiter.tool
        ):  # a hung thread that ends wakes nobody
            raise busy()
