"""Who runs a piece of work that others may find unfinished: a process, and whether it is gone.

A worker names the machine (its boot, its process namespace), the process and one object in it. On
the same machine a process that is no more is known to be gone at once; of another machine nothing
can be told, and only the end of its lease says so.
"""

import os
import socket
from contextlib import suppress
from functools import cache

from agentkit.digests import blake2b

_BOOT = "/proc/sys/kernel/random/boot_id"
_PROCESSES = "/proc/self/ns/pid"


def this_worker() -> str:
    """Return a new worker of this process, as `machine.process.object`."""
    return f"{_machine()}.{os.getpid()}.{os.urandom(4).hex()}"


def is_gone(worker: str) -> bool:
    """Say whether a worker certainly ended: its process ran on this machine and is no more."""
    machine, _, rest = worker.partition(".")
    process = rest.partition(".")[0]
    if machine != _machine() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # somebody else's process; no number of one
        return False
    return False


@cache
def _machine() -> str:
    """Two containers with one host name differ in their process namespace."""
    told = [socket.gethostname(), _boot(), _namespace()]
    return blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


def _boot() -> str:
    with suppress(OSError), open(_BOOT, encoding="utf-8") as file:  # noqa: PTH123 - as below
        return file.read()  # there are systems without this file
    return ""


def _namespace() -> str:
    with suppress(OSError):
        return os.readlink(_PROCESSES)  # noqa: PTH115 - each start would have to load pathlib
    return ""
