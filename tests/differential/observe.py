"""Observe the vendor's SDK in its own Python. Only `make differential` runs this.

`python -m tests.differential.observe` writes the recording anew.
"""

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from tests.differential import masks
from tests.differential.vendor import HERE, RECORDED, VENDOR, Answers, masked

SECONDS = 300
LOCAL = {"SWML_ALLOW_PRIVATE_URLS": "1"}  # its skills ask a server of this host
CHILD = "import json, tests.differential.child as child; print(json.dumps(child.parts()))"


@cache
def observed(python: str) -> dict[str, Answers]:
    """What the SDK says now."""
    done = subprocess.run(
        [str(Path(python).absolute()), "-c", CHILD],
        cwd=HERE.parents[1],
        capture_output=True,
        check=False,
        timeout=SECONDS,
        env=environment(),
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    found: dict[str, Answers] = json.loads(
        masked(done.stdout.splitlines()[-1])
    )  # its prefabs print
    return {**found, "agents": masks.masked(found["agents"])}


def environment() -> dict[str, str]:
    """The child's environment: settings of this machine must not reach the documents."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "AGENTKIT_SIDE": "vendor", "SIGNALWIRE_LOG_MODE": "off", **LOCAL}


if __name__ == "__main__":
    seen = observed(VENDOR or ".bench/vendor/bin/python")
    RECORDED.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n", "utf-8")
