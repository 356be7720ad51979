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
    next_version,
)


class Row(Record, frozen=True, gc=False):
    """A record as it is stored, or a tombstone: then `data` is None.

    Each write raises the version's number by one and adds one write id, so the place of an id in
    `write_ids` (newest last) tells the version that it made. A write without one keeps the others
    in their places, and adds nothing where there are none.
    """

    data: bytes | None  # type: ignore[assignment]  # a tombstone is no record
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
    return None if row is None or row.data is None or now >= row.expires_at else row


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
    left = row if row is None or now < row.expires_at else settle(row, now)
    if left is None:
        _check_expected(None, request.key, request.expect)
        fresh = _created(request, now)
    elif request.write_id and request.write_id in left.write_ids:
        return left, _made_by(left, request.write_id)
    elif left.data is None:
        raise CallEnded(f"{request.key!r} has ended and is not written again")
    else:
        if request.expect != left.version:
            _check_expected(left, request.key, request.expect)
        fresh = _rewritten(left, request, now)
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


def _created(request: Put, now: float) -> Row:
    expires_at = now + request.ttl_seconds
    ids = (request.write_id,) if request.write_id else ()
    return Row(request.data, first_version(), now, now, expires_at, request.final, ids)


def _rewritten(row: Row, request: Put, now: float) -> Row:
    version, expires_at = next_version(row.version), now + request.ttl_seconds
    ids = row.write_ids
    if ids or request.write_id:
        ids = (*ids[1 - WRITE_IDS_KEPT :], request.write_id)
    return Row(request.data, version, row.created_at, now, expires_at, request.final, ids)


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
