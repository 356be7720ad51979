"""The agent or server that a command names is found, or the reason is told in one line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentkit.agent import AgentBase
from agentkit.loading import (
    Loaded,
    LoadingError,
    agents_of,
    forgetting,
    keep_in_memory,
    load,
)
from agentkit.server import AgentServer

AGENT = "from agentkit import AgentBase, AgentServer\nagent = AgentBase('tea')\n"


@pytest.fixture(autouse=True)
def fresh_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Forget what a test imported, and from where."""
    known = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def problem(target: str) -> str:
    with pytest.raises(LoadingError) as refused:
        load(target)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


def test_an_agent_is_found_by_file_and_by_module() -> None:
    write("shop_a.py", AGENT)
    for target in ("shop_a.py:agent", "./shop_a.py:agent", "shop_a:agent", "shop_a.py", "shop_a"):
        app, import_name, _ = load(target)
        assert isinstance(app, AgentBase)
        assert app.name == "tea"
        assert import_name == "shop_a:agent"


def test_a_file_in_another_folder_is_found_with_its_neighbours() -> None:
    write("deep/er/neighbour_b.py", "NAME = 'tea'\n")
    write("deep/er/shop_b.py", AGENT.replace("'tea'", "__import__('neighbour_b').NAME"))
    assert load("deep/er/shop_b.py:agent").import_name == "shop_b:agent"
    assert sys.path[0] == str(Path("deep/er").resolve())
    load("deep/er/shop_b.py:agent")
    assert sys.path.count(sys.path[0]) == 1


def test_a_module_of_a_package_is_found() -> None:
    write("pack_c/__init__.py", "")
    write("pack_c/shops.py", AGENT)
    assert load("pack_c.shops:agent").import_name == "pack_c.shops:agent"


def test_a_server_is_found_too() -> None:
    write("shop_d.py", AGENT + "server = AgentServer()\n")
    app = load("shop_d:server").app
    assert isinstance(app, AgentServer)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("other = AgentServer()", "agent"),
        ("server = AgentServer()", "agent"),
        ("server = AgentServer()\ndel agent", "server"),
        ("app = agent\ndel agent", "app"),
        ("tea_agent = agent\ndel agent", "tea_agent"),
    ],
)
def test_without_a_name_the_usual_one_or_the_only_one_is_meant(lines: str, found: str) -> None:
    write("shop_e.py", f"{AGENT}{lines}\n")
    assert load("shop_e.py").import_name == f"shop_e:{found}"


def test_where_several_could_be_meant_the_choices_are_told() -> None:
    write("shop_f.py", f"{AGENT}one = agent\ntwo = AgentServer()\ndel agent\n")
    assert problem("shop_f.py") == "say which one: shop_f.py:NAME, with NAME of one, two"


def test_where_there_is_no_agent_what_is_missing_is_told() -> None:
    write("shop_n.py", f"{AGENT}del agent\n")
    assert problem("shop_n.py") == "shop_n.py has no agent or server"
    write("shop_o.py", f"{AGENT}del agent\nclass Tea(AgentBase): ...\n")
    told = "shop_o.py has no agent or server; there is the class Tea: write agent = Tea()"
    assert problem("shop_o.py") == told


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    write("shop_g.py", AGENT + "other = AgentServer()\nnumber = 5\n")
    there = "(there are: agent, other)"
    assert problem("shop_g:tea") == f"shop_g has no agent or server named 'tea' {there}"
    assert problem("shop_g.py:number") == f"shop_g.py has no agent or server named 'number' {there}"
    assert problem("shop_g:AgentServer") == (
        f"shop_g has no agent or server named 'AgentServer' {there}"
    )
    write("shop_h.py", "")
    assert problem("shop_h:agent") == (
        "shop_h has no agent or server named 'agent' (there are: none)"
    )


def test_a_class_is_no_agent_yet() -> None:
    write("shop_i.py", AGENT + "class Tea(AgentBase): pass\n")
    assert problem("shop_i:Tea") == "shop_i:Tea: Tea is a class; name an agent made of it"


@pytest.mark.parametrize("target", ["missing.py:agent", "folder/missing:agent", "./missing", "/"])
def test_a_file_that_is_not_there_is_told(target: str) -> None:
    assert problem(target) == f"there is no file {target.partition(':')[0]!r}"


def test_a_folder_is_no_file() -> None:
    Path("folder.py").mkdir()
    assert problem("folder.py:agent") == "there is no file 'folder.py'"


@pytest.mark.parametrize("module", ["missing_j", "missing_j.deeper", "sys.missing_j"])
def test_a_module_that_is_not_there_is_told(module: str, tmp_path: Path) -> None:
    assert problem(f"{module}:agent") == f"there is no module {module!r} (looked in {tmp_path} too)"


@pytest.mark.parametrize("module", ["", "a-b", "a b", "a..b", ".a", "a.", "1a", "a\nb", "a;b"])
def test_what_is_no_module_name_is_told(module: str) -> None:
    assert problem(f"{module}:agent") == (
        f"{module!r} is not a module name; write module:agent or file.py:agent"
    )


def test_a_file_whose_name_is_no_module_name_is_told() -> None:
    write("my-shop.py", AGENT)
    assert problem("my-shop.py:agent").startswith("'my-shop' is not a module name;")


def test_a_file_whose_name_is_taken_is_not_mistaken_for_the_other() -> None:
    write("json.py", AGENT)
    message = "json.py: another module is named 'json'; rename the file"
    assert problem("json.py:agent") == message
    write("one/shop_k.py", AGENT)
    write("two/shop_k.py", AGENT)
    load("one/shop_k.py:agent")
    assert problem("two/shop_k.py:agent") == (
        "two/shop_k.py: another module is named 'shop_k'; rename the file"
    )


def test_a_module_that_the_file_needs_is_told_by_its_name() -> None:
    write("shop_l.py", "import nothing_here.deeper\n")
    message = "shop_l needs a module that is not installed: nothing_here"
    assert problem("shop_l:agent") == message
    write("shop_m.py", "raise ModuleNotFoundError('custom')\n")
    assert problem("shop_m:agent") == "shop_m needs a module that is not installed: None"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n1 / 0\n", "ZeroDivisionError: division by zero ({file}:2)"),
        ("def f():\n    raise ValueError('bad')\n\nf()\n", "ValueError: bad ({file}:2)"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 ({file}:2)"),
        ("def f(:\n", "SyntaxError: invalid syntax (shop_n.py, line 1)"),
        ("from agentkit import AgentBase\nAgentBase('')\n",
        "DefinitionError: an agent needs a name ({file}:2)"),
        ("from agentkit import nothing\n", "ImportError: cannot import name 'nothing' from "),
        ("x = '\x00'\n", "SyntaxError: source code string cannot contain null bytes"),
    ],
)  # fmt: skip
def test_what_a_module_raises_is_told_with_its_own_line(text: str, told: str) -> None:
    write("shop_n.py", text)
    expected = told.format(file=Path("shop_n.py").resolve())
    said = problem("shop_n.py:agent")
    assert said.startswith(f"shop_n raised while it was loaded: {expected}")
    assert "loading.py" not in said


def test_ctrl_c_is_not_swallowed_while_a_module_is_loaded() -> None:
    write("shop_o.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load("shop_o:agent")


def test_the_agents_of_an_application_are_found_by_route() -> None:
    tea, coffee = AgentBase("tea", route="/tea"), AgentBase("coffee", route="/")
    assert agents_of(tea) == {"/tea": tea}
    server = AgentServer().register(tea).register(coffee)
    assert agents_of(server) == {"/tea": tea, "/": coffee}
    assert agents_of(AgentServer()) == {}


def test_what_is_loaded_is_the_object_itself() -> None:
    write("shop_p.py", AGENT)
    loaded = load("shop_p:agent")
    assert loaded == Loaded(sys.modules["shop_p"].agent, "shop_p:agent")


def test_an_error_that_tells_its_place_itself_tells_it_once(tmp_path: Path) -> None:
    lines = ["from agentkit import AgentBase", "agent = AgentBase('a')", "agent.set_param('x', 1)"]
    write("shop_o.py", "\n".join([*lines, "agent.set_param('digit_timeout', 60_000)"]))
    said = problem("shop_o:agent")
    assert said.count("shop_o.py:4") == 1
    assert said.endswith(f"not 60000 ({tmp_path / 'shop_o.py'}:4)")


RECORDED = """from agentkit.recorder import Recorder
app = Recorder(agent, "calls")
other = Recorder(app, "calls")
"""


def test_a_recorder_is_taken_before_the_agent_that_it_is_around() -> None:
    write("shop_r.py", AGENT + RECORDED)
    for target in ("shop_r.py", "shop_r:app"):
        loaded = load(target)
        assert isinstance(loaded.app, AgentBase)
        assert loaded.import_name == "shop_r:app"
        assert loaded.recorder is not None
        assert loaded.recorder.app is loaded.app
    assert load("shop_r:agent").recorder is None


def test_a_recorder_around_something_else_is_no_agent() -> None:
    write("shop_r.py", AGENT + RECORDED)
    assert "has no agent or server named 'other' (there are: agent, app)" in problem("shop_r:other")


def test_modules_of_the_author_are_forgotten_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("home/shop_t.py", "import neighbour_t, elsewhere_t\n" + AGENT)
    write("home/neighbour_t.py", "")
    write("installed/elsewhere_t.py", "")
    Path("here").mkdir()
    monkeypatch.chdir("here")
    with forgetting(tmp_path / "home"):
        sys.path.append(str(tmp_path / "installed"))
        load("../home/shop_t.py")
        assert {"shop_t", "neighbour_t", "elsewhere_t"} <= sys.modules.keys()
    assert {"shop_t", "neighbour_t"}.isdisjoint(sys.modules)
    assert "elsewhere_t" in sys.modules
    assert str(tmp_path / "installed") not in sys.path


def test_state_can_be_moved_into_memory(tmp_path: Path) -> None:
    write("shop_s.py", "from agentkit import AgentBase, AgentServer\n" + STATEFUL)
    app = load("shop_s:server").app
    keep_in_memory(app)
    [agent] = agents_of(app).values()
    agent.states.set_state("c-1", {"tea": 1})
    assert agent.get_state("c-1") == {"tea": 1}
    assert agent.states.scoped("caller").backend is agent.states.backend
    assert not (tmp_path / "calls.db").exists()


STATEFUL = """agent = AgentBase('tea', state="sqlite:///calls.db")
server = AgentServer()
server.register(agent)
"""
