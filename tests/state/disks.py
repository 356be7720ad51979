"""Disks that fail, or write in small pieces."""

import errno
from collections.abc import Callable
from functools import partial
from typing import Any

from agentkit.state.disk import Disk

CALLS = (
    "create", "write", "date", "sync", "rename", "unlink", "link", "read", "listing", "names",
    "sync_folder",
)  # fmt: skip

FULL = OSError(errno.ENOSPC, "no space left")
QUOTA = OSError(errno.EDQUOT, "over the quota")
BROKEN = OSError(errno.EIO, "input or output error")

Faults = dict[str, Exception]
"""The names of system calls, and how they fail."""


def faulty(faults: Faults) -> Callable[[int], Disk]:
    """Return a maker of disks whose calls fail as long as the dict says so."""

    def make(folder: int) -> Disk:
        disk = Disk(folder)
        for name in CALLS:
            setattr(disk, name, partial(_call, faults, name, getattr(disk, name)))
        return disk

    return make


def _call(faults: Faults, name: str, method: Callable[..., Any], *args: Any) -> Any:
    if name in faults:
        raise faults[name]
    return method(*args)


class PieceMeal(Disk):
    """A disk that never writes more than seven bytes at a time."""

    def write(self, file: int, data: memoryview) -> int:
        return super().write(file, data[:7])


class Idle(Disk):
    """A disk that writes nothing and says so."""

    def write(self, file: int, data: memoryview) -> int:
        return 0
