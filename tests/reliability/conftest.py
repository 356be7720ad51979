"""Fixtures: `record` prints figures, also with `-q`; `small_disk` is a disk that can be filled."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from blockbuster import BlockBuster

from tests.reliability import patience
from tests.reliability.harness import figures


@pytest.fixture(autouse=True)
def unwatched(no_blocking: BlockBuster) -> None:
    """Let nobody look over the shoulder of each socket and lock: it takes most of the time here.

    Whether a store blocks the event loop is asked in `tests/state`.
    """
    no_blocking.deactivate()


@pytest.fixture(autouse=True)
def patient_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a machine that stands still for seconds be no fault of a store."""
    patience.have(monkeypatch.setitem, monkeypatch.setattr)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Print what a test measured: `record("counter on SQLite", result, seconds=1.5)`."""
    writer = request.config.get_terminal_writer()
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")

    def line(what: str, *results: Any, **more: object) -> None:
        with capture.global_and_fixture_disabled():
            writer.line()
            writer.line(f"  {what}: {figures(*results, **more)}")

    return line


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of eight mebibytes, in memory. Only root may make one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")  # pragma: no cover
    path = tmp_path / "small"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)]
    if subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("this system lets nobody mount a file system")  # pragma: no cover
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder where a sync costs nothing, if this system has one."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)
