"""Starts the process that serves the agents, and ends it."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from tests.differential.live.telling import FILE
from tests.differential.observe import environment

ROOT = Path(__file__).parents[3]
SERVING = ("-m", "tests.differential.live.serving")


class Served(NamedTuple):
    """Where the agents listen, and the file in which they note what they got."""

    ports: Mapping[str, int]
    file: Path

    def url(self, server: str, route: str) -> str:
        """Return the address of an agent."""
        return f"http://127.0.0.1:{self.ports[server]}{route}"

    def told(self, call_id: str) -> list[dict[str, Any]]:
        """Return what the agents got in a call, in order, without its id."""
        lines = [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]
        return [line for line in lines if line.pop("call_id") == call_id]


@contextmanager
def served(python: str, side: str, folder: Path) -> Iterator[Served]:
    """Serve the agents in a Python with the SDK of a side, "agentkit" or "vendor".

    Raises:
        RuntimeError: they cannot be served; with what the process said.
    """
    file, log = folder / "told.jsonl", folder / "log.txt"
    file.touch()
    reader, writer = os.pipe()
    more = {"AGENTKIT_SIDE": side, "AGENTKIT_HOME": str(folder / "home"), FILE: str(file)}
    with os.fdopen(reader, encoding="utf-8") as ready, log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [str(Path(python).absolute()), *SERVING, str(writer)],
            cwd=ROOT,
            env={**environment(), **more},
            pass_fds=[writer],
            stdin=subprocess.PIPE,  # its end tells the process to end
            stdout=output,
            stderr=output,
        )
        os.close(writer)
        try:
            yield Served(_ports(ready, log), file)
        finally:
            process.kill()
            process.communicate()


def _ports(ready: IO[str], log: Path) -> dict[str, int]:
    """Wait until they listen: the pipe ends then, or with the process."""
    line = ready.read()
    if not line:
        raise RuntimeError(log.read_text("utf-8")[-4000:])
    ports: dict[str, int] = json.loads(line)
    return ports
