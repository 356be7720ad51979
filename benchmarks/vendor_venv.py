"""What is measured beside agentkit, in throw-away venvs: its own environment never sees it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("signalwire-sdk==3.7.5", "uvloop", "httptools")
PEER = ("py-key-value-aio[memory,filetree,disk,redis,postgresql]==0.5.0",)
FOLDER = Path(".bench")


def prepare() -> Path | None:
    """Return the Python that has the vendor's SDK, None when it cannot be installed."""
    return _prepared("vendor", PACKAGES, "signalwire")


def peer() -> Path | None:
    """Return the Python that has py-key-value-aio, None when it cannot be installed."""
    return _prepared("peer", PEER, "key_value.aio")


def _prepared(name: str, packages: Sequence[str], module: str) -> Path | None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    python = FOLDER / name / "bin" / "python"
    if _works(python, module):
        return python
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", FOLDER / name], check=True, timeout=120)
        subprocess.run([*install, *packages], check=True, timeout=600, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{packages[0]} cannot be installed, its figures stay empty: {error}")
        return None
    return python if _works(python, module) else None


def _works(python: Path, module: str) -> bool:
    try:
        subprocess.run([python, "-c", f"import {module}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(prepare() is None)
