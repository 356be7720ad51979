"""Methods of an agent that stand in modules of their area look and work as if they were its own."""

import ast
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from typing import Any, Self, get_type_hints

import pytest

import agentkit.agent
from agentkit import AgentBase, methods
from agentkit.hooks import is_overridden
from agentkit.late import moved, static
from agentkit.methods import reader, setter
from agentkit.spec import AgentSpec
from agentkit.tools import Tool
from tests.documents import make, pong

LISTED = {
    node.targets[0].id: node.value
    for node in ast.walk(ast.parse(Path(agentkit.agent.__file__).read_text("utf-8")))
    if isinstance(node, ast.Assign)
    and isinstance(node.targets[0], ast.Name)
    and isinstance(node.value, ast.Call)
    and isinstance(node.value.func, ast.Name)
    and node.value.func.id in {"setter", "reader", "moved", "static"}
}


def rename(spec: AgentSpec, name: str, /, *more: str, sep: str = "-") -> AgentSpec:
    """Give it another name."""
    return spec.changed(name=sep.join((name, *more)))


def names(spec: AgentSpec, count: int = 1) -> list[str]:
    """Tell the name."""
    return [spec.name] * count


def greet(self: "Named", word: str, *, twice: bool = False) -> "Named":
    """Greet it."""
    return self.renamed(word * (1 + twice))


def quiet() -> None:
    """Say nothing."""


class Named:
    """Holds a spec."""

    def __init__(self, spec: AgentSpec) -> None:
        self._spec = spec

    renamed = setter(rename)
    names = reader(names)
    greeted = moved(greet)
    quiet = static(quiet)


@pytest.fixture
def named() -> Named:
    return Named(make().spec)


def test_a_setter_replaces_the_spec_and_returns_its_object(named: Named) -> None:
    before = named._spec
    assert named.renamed("a", "b", sep="+").renamed("c", "d") is named
    assert named._spec.name == "c-d"
    assert before.name != "c-d"


def test_a_setter_that_raises_changes_nothing(named: Named) -> None:
    before = named._spec
    with pytest.raises(TypeError, match="rename"):
        named.renamed()  # type: ignore[call-arg]
    assert named._spec is before


def test_a_reader_tells_what_it_reads(named: Named) -> None:
    assert named.renamed("a").names(2) == ["a", "a"]


def test_a_moved_function_calls_the_methods_of_its_object(named: Named) -> None:
    assert named.greeted("o", twice=True) is named
    assert named._spec.name == "oo"
    assert Named.quiet() is named.quiet() is None


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("renamed", "(self, name: str, /, *more: str, sep: str = '-') -> Self"),
        ("names", "(self, count: int = 1) -> list[str]"),
        ("greeted", "(self, word: str, *, twice: bool = False) -> Self"),
        ("quiet", "() -> None"),
    ],
)
def test_it_looks_as_if_it_were_written_in_its_class(method: str, shown: str) -> None:
    made = getattr(Named, method)
    assert inspect.isfunction(made)
    assert str(inspect.signature(made)) == shown
    assert (made.__module__, made.__qualname__) == (__name__, f"Named.{method}")


def test_all_methods_that_are_listed_read_as_methods_of_the_agent() -> None:
    assert len(LISTED) > 80
    for name in LISTED:
        made: Any = getattr(AgentBase, name)
        assert (made.__module__, made.__qualname__) == ("agentkit.agent", f"AgentBase.{name}")
        shown = str(inspect.signature(made))
        assert made.__doc__, name
        assert "spec" not in shown, name
        assert "~A" not in shown, name
        assert shown.startswith("(self") or name == "extract_sip_username", name


def test_a_listed_method_is_called_as_the_function_that_it_is_made_of() -> None:
    for name, call in LISTED.items():
        assert isinstance(call, ast.Call)
        assert isinstance(function := call.args[0], ast.Attribute)
        assert function.attr == name.lstrip("_")


def test_help_tells_what_a_setter_does() -> None:
    told = pydoc.plain(pydoc.render_doc(AgentBase.set_params))
    assert "set_params(self, params: 'Mapping[str, Any] | AiParams') -> Self" in told
    assert "as a dict or typed (`AiParams`); others stay." in told
    assert get_type_hints(AgentBase.set_post_prompt) == {"text": str, "return": Self}


def test_an_error_names_the_method() -> None:
    with pytest.raises(TypeError, match=r"set_prompt_text\(\) missing 1 required .*'text'"):
        make().set_prompt_text()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"get_state\(\) missing 1 required .*'call_id'"):
        make().get_state()  # type: ignore[call-arg]


class Watched(AgentBase):
    """Hears of what its setters are given."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.heard: list[object] = []
        super().__init__(*args, **options)

    def add_tool(self, tool: Tool) -> Self:
        self.heard.append(tool.name)
        return super().add_tool(tool)

    def set_params(self, params: Any) -> Self:
        self.heard.append(params)
        return super().set_params(params)

    def set_global_data(self, data: Any) -> Self:
        self.heard.append(data)
        return super().set_global_data(data)

    def add_hints(self, hints: Any) -> Self:
        self.heard.append(hints)
        return super().add_hints(hints)

    def set_internal_fillers(self, internal_fillers: Any) -> Self:
        self.heard.append(internal_fillers)
        return super().set_internal_fillers(internal_fillers)

    def set_web_hook_url(self, url: str) -> Self:
        self.heard.append(url)
        return super().set_web_hook_url(url)

    def auto_map_sip_usernames(self) -> Self:
        self.heard.append("sip")
        return super().auto_map_sip_usernames()


def test_a_setter_that_a_subclass_overrides_is_used_by_the_others() -> None:
    agent = Watched("a", basic_auth=("u", "p"), default_webhook_url="https://a.example/x",
                    enable_state_tracking=True, state_manager="memory:")  # fmt: skip
    agent.set_param("debug", True).update_global_data({"a": 1}).add_hint("b")
    agent.set_semantic_gates(True).add_internal_filler("f", "en", ["x"]).enable_sip_routing()
    agent.define_tool("t", "T.", {}, pong).register_swaig_function(
        {"function": "d", "data_map": {"output": {"response": "x"}}}
    )
    agent.tool(name="o")(pong)
    assert agent.heard == [
        "https://a.example/x", "startup_hook", "hangup_hook",
        {"debug": True}, {"a": 1}, ["b"],
        {"semantic_gates_enabled": True}, {"f": {"en": ("x",)}}, "sip",
        "t", "d", "o",
    ]  # fmt: skip
    assert agent.spec.params == {"debug": True, "semantic_gates_enabled": True}


def test_the_hook_that_is_listed_is_not_taken_for_an_authors() -> None:
    class Own(AgentBase):
        async def _handle_check_for_input_request(self, request: Any) -> Any:
            raise AssertionError

    assert not is_overridden(make()._handle_check_for_input_request)
    assert is_overridden(Own("a", basic_auth=("u", "p"))._handle_check_for_input_request)


def test_an_area_is_loaded_by_the_first_look_at_one_of_its_methods() -> None:
    script = (
        "import sys, agentkit\n"
        "areas = lambda: {name for name in sys.modules if name.startswith('agentkit.methods.')}\n"
        "agent = agentkit.AgentBase('a', basic_auth=('u', 'p'), secret='a secret of tests')\n"
        "print(*areas())\n"
        "agent.set_prompt_text('Hello.').add_hints(['agentkit'])\n"
        "print(*sorted(areas()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8"
    )
    loaded = "agentkit.methods.prompting agentkit.methods.speech"
    assert done.stdout.splitlines() == ["", loaded]


def test_there_are_no_other_areas() -> None:
    files = {file.stem for file in Path(methods.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(methods._AREAS) == files
    with pytest.raises(AttributeError, match=r"module 'agentkit\.methods' has no attribute 'x'"):
        _ = methods.x
