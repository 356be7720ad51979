"""The fixtures, the marker and the option of the pytest plugin."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HEAD = "from tests.loopback.shops import plain_shop as shop\nagent = shop()\n"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.syspath_prepend(ROOT)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    return pytester


def played(run: pytest.Pytester, test: str, *options: str, head: str = HEAD) -> pytest.RunResult:
    run.makepyfile(test_tea=head + test)
    return run.runpytest_inprocess("-p", "agentkit_pytest", "-p", "no:cacheprovider", *options)


def test_a_test_plays_a_call(run: pytest.Pytester) -> None:
    test = """
def test_tea(call, loopback):
    call.start()
    call.say("Two packs").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").once()
    assert call.clock is loopback.clock
    other = loopback.call(agent, caller="+12025550199")
    other.start()
    assert call.call_id != other.call_id
"""
    played(run, test).assert_outcomes(passed=1)


def test_an_asynchronous_test_awaits_its_call(run: pytest.Pytester) -> None:
    test = """
async def test_tea(call):
    await call.start()
    await call.say("Two packs").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").once()
"""
    played(run, test).assert_outcomes(passed=1)


@pytest.mark.parametrize("ci", ["", "true"], ids=["at a desk", "in CI"])
def test_a_failure_shows_the_call_once_and_no_inner_frames(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)  # where pytest's summary repeats errors whole
    test = """
def test_tea(call):
    call.start()
    call.say("Two packs").uses("order", tea="Assam", packs=2)
    call.expect_tool("order").with_args(packs=3)
"""
    result = played(run, test)
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert "expected a call of order(packs=3)" in shown
    assert "packs: expected 3, is 2" in shown
    assert "agent     Ordered 2 of Assam." in shown
    assert "expect.py" not in shown
    assert shown.count("the call so far") == 1
    assert "- the call -" not in shown


def test_a_turn_that_fails_shows_the_line_of_the_test(run: pytest.Pytester) -> None:
    test = """
def test_tea(call):
    call.start()
    call.say("Two packs").uses("ordr")
    call.hang_up()
"""
    result = played(run, test)
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert ">       call.hang_up()" in shown
    assert "cannot call 'ordr' now" in shown
    assert "runners.py" not in shown
    assert "turn.py" not in shown


def test_the_last_turn_fails_the_test_that_wrote_it(run: pytest.Pytester) -> None:
    test = """
def test_tea(call):
    call.start()
    call.say("Two packs").uses("ordr")
"""
    result = played(run, test)
    result.assert_outcomes(passed=1, errors=1)
    assert "cannot call 'ordr' now" in result.stdout.str()


def test_a_plain_assertion_shows_the_calls_too(run: pytest.Pytester) -> None:
    test = """
def test_one(call):
    call.start()
    call.say("Two packs").uses("ordr")
    assert False

def test_two(loopback):
    loopback.call(agent).start().answers("First.")
    loopback.call(agent).start().answers("Second.")
    assert False
"""
    result = played(run, test)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*- the call -*", "*started*", "*- call 1 -*", "*started*", "*- call 2 -*", "*started*"]
    )


def test_the_marker_has_settings_of_calls(run: pytest.Pytester) -> None:
    test = """
import pytest
pytestmark = pytest.mark.loopback(caller="+12025550111", url="/shop")

@pytest.mark.loopback(caller="+12025550199")
def test_tea(call):
    assert call.call_object["from"] == "+12025550199"

def test_more(loopback):
    assert loopback.call(agent).call_object["from"] == "+12025550111"
"""
    played(run, test).assert_outcomes(passed=2)


WRONG = [
    ("callr=1", "the marker loopback has no callr, but agent, url, caller"),
    ("'+12025550199'", "the marker loopback takes names only"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG)
def test_a_marker_that_is_wrong_is_told(run: pytest.Pytester, settings: str, message: str) -> None:
    mark = f"import pytest\n@pytest.mark.loopback({settings})\n"
    result = played(run, f"{mark}def test_tea(call): ...\n")
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_the_agent_is_a_fixture_or_named_by_the_marker(run: pytest.Pytester) -> None:
    test = """
import pytest
from tests.loopback.shops import plain_shop as shop

@pytest.fixture
def agent():
    return shop(waits=True)

def test_a_fixture(call):
    call.start()
    assert "agent" not in {moment.kind for moment in call.moments}

@pytest.mark.loopback(agent=shop())
def test_a_marker(call):
    call.start()
    call.expect_said("Hello")
"""
    played(run, test, head="").assert_outcomes(passed=2)


def test_a_test_without_an_agent_is_told_how_to_have_one(run: pytest.Pytester) -> None:
    result = played(run, "def test_tea(call): ...\n", head="")
    result.assert_outcomes(errors=1)
    assert "the fixture call needs an agent: a fixture or variable named agent" in (
        result.stdout.str()
    )


def test_transcripts_are_kept_beside_the_test(run: pytest.Pytester) -> None:
    test = """
def test_tea(call):
    call.start().answers("Welcome.")
    call.say(f"This is call {call.call_id}.").answers("It is.")  # another one in each run
    call.expect_transcript()
    call.hang_up()
    call.expect_transcript("whole")
"""
    result = played(run, test)
    result.assert_outcomes(failed=1)
    assert "no transcript is kept in" in result.stdout.str()
    played(run, test, "--loopback-update").assert_outcomes(passed=1)
    names = sorted(file.name for file in (run.path / "transcripts").iterdir())
    assert names == ["test_tea.test_tea.txt", "test_tea.test_tea.whole.txt"]
    played(run, test).assert_outcomes(passed=1)
    result = played(run, test.replace("Welcome.", "Hello."))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*-*agent     Welcome.", "*+*agent     Hello."])


def test_a_run_without_calls_does_not_load_the_package(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\ndef test_x():\n    assert 'agentkit' not in sys.modules\n", "utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "agentkit_pytest", "test_nothing.py"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
