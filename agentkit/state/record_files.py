"""Record files: whole or not there, whatever happens while one is written.

A file is never changed. A new one is written beside it under a temporary name, all of it (a single
write may be cut short on a full disk), synced, and then renamed over the old one, which the system
does in one step. The caller holds the lock of the name while it reads, decides and writes, and
syncs the folder before it acknowledges. A crash at any point leaves the old record or the new one:

* before the rename is on the disk: the old one, and a temporary file that the next open removes.
  Its writer held the lock of the name, so whoever holds it knows that the file is nobody's.
* after it: the new one, whose content was synced before the rename was asked for.

A damaged file gets a second name in quarantine, and an empty file takes its place: an empty file
is damaged too, so the call stays refused until somebody deletes its record. If it simply went
away, the call would find no state where there was some, and write over it.

The time of a file is the expiry of its record, so that a purge need not read those that live. It
is a hint; the record decides.
"""

import errno
import re
import secrets
from contextlib import suppress
from typing import NamedTuple

from agentkit._log import log
from agentkit.errors import StateCorrupt
from agentkit.state.disk import Disk
from agentkit.state.file_format import Stored, decode, encode

_RECORD = re.compile("[0-9a-f]{64}")
_TEMPORARY = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{8}\.tmp")
_AHEAD_SECONDS = 60.0  # a file that was changed later than this after now was dated by another time
_PROBE = bytes(4096)


class Leftover(NamedTuple):
    """A temporary file, and the name of the record that it was to be."""

    file: str
    name: str


class RecordFiles:
    """The records in one folder by the names of their files.

    What changes a name is called under its lock. Every call may raise `OSError`: nothing was
    changed then.

    Args:
        disk: the folder.
        quarantine: the folder for damaged files.
    """

    def __init__(self, disk: Disk, quarantine: Disk) -> None:
        self._disk = disk
        self._quarantine = quarantine

    def load(self, name: str) -> Stored | None:
        """Return what a file holds; this needs no lock.

        Raises:
            StateCorrupt: it is damaged or holds another record.
            StateSchema: a newer version of agentkit wrote it.
        """
        found = self._disk.read(name)
        return None if found is None else decode(name, found)

    def load_or_set_aside(self, name: str) -> Stored | None:
        """Return what a file holds; what is damaged is moved to quarantine.

        Raises:
            StateCorrupt: it is, or was, damaged or holds another record.
            StateSchema: a newer version of agentkit wrote it.
        """
        try:
            return self.load(name)
        except StateCorrupt as damage:
            self._set_aside(name, damage)
            raise

    def store(self, name: str, stored: Stored) -> None:
        """Put a record in the place of what is there."""
        self._replace(name, encode(stored), stored.row.expires_at)

    def remove(self, name: str) -> None:
        """Remove a record, if it is there."""
        with suppress(FileNotFoundError):
            self._disk.unlink(name)

    def names(self) -> list[str]:
        """Return the names of all records in order."""
        return sorted(name for name in self._disk.names() if _RECORD.fullmatch(name))

    def perhaps_due(self, now: float) -> list[str]:
        """Return the names of the records that may have expired."""
        return [
            file.name
            for file in self._disk.listing()
            if (file.dated <= now or file.changed > now + _AHEAD_SECONDS)
            and _RECORD.fullmatch(file.name)
        ]

    def leftovers(self) -> list[Leftover]:
        """Return the temporary files: those of writers at work, and those of writers that died."""
        found = map(_TEMPORARY.fullmatch, self._disk.names())
        return [Leftover(match[0], match[1]) for match in found if match]

    def probe(self, name: str) -> None:
        """Write something that is removed again."""
        temporary = self._written(name, _PROBE, 0.0)
        self._disk.unlink(temporary)

    def _set_aside(self, name: str, damage: StateCorrupt) -> None:
        if not self._disk.read(name):
            return  # an empty file marks what is in quarantine already
        kept = f"{name}.{secrets.token_hex(4)}"
        try:
            self._disk.link(name, self._quarantine, kept)
            self._quarantine.sync_folder()
            self._replace(name, b"", 0.0)
        except OSError as error:
            log.error("state_record_damaged", record=name, reason=str(damage), stays=str(error))
        else:
            log.error("state_record_damaged", record=name, reason=str(damage), quarantine=kept)

    def _replace(self, name: str, content: bytes, dated: float) -> None:
        temporary = self._written(name, content, dated)
        try:
            self._disk.rename(temporary, name)
        except BaseException:
            self._discard(temporary)
            raise

    def _written(self, name: str, content: bytes, dated: float) -> str:
        """Write a temporary file and return its name when all of it is on the disk."""
        temporary = f"{name}.{secrets.token_hex(4)}.tmp"
        file = self._disk.create(temporary)
        try:
            self._write(file, content)
            self._disk.date(file, dated)
            self._disk.sync(file)
        except BaseException:
            self._discard(temporary)
            raise
        finally:
            self._disk.close(file)
        return temporary

    def _write(self, file: int, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            written = self._disk.write(file, rest)
            if not written:
                raise OSError(errno.EIO, "nothing was written")
            rest = rest[written:]

    def _discard(self, temporary: str) -> None:
        """Remove a temporary file now, or leave it to the next open."""
        with suppress(OSError):
            self._disk.unlink(temporary)
