"""The system calls by which records reach a disk: one folder, and nothing outside it.

Every call is relative to the open folder and follows no links, so whatever a name is, and whatever
somebody puts in its place, no other folder is touched. Nothing is decided here: tests put a
recording disk, or one that fails, in the place of this one.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from agentkit.errors import StateFull, StateUnavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ODD = frozenset({errno.ELOOP, errno.ENXIO})  # a link, a socket: nothing that was written here
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # never wait for a pipe's writer
_CHUNK_BYTES = 2**20
_LATEST = 2.0**33  # seconds that every file system can keep as a time, or cuts off itself


class Listed(NamedTuple):
    """A file in a listing, with the times that the disk keeps, in Unix seconds."""

    name: str
    dated: float
    changed: float


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a failed system call into the error of a call that has changed nothing.

    Raises:
        StateFull: there is no room left.
        StateUnavailable: anything else.
    """
    try:
        yield
    except OSError as error:
        kind = StateFull if error.errno in _FULL else StateUnavailable
        raise kind(f"the disk refused: {error}") from error


class Disk:
    """The files of one folder.

    Args:
        folder: a descriptor of the folder; whoever opened it closes it.
    """

    def __init__(self, folder: int) -> None:
        self.folder = folder

    def create(self, name: str) -> int:
        """Create a file that is not there, readable by its owner alone, and open it."""
        return os.open(name, _NEW, 0o600, dir_fd=self.folder)

    def write(self, file: int, data: memoryview) -> int:
        """Write some of the data, perhaps not all, and return how much."""
        return os.write(file, data)

    def date(self, file: int, seconds: float) -> None:
        """Give an open file a time that a listing shows."""
        when = min(max(seconds, 0.0), _LATEST)
        os.utime(file, (when, when))

    def sync(self, file: int) -> None:
        """Return when the content of a file is on the disk."""
        os.fsync(file)

    def close(self, file: int) -> None:
        """Close a file."""
        os.close(file)

    def rename(self, name: str, other: str) -> None:
        """Give a file another name, in place of the file that had it, in one step."""
        os.rename(name, other, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        os.unlink(name, dir_fd=self.folder)

    def sync_folder(self) -> None:
        """Return when the names of all files are on the disk as they were at the time of asking."""
        os.fsync(self.folder)

    def link(self, name: str, disk: "Disk", other: str) -> None:
        """Give a file a second name in another folder."""
        folders = {"src_dir_fd": self.folder, "dst_dir_fd": disk.folder}
        os.link(name, other, follow_symlinks=False, **folders)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None if there is no such file.

        What is no file (a link, a folder, a pipe) has no bytes.
        """
        try:
            file = os.open(name, _OLD, dir_fd=self.folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _ODD:
                return b""
            raise
        try:
            return _read(file)
        finally:
            os.close(file)

    def listing(self) -> list[Listed]:
        """Return all files, in no order."""
        found = []
        with self._entries() as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it went while we looked
                    known = entry.stat(follow_symlinks=False)
                    found.append(Listed(entry.name, known.st_mtime, known.st_ctime))
        return found

    def names(self) -> list[str]:
        """Return the names of all files, in no order."""
        with self._entries() as entries:
            return [entry.name for entry in entries]

    @contextmanager
    def _entries(self) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Read the folder through a descriptor of its own: they share the place in the listing."""
        folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.folder)
        try:
            with os.scandir(folder) as entries:
                yield entries
        finally:
            os.close(folder)


def _read(file: int) -> bytes:
    known = os.fstat(file)
    if not stat.S_ISREG(known.st_mode):
        return b""
    data = os.read(file, known.st_size + 1)
    while more := os.read(file, _CHUNK_BYTES):
        data += more
    return data
