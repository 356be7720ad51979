"""Throw-away venvs: of agentkit as its users install it, and of what is measured beside it.

The environment that agentkit is developed in is none to measure a start in: it has packages that
uvicorn and others load only because they are there.
"""

import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("signalwire-sdk==3.7.5", "uvloop", "httptools")
PEER = ("py-key-value-aio[memory,filetree,disk,redis,postgresql]==0.5.0",)
PLAIN = ("anyio", "msgspec", "starlette", "uvicorn", "uvloop", "httptools", "mangum")
FOLDER = Path(".bench")


def plain() -> Path | None:
    """Return a Python with what agentkit needs to be served, in the versions that are here.

    None when they cannot be installed. agentkit itself is found in the working directory.
    """
    packages = [f"{name}=={version(name)}" for name in PLAIN]
    return _prepared("plain", packages, ", ".join(PLAIN))


def prepare() -> Path | None:
    """Return the Python that has the vendor's SDK, None when it cannot be installed."""
    return _prepared("vendor", PACKAGES, "signalwire")


def peer() -> Path | None:
    """Return the Python that has py-key-value-aio, None when it cannot be installed."""
    return _prepared("peer", PEER, "key_value.aio")


def _prepared(name: str, packages: Sequence[str], modules: str) -> Path | None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    python = FOLDER / name / "bin" / "python"
    if _works(python, modules):
        return python
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", FOLDER / name], check=True, timeout=120)
        subprocess.run([*install, *packages], check=True, timeout=600, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{packages[0]} cannot be installed, its figures stay empty: {error}")
        return None
    return python if _works(python, modules) else None


def _works(python: Path, modules: str) -> bool:
    try:
        subprocess.run([python, "-c", f"import {modules}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(prepare() is None)
