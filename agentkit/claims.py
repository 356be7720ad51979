"""This process's claims on steps that must not be taken twice, waiting while others take them.

`agentkit.state.journal` keeps the entries; here is who this process is, what it runs itself, and
how long it waits for somebody else's reply. A step of this process that is not running any more
(its task was cancelled) counts as that of a worker that is gone.
"""

import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import anyio
import msgspec

from agentkit.errors import StateUnknown
from agentkit.state.journal import (
    NO_CHANGES,
    Changes,
    Entries,
    Entry,
    Place,
    Step,
    claim,
    release,
    settle,
    take_out,
)
from agentkit.state.manager import StateManager
from agentkit.state.operations import Lifetime
from agentkit.worker import is_gone, this_worker

LEASE_MARGIN_SECONDS = 5.0
"""How much longer than a step may take its claim holds."""

COMMIT_SECONDS = 5.0
"""How long an outcome may take to be stored when its own request was cancelled."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25

T = TypeVar("T")


class StillRunningError(Exception):
    """Somebody else takes a step and has not ended in time."""


class Claims:
    """The claims of one agent in this process.

    Args:
        clock: the time in Unix seconds, by which leases end.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._process = os.getpid()
        self._worker = this_worker()
        self._running: set[tuple[str, Place]] = set()

    async def take(
        self,
        states: StateManager,
        place: Place,
        seconds: float,
        *,
        again: bool,
        note: str | None = None,
    ) -> Entry | None:
        """Claim a step and return None when it is ours to take, else what became of it.

        Args:
            states: of the scope that the step is kept in.
            place: where its entry stands.
            seconds: how long the step may take; as long is waited for somebody else's.
            again: take a step over that somebody began and did not end; else it is unconfirmed.
            note: kept in place of a reply as long as there is none.

        Raises:
            StillRunningError: somebody else's has not ended in time.
            StateError: the store failed; nothing was claimed.
        """
        name = (states.operations.scope, place)
        lease = seconds + LEASE_MARGIN_SECONDS
        deadline = self._clock() + lease
        pause, verdict = _FIRST_PAUSE, partial(self._verdict, name=name, again=again)
        while True:
            mine = Entry(self._me(), self._clock() + lease, reply=note)
            standing = await states.run(claim(states.operations, place, mine, verdict))
            if standing is None:
                self._running.add(name)
                return None
            if standing.step is not Step.STARTED:
                return standing
            if self._clock() >= deadline:
                raise StillRunningError
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _verdict(self, known: Entry, *, name: tuple[str, Place], again: bool) -> Entry | None:
        """Say what becomes of an entry in the way: it stands, is unconfirmed, or is taken over."""
        if known.step is not Step.STARTED or not self._is_over(known, name):
            return known
        return None if again else msgspec.structs.replace(known, step=Step.UNCONFIRMED)

    async def settle(
        self,
        states: StateManager,
        place: Place,
        outcome: Step,
        *,
        reply: bytes | None = None,
        changes: Changes = NO_CHANGES,
        lifetime: Lifetime | None = None,
    ) -> None:
        """Store the outcome of a step of ours, together with what it changed.

        Raises:
            StateError: it could not be stored; the claim stands until its lease is over.
        """
        text = None if reply is None else reply.decode()
        entry = Entry(self._me(), 0.0, outcome, text)
        await self._ended(
            states,
            place,
            states.run(settle(states.operations, place, entry, changes, lifetime)),
        )

    async def release(self, states: StateManager, place: Place) -> None:
        """Give a claim of ours back: the step was not taken.

        Raises:
            StateError: it could not be stored.
        """
        await self._ended(states, place, states.run(release(states.operations, place)))

    def forget(self, states: StateManager, place: Place) -> None:
        """Run a step no more, and leave its entry for others to find."""
        self._running.discard((states.operations.scope, place))

    async def _ended(self, states: StateManager, place: Place, work: Awaitable[T]) -> T:
        """Store an outcome even while the request is being cancelled."""
        try:
            with anyio.fail_after(COMMIT_SECONDS, shield=True):
                return await work
        except TimeoutError as error:
            raise StateUnknown("the outcome of a step was not stored in time") from error
        finally:
            self.forget(states, place)

    async def collect(self, states: StateManager, record_id: str) -> tuple[Entries, Entries]:
        """Take out the entries of a record that are done, and those that nobody works on any more.

        Raises:
            StateError: the store failed; nothing was taken out.
        """
        scope = states.operations.scope

        def is_left(entry: Entry, key: str) -> bool:
            return self._is_over(entry, (scope, Place(record_id, key)))

        def choose(entry: Entry, key: str) -> bool:
            return entry.step is not Step.STARTED or is_left(entry, key)

        taken = await states.run(take_out(states.operations, record_id, choose))
        done = {key: entry for key, entry in taken.items() if entry.step is Step.DONE}
        return done, {key: entry for key, entry in taken.items() if key not in done}

    def _me(self) -> str:
        """This process; a forked child is another one, and runs nothing of its parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._worker = this_worker()
            self._running.clear()
        return self._worker

    def _is_over(self, entry: Entry, name: tuple[str, Place]) -> bool:
        if entry.worker == self._me():
            return name not in self._running
        return entry.until <= self._clock() or is_gone(entry.worker)
