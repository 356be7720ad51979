import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from agentkit import AgentBase, Call, _json
from agentkit.loopback.clock import START_US, Clock
from agentkit.loopback.errors import CallError
from agentkit.loopback.line import Line, VirtualLoop, loop, run, threads
from agentkit.loopback.trace import Trace
from agentkit.loopback.webhook import Answer
from agentkit.state import FileState, SQLiteState, StateBackend
from tests.loopback.line.apps import App
from tests.loopback.line.conftest import tool

URL = "http://u:p@testserver/swaig"


def passed(clock: Clock) -> float:
    """Seconds since the clock's start."""
    return (clock.us - START_US) / 1_000_000


def test_a_sleep_takes_the_clocks_time_and_no_other(clock: Clock) -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run(main, clock) == 3600
    assert passed(clock) == 3600


def test_tasks_wake_in_the_order_of_their_times(clock: Clock) -> None:
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await anyio.sleep(seconds)
        woken.append((name, passed(clock)))

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for name, seconds in (("late", 200.5), ("soon", 0.000001), ("middle", 30.0)):
                tasks.start_soon(sleeper, name, seconds)
            await clock.sleep(31)
            woken.append(("clock", passed(clock)))

    run(main, clock)
    assert woken == [("soon", 0.000001), ("middle", 30.0), ("clock", 31.0), ("late", 200.5)]


def test_deadlines_of_both_kinds_end_what_hangs(clock: Clock) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            with anyio.fail_after(10):
                await anyio.sleep_forever()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(6)

    run(main, clock)
    assert passed(clock) == 15


def test_the_clocks_own_sleep_passes_at_once_when_nothing_else_can_happen(clock: Clock) -> None:
    async def main() -> None:
        await clock.sleep(60)
        await clock.sleep(0)
        clock.advance(1)

    run(main, clock)
    assert passed(clock) == 61


def test_a_loop_without_other_threads_never_waits_in_earnest(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(*_: object) -> None:
        raise AssertionError("there is nobody to wait for")

    monkeypatch.setattr(threads, "alone", lambda: True)
    monkeypatch.setattr(threads, "busy", lambda: iter(()))  # those of other tests
    monkeypatch.setattr(loop, "sleep", waits)
    monkeypatch.setattr(loop, "monotonic", waits)

    async def main() -> None:
        await clock.sleep(60)
        await asyncio.sleep(3600)

    run(main, clock)
    assert passed(clock) == 3660


def test_a_clock_is_free_again_when_its_loop_is_closed(clock: Clock) -> None:
    first, second = VirtualLoop(clock), VirtualLoop(clock)
    first.close()
    assert clock.sleeper == second._sleep
    second.close()
    assert clock.sleeper is None


def test_a_thread_that_works_holds_the_time(clock: Clock) -> None:
    async def main() -> None:
        for work in (anyio.to_thread.run_sync, asyncio.to_thread):
            async with asyncio.timeout(30):
                await work(time.sleep, 0.03)

    run(main, clock)
    assert passed(clock) == 0


@pytest.mark.parametrize("most_timers", [1000, 0])
def test_a_thread_that_hangs_is_left_when_its_deadline_has_passed_in_earnest(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, most_timers: int
) -> None:
    monkeypatch.setattr(loop, "_MOST_TIMERS", most_timers)
    go_on = threading.Event()

    def hangs() -> None:
        go_on.wait()

    async def main() -> float:
        with anyio.move_on_after(0.05):
            await anyio.to_thread.run_sync(time.sleep, 0.001)
            await anyio.to_thread.run_sync(hangs, abandon_on_cancel=True)
        go_on.set()
        return passed(clock)

    assert run(main, clock) == 0.05


def test_a_thread_that_waits_for_the_loop_does_not_hold_the_time(clock: Clock) -> None:
    def plain() -> str:
        anyio.from_thread.run(anyio.sleep, 100)
        return "done"

    async def main() -> str:
        return await anyio.to_thread.run_sync(plain)

    assert run(main, clock) == "done"
    assert passed(clock) == 100


def test_threads_of_others_that_wait_do_not_hold_the_time(clock: Clock) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        run(lambda: asyncio.sleep(3600), clock)
    finally:
        stop.set()
        thread.join()
    assert passed(clock) == 3600


def test_a_connection_holds_the_time_and_a_listener_does_not(clock: Clock) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        await anyio.to_thread.run_sync(time.sleep, 0.03)
        writer.write(line)
        writer.close()

    async def main() -> bytes:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            await asyncio.sleep(500)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
            return answer

    assert run(main, clock) == b"hello\n"
    assert passed(clock) == 500


def test_a_pipe_holds_the_time(clock: Clock) -> None:
    reading, writing = os.pipe()

    async def main() -> bytes:
        reader = asyncio.StreamReader()
        pipe = os.fdopen(reading, "rb")
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        threading.Timer(0.03, os.write, (writing, b"hello\n")).start()
        async with asyncio.timeout(30):
            line = await reader.readline()
        transport.close()
        os.close(writing)
        return line

    assert run(main, clock) == b"hello\n"
    assert passed(clock) == 0


def test_what_no_thread_or_connection_announces_is_waited_for(clock: Clock) -> None:
    async def main() -> str:
        rung = asyncio.Event()
        here = asyncio.get_running_loop()
        threading.Timer(0.05, here.call_soon_threadsafe, (rung.set,)).start()
        await rung.wait()
        return "rung"

    assert run(main, clock) == "rung"


def test_the_first_step_of_a_task_may_be_taken_at_once(clock: Clock) -> None:
    steps: list[tuple[str, str]] = []

    def note(step: str) -> None:
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task
        steps.append((step, task.get_name()))

    async def work() -> str:
        note("first")
        await asyncio.sleep(1)
        note("second")
        return "done"

    async def main() -> str:
        here = asyncio.get_running_loop()
        assert isinstance(here, VirtualLoop)
        named = asyncio.current_task()
        assert named
        named.set_name("main")
        task = loop.begun(here, work())
        task.set_name("work")
        note("main")
        started: asyncio.Future[asyncio.Task[str]] = here.create_future()
        here.call_soon(lambda: started.set_result(loop.begun(here, work())))
        return await task + await (await started)

    assert run(main, clock) == "donedone"
    assert [step for step, _ in steps] == ["first", "main", "first", "second", "second"]
    assert steps[1] == ("main", "main")
    assert steps[3] == ("second", "work")


def test_on_a_loop_that_is_not_of_asyncio_a_task_waits_for_its_turn() -> None:
    uvloop = pytest.importorskip("uvloop")
    steps: list[str] = []

    async def work() -> str:
        steps.append("work")
        return "done"

    async def main() -> str:
        task = loop.begun(asyncio.get_running_loop(), work())
        steps.append("main")
        return await task

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == "done"
    assert steps == ["main", "work"]


def test_a_call_that_hangs_is_an_error(clock: Clock) -> None:
    async def main() -> None:
        await anyio.to_thread.run_sync(int)  # a thread that waits for work changes nothing
        await asyncio.Event().wait()

    with pytest.raises(CallError, match="the call hangs"):
        run(main, clock, patience_seconds=0.01)


def answer_on(clock: Clock, target: Any, *bodies: bytes, trace: Trace | None = None) -> Answer:
    """Play tool calls against a target on virtual time; the last answer."""

    async def main() -> Answer:
        async with Line(target, clock=clock, trace=trace or Trace(clock)) as line:
            return [await line.send(tool(URL, body)) for body in bodies][-1]

    return run(main, clock)


def test_the_platform_gives_a_hanging_tool_up_four_times(clock: Clock) -> None:
    ended: list[float] = []

    async def hangs(*_: object) -> None:
        await asyncio.sleep(200)
        ended.append(passed(clock))

    trace = Trace(clock)
    reply = answer_on(clock, App([hangs]), b"{}", trace=trace)
    assert (reply.error, reply.status, reply.attempts) == ("timeout", 0, 4)
    assert reply.seconds == 4 * 120 + 3
    at = [round((each.at_us - START_US) / 1e6) for each in trace.moments if each.kind == "request"]
    assert at == [0, 121, 242, 363]
    assert ended == [
        200,
        321,
        442,
    ]  # handlers go on when nobody waits; the line's end ends the last


def said_on(clock: Clock, target: Any, *bodies: bytes) -> tuple[Any, float]:
    """The last answer's data, and what time it is then."""
    return answer_on(clock, target, *bodies).json(), passed(clock)


def body_of(function: str, call_id: str = "c1", **arguments: object) -> bytes:
    return _json.encode(
        {
            "function": function,
            "call_id": call_id,
            "ai_session_id": "s",
            "argument": {"parsed": [arguments], "raw": _json.encode(arguments).decode()},
        }
    )


def test_time_does_not_jump_over_a_plain_tool_of_an_agent(clock: Clock) -> None:
    agent = AgentBase("slow", route="/", basic_auth=("u", "p"))

    @agent.tool(description="Takes its time.", secure=False)
    def order() -> str:
        time.sleep(0.05)
        return "done"

    bodies = [body_of("order", f"c{n}") for n in range(3)]
    assert said_on(clock, agent, *bodies) == ({"response": "done"}, 0)


@pytest.mark.parametrize("store", [SQLiteState, FileState])
def test_the_threads_of_state_stores_are_waited_for(
    clock: Clock, tmp_path: Path, store: Callable[[Path], StateBackend]
) -> None:
    agent = AgentBase(
        "counter", route="/", basic_auth=("u", "p"), state_manager=store(tmp_path / "state")
    )

    @agent.tool(description="Counts from plain code.", secure=False)
    def plain(n: int, call: Call) -> str:
        call_id = str(call.call_id)
        seen = (agent.get_state(call_id) or {}).get("seen", 0) + 1
        agent.update_state(call_id, {"seen": seen})
        return str(seen)

    @agent.tool(description="Counts from a coroutine.", secure=False)
    async def awaited(n: int, call: Call) -> str:
        await asyncio.sleep(1)
        seen = (await call.state.get() or {}).get("seen", 0) + 1
        await call.state.update({"seen": seen})
        return str(seen)

    bodies = [body_of(name, n=n) for n in range(5) for name in ("plain", "awaited")]
    assert said_on(clock, agent, *bodies) == ({"response": "10"}, 5)
