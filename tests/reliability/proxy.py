"""A loopback TCP proxy that does to connections what networks do, by a seeded choice.

    with proxied(server.port, {Fault.CUT_REPLY: 0.05}) as proxy:
        state = RedisState(f"redis://127.0.0.1:{proxy.port}")

A fault strikes when a client sends something. `CUT_REPLY` lets the server act and cuts the
connection before the reply arrives, which is what compare-and-set alone does not survive.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.from_thread import start_blocking_portal

from tests.reliability.harness import SEED

DELAY_SECONDS = 0.01
PIECE_BYTES = 7
PACK = 200  # chances are met exactly in each, so a test can count on its share of faults


class Fault(Enum):
    """What happens to what a client sends, and to the reply."""

    NONE = auto()
    DELAY = auto()
    THROTTLE = auto()
    CUT_REQUEST = auto()
    CUT_REPLY = auto()
    HALF_CLOSE = auto()


class Proxy:
    """Stands between clients and one server.

    Attributes:
        port: where it listens.
        struck: how often each fault struck.
        chances: how probable each fault is, in steps of half a hundredth.
    """

    def __init__(self, server_port: int, chances: Mapping[Fault, float], seed: int) -> None:
        self.port = 0
        self.struck: Counter[Fault] = Counter()
        self.chances = dict(chances)
        self._server_port = server_port
        self._random = random.Random(seed)
        self._pack: list[Fault] = []

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Serve until cancelled."""
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = listener.extra(SocketAttribute.local_port)
        task_status.started()
        async with listener:
            await listener.serve(self._connect)

    async def _connect(self, client: SocketStream) -> None:
        async with client:
            try:
                server = await anyio.connect_tcp("127.0.0.1", self._server_port)
            except OSError:
                return
            async with server, anyio.create_task_group() as group:
                link = _Link(self, client, server)
                group.start_soon(link.replies, group.cancel_scope)
                await link.requests(group.cancel_scope)

    def choose(self) -> Fault:
        """Choose what happens next, as a card is drawn: of each pack all are drawn."""
        if not self._pack:
            self._pack = self._shuffled()
        fault = self._pack.pop()
        self.struck[fault] += 1
        return fault

    def _shuffled(self) -> list[Fault]:
        cards = [
            fault for fault, chance in self.chances.items() for _ in range(round(chance * PACK))
        ]
        cards += [Fault.NONE] * (PACK - len(cards))
        self._random.shuffle(cards)
        return cards


class _Link:
    """One client and its connection to the server."""

    def __init__(self, proxy: Proxy, client: SocketStream, server: SocketStream) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._deaf = False

    async def requests(self, scope: anyio.CancelScope) -> None:
        try:
            async for data in self._client:
                if not await self._forward(data, self._proxy.choose()):
                    break
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        scope.cancel()

    async def replies(self, scope: anyio.CancelScope) -> None:
        try:
            async for data in self._server:
                if self._deaf:
                    break
                await self._client.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        scope.cancel()

    async def _forward(self, data: bytes, fault: Fault) -> bool:
        """Pass on what a client sent and say whether the link goes on."""
        if fault is Fault.CUT_REQUEST:
            return False
        if fault is Fault.DELAY:
            await anyio.sleep(DELAY_SECONDS)
        pieces = [data]
        if fault is Fault.THROTTLE:
            pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
        self._deaf = fault in {Fault.CUT_REPLY, Fault.HALF_CLOSE}
        for piece in pieces:
            await self._server.send(piece)
        if fault is Fault.HALF_CLOSE:
            await self._client.send_eof()
        return True


@contextmanager
def proxied(server_port: int, chances: Mapping[Fault, float], seed: int = SEED) -> Iterator[Proxy]:
    """Put a proxy in front of a server."""
    proxy = Proxy(server_port, chances, seed)
    with start_blocking_portal() as portal:
        serving, _ = portal.start_task(proxy.serve)
        try:
            yield proxy
        finally:
            serving.cancel()
