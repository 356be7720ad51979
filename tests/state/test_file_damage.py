"""A damaged record is one call's trouble: it is refused, kept, and never taken for no state."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agentkit.errors import (
    CallEnded,
    StateCorrupt,
    StateSchema,
)
from agentkit.state.base import ABSENT, ANY, TOMBSTONE_SECONDS
from agentkit.state.file import FileState
from agentkit.state.file_format import FORMAT, decode, encode, name_of
from tests.state.disks import FULL, Faults, faulty
from tests.state.files import (
    TTL,
    put,
    quarantined,
    record_file,
    value,
)
from tests.state.stores import Clock


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def faults() -> Faults:
    return {}


@pytest.fixture
def state(directory: Path, clock: Clock, faults: Faults) -> FileState:
    """A store on a disk that fails as `faults` says."""
    return FileState(directory, clock=clock, make_disk=faulty(faults))


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def damage(directory: Path, key: str, change: Callable[[bytes], bytes] = flipped) -> bytes:
    path = record_file(directory, key)
    path.write_bytes(change(path.read_bytes()))
    return path.read_bytes()


def test_a_damaged_record_is_never_taken_for_none(state: FileState, directory: Path) -> None:
    put(state, "k", b"1")
    damage(directory, "k")
    for _ in range(2):
        with pytest.raises(StateCorrupt):
            state.get("k")
        for expect in (ABSENT, ANY, "v.1"):
            with pytest.raises(StateCorrupt):
                put(state, "k", expect=expect)
    state.close()
    with pytest.raises(StateCorrupt):
        state.get("k")


@pytest.mark.parametrize("call", ["get", "put", "purge"])
def test_a_damaged_record_is_kept_in_quarantine_once(
    state: FileState,
    directory: Path,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    call: str,
) -> None:
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: state.get("k"),
        "put": lambda: put(state, "k"),
        "purge": lambda: state.purge(10),
    }
    put(state, "k", b"secret")
    damaged = damage(directory, "k")
    clock.advance(TTL)
    os.utime(record_file(directory, "k"), (0, 0))
    with caplog.at_level(logging.ERROR, "agentkit"):
        for _ in range(3):
            with suppress(StateCorrupt):
                calls[call]()
    assert quarantined(directory) == [damaged]
    assert [each.name for each in caplog.records] == ["agentkit"]
    assert f"state_record_damaged record={name_of('k')}" in caplog.text
    assert "secret" not in caplog.text


def test_other_calls_are_not_affected_by_a_damaged_record(
    state: FileState, directory: Path, clock: Clock
) -> None:
    for key in ("a", "b", "c"):
        put(state, key, key.encode())
    damage(directory, "b")
    assert [entry.key for entry in state.scan()] == sorted(["a", "c"], key=name_of)
    put(state, "a", b"2")
    assert value(state, "a") == b"2"
    clock.advance(TTL)
    assert state.purge(10) == 2
    assert state.purge(10) == 0


def test_a_damaged_record_can_be_deleted(state: FileState, directory: Path, clock: Clock) -> None:
    put(state, "k", b"1")
    damage(directory, "k")
    assert state.delete("k") is True
    with pytest.raises(CallEnded):
        put(state, "k")
    clock.advance(TOMBSTONE_SECONDS)
    put(state, "k", b"2")
    damage(directory, "k")
    assert state.delete("k", final=False) is True
    put(state, "k", b"3")
    assert value(state, "k") == b"3"
    assert len(quarantined(directory)) == 2


def test_a_damaged_record_has_no_version_to_delete(state: FileState, directory: Path) -> None:
    version = put(state, "k", b"1")
    damage(directory, "k")
    with pytest.raises(StateCorrupt):
        state.delete("k", expect=version)


def test_a_record_in_the_place_of_another_is_not_taken_for_it(
    state: FileState, directory: Path
) -> None:
    put(state, "mine", b"mine")
    put(state, "yours", b"yours")
    record_file(directory, "yours").replace(record_file(directory, "mine"))
    with pytest.raises(StateCorrupt, match="another key"):
        state.get("mine")
    assert state.scan() == []


def test_a_record_that_is_renewed_while_it_is_found_damaged_is_read_again(
    state: FileState, directory: Path
) -> None:
    put(state, "k", b"1")
    here = state._opened
    assert here is not None
    load = here.files.load
    damages = [StateCorrupt("while it was read")]

    def once(name: str) -> Any:
        if damages:
            raise damages.pop()
        return load(name)

    here.files.load = once  # type: ignore[method-assign]
    assert value(state, "k") == b"1"
    assert not quarantined(directory)


@pytest.mark.parametrize("call", ["link", "create"])
def test_a_damaged_record_that_cannot_be_moved_stays_where_it_is(
    state: FileState,
    faults: Faults,
    directory: Path,
    caplog: pytest.LogCaptureFixture,
    call: str,
) -> None:
    put(state, "k", b"1")
    damaged = damage(directory, "k")
    faults[call] = FULL
    with caplog.at_level(logging.ERROR, "agentkit"), pytest.raises(StateCorrupt):
        state.get("k")
    assert "no space left" in caplog.text
    assert record_file(directory, "k").read_bytes() == damaged
    faults.clear()
    with pytest.raises(StateCorrupt):
        state.get("k")
    assert damaged in quarantined(directory)


def a_link(path: Path) -> None:
    (path.parent.parent / "elsewhere").write_bytes(b"data")
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize("plant", [a_link, os.mkfifo, Path.mkdir, Path.touch])
def test_what_is_no_record_is_refused_and_not_followed(
    state: FileState, directory: Path, plant: Callable[[Path], object]
) -> None:
    state.open()
    plant(record_file(directory, "k"))
    with pytest.raises(StateCorrupt):
        state.get("k")
    with pytest.raises(StateCorrupt):
        put(state, "k")
    assert state.scan() == []
    assert not quarantined(directory)


def test_a_record_of_a_newer_agentkit_is_left_as_it_is(
    state: FileState, directory: Path, clock: Clock
) -> None:
    put(state, "k", b"1")
    path = record_file(directory, "k")
    newer = encode(decode(path.name, path.read_bytes()), FORMAT + 1)
    path.write_bytes(newer)
    clock.advance(TTL)
    attempts: list[Callable[[], object]] = [
        lambda: state.get("k"),
        lambda: put(state, "k"),
        lambda: state.delete("k"),
    ]
    for attempt in attempts:
        with pytest.raises(StateSchema, match="update agentkit") as caught:
            attempt()
        assert caught.value.applied is False
    assert state.scan() == []
    os.utime(path, (0, 0))
    assert state.purge(10) == 0
    assert path.read_bytes() == newer
