"""Each summary is handed over once: how far each has come, and letters for those that failed.

A delivery (agent, call, session of the model) has a small record of its own:

    started(worker, until)  -> done                          kept for a day
                            -> pending(attempts, next_at)    its letter is in the outbox
                            -> dead(attempts)                its letter is a dead letter

Taking a delivery is a swap of that record, so of many who try at once one wins. A record whose
worker is gone, or whose lease is over, is free to be taken again. What must not be lost is written
first: the letter before the record says `pending`, the dead letter before it says `dead`.

This file decides and stores; `agentkit.operations.summaries` runs user code.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import anyio.to_thread
import msgspec
from msgspec.structs import replace

from agentkit._log import log
from agentkit.digests import blake2b
from agentkit.errors import StateConflict, StateCorrupt
from agentkit.state import outbox as letters
from agentkit.state.manager import StateManager
from agentkit.state.operations import Operation
from agentkit.state.outbox import DEAD, OUTBOX, Letter
from agentkit.worker import is_gone

SCOPE = "summary"
"""The scope of the records of deliveries."""

DONE_SECONDS = 86_400.0
"""How long it is remembered that a summary was handed over."""

LEASE_SECONDS = 45.0
"""How long a worker has for one attempt, with all that it stores."""

MOST_ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 5.0
PAUSE_GROWS = 4.0
LONGEST_PAUSE_SECONDS = 7200.0
"""A summary that fails is tried ten times within about eleven hours."""

_JITTER = 0.25
_PAGE = 100
_SMALL = 65_536  # bytes that are compressed faster than a thread is reached
_random = secrets.SystemRandom().uniform

JSON = dict[str, Any]


class Stage(Enum):
    """How far a delivery has come."""

    STARTED = "started"
    DONE = "done"
    PENDING = "pending"
    DEAD = "dead"


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """The record of one delivery.

    Attributes:
        stage: how far it has come.
        worker: who runs it.
        until: the end of the worker's lease, in Unix seconds.
        attempts: how often it was tried, this time included.
        next_at: when it may be tried again.
        error_id: ties it to the last failure in the log.
    """

    stage: Stage
    worker: str = ""
    until: float = 0.0
    attempts: int = 0
    next_at: float = 0.0
    error_id: str = ""

    def free_at(self) -> float | None:
        """Return from when on it can be taken, None when there is nothing left to do."""
        if self.stage is Stage.STARTED:
            return 0.0 if is_gone(self.worker) else self.until
        return self.next_at if self.stage is Stage.PENDING else None


class Taken(NamedTuple):
    """The outcome of `take`.

    Attributes:
        id: of the delivery.
        progress: the record as it stands.
        version: of the record, if it was taken; None when it stands in the way.
    """

    id: str
    progress: Progress
    version: str | None = None


class _InTheWay(Exception):
    """A record that cannot be taken now."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress


class Outbox:
    """The deliveries of one agent in its store.

    Every method may raise a `StateError`.

    Args:
        states: where they are kept.
        agent: who they are for, as `agent_digest` tells.
        clock: Unix seconds.
        worker: who takes deliveries here.
    """

    __slots__ = ("_clock", "_done", "_kept", "_worker", "agent")

    def __init__(
        self, states: StateManager, agent: str, clock: Callable[[], float], worker: str
    ) -> None:
        self._worker = worker
        self._done = states.scoped(SCOPE, DONE_SECONDS)
        self._kept = states.scoped(SCOPE, letters.KEPT_SECONDS)
        self._clock = clock
        self.agent = agent

    async def take(self, delivery_id: str) -> Taken:
        """Take a delivery, unless somebody else has it, it is not due, or it is over."""
        mine = Progress(Stage.STARTED, self._worker, self._clock() + LEASE_SECONDS, 1)
        write = self._kept.operations.rewrite_state(
            delivery_id, lambda data: msgspec.to_builtins(self._following(data, mine))
        )
        try:
            stored = await self._kept.run(write)
        except _InTheWay as found:
            return Taken(delivery_id, found.progress)
        return Taken(delivery_id, progress_of(stored.data or {}), stored.version)

    async def done(self, taken: Taken) -> None:
        """Remember that a delivery was handed over, and forget its letter.

        This holds also when it took so long that somebody else has tried and failed since; who
        tries now will end it himself.
        """

        def over(data: JSON | None) -> JSON:
            known = progress_of(data or {})
            if known.stage is Stage.STARTED and known != taken.progress:
                raise _InTheWay(known)
            ended: JSON = msgspec.to_builtins(Progress(Stage.DONE))
            return ended

        try:
            await self._done.run(self._done.operations.rewrite_state(taken.id, over))
        except _InTheWay:
            log.warning("summary_taken_over", id=taken.id)
            return
        if taken.progress.attempts > 1:
            await self._run(letters.drop(OUTBOX, taken.id))
            await self._run(letters.drop(DEAD, taken.id))

    async def failed(self, taken: Taken, letter: Letter, error_id: str) -> Progress:
        """Keep a letter for later; after the last attempt it is a dead one.

        When this returns, the letter is stored.
        """
        attempts = taken.progress.attempts
        if attempts >= MOST_ATTEMPTS:
            dead = Progress(Stage.DEAD, attempts=attempts, error_id=error_id)
            return await self._bury(taken, letter, dead)
        await self._run(letters.keep(OUTBOX, taken.id, await packed(letter)))
        await self._run(letters.mark(self.agent))
        next_at = self._clock() + pause_after(attempts)
        later = Progress(Stage.PENDING, attempts=attempts, next_at=next_at, error_id=error_id)
        await self._settle(taken, later)
        return later

    async def release(self, taken: Taken) -> None:
        """Give a delivery back whose attempt was broken off: it is due at once."""
        attempts = taken.progress.attempts - 1
        again = Progress(Stage.PENDING, attempts=attempts, next_at=self._clock())
        await self._settle(taken, again)

    async def letter(self, delivery_id: str) -> Letter | None:
        """Return the letter of a delivery, None when there is none."""
        stored = await self._run(letters.read(OUTBOX, delivery_id))
        return None if stored is None else await unpacked(stored)

    async def lost(self, taken: Taken) -> None:
        """Give a delivery up whose letter was removed."""
        gone = replace(taken.progress, stage=Stage.DEAD)
        await self._settle(taken, gone)

    async def forget(self, delivery_id: str) -> None:
        """Remove a letter whose delivery is over."""
        await self._run(letters.drop(OUTBOX, delivery_id))

    async def may_hold_letters(self) -> str | None:
        """Return the version of the agent's mark, None when there are certainly no letters."""
        version: str | None = await self._run(letters.marked(self.agent))
        return version

    async def holds_none(self, version: str) -> None:
        """Remove the mark, unless it was set again since."""
        try:
            await self._run(letters.unmark(self.agent, version))
        except StateConflict:
            log.debug("outbox_filled_again")

    async def ids(self) -> AsyncIterator[str]:
        """Give the ids of all letters that are to be tried again."""
        after = ""
        while entries := await self._run(letters.page(OUTBOX, f"{self.agent}.", after, _PAGE)):
            for entry in entries:
                yield letters.id_of(entry)
            after = entries[-1].key

    def _following(self, data: JSON | None, mine: Progress) -> Progress:
        """Return the record of an attempt that begins now."""
        if data is None:
            return mine
        known = progress_of(data)
        free_at = known.free_at()
        if free_at is None or free_at > self._clock():
            raise _InTheWay(known)
        return replace(mine, attempts=known.attempts + 1)

    async def _bury(self, taken: Taken, letter: Letter, dead: Progress) -> Progress:
        await self._run(letters.keep(DEAD, taken.id, await packed(letter)))
        if await self._settle(taken, dead):
            await self._run(letters.drop(OUTBOX, taken.id))
        return dead

    async def _settle(self, taken: Taken, progress: Progress) -> bool:
        """Write what became of an attempt, and say whether it was still this one's to say."""
        data, version = msgspec.to_builtins(progress), taken.version or ""
        try:
            await self._run(self._kept.operations.replace_state(taken.id, data, version))
        except StateConflict:  # the lease was over and somebody else has taken it
            log.warning("summary_taken_over", id=taken.id)
            return False
        return True

    async def _run(self, operation: Operation[Any]) -> Any:
        return await self._kept.run(operation)


def progress_of(data: JSON) -> Progress:
    """Return a stored record.

    Raises:
        StateCorrupt: it is none.
    """
    try:
        return msgspec.convert(data, Progress)
    except msgspec.ValidationError as error:
        raise StateCorrupt(f"the record of a delivery is damaged: {error}") from error


@lru_cache(maxsize=1024)
def agent_digest(name: str, route: str) -> str:
    """Return what stands for an agent in the ids of its deliveries."""
    return _digest((name, route), 6)


def delivery_id(agent: str, call_id: str | None, session_id: str | None, body: bytes) -> str:
    """Return the id of a delivery: the call and the session of the model, if both are named.

    If not, two summaries are the same when their bodies are.
    """
    named = call_id is not None and session_id is not None
    ids = (call_id or "", session_id or "", "" if named else _digest((body,), 16))
    return f"{agent}.{_digest(ids, 16)}"


def pause_after(attempts: int) -> float:
    """Return how long to wait after that many attempts, in seconds."""
    longest = min(FIRST_PAUSE_SECONDS * PAUSE_GROWS ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    return longest * _random(1 - _JITTER, 1 + _JITTER)


async def packed(letter: Letter) -> bytes:
    """Return a letter as bytes; a large one is compressed in a thread."""
    if len(letter.body) <= _SMALL:
        return letters.pack(letter)
    return await anyio.to_thread.run_sync(letters.pack, letter)


async def unpacked(stored: bytes) -> Letter:
    """Return the letter in bytes; a large one is read in a thread."""
    if len(stored) <= _SMALL // 4:
        return letters.unpack(stored)
    return await anyio.to_thread.run_sync(letters.unpack, stored)


def _digest(parts: tuple[str | bytes, ...], size: int) -> str:
    hashed = blake2b(digest_size=size)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hashed.update(b"%d:" % len(raw))
        hashed.update(raw)
    return hashed.hexdigest()
