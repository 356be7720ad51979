"""What an error of SQLite means to a caller: what became of the call, and what to do.

The statements are ours and fixed. So what SQLite finds wrong with one of them (no such table, a
type that does not fit) is wrong with the file.
"""

import os
import sqlite3
from pathlib import Path

from agentkit.errors import StateCorrupt, StateError, StateFull, StateUnavailable, StateUnknown

SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What the module raises; its message about a damaged name may be no text."""

_PRIMARY = 0xFF  # an extended code has the primary one in its lowest byte
_KINDS: dict[int, type[StateError]] = {
    sqlite3.SQLITE_FULL: StateFull,
    sqlite3.SQLITE_IOERR_SHMSIZE: StateFull,
    sqlite3.SQLITE_IOERR_SHORT_READ: StateCorrupt,
    sqlite3.SQLITE_IOERR_CORRUPTFS: StateCorrupt,
    sqlite3.SQLITE_IOERR: StateUnavailable,
    sqlite3.SQLITE_BUSY: StateUnavailable,
    sqlite3.SQLITE_LOCKED: StateUnavailable,
    sqlite3.SQLITE_CANTOPEN: StateUnavailable,
    sqlite3.SQLITE_PERM: StateUnavailable,
    sqlite3.SQLITE_READONLY: StateUnavailable,
    sqlite3.SQLITE_PROTOCOL: StateUnavailable,
    sqlite3.SQLITE_INTERRUPT: StateUnavailable,
    sqlite3.SQLITE_NOMEM: StateUnavailable,
}


def as_state_error(
    error: sqlite3.Error | UnicodeDecodeError, path: Path, *, committing: bool = False
) -> StateError:
    """Return the error to raise instead.

    Args:
        error: what SQLite raised.
        path: the file.
        committing: a commit was under way: if the disk failed in it, its fate is unknown.
    """
    kind = _kind(error, path)
    if committing and kind is StateUnavailable:
        kind = StateUnknown
    return kind(f"SQLite: {error}")


def _kind(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> type[StateError]:
    if isinstance(error, sqlite3.ProgrammingError):
        return StateUnavailable  # the connection is closed
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK):
        return StateCorrupt  # SQLite believes a flag in the file
    return _KINDS.get(code) or _KINDS.get(code & _PRIMARY, StateCorrupt)
