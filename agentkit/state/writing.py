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


class Write:
    """One write: the same write id and the same deadline through all its attempts."""

    __slots__ = ("_clock", "_deadline", "_pauses", "_write_id", "key")

    def __init__(self, key: str, clock: Callable[[], float]) -> None:
        self.key = key
        self._clock = clock
        self._deadline = clock() + RETRY_SECONDS
        self._pauses = 0
        self._write_id = os.urandom(8).hex()

    def swap(
        self, stored: Snapshot, packed: bytes, lifetime: Lifetime, journal: bytes = b""
    ) -> Operation[Snapshot]:
        """Write these bytes in the place of what was seen, and return what is stored then."""
        put = self._put(stored.version, join(journal, packed), lifetime)
        while True:
            try:
                version: str = yield put
            except StateError as error:
                if error.applied is not None:
                    raise
                yield self.pause(error)
            else:
                ending = lifetime if lifetime.final else None
                return Snapshot(version, packed, ending, journal=journal)

    def _put(self, version: str | None, data: bytes, lifetime: Lifetime) -> Request:
        return lambda store: store.put(
            self.key,
            data,
            expect=ABSENT if version is None else version,
            ttl_seconds=lifetime.ttl_seconds,
            write_id=self._write_id,
            final=lifetime.final,
        )

    def pause(self, error: StateError) -> Pause:
        """Return a pause before the next attempt, or raise the error if there is none."""
        if self._clock() >= self._deadline:
            raise error
        self._pauses += 1
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._pauses, _DOUBLINGS))
        return Pause(_random() * longest)


def _random() -> float:
    return secrets.SystemRandom().random()
