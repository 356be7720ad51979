"""What a database file of ours looks like: its schema, and the seal on what it stores.

SQLite reads what is there, damaged or not. So what is stored is sealed with a checksum.
"""

import sqlite3
from hashlib import blake2b
from typing import Any

import msgspec

from agentkit.errors import StateCorrupt, StateSchema
from agentkit.state.sqlite_faults import SQLITE_ERRORS
from agentkit.state.sqlite_time import Anchor

APPLICATION = 0x61676B74
"""Marks a file as a store of ours ("agkt")."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        f"PRAGMA application_id = {APPLICATION}",
        "CREATE TABLE about (id INTEGER PRIMARY KEY, facts BLOB NOT NULL)",
        "CREATE TABLE records (id INTEGER PRIMARY KEY, key BLOB NOT NULL, due REAL NOT NULL,"
        " facts BLOB NOT NULL, data BLOB)",
        "CREATE UNIQUE INDEX records_by_key ON records (key)",
        "CREATE INDEX records_by_due ON records (due)",
    ),
)
"""What makes each schema of the one before; the first, of an empty file."""

_SEAL_BYTES = 8


class About(msgspec.Struct, frozen=True):
    """What is known about the whole file.

    Attributes:
        schema: how many `STEPS` were taken.
        anchor: what its times are counted from.
    """

    schema: int
    anchor: Anchor | None = None


_about_in = msgspec.msgpack.Decoder(About)


def is_new(connection: sqlite3.Connection) -> bool:
    """Say whether the file is an empty database, before anything is written to it.

    A file that has pages but no tables was not made so by us: it is damaged.

    Raises:
        StateCorrupt: it is not empty, and no store of ours.
    """
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if pages <= 1 and tables == 0:
        return True
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
        raise StateCorrupt("the file is a database, but no call state of ours")
    return False


def read_about(connection: sqlite3.Connection) -> About:
    """Return what is known about the file.

    Raises:
        StateCorrupt: it is not a store of ours, or damaged.
        StateSchema: it was made by a newer version.
    """
    if is_new(connection):
        return About(0)
    line = connection.execute("SELECT facts FROM about WHERE id = 1").fetchone()
    about: About = unsealed(_about_in, line and line[0])
    if about.schema > len(STEPS):
        raise StateSchema(f"the file has schema {about.schema}, this code knows {len(STEPS)}")
    return about


def migrated(connection: sqlite3.Connection, about: About, anchor: Anchor) -> About:
    """Take the steps that are missing, and return what is to be known then."""
    for statement in (each for step in STEPS[about.schema :] for each in step):
        connection.execute(statement)
    return About(len(STEPS), anchor)


def write_about(connection: sqlite3.Connection, about: About) -> None:
    """Store what is known about the file."""
    connection.execute("INSERT OR REPLACE INTO about VALUES (1, ?)", (sealed(about),))


def damage(connection: sqlite3.Connection) -> str:
    """Return what SQLite finds to be wrong with the file."""
    try:
        lines = connection.execute("PRAGMA quick_check(5)").fetchall()
        return b"; ".join(line for (line,) in lines).decode("utf-8", "replace")
    except SQLITE_ERRORS as error:
        return str(error)


def sealed(facts: msgspec.Struct) -> bytes:
    """Return facts as bytes with a checksum in front."""
    body = msgspec.msgpack.encode(facts)
    return digest_of(body) + body


def unsealed(decoder: Any, stored: object) -> Any:
    """Return the facts in sealed bytes.

    Raises:
        StateCorrupt: they are damaged.
    """
    if not isinstance(stored, bytes) or stored[:_SEAL_BYTES] != digest_of(stored[_SEAL_BYTES:]):
        raise StateCorrupt("a stored row is damaged")
    try:
        return decoder.decode(stored[_SEAL_BYTES:])
    except msgspec.MsgspecError as error:
        raise StateCorrupt(f"a stored row cannot be read: {error}") from error


def digest_of(data: bytes) -> bytes:
    """Return the checksum of some bytes."""
    return blake2b(data, digest_size=_SEAL_BYTES).digest()
