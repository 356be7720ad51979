"""What was begun and what became of it, kept beside the state of a call.

Theory. A step that must not be taken twice is claimed before it is taken: an entry under the step's
key says which worker runs it and until when (its lease). When it is done, the entry keeps the reply
and everybody who asks again gets that. Claiming and settling are swaps of the record, so of many
who claim at once one wins. The entry stands in the same record as the state, and is settled
together with what the step changed in it: after a crash either both are there or neither.

An entry whose worker is gone, or whose lease is over, tells that the step was begun and not whether
it was done. Either somebody takes it again (at least once), or it is marked as unconfirmed and
never taken again (at most once); who claims says which.

    claim(...)   -> None: the claim is mine; else the entry that stands in its way
    settle(...)  writes the outcome, with the state that the step has changed
    release(...) forgets the claim: the step was not done and may be taken again
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import msgspec

from agentkit import _json
from agentkit.errors import StateCorrupt, StateTooLarge
from agentkit.state.base import Record
from agentkit.state.merge import merge_three_ways
from agentkit.state.operations import Draft, Lifetime, Operation, Operations, Snapshot

JOURNAL_BYTES = 131_072
"""Longest journal of a record; over it the replies of the oldest entries are forgotten first."""


class Step(Enum):
    """How far a step has come."""

    STARTED = "started"
    DONE = "done"
    UNCONFIRMED = "unconfirmed"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one step.

    Attributes:
        worker: who runs it, see `agentkit.worker`.
        until: the end of the lease, in Unix seconds.
        step: how far it has come.
        reply: what it was answered with, once it is done; None when it was too long to keep.
    """

    worker: str
    until: float
    step: Step = Step.STARTED
    reply: str | None = None


Entries = dict[str, Entry]

_entries = _json.decoder(Entries)


class Place(NamedTuple):
    """Where an entry stands: in the journal of a record, under a key."""

    record_id: str
    key: str


class Changes(NamedTuple):
    """What a step has made of the state: the record that it saw, and the one that it left."""

    before: Record | None = None
    after: Record | None = None


NO_CHANGES = Changes()


def claim(
    operations: Operations,
    place: Place,
    mine: Entry,
    verdict: Callable[[Entry], Entry | None],
) -> Operation[Entry | None]:
    """Claim a step, and return None when it is mine, else the entry that stands.

    Args:
        operations: of the scope that the record is in.
        place: where the entry stands.
        mine: the entry that claims it.
        verdict: asked about an entry in the way: None takes the step over, another entry replaces
            it, the same one leaves it.
    """
    standing: Entry | None = None

    def decide(stored: Snapshot) -> Draft | None:
        nonlocal standing
        entries = entries_of(stored)
        known = entries.get(place.key)
        standing = None if known is None else verdict(known)
        if known is not None and standing is known:
            return None
        packed = stored.packed or operations.schema.pack({})
        return Draft(packed, journal=_packed({**entries, place.key: standing or mine}))

    yield from operations.rewrite(place.record_id, decide)
    return standing


def look(operations: Operations, place: Place) -> Operation[Entry | None]:
    """Return the entry at a place, None when there is none."""
    stored = yield from operations.snapshot(place.record_id)
    return entries_of(stored).get(place.key)


def settle(
    operations: Operations,
    place: Place,
    outcome: Entry,
    changes: Changes = NO_CHANGES,
    lifetime: Lifetime | None = None,
) -> Operation[Snapshot]:
    """Write the outcome of a step together with what it changed in the state, in one swap.

    What others wrote into the state meanwhile stays, as of `Operations.swap_state`.
    """

    def decide(stored: Snapshot) -> Draft:
        packed = _merged(operations, stored, changes)
        entries = {**entries_of(stored), place.key: outcome}
        # What has a lifetime of its own is soon gone, and is kept whole until then.
        journal = _packed(entries) if lifetime is None else _json.encode(entries)
        return Draft(packed, lifetime, journal)

    return (yield from operations.rewrite(place.record_id, decide))


def take_out(
    operations: Operations, record_id: str, choose: Callable[[Entry, str], bool]
) -> Operation[Entries]:
    """Remove the entries of a record that somebody chooses, and return them."""
    taken: Entries = {}

    def decide(stored: Snapshot) -> Draft | None:
        nonlocal taken
        entries = entries_of(stored)
        taken = {key: entry for key, entry in entries.items() if choose(entry, key)}
        if not taken:
            return None
        left = {key: entry for key, entry in entries.items() if key not in taken}
        return Draft(stored.packed, journal=_packed(left))

    yield from operations.rewrite(record_id, decide)
    return taken


def release(operations: Operations, place: Place) -> Operation[Snapshot]:
    """Forget an entry."""

    def decide(stored: Snapshot) -> Draft | None:
        entries = entries_of(stored)
        if entries.pop(place.key, None) is None:
            return None
        return Draft(stored.packed, journal=_packed(entries))

    return (yield from operations.rewrite(place.record_id, decide))


def entries_of(stored: Snapshot) -> Entries:
    """Return the entries in a record's journal.

    Raises:
        StateCorrupt: the journal cannot be read.
    """
    if not stored.journal:
        return {}
    try:
        return _entries.decode(stored.journal)
    except ValueError as error:
        raise StateCorrupt(f"the journal of the stored state is damaged: {error}") from error


def _merged(operations: Operations, stored: Snapshot, changes: Changes) -> bytes:
    before, after = operations.schema.seen(changes.before), operations.schema.seen(changes.after)
    if changes.after is changes.before:
        return stored.packed or operations.schema.pack({})
    if stored.version == before.version:
        return after.packed
    parts = (each.data or {} for each in (before, after, stored))
    return operations.schema.pack(merge_three_ways(*parts))


def _packed(entries: Entries) -> bytes:
    packed = _json.encode(entries) if entries else b""
    while (excess := len(packed) - JOURNAL_BYTES) > 0:
        entries = _shortened(entries, excess)
        packed = _json.encode(entries)
    return packed


def _shortened(entries: Entries, excess: int) -> Entries:
    """Forget the oldest replies, of as many bytes as are too much."""
    shorter = dict(entries)
    for key, entry in entries.items():
        if excess > 0 and entry.reply is not None:
            shorter[key] = msgspec.structs.replace(entry, reply=None)
            excess -= len(_json.encode(entry.reply)) + len(',"reply":')
    if shorter == entries:
        raise StateTooLarge(f"{len(entries)} steps are more than one call can remember")
    return shorter
