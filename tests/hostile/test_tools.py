"""Whatever a tool does, the answer is 200 and safe; whatever it is given, it is told first (D9)."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, ToolError
from agentkit.errors import DefinitionError, RequestError
from tests.hostile.agents import (
    AUTH,
    CALL_ID,
    JSON,
    Everything,
    Tool,
    apologised,
    call,
    dial,
    run,
    said,
    table,
    tool,
)
from tests.hostile.canaries import CRASH, SECRET
from tests.hostile.doors import Door, Told, post, refused

UNKNOWN: dict[str, tuple[object, Told]] = {
    "unknown": ("sell", refused(404, "there is no function 'sell' here")),
    "capitals": ("ORDER", refused(404, "there is no function 'ORDER' here")),
    "a space after": ("order ", refused(404, "there is no function 'order ' here")),
    "a method of the agent": ("on_summary", refused(404, "there is no function 'on_summary' here")),
    "a name of Python": ("__init__", refused(404, "there is no function '__init__' here")),
    "very long": ("x" * 1_000, refused(404, f"there is no function '{'x' * 64}' here")),
    "with a newline": ("a\nb", refused(404, "there is no function 'a\\nb' here")),
    "a template": ("${x}", refused(404, "there is no function '${x}' here")),
    "empty": ("", refused(400, "function must be the name of a function")),
    "a number": (5, refused(400, "function must be the name of a function")),
    "null": (None, refused(400, "function must be the name of a function")),
    "true": (True, refused(400, "function must be the name of a function")),
    "a list": (["order"], refused(400, "function must be the name of a function")),
    "an object": ({"order": 1}, refused(400, "function must be the name of a function")),
    "a data map": ("weather", refused(404, "the function 'weather' is answered elsewhere")),
    "an external one": ("stock", refused(404, "the function 'stock' is answered elsewhere")),
}


@table(UNKNOWN)
async def test_a_function_that_is_not_here_is_refused(
    case: tuple[object, Told], door: Door
) -> None:
    function, expected = case
    door.app = agent = Everything()
    agent.define_tool("stock", "Look.", {}, webhook_url="https://stock.example/swaig")
    agent.register_swaig_function(
        {"function": "weather", "description": "Look.", "data_map": {"expressions": []}}
    )
    dialled = await dial(door)
    agent.ran.clear()

    assert await door.send(post(dialled.swaig, call(function))) == expected
    assert agent.ran == []


async def test_a_body_without_a_function_is_refused(door: Door) -> None:
    door.app = Everything()
    dialled = await dial(door)

    assert await door.send(post(dialled.swaig, {"call_id": CALL_ID})) == refused(
        400, "function must be the name of a function"
    )


class OwnError(Exception):
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError(CRASH)


class OwnExit(BaseException):
    """An error that is none of `Exception`, as some test and task libraries raise."""


def raising(error: BaseException) -> Tool:
    def act() -> None:
        raise error

    return act


def raising_in_place(error: BaseException) -> Tool:
    async def act() -> None:
        raise error

    return act


def raising_later(error: BaseException) -> Tool:
    async def act() -> None:
        await anyio.lowlevel.checkpoint()
        raise error

    return act


def leaving() -> None:
    sys.exit(CRASH)


ERRORS: dict[str, Callable[[], BaseException]] = {
    "an exception": lambda: RuntimeError(CRASH),
    "a missing key": lambda: KeyError(CRASH),
    "a failed assertion": lambda: AssertionError(CRASH),
    "a timeout of its own": lambda: TimeoutError(CRASH),
    "too deep a recursion": lambda: RecursionError(CRASH),
    "no memory": lambda: MemoryError(CRASH),
    "an end of iteration": lambda: StopIteration(CRASH),
    "an end of async iteration": lambda: StopAsyncIteration(CRASH),
    "an exit": lambda: SystemExit(CRASH),
    "an exit code": lambda: SystemExit(3),
    "a group": lambda: ExceptionGroup(CRASH, [ValueError(CRASH)]),
    "a group with an exit": lambda: BaseExceptionGroup(CRASH, [SystemExit(CRASH)]),
    "one of its own": lambda: OwnExit(CRASH),
    "one that cannot be shown": OwnError,
    "agentkit's own refusal": lambda: RequestError(503, CRASH),
    "a wrong definition": lambda: DefinitionError(CRASH),
}


@pytest.mark.parametrize("way", [raising, raising_in_place, raising_later])
@table(ERRORS)
async def test_a_tool_that_raises_is_answered_with_the_safe_sentence(
    case: Callable[[], BaseException], way: Callable[[BaseException], Tool], door: Door
) -> None:
    assert apologised(await run(door, tool(way(case())), "act"))


async def test_a_tool_that_exits_leaves_the_server_running(door: Door) -> None:
    assert apologised(await run(door, tool(leaving), "act"))

    assert await run(door, tool(lambda: "still here"), "act") == said("still here")


async def test_a_tool_may_have_a_sentence_of_its_own(door: Door) -> None:
    agent = tool(raising(RuntimeError(CRASH)), on_error="Das ging nicht.")

    assert apologised(await run(door, agent, "act"), "Das ging nicht.")


@pytest.mark.parametrize("way", [raising, raising_in_place])
async def test_a_tool_error_is_spoken_as_it_is(
    way: Callable[[BaseException], Tool], door: Door
) -> None:
    agent = tool(way(ToolError("We are out of ${tea}.")))

    assert await run(door, agent, "act") == said("We are out of ${tea}.")


async def test_a_tool_error_that_json_cannot_carry_is_not_spoken(door: Door) -> None:
    assert apologised(await run(door, tool(raising(ToolError("\ud800"))), "act"))


async def sleeping() -> str:
    await anyio.sleep_forever()
    return "never"  # pragma: no cover


async def sleeping_soundly() -> str:
    try:
        await anyio.sleep_forever()
    finally:
        raise RuntimeError(CRASH)


def returning_a_sleeper() -> Any:
    return sleeping()


HANGING: dict[str, Tool] = {
    "async": sleeping,
    "async, and raises when it is cancelled": sleeping_soundly,
    "plain, returns a coroutine": returning_a_sleeper,
}


@table(HANGING)
async def test_a_tool_that_hangs_is_answered_in_time(case: Tool, door: Door) -> None:
    assert apologised(await run(door, tool(case, timeout=0.05), "act"))


async def test_a_plain_tool_that_hangs_is_answered_in_time(
    door: Door, release: threading.Event
) -> None:
    def act() -> str:
        release.wait()
        return "late"

    assert apologised(await run(door, tool(act, timeout=0.05), "act"))
    assert await run(door, tool(lambda: "another"), "act") == said("another")


class Dispatching(AgentBase):
    """Stands before every tool, and does what a test says."""

    instead: Tool = staticmethod(lambda: None)

    def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
        return self.instead()


DISPATCHES: dict[str, Tool] = {
    "raises": raising(RuntimeError(CRASH)),
    "raises, async": raising_later(RuntimeError(CRASH)),
    "exits": leaving,
    "hangs": sleeping,
    "returns an object": object,
}


@table(DISPATCHES)
async def test_a_hook_before_all_tools_that_fails_is_answered_with_the_safe_sentence(
    case: Tool, door: Door
) -> None:
    agent = Dispatching("canary", "/agent", basic_auth=AUTH, secret=SECRET)
    agent.define_tool("act", handler=leaving, timeout=0.05)
    agent.instead = case

    assert apologised(await run(door, agent, "act"))
