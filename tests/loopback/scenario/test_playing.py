"""Scenarios are played."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster

from agentkit.loopback import Moment, Result, Thought, run_scenario
from agentkit.loopback.scenario import playing
from tests.loopback.shops import plain_shop as shop
from tests.loopback.shops import script

WHOLE = """\
title: Tea for two
agent: corner_shop:agent
url: /shop
caller: "+12025550199"
called: "+12025550111"
headers: {X-Trunk: a}
vars: {customer: Robin}
envs: {season: winter}
seed: 7
mocks:
  leave: {response: Goodbye., actions: [{hangup: true}], delay_seconds: 2}
outcomes: {connect: failed}
greeting: Welcome.
summary: {tea: Assam}
steps:
  - say: Two packs of Assam, please
    uses:
      - order: {tea: Assam, packs: 2}
  - expect:
      tool: {name: order, args: {packs: 2}, times: 1, answered: ordered 2, action: set_global_data}
      state: {tea: Assam}
      said: {text: ORDERED, by: agent}
      action: {name: set_global_data, value: {tea: Assam}}
      verb: answer
      no_tool: leave
  - expect:
      - said: Welcome.
      - said: /^Ordered \\d of/
      - tool: order
      - tool: {name: leave, times: 0}
      - action: set_global_data
      - verb: {name: ai}
  - wait: 2.5
  - press: "1"
    answers: You pressed one.
  - say: Goodbye
    uses: [leave]
  - expect: {ended: agent, summary: {tea: Assam}}
  - expect: [{ended: true}, {summary: true}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = (
        "from tests.loopback.shops import plain_shop as shop\nagent = shop()\nprint_me = None\n"
    )
    (tmp_path / "corner_shop.py").write_text(module, "utf-8")
    (tmp_path / "corner_ruin.py").write_text("raise KeyError('closed')\n", "utf-8")
    for name in ("corner_shop", "corner_ruin"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def played(folder: Path, text: str, **options: Any) -> Result:
    file = folder / "call.yaml"
    file.write_text(text, "utf-8")
    return run_scenario(file, **options)


def test_a_whole_scenario_passes(folder: Path) -> None:
    heard: list[Moment] = []
    result = played(folder, WHOLE, listen=heard.append)
    assert (result.message, result.status, result.passed) == ("", "passed", True)
    assert (result.title, result.path) == ("Tea for two", folder / "call.yaml")
    assert heard == result.moments
    assert result.transcript.startswith("    0.00  call      started +12025550199 → +12025550111")
    assert result.transcript.endswith("ended by the agent\n")


def test_the_same_scenario_gives_the_same_transcript(folder: Path) -> None:
    first = played(folder, WHOLE)
    del sys.modules["corner_shop"]
    assert played(folder, WHOLE).transcript == first.transcript


def test_a_scenario_may_be_played_against_another_agent(folder: Path) -> None:
    text = "steps: [{say: order tea Assam}, {expect: {tool: order}}]"
    result = played(folder, text, agent=shop())
    assert (result.title, result.message) == ("call", "")
    result = played(folder, "steps: [{hang_up: true}, {expect: {ended: caller}}]", agent=shop())
    assert result.passed
    result = played(folder, "summary: Bye.\nsteps: []", agent=shop(), caller="+12025550177")
    assert "started +12025550177" in result.transcript
    assert 'summary "Bye."' in result.transcript


def test_a_scenario_may_expect_verbs_steps_and_messages(folder: Path) -> None:
    sms = {"send_sms": {"to_number": "+1202", "from_number": "+1203", "body": "Hi"}}
    text = "steps:\n- expect: {sms: {body: Hi}, ended: document, verb: {name: send_sms}}"
    assert played(folder, text, agent=script(sms)).passed
    contexts = {
        "default": {"steps": [{"name": "ask", "text": "Ask."}, {"name": "end", "text": "End."}]}
    }
    ai = {"ai": {"prompt": {"text": "You sell tea.", "contexts": contexts}}}
    text = "steps:\n- expect: {step: ask, context: default, no_tool: true}"
    assert played(folder, text, agent=script(ai)).message == ""
    text = "summary: none\nsteps:\n- hang_up: true\n- expect: {summary: /^no/}"
    assert played(folder, text, agent=shop()).passed


FAILS = [
    ("steps:\n- say: x\n  uses: [nothing]", "call.yaml:2: steps[0]: the model cannot call"),
    ("steps:\n- say: x\n- expect:\n    step: a", "call.yaml:4: steps[1].expect.step: expected the"),
    ("steps:\n- expect:\n  - said: /no/", "call.yaml:3: steps[0].expect[0].said: expected"),
]


@pytest.mark.parametrize(("text", "message"), FAILS)
def test_a_failure_tells_file_line_place_and_the_call(
    folder: Path, text: str, message: str
) -> None:
    result = played(folder, text, agent=shop())
    assert result.status == "failed"
    assert not result.passed
    assert message in result.message
    assert "the call so far:" in result.message
    assert "agent     Hello." in result.transcript


def test_a_failure_after_the_steps_belongs_to_the_file(folder: Path) -> None:
    result = played(folder, "greeting: x\nsteps: []", agent=shop(waits=True))
    assert re.search(r"call.yaml:1: greeting: the model is not asked here", result.message)


BROKEN = [
    ("titel: x", None, "call.yaml:1: titel: there is no titel here"),
    ("title: x", None, "call.yaml:1: agent: ScenarioError"),
    ("agent: nowhere_at_all", None, "call.yaml:1: agent: DefinitionError: there is no module"),
    ("title: x\nagent: corner_ruin", None, "call.yaml:2: agent: KeyError: 'closed'"),
    ("title: x", 5, "call.yaml:1: DefinitionError: a int cannot be called"),
    ("mocks: {order: {}}", shop, "call.yaml:1: mocks.order: DefinitionError: a mock of order has"),
]


@pytest.mark.parametrize(("text", "agent", "message"), BROKEN)
def test_what_cannot_be_played_is_broken(folder: Path, text: str, agent: Any, message: str) -> None:
    result = played(folder, text, agent=agent() if agent is shop else agent)
    assert result.status == "broken"
    assert message in result.message


@pytest.fixture
def unreachable(folder: Path, no_blocking: BlockBuster) -> Result:
    no_blocking.deactivate()  # the client reads its version and certificates when first used
    return played(folder, "agent: http://127.0.0.1:1/shop")


def test_a_server_is_named_by_its_url(unreachable: Result) -> None:
    assert unreachable.status == "failed", unreachable.message
    assert "no document came from" in unreachable.message


def test_the_line_may_fail_and_the_agent_start_anew(folder: Path, no_blocking: BlockBuster) -> None:
    no_blocking.deactivate()  # the module is read while the call waits for it
    text = (
        "agent: corner_shop.py:agent\nfaults: [restart, duplicate]\nsteps:\n- say: order Assam tea"
    )
    result = played(folder, text)
    assert result.message == ""
    assert "fault     restart" in result.transcript
    assert "Ordered 1 of Assam" in result.transcript
    result = played(folder, "faults: gremlins", agent=shop())
    assert (result.status, "no fault 'gremlins'" in result.message) == ("failed", True)


def test_a_mock_may_fail(folder: Path) -> None:
    text = "mocks: {leave: {fails: true}}\nsteps: [{say: bye, uses: [leave]}]"
    result = played(folder, text, agent=shop())
    assert result.passed
    assert result.transcript.count("reply     500") == 4


def test_a_model_may_think_talk_and_judge(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        async def think(self, view: Any) -> Thought:
            return Thought("I am a model.")

        async def summarize(self, view: Any, prompt: str) -> None:
            return None

    class Caller:
        def __init__(self, description: str, *, goal: str) -> None:
            self.words = [f"{description} {goal}", None]

        async def next(self, moments: Any) -> str | None:
            return self.words.pop(0)

    asked: list[str] = []

    class Judge:
        async def ask(self, question: str, moments: Any) -> Any:
            from agentkit.loopback import Verdict

            asked.append(question)
            return Verdict(True, "It was.")

    monkeypatch.setattr(playing, "ModelBrain", Model)
    monkeypatch.setattr(playing, "Persona", Caller)
    monkeypatch.setattr(playing, "Judge", Judge)
    steps = "steps: [{expect: {judged: 'Was it nice?'}}]"
    text = f"brain: model\n{steps}\npersona: {{description: Robin}}"
    result = played(folder, text, agent=shop())
    assert (result.message, asked) == ("", ["Was it nice?"])
    assert "agent     I am a model." in result.transcript
    assert "caller    Robin" in result.transcript
