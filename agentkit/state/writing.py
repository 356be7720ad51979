"""One write: what was seen, and the swap that is tried until its outcome is known."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from agentkit.errors import StateError
from agentkit.late import LateModule
from agentkit.state.base import ABSENT
from agentkit.state.requests import Operation, Pause, Request
from agentkit.state.values import join, unpack

if TYPE_CHECKING:
    import secrets
else:
    secrets = LateModule("secrets")

RETRY_SECONDS = 2.0
"""How long a write tries again after conflicts and lost replies."""

_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.1
_DOUBLINGS = 16  # far beyond the longest; who does not wait in between asks thousands of times


class Lifetime(NamedTuple):
    """How long a record lives after a write, and whether anything may come after it."""

    ttl_seconds: float
    final: bool = False


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """The state of a call as somebody read it: hand it back as `seen` with an update.

    Attributes:
        version: what the update replaces; None when there was no state.
        packed: the value as bytes, so that nobody can change what was seen; empty if none was.
        lifetime: how long the record lives after a write, once its call has ended.
        newer: it was written with a schema that this code does not know: it may only be read.
        journal: what `agentkit.state.journal` keeps beside the value.
    """

    version: str | None = None
    packed: bytes = b""
    lifetime: Lifetime | None = None
    newer: bool = False
    journal: bytes = b""

    @property
    def size_bytes(self) -> int:
        """How long the value and its journal are."""
        return len(self.packed) + len(self.journal)

    @property
    def data(self) -> dict[str, Any] | None:
        """A fresh copy of the value, None when there was no state.

        Raises:
            StateCorrupt: the stored bytes are damaged.
        """
        return unpack(self.packed) if self.packed else None


class Draft(msgspec.Struct, frozen=True, gc=False):
    """What to write; the lifetime and the journal as before, if not given."""

    packed: bytes
    lifetime: Lifetime | None = None
    journal: bytes | None = None


class Write(msgspec.Struct, frozen=True, gc=False):
    """One attempt of a write.

    Attributes:
        key: of the record.
        write_id: the same through all attempts; empty if a store knows of every call what it did.
        expect: the version that is replaced, None if there was no record.
        packed: the value.
        lifetime: how long the record lives then.
        journal: what is kept beside the value.
    """

    key: str
    write_id: str
    expect: str | None
    packed: bytes
    lifetime: Lifetime
    journal: bytes = b""

    def put(self, store: Any) -> Any:
        """Ask a store for it: what is returned is the version, or awaited for it."""
        return store.put(
            self.key,
            join(self.journal, self.packed) if self.journal else self.packed,
            expect=ABSENT if self.expect is None else self.expect,
            ttl_seconds=self.lifetime.ttl_seconds,
            write_id=self.write_id,
            final=self.lifetime.final,
        )

    def made(self, version: str) -> Snapshot:
        """Return what is stored, now that this version was made."""
        ending = self.lifetime if self.lifetime.final else None
        return Snapshot(version, self.packed, ending, False, self.journal)


class Patience(msgspec.Struct, gc=False):
    """How long a write waits for its next attempt, until its deadline by a clock."""

    clock: Callable[[], float]
    deadline: float
    pauses: int = 0

    def pause(self, error: StateError) -> Pause:
        """Return a pause before the next attempt, or raise the error if there is none."""
        if self.clock() >= self.deadline:
            raise error
        self.pauses += 1
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self.pauses, _DOUBLINGS))
        return Pause(_random() * longest)


def surely(put: Request, patience: Patience) -> Operation[str]:
    """Put, as often as the reply is lost, and return the version."""
    while True:
        try:
            version: str = yield put
        except StateError as error:
            if error.applied is not None:
                raise
            yield patience.pause(error)
        else:
            return version


def new_write_id() -> str:
    """Return an id that no other write has."""
    return os.urandom(8).hex()


def _random() -> float:
    return secrets.SystemRandom().random()
