"""The one place that calls user code: in place when it is async, in a thread when it is plain.

User code may raise anything, hang, exit or cancel itself; the caller sees a value, a
`UserCodeError` or a `DeadlineError`, and the server goes on.
"""

import asyncio
import contextvars
import inspect
import os
import sys
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from agentkit.errors import AgentKitError
from agentkit.hooks import is_async
from agentkit.late import LateModule
from agentkit.loops import asyncio_loop
from agentkit.threads import Threads

if TYPE_CHECKING:
    import anyio
    from anyio import to_thread
else:
    anyio = LateModule("anyio", globals())
    to_thread = LateModule("anyio.to_thread", globals())


class UserCodeError(AgentKitError):
    """User code raised; the original is the cause."""

    @property
    def original(self) -> BaseException:
        """What the user code raised."""
        return self.__cause__ or self


class DeadlineError(AgentKitError):
    """User code did not answer in time; a coroutine was cancelled, a thread was left behind."""


class _Outcome(NamedTuple):
    value: Any
    error: BaseException | None


_threads = Threads()
_detached: set["asyncio.Task[None]"] = set()


def _forget_threads() -> None:
    """A forked child has none of its parent's threads."""
    globals()["_threads"] = Threads()


os.register_at_fork(after_in_child=_forget_threads)


def detach(work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], object]:
    """Let work run on after its caller, in the same context; return what cancels it.

    It must raise nothing. On trio it is cancelled when the loop ends.
    """
    loop = asyncio_loop()
    if loop is not None:
        task = loop.create_task(work())
        _detached.add(task)  # a loop keeps no task alive by itself
        task.add_done_callback(_detached.discard)
        return task.cancel
    lowlevel = sys.modules["trio"].lowlevel
    lowlevel.spawn_system_task(work, context=contextvars.copy_context())
    return _not_cancelled


def _not_cancelled() -> None: ...


def abandoned_threads() -> int:
    """Return how many threads still run plain code that missed its deadline."""
    return _threads.abandoned


async def call(function: Callable[..., Any], *args: Any, seconds: float) -> Any:
    """Call user code and return its value.

    Raises:
        UserCodeError: it raised; the cause is what it raised.
        DeadlineError: it took longer than `seconds`.
    """
    if is_async(function):
        return await call_async(function, *args, seconds=seconds)
    return await call_plain(function, *args, seconds=seconds)


async def call_plain(function: Callable[..., Any], *args: Any, seconds: float) -> Any:
    """Call a plain function in a worker thread; a coroutine that it returns is awaited here.

    Raises:
        UserCodeError: it raised; the cause is what it raised.
        DeadlineError: it took longer than `seconds`.
    """
    work = _Work(partial(function, *args))
    try:
        return await call_async(_in_thread, work, seconds=seconds)
    except DeadlineError:
        if work.outcome is None or inspect.isawaitable(work.outcome.value):
            raise
    finally:
        work.end()
    return _value_of(work.outcome)  # a busy loop hears of the deadline before it hears of this


async def call_async(
    function: Callable[..., Coroutine[Any, Any, Any]], *args: Any, seconds: float
) -> Any:
    """Await a coroutine function, no longer than `seconds`.

    Raises:
        UserCodeError: it raised; the cause is what it raised.
        DeadlineError: it took longer than `seconds`.
    """
    try:
        if asyncio_loop() is None:
            return await _within_anyio(function(*args), seconds)
        coroutine = function(*args)
        try:  # most tools never wait: their first step is their last, and needs no timer
            waits_for = coroutine.send(None)
        except StopIteration as finished:
            return finished.value
        return await _within_asyncio(_Begun(coroutine, waits_for), seconds)
    except (DeadlineError, UserCodeError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if not isinstance(error, anyio.get_cancelled_exc_class()):
            raise UserCodeError("user code raised") from error
        if _is_to_end():
            raise
        raise UserCodeError("user code cancelled itself") from error


def _is_to_end() -> bool:
    """Say whether a cancellation came from outside; asyncio lets code raise one by itself."""
    task = asyncio.current_task() if asyncio_loop() is not None else None
    return task is None or task.cancelling() > 0


async def _within_asyncio(begun: "_Begun", seconds: float) -> Any:
    """Await what has begun; `asyncio.timeout` costs half of a cancel scope."""
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            return await begun
    except TimeoutError as error:
        if timeout.expired():
            raise DeadlineError(f"no answer within {seconds:g} s") from error
        raise


class _Begun:
    """Awaits a coroutine that has taken its first step and waits for something."""

    __slots__ = ("_coroutine", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        waits_for = self._waits_for
        while True:
            try:
                sent = yield waits_for
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - thrown into the user's coroutine
                step = partial(self._coroutine.throw, error)
            else:
                step = partial(self._coroutine.send, sent)
            try:
                waits_for = step()
            except StopIteration as finished:
                return finished.value


async def _within_anyio(coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
    with anyio.move_on_after(seconds):
        return await coroutine
    raise DeadlineError(f"no answer within {seconds:g} s")


class _Work:
    """A plain function, called in a thread, and what came of it.

    A coroutine that it returns too late, when nobody waits any more, is closed.
    """

    __slots__ = ("_function", "_is_over", "outcome")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._is_over = False
        self.outcome: _Outcome | None = None

    def __call__(self) -> _Outcome:
        try:
            outcome = _Outcome(self._function(), None)
        except BaseException as error:  # noqa: BLE001 - `sys.exit()` must end neither thread nor server
            outcome = _Outcome(None, error)
        self.outcome = outcome
        if self._is_over:
            self._close()
        return outcome

    def end(self) -> None:
        """Nobody waits any more: whoever comes last, this or the thread, sees the other."""
        self._is_over = True
        self._close()

    def _close(self) -> None:
        if self.outcome is not None and inspect.iscoroutine(self.outcome.value):
            self.outcome.value.close()


async def _in_thread(work: _Work) -> Any:
    if asyncio_loop() is not None:
        outcome = await _threads.run(work)
    else:
        outcome = await to_thread.run_sync(work, abandon_on_cancel=True)
    value = _value_of(outcome)
    return await value if inspect.isawaitable(value) else value


def _value_of(outcome: _Outcome) -> Any:
    if outcome.error is not None:
        raise UserCodeError("user code raised") from outcome.error
    return outcome.value
