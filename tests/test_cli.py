"""The command line: run, swml, tools, exec."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import agentkit.__main__
import agentkit.cli
from agentkit import AgentBase, AgentServer, __version__, _json
from agentkit.cli import commands
from agentkit.recorder import Recorder
from agentkit.serve import ServeOptions
from tests.deadlines import LONG

SHOP = '''
from typing import Annotated, Literal
from msgspec import Meta
from agentkit import AgentBase, AgentServer, ToolError
from agentkit.recorder import Recorder

agent = AgentBase("shop", route="/shop", basic_auth=("canary-user", "canary-password"))
agent.set_post_prompt("Sum up.")
agent.add_function_include("https://canary-user:canary-password@x.example/inc", ["f"])


@agent.tool
def order(
    tea: str,
    packs: Annotated[int, Meta(ge=1)],
    size: Literal["small", "large"] = "small",
    notes: list[str] | None = None,
) -> str:
    """Order tea.

    Args:
        tea: Its name.
    """
    if tea == "none":
        raise RuntimeError("canary-in-tool")
    return f"{tea!r} {packs!r} {size} {notes}"


@agent.tool
async def ping() -> dict[str, object]:
    """Answer."""
    return {"response": "pong", "action": [{"hangup": True}]}


agent.define_tool("there", "Be answered elsewhere.", webhook_url="https://x.example/there")
agent.register_swaig_function(
    {"function": "map", "description": "Look up.", "data_map": {"output": {"response": "x"}}}
)
plain = AgentBase("plain", basic_auth=("u", "p"))
signed = AgentBase("signed", basic_auth=("u", "p"), signing_key="k", public_url="https://a.example")
unset = AgentBase("unset", basic_auth=("u", "p"), signing_key="k")
public = AgentBase("public", route="/p", basic_auth=("u", "p"), public_url="https://a.example/base")
public.define_tool("ping", "Ping.", {}, lambda args, raw: raw["call_id"])
moved = AgentBase("moved", basic_auth=("u", "p")).set_web_hook_url("https://x.example/swaig")
forgetful = AgentBase("forgetful", basic_auth=("u", "p"), state="memory:")
moved.define_tool("ping", "Ping.", {}, lambda args, raw: "")
server = AgentServer("127.0.0.1", 8080, "warning").register(agent).register(plain)
lost = AgentBase("lost", basic_auth=("u", "p"))
lost.define_tool("ping", "Ping.", {}, lambda args, raw: "")
lost.define_contexts().add_context("default").add_step("a", task="A.").set_valid_steps(["b"])
empty = AgentServer()
forgetting = AgentServer().register(forgetful)
recorded = Recorder(plain, "calls")
'''

LOST = "agent 'lost': ai.prompt.contexts.default.steps[0].valid_steps[0]: there is no step 'b'"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "shop_for_cli.py"
    file.write_text(SHOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shop_for_cli", raising=False)
    return file


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, prog_name="agentkit")


def shown(*arguments: str) -> str:
    result = invoked(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def ai_in(text: str) -> Any:
    return _json.decode(text)["sections"]["main"][1]["ai"]


def test_swml_prints_the_document_without_secrets() -> None:
    text = shown("swml", "shop_for_cli:agent", "--call-id", "c-1")
    assert "canary" not in text
    ai = ai_in(text)
    assert ai["post_prompt_url"] == "http://***@localhost:3000/shop/post_prompt/?__token=***"
    url = ai["SWAIG"]["defaults"]["web_hook_url"]
    assert url == "http://***@localhost:3000/shop/swaig/?__token=***"
    assert ai["SWAIG"]["includes"][0]["url"] == "https://***@x.example/inc"
    assert text.startswith('{\n  "version": "1.0.0",\n')


def test_swml_prints_everything_when_asked_to_and_compactly() -> None:
    text = shown("swml", "shop_for_cli.py:agent", "--show-secrets", "--compact")
    assert text.count("\n") == 1
    assert "//canary-user:canary-password@localhost:3000/shop/swaig/?__token=v1." in text


def test_the_call_id_binds_the_document() -> None:
    one = shown("swml", "shop_for_cli:agent", "--show-secrets", "--call-id", "c-1")
    other = shown("swml", "shop_for_cli:agent", "--show-secrets", "--call-id", "c-2")
    assert ai_in(one) != ai_in(other)


@pytest.mark.parametrize(("route", "text"), [("/shop", "order"), ("/", "You are plain")])
def test_an_agent_of_a_server_is_named_by_its_route(route: str, text: str) -> None:
    assert text in shown("swml", "shop_for_cli:server", "--route", route)


def test_swml_asks_as_from_the_public_url() -> None:
    text = shown("swml", "shop_for_cli:public")
    assert "https://***@a.example/base/p/swaig/?__token=***" in text


def test_tools_lists_functions_and_parameters() -> None:
    assert shown("tools", "shop_for_cli:agent") == (
        "order\n"
        "    Order tea.\n"
        "    tea: string - Its name.\n"
        "    packs: integer - at least 1\n"
        "    size: string of small, large, optional\n"
        "    notes: array, optional\n"
        "ping\n"
        "    Answer.\n"
        "there  (answered elsewhere)\n"
        "    Be answered elsewhere.\n"
        "map  (answered elsewhere)\n"
        "    Look up.\n"
    )
    assert shown("tools", "shop_for_cli:plain") == ""


EXECUTED: dict[str, tuple[list[str], str]] = {
    "text": (["tea=Earl Grey", "packs=2"], "'Earl Grey' 2 small None"),
    "text like a number": (["tea=7", "packs=2"], "'7' 2 small None"),
    "text with an equals sign": (["tea=a=b", "packs=2"], "'a=b' 2 small None"),
    "an empty text": (["tea=", "packs=2"], "'' 2 small None"),
    "a list": (["tea=x", "packs=2", 'notes=["a", "b"]'], "'x' 2 small ['a', 'b']"),
    "no json": (["tea=x", "packs=2", "notes=hot"], "'x' 2 small ['hot']"),
    "a choice": (["tea=x", "packs=2", "size=LARGE"], "'x' 2 large None"),
    "what nobody declared": (["tea=x", "packs=2", "more=[1"], "'x' 2 small None"),
}


@pytest.mark.parametrize(("given", "response"), EXECUTED.values(), ids=EXECUTED)
def test_exec_runs_a_tool_as_a_call_would(given: list[str], response: str) -> None:
    arguments = [part for text in given for part in ("--arg", text)]
    text = shown("exec", "shop_for_cli:agent", "order", *arguments)
    assert _json.decode(text) == {"response": response}


def test_exec_shows_what_the_model_is_told_of_a_misfit_and_of_a_failure() -> None:
    text = shown("exec", "shop_for_cli:agent", "order", "-a", "tea=x", "-a", "packs=0")
    assert "at least 1" in text
    text = shown("exec", "shop_for_cli:agent", "order", "-a", "tea=none", "-a", "packs=1")
    assert "something went wrong" in text
    assert "canary" not in text


def test_exec_shows_actions_and_may_name_agent_and_call() -> None:
    text = shown("exec", "shop_for_cli:server", "ping", "--route", "/shop")
    assert _json.decode(text) == {"response": "pong", "action": [{"hangup": True}]}
    text = shown("exec", "shop_for_cli:public", "ping", "--call-id", "c-7")
    assert _json.decode(text) == {"response": "c-7"}


ERRORS: dict[str, tuple[list[str], str]] = {
    "no module": (["swml", "nowhere:agent"], "there is no module 'nowhere' (looked in"),
    "no file": (["swml", "nowhere.py"], "there is no file 'nowhere.py'"),
    "no name": (["swml", "shop_for_cli:nobody"], "has no agent or server named 'nobody'"),
    "no route": (["swml", "shop_for_cli:server"], "--route must be one of /shop, /"),
    "wrong route": (
        ["tools", "shop_for_cli:agent", "--route", "/x"],
        "--route must be one of /shop",
    ),
    "no agents": (["tools", "shop_for_cli:empty"], "--route must be one of none"),
    "no tool": (
        ["exec", "shop_for_cli:agent", "fly"],
        "there is no tool 'fly'; there are: order, ping, there, map",
    ),
    "no tools": (["exec", "shop_for_cli:plain", "fly"], "there is no tool 'fly'; there are: none"),
    "no value": (
        ["exec", "shop_for_cli:agent", "order", "--arg", "tea"],
        "--arg 'tea': write NAME=VALUE",
    ),
    "elsewhere": (
        ["exec", "shop_for_cli:agent", "there"],
        "the document sends the platform to 'https://x.example/there'",
    ),
    "all elsewhere": (
        ["exec", "shop_for_cli:moved", "ping"],
        "the document sends the platform to 'https://x.example/swaig'",
    ),
    "unsigned": (["swml", "shop_for_cli:signed"], "the agent answered 403: "),
    "a wrong agent": (["run", "shop_for_cli:unset"], "signing_key needs public_url="),
    "the document of a wrong agent": (["swml", "shop_for_cli:lost"], LOST),
    "a tool of a wrong agent": (["exec", "shop_for_cli:lost", "ping"], LOST),
    "workers of an agent with state in memory": (
        ["run", "shop_for_cli:forgetful", "--workers", "2"],
        "in memory, which 2 workers do not share: pass state='sqlite:///calls.db'",
    ),
    "workers of a server with such an agent": (
        ["run", "shop_for_cli:forgetting", "--workers", "3"],
        "in memory, which 3 workers do not share: pass state='sqlite:///calls.db'",
    ),
    "a wrong port": (["run", "shop_for_cli:agent", "--port", "x"], "not a valid integer"),
    "broken TLS": (
        ["run", "shop_for_cli:agent", "--ssl-certfile", "no.pem", "--ssl-keyfile", "no.key"],
        "TLS: no.pem and no.key cannot be used",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), ERRORS.values(), ids=ERRORS)
def test_what_goes_wrong_is_told_in_words(arguments: list[str], message: str) -> None:
    result = invoked(*arguments)
    assert result.exit_code in {1, 2}
    assert isinstance(result.exception, SystemExit)
    assert message in result.stderr
    assert "Traceback" not in result.output


Served = list[tuple[Any, ServeOptions]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    calls: Served = []
    monkeypatch.setattr(agentkit.cli, "run_server", lambda *args: calls.append(args))
    return calls


def test_run_serves_an_agent_that_workers_can_import(served: Served) -> None:
    shown("run", "shop_for_cli.py:agent")
    [(app, options)] = served
    assert isinstance(app, AgentBase)
    assert options == ServeOptions(app="shop_for_cli:agent")


def test_run_serves_state_in_memory_by_one_process(served: Served) -> None:
    shown("run", "shop_for_cli:forgetful")
    shown("run", "shop_for_cli:forgetting")
    shown("run", "shop_for_cli:agent", "--workers", "2")  # it keeps no state
    assert [options.workers for _, options in served] == [1, 1, 2]


def test_run_serves_the_recorder_that_is_around_an_agent(served: Served) -> None:
    shown("run", "shop_for_cli:recorded")
    [(app, options)] = served
    assert isinstance(app, Recorder)
    assert options == ServeOptions(app="shop_for_cli:recorded")


def test_run_passes_its_options_on(served: Served) -> None:
    shown("run", "shop_for_cli:server")
    more = ("--host", "::1", "--port", "0", "--workers", "3", "--reload", "--log-level", "debug")
    shown("run", "shop_for_cli:server", *more)
    name = "shop_for_cli:server"
    assert [options for _, options in served] == [
        ServeOptions(host="127.0.0.1", port=8080, log_level="warning", app=name),
        ServeOptions(host="::1", port=0, workers=3, reload=True, log_level="debug", app=name),
    ]
    assert isinstance(served[0][0], AgentServer)


@pytest.mark.parametrize("command", ["run", "swml", "tools", "exec"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_has_examples(command: str, option: str) -> None:
    assert f"\n  Examples:\n    agentkit {command} agent.py:agent" in shown(command, option)


def test_help_lists_the_commands() -> None:
    text = shown("--help")
    assert "MODULE:AGENT names an agent or a server" in text
    for command in ("run", "swml", "tools", "exec"):
        assert f"\n  {command} " in text


def test_the_version_is_told() -> None:
    assert shown("--version") == f"agentkit, version {__version__}\n"


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["agentkit", "--version"])
    with pytest.raises(SystemExit) as ended:
        agentkit.__main__.main()
    monkeypatch.delitem(sys.modules, "agentkit.__main__")
    with pytest.raises(SystemExit):
        runpy.run_module("agentkit", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"agentkit, version {__version__}\n" * 2


def test_python_runs_the_module() -> None:
    command = [sys.executable, "-m", "agentkit", "--version"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=LONG)
    assert (done.stdout, done.stderr) == (f"agentkit, version {__version__}\n", "")
