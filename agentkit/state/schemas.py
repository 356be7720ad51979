"""Values as bytes and back, with the history of their schema."""

from collections.abc import Callable
from typing import Any

from agentkit.errors import StateSchema
from agentkit.state.base import Record
from agentkit.state.values import PLAIN, pack, split, unpack, version_of
from agentkit.state.writing import Draft, Lifetime, Snapshot, Write

Migration = Callable[[dict[str, Any]], dict[str, Any]]


class Schema:
    """How values of one kind are written and read.

    Args:
        max_bytes: longest value, as JSON.
        migrations: the first makes a value of schema 1 one of schema 2, and so on; what is stored
            in an older schema is migrated when it is read and written back by the next write.
    """

    __slots__ = ("max_bytes", "migrations", "version")

    def __init__(self, max_bytes: int, migrations: tuple[Migration, ...] = ()) -> None:
        self.max_bytes = max_bytes
        self.migrations = migrations
        self.version = 1 + len(migrations)

    def pack(self, value: dict[str, Any]) -> bytes:
        """Return a value as bytes.

        Raises:
            StateEncoding: it is not plain data.
            StateTooLarge: it is over a limit.
        """
        return pack(value, self.max_bytes, self.version)

    def seen(self, record: Record | None) -> Snapshot:
        """Return what a record says, migrated to the newest schema.

        Raises:
            StateCorrupt: the stored bytes are damaged.
        """
        if record is None:
            return Snapshot()
        data = record.data
        if self.version == 1 and not record.final and data and data[0] == PLAIN:
            return Snapshot(record.version, data)
        ending = _ending(record) if record.final else None
        journal, packed = split(data)
        stored = version_of(packed)
        if stored < self.version:
            packed = self._migrated(packed, stored)
        return Snapshot(record.version, packed, ending, stored > self.version, journal)

    def write_over(
        self, seen: Snapshot, draft: Draft | bytes, key: str, write_id: str, lifetime: Lifetime
    ) -> Write:
        """Return the attempt to put a draft in the place of what was seen.

        Raises:
            StateSchema: what was seen has a schema that this code does not know.
        """
        lifetime, journal = seen.lifetime or lifetime, seen.journal
        if isinstance(draft, bytes):
            packed = draft
        else:
            packed, lifetime = draft.packed, draft.lifetime or lifetime
            journal = journal if draft.journal is None else draft.journal
        if seen.newer and packed != seen.packed:
            raise StateSchema(
                f"the stored state has schema {version_of(seen.packed)}, "
                f"this code knows {self.version}; it is left as it is"
            )
        return Write(key, write_id, seen.version, packed, lifetime, journal)

    def _migrated(self, packed: bytes, stored: int) -> bytes:
        value = unpack(packed)
        for migrate in self.migrations[stored - 1 :]:
            value = migrate(value)
        return self.pack(value)


def _ending(record: Record) -> Lifetime:
    return Lifetime(round(record.expires_at - record.updated_at, 3), final=True)
