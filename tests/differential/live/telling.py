"""What an agent in another process has got: lines of a file."""

import json
import os
from pathlib import Path
from typing import Any

FILE = "AGENTKIT_TOLD"
"""The variable that names the file."""


def tell(agent: str, call_id: str, **what: Any) -> None:
    """Note what an agent got in a call."""
    with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"agent": agent, "call_id": call_id, **what}) + "\n")


def told(file: Path, call_id: str) -> list[dict[str, Any]]:
    """Return what was noted of a call, without its id."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if line.pop("call_id") == call_id]
