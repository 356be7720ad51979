"""Whatever a tool returns, and whatever it does to its arguments, the answer is 200 (D9)."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from agentkit import AgentBase, Call, SwaigFunctionResult
from tests.hostile.agents import (
    AUTH,
    CALL_ID,
    JSON,
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
from tests.hostile.doors import Door, Told, post

SORRY = "I am sorry, something went wrong and I could not do that."


class Point(msgspec.Struct):
    x: int
    note: str


class OddResult(SwaigFunctionResult):
    def to_dict(self) -> JSON:
        raise ValueError(CRASH)


async def numbers() -> AsyncIterator[int]:
    yield 1  # pragma: no cover - told, not run


def deep_list(depth: int = 5_000) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def circle() -> JSON:
    made: JSON = {"response": "x"}
    made["action"] = [made]
    return made


def odd_response() -> SwaigFunctionResult:
    result = SwaigFunctionResult("x")
    result.response = object()
    return result


def circular_response() -> SwaigFunctionResult:
    result = SwaigFunctionResult("x")
    result.response = circle()
    return result


NONSENSE: dict[str, Tool] = {
    "an object": object,
    "a class": lambda: AgentBase,
    "a function": lambda: text_later,
    "a generator": lambda: (x for x in "abc"),
    "an async generator": numbers,
    "an exception": lambda: ValueError(CRASH),
    "a complex number": lambda: 1j,
    "a lone surrogate": lambda: "\ud800",
    "a lone surrogate inside": lambda: {"response": "x", "action": [{"say": "\udfff"}]},
    "a surrogate as a key": lambda: {"\ud800": 1},
    "a very deep list": deep_list,
    "a very deep action": lambda: {"response": "x", "action": deep_list()},
    "a circle": circle,
    "odd keys": lambda: {"response": "x", ("a", "b"): 1},
    "an object in an action": lambda: {"action": [object()]},
    "a result with an odd response": odd_response,
    "a result with a circle": circular_response,
    "a result that cannot be told": lambda: OddResult("x"),
    "a lock": lambda: threading.Lock(),  # noqa: PLW0108
}


@pytest.mark.parametrize("strict", [False, True], ids=["usual", "strict"])
@table(NONSENSE)
async def test_what_json_cannot_carry_is_answered_with_the_safe_sentence(
    case: Tool, strict: bool, door: Door
) -> None:
    assert apologised(await run(door, tool(case, strict_templates=strict), "act"))


async def text_later() -> str:
    return "later"


def returning_text_later() -> Any:
    return text_later()


ODD: dict[str, tuple[Tool, JSON]] = {
    "nothing": (lambda: None, {"response": "Function executed successfully"}),
    "an empty dict": (lambda: {}, {}),  # noqa: PIE807 - `dict` itself is no handler
    "an empty text": (lambda: "", {"response": ""}),
    "an empty list": (lambda: [], {"response": "[]"}),  # noqa: PIE807
    "false": (lambda: False, {"response": "false"}),
    "a number": (lambda: 5, {"response": "5"}),
    "NaN": (lambda: float("nan"), {"response": "null"}),
    "a large integer": (lambda: 10**400, {"response": f"1{'0' * 400}"}),
    "infinity": (lambda: float("inf"), {"response": "null"}),
    "bytes": (lambda: b"hi", {"response": '"aGk="'}),
    "a set": (lambda: {"one"}, {"response": '["one"]'}),
    "a tuple": (lambda: (1, "two"), {"response": '[1,"two"]'}),
    "a Struct": (lambda: Point(1, "here"), {"response": '{"x":1,"note":"here"}'}),
    "a dict of its own": (lambda: {"price": 3}, {"response": '{"price":3}'}),
    "an answer": (lambda: {"response": "x", "more": 1}, {"response": "x", "more": 1}),
    "only actions": (lambda: {"action": [{"stop": True}]}, {"action": [{"stop": True}]}),
    "actions of the wrong type": (lambda: {"action": "stop"}, {"action": "stop"}),
    "a result": (lambda: SwaigFunctionResult("x"), {"response": "x"}),
    "an empty result": (SwaigFunctionResult, {"response": "Action completed."}),
    "a coroutine": (text_later, {"response": "later"}),
    "a coroutine of a plain function": (returning_text_later, {"response": "later"}),
    "control characters": (lambda: "a\0\x1b[2Jb", {"response": "a\0\x1b[2Jb"}),
    "half a megabyte": (lambda: "x" * 500_000, {"response": "x" * 500_000}),
}


@table(ODD)
async def test_odd_results_are_told_to_the_model(case: tuple[Tool, JSON], door: Door) -> None:
    act, expected = case

    assert await run(door, tool(act), "act") == Told(200, expected)


class Greedy(AgentBase):
    """Changes everything that it is given."""

    @AgentBase.tool
    async def typed(self, items: list[str], call: Call) -> str:
        """Take."""
        items.append("more")
        call.arguments.clear()
        call.raw_data.clear()
        return ",".join(items)

    @AgentBase.tool(parameters={"items": {"type": "array", "items": {"type": "string"}}})
    def classic(self, args: JSON, raw_data: JSON) -> str:
        """Take."""
        told = ",".join(args["items"])
        args.clear()
        raw_data.clear()
        return told


@pytest.mark.parametrize("name", ["typed", "classic"])
async def test_a_tool_that_changes_what_it_is_given_changes_nothing_else(
    name: str, door: Door
) -> None:
    door.app = agent = Greedy("canary", "/agent", basic_auth=AUTH, secret=SECRET)
    dialled = await dial(door)

    answers = [await door.send(post(dialled.swaig, call(name, items=["a"]))) for _ in range(2)]

    assert answers == [said("a,more" if name == "typed" else "a")] * 2
    assert (await dial(door)).ai["SWAIG"]["functions"] == dialled.ai["SWAIG"]["functions"]
    assert agent.get_state(CALL_ID) is None
