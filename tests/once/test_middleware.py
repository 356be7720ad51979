"""Middleware stands around every tool, whoever made it and however it runs."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from agentkit import AgentBase, Call, DefinitionError, FunctionResult, ToolError
from tests.once.doors import Line, make

Next = Callable[[], Awaitable[Any]]
JSON = dict[str, Any]


def shop(agent: AgentBase | None = None) -> tuple[AgentBase, list[Any]]:
    agent, seen = agent or make(), list[Any]()

    @agent.middleware
    async def outer(call: Call, run: Next) -> Any:
        seen.append(("outer", call.function, dict(call.arguments)))
        result = await run()
        seen.append("outer done")
        return result

    @agent.middleware
    async def inner(call: Call, run: Next) -> Any:
        seen.append("inner")
        return await run()

    @agent.tool
    def plain(n: int) -> str:
        """Be plain."""
        seen.append(threading.current_thread() is threading.main_thread())
        return f"plain {n}"

    @agent.tool
    async def awaited(n: int) -> FunctionResult:
        """Be awaited."""
        return FunctionResult(f"awaited {n}")

    return agent, seen


async def test_middleware_runs_in_order_around_plain_and_async_tools() -> None:
    agent, seen = shop()
    line = Line(agent)
    assert await line.say("plain", n=1) == "plain 1"
    assert seen == [("outer", "plain", {"n": 1}), "inner", False, "outer done"]
    assert await line.say("awaited", n=2) == "awaited 2"


async def test_middleware_may_answer_itself_and_change_results() -> None:
    agent = make()

    @agent.middleware
    async def guard(call: Call, run: Next) -> Any:
        if call.arguments["n"] > 1:
            return "Not allowed."
        return f"{await run()}!"

    line = Line(agent)
    agent.define_tool("see", "See.", {"n": {"type": "integer"}}, lambda args, raw: str(args["n"]))
    assert await line.say("see", n=1) == "1!"
    assert await line.say("see", n=2) == "Not allowed."


@pytest.mark.parametrize("plain", [True, False])
async def test_middleware_sees_what_the_tool_raises(plain: bool) -> None:
    agent, seen = make(), list[str]()

    @agent.middleware
    async def watch(call: Call, run: Next) -> Any:
        try:
            return await run()
        except KeyError as error:
            seen.append(str(error))
            raise ToolError("We have none.") from error

    def find(args: JSON, raw_data: JSON) -> str:
        raise KeyError("tea")

    async def look(args: JSON, raw_data: JSON) -> str:
        raise KeyError("tea")

    agent.define_tool("find", "Find.", {}, find if plain else look)
    assert await Line(agent).say("find") == "We have none."
    assert seen == ["'tea'"]


async def test_middleware_that_fails_is_a_tool_that_fails() -> None:
    agent, _ = shop()

    @agent.middleware
    async def broken(call: Call, run: Next) -> Any:
        raise RuntimeError("canary")

    said = await Line(agent).say("awaited", n=1)
    assert "canary" not in said
    assert "(E-" in said


async def test_the_deadline_holds_for_middleware_and_tool_together() -> None:
    agent = make()

    @agent.middleware
    async def slow(call: Call, run: Next) -> Any:
        await anyio.sleep_forever()

    @agent.tool(timeout=0.01, on_error="Too slow.")
    def plain() -> str:
        """Be quick."""
        raise AssertionError

    line = Line(agent)
    assert (await line.say("plain")).startswith("Too slow.")
    assert agent.traffic.slots.hung == 0


async def test_middleware_stands_around_an_overridden_dispatcher() -> None:
    class Own(AgentBase):
        def on_function_call(self, name: str, args: JSON, raw_data: JSON | None = None) -> Any:
            return f"own {super().on_function_call(name, args, raw_data)}"

    agent, seen = shop(Own("own", basic_auth=("user", "pass")))
    assert await Line(agent).say("plain", n=1) == "own plain 1"
    assert "inner" in seen


@pytest.mark.parametrize("wrong", ["guard", lambda call, run: None])
def test_middleware_must_be_a_coroutine_function(wrong: Any) -> None:
    with pytest.raises(DefinitionError, match="middleware"):
        make().middleware(wrong)


async def test_middleware_runs_once_for_a_once_tool() -> None:
    agent, _ = shop()
    seen: list[int] = []

    @agent.middleware
    async def count(call: Call, run: Next) -> Any:
        seen.append(1)
        return await run()

    @agent.tool(once=True)
    async def pay() -> str:
        """Pay."""
        return "paid"

    line = Line(agent)
    for ask in range(3):
        assert await line.say("pay", ask) == "paid"
    assert seen == [1]


@pytest.mark.parametrize("kind", ["plain", "awaited"])
async def test_middleware_may_run_a_tool_again(kind: str) -> None:
    agent, ran = make(), list[int]()

    @agent.middleware
    async def again(call: Call, run: Next) -> Any:
        try:
            return await run()
        except ConnectionError:
            return await run()

    def plain() -> str:
        """Book."""
        ran.append(1)
        if len(ran) == 1:
            raise ConnectionError
        return f"booked {len(ran)}"

    async def awaited() -> str:
        """Book."""
        return plain()

    agent.tool("book")(plain if kind == "plain" else awaited)
    assert await Line(agent).say("book") == "booked 2"
    assert (len(ran), agent.traffic.slots.hung) == (2, 0)
