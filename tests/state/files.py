"""Words for the tests of the file store: where it lives, and what lies there."""

from itertools import count
from pathlib import Path

from agentkit.state.base import ANY, Expectation
from agentkit.state.file import FileState
from agentkit.state.file_format import name_of
from tests.state.stores import Clock

TTL = 100.0

_ids = map(str, count())


class FilePlace:
    """A directory; every handle is as good as another process."""

    def __init__(self, directory: Path) -> None:
        self.clock = Clock()
        self.directory = directory

    def backend(self) -> FileState:
        return FileState(self.directory, clock=self.clock)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


def put(
    state: FileState,
    key: str,
    data: bytes = b"",
    *,
    expect: Expectation = ANY,
    final: bool = False,
    write_id: str = "",
) -> str:
    """Put with a write id of its own."""
    write_id = write_id or next(_ids)
    return state.put(key, data, expect=expect, ttl_seconds=TTL, write_id=write_id, final=final)


def value(state: FileState, key: str) -> bytes | None:
    """Return the bytes under a key."""
    record = state.get(key)
    return None if record is None else record.data


def records(directory: Path) -> list[str]:
    """Return what lies in the folder of records."""
    return sorted(each.name for each in (directory / "records").iterdir())


def record_file(directory: Path, key: str) -> Path:
    """Return the file of a record."""
    return directory / "records" / name_of(key)


def quarantined(directory: Path) -> list[bytes]:
    """Return what lies in quarantine."""
    return [each.read_bytes() for each in (directory / "quarantine").iterdir()]


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
