"""A tool or a callback that is wrong stops the start, with a message that names it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from agentkit import AgentBase, AgentServer
from tests.hostile.agents import table
from tests.hostile.defining import Wrong, agent, nothing, refusal


class Twice(AgentBase):
    @AgentBase.tool("look")
    def one(self) -> str:
        """Look."""
        return "one"  # pragma: no cover

    @AgentBase.tool(name="look")
    def two(self) -> str:
        """Look again."""
        return "two"  # pragma: no cover


class Once(AgentBase):
    @AgentBase.tool
    def look(self) -> str:
        """Look."""
        return "look"  # pragma: no cover


def test_two_tools_of_one_name_in_a_class_are_refused() -> None:
    assert refusal(lambda: Twice("canary")) == "Twice has two tools named 'look'"


AGAIN: dict[str, Callable[[AgentBase], object]] = {
    "decorated": lambda made: made.tool(name="look")(nothing),
    "defined": lambda made: made.define_tool("look", handler=nothing),
    "elsewhere": lambda made: made.define_tool(
        "look", "Look.", {}, webhook_url="https://a.example"
    ),
    "a data map": lambda made: made.register_swaig_function(
        {"function": "look", "description": "Look.", "data_map": {"output": {"response": "x"}}}
    ),
}


@table(AGAIN)
def test_a_second_tool_of_a_name_is_refused_wherever_the_first_is(
    case: Callable[[AgentBase], object],
) -> None:
    message = "agent 'canary' has a tool named 'look' already"

    assert refusal(lambda: case(Once("canary"))) == message
    assert refusal(lambda: case(agent().define_tool("look", handler=nothing))) == message


def unknown_name(tea: "Tea") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Take tea."""


def syntax_error(tea: Any) -> None:
    """Take tea."""


syntax_error.__annotations__["tea"] = "list["


def a_callable(tea: Callable[[], None]) -> None:
    """Take tea."""


def an_object(tea: object()) -> None:  # type: ignore[valid-type]
    """Take tea."""


def a_set_of_paths(teas: set[Path]) -> None:
    """Take tea."""


class Plain:
    """A class that no JSON becomes."""


def a_class(tea: Plain) -> None:
    """Take tea."""


def a_named_tuple(tea: NamedTuple) -> None:
    """Take tea."""


NO_VALUE = "cannot be an argument: JSON has no such value"
UNREADABLE = "an annotation cannot be read:"
ANNOTATIONS: dict[str, tuple[Callable[..., None], str]] = {
    "an unknown name": (unknown_name, f"{UNREADABLE} name 'Tea' is not defined"),
    "a syntax error": (syntax_error, f"{UNREADABLE} Forward reference must be an expression"),
    "a callable": (a_callable, f"parameter 'tea': Callable {NO_VALUE}"),
    "an object": (an_object, "parameter 'tea': <object object at"),
    "a set of paths": (a_set_of_paths, f"parameter 'teas': Path {NO_VALUE}"),
    "a class of its own": (a_class, f"parameter 'tea': Plain {NO_VALUE}"),
    "a function of typing": (a_named_tuple, "parameter 'tea': NamedTuple cannot be an argument"),
}


@table(ANNOTATIONS)
def test_an_annotation_that_no_argument_becomes_is_refused(
    case: tuple[Callable[..., None], str],
) -> None:
    function, reason = case

    message = refusal(lambda: agent().tool(function))

    assert message.startswith(f"tool {function.__name__!r}: {reason}")


TOOLS: dict[str, Wrong] = {
    "no name": (lambda: agent().define_tool("", handler=nothing), "a tool name has 1 to 64"),
    "a space in the name": (
        lambda: agent().define_tool("a b", handler=nothing),
        "a tool name has 1 to 64 of A-Z a-z 0-9 _ -, not 'a b'",
    ),
    "a very long name": (lambda: agent().define_tool("a" * 65, handler=nothing), "a tool name has"),
    "a newline after the name": (
        lambda: agent().define_tool("a\n", handler=nothing),
        "a tool name has",
    ),
    "no handler": (
        lambda: agent().define_tool("a"),
        "tool 'a' needs a handler or a webhook_url",
    ),
    "a handler that is none": (
        lambda: agent().define_tool("a", handler=5),  # type: ignore[arg-type]
        "tool 'a': not a function with a signature",
    ),
    "a timeout of 0": (
        lambda: agent().define_tool("a", handler=nothing, timeout=0),
        "tool 'a': timeout must be over 0 and at most 110 s",
    ),
    "a timeout beyond the platform's": (
        lambda: agent().define_tool("a", handler=nothing, timeout=111),
        "tool 'a': timeout must be over 0 and at most 110 s",
    ),
    "a timeout that is NaN": (
        lambda: agent().define_tool("a", handler=nothing, timeout=float("nan")),
        "tool 'a': timeout must be over 0 and at most 110 s",
    ),
    "parameters that are a list": (
        lambda: agent().define_tool("a", parameters=[1], handler=nothing),  # type: ignore[arg-type]
        "tool 'a': parameters must be a dict, not list",
    ),
    "a required parameter that is none": (
        lambda: agent().define_tool("a", parameters={}, required=["x"], handler=nothing),
        "tool 'a': required names ['x'], which is no parameter",
    ),
    "a field that JSON cannot carry": (
        lambda: agent().define_tool("a", handler=nothing, extra=object()),
        "tool 'a': JSON cannot carry this value",
    ),
    "a definition without a name": (
        lambda: agent().register_swaig_function({"description": "x"}),
        "a tool name has",
    ),
    "a definition with an object": (
        lambda: agent().register_swaig_function({"function": "a", "data_map": object()}),
        "register_swaig_function: JSON cannot carry this value",
    ),
}


@table(TOOLS)
def test_a_tool_that_is_wrong_is_refused(case: Wrong) -> None:
    make, message = case

    assert message in refusal(make)


CALLBACKS: dict[str, Wrong] = {
    "a configuration": (
        lambda: agent().set_dynamic_config_callback(5),  # type: ignore[arg-type]
        "set_dynamic_config_callback takes a function, not 5",
    ),
    "one more configuration": (
        lambda: agent().add_per_call_config(None),  # type: ignore[arg-type]
        "add_per_call_config takes a function, not None",
    ),
    "a routing callback": (
        lambda: agent().register_routing_callback("x", "/desk"),  # type: ignore[arg-type]
        "register_routing_callback takes a function, not 'x'",
    ),
    "a global routing callback": (
        lambda: AgentServer().register_global_routing_callback("x", "/desk"),  # type: ignore[arg-type]
        "register_global_routing_callback takes a function, not 'x'",
    ),
}


@table(CALLBACKS)
def test_a_callback_that_cannot_be_called_is_refused(case: Wrong) -> None:
    make, message = case

    assert refusal(make) == message
