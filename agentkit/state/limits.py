"""Time limits of many short pieces of work, with one timer for all of them.

Nearly all work ends long before its limit, and to set and cancel a timer for each would be the
greater part of the cost of a limit. So there is one, which is set for the limit that comes first,
stays when the work ends, and then moves on to the limit that comes first by that time.
"""

import asyncio  # noqa: TID251 - a timer that stays when its scope has ended is not to be had of anyio
from types import TracebackType

import anyio


class Limits:
    """The limits on the event loop on which this is made, which is one of asyncio."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends: dict[anyio.CancelScope, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def until(self, end: float) -> "Limit":
        """Return a scope (`with`) that is cancelled at a time of the loop's clock."""
        return Limit(self, end)

    def begin(self, scope: anyio.CancelScope, end: float) -> None:
        """Cancel a scope at a time, unless it ends before."""
        self._ends[scope] = end
        if self._timer is None or end < self._timer.when():
            self._set(end)

    def end(self, scope: anyio.CancelScope) -> None:
        """Leave a scope alone from now on."""
        self._ends.pop(scope, None)

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._come)

    def _come(self) -> None:
        self._timer, now = None, self._loop.time()
        for scope in [scope for scope, end in self._ends.items() if end <= now]:
            self.end(scope)
            scope.cancel()
        if self._ends:
            self._set(min(self._ends.values()))


class Limit:
    """One of the limits."""

    __slots__ = ("_end", "_limits", "_scope")

    def __init__(self, limits: Limits, end: float) -> None:
        self._limits = limits
        self._end = end
        self._scope = anyio.CancelScope()

    def __enter__(self) -> anyio.CancelScope:
        self._limits.begin(self._scope, self._end)
        return self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._limits.end(self._scope)
        return self._scope.__exit__(kind, error, traceback)
