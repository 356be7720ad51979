"""The folder of journals: one file a call, no larger and no more of them than they may be.

Lines are appended by one `write` each, so that several processes may share a journal, and a process
that dies leaves at most half a line at the end. Whoever appends after it begins on a new line.
"""

import os
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Protocol

from agentkit.recorder import format as journal

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Kept(Enum):
    """What became of a line."""

    WRITTEN = "written"
    FULL = "the journal of the call is as long as it may be"
    UNKNOWN = "the call has no journal, and such a line begins none"


class Sink(Protocol):
    """Takes the lines of journals, in one thread."""

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        """Add a line to the journal of a call.

        Args:
            call_id: whose journal; any text.
            line: with its end.
            at: the time, in Unix seconds.
            begins: whether it may be the first.

        Raises:
            OSError: it cannot be written.
        """
        ...


class Folder:
    """A folder of journals, made when the first line comes.

    Args:
        path: the folder.
        call_bytes: the longest journal.
        calls: how many journals there may be; the ones written longest ago go first.
    """

    def __init__(self, path: Path, *, call_bytes: int, calls: int) -> None:
        self.path = path
        self._call_bytes = call_bytes
        self._calls = calls
        self._full: set[str] = set()

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        """Add a line; see `Sink`."""
        name = journal.journal_name(call_id)
        try:
            file = self._opened(name, begins=begins)
        except FileNotFoundError:
            return Kept.UNKNOWN
        try:
            return self._add(file, name, call_id, line, at)
        except OSError:
            if os.fstat(file).st_size == 0:  # on a full disk it would only push out another one
                (self.path / name).unlink(missing_ok=True)
            raise
        finally:
            os.close(file)

    def _opened(self, name: str, *, begins: bool) -> int:
        try:
            return os.open(self.path / name, _FLAGS)
        except FileNotFoundError:
            if not begins:
                raise
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room()
        return os.open(self.path / name, _FLAGS | os.O_CREAT, 0o600)

    def _add(self, file: int, name: str, call_id: str, line: bytes, at: float) -> Kept:
        size = os.fstat(file).st_size
        if size == 0:
            head = journal.line(at, "call", format=journal.FORMAT, call_id=call_id)
            line = head + line
        elif not _ends_a_line(file):
            line = b"\n" + line
        if size + len(line) > self._call_bytes:
            return self._too_long(file, name, at)
        _write(file, line)
        return Kept.WRITTEN

    def _too_long(self, file: int, name: str, at: float) -> Kept:
        if name not in self._full:
            self._full = {name} if len(self._full) > self._calls else {*self._full, name}
            _write(file, journal.line(at, "note", text=f"{Kept.FULL.value}: the rest is missing"))
        return Kept.FULL

    def _make_room(self) -> None:
        found = []
        for entry in os.scandir(self.path):
            if entry.name.startswith("call-") and entry.name.endswith(".jsonl"):
                with suppress(FileNotFoundError):  # another process made room, too
                    found.append((entry.stat(follow_symlinks=False).st_mtime, entry.path))
        for _, path in sorted(found)[: max(len(found) - self._calls + 1, 0)]:
            Path(path).unlink(missing_ok=True)


class InMemory:
    """Keeps the lines of journals in memory, for a replay.

    Attributes:
        lines: of every call, with their ends.
    """

    def __init__(self) -> None:
        self.lines: dict[str, list[bytes]] = {}

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        """Add a line; see `Sink`."""
        del at, begins
        self.lines.setdefault(call_id, []).append(line)
        return Kept.WRITTEN


def _ends_a_line(file: int) -> bool:
    os.lseek(file, -1, os.SEEK_END)  # what is written goes to the end, wherever that is then
    return os.read(file, 1) == b"\n"


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
