"""User code is called in one place; whatever it does, the caller gets a value or one of two errors.

What holds on asyncio holds on trio: every coroutine here is run on both.
"""

import asyncio
import inspect
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, NoReturn

import anyio
import pytest
from anyio.lowlevel import checkpoint
from trio.testing import MockClock

from agentkit import bridge
from agentkit.bridge import DeadlineError, UserCodeError
from agentkit.hooks import is_async
from agentkit.loopback.clock import Clock
from agentkit.loopback.line import VirtualLoop
from agentkit.threads import Threads
from tests.deadlines import LONG, run

SHORT = 0.01

both = pytest.mark.parametrize("backend", ["asyncio", "trio"])
pauses = pytest.mark.parametrize("paused", [False, True], ids=["at once", "after a pause"])


def called(backend: str, function: Callable[..., Any], *args: Any, seconds: float = LONG) -> Any:
    return run(backend, partial(bridge.call, seconds=seconds), function, *args)


# Every kind of callable.


def plain(*args: int) -> int:
    return sum(args)


async def coroutine(*args: int) -> int:
    await checkpoint()
    return sum(args)


async def prompt(*args: int) -> int:
    return sum(args)


def returns_coroutine(*args: int) -> Coroutine[Any, Any, int]:
    return coroutine(*args)


@wraps(coroutine)
def decorated(*args: int) -> Coroutine[Any, Any, int]:
    return coroutine(*args)


class Plain:
    def __call__(self, *args: int) -> int:
        return sum(args)

    def method(self, *args: int) -> int:
        return sum(args)


class Async:
    async def __call__(self, *args: int) -> int:
        return await coroutine(*args)

    async def method(self, *args: int) -> int:
        return await coroutine(*args)


CALLABLES: list[tuple[Callable[..., Any], bool]] = [
    (plain, False),
    (partial(plain, 1), False),
    (Plain(), False),
    (partial(Plain(), 1), False),
    (Plain().method, False),
    (lambda *args: sum(args), False),
    (returns_coroutine, False),
    (decorated, False),
    (partial(Async(), 1), False),  # not to be seen from outside; its coroutine is awaited
    (coroutine, True),
    (prompt, True),
    (partial(coroutine, 1), True),
    (partial(partial(coroutine, 1), 1), True),
    (Async(), True),
    (Async().method, True),
]


@both
@pytest.mark.parametrize(("function", "_"), CALLABLES)
def test_every_kind_of_callable_gives_its_value(
    backend: str, function: Callable[..., Any], _: bool
) -> None:
    ones = 3 - len(getattr(function, "args", ()))
    assert called(backend, function, *[1] * ones) == 3


@pytest.mark.parametrize(("function", "expected"), CALLABLES)
def test_whether_a_callable_is_async_is_known_before_it_is_called(
    function: Callable[..., Any], expected: bool
) -> None:
    assert is_async(function) is expected


@both
def test_plain_code_never_runs_on_the_thread_of_the_loop(backend: str) -> None:
    assert called(backend, threading.get_ident) != threading.get_ident()


@both
def test_async_code_runs_on_the_thread_of_the_loop(backend: str) -> None:
    async def where() -> int:
        return threading.get_ident()

    assert called(backend, where) == threading.get_ident()


@both
def test_what_is_set_around_a_call_is_seen_in_its_thread_and_not_changed_by_it(
    backend: str,
) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    def look() -> str:
        seen = variable.get()
        variable.set("changed in a thread")
        return seen

    async def around() -> tuple[str, str]:
        variable.set("set around")
        return await bridge.call(look, seconds=LONG), variable.get()

    assert run(backend, around) == ("set around", "set around")


# Everything that can be raised.

ORDINARY = [ValueError("x"), TimeoutError("mine"), RecursionError(), MemoryError(), SystemExit(3),
            ExceptionGroup("g", [ValueError()]), StopAsyncIteration(), OSError(),
            AssertionError()]  # fmt: skip
UNUSUAL = [StopIteration(7), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError(),
           BaseExceptionGroup("g", [KeyboardInterrupt()])]  # fmt: skip


@both
@pytest.mark.parametrize("error", [*ORDINARY, *UNUSUAL], ids=repr)
def test_whatever_plain_code_raises_is_the_cause_of_one_error(
    backend: str, error: BaseException
) -> None:
    def fail() -> NoReturn:
        raise error

    with pytest.raises(UserCodeError, match="user code raised") as caught:
        called(backend, fail)
    assert caught.value.original is error
    assert called(backend, plain, 1) == 1


@both
@pauses
@pytest.mark.parametrize("error", ORDINARY, ids=repr)
def test_whatever_async_code_raises_is_the_cause_of_one_error(
    backend: str, paused: bool, error: BaseException
) -> None:
    async def fail() -> NoReturn:
        if paused:
            await checkpoint()
        raise error

    with pytest.raises(UserCodeError, match="user code raised") as caught:
        called(backend, fail)
    assert caught.value.original is error


@both
@pauses
def test_a_coroutine_that_raises_stop_iteration_returns_nothing(backend: str, paused: bool) -> None:
    async def fail() -> NoReturn:
        if paused:
            await checkpoint()
        raise StopIteration("a value that is none")

    with pytest.raises(UserCodeError) as caught:
        called(backend, fail)
    assert isinstance(caught.value.original, RuntimeError)


@pauses
def test_a_coroutine_that_cancels_itself_is_an_error_like_others(paused: bool) -> None:
    async def fail() -> NoReturn:
        if paused:
            await checkpoint()
        raise asyncio.CancelledError

    with pytest.raises(UserCodeError, match="user code cancelled itself") as caught:
        called("asyncio", fail)
    assert isinstance(caught.value.original, asyncio.CancelledError)


def test_a_coroutine_that_awaits_what_was_cancelled_is_an_error_like_others() -> None:
    async def fail() -> None:
        other = asyncio.create_task(anyio.sleep_forever())
        await checkpoint()
        other.cancel()
        await other

    with pytest.raises(UserCodeError, match="user code cancelled itself"):
        called("asyncio", fail)


@both
@pauses
def test_ctrl_c_passes_through_async_code(backend: str, paused: bool) -> None:
    async def interrupted() -> NoReturn:
        if paused:
            await checkpoint()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(backend, interrupted)


@both
def test_arguments_that_do_not_fit_are_an_error_of_the_user(backend: str) -> None:
    for function in (len, Async().method):
        with pytest.raises(UserCodeError) as caught:
            called(backend, function, "one", "too many")
        assert isinstance(caught.value.original, TypeError)


@both
def test_a_coroutine_that_plain_code_returns_may_raise_too(backend: str) -> None:
    async def fail() -> NoReturn:
        await checkpoint()
        raise ValueError("late")

    with pytest.raises(UserCodeError) as caught:
        called(backend, lambda: fail())  # noqa: PLW0108 - a plain function is meant
    assert str(caught.value.original) == "late"


@both
def test_errors_of_a_call_within_a_call_pass_as_they_are(backend: str) -> None:
    async def deadline() -> None:
        await bridge.call(anyio.sleep_forever, seconds=SHORT)

    async def fails() -> None:
        await bridge.call(int, "x", seconds=LONG)

    with pytest.raises(DeadlineError):
        called(backend, deadline)
    with pytest.raises(UserCodeError) as caught:
        called(backend, fails)
    assert isinstance(caught.value.original, ValueError)


def test_an_error_without_a_cause_is_its_own_origin() -> None:
    error = UserCodeError("x")
    assert error.original is error


# Deadlines.


@both
def test_a_coroutine_that_hangs_is_cancelled_at_its_deadline(backend: str) -> None:
    ended = []

    async def hang() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    with pytest.raises(DeadlineError, match=r"^no answer within 0\.01 s$"):
        called(backend, hang, seconds=SHORT)
    assert ended == [True]


@both
def test_a_thread_that_hangs_is_left_behind_at_its_deadline(backend: str) -> None:
    release = threading.Event()
    with pytest.raises(DeadlineError, match=r"^no answer within 0\.01 s$"):
        called(backend, release.wait, LONG, seconds=SHORT)
    assert called(backend, plain, 1) == 1
    release.set()


class Overtaken:
    """A loop whose time passes when a thread has begun."""

    def __init__(self, backend: str) -> None:
        self.begun = threading.Event()
        self.backend, self.clock, self.mock = backend, Clock(), MockClock()

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function with a deadline of a second."""
        options: dict[str, Any] = {"clock": self.mock}
        if self.backend == "asyncio":
            options = {"loop_factory": lambda: VirtualLoop(self.clock)}
        return anyio.run(self.main, function, backend=self.backend, backend_options=options)

    async def main(self, function: Callable[[], Any]) -> Any:
        async with anyio.create_task_group() as group:
            group.start_soon(self.pass_time)
            return await bridge.call(function, seconds=1)

    async def pass_time(self) -> None:
        while not self.begun.is_set():
            await checkpoint()
        self.be_busy()
        self.clock.advance(2)
        self.mock.jump(2)

    def be_busy(self) -> None:
        """Let nobody else run for a while."""


class Heard(Overtaken):
    """A loop that is busy until a thread has answered and the deadline is over: it hears last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
        super().__init__(backend)
        self.busy, self.ended = threading.Event(), threading.Event()
        monkeypatch.setattr(bridge, "_Work", partial(Told, self))

    def be_busy(self) -> None:
        self.busy.set()
        assert self.ended.wait(LONG)


class Told(bridge._Work):
    """Work that begins when the loop is busy, and tells when it has ended."""

    def __init__(self, heard: Heard, function: Callable[[], Any]) -> None:
        super().__init__(function)
        self.heard = heard

    def __call__(self) -> Any:
        self.heard.begun.set()
        self.heard.busy.wait(LONG)
        try:
            return super().__call__()
        finally:
            self.heard.ended.set()


@both
def test_an_answer_that_a_busy_loop_hears_of_after_the_deadline_counts(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Heard(monkeypatch, backend).call(lambda: "in time") == "in time"


@both
def test_an_error_that_a_busy_loop_hears_of_after_the_deadline_is_the_users(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> NoReturn:
        raise ValueError("in time")

    with pytest.raises(ExceptionGroup) as caught:
        Heard(monkeypatch, backend).call(fail)
    [error] = caught.value.exceptions
    assert isinstance(error, UserCodeError)
    assert str(error.original) == "in time"


@both
def test_a_coroutine_that_a_busy_loop_hears_of_after_the_deadline_is_too_late(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = coroutine()
    with pytest.raises(ExceptionGroup) as caught:
        Heard(monkeypatch, backend).call(lambda: returned)
    [error] = caught.value.exceptions
    assert isinstance(error, DeadlineError)
    returned.close()


@both
def test_the_deadline_holds_for_a_coroutine_that_plain_code_returns(backend: str) -> None:
    with pytest.raises(DeadlineError):
        called(backend, lambda: anyio.sleep_forever(), seconds=SHORT)  # noqa: PLW0108


class Held:
    """What a coroutine holds on to until it is closed."""


async def holding(_: Held) -> None:
    raise AssertionError("nobody awaits it")


@both
def test_a_coroutine_that_plain_code_returns_too_late_is_closed(backend: str) -> None:
    given_up, closed, kept = threading.Event(), threading.Event(), list[Any]()
    overtaken = Overtaken(backend)

    def late() -> Any:
        overtaken.begun.set()
        given_up.wait()
        held = Held()
        weakref.finalize(held, closed.set)
        kept.append(holding(held))
        return kept[0]

    with pytest.raises(ExceptionGroup) as caught:
        overtaken.call(late)
    assert isinstance(caught.value.exceptions[0], DeadlineError)
    given_up.set()
    assert closed.wait(LONG)


@both
@pauses
def test_a_timeout_of_the_users_own_is_no_deadline(backend: str, paused: bool) -> None:
    async def impatient() -> None:
        if paused:
            await checkpoint()
        with anyio.fail_after(SHORT):
            await anyio.sleep_forever()

    with pytest.raises(UserCodeError) as caught:
        called(backend, impatient)
    assert isinstance(caught.value.original, TimeoutError)


@pauses
def test_a_timeout_of_asyncio_in_user_code_is_no_deadline(paused: bool) -> None:
    async def impatient() -> None:
        if paused:
            await checkpoint()
        async with asyncio.timeout(SHORT):
            await anyio.sleep_forever()

    with pytest.raises(UserCodeError) as caught:
        called("asyncio", impatient)
    assert isinstance(caught.value.original, TimeoutError)


@both
def test_a_longer_timeout_of_the_users_own_does_not_hide_the_deadline(backend: str) -> None:
    async def patient() -> None:
        with anyio.fail_after(LONG):
            await anyio.sleep_forever()

    with pytest.raises(DeadlineError):
        called(backend, patient, seconds=SHORT)


def test_a_cancellation_told_as_a_timeout_is_still_the_deadline() -> None:
    async def translates() -> None:
        try:
            await anyio.sleep_forever()
        except asyncio.CancelledError:
            raise TimeoutError("translated") from None

    with pytest.raises(DeadlineError):
        called("asyncio", translates, seconds=SHORT)


@both
def test_an_answer_given_while_being_cancelled_counts(backend: str) -> None:
    async def reluctant() -> str:
        with suppress(anyio.get_cancelled_exc_class()):
            await anyio.sleep_forever()
        return "the best I have"

    assert called(backend, reluctant, seconds=SHORT) == "the best I have"


@both
def test_an_error_while_being_cancelled_is_the_users(backend: str) -> None:
    async def breaks() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("while cleaning up")

    with pytest.raises(UserCodeError) as caught:
        called(backend, breaks, seconds=SHORT)
    assert str(caught.value.original) == "while cleaning up"


# Cancellation from outside.


@both
@pytest.mark.parametrize("is_plain", [False, True], ids=["coroutine", "thread"])
def test_cancellation_from_outside_passes_through(backend: str, is_plain: bool) -> None:
    begun, release = threading.Event(), threading.Event()

    async def hang() -> None:
        begun.set()
        await anyio.sleep_forever()

    def block() -> None:
        begun.set()
        release.wait(LONG)

    seen: list[str] = []

    async def inside() -> None:
        try:
            await bridge.call(block if is_plain else hang, seconds=LONG)
        except anyio.get_cancelled_exc_class():
            seen.append("cancelled")
            raise

    async def outside() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(inside)
            while not begun.is_set():
                await checkpoint()
            group.cancel_scope.cancel()

    run(backend, outside)
    assert seen == ["cancelled"]
    release.set()


@pytest.mark.parametrize("is_plain", [False, True], ids=["coroutine", "thread"])
def test_a_cancelled_task_of_asyncio_ends_cancelled(is_plain: bool) -> None:
    begun, release = threading.Event(), threading.Event()

    async def hang() -> None:
        begun.set()
        await anyio.sleep_forever()

    def block() -> None:
        begun.set()
        release.wait(LONG)

    async def outside() -> bool:
        task = asyncio.create_task(bridge.call(block if is_plain else hang, seconds=LONG))
        while not begun.is_set():
            await checkpoint()
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert run("asyncio", outside)
    release.set()


async def test_a_call_that_is_thrown_away_closes_the_users_coroutine() -> None:
    users = anyio.sleep_forever()
    call = bridge.call_async(lambda: users, seconds=LONG)
    call.send(None)
    assert inspect.getcoroutinestate(users) == inspect.CORO_SUSPENDED
    call.close()
    assert inspect.getcoroutinestate(users) == inspect.CORO_CLOSED


class Yield:
    """What `asyncio.sleep(0)` is made of."""

    def __await__(self) -> Generator[None, object, object]:
        return (yield)


def test_what_the_loop_sends_reaches_user_code() -> None:
    async def asks() -> list[object]:
        return [await Yield() for _ in range(3)]

    assert called("asyncio", asks) == [None, None, None]


@both
def test_task_groups_and_locks_work_in_user_code(backend: str) -> None:
    async def busy() -> list[int]:
        results: list[int] = []
        lock = anyio.Lock()

        async def work(number: int) -> None:
            async with lock:
                await checkpoint()
                results.append(number)

        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(work, number)
        return sorted(results)

    assert called(backend, busy) == [0, 1, 2]


@both
def test_what_user_code_waits_for_reaches_it(backend: str) -> None:
    async def talk() -> list[int]:
        send, receive = anyio.create_memory_object_stream[int](1)
        async with send, receive:
            got = []
            for number in range(3):
                await send.send(number)
                got.append(await receive.receive())
            return got

    assert called(backend, talk) == [0, 1, 2]


# Processes and loops.


@both
def test_one_loop_after_another_can_call_plain_code(backend: str) -> None:
    for number in range(3):
        assert called(backend, plain, number) == number


@both
def test_many_plain_calls_run_at_once(backend: str) -> None:
    together = threading.Barrier(8)

    async def all_() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(partial(bridge.call, together.wait, LONG, seconds=LONG))

    run(backend, all_)
    assert not together.broken


async def test_threads_left_behind_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "_threads", Threads())  # those of other tests may be about to end
    begun, release = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        release.wait(LONG)

    with anyio.fail_after(LONG):
        task = asyncio.create_task(bridge.call(hang, seconds=LONG))
        while not begun.is_set():
            await checkpoint()
        task.cancel()
        await asyncio.wait([task])
        assert bridge.abandoned_threads() == 1
        release.set()
        while bridge.abandoned_threads():
            await checkpoint()


FORKING = """
import os, threading, warnings
import anyio
from agentkit import bridge

warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads is what is tried

async def ask():
    with anyio.fail_after(60):
        return await bridge.call(threading.get_ident, seconds=60)

anyio.run(ask)
child = os.fork()
if child == 0:
    anyio.run(ask)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_starts_threads_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_after_a_fork_no_thread_of_the_parent_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parents = bridge._threads
    monkeypatch.setattr(bridge, "_threads", parents)
    bridge._forget_threads()
    assert bridge._threads is not parents
    assert called("asyncio", plain, 1, 1) == 2
