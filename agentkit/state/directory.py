"""The directory of a file store, as one process has it open.

records/     one file a record, named by the SHA-256 of its key
locks/       256 lock files, never removed; the first two digits of a name choose
quarantine/  what was damaged, as it was found
"""

import os
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from agentkit.errors import StateUnavailable
from agentkit.state.disk import Disk
from agentkit.state.file_format import Stored
from agentkit.state.folders import open_folder, open_private
from agentkit.state.group import GroupCommit
from agentkit.state.locks import FileLock
from agentkit.state.record_files import RecordFiles
from agentkit.state.row import Row
from agentkit.state.steps import HostClock, Reading, moved

LOCKS = 256
"""How many lock files there are; every process must agree on it."""


class StateDirectory:
    """The directory of a store, as one process has it open.

    Args:
        directory: made, with its parents, unless it is there.
        make_disk: the system calls of a folder.
        clock: what tells the time of records.

    Attributes:
        files: the records.
        group: syncs the folder of records for all who wait.
        users: how many calls are under way here.
        close: closes everything; also called when nobody refers to this any more.

    Raises:
        DefinitionError: it is on a network filesystem, or belongs to another user.
        OSError: it cannot be made or opened.
    """

    def __init__(self, directory: Path, make_disk: Callable[[int], Disk], clock: HostClock) -> None:
        with ExitStack() as opened:
            root = _closed_by(opened, open_folder(directory))
            names = ("records", "quarantine", "locks")
            folders = [_closed_by(opened, open_private(root, name)) for name in names]
            os.fsync(root)
            self.close = weakref.finalize(self, opened.pop_all().close)
        records = make_disk(folders[0])
        self.clock = clock
        self.files = RecordFiles(records, Disk(folders[1]))
        self.group = GroupCommit(records.sync_folder)
        self._locks = [FileLock(f"{number:02x}", folder=folders[2]) for number in range(LOCKS)]
        self.users = 0

    def lock(self, name: str) -> FileLock:
        """Return the lock under which the record of this name is changed."""
        return self._locks[int(name[:2], 16)]

    def row(self, name: str, reading: Reading) -> Row | None:
        """Return the row of this name; its lock is held."""
        return row_of(self.files.load_or_set_aside(name), reading)

    def store(self, name: str, key: str, row: Row | None, reading: Reading) -> None:
        """Put a row, or nothing, in the place of what is there; the lock of the name is held."""
        if row is None:
            self.files.remove(name)
        else:
            self.files.store(name, Stored(key, row, reading))

    def sweep(self) -> None:
        """Remove what writers that died have left."""
        for file, name in self.files.leftovers():
            with suppress(StateUnavailable), self.lock(name).held(0):  # else its writer lives
                self.files.remove(file)


def _closed_by(opened: ExitStack, folder: int) -> int:
    opened.callback(os.close, folder)
    return folder


def row_of(stored: Stored | None, reading: Reading) -> Row | None:
    """Return the row of a record, its times moved with the clock."""
    return None if stored is None else moved(stored.row, stored.written, reading)
