"""Records in a table of SQLite, sealed so that no flipped byte goes unnoticed.

SQLite does not notice most damage: it reads what is there. So a row repeats its key and all facts
under a checksum that covers its value too. A row that is not found is no proof of absence either,
as the tree that leads to it may be damaged. Rows are found by a hash of the key; an index has
the keys themselves. They are different trees: a row that only the index knows is damage.

`due` is when to look at a row again: at its expiry or before. Renewing a record leaves it alone,
and the index of what is due too, until it comes up and is put back.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from agentkit._log import log
from agentkit.errors import StateCorrupt
from agentkit.state.base import Entry, Expectation, Record
from agentkit.state.row import Put, Row, delete_row, entry_of, live, put_row, record_of, settle
from agentkit.state.sqlite_format import digest_of, sealed, unsealed
from agentkit.state.sqlite_time import Timeline

_FIND = "SELECT key, due, facts FROM records WHERE id = ?"
_FIND_ALL = "SELECT key, due, facts, data FROM records WHERE id = ?"
_LISTED = "SELECT id FROM records INDEXED BY records_by_key WHERE key = ?"
_INSERT = "INSERT INTO records (due, facts, data, id, key) VALUES (?, ?, ?, ?, ?)"
_UPDATE = "UPDATE records SET facts = ?, data = ? WHERE id = ?"
_UPDATE_DUE = "UPDATE records SET due = ?, facts = ?, data = ? WHERE id = ?"
_PUT_BACK = "UPDATE records SET due = ? WHERE id = ?"
_DELETE = "DELETE FROM records WHERE id = ?"
_DUE = "SELECT id FROM records INDEXED BY records_by_due WHERE due <= ? ORDER BY due LIMIT ?"
_WALK = (
    "SELECT key, due, facts FROM records INDEXED BY records_by_key"
    " WHERE key > ? AND key >= ? ORDER BY key"
)
_PROBE = "INSERT OR REPLACE INTO about VALUES (2, randomblob(8))"
_DAMAGED_AGAIN_SECONDS = 86_400.0  # a damaged row is left as it is, and looked at once a day


class _Facts(msgspec.Struct, frozen=True, array_like=True):
    """Everything about a row but its value; a tombstone has no digest."""

    key: str
    version: str
    created_at: float
    updated_at: float
    expires_at: float
    final: bool
    write_ids: tuple[str, ...]
    size_bytes: int
    digest: bytes | None

    def row(self, data: bytes = b"") -> Row:
        """Return the row with this value, or a tombstone."""
        times = (self.created_at, self.updated_at, self.expires_at)
        value = None if self.digest is None else data
        return Row(value, self.version, *times, self.final, self.write_ids)


class _Found(NamedTuple):
    """A row as it was read. Its facts are sealed, `due` is not: it only tells when to look."""

    due: float
    facts: _Facts
    data: Any = None

    @property
    def row(self) -> Row:
        return self.facts.row()


_facts_in = msgspec.msgpack.Decoder(_Facts)


class Table:
    """The records, through one connection that one thread uses at a time.

    Errors of SQLite are raised as they are. What is damaged raises `StateCorrupt`.

    Args:
        connection: in autocommit mode; the caller begins and commits transactions.
        time: what the records are counted in.
    """

    __slots__ = ("_execute", "_time", "connection")

    def __init__(self, connection: sqlite3.Connection, time: Timeline) -> None:
        self.connection = connection
        self._time = time
        self._execute = connection.execute

    def get(self, key: str) -> Record | None:
        """Return the record under key."""
        found = self._find(key, _FIND_ALL)
        if found is None:
            return None
        row = found.facts.row(_checked(found))
        return self._time.told(record_of(row, self._time.now()))

    def put(self, request: Put) -> str:
        """Swap a version and return the new one."""
        found = self._find(request.key)
        before = found and found.row
        row, version = put_row(before, request, self._time.now())
        if row is not before:
            self._store(request.key, row, found)
        return version

    def delete(self, key: str, *, expect: Expectation, final: bool) -> bool:
        """Remove a record and say whether there was one."""
        found = self._find(key)
        if found is None:
            return False
        now = self._time.now()
        self._leave(key, found, delete_row(found.row, key, now, expect=expect, final=final))
        return live(found.row, now) is not None

    def scan(self, prefix: str, after: str, limit: int) -> list[Entry]:
        """Return the next entries whose keys begin with prefix, ordered by key."""
        with closing(self._entries(prefix, after)) as entries:  # an open query keeps its snapshot
            return self._time.told_all(list(islice(entries, limit)))

    def purge(self, limit: int) -> int:
        """Collect up to limit expired rows and return how many."""
        now = self._time.now()
        collected = 0
        while collected < limit:
            due = self._execute(_DUE, (now, limit - collected)).fetchall()
            collected += sum(self._collect(place, now) for (place,) in due)
            if not due:
                break
        return collected

    def probe(self) -> None:
        """Write something."""
        self._execute(_PROBE)

    def _find(self, key: str, query: str = _FIND) -> _Found | None:
        packed = key.encode()
        place = _place(packed)
        line = self._execute(query, (place,)).fetchone()
        if line is None:
            if not self._execute(_LISTED, (packed,)).fetchall():
                return None
            line = self._look_again(query, place, packed)
        return None if line is None else _found(packed, *line)

    def _look_again(self, query: str, place: int, packed: bytes) -> Any:
        """Tell a row that came or went between two looks from one that is lost."""
        if self.connection.in_transaction:
            raise StateCorrupt("a record is listed, but cannot be found")
        self._execute("BEGIN")
        try:
            line = self._execute(query, (place,)).fetchone()
            if line is None and self._execute(_LISTED, (packed,)).fetchall():
                raise StateCorrupt("a record is listed, but cannot be found")
            return line
        finally:
            self._execute("ROLLBACK")

    def _store(self, key: str, row: Row, found: _Found | None) -> None:
        packed = key.encode()
        facts, place = sealed(_facts_of(key, row)), _place(packed)
        if found is None:
            self._execute(_INSERT, (row.expires_at, facts, row.data, place, packed))
        elif row.expires_at < found.due:
            self._execute(_UPDATE_DUE, (row.expires_at, facts, row.data, place))
        else:
            self._execute(_UPDATE, (facts, row.data, place))

    def _leave(self, key: str, found: _Found, left: Row | None) -> None:
        place = _place(key.encode())
        if left is None:
            self._execute(_DELETE, (place,))
        elif found.facts.digest is not None:
            facts = sealed(_facts_of(key, left))
            self._execute(_UPDATE_DUE, (left.expires_at, facts, left.data, place))

    def _collect(self, place: int, now: float) -> bool:
        """Look at a row that is due and say whether it was collected."""
        line = self._execute(_FIND, (place,)).fetchone()
        if line is None:
            raise StateCorrupt("a record is due, but cannot be found")
        try:
            found = _found(None, *line)
        except StateCorrupt as error:
            log.error("state_record_damaged", reason=str(error))
            self._execute(_PUT_BACK, (now + _DAMAGED_AGAIN_SECONDS, place))
            return False
        row = found.row
        left = settle(row, now)
        if left is row:
            self._execute(_PUT_BACK, (row.expires_at, place))
            return False
        self._leave(found.facts.key, found, left)
        return True

    def _entries(self, prefix: str, after: str) -> Generator[Entry, None, None]:
        now = self._time.now()
        start = prefix.encode()
        with closing(self._execute(_WALK, (after.encode(), start))) as lines:
            for packed, due, facts in lines:
                found = _found(None, packed, due, facts)
                if not found.facts.key.startswith(prefix):
                    return
                entry = entry_of(found.facts.key, found.row, now)
                if entry is not None:
                    yield msgspec.structs.replace(entry, size_bytes=found.facts.size_bytes)


def _place(packed: bytes) -> int:
    """Return the row id of a key: 63 bits of its hash."""
    return int.from_bytes(blake2b(packed, digest_size=8).digest()) >> 1


def _facts_of(key: str, row: Row) -> _Facts:
    times = (row.created_at, row.updated_at, row.expires_at)
    digest = None if row.data is None else digest_of(row.data)
    size = 0 if row.data is None else len(row.data)
    return _Facts(key, row.version, *times, row.final, row.write_ids, size, digest)


def _found(wanted: bytes | None, packed: object, due: object, facts: object, *data: Any) -> _Found:
    """Return a row that is whole and has the key that was looked for, if it is known."""
    known: _Facts = unsealed(_facts_in, facts)
    key = known.key.encode()
    if packed != key or wanted not in (None, key):
        raise StateCorrupt("a stored row belongs to another key")
    if not isinstance(due, float):
        raise StateCorrupt("a stored row is damaged")
    return _Found(due, known, *data)


def _checked(found: _Found) -> bytes:
    """Return the value of a row; a tombstone has none."""
    if found.facts.digest is None:
        return b""
    if not isinstance(found.data, bytes) or digest_of(found.data) != found.facts.digest:
        raise StateCorrupt("a stored value is damaged")
    return found.data
