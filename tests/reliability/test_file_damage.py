"""Damaged files are found out, and a full disk costs nothing that was written."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agentkit.errors import StateCorrupt, StateFull
from agentkit.state.base import Record
from agentkit.state.file import FileState
from tests.reliability.harness import LONG, SEED, size
from tests.reliability.unsynced import Unsynced
from tests.state.files import put, record_file, value
from tests.state.stores import Clock

Lines = Callable[..., None]

KEYS = [f"call:{number}" for number in range(4)]


def mutations(files: list[bytes], chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """Give each byte flipped and each length cut off, then any change anywhere, for ever."""
    for which, data in enumerate(files):
        for place in range(len(data)):
            yield which, flipped(data, place, 1 << chance.randrange(8))
        for place in range(0, len(data), 3):
            yield which, data[:place]
    while True:
        which = chance.randrange(len(files))
        yield which, chance.choice(CHANGES)(files, which, chance)


def flipped(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def byte_changed(files: list[bytes], which: int, chance: random.Random) -> bytes:
    return flipped(files[which], chance.randrange(len(files[which])), chance.randrange(1, 256))


def cut_off(files: list[bytes], which: int, chance: random.Random) -> bytes:
    return files[which][: chance.randrange(len(files[which]))]


def zeroed(files: list[bytes], which: int, chance: random.Random) -> bytes:
    start = chance.randrange(len(files[which]))
    return (files[which][:start] + bytes(512))[: len(files[which])]


def longer(files: list[bytes], which: int, chance: random.Random) -> bytes:
    return files[which] + chance.randbytes(chance.randrange(1, 50))


def of_another_call(files: list[bytes], which: int, chance: random.Random) -> bytes:
    return files[which - 1]


def begun_by_one_ended_by_another(files: list[bytes], which: int, chance: random.Random) -> bytes:
    start = chance.randrange(len(files[which]))
    return files[which][:start] + files[which - 1][start:]


def run_changed(files: list[bytes], which: int, chance: random.Random) -> bytes:
    data = bytearray(files[which])
    start = chance.randrange(len(data))
    data[start : start + 16] = chance.randbytes(len(data[start : start + 16]))
    return bytes(data)


CHANGES = [
    byte_changed, cut_off, zeroed, longer, of_another_call, begun_by_one_ended_by_another,
    run_changed,
]  # fmt: skip


def what_is_read(state: FileState, wanted: dict[str, Record | None]) -> Counter[str]:
    """Count the records that are as they were, those refused, and those that are wrong."""
    seen: Counter[str] = Counter()
    for key, record in wanted.items():
        try:
            seen["same" if state.get(key) == record else "wrong"] += 1
        except StateCorrupt:
            seen["detected"] += 1
    return seen


@pytest.mark.timeout(1800 if LONG else 600)
def test_flipped_and_cut_files_are_detected_or_do_no_harm(tmp_path: Path, record: Lines) -> None:
    state = FileState(tmp_path, clock=Clock(), make_disk=Unsynced)
    for number, key in enumerate(KEYS):
        put(state, key, f"state of {key} ".encode() * 3**number)
    wanted = {key: state.get(key) for key in KEYS}
    files = [record_file(tmp_path, key).read_bytes() for key in KEYS]
    seen: Counter[str] = Counter()
    harmless = 0
    changes = mutations(files, random.Random(SEED))
    count = size(1_000, 20_000) + 1_000
    for _ in range(count):
        which, changed = next(changes)
        path = record_file(tmp_path, KEYS[which])
        path.write_bytes(changed)
        harmless += changed == files[which]
        seen += what_is_read(state, wanted)
        path.write_bytes(files[which])
    record("flipped and cut bytes, files", mutations=count, seed=SEED, harmless=harmless, **seen)
    assert seen["wrong"] == 0
    assert seen["detected"] == count - harmless


@pytest.mark.timeout(1800 if LONG else 600)
def test_a_full_disk_refuses_writes_and_keeps_what_was_written(
    small_disk: Path, record: Lines
) -> None:
    chance = random.Random(SEED)
    state = FileState(small_disk / "state")
    other = FileState(small_disk / "state")
    written: dict[str, bytes] = {}
    seen: Counter[str] = Counter()
    cycles = size(20, 200)
    for _ in range(cycles):
        written[KEYS[0]] = write(state, KEYS[0], chance)  # works again, without a restart
        fill(small_disk, left=chance.randrange(4) * 4096)
        for _ in range(6):
            key = chance.choice(KEYS)
            try:
                written[key] = write(chance.choice([state, other]), key, chance)
                seen["written"] += 1
            except StateFull as full:
                seen["refused" if full.applied is False else "wrong"] += 1
        fill(small_disk)
        with pytest.raises(StateFull):
            state.ping()
        with pytest.raises(StateFull):
            state.delete(KEYS[0])  # there is no room for a tombstone
        for store in (state, other):
            seen["lost"] += sum(value(store, key) != data for key, data in written.items())
        (small_disk / "filler").unlink()
        (small_disk / "rest").unlink()
        state.ping()
    left = [each for each in (small_disk / "state" / "records").iterdir() if "." in each.name]
    record("full disk, files", cycles=cycles, seed=SEED, left_over=len(left), **seen)
    assert seen["lost"] == seen["wrong"] == len(left) == 0
    assert seen["refused"] > cycles


def write(state: FileState, key: str, chance: random.Random) -> bytes:
    data = chance.randbytes(chance.randrange(1, 20_000))
    put(state, key, data)
    return data


def fill(disk: Path, left: int = 0) -> None:
    """Fill a disk but for some bytes."""
    grow(disk / "filler")
    if left:
        with (disk / "filler").open("r+b") as file:
            file.truncate(max(0, (disk / "filler").stat().st_size - left))
    else:
        grow(disk / "rest")


def grow(path: Path) -> None:
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
