"""Where an agent in a process of its own notes what it has got: lines of a file."""

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
