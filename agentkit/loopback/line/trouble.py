"""Does to a sending what a word of `agentkit.loopback.line.faults` says."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from agentkit.loopback.clock import Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.line.faults import Faults
from agentkit.loopback.line.parcel import CONNECTION, TIMEOUT, Reply
from agentkit.loopback.line.receivers import Receivers, Target
from agentkit.loopback.line.rules import REPLY_SECONDS

Deliver = Callable[[], Awaitable[Reply]]
"""Brings a request to the agent and returns the answer, which the platform may never see."""

Restart = Callable[[], Target | Awaitable[Target | None] | None]
"""Starts the agent anew and returns it, at once or awaited; None when it is where it was."""

_PASSED_ON = {502, 504}  # what a proxy says when it has passed a request on and lost the answer


class Trouble:
    """Hits the sendings of one line.

    Args:
        faults: what is drawn.
        clock: the call's.
        receivers: get the agent that a restart brings.
        restart: needed for the word `restart`.

    Raises:
        CallError: agents are to restart, and nothing says how.
    """

    def __init__(
        self, faults: Faults, clock: Clock, receivers: Receivers, restart: Restart | None
    ) -> None:
        if "restart" in faults.words and restart is None:
            raise CallError("the fault 'restart' needs restart=, which makes the agent anew")
        self._faults = faults
        self._clock = clock
        self._receivers = receivers
        self._restart = restart
        self._underway: list[asyncio.Task[Reply]] = []
        self._overtaken: list[Deliver] = []
        self._words: dict[str, Callable[[Deliver], Awaitable[Reply]]] = {
            "duplicate": self._duplicate,
            "lost_reply": self._lose_reply,
            "late": self._deliver_late,
            "restart": self._die,
            "5xx": self._answer_for_it,
        }

    async def hit(self, word: str, deliver: Deliver) -> Reply:
        """Let a fault happen to a sending; return what the platform sees of it."""
        if word == "reorder":
            return await self._hold_back(deliver)
        reply = await self._words[word](deliver)
        await self.overtake()
        return reply

    async def overtake(self) -> None:
        """Deliver what was held back until another had been sent in its place."""
        overtaken, self._overtaken = self._overtaken, []
        for deliver in overtaken:
            await deliver()

    async def settle(self) -> None:
        """Wait for what is still on its way to be handled."""
        if self._underway:
            underway, _ = await asyncio.wait(self._underway)
            self._underway.clear()
            for task in underway:
                task.cancelled() or task.result()

    def drop(self) -> None:
        """Forget what is on its way: the line is closed."""
        self._overtaken.clear()
        for task in self._underway:
            task.cancel()

    async def _duplicate(self, deliver: Deliver) -> Reply:
        first, _ = await asyncio.gather(deliver(), deliver())
        return first

    async def _lose_reply(self, deliver: Deliver) -> Reply:
        reply = await deliver()
        return TIMEOUT if reply.error == "timeout" else CONNECTION

    async def _deliver_late(self, deliver: Deliver) -> Reply:
        await self._clock.sleep(REPLY_SECONDS)
        self._underway.append(asyncio.ensure_future(deliver()))
        return TIMEOUT

    async def _hold_back(self, deliver: Deliver) -> Reply:
        await self._clock.sleep(REPLY_SECONDS)
        self._overtaken.append(deliver)
        return TIMEOUT

    async def _die(self, deliver: Deliver) -> Reply:
        if not self._faults.before():
            await deliver()
        made: Any = self._restart and self._restart()
        await self._receivers.restart(await made if isawaitable(made) else made)
        return CONNECTION

    async def _answer_for_it(self, deliver: Deliver) -> Reply:
        status = self._faults.proxy_status()
        if status in _PASSED_ON:
            await deliver()
        return Reply(status)
