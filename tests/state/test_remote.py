"""A call is tried again while there is time, and its error says what may have happened."""

from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import StateError, StateFull, StateUnavailable, StateUnknown
from agentkit.loopback.clock import Clock
from agentkit.loopback.line import run
from agentkit.state import remote
from agentkit.state.remote import Lost, Moved, NotConnected, NotNow, Server


class Dummy:
    """A wire to nowhere."""

    async def close(self) -> None:
        pass

    def descriptor(self) -> int:
        raise AssertionError


def on_a_clock(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Let a test's time be that of a clock: a deadline comes when there is nothing else to do."""

    @wraps(test)
    def runs(*args: Any, **options: Any) -> None:
        run(lambda: test(*args, **options), Clock())

    return runs


Step = Exception | str | Callable[[], Any]


class Script:
    """Says what happens at each attempt, and counts."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps: Iterator[Step] = iter(steps)
        self.connected = self.asked = 0
        self.refuse = False

    async def connect(self, _: None) -> Dummy:
        self.connected += 1
        if self.refuse:
            raise NotConnected("nobody listens")
        return Dummy()

    async def exchange(self, _: Dummy) -> str:
        self.asked += 1
        step = next(self.steps)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, str):
            return step
        await step()
        raise AssertionError("a step that ends")


def server(script: Script, deadline_seconds: float = 0.2) -> Server[Dummy, None]:
    return Server(script.connect, most=2, deadline_seconds=deadline_seconds)


async def call(script: Script, deadline_seconds: float = 0.2) -> tuple[str, bool]:
    found = server(script, deadline_seconds)
    reply = await found.call(script.exchange, lambda: None)
    await found.close()
    return reply


@pytest.mark.parametrize(
    ("steps", "reply"),
    [
        (["a"], ("a", False)),
        ([Lost(), "a"], ("a", True)),
        ([NotNow(), "a"], ("a", False)),
        ([Moved(), Moved(), "a"], ("a", False)),
        ([Lost(), NotNow(), Lost(), "a"], ("a", True)),
    ],
)
@on_a_clock
async def test_a_lost_call_is_made_again(steps: list[Step], reply: tuple[str, bool]) -> None:
    assert await call(Script(steps)) == reply


@on_a_clock
async def test_another_attempt_takes_another_connection() -> None:
    script = Script([Lost(), NotNow(), "a"])
    await call(script)
    assert script.connected == 3


@pytest.mark.parametrize(("busy", "connected"), [(True, 2), (False, 3)])
@pytest.mark.parametrize("lost", [True, False])
@on_a_clock
async def test_where_others_are_answered_meanwhile_their_connections_are_kept(
    lost: bool, busy: bool, connected: int
) -> None:
    async def fails() -> None:
        await anyio.sleep(0.05 if lost else 1)
        raise Lost

    async def turn() -> None:
        await anyio.sleep(0.01)
        raise Moved

    async def answers() -> None:
        assert await found.call(quick.exchange, lambda: None) == ("b", False)

    script, quick = Script([fails, "a"]), Script([turn, "b"])
    found = server(script)
    async with anyio.create_task_group() as group:  # two connections, which are kept
        group.start_soon(found.call, Script([turn, "c"]).exchange, lambda: None)
        group.start_soon(found.call, Script([turn, "c"]).exchange, lambda: None)
    async with anyio.create_task_group() as group:
        if busy:
            group.start_soon(answers)
        assert await found.call(script.exchange, lambda: None) == ("a", True)
    assert script.connected == connected
    await found.close()


@on_a_clock
async def test_a_call_that_moves_keeps_the_connection() -> None:
    script = Script([Moved(), "a"])
    await call(script)
    assert script.connected == 1


@on_a_clock
async def test_a_server_that_is_not_there_is_unavailable() -> None:
    script = Script([])
    script.refuse = True
    with pytest.raises(StateUnavailable, match="cannot be reached: nobody listens") as caught:
        await call(script)
    assert caught.value.applied is False
    assert script.connected > 2


@on_a_clock
async def test_a_server_that_cannot_serve_is_unavailable() -> None:
    with pytest.raises(StateUnavailable, match="it starts"):
        await call(Script([NotNow("it starts")] * 99))


@on_a_clock
async def test_a_write_that_was_lost_last_is_unknown() -> None:
    with pytest.raises(StateUnknown, match="may have applied") as caught:
        await call(Script([Lost("gone")] * 99))
    assert caught.value.applied is None


@on_a_clock
async def test_a_write_that_was_lost_first_stays_unknown() -> None:
    script = Script([Lost("gone"), *[NotNow()] * 99])
    with pytest.raises(StateUnknown):
        await call(script)


@on_a_clock
async def test_a_refusal_is_final() -> None:
    script = Script([StateFull("full")])
    with pytest.raises(StateFull):
        await call(script)
    assert script.asked == 1


@on_a_clock
async def test_a_refusal_says_nothing_of_an_earlier_attempt() -> None:
    with pytest.raises(StateUnknown, match="full"):
        await call(Script([Lost(), StateFull("full")]))


@on_a_clock
async def test_a_slow_attempt_is_given_up_for_another() -> None:
    assert await call(Script([anyio.sleep_forever, "a"])) == ("a", True)


@on_a_clock
async def test_a_server_that_never_answers_leaves_a_write_unknown() -> None:
    with pytest.raises(StateUnknown, match="did not answer in time"):
        await call(Script([anyio.sleep_forever] * 9), 0.05)


@pytest.mark.parametrize("callers", [3, 12])
@on_a_clock
async def test_waiting_for_a_connection_is_no_doubt(callers: int) -> None:
    script = Script([anyio.sleep_forever] * 9)
    found = server(script, deadline_seconds=1)
    errors: list[StateError] = []

    async def one() -> None:
        with pytest.raises((StateUnavailable, StateUnknown)) as caught:
            await found.call(script.exchange, lambda: None)
        errors.append(caught.value)

    async with anyio.create_task_group() as group:
        for _ in range(callers):
            group.start_soon(one)
    assert anyio.current_time() == 1
    assert script.asked == 4  # the two that hold the connections, at both of their attempts
    assert (
        sorted(str(error.applied) for error in errors) == ["False"] * (callers - 2) + ["None"] * 2
    )
    await found.close()


@on_a_clock
async def test_whoever_never_gets_a_connection_has_written_nothing() -> None:
    held = anyio.Event()
    script = Script([shielded(held), shielded(held)])
    found = server(script, deadline_seconds=1)

    async def holds() -> None:
        with pytest.raises(StateUnknown):
            await found.call(script.exchange, lambda: None)

    async with anyio.create_task_group() as group:
        group.start_soon(holds)
        group.start_soon(holds)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(StateUnavailable, match="did not answer in time") as caught:
            await found.call(script.exchange, lambda: None)
        assert (caught.value.applied, script.asked, script.connected) == (False, 2, 2)
        held.set()
    await found.close()


def shielded(event: anyio.Event) -> Step:
    """A step that no deadline ends: the connection is lost when the event comes."""

    async def step() -> None:
        with anyio.CancelScope(shield=True):
            await event.wait()
        raise Lost("gone")

    return step


@on_a_clock
async def test_what_changes_nothing_is_only_unavailable() -> None:
    script = Script([Lost("gone")] * 99)
    found = server(script)
    with pytest.raises(StateUnavailable, match="gone"):
        await found.read(script.exchange, lambda: None)
    await found.close()


@on_a_clock
async def test_a_call_that_is_sent_in_circles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_QUICK_MOVES", 2)
    script = Script([Moved("there")] * 99)
    with pytest.raises(StateUnavailable, match="there"):
        await call(script)
    assert script.asked > 4


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_server_can_be_called_again_after_closing(library: str) -> None:
    script = Script(["a", "b"])
    found = server(script)

    async def main() -> list[str]:
        replies = []
        for _ in range(2):
            replies.append(await found.read(script.exchange, lambda: None))
            await found.close()
        return replies

    assert anyio.run(main, backend=library) == ["a", "b"]
    assert script.connected == 2


class Slow:
    """A server that takes its time, and is given up on meanwhile."""

    def __init__(self) -> None:
        self.asked, self.go, self.answered = anyio.Event(), anyio.Event(), False

    async def exchange(self, _: Dummy) -> str:
        self.asked.set()
        await self.go.wait()
        self.answered = True
        return "a"

    async def given_up(self, work: Callable[[], Any]) -> None:
        """Cancel who waits for it, and let it answer after that."""
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            await self.asked.wait()
            group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            self.go.set()


@pytest.mark.parametrize("kind", ["call", "read"])
@on_a_clock
async def test_what_was_sent_to_be_written_is_waited_for_when_its_caller_is_cancelled(
    kind: str,
) -> None:
    slow, found = Slow(), server(Script([]), deadline_seconds=5)
    work = {"call": found.call, "read": found.read}[kind]
    await slow.given_up(lambda: work(slow.exchange, lambda: None))
    assert slow.answered is (kind == "call")
    await found.close()


@on_a_clock
async def test_a_server_that_never_answers_holds_a_cancelled_caller_for_one_attempt() -> None:
    slow, found = Slow(), server(Script([]), deadline_seconds=0.05)
    with anyio.move_on_after(0.01) as scope:
        await found.call(slow.exchange, lambda: None)
    assert scope.cancelled_caught
    assert not slow.answered
    await found.close()
