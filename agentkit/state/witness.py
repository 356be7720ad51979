"""What a process remembers of the writes it made and the versions it saw on a server.

Theory. A write whose reply was lost is sent again with the same write id, and a server that
applied it answers with the version it made. For that, a record remembers the marks of its last
`MARKS_KEPT` writes, and the last write of each of its last `LANES_KEPT` lanes. A lane is what one
process uses for one write at a time, so its last write is the very one in doubt, however many
others wrote in between. If a repeated write meets a conflict, and neither the marks nor the lanes
go back far enough, the conflict does not prove that the first attempt was not applied. Then the
write stays unknown. Whoever made it may repeat it later, so writes that ended as unknown are
remembered.

A server may forget, too: after a failover it can serve a record older than one that this process
has read. That cannot be mended here, but it is seen and logged.

All that is remembered is bounded, and any thread may ask.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from agentkit._log import EventLogger
from agentkit.errors import CallEnded, StateConflict, StateError, StateUnknown
from agentkit.state.base import (
    ABSENT,
    WRITE_IDS_KEPT,
    Expect,
    Expectation,
    Record,
    first_version,
)
from agentkit.state.recent import Recent

MARKS_KEPT = WRITE_IDS_KEPT
"""Of how many writes a record on a server remembers the marks, the newest last."""

LANES_KEPT = 48
"""Of how many lanes a record on a server remembers the last write, the latest last."""

LANE_BYTES = 8
"""How long the name of a lane is."""

MARK_BYTES = 8
"""How long a mark is: as long as a random write id of 16 hexadecimal digits."""

_REMEMBERED = 4096

_log = EventLogger("agentkit.state")


def mark(write_id: str) -> bytes:
    """Return what a record keeps of a write id."""
    return hashlib.blake2b(write_id.encode(), digest_size=MARK_BYTES).digest()


class Made(NamedTuple):
    """A put was applied, now or by an earlier attempt, and made this version."""

    version: str


class Conflict(NamedTuple):
    """A put was refused: this version is there, if any, and this record, if that is known.

    `complete` says that the record remembers the last write of every lane.
    """

    version: str
    found: Record | None = None
    complete: bool = False


class Ended(NamedTuple):
    """A put was refused by a tombstone."""


Outcome = Made | Conflict | Ended
Tried = tuple[Outcome, bool]
Attempt = Callable[[str, bytes], Awaitable[Tried]]


class Seen(NamedTuple):
    """The newest version of a record that was seen, and the incarnation before it."""

    incarnation: str
    number: int
    before: str = ""


class Witness:
    """Remembers the writes and versions of one store."""

    def __init__(self) -> None:
        self._newest: Recent[str, Seen] = Recent(_REMEMBERED)
        self._name = secrets.token_bytes(LANE_BYTES - 1)
        self._lanes: dict[str, set[int]] = {}
        self._doubts: Recent[tuple[str, str], str] = Recent(_REMEMBERED)

    async def put(
        self,
        key: str,
        expect: Expectation,
        write_id: str,
        attempt: Attempt,
    ) -> str:
        """Make a write and return its version.

        Args:
            key: of the record.
            expect: what the write expects.
            write_id: of the write.
            attempt: makes the write, given the version to make of an absent record, and the name
                of a lane. It returns the outcome, and whether an earlier attempt may have been
                executed, too.

        Raises:
            StateConflict: another version is there; nothing was written.
            CallEnded: a tombstone is there; nothing was written.
            StateUnknown: nobody knows.
        """
        write, seen = (key, write_id), self.seen(key)
        first = self._doubts.get(write)
        doubted = first is not None
        if first is None:
            first = first_version() if isinstance(expect, Expect) else ""  # a swap makes none
        try:
            outcome, repeated = await self._in_lane(key, attempt, first, doubted=doubted)
            _check(key, expect, outcome, repeated=repeated, doubted=doubted)
            version = _settle(key, expect, first, outcome, repeated=repeated or doubted)
        except StateUnknown:
            self._doubts.put(write, first)
            raise
        if doubted:
            self._doubts.drop(write)
        self._learn(key, seen, version)
        return version

    async def _in_lane(self, key: str, attempt: Attempt, first: str, *, doubted: bool) -> Tried:
        """Make an attempt in a lane where nobody else of this process writes this record now.

        That it was refused says nothing of an earlier call in doubt.
        """
        used = self._lanes.setdefault(key, set())
        number = _taken(used)
        try:
            return await attempt(first, self._name + bytes([number % 256]))
        except StateError as error:
            if doubted:
                raise StateUnknown(str(error)) from error
            raise
        finally:
            used.remove(number)
            if not used:
                self._lanes.pop(key, None)

    def seen(self, key: str) -> Seen | None:
        """Return what is known now; hand it to `compare` with what is read after this."""
        return self._newest.get(key)

    def compare(self, key: str, before: Seen | None, version: str) -> None:
        """Log it if a record is older than one that was known before it was read."""
        incarnation, number = _parts(version)
        if before is None or not _is_older(incarnation, number, before):
            self._learn(key, before, version)
            return
        self._newest.put(key, Seen(incarnation, number))
        _log.error(
            "state_went_back",
            key=key,
            stored=version,
            seen=f"{before.incarnation}.{before.number}",
            reason="the server lost acknowledged writes, as happens after a failover",
        )

    def _learn(self, key: str, before: Seen | None, version: str) -> None:
        """Remember a version, unless its answer was overtaken by that of another incarnation."""
        incarnation, number = _parts(version)
        known = self._newest.get(key)
        if known is not None and known.incarnation == incarnation:
            newest = max(number, known.number)
            self._newest.put(key, Seen(incarnation, newest, known.before))
        elif known is before:
            former = "" if known is None else known.incarnation
            self._newest.put(key, Seen(incarnation, number, former))


def _taken(used: set[int]) -> int:
    """Take the first lane that is free."""
    number = 0
    while number in used:
        number += 1
    used.add(number)
    return number


def _settle(key: str, expect: Expectation, first: str, outcome: Outcome, *, repeated: bool) -> str:
    if isinstance(outcome, Made):
        return outcome.version
    if isinstance(outcome, Ended):
        raise CallEnded(f"{key!r} has ended and is not written again")
    if repeated and expect is ABSENT and _parts(outcome.version)[0] == _parts(first)[0]:
        return first
    conflict = StateConflict(f"{key!r} was written by somebody else")
    conflict.found = outcome.found
    raise conflict


def _check(
    key: str, expect: Expectation, outcome: Outcome, *, repeated: bool, doubted: bool
) -> None:
    """Raise if the record that is there would not tell of an earlier attempt."""
    wanted, replaced = _parts(str(expect))
    if not isinstance(outcome, Conflict) or not replaced or not (repeated or doubted):
        return
    incarnation, number = _parts(outcome.version)
    remembers = number <= replaced + MARKS_KEPT or (outcome.complete and not doubted)
    if incarnation != wanted or not remembers:
        raise StateUnknown(f"{key!r} was written so often since that nobody can tell")


def _is_older(incarnation: str, number: int, seen: Seen) -> bool:
    if incarnation == seen.incarnation:
        return number < seen.number
    return incarnation == seen.before


def _parts(version: str) -> tuple[str, int]:
    """Return incarnation and number; nonsense has the number 0."""
    incarnation, _, number = version.partition(".")
    return incarnation, int(number) if number.isascii() and number.isdigit() else 0
