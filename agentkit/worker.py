"""Who runs a piece of work that others may find unfinished: a process, and whether it is gone.

A worker names the machine (its boot, its process namespace), the process and one object in it. On
the same machine a process that is no more is known to be gone at once; of another machine nothing
can be told, and only the end of its lease says so.
"""

import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES = Path("/proc/self/ns/pid")


def this_worker() -> str:
    """Return a new worker of this process, as `machine.process.object`."""
    return f"{_machine()}.{os.getpid()}.{secrets.token_hex(4)}"


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
    with suppress(OSError):  # a system without this file
        return _BOOT.read_text("utf-8")
    return ""


def _namespace() -> str:
    with suppress(OSError):
        return str(_PROCESSES.readlink())
    return ""
