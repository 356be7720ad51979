"""Functions as tools: the two styles, what is passed to them, what the model is told of them."""

import functools
from collections.abc import Callable
from typing import Any, Optional

import pytest

from agentkit import AgentBase, Call, DefinitionError
from agentkit.testing import AgentClient, SimulatedCall, ToolAnswer
from tests.documents import AUTH, JSON, functions_of, make, pong

NUMBER: JSON = {"n": {"type": "integer"}}


async def answered(agent: AgentBase, function: str = "t", **arguments: Any) -> ToolAnswer:
    call = SimulatedCall(AgentClient(agent, auth=AUTH), url=agent.route, call_id="c-1")
    await call.start()
    return await call.tool(function, **arguments)


async def said(agent: AgentBase, function: str = "t", **arguments: Any) -> str:
    return (await answered(agent, function, **arguments)).response


class Doubler:
    """Double a number."""

    def __call__(self, n: int, call: Call) -> str:
        return f"{n * 2} {call.call_id}"


class AsyncDoubler:
    """An object; its call is what the model is told of."""

    async def __call__(self, n: int, call: Call) -> str:
        """Double a number.

        Args:
            n: The number.
        """
        return f"{n * 2} {call.call_id}"


class Owner:
    """Has methods of its own, and is no agent."""

    def method(self, n: int, call: Call) -> str:
        """Double."""
        return f"{n * 2} {call.call_id}"

    async def waiting(self, args: JSON, raw_data: JSON) -> str:
        """Double."""
        return f"{args['n'] * 2} {raw_data['call_id']}"


def typed(n: int, call: Call) -> str:
    return f"{n * 2} {call.call_id}"


async def typed_async(n: int, call: Call) -> str:
    return f"{n * 2} {call.call_id}"


def classic(args: JSON, raw_data: JSON) -> str:
    return f"{args['n'] * 2} {raw_data['call_id']}"


async def classic_async(args: JSON, raw_data: JSON) -> str:
    return f"{args['n'] * 2} {raw_data['call_id']}"


def factor(times: int, n: int, call: Call) -> str:
    return f"{n * times} {call.call_id}"


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


HANDLERS: dict[str, Any] = {
    "typed": typed,
    "typed async": typed_async,
    "classic": classic,
    "classic async": classic_async,
    "lambda": lambda args, raw: f"{args['n'] * 2} {raw['call_id']}",
    "lambda with other names": lambda a, b: f"{a['n'] * 2} {b['call_id']}",
    "args and kwargs": lambda *args: f"{args[0]['n'] * 2} {args[1]['call_id']}",
    "args and more": lambda args, *more: f"{args['n'] * 2} {more[0]['call_id']}",
    "typed by name alone": lambda **given: f"{given['n'] * 2} c-1",
    "one argument": lambda args: f"{args['n'] * 2} c-1",
    "with more that has a default": lambda args, raw, more=2: f"{args['n'] * more} c-1",
    "partial of a typed function": functools.partial(factor, 2),
    "partial by name": functools.partial(factor, times=2),
    "partial of a partial": functools.partial(functools.partial(factor), times=2),
    "partial async": functools.partial(typed_async),
    "callable object": Doubler(),
    "async callable object": AsyncDoubler(),
    "partial of a callable object": functools.partial(Doubler()),
    "bound method": Owner().method,
    "bound async method": Owner().waiting,
    "wrapped": wrapped(typed),
    "wrapped async": wrapped(typed_async),
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
async def test_every_kind_of_function_gets_converted_arguments(handler: Any) -> None:
    agent = make().define_tool("t", "Double.", NUMBER, handler)
    assert functions_of(agent)["t"]["parameters"]["properties"] == NUMBER
    assert await said(agent, n="21") == "42 c-1"
    assert '"n" must be a whole number' in await said(agent, n="many")


SIGNED = ["typed", "partial by name", "callable object", "bound method", "wrapped async"]


@pytest.mark.parametrize("name", SIGNED)
async def test_the_signature_alone_is_enough(name: str) -> None:
    agent = make().define_tool("t", handler=HANDLERS[name])
    assert functions_of(agent)["t"]["parameters"] == {
        "type": "object",
        "properties": NUMBER,
        "required": ["n"],
    }
    assert await said(agent, n="21") == "42 c-1"


# Where a `Call` and the posted body may stand; every function says call, body and n.
def _first(call: Call, n: int) -> str:
    return f"{call.call_id} - {n}"


def _between(n: int, call: Call, raw_data: JSON) -> str:
    return f"{call.call_id} {raw_data['call_id']} {n}"


def _named(n: int, *, call: Call) -> str:
    return f"{call.call_id} - {n}"


def _raw_named(n: int, *, raw_data: JSON) -> str:
    return f"- {raw_data['call_id']} {n}"


def _other_name(n: int, phone: Call) -> str:
    return f"{phone.call_id} - {n}"


def _optional(n: int = 7, raw_data: JSON | None = None, call: Call = ...) -> str:  # type: ignore[assignment]
    return f"{call.call_id} {(raw_data or {})['call_id']} {n}"


def _classic_last(args: JSON, raw_data: JSON, call: Call) -> str:
    return f"{call.call_id} {raw_data['call_id']} {args['n']}"


def _classic_second(args: JSON, call: Call) -> str:
    return f"{call.call_id} - {args['n']}"


def _classic_between(args: JSON, call: Call, raw: JSON) -> str:
    return f"{call.call_id} {raw['call_id']} {args['n']}"


def _classic_named(args: JSON, raw: JSON, *, call: Call) -> str:
    return f"{call.call_id} {raw['call_id']} {args['n']}"


def _classic_far(args: JSON, raw: JSON, more: int = 0, call: Call = ...) -> str:  # type: ignore[assignment]
    return f"{call.call_id} {raw['call_id']} {args['n'] + more}"


def _classic_raw_named(args: JSON, *, raw_data: JSON) -> str:
    return f"- {raw_data['call_id']} {args['n']}"


def _classic_by_position(args: JSON, raw: JSON, call: Call, /) -> str:
    return f"{call.call_id} {raw['call_id']} {args['n']}"


PLACES: dict[Callable[..., str], str] = {
    _first: "c-1 - 7",
    _between: "c-1 c-1 7",
    _named: "c-1 - 7",
    _raw_named: "- c-1 7",
    _other_name: "c-1 - 7",
    _optional: "c-1 c-1 7",
    _classic_last: "c-1 c-1 7",
    _classic_second: "c-1 - 7",
    _classic_between: "c-1 c-1 7",
    _classic_named: "c-1 c-1 7",
    _classic_far: "c-1 c-1 7",
    _classic_raw_named: "- c-1 7",
    _classic_by_position: "c-1 c-1 7",
}


@pytest.mark.parametrize(("handler", "expected"), PLACES.items())
@pytest.mark.parametrize("parameters", [NUMBER, None])
async def test_the_call_and_the_body_are_passed_wherever_they_stand(
    handler: Callable[..., str], expected: str, parameters: JSON | None
) -> None:
    agent = make().define_tool("t", "T.", parameters, handler)
    assert {*functions_of(agent)["t"]["parameters"]["properties"]} <= {"n"}
    assert await said(agent, n=7) == expected


async def test_arguments_that_nobody_declared_reach_a_classic_function_only() -> None:
    agent = make().define_tool("t", "T.", NUMBER, lambda args, raw: str(sorted(args)))
    agent.define_tool("u", "U.", NUMBER, untold)
    assert await said(agent, n=1, more=2) == "['more', 'n']"
    assert await said(agent, "u", n=1, more=2) == "1"


def ambiguous(args: str) -> str:
    return f"{args!r}"


async def test_is_typed_handler_decides_where_the_signature_cannot() -> None:
    agent = make().define_tool("t", "T.", {"args": {"type": "string"}}, ambiguous)
    agent.define_tool("u", "U.", None, ambiguous, is_typed_handler=True)
    agent.define_tool("v", "V.", {}, lambda a, b: f"{a} {b['call_id']}", is_typed_handler=False)
    agent.define_tool("w", "W.", None, lambda given: f"{given}", is_typed_handler=False)
    assert await said(agent, args="x") == "{'args': 'x'}"
    assert await said(agent, "u", args="x") == "'x'"
    assert await said(agent, "v", n=1) == "{'n': 1} c-1"
    assert await said(agent, "w", n=1) == "{'n': 1}"


def several(a: int, b: str = "x", *, c: float | None = None, d: Optional[bool] = None) -> str:  # noqa: UP045
    return f"{a!r} {b!r} {c!r} {d!r}"


async def test_defaults_are_the_functions_own() -> None:
    agent = make().define_tool("t", handler=several)
    assert functions_of(agent)["t"]["parameters"] == {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "string", "default": "x"},
            "c": {"type": "number", "nullable": True},
            "d": {"type": "boolean", "nullable": True},
        },
        "required": ["a"],
    }
    assert await said(agent, a=1) == "1 'x' None None"
    assert await said(agent, a="1", b=5, c="2.5", d="yes") == "1 '5' 2.5 True"
    assert '"a" is missing' in await said(agent)


async def test_a_typed_function_is_never_called_without_what_it_needs() -> None:
    schema = {"a": {"type": "integer"}, "b": {"type": "string"}}
    agent = make().define_tool("t", "T.", schema, lambda a, b="x": f"{a} {b}")
    assert functions_of(agent)["t"]["parameters"]["required"] == ["a"]
    assert '"a" is missing' in await said(agent)
    assert await said(agent, a=1) == "1 x"


async def test_required_adds_to_what_the_schema_says() -> None:
    schema = {"type": "object", "properties": {**NUMBER, "m": {}}, "required": ["n"]}
    agent = make().define_tool("t", "T.", schema, pong, required=["m"])
    assert functions_of(agent)["t"]["parameters"]["required"] == ["n", "m"]
    assert '"m" is missing' in await said(agent, n=1)


def untold(n: int) -> str:
    return str(n)


def told(n: int) -> None:
    """Say a number.

    Args:
        n: The number.
    """


def told_by_numpy(n: int) -> None:
    """Say a number.

    Parameters
    ----------
    n : int
        The number.
    """


def told_by_sphinx(n: int) -> None:
    """Say a number.

    :param n: The number.
    """


@pytest.mark.parametrize("handler", [told, told_by_numpy, told_by_sphinx, functools.partial(told)])
def test_the_docstring_describes_function_and_parameters(handler: Any) -> None:
    entry = functions_of(make().define_tool("t", handler=handler))["t"]
    assert entry["description"] == "Say a number."
    assert entry["parameters"]["properties"]["n"]["description"] == "The number."


def test_descriptions_come_from_the_author_the_docstring_or_the_name() -> None:
    agent = make().define_tool("a", "Author.", handler=told).define_tool("b", handler=told)
    agent.define_tool("read_order", handler=untold).define_tool("d", handler=Doubler())
    agent.define_tool("e", handler=AsyncDoubler())
    agent.define_tool("over_there", webhook_url="https://x.example")
    assert {name: entry["description"] for name, entry in functions_of(agent).items()} == {
        "a": "Author.",
        "b": "Say a number.",
        "read_order": "read order",
        "d": "Double a number.",
        "e": "Double a number.",
        "over_there": "over there",
    }


def later(when: "Later") -> None:
    """Annotated with what is defined below."""


Later = str


def local(value: "Unknown") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Annotated with what is not there."""


def test_forward_references_are_read() -> None:
    entry = functions_of(make().define_tool("t", handler=later))["t"]
    assert entry["parameters"]["properties"] == {"when": {"type": "string"}}


def test_a_forward_reference_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(DefinitionError, match="tool 't': an annotation cannot be read: name 'Unk"):
        make().define_tool("t", handler=local)
