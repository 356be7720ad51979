"""Serve one side with uvicorn on a socket of the harness: `python -m benchmarks.serve kit 5`.

The socket is made with `proto=IPPROTO_TCP`: without it asyncio does not set TCP_NODELAY and every
keep-alive request waits for a delayed acknowledgement.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.sides import application


class Running(NamedTuple):
    """A server that has been started; it answers as soon as it can."""

    port: int
    process: "subprocess.Popen[bytes]"
    began: float

    def cpu_seconds(self) -> float:
        """Return the CPU that it has used, 0 where the system does not tell."""
        try:
            text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return 0.0
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(python: Path | str, side: str) -> Iterator[Running]:
    """Start a server; end it at last."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(128)
        began = time.monotonic()
        process = subprocess.Popen(
            [str(python), "-m", "benchmarks.serve", side, str(bound.fileno())],
            pass_fds=[bound.fileno()],
        )
        try:
            yield Running(bound.getsockname()[1], process, began)
        finally:
            process.terminate()
            process.wait()


def main(side: str, descriptor: str) -> None:
    """Serve until told to stop."""
    import uvicorn  # noqa: PLC0415 - the harness itself needs none

    config = uvicorn.Config(
        application(side), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    inherited = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=int(descriptor)
    )
    uvicorn.Server(config).run(sockets=[inherited])


if __name__ == "__main__":
    main(*sys.argv[1:])
