"""A receiver between startup and shutdown.

It lives in a task of its own: a test may begin and end it in different ones, which the task groups
within it would not survive.
"""

import asyncio
from contextlib import AbstractAsyncContextManager


class Life:
    """Enters a context, and leaves it when it is told to.

    Args:
        context: such as the lifespan of an application.
    """

    def __init__(self, context: AbstractAsyncContextManager[None]) -> None:
        self._context = context
        self._started = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def begin(self) -> None:
        """Return when the context is entered; what that raises is raised here."""
        started = asyncio.ensure_future(self._started.wait())
        await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._task.done():
            await self._task

    async def end(self) -> None:
        """Return when the context is left; what that raises is raised here."""
        self._stopping.set()
        await self._task

    async def _run(self) -> None:
        async with self._context:
            self._started.set()
            await self._stopping.wait()
