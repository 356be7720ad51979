"""The example of a tested agent, and the pages that show it."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml

from agentkit.loopback import (
    CallError,
    CallOptions,
    Loopback,
    Scenario,
    find_scenarios,
    run_scenario,
)
from agentkit.loopback.scenario.forms import Expect, Step
from agentkit.loopback.script.modelled import as_markdown
from agentkit.loopback.trace import Kind

ROOT = Path(__file__).parents[2]
TESTING, LOOPBACK = ROOT / "docs" / "testing.md", ROOT / "docs" / "loopback.md"
FOLDER = ROOT / "examples" / "restaurant"


def test_its_tests_pass(private_home: Path) -> None:
    command = [sys.executable, "-m", "pytest", str(FOLDER), "-p", "no:cacheprovider"]
    environment = {**os.environ, "AGENTKIT_HOME": str(private_home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "........" in done.stdout


@pytest.mark.parametrize("file", find_scenarios(FOLDER / "scenarios"), ids=lambda file: file.stem)
def test_its_scenarios_pass(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "restaurant", raising=False)
    assert run_scenario(file).message == ""


def test_ci_runs_both() -> None:
    steps = yaml.safe_load((FOLDER / "ci.yaml").read_text("utf-8"))["jobs"]["calls"]["steps"]
    commands = [step["run"].split()[0:2] for step in steps if "run" in step]
    assert commands == [["pip", "install"], ["pytest", "--junitxml"], ["agentkit", "test"]]


def test_yaml_in_the_pages_is_in_the_example() -> None:
    blocks = re.findall(
        r"^```yaml\n(.*?)^```$", TESTING.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    files = [file.read_text("utf-8") for file in FOLDER.rglob("*.yaml")]
    assert blocks
    assert [block for block in blocks if not any(block in file for file in files)] == []


def test_the_page_says_what_of_each_verb_happens() -> None:
    assert LOOPBACK.read_text("utf-8").endswith(f"happens\n\n{as_markdown()}")


def test_the_page_has_every_option_field_and_kind() -> None:
    page = LOOPBACK.read_text("utf-8")
    named = [
        *CallOptions.__annotations__,
        *(field for form in (Scenario, Step, Expect) for field in form.__struct_fields__),
        *get_args(Kind),
    ]
    assert [name for name in named if not re.search(rf"`{re.escape(name)}[`:]", page)] == []


def test_the_page_shows_what_a_failure_shows(loopback: Loopback) -> None:
    agent = runpy.run_path(str(ROOT / "examples" / "simple_agent.py"))["agent"]
    call = loopback.call(agent)
    call.start()
    call.say("Where is my order A-17?").uses("order_status", order="A-17")
    with pytest.raises(CallError) as failed:
        call.expect_tool("order_status").with_args(order="A-18")
    told = f"CallError: {failed.value}".splitlines()
    page = TESTING.read_text("utf-8")
    assert "".join(f"E   {line}".rstrip() + "\n" for line in told) in page
