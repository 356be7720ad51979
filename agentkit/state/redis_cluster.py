"""Which server has which part of the keys, learned from what servers answer.

A single server never says anything about this. A server of a cluster that is asked for a key of
another one says where it is: for good (MOVED) or for this once, while a part of the keys is moving
(ASK). When a server cannot be reached, what was learned of it is forgotten, and the one of the URL
is asked again, then any other that is known: one of them knows who took over.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agentkit.errors import StateUnavailable
from agentkit.state.redis_wire import Address, RedirectedError, RedisWire, RefusedError

T = TypeVar("T")


class Map:
    """What one store knows about the servers of its cluster."""

    def __init__(self) -> None:
        self._of_bucket: dict[int, Address] = {}
        self._known: dict[Address, None] = {}

    def learn(self, bucket: int, address: Address) -> None:
        """Remember who has a bucket."""
        self._of_bucket[bucket] = address
        self._known[address] = None

    def forget(self, bucket: int) -> None:
        """Forget who has a bucket."""
        self._of_bucket.pop(bucket, None)

    def owner(self, bucket: int) -> Address | None:
        """Return who has a bucket, None for the server of the URL."""
        return self._of_bucket.get(bucket)

    def anyone(self, turn: int) -> Address | None:
        """Return a server to ask, another one each turn, first that of the URL."""
        known = [None, *self._known]
        return known[turn % len(known)]


class Route:
    """The way of one call to the server that has its bucket."""

    def __init__(self, servers: Map, bucket: int) -> None:
        self._servers = servers
        self._bucket = bucket
        self._attempts = 0
        self._redirection: RedirectedError | None = None
        self._asking = False

    def next(self) -> Address | None:
        """Return the address for the next attempt, None for that of the URL."""
        redirection, self._redirection = self._redirection, None
        self._asking = redirection is not None and not redirection.for_good
        if redirection is not None:
            return redirection.address
        self._attempts += 1
        if self._attempts == 1:
            return self._servers.owner(self._bucket)
        self._servers.forget(self._bucket)
        return self._servers.anyone(self._attempts - 2)

    def guiding(
        self, work: Callable[[RedisWire], Awaitable[T]]
    ) -> Callable[[RedisWire], Awaitable[T]]:
        """Return an exchange that notes where it is sent."""

        async def exchange(wire: RedisWire) -> T:
            wire.asking = self._asking
            try:
                return await work(wire)
            except RedirectedError as redirection:
                self._follow(redirection)
                raise
            except RefusedError as error:
                raise StateUnavailable(f"Redis refused: {error}") from error

        return exchange

    def _follow(self, redirection: RedirectedError) -> None:
        self._redirection = redirection
        if redirection.for_good:
            self._servers.learn(self._bucket, redirection.address)
