"""One request delivered several times is answered once: repetitions join it or get its answer.

The platform sends a request again, up to three times and to any process, when it got no answer
(facts 7), and nothing in it says that it is a repetition: it is the same bytes at the same URL. So
the same bytes within a short time are taken for one delivery. While it runs, others wait for its
answer; afterwards they get it for as long as the first one may not have arrived. Somebody who
really asks twice comes later than that.

Within a process a table of flights does this. Where processes share a store, an entry in it does
the same across them, and survives a restart.

The table is looked at in every call, so its keys are cheap: of a usual body Python's hash (64 bits,
keyed, and the URL beside it has the call's own token), of a long one its ends, and then it is kept
to be compared as a whole. The store's key is a digest.
"""

import math
import time
from collections.abc import Awaitable, Callable, Hashable
from functools import partial

import anyio
import msgspec

from agentkit._log import log
from agentkit.claims import LEASE_MARGIN_SECONDS, Claims, StillRunningError
from agentkit.context import Exchange
from agentkit.errors import RequestError, StateError
from agentkit.reply import Reply
from agentkit.slots import Admission, busy
from agentkit.state.journal import Place, Step
from agentkit.state.manager import StateManager
from agentkit.state.operations import Lifetime

SENT_SECONDS = 5.0
"""How long an answer is repeated that was handed to the server in full."""

LOST_SECONDS = 30.0
"""How long an answer is repeated that is known not to have gone out."""

TABLE_LIMIT = 4096
"""Most answers that are kept in memory."""

TABLE_BYTES = 16 * 1024 * 1024
"""Most bytes of answers, and of long requests, that are kept in memory."""

LONG_BYTES = 65_536
"""Longest body of which every byte is hashed."""

LOOK_SECONDS = 0.5
"""How often answers that are too old are looked for."""

SLOW_SECONDS = 0.5
"""After as long, a client may have left: it is asked before the answer is sent."""

_CLAIM_SECONDS = 180.0  # longer than any tool and its lease take
_PAUSE_SECONDS = 0.01
_REPLY = "reply"

Run = Callable[[], Awaitable[Reply]]


class LongBody:
    """A long body as a key: all of it counts, but only its ends are hashed."""

    __slots__ = ("_hash", "_whole")

    def __init__(self, whole: bytes) -> None:
        self._whole = whole
        self._hash = hash((len(whole), whole[:1024], whole[-1024:]))

    def __hash__(self) -> int:  # type: ignore[explicit-override]  # Python 3.11 has no such mark
        return self._hash

    def __eq__(self, other: object) -> bool:  # type: ignore[explicit-override]
        return isinstance(other, LongBody) and self._whole == other._whole


class Flight(msgspec.Struct, eq=False, gc=False):
    """One delivery: running, or answered. Thousands are kept, and none is part of a cycle.

    Attributes:
        key: what all deliveries of the same request have in common.
        weight: bytes of the request that are kept with it.
        began: when it came.
        ended: whether it runs no more.
        left: whether its client had left before it was answered.
        body: the answer, when there is one.
        until: how long that is repeated.
    """

    key: Hashable
    weight: int
    began: float
    ended: bool = False
    left: bool = False
    body: bytes | None = None
    until: float = math.inf

    def sent(self, whole: bool) -> None:
        """Repeat an answer for less long that has gone out."""
        if whole and not self.left:
            self.until -= LOST_SECONDS - SENT_SECONDS


class Deliveries:
    """The deliveries of one agent.

    Args:
        admission: of the agent; who joins or gets an answer that is there passes it by.
        claims: of this process, for deliveries that are kept in the store.
        states: the agent's store.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        admission: Admission,
        claims: Claims,
        states: StateManager,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admission = admission
        shares = states.capabilities.shared_between_processes
        self._shared = states.scoped("delivery", _CLAIM_SECONDS) if shares else None
        self._claims = claims
        self._clock = clock
        self._lock = admission.lock
        self._flights = Flights()

    async def once(
        self, name: str, exchange: Exchange, run: Run, seconds: float, *, share: bool = True
    ) -> Reply:
        """Answer a request, or repeat the answer that the same request got.

        Args:
            name: the agent's name.
            exchange: the request, read and found good.
            run: answers it; what it refuses (it raises) is not repeated.
            seconds: how long `run` may take.
            share: let other processes know.

        Raises:
            RequestError: 503, there is too much to do, or the first delivery has not ended in time;
                or what `run` raises.
        """
        key, weight = _identity(name, exchange)
        flight, shared_key = Flight(key, weight, self._clock()), b""
        while (known := self._begun(flight)) is not flight:
            body = await _joined(known, seconds)
            if body is not None:
                return Reply(body)
        try:
            if share and self._shared:
                shared_key = exchange.fingerprint(name)
                reply = await self._claimed(shared_key, run, seconds)
            else:
                reply = await run()
            flight.body = reply.body
        finally:
            now = self._ended(flight)
        if now - flight.began > SLOW_SECONDS:
            flight.left = exchange.client_left()
        told = partial(self._sent, flight, shared_key, reply.body) if shared_key else flight.sent
        reply.after_send = told
        return reply

    def _begun(self, flight: Flight) -> Flight:
        """Return the flight of the same request, or this one when it may begin."""
        self._lock.acquire()  # `with` takes twice as long
        try:
            known = self._flights.known(flight)
            if known is flight:
                self._admission.enter()
        except RequestError:
            self._flights.forget(flight)
            raise
        else:
            return known
        finally:
            self._lock.release()

    def _ended(self, flight: Flight) -> float:
        """Let the next one in, and return what time it is."""
        now = self._clock()
        self._lock.acquire()
        try:
            self._flights.end(flight, now)
            self._admission.leave()
        finally:
            self._lock.release()
        return now

    async def _sent(self, flight: Flight, shared_key: bytes, body: bytes, whole: bool) -> None:
        """Let other processes as well repeat an answer for longer that has not gone out."""
        flight.sent(whole)
        if self._shared and (flight.left or not whole):
            await self._store(self._shared, shared_key, body, LOST_SECONDS)

    async def _claimed(self, key: bytes, run: Run, seconds: float) -> Reply:
        """Do the same across processes; a store that fails keeps no tool from running."""
        states, place = self._shared, Place(key.hex(), _REPLY)
        assert states is not None  # noqa: S101 - asked before
        try:
            standing = await self._claims.take(states, place, seconds, again=True)
        except StillRunningError:
            raise busy() from None
        except StateError as error:
            log.exception("delivery_not_shared", error)
            return await run()
        if standing is not None and standing.reply is not None:
            log.info("delivery_repeated", running=False)
            return Reply(standing.reply.encode())
        try:
            reply = await run()
        except BaseException:
            await _noted(self._claims.release(states, place))
            raise
        await self._store(states, key, reply.body, SENT_SECONDS)
        return reply

    async def _store(self, states: StateManager, key: bytes, body: bytes, seconds: float) -> None:
        place, lifetime = Place(key.hex(), _REPLY), Lifetime(seconds)
        settled = self._claims.settle(states, place, Step.DONE, reply=body, lifetime=lifetime)
        await _noted(settled)


class Flights:
    """The deliveries that run, and the latest answers, these bounded in number and in bytes."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}  # the oldest first
        self._answers = 0
        self._bytes = 0
        self._look_at = 0.0

    def known(self, flight: Flight) -> Flight:
        """Return the flight of the same request, or this one, which is known from now on."""
        known = self._flights.setdefault(flight.key, flight)
        if flight.began < known.until:
            return known
        self.forget(known)
        self._flights[flight.key] = flight
        return flight

    def end(self, flight: Flight, now: float) -> None:
        """Keep an answer, and forget what is too old or too much; without one, forget it."""
        flight.ended = True
        if flight.body is None:
            self.forget(flight)
            return
        flight.until = now + LOST_SECONDS
        self._answers += 1
        self._bytes += len(flight.body) + flight.weight
        if now >= self._look_at or self._answers > TABLE_LIMIT or self._bytes > TABLE_BYTES:
            self._forget_old(now)

    def forget(self, flight: Flight) -> None:
        """Know no more of a flight."""
        del self._flights[flight.key]
        if flight.body is not None:
            self._answers -= 1
            self._bytes -= len(flight.body) + flight.weight

    def _forget_old(self, now: float) -> None:
        """Forget what is too old or too much, of too many some more than that.

        A dict passes by all that was taken from its front: going there for each answer is slow.
        """
        self._look_at = now + LOOK_SECONDS
        gone, answers, size = [], self._answers, self._bytes
        most = TABLE_LIMIT - TABLE_LIMIT // 8 if answers > TABLE_LIMIT else TABLE_LIMIT
        for flight in self._flights.values():
            full = answers > most or size > TABLE_BYTES
            if not full and now < flight.until:  # what runs has no end
                break
            if flight.ended:  # one that has its answer but did not end yet is not counted
                gone.append(flight)
                answers, size = answers - 1, size - len(flight.body or b"") - flight.weight
        for flight in gone:
            self.forget(flight)


def _identity(name: str, exchange: Exchange) -> tuple[Hashable, int]:
    """Return what the same request to the same agent has in common, and no other has.

    With it, how many bytes of the request are kept for that.
    """
    scope, body = exchange.scope, exchange.body
    path, query, size = scope["path"], scope.get("query_string", b""), len(body)
    if size > LONG_BYTES:
        return (name, path, query, LongBody(body)), size
    return (name, path, query, size, hash(body)), 0


async def _joined(flight: Flight, seconds: float) -> bytes | None:
    """Wait for a flight's answer; None when it ended without one."""
    log.info("delivery_repeated", running=not flight.ended)
    with anyio.move_on_after(seconds + LEASE_MARGIN_SECONDS):
        while not flight.ended:  # noqa: ASYNC110 - it may fly on another event loop
            await anyio.sleep(_PAUSE_SECONDS)
        return flight.body
    raise busy()


async def _noted(work: Awaitable[None]) -> None:
    try:
        await work
    except StateError as error:
        log.exception("delivery_not_shared", error)
