"""`agentkit replay`: calls of before against today's code."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner, Result

from agentkit import _json
from agentkit.cli import commands
from agentkit.loading import load
from agentkit.testing import AgentClient, SimulatedCall
from tests.apart import apart
from tests.loopback.replay.calls import AUTH, ordering, recorded, tea_shop

SHOP = f"""
import httpx2
from agentkit import AgentBase, AgentServer, FunctionResult
from agentkit.context import Call
from agentkit.recorder import Recorder, Redaction
from agentkit.recorder.http import RecordedTransport

agent = AgentBase("shop", route="/shop", basic_auth={AUTH!r}, state="sqlite:///calls.db")
agent.prompt_add_section("Role", "You sell tea.")
agent.set_post_prompt("Sum up.")
agent.set_params({{"end_of_speech_timeout": 700}})
client = httpx2.AsyncClient(transport=RecordedTransport(
    httpx2.MockTransport(lambda request: httpx2.Response(200, text="{{price}}"))))

@agent.tool
async def order(call: Call, tea: str, packs: int) -> FunctionResult:
    '''Order tea.'''
    print("a tool may print")
    await call.state.update({{"tea": tea, "packs": packs}})
    return FunctionResult(f"{{packs}} of {{tea}}").add_action("change_step", "confirm")

@agent.tool
def ping() -> str:
    '''Answer.'''
    return "pong"

@agent.tool
async def price(tea: str) -> str:
    '''Tell a price.'''
    return (await client.get("https://tea.example/price")).text

other = AgentBase("other", basic_auth={AUTH!r})
server = AgentServer().register(other).register(agent)
app = Recorder(agent, "calls", redaction=Redaction(patterns=["Assam"]))
empty = AgentServer()
broken = AgentBase("broken", basic_auth={AUTH!r}, signing_key="k")
public = AgentBase("public", route="/shop", basic_auth={AUTH!r}, signing_key="k",
                   public_url="https://agents.example/base")
public.define_tool("ping", "Answer.", {{}}, lambda args, raw: "pong")
"""

SUMMARY = {
    "call_id": "c-1",
    "swaig_log": [
        {
            "command_name": name,
            "post_data": {"argument": {"parsed": [{}]}},
            "post_response": {"response": "pong"},
        }
        for name in ("ping", "price")
    ],
}


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    write("shop_for_replay.py", SHOP.replace("{price}", "7"))
    write("shop_today.py", SHOP.replace("{price}", "8").replace("sell tea", "sell coffee"))
    known = set(sys.modules)
    yield
    for name in [name for name in set(sys.modules) - known if name.startswith("shop_")]:
        del sys.modules[name]


def write(name: str, text: str) -> None:
    Path(name).write_text(text, "utf-8")


@pytest.fixture
def call() -> str:
    """Return the name of a journal of a call with the shop, but for its tool `price`."""
    shop = tea_shop()
    shop.define_tool("price", "Tell a price.", {"tea": {"type": "string"}}, lambda a, r: "7")
    Path("call.jsonl").write_bytes(apart(anyio.run, recorded, shop, ordering))
    return "call.jsonl"


def run(*arguments: str) -> Result:
    return apart(CliRunner().invoke, commands, ["replay", *arguments])


def test_unchanged_code_is_told_in_a_line_and_leaves_no_trace(call: str) -> None:
    done = run(call, "shop_for_replay:agent", "--mask", "required")
    assert "call c-1: 3 answered as before, 1 otherwise" in done.output  # `price` has a schema
    assert "a tool may print" not in done.stdout
    assert not Path("calls.db").exists()
    assert not Path("calls").exists()


def test_what_has_changed_is_told_and_ends_with_one(call: str) -> None:
    done = run(call, "shop_today.py:agent")
    assert done.exit_code == 1
    assert "1. document\n  ~ prompt: pom.Role.body\n" in done.stdout
    assert "      + You sell coffee.\n" in done.stdout


def test_json_is_for_programs(call: str) -> None:
    done = run(call, "shop_today:agent", "--json")
    told = _json.decode(done.stdout)
    assert (done.exit_code, told["is_equal"], told["call_id"]) == (1, False, "c-1")
    assert told["changed"][0]["area"] == "prompt"


def test_the_agent_of_a_server_is_found_by_path_by_tools_or_by_name(call: str) -> None:
    assert "3 answered as before" in run(call, "shop_for_replay:server").stdout
    write("summary.json", _json.encode(SUMMARY).decode())
    assert "1 answered as before" in run("summary.json", "shop_for_replay:server").stdout
    done = run("summary.json", "shop_for_replay:server", "--route", "/")
    assert "      + the document has no URL for it" in done.stdout


def test_the_redaction_of_the_recorder_holds_for_today_as_well(call: str) -> None:
    done = run(call, "shop_for_replay:app")
    assert "      - 2 of Assam\n      + 2 of ***\n" in done.stdout


def test_the_store_of_the_agent_may_be_used(call: str) -> None:
    run(call, "shop_for_replay:agent", "--keep-state")
    assert Path("calls.db").exists()


def test_a_signed_agent_at_a_public_url_is_asked_as_the_platform_would() -> None:
    write("summary.json", _json.encode(SUMMARY).decode())
    done = run("summary.json", "shop_for_replay:public")
    assert "1. ping" not in done.stdout
    assert "1 answered as before, 1 otherwise" in done.stdout


def priced() -> None:
    """Write a journal in which a tool has asked for a price."""
    lines = [
        {"kind": "call", "format": 1, "call_id": "c-1"},
        {"kind": "webhook", "exchange": "1", "what": "function", "url": "http://h/shop/swaig",
         "body": {"function": "price", "call_id": "c-1", "argument": {"parsed": [{"tea": "x"}]}}},
        {"kind": "http", "exchange": "1", "body": {
            "request": {"method": "GET", "url": "https://tea.example/price"},
            "reply": {"status": 200, "body": 7}}},
        {"kind": "answer", "exchange": "1", "status": 200, "body": {"response": "7"}},
    ]  # fmt: skip
    Path("priced.jsonl").write_bytes(b"\n".join(_json.encode(line) for line in lines))


def test_the_http_of_tools_comes_from_the_journal_when_asked_for() -> None:
    priced()
    live = run("priced.jsonl", "shop_today:agent")
    assert (live.exit_code, "--mock-http answers from the journal" in live.stderr) == (1, True)
    mocked = run("priced.jsonl", "shop_today:agent", "--mock-http")
    assert (mocked.exit_code, mocked.stderr) == (0, "")


UNUSABLE: dict[str, tuple[list[str], str]] = {
    "no file": (["nowhere.jsonl", "shop_for_replay:agent"], "No such file"),
    "no call": (["shop_today.py", "shop_for_replay:agent"], "there is no webhook in this file"),
    "no module": (["call.jsonl", "nowhere:agent"], "there is no module 'nowhere'"),
    "no agents": (["call.jsonl", "shop_for_replay:empty"], "--route must be one of none"),
    "no route": (
        ["call.jsonl", "shop_for_replay:server", "--route", "/x"],
        "--route must be one of /, /shop",
    ),
    "a wrong agent": (["call.jsonl", "shop_for_replay:broken"], "signing_key needs public_url="),
    "a wrong mask": (["call.jsonl", "shop_for_replay:agent", "--mask", "("], "regular expression"),
}


@pytest.mark.parametrize(("arguments", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_ends_with_two(call: str, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_changes_are_coloured_on_a_terminal(call: str) -> None:
    done = apart(CliRunner().invoke, commands, ["replay", call, "shop_today:agent"], color=True)
    assert "\x1b[32m      + You sell coffee.\x1b[0m" in done.stdout
    assert "\x1b[1m1. document\x1b[0m" in done.stdout


def test_help_has_examples() -> None:
    assert "agentkit replay calls/" in run("--help").output


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_a_call_becomes_a_test_that_passes(call: str) -> None:
    done = run(call, "shop_for_replay.py:agent", "--as-test", "made/test_call.py")
    assert (done.exit_code, done.stdout) == (0, "written to made/test_call.py\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "made"]
    ran = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=50)
    assert ran.returncode == 0, ran.stdout
    assert not Path("calls.db").exists()


def test_a_test_may_be_printed() -> None:
    priced()
    done = run("priced.jsonl", "shop_for_replay:server", "--as-test", "-")
    assert done.stdout.startswith('"""The call c-1, written by')
    assert 'agents_of(app)["/shop"]' in done.stdout


def test_a_test_of_nothing_is_not_written(call: str) -> None:
    done = run(call, "nowhere:agent", "--as-test", "made/test_call.py")
    assert (done.exit_code, Path("made").exists()) == (2, False)


def test_several_calls_are_replayed_each_with_an_agent_of_its_own(call: str) -> None:
    priced()
    Path("again.jsonl").write_bytes(Path("priced.jsonl").read_bytes())
    done = run("priced.jsonl", "again.jsonl", "shop_today.py:agent", "--mock-http")
    assert (done.exit_code, done.stdout.count("1 answered as before, 0 otherwise")) == (0, 2)
    done = run("priced.jsonl", call, "nowhere.jsonl", "shop_today.py:agent", "--mock-http")
    assert (done.exit_code, "You sell coffee" in done.stdout) == (2, True)
    assert "Error: nowhere.jsonl: " in done.stderr


def test_a_test_is_written_of_one_call(call: str) -> None:
    done = run(call, call, "shop_today.py:agent", "--as-test", "-")
    assert (done.exit_code, "--as-test takes one call" in done.stderr) == (2, True)


def test_a_call_with_two_agents_that_have_credentials_of_their_own_is_replayed() -> None:
    async def moving(client: AgentClient) -> None:
        for route, auth in (("/one", ("u", "1")), ("/two", ("u", "2"))):
            call = SimulatedCall(client.with_auth(auth), url=route, call_id="c-1")
            await call.start()
            await call.tool("ping")
            await call.hang_up(summary={"at": route})

    write("shop_pair.py", PAIR)
    pair = load("shop_pair:server").app
    Path("pair.jsonl").write_bytes(apart(anyio.run, recorded, pair, moving))
    done = run("pair.jsonl", "shop_pair:server")
    assert (done.exit_code, "6 answered as before" in done.stdout) == (0, True), done.stdout


PAIR = """
from agentkit import AgentBase, AgentServer
server = AgentServer()
for name, password in (("one", "1"), ("two", "2")):
    agent = AgentBase(name, route=f"/{name}", basic_auth=("u", password))
    agent.set_post_prompt("Sum up.")
    agent.define_tool("ping", "Answer.", {}, lambda args, raw, name=name: f"pong of {name}")
    server.register(agent)
"""
