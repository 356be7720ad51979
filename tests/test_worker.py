"""Whether a worker is gone: certain only of a process of this machine that is no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit import worker
from agentkit.worker import is_gone, this_worker


def test_this_process_is_not_gone() -> None:
    assert not is_gone(this_worker())


def test_every_worker_has_a_name_of_its_own() -> None:
    assert this_worker() != this_worker()


def test_a_process_that_ended_is_gone() -> None:
    told = [sys.executable, "-c", "from agentkit.worker import *; print(this_worker())"]
    name = subprocess.run(told, capture_output=True, check=True).stdout.decode().strip()
    assert is_gone(name)


def test_of_another_machine_nothing_is_known() -> None:
    _, process, own = this_worker().split(".")
    assert not is_gone(f"0123456789abcdef.{process}.{own}")


@pytest.mark.parametrize("odd", ["", ".", "a.b", "{m}", "{m}.", "{m}.x.y", "{m}.-1.y", "{m}.²"])
def test_a_name_that_is_none_is_not_gone(odd: str) -> None:
    machine = this_worker().partition(".")[0]
    assert not is_gone(odd.format(m=machine))


@pytest.mark.parametrize("error", [PermissionError, OverflowError])
def test_a_process_that_cannot_be_asked_is_not_gone(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(process: int, signal: int) -> None:
        raise error

    name = this_worker()
    monkeypatch.setattr(os, "kill", refuse)
    assert not is_gone(name)


def test_a_system_that_tells_nothing_of_itself_still_has_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker, "_BOOT", tmp_path / "missing")
    monkeypatch.setattr(worker, "_PROCESSES", tmp_path / "missing")
    worker._machine.cache_clear()
    try:
        assert not is_gone(this_worker())
    finally:
        worker._machine.cache_clear()
