"""The event loop that runs here, and work that goes on there beside a block and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agentkit.late import LateModule

if TYPE_CHECKING:
    import anyio

    from agentkit import groups
else:  # for trio, and for the work itself
    anyio = LateModule("anyio", globals())
    groups = LateModule("agentkit.groups", globals())


asyncio_loop: Callable[[], asyncio.AbstractEventLoop | None]
asyncio_loop = asyncio._get_running_loop  # noqa: SLF001 - the only way that raises nothing elsewhere
"""Return the asyncio loop on which this is called, None elsewhere."""


@asynccontextmanager
async def meanwhile(
    work: Callable[[], Coroutine[Any, Any, None]], *, after: float
) -> AsyncIterator[None]:
    """Run work beside a block that is entered, and cancel it when the block ends.

    Args:
        work: must raise nothing.
        after: how long to wait with it, in seconds. On asyncio nothing of anyio is loaded before.
    """
    if asyncio_loop() is None:
        with groups.ungrouped():
            async with anyio.create_task_group() as group:
                group.start_soon(_begun_after, work, after)
                yield
                group.cancel_scope.cancel()
        return
    later = _Later(work, after)
    try:
        yield
    finally:
        await later.end()


async def _begun_after(work: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
    await anyio.sleep(seconds)
    await work()


class _Later:
    """Work in a task of its own, which anyio cancels: it leaves a step that is shielded alone."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        self._scope: anyio.CancelScope | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(work, seconds))

    async def _run(self, work: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        await asyncio.sleep(seconds)
        with anyio.CancelScope() as self._scope:
            await work()

    async def end(self) -> None:
        """Cancel it, and wait until it is over."""
        if self._scope is None:
            self._task.cancel()
        else:
            self._scope.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()  # what it raised in spite of all comes out here, as on trio
