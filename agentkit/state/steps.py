"""Records keep their time to live when the clock of the host is set while they live.

Expiry is kept in Unix time, which people and other processes understand. But the clock may be
stepped, by seconds or by years, and must not end every call at once. So what is stored also says
which boot of the host it was written in, and how far Unix time was ahead of the time since that
boot, which nobody sets. When a record is read in the same boot, the difference to now is the step,
and its times move with the clock.

After a reboot only Unix time is left, and calls do not survive one.
"""

import os
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from agentkit.state.base import Entry, Record, unix_clock
from agentkit.state.row import Row

Timed = TypeVar("Timed", Record, Entry, Row)

STEP_SECONDS = 1.0
"""Differences up to this are no step: the two clocks are not read at the same instant."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_NAMESPACE = "/proc/self/ns/time"  # containers may have a time since boot of their own

boot_clock: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_BOOTTIME")
    else time.monotonic
)
"""Seconds since the host was started, with those that it slept if the system counts them."""


class Reading(msgspec.Struct, frozen=True):
    """What the clocks of the host say at one moment.

    Attributes:
        now: Unix seconds.
        boot: which boot, or which process where boots have no names.
        ahead: how far `now` is ahead of the seconds since that boot.
    """

    now: float
    boot: str
    ahead: float


class HostClock:
    """Unix time beside the time since boot.

    Args:
        clock: Unix seconds; it may be stepped.
        steady: seconds that nobody sets. Unless it is given, the time since boot goes with the
            clock of the system, and another clock is taken to be never stepped.
        boot: which boot this is; asked of the system unless it is given. A clock that is never
            stepped needs none, and what it wrote is compared with nothing else.
    """

    __slots__ = ("_boot", "_clock", "_steady")

    def __init__(
        self,
        clock: Callable[[], float] = unix_clock,
        steady: Callable[[], float] | None = None,
        boot: str | None = None,
    ) -> None:
        self._clock = clock
        self._steady = steady or (boot_clock if clock is unix_clock else None)
        known = "" if self._steady is None else boot
        self._boot = this_boot() if known is None else known

    def read(self) -> Reading:
        """Return what the clocks say now."""
        now = self._clock()
        return Reading(now, self._boot, 0.0 if self._steady is None else now - self._steady())


def this_boot() -> str:
    """Return a name for this boot of the host, or for this process if boots have none."""
    try:
        return f"{_BOOT_ID.read_text('ascii').strip()} {Path(_TIME_NAMESPACE).readlink()}"
    except OSError:
        return f"process {os.getpid()} {secrets.token_hex(8)}"


def moved(row: Row, written: Reading, here: Reading) -> Row:
    """Return a row with its times moved by the step of the clock since it was written."""
    step = here.ahead - written.ahead
    if written.boot != here.boot or abs(step) <= STEP_SECONDS:
        return row
    return shifted(row, step)


def shifted(what: Timed, step: float) -> Timed:
    """Return something with its times moved by so many seconds."""
    return msgspec.structs.replace(
        what,
        created_at=what.created_at + step,
        updated_at=what.updated_at + step,
        expires_at=what.expires_at + step,
    )
