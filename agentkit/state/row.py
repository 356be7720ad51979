"""What a put, a delete and the passing of time make of one stored row, as pure functions.

Local stores keep rows in a dict, in files or in a table; what happens to a row is decided here,
so that they cannot differ. The caller holds whatever lock makes reading, deciding and storing one
step. Server stores do the same in their own language.
"""

import msgspec

from agentkit.errors import CallEnded, StateConflict
from agentkit.state.base import (
    ANY,
    TOMBSTONE_SECONDS,
    WRITE_IDS_KEPT,
    Entry,
    Expect,
    Expectation,
    Record,
    first_version,
    later_version,
)


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record as it is stored, or a tombstone: then `data` is None.

    Each write raises the version's number by one and adds one write id, so the place of an id in
    `write_ids` (newest last) tells the version that it made.
    """

    data: bytes | None
    version: str
    created_at: float
    updated_at: float
    expires_at: float
    final: bool = False
    write_ids: tuple[str, ...] = ()


class Put(msgspec.Struct, frozen=True, gc=False):
    """The arguments of a put."""

    key: str
    data: bytes
    expect: Expectation
    ttl_seconds: float
    write_id: str
    final: bool = False


def settle(row: Row | None, now: float) -> Row | None:
    """Return what is left of a row by now: itself, its tombstone, or nothing."""
    if row is None or now < row.expires_at:
        return row
    return settle(_tombstone(row, row.expires_at), now) if row.final else None


def live(row: Row | None, now: float) -> Row | None:
    """Return the row if it is a record that has not expired."""
    return row if row is not None and row.data is not None and now < row.expires_at else None


def record_of(row: Row | None, now: float) -> Record | None:
    """Return what a get answers."""
    if row is None or row.data is None or now >= row.expires_at:
        return None
    return Record(row.data, row.version, row.created_at, row.updated_at, row.expires_at, row.final)


def entry_of(key: str, row: Row | None, now: float) -> Entry | None:
    """Return what a scan tells about the row."""
    found = record_of(row, now)
    if found is None:
        return None
    times = (found.created_at, found.updated_at, found.expires_at)
    return Entry(key, found.version, len(found.data), *times, found.final)


def put_row(row: Row | None, request: Put, now: float) -> tuple[Row, str]:
    """Return the row to store and the version to answer; the same row if this is a repetition.

    Raises:
        CallEnded: the row is a tombstone.
        StateConflict: another version is there.
    """
    left = settle(row, now)
    if left is not None and request.write_id in left.write_ids:
        return left, _made_by(left, request.write_id)
    if left is not None and left.data is None:
        raise CallEnded(f"{request.key!r} has ended and is not written again")
    _check_expected(left, request.key, request.expect)
    fresh = _written(left, request, now)
    return fresh, fresh.version


def delete_row(
    row: Row | None, key: str, now: float, *, expect: Expectation, final: bool
) -> Row | None:
    """Return what takes the place of a row that is deleted now.

    Raises:
        StateConflict: another version is there.
    """
    found = live(row, now)
    if found is None:
        return settle(row, now)
    _check_expected(found, key, expect)
    return _tombstone(found, now) if final else None


def _written(row: Row | None, request: Put, now: float) -> Row:
    earlier = () if row is None else row.write_ids[1 - WRITE_IDS_KEPT :]
    return Row(
        data=request.data,
        version=first_version() if row is None else later_version(row.version),
        created_at=now if row is None else row.created_at,
        updated_at=now,
        expires_at=now + request.ttl_seconds,
        final=request.final,
        write_ids=(*earlier, request.write_id),
    )


def _tombstone(row: Row, ended_at: float) -> Row:
    until = ended_at + TOMBSTONE_SECONDS
    return Row(None, row.version, row.created_at, ended_at, until)


def _made_by(row: Row, write_id: str) -> str:
    writes_since = len(row.write_ids) - 1 - row.write_ids.index(write_id)
    return later_version(row.version, -writes_since)


def _check_expected(row: Row | None, key: str, expect: Expectation) -> None:
    found = Expect.ABSENT if row is None else row.version
    if expect != found and expect is not ANY:
        raise StateConflict(f"{key!r} was written by somebody else")
