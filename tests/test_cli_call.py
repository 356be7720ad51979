"""`agentkit call`: an agent is talked to at the keyboard."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agentkit import _json, cli_call, cli_chat, cli_recording, cli_screen
from agentkit.cli import commands
from agentkit.cli_recording import JournalFile
from agentkit.loopback import Call, Thought, Use, View
from agentkit.loopback.trace import Moment
from tests.apart import apart
from tests.loopback.shops import AI, script

BISTRO = '''
from agentkit import AgentBase, AgentServer, FunctionResult
from agentkit.context import Call
from agentkit.recorder import Recorder

agent = AgentBase("bistro", route="/bistro", basic_auth=("u", "p"), state="sqlite:///calls.db")
agent.prompt_add_section("Role", "You take bookings.")
agent.set_post_prompt("Sum up.")
flow = agent.define_contexts().add_context("default")
flow.add_step("greet", task="Greet.").set_functions(["book"]).set_valid_steps(["confirm"])
flow.add_step("confirm", task="Confirm.").set_functions(["cancel"]).set_valid_steps(["greet"])


@agent.tool
async def book(call: Call, seats: int) -> FunctionResult:
    """Book a table.

    Args:
        seats: How many seats.
    """
    await call.state.update({"seats": seats})
    result = FunctionResult(f"A table for {seats} is held.").update_global_data({"seats": seats})
    return result.add_action("change_step", "confirm")


@agent.tool
async def cancel(call: Call) -> FunctionResult:
    """Cancel the booking."""
    await call.state.set({"cancelled": True})
    return FunctionResult("It is cancelled.").hangup()


other = AgentBase("other", basic_auth=("u", "p"))
server = AgentServer().register(agent).register(other)
public = AgentBase("public", route="/p", basic_auth=("u", "p"), public_url="https://a.example/base")
recorded = Recorder(agent, "calls")
broken = AgentBase("broken", basic_auth=("u", "p"), signing_key="k")


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await receive()
    body = b'{"version":"1.0.0","sections":{"main":[{"ai":{"prompt":{"text":"Hi."}}}]}}'
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


number = 7
'''


@pytest.fixture(autouse=True)
def bistro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("bistro_for_call.py").write_text(BISTRO, "utf-8")
    known = set(sys.modules)
    yield
    for name in [name for name in set(sys.modules) - known if name.startswith("bistro")]:
        del sys.modules[name]


def run(*arguments: str, typed: str = "") -> Result:
    return apart(CliRunner().invoke, commands, ["call", *arguments], input=typed)


CHAT = """\
          say something, or /help; Ctrl-D hangs up
call      started +12025550123 → +12025550100 at /bistro
verb      answer
verb      ai
agent     Hello.
caller    book a table for 4 seats
tool      book(seats=4)
          → "A table for 4 is held." [set_global_data, change_step]
action    set_global_data {"seats":4}
state     global_data seats=4
action    change_step "confirm"
step      default/confirm
agent     A table for 4 is held.
state     seats: 4
caller    cancel the booking
tool      cancel()
          → "It is cancelled." [hangup]
action    hangup true
call      summary
call      ended by the agent
state     seats: gone
state     cancelled: true
"""


def test_without_a_terminal_a_chat_is_the_same_lines_every_time() -> None:
    typed = "book a table for 4 seats\n\ncancel the booking\n"
    for _ in range(2):
        done = run("bistro_for_call.py:agent", typed=typed)
        del sys.modules["bistro_for_call"]
        assert (done.exit_code, done.stdout) == (0, CHAT)
    assert not Path("calls.db").exists()


def test_the_end_of_the_input_hangs_up() -> None:
    done = run("bistro_for_call.py:agent", typed="book a table for 4 seats")
    assert done.stdout.endswith("call      summary\ncall      ended by the caller\n")


COMMANDS: dict[str, tuple[str, str]] = {
    "/state": ("/state", '          state {\n            "seats": 4\n          }\n'),
    "global data": ("/state", '            "seats": 4\n'),
    "/tools": ("/tools", "          cancel()  Cancel the booking.\n"),
    "/steps": (
        "/steps",
        "          default\n            greet\n            confirm  ← here\n",
    ),
    "/prompt": ("/prompt", "You take bookings."),
    "/help": ("/help", "          /wait S   say nothing for so many seconds\n"),
    "/wait": ("/wait 12", "platform  notices 5000 ms of silence\n"),
    "/wait nothing": ("/wait", "error     write /wait SECONDS\n"),
    "/wait long": ("/wait 1e9", "error     write /wait SECONDS\n"),
    "/wait forever": ("/wait nan", "error     write /wait SECONDS\n"),
    "/digits": ("/digits 12#", "caller    12#\n"),
    "/hangup": ("/hangup", "call      ended by the caller\n"),
    "unknown": ("/fly", "error     there is no /fly; there are /state, /tools,"),
}


@pytest.mark.parametrize(("typed", "shown"), COMMANDS.values(), ids=COMMANDS)
def test_commands_look_into_the_call_and_act_in_it(typed: str, shown: str) -> None:
    done = run("bistro_for_call.py:agent", typed=f"book a table for 4 seats\n{typed}\n")
    assert done.exit_code == 0
    assert shown in done.stdout


def test_an_agent_of_a_server_is_called_by_its_route() -> None:
    done = run("bistro_for_call:server", "--route", "/bistro", typed="/steps\n")
    assert "greet" in done.stdout
    assert (
        "there are no steps"
        in run("bistro_for_call:server", "--route", "/", typed="/steps\n").stdout
    )


def test_after_hanging_up_nothing_more_is_asked() -> None:
    assert "hangup()" in run("bistro_for_call:app", typed="/tools\n/hangup\n").stdout
    assert "hangup()" not in run("bistro_for_call:app", typed="/hangup\n/tools\n").stdout


def test_an_agent_at_a_public_url_with_a_prefix_is_called_there() -> None:
    done = run("bistro_for_call:public", typed="hello\n")
    assert (done.exit_code, "at https://a.example/base/p\n" in done.stdout) == (0, False)
    assert "at /base/p\n" in done.stdout


def test_where_no_model_takes_part_digits_can_be_pressed() -> None:
    source = BISTRO.replace('{"ai":{"prompt":{"text":"Hi."}}}', '{"prompt":{"play":"say:Hi"}}')
    Path("bistro_menu.py").write_text(source, "utf-8")
    done = run("bistro_menu:app", typed="/tools\n/prompt\n/digits 1\n")
    assert "          none\n          nothing\ncaller    [presses 1]\n" in done.stdout
    assert done.stdout.endswith("call      ended by the document\n")


class Model(BaseHTTPRequestHandler):
    """An endpoint whose model says one sentence."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"choices":[{"message":{"content":"I am a model."}}]}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_a_model_may_think_for_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        done = run("bistro_for_call.py:agent", "--model", "small", typed="hello\n")
        server.shutdown()
    assert done.exit_code == 0, done.output
    assert "caller    hello\nagent     I am a model.\n" in done.stdout


def test_what_is_no_agent_of_agentkit_is_called_as_well() -> None:
    done = run("bistro_for_call:app", typed="/tools\n/state\n/prompt\n/steps\n")
    assert done.exit_code == 0
    assert "there are no steps\n" in done.stdout


def test_the_agents_own_store_may_be_kept() -> None:
    run("bistro_for_call:agent", "--keep-state", typed="book a table for 4 seats\n")
    assert Path("calls.db").exists()


def test_a_recorder_is_called_without_its_journals() -> None:
    assert run("bistro_for_call:recorded").exit_code == 0
    assert not Path("calls").exists()


def test_callers_and_numbers_can_be_given() -> None:
    done = run("bistro_for_call:agent", "--caller", "sip:alex@example.com", "--to", "/public/x")
    assert "started sip:alex@example.com → /public/x at /bistro\n" in done.stdout


WRONG: dict[str, tuple[list[str], str]] = {
    "no module": (["nowhere:agent"], "there is no module 'nowhere'"),
    "no agent": (["bistro_for_call:number"], "has no agent or server named 'number'"),
    "no route": (["bistro_for_call:server"], "--route must be one of /bistro, /"),
    "a wrong agent": (["bistro_for_call:broken"], "signing_key needs public_url="),
    "a wrong record": (["bistro_for_call:agent", "--record", "x.txt"], "name it .yaml"),
    "a journal of another process": (
        ["http://127.0.0.1:9", "--record", "x.jsonl"],
        "a journal is written of agents in this process",
    ),
    "a model nobody has named the place of": (
        ["bistro_for_call:agent", "--model", "m"],
        "OPENAI_BASE_URL",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(0)\n", "SystemExit: 0"),
        ("import nothing_here\n", "needs a module that is not installed: nothing_here"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told_of(text: str, told: str) -> None:
    Path("failing.py").write_text(text, "utf-8")
    done = run("failing.py")
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_call_that_cannot_begin_says_why() -> None:
    Path("nothing.py").write_text("async def app(s, r, send):\n    raise OSError\n", "utf-8")
    done = run("nothing.py:app", "--record", "nothing.yaml")
    assert (done.exit_code, Path("nothing.yaml").exists()) == (1, False)
    assert "the call so far" not in done.stderr
    assert "no document came from" in done.stderr


def test_a_chat_becomes_a_scenario_that_passes() -> None:
    typed = "book a table for 4 seats\n/wait 7\n/digits 1\n/hangup\n"
    run("bistro_for_call.py:agent", "--record", "made/chat.yaml", "--caller", "+1555", typed=typed)
    text = Path("made/chat.yaml").read_text("utf-8")
    assert text.startswith(
        "agent: ../bistro_for_call.py:agent\ncaller: '+1555'\ngreeting: Hello.\n"
    )
    assert "- say: book a table for 4 seats\n  uses:\n  - book:\n      seats: 4\n" in text
    assert "  - step: confirm\n" in text
    assert "- wait: 7.0\n" in text
    assert text.endswith("- hang_up: true\n")
    played = apart(CliRunner().invoke, commands, ["test", "made"])
    assert played.exit_code == 0, played.stdout


def test_the_scenario_of_a_server_names_the_route() -> None:
    run("bistro_for_call:server", "--route", "/bistro", "--record", "chat.yaml")
    text = Path("chat.yaml").read_text("utf-8")
    assert "agent: bistro_for_call:server\nurl: /bistro\n" in text


def test_the_password_of_a_url_is_not_written_down(tmp_path: Path) -> None:
    found = cli_recording._seen_from
    assert found(tmp_path, "https://u:p@a.example/x?y=@") == "https://a.example/x?y=@"
    assert found(tmp_path, "shop.agents:agent") == "shop.agents:agent"


def test_a_server_elsewhere_is_called_with_credentials_and_another_id_each_time() -> None:
    to = cli_call._Target("https://a.example", None)
    asked = dict.fromkeys(("caller", "called", "signing_key", "model", "keep_state"))
    one, other = (cli_call._options(to, {**asked, "auth": "u:p:q"}) for _ in range(2))
    assert one["auth"] == ("u", "p:q")
    assert one["seed"] != other["seed"]
    assert "auth" not in cli_call._options(to, {**asked, "auth": None})


def test_a_chat_becomes_a_journal_that_replays() -> None:
    Path("chat.jsonl").write_text("what was there", "utf-8")
    run("bistro_for_call.py:agent", "--record", "chat.jsonl", typed="book a table for 4 seats\n")
    kinds = [_json.decode(line)["kind"] for line in Path("chat.jsonl").read_bytes().splitlines()]
    assert kinds[:3] == ["call", "webhook", "answer"]
    assert "state" in kinds
    del sys.modules["bistro_for_call"]
    done = apart(CliRunner().invoke, commands, ["replay", "chat.jsonl", "bistro_for_call.py:agent"])
    assert (done.exit_code, "0 otherwise" in done.stdout) == (0, True)


def test_a_chat_with_any_application_becomes_a_journal() -> None:
    run("bistro_for_call:app", "--record", "chat.jsonl", typed="hello\n")
    kinds = [_json.decode(line)["kind"] for line in Path("chat.jsonl").read_bytes().splitlines()]
    assert kinds == ["call", "webhook", "answer"]


def test_a_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    JournalFile(tmp_path / "x.jsonl").append("c", b"{}\n", 1.0, begins=True)
    assert (tmp_path / "x.jsonl").stat().st_mode & 0o777 == 0o600


SCENARIO = """
steps:
  - say: A table, please.
    uses: [book: {{seats: 4}}]
  - expect: {{tool: {{name: book, args: {{seats: {seats}}}}}}}
"""


def test_a_script_is_played_with_everything_that_happens() -> None:
    Path("good.yaml").write_text(SCENARIO.format(seats=4), "utf-8")
    Path("bad.yaml").write_text(SCENARIO.format(seats=5), "utf-8")
    done = run("bistro_for_call:agent", "--script", "good.yaml")
    assert done.exit_code == 0
    assert "caller    A table, please.\ntool      book(seats=4)\n" in done.stdout
    done = run("bistro_for_call:agent", "--script", "bad.yaml")
    assert done.exit_code == 1
    assert "error     bad.yaml:5: steps[1].expect.tool: expected" in done.stdout
    assert "the call so far" not in done.stdout


@pytest.mark.parametrize(
    ("steps", "code", "shown"),
    [
        ("[say: hello]", 0, "caller    hello\n"),
        ("[expect: {tool: book}]", 1, "error     any.yaml:1: steps[0].expect.tool: "),
        ("7", 1, "error     any.yaml:1: steps: expected a list, not 7\n"),
    ],
)
def test_a_script_is_played_with_any_application(steps: str, code: int, shown: str) -> None:
    Path("any.yaml").write_text(f"steps: {steps}", "utf-8")
    done = run("bistro_for_call:app", "--script", "any.yaml")
    assert (done.exit_code, shown in done.stdout) == (code, True), done.stdout


def test_what_a_call_cannot_do_is_told_and_the_call_goes_on() -> None:
    class Wild:
        """Calls what there is not, for ever."""

        async def think(self, view: View) -> Thought:
            if view.said == "loop":
                return Thought(uses=(Use("nothing", {}),))
            return Thought("Hm.")

        async def summarize(self, view: View, prompt: str) -> None:
            raise AssertionError("the document has no prompt for a summary")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body = _json.encode(script(AI)(None))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    shown = Shown(["loop", "again"])
    with Call(app, brain=Wild()) as call:
        cli_chat.Chat(call, shown).run()
    [error] = [text for kind, text in shown.lines if kind == "error"]
    assert error.startswith("the model cannot call 'nothing' now")
    assert "the call so far" not in error
    assert shown.lines[-1] == ("call", "ended by the caller")


class Shown:
    """A terminal that is a list."""

    is_live = True

    def __init__(self, typed: list[str]) -> None:
        self.typed, self.prompts = typed, list[str]()
        self.lines: list[tuple[str, str]] = []

    def show(self, kind: str, text: str) -> None:
        self.lines.append((kind, text))

    def ask(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self.typed.pop(0) if self.typed else None


def test_on_a_terminal_times_are_shown_and_what_was_typed_is_not_repeated() -> None:
    shown, times = Shown([]), iter([1.0, 1.25])
    printer = cli_chat.Printer(shown, lambda: next(times))
    printer.show(Moment(0, "caller", "hello"))
    printer.show(Moment(0, "tool", "book", {"seats": 4}))
    printer.show(Moment(0, "answer", "done", []))
    printer.show(Moment(0, "reply", "200"))
    printer.show(Moment(0, "reply", "500 oops"))
    printer.show(Moment(0, "mark", "script ended"))
    assert shown.lines == [
        ("tool", "book(seats=4)"),
        ("answer", '→ "done"  (250 ms)'),
        ("reply", "500 oops"),
    ]


def test_steps_are_read_from_any_document() -> None:
    steps = cli_chat._contexts
    assert steps(b"") == {}
    contexts = {"a": {"steps": [{"name": "x"}, 7]}, "b": 7}
    document = _json.encode({"sections": {"main": [{"ai": {"prompt": {"contexts": contexts}}}]}})
    assert steps(document) == {"a": ["x"]}
    assert steps(b'{"contexts":7}') == {}


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "[bold]x[/bold]", "\u202eb"])
def test_nothing_that_is_said_can_write_to_the_terminal(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli_screen.Rich().show("agent", text)
    cli_screen.Plain().show("agent", text)
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "[bold]" in shown or "[bold]" not in text


def test_a_terminal_asks_with_the_place_and_ends_with_the_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rich = cli_screen.Rich()
    typed: list[Any] = ["hello", EOFError(), KeyboardInterrupt()]

    def asked(*_: object) -> str:
        found = typed.pop(0)
        if isinstance(found, BaseException):
            raise found
        return str(found)

    monkeypatch.setattr("builtins.input", asked)
    assert [rich.ask("[default/greet] you:") for _ in range(3)] == ["hello", None, None]
    assert "[default/greet] you:" in capsys.readouterr().out


def test_a_screen_is_chosen_by_what_it_writes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cli_screen.screen(), cli_screen.Plain)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert isinstance(cli_screen.screen(), cli_screen.Rich)


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_a_call_at_a_terminal() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "agentkit", "call", "bistro_for_call.py:agent"]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90"}
    running = subprocess.Popen(command, stdout=slave, stdin=slave, stderr=slave, env=environ)
    os.close(slave)
    text = until(master, "you: ")
    os.write(master, b"book a table for 4 seats\n")
    text += until(master, "[default/confirm] you: ")
    os.write(master, b"\x04")
    text += until(master, "ended by the caller")
    os.close(master)
    assert running.wait(50) == 0
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", text)
    assert "\x1b[1;36magent     Hello.\x1b[0m" in text
    assert "[default/greet] you: book a table for 4 seats\r\n" in plain
    assert re.search(r'→ "A table for 4 is held." \[.*\]  \(\d+ ms\)', plain)
    assert "caller" not in plain.split("ended by")[0]


def until(master: int, wanted: str) -> str:
    found = b""
    while wanted.encode() not in re.sub(rb"\x1b\[[\d;?]*[a-zA-Z]", b"", found):
        assert select.select([master], [], [], 30)[0], found.decode("utf-8", "replace")
        found += os.read(master, 4096)
    return found.decode("utf-8", "replace")


def test_help_has_examples() -> None:
    assert "agentkit call agent.py --model" in run("--help").output
