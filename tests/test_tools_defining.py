"""How tools are registered: decorators on classes and agents, options, wrong definitions."""

from collections.abc import Callable
from typing import Any

import pytest

from agentkit import AgentBase, Call, DefinitionError
from agentkit.tools import FAILURE, TIMEOUT_CAP_SECONDS, TIMEOUT_SECONDS
from tests.documents import JSON, document_of, functions_of, make, pong
from tests.test_tools import NUMBER, said


class Base(AgentBase):
    """Has tools of every kind of method."""

    greeting = "Hello"

    @AgentBase.tool
    def bare(self, name: str) -> str:
        """Greet."""
        return f"{self.greeting}, {name}."

    @AgentBase.tool("named")
    async def with_name(self, args: JSON, raw_data: JSON) -> str:
        """Greet."""
        return f"{self.greeting}, {raw_data['call_id']}."

    @AgentBase.tool(description="Greet again.", parameters=NUMBER)
    def with_options(self, args: JSON, raw_data: JSON, call: Call) -> str:
        return f"{self.greeting}, {args['n']} {call.call_id}."

    @AgentBase.tool(name="one")
    @AgentBase.tool(name="two", description="Second.")
    def twice(self) -> str:
        """First."""
        return f"{self.greeting} twice."

    @AgentBase.tool
    @staticmethod
    def static(n: int) -> str:
        """Say a number."""
        return f"static {n}"

    @staticmethod
    @AgentBase.tool
    def static_inside(n: int) -> str:
        """Say a number."""
        return f"static {n}"

    @AgentBase.tool
    @classmethod
    def of_class(cls, n: int) -> str:
        """Say a number."""
        return f"{cls.greeting} {n}"

    @classmethod
    @AgentBase.tool
    def of_class_inside(cls, n: int) -> str:
        """Say a number."""
        return f"{cls.greeting} {n}"

    def no_tool(self) -> None:
        """Do nothing."""


class Polite(Base):
    """Changes what tools say, without touching them."""

    greeting = "Good day"


SAID = {
    "bare": "{0}, Robin.",
    "named": "{0}, c-1.",
    "with_options": "{0}, 7 c-1.",
    "one": "{0} twice.",
    "two": "{0} twice.",
    "static": "static 7",
    "static_inside": "static 7",
    "of_class": "{0} 7",
    "of_class_inside": "{0} 7",
}


@pytest.mark.parametrize("kind", [Base, Polite])
@pytest.mark.parametrize("name", SAID)
async def test_methods_are_tools_of_the_agent_that_is_called(
    name: str, kind: type[AgentBase]
) -> None:
    agent = make(kind=kind)
    assert {*functions_of(agent)} == {*SAID}
    arguments = {"name": "Robin", "n": 7} if name == "bare" else {"n": 7}
    greeting: str = agent.greeting  # type: ignore[attr-defined]
    assert await said(agent, name, **arguments) == SAID[name].format(greeting)


def test_two_names_on_one_function_have_their_own_options() -> None:
    functions = functions_of(make(kind=Base))
    assert (functions["one"]["description"], functions["two"]["description"]) == (
        "First.",
        "Second.",
    )


async def test_an_override_that_is_marked_replaces_the_tool() -> None:
    class Other(Base):
        @AgentBase.tool
        def bare(self, name: str, loud: bool = False) -> str:
            """Greet, loudly perhaps."""
            return super().bare(name).upper() if loud else super().bare(name)

    agent = make(kind=Other)
    assert {*functions_of(agent)} == {*SAID}
    assert functions_of(agent)["bare"]["description"] == "Greet, loudly perhaps."
    assert await said(agent, "bare", name="Robin", loud="yes") == "HELLO, ROBIN."


def test_an_override_that_is_not_marked_takes_the_tool_away() -> None:
    class Without(Base):
        bare = None  # type: ignore[assignment]

        def with_name(self) -> None:  # type: ignore[override]
            """Be no tool any more."""

    assert {*functions_of(make(kind=Without))} == {*SAID} - {"bare", "named"}


async def test_an_override_under_another_name_renames_the_tool() -> None:
    class Renamed(Base):
        @AgentBase.tool(name="greet")
        def bare(self, name: str) -> str:
            return super().bare(name)

    agent = make(kind=Renamed)
    assert {*functions_of(agent)} == {*SAID, "greet"} - {"bare"}
    assert await said(agent, "greet", name="Robin") == "Hello, Robin."


def test_two_methods_of_one_name_are_an_error_when_the_agent_is_made() -> None:
    class Twice(Base):
        @AgentBase.tool(name="bare")
        def other(self) -> None:
            """Collide."""

    with pytest.raises(DefinitionError, match="Twice has two tools named 'bare'"):
        make(kind=Twice)


def test_a_wrong_method_is_an_error_when_the_agent_is_made() -> None:
    class Wrong(AgentBase):
        @AgentBase.tool
        def bad(self, value: complex) -> None:
            """Fail."""

    with pytest.raises(DefinitionError, match="tool 'bad': parameter 'value': complex cannot be"):
        make(kind=Wrong)


def test_agents_of_a_class_share_its_tools_and_no_others() -> None:
    one, two = make(kind=Base), make(kind=Base)
    one.define_tool("extra", "Extra.", {}, pong)
    assert {*one.spec.tools} - {*two.spec.tools} == {"extra"}
    assert one.spec.tools["bare"] is two.spec.tools["bare"]


def test_a_function_that_wants_a_self_is_refused_on_an_agent() -> None:
    def greet(self: Any, name: str) -> str:
        raise AssertionError

    told = "tool 'greet': nobody passes self to it: mark methods with @AgentBase.tool"
    for register in (make().tool, lambda f: make().define_tool("greet", "Greet.", {}, f)):
        with pytest.raises(DefinitionError, match=told):
            register(greet)


async def test_functions_become_tools_of_one_agent_and_stay_as_they_are() -> None:
    agent = make()

    def add(a: int, b: int = 1) -> str:
        """Add."""
        return str(a + b)

    assert agent.tool(add) is add
    assert agent.tool(name="plus")(add) is add
    assert agent.tool("sum", description="Sum up.")(add) is add
    assert {name: entry["description"] for name, entry in functions_of(agent).items()} == {
        "add": "Add.",
        "plus": "Add.",
        "sum": "Sum up.",
    }
    assert await said(agent, "sum", a=2) == "3"


_ANSWER = {"output": {"response": "x"}}


def test_defining_is_chained() -> None:
    agent = make()
    assert agent.define_tool("a", "A.", {}, pong) is agent
    assert agent.register_swaig_function({"function": "b", "data_map": _ANSWER}) is agent
    assert agent.add_tool(make(kind=Base).spec.tools["bare"]) is agent
    assert [*agent.spec.tools] == ["a", "b", "bare"]


FIELDS: dict[str, tuple[JSON, JSON]] = {
    "fillers": ({"fillers": {"en-US": ["Hm."]}}, {"fillers": {"en-US": ["Hm."]}}),
    "wait_file": (
        {"wait_file": "/hold.mp3", "wait_file_loops": 2},
        {"wait_file": "http://localhost:3000/hold.mp3", "wait_file_loops": 2},
    ),
    "webhook_url": (
        {"webhook_url": "https://x.example/hook"},
        {"web_hook_url": "https://x.example/hook"},
    ),
    "no webhook_url": ({"webhook_url": ""}, {}),
    "meta_data": (
        {"meta_data": {"a": [1]}, "meta_data_token": "t"},
        {"meta_data": {"a": [1]}, "meta_data_token": "t"},
    ),
    "what agentkit does not know": (
        {"skip_fillers": True, "tomorrow": [{"id": "g"}]},
        {"skip_fillers": True, "tomorrow": [{"id": "g"}]},
    ),
    "secure": ({"secure": False}, {}),
    "timeout": ({"timeout": 1, "on_error": "Sorry."}, {}),
}


@pytest.mark.parametrize(("options", "expected"), FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("way", ["define_tool", "decorator"])
def test_options_say_this_in_the_document(options: JSON, expected: JSON, way: str) -> None:
    agent = make()
    if way == "define_tool":
        agent.define_tool("t", "T.", {}, pong, **options)
    else:
        agent.tool(name="t", description="T.", parameters={}, **options)(pong)
    entry: JSON = {
        "function": "t",
        "description": "T.",
        "parameters": {"type": "object", "properties": {}},
    }
    assert functions_of(agent) == {"t": {**entry, **expected}}


REFUSED: dict[str, tuple[JSON, str]] = {
    "no dict of fillers": ({"fillers": ["Hm."]}, "tool 't'.fillers: must be a dict, not ['Hm.']"),
    "a lone filler": ({"fillers": {"en": "Hm."}}, "tool 't'.fillers.en: must be a list, not 'Hm.'"),
    "no URL": ({"webhook_url": "/x"}, "tool 't'.webhook_url: must be an absolute http(s) URL"),
    "a misspelt option": ({"timout": 5}, "a tool has no option 'timout'; did you mean 'timeout'?"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_option_is_refused_where_it_is_said(options: JSON, message: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        make().define_tool("t", "T.", {}, pong, **options)
    assert message in str(refused.value)
    with pytest.raises(DefinitionError, match=r"^tool\.|^a tool has"):
        AgentBase.tool(**options)


def test_a_method_without_self_is_refused_when_an_agent_is_made() -> None:
    class Selfless(AgentBase):
        @AgentBase.tool
        def say(city: str) -> str:  # type: ignore[misc]
            """Say."""
            raise AssertionError

    class Empty(AgentBase):
        @AgentBase.tool
        def say() -> str:  # type: ignore[misc]
            """Say."""
            raise AssertionError

    for kind in (Selfless, Empty):
        with pytest.raises(DefinitionError, match="say gets the agent first: it lacks self"):
            make(kind=kind)


def test_a_method_may_call_its_agent_otherwise_and_take_anything() -> None:
    class Named(AgentBase):
        @AgentBase.tool
        def one(this, city: str) -> str:
            """Say."""
            raise AssertionError

        @AgentBase.tool
        def two(agent: "AgentBase", city: str) -> str:
            """Say."""
            raise AssertionError

        @AgentBase.tool
        def three(*given: Any) -> str:
            """Say."""
            raise AssertionError

        @AgentBase.tool
        def four(owner: Any, city: str) -> str:
            """Say."""
            raise AssertionError

    assert [*make(kind=Named).spec.tools] == ["one", "two", "three", "four"]


def test_a_function_of_a_module_is_no_tool_of_a_class() -> None:
    def say(city: str) -> str:
        raise AssertionError

    say.__qualname__ = "say"  # as at the top of a module
    with pytest.raises(DefinitionError, match=r"say is no method, .* as in @agent\.tool"):
        AgentBase.tool(say)


def test_a_call_that_may_be_none_is_no_argument() -> None:
    agent = make()

    @agent.tool
    def say(city: str, call: Call | None = None) -> str:
        """Say."""
        raise AssertionError

    assert agent.spec.tools["say"].call_parameter == "call"
    assert agent.spec.tools["say"].names == {"city"}


def test_a_field_of_the_platform_may_be_named_nearly_as_an_option() -> None:
    agent = make().define_tool("t", "T.", {}, pong, web_hook_url="https://x.example/hook")
    assert functions_of(agent)["t"]["web_hook_url"] == "https://x.example/hook"


def test_what_stays_with_the_agent_is_kept() -> None:
    agent = make().define_tool("a", "A.", {}, pong)
    agent.define_tool("b", "B.", {}, pong, False, timeout=1, on_error="Sorry.")
    a, b = agent.spec.tools["a"], agent.spec.tools["b"]
    assert (a.secure, a.seconds, a.on_error) == (True, TIMEOUT_SECONDS, FAILURE)
    assert (b.secure, b.seconds, b.on_error) == (False, 1, "Sorry.")


@pytest.mark.parametrize("seconds", [0.01, 25, TIMEOUT_CAP_SECONDS])
def test_a_timeout_has_limits(seconds: float) -> None:
    agent = make().define_tool("t", "T.", {}, pong, timeout=seconds)
    assert agent.spec.tools["t"].seconds == seconds


async def test_a_raw_definition_is_listed_and_never_called() -> None:
    raw: JSON = {"function": "w", "description": "W.", "data_map": {"output": {"response": "x"}}}
    agent = make().register_swaig_function(raw)
    assert functions_of(agent) == {"w": raw}
    assert agent.spec.tools["w"].handler is None
    assert document_of(agent)["sections"]["main"][1]["ai"]["SWAIG"]["defaults"]


class NoCall:
    """Cannot be called."""


class NoDoc:
    def __call__(self) -> None: ...


TIMEOUT = "timeout must be over 0 and at most 110 s"
WRONG: dict[str, tuple[Callable[[AgentBase], object], str]] = {
    "no handler": (lambda a: a.define_tool("t", "T."), "tool 't' needs a handler or a webhook_url"),
    "an empty url": (lambda a: a.define_tool("t", webhook_url=""), "needs a handler"),
    "no function": (
        lambda a: a.define_tool("t", handler=NoCall()),  # type: ignore[arg-type]
        "tool 't': not a function with a signature",
    ),
    "a name with blanks": (
        lambda a: a.tool("Say a number.")(pong),
        "tool 'Say a number.': a tool name has 1 to 64 of A-Z a-z 0-9 _ -",
    ),
    "a lambda without a name": (lambda a: a.tool(lambda: ""), "tool '<lambda>': a tool name has"),
    "an empty name": (lambda a: a.define_tool("", handler=pong), "_ -, not ''"),
    "no name": (lambda a: a.define_tool(5, handler=pong), "_ -, not 5"),  # type: ignore[arg-type]
    "an object without a name": (lambda a: a.tool(NoDoc()), "tool '': a tool name has"),
    "a long name": (lambda a: a.define_tool("n" * 65, handler=pong), "a tool name has 1 to 64"),
    "a name that is taken": (
        lambda a: a.define_tool("taken", handler=pong),
        "agent 'Mini' has a tool named 'taken' already",
    ),
    "an unknown type": (
        lambda a: a.define_tool("t", "T.", {"x": {"type": "int"}}, pong),
        "tool 't': parameter 'x': unknown type",
    ),
    "parameters that are a list": (
        lambda a: a.define_tool("t", "T.", [], pong),  # type: ignore[arg-type]
        "tool 't': parameters must be a dict, not list",
    ),
    "required that is no parameter": (
        lambda a: a.define_tool("t", "T.", NUMBER, pong, required=["m"]),
        "tool 't': required names ['m'], which is no parameter",
    ),
    "a typed function that needs more": (
        lambda a: a.define_tool("t", "T.", NUMBER, lambda n, m: "", is_typed_handler=True),
        "tool 't': required names ['m'], which is no parameter",
    ),
    "positional-only": (
        lambda a: a.tool(name="t")(lambda n, /: ""),
        "tool 't': ['n'] cannot be passed by name",
    ),
    "timeout 0": (lambda a: a.define_tool("t", handler=pong, timeout=0), TIMEOUT),
    "timeout 111": (lambda a: a.define_tool("t", handler=pong, timeout=111), TIMEOUT),
    "timeout nan": (lambda a: a.define_tool("t", handler=pong, timeout=float("nan")), TIMEOUT),
    "timeout text": (lambda a: a.define_tool("t", handler=pong, timeout="5"), TIMEOUT),
    "fields": (
        lambda a: a.define_tool("t", handler=pong, meta_data={1j}),
        "tool 't': JSON cannot carry",
    ),
    "raw without a name": (lambda a: a.register_swaig_function({}), "a tool name has 1 to 64"),
    "raw that is no dict": (
        lambda a: a.register_swaig_function("data_map"),  # type: ignore[arg-type]
        "register_swaig_function takes a dict, not 'data_map'",
    ),
    "raw that json cannot carry": (
        lambda a: a.register_swaig_function({"function": "t", "x": {1j}}),
        "register_swaig_function: JSON cannot carry",
    ),
    "raw of a name that is taken": (
        lambda a: a.register_swaig_function({"function": "taken"}),
        "has a tool named 'taken' already",
    ),
}


@pytest.mark.parametrize(("define", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_definition_is_an_error_at_once_and_changes_nothing(
    define: Callable[[AgentBase], object], message: str
) -> None:
    agent = make().define_tool("taken", "T.", {}, pong)
    spec = agent.spec
    with pytest.raises(DefinitionError) as error:
        define(agent)
    assert message in str(error.value)
    assert agent.spec is spec


@pytest.mark.parametrize("annotation", [complex, Callable[[], None], type, AgentBase])
def test_an_annotation_that_json_has_no_value_for_is_an_error(annotation: Any) -> None:
    def bad(value: Any) -> None:
        """Fail."""

    bad.__annotations__["value"] = annotation
    with pytest.raises(DefinitionError, match="tool 'bad': parameter 'value': "):
        make().tool(bad)
