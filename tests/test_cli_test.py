"""`agentkit test`: scenario files are played, and what came of them is told."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner, Result

from agentkit import _json, cli_suite, cli_test, loading
from agentkit.cli import commands
from agentkit.cli_junit import junit
from agentkit.cli_suite import Played, Suite, play, played
from tests.apart import apart
from tests.deadlines import LONG

SHOP = """
import os
import time
from agentkit import AgentBase
from agentkit.context import Call
from agentkit.recorder import Recorder
from prices import PRICES

agent = AgentBase("shop", basic_auth=("u", "p"), state="sqlite:///calls.db")
agent.prompt_add_section("Role", "You sell tea.")
orders = []

@agent.tool
async def order(call: Call, tea: str) -> str:
    '''Order tea.

    Args:
        tea: Its name.
    '''
    print("ordering", tea)
    orders.append(tea)
    await call.state.update({"tea": tea})
    return f"order {len(orders)} of {tea} for {PRICES[tea]}"

@agent.tool
def die() -> str:
    '''End the process.'''
    os._exit(3)

@agent.tool
def sleep() -> str:
    '''Take long.'''
    time.sleep(30)
    return ""

app = Recorder(agent, "calls")
"""
ORDERS = """
title: {title}
agent: ../shop.py{name}
steps:
  - say: Assam, please.
    uses: [order: {{tea: Assam}}]
  - expect:
      tool: {{name: order, answered: order {number} of Assam for 7}}
"""
CALLS = "agent: ../shop.py\nsteps:\n  - say: x\n    uses: [{name}]\n"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("shop.py", SHOP)
    write("prices.py", "PRICES = {'Assam': 7}")


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def orders(name: str, title: str = "Orders", number: int = 1, agent: str = "") -> None:
    write(f"scenarios/{name}.yaml", ORDERS.format(title=title, number=number, name=agent))


def run(*arguments: str) -> Result:
    return apart(CliRunner().invoke, commands, ["test", *arguments])


def without_time(text: str) -> str:
    return re.sub(r"\d+\.\d\d s\n", "‥ s\n", text)


def test_scenarios_that_pass_are_told_in_a_line_each() -> None:
    for name in ("b", "a", "c"):
        orders(name, f"Orders {name}")
    orders("d", "d", agent=":app")
    done = run("scenarios")
    assert (done.exit_code, done.stderr) == (0, "")
    assert without_time(done.stdout) == (
        "passed  scenarios/a.yaml  Orders a\n"
        "passed  scenarios/b.yaml  Orders b\n"
        "passed  scenarios/c.yaml  Orders c\n"
        "passed  scenarios/d.yaml\n"
        "\n4 passed in ‥ s\n"
    )
    assert not Path("calls.db").exists()
    assert not Path("calls").exists()


def test_each_scenario_has_an_agent_of_its_own() -> None:
    modules, path = set(sys.modules), [*sys.path]
    for name in ("a", "b"):
        orders(name, number=1)  # neither sees the order of the other
    assert run("scenarios", "-j", "1").exit_code == 0
    assert {"shop", "prices"}.isdisjoint(set(sys.modules) - modules)
    assert sys.path == path


def test_a_failure_is_told_with_the_call_and_what_was_printed() -> None:
    orders("a", "Fails", number=2)
    done = run("scenarios/a.yaml")
    assert done.exit_code == 1
    assert "\nfailed: scenarios/a.yaml  Fails\nscenarios/a.yaml:8: steps[1].expect" in done.stdout
    assert done.stdout.count('order(tea="Assam")') == 2
    assert "\nprinted:\n  ordering Assam\n" in done.stdout
    assert without_time(done.stdout).endswith("\n1 failed in ‥ s\n")


def test_what_cannot_be_played_is_broken() -> None:
    orders("good")
    write("scenarios/form.yaml", "steps: 7\n")
    write("scenarios/agent.yaml", "agent: nowhere.py\n")
    write("scenarios/none.yaml", "title: No agent\n")
    write("raises.py", "1 / 0\n")
    write("scenarios/raises.yaml", "agent: ../raises.py\n")
    done = run("scenarios")
    assert done.exit_code == 2
    assert "scenarios/form.yaml:1: steps: expected a list" in done.stdout
    assert "scenarios/agent.yaml:1: agent: DefinitionError: there is no file" in done.stdout
    assert "scenarios/none.yaml:1: agent is missing" in done.stdout
    assert "agent: ZeroDivisionError" in done.stdout
    assert "1 passed, 4 broken in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no scenario in nowhere"),
        ([], "there is no scenario in ."),
        (["scenarios", "-k", "zebra", "-k", "lion"], "no scenario has zebra or lion in its path"),
    ],
)
def test_finding_nothing_ends_with_two(arguments: list[str], message: str) -> None:
    if arguments[1:]:
        orders("a")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_words_choose_scenarios_by_path_and_title() -> None:
    orders("a", "Refunds")
    orders("refund", "b")
    orders("c", "c")
    write("scenarios/broken.yaml", "steps: 7\n")
    done = run("scenarios", "-k", "REFUND")
    assert [line.split()[1] for line in done.stdout.splitlines()[:2]] == [
        "scenarios/a.yaml",
        "scenarios/refund.yaml",
    ]
    assert "2 passed" in done.stdout


def test_the_first_failure_may_end_the_run() -> None:
    orders("a")
    orders("b", number=2)
    orders("c")
    done = run("scenarios", "-x")
    assert done.exit_code == 1
    assert "1 passed, 1 failed, 1 not played in" in done.stdout
    assert "c.yaml" not in done.stdout


def test_reports_are_written_for_programs() -> None:
    orders("a", "Good & <b>")
    orders("b", number=2)
    write("scenarios/c.yaml", "steps: 7\n")
    run("scenarios", "--junit", "report.xml", "--json", "report.json")
    root = ET.parse("report.xml").getroot()
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    good, failed, broken = root.iter("testcase")
    assert (good.get("name"), good.get("classname")) == ("Good & <b>", "scenarios.a")
    assert (
        "expected"
        in str(
            failed.find("failure"),
        )
        or failed.find("failure") is not None
    )
    assert (failed.findtext("failure") or "").startswith("scenarios/b.yaml:8")
    assert (failed.findtext("system-out") or "") == "ordering Assam\n"
    assert (broken.find("error") is not None, broken.find("system-out")) == (True, None)
    told = _json.decode(Path("report.json").read_bytes())
    assert [each["status"] for each in told["scenarios"]] == ["passed", "failed", "broken"]


def test_the_transcript_stands_in_the_report_when_the_message_lacks_it() -> None:
    each = Played("a.yaml", "a \x07", "broken", "gone", "0.00 call\n", 1.0)
    assert 'name="a \ufffd"'.encode() in junit([each], 1.0)
    assert b"<system-out>0.00 call\n</system-out>" in junit([each], 1.0)
    assert "the call:\n  0.00 call\n" in CliRunner().invoke(_telling(each)).output


def _telling(each: Played) -> Any:
    return click.command()(lambda: cli_test._tell_failures([each]))


def test_nothing_in_a_scenario_can_write_to_the_terminal() -> None:
    orders("a", '"\\e[2J"', number=2)
    write("shop.py", SHOP.replace('"ordering", tea', '"\x1b[2Jordering"'))
    shown = run("scenarios").stdout
    assert "\x1b[2J" not in shown
    assert shown.count("\\u001b[2J") == 3


def test_a_scenario_that_takes_too_long_is_broken() -> None:
    write("scenarios/slow.yaml", CALLS.format(name="sleep"))
    is_too_long(run_here("scenarios", "--timeout", "0.5"))


def test_an_agent_that_takes_too_long_to_load_is_broken() -> None:
    write("shop.py", "import time\ntime.sleep(30)\n")
    write("scenarios/slow.yaml", CALLS.format(name="order"))
    is_too_long(run_here("scenarios", "--timeout", "0.5"))


def run_here(*arguments: str) -> Result:
    """Run the command in this thread: only the first one has alarms."""
    return CliRunner().invoke(commands, ["test", *arguments])


def is_too_long(done: Result) -> None:
    assert done.exit_code == 2
    assert "scenarios/slow.yaml: it has not ended within 0.5 seconds" in done.stdout


def test_after_a_scenario_alarms_are_what_they_were() -> None:
    orders("a")
    before = alarm()
    assert (run_here("scenarios").exit_code, alarm()) == (0, before)


def alarm() -> tuple[object, bool]:
    """Return who hears alarms, and whether one is set."""
    return signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0


def test_in_another_thread_there_is_no_limit() -> None:
    orders("a")
    done = list[Played]()
    thread = Thread(target=lambda: done.append(play(Path("scenarios/a.yaml"), Suite())))
    thread.start()
    thread.join(LONG)
    assert done[0].status == "passed"


def test_the_stores_of_agents_may_be_used() -> None:
    orders("a")
    run("scenarios", "--keep-state")
    assert Path("calls.db").exists()


def test_an_agent_that_remembers_calls_sees_another_one_each_time() -> None:
    write("scenarios/url.yaml", "agent: http://127.0.0.1:9\n")
    write("scenarios/seed.yaml", "agent: http://127.0.0.1:9\nseed: 7\n")
    write("scenarios/own.yaml", "agent: ../shop.py\nseed: 7\n")
    write("scenarios/other.yaml", "agent: ../shop.py\n")

    def options(name: str, **suite: Any) -> dict[str, Any]:
        return cli_suite._prepared(Path(f"scenarios/{name}.yaml"), Suite(**suite))[1]

    assert options("url") != options("url")
    assert options("seed", auth=("u", "p")) == {"auth": ("u", "p")}
    assert options("own") == {}
    assert options("other") == {"seed": "scenarios/other.yaml"}
    assert options("other", keep_state=True) != options("other", keep_state=True)


def test_agents_at_urls_get_the_credentials_of_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Suite] = []

    def noted(files: list[Path], suite: Suite) -> list[Played]:
        seen.append(suite)
        return [Played(str(file), "", "passed") for file in files]

    monkeypatch.setattr(cli_suite, "played", noted)
    orders("a")
    for auth in ("user:pass:word", "user"):
        run("scenarios", "--auth", auth)
    assert [suite.auth for suite in seen] == [("user", "pass:word"), None]


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_several_processes_play_them_and_survive_one_that_dies() -> None:
    for name in ("a", "b", "c"):
        orders(name)
    write("scenarios/dies.yaml", CALLS.format(name="die"))
    done = run("scenarios", "-j", "2")
    assert done.exit_code == 2
    assert "broken  scenarios/dies.yaml" in done.stdout
    assert "scenarios/dies.yaml: its process died" in done.stdout
    assert "3 passed, 1 broken in" in done.stdout


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_processes_end_with_the_first_failure() -> None:
    orders("a", number=2)
    orders("b", number=2)
    done = list(played([Path("scenarios/a.yaml"), Path("scenarios/b.yaml")], Suite(2, stop=True)))
    assert [each.status for each in done] == ["failed"]


def test_only_what_lies_beside_the_scenario_is_forgotten() -> None:
    homes = (Path.cwd(),)
    assert not loading._lies_in("sys", homes)
    assert not loading._lies_in("pytest", homes)
    assert not loading._lies_in("agentkit", homes)


@pytest.mark.timeout(120)  # processes begin, on a machine that may be busy
def test_a_terminal_has_a_bar() -> None:
    orders("a")
    orders("b", number=2)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "agentkit", "test", "scenarios", "-j", "1"]
    environ = {**os.environ, "TERM": "xterm-256color"}
    running = subprocess.Popen(command, stdout=slave, stdin=slave, stderr=slave, env=environ)
    os.close(slave)
    text = read_all(master)
    assert running.wait(50) == 1
    assert "2/2" in text  # the bar
    assert "\u2501" not in text.partition("failed:")[2]  # it is not among what was printed
    assert "\x1b[" in text
    assert "1 passed, 1 failed in" in text


def test_the_bar_counts_what_has_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with cli_test._telling([Path("a.yaml"), Path("b.yaml")]) as tell:
        tell(Played("a.yaml", "a", "passed"))
        tell(Played("b.yaml", "b", "failed"))


def read_all(master: int) -> str:
    found = BytesIO()
    closed = suppress(OSError)  # Linux says so when the other side is closed
    with os.fdopen(master, "rb", buffering=0) as terminal, closed:
        shutil.copyfileobj(terminal, found)
    return found.getvalue().decode("utf-8", "replace")


def test_help_has_examples() -> None:
    assert "agentkit test scenarios -k refund" in run("--help").output
