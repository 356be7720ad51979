"""Plays scenarios."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

from msgspec import Struct

from agentkit.errors import AgentKitError
from agentkit.loopback.agents import found, loaded, reloaded
from agentkit.loopback.brains.model import Judge, ModelBrain, Persona
from agentkit.loopback.call import Call
from agentkit.loopback.errors import CallError
from agentkit.loopback.factory import Loopback
from agentkit.loopback.matching import Wanted
from agentkit.loopback.options import CallOptions
from agentkit.loopback.scenario import forms
from agentkit.loopback.scenario.forms import Action, Expect, Mock, Said, Scenario, Step, Tool, Verb
from agentkit.loopback.scenario.loading import read_scenario
from agentkit.loopback.scenario.reading import Place, Written, shown_place
from agentkit.loopback.trace import Moment
from agentkit.loopback.transcript import render

Status = Literal["passed", "failed", "broken"]


class Result(Struct, frozen=True):
    """What came of a scenario.

    Attributes:
        path: its file.
        title: what it is about.
        status: "passed"; "failed" when something was not as expected; "broken" when it could not
            be played: the file is wrong, the agent cannot be loaded, a model cannot be asked.
        message: why it has not passed; it begins with file, line and place.
        transcript: the call as far as it went.
        moments: everything that happened.
    """

    path: Path
    title: str
    status: Status
    message: str = ""
    transcript: str = ""
    moments: list[Moment] = []

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.status == "passed"


def run_scenario(
    path: Path | str,
    *,
    agent: object = None,
    listen: Callable[[Moment], None] | None = None,
    **options: Any,
) -> Result:
    """Play the scenario in a file and tell what came of it.

    Args:
        path: the file.
        agent: who is called, in place of the agent that the file names.
        listen: is told of each moment as it happens.
        options: what a file cannot say, or shall not, see `CallOptions`.
    """
    file = Path(path)
    try:
        scenario, written = read_scenario(file)
    except AgentKitError as error:
        return Result(file, file.stem, "broken", str(error))
    title = scenario.title or file.stem
    try:
        called = _agent(scenario, written, options) if agent is None else agent
    except Exception as error:  # noqa: BLE001 - whatever a module raises when it is loaded
        told = f"{_at(written, ('agent',))}: {type(error).__name__}: {error}"
        return Result(file, title, "broken", told)
    return _Playing(scenario, written, listen).result(title, called, options)


class _Playing:
    """One scenario while it is played."""

    def __init__(
        self, scenario: Scenario, written: Written, listen: Callable[[Moment], None] | None
    ) -> None:
        self._scenario = scenario
        self._written = written
        self._listen = listen
        self._place: Place = ()

    def result(self, title: str, agent: object, options: dict[str, Any]) -> Result:
        moments: list[Moment] = []
        status: Status = "passed"
        message = ""
        try:
            with Loopback() as loopback:
                call = loopback.call(agent, **self._options(options))
                moments = call.moments
                self._play(call)
        except CallError as error:
            status, message = "failed", self._told(str(error))
        except Exception as error:  # noqa: BLE001 - of the agent's startup, of a model, of a mock
            status, message = "broken", self._told(f"{type(error).__name__}: {error}")
        file = self._written.file
        return Result(file, title, status, message, render(moments), moments)

    def _told(self, message: str) -> str:
        return f"{_at(self._written, self._place)}: {message}"

    def _options(self, given: dict[str, Any]) -> CallOptions:
        scenario = self._scenario
        said = {
            name: value
            for name in ("url", "caller", "called", "headers", "vars", "envs", "seed", "faults")
            if (value := getattr(scenario, name)) not in (None, [], {})
        }
        if scenario.summary is not None:
            said["summary"] = scenario.summary
        if scenario.brain == "model":
            said["brain"] = ModelBrain()
        return cast("CallOptions", {**said, **given})

    def _play(self, call: Call) -> None:
        scenario = self._scenario
        if self._listen is not None:
            call.trace.listen(self._listen)
        for name, mock in scenario.mocks.items():
            self._place = ("mocks", name)
            _mock(call, name, mock)
        for verb, outcome in scenario.outcomes.items():
            call.outcome(verb, outcome)
        self._place = ("greeting",) if scenario.greeting else ()
        turn = call.start()
        if scenario.greeting is not None:
            turn.answers(scenario.greeting)
        call.settle()
        for at, step in enumerate(scenario.steps):
            self._place = ("steps", at)
            self._step(call, step)
        if scenario.persona is not None:
            self._place = ("persona",)
            _converse(call, scenario.persona)
        self._place = ()
        call.finish()

    def _step(self, call: Call, step: Step) -> None:
        if step.say is not None:
            _write(call.say(step.say), step)
        elif step.press is not None:
            _write(call.press(step.press), step)
        elif step.wait is not None:
            call.pass_time(step.wait)
        elif step.hang_up:
            call.hang_up()
        else:
            listed = step.expect if isinstance(step.expect, list) else [step.expect]
            for at, expected in enumerate(listed):
                inner = (at,) if isinstance(step.expect, list) else ()
                self._expect(call, expected or Expect(), (*self._place, "expect", *inner))
        call.settle()  # what fails in a turn belongs to its step

    def _expect(self, call: Call, expected: Expect, place: Place) -> None:
        for name, check in _CHECKS.items():
            wanted = getattr(expected, name)
            if wanted is not None:
                self._place = (*place, name)
                check(call, wanted)


def _agent(scenario: Scenario, written: Written, options: dict[str, Any]) -> object:
    """Return the agent that a file names, and see to it that it can be loaded anew."""
    name, folder = scenario.agent, written.file.parent
    if name is None:
        raise written.error("agent is missing", ())
    if "://" in name:
        return name
    options.setdefault("restart", lambda: found(reloaded(name, folder)).target)
    return loaded(name, folder)


def _at(written: Written, place: Place) -> str:
    error = written.error("", place)
    path = shown_place(place)
    return f"{written.file}:{error.line_number}" + (f": {path}" if path else "")


def _write(turn: Any, step: Step) -> None:
    for use in step.uses:
        name, arguments = (use, {}) if isinstance(use, str) else next(iter(use.items()))
        turn.uses(name, arguments)
    if step.answers is not None:
        turn.answers(step.answers)


def _mock(call: Call, name: str, mock: Mock) -> None:
    if mock.fails:
        call.mock(name, _fail, delay_seconds=mock.delay_seconds)
        return
    call.mock(
        name,
        response=mock.response,
        actions=mock.actions,
        delay_seconds=mock.delay_seconds,
    )


def _fail(**arguments: object) -> None:
    raise RuntimeError("the scenario lets it fail")


def _converse(call: Call, played: forms.Persona) -> None:
    call.converse(Persona(played.description, goal=played.goal), turns=played.turns)


def _wanted(text: str) -> Wanted:
    """Return a text, or a pattern when it stands between slashes."""
    is_pattern = len(text) > 2 and text[0] == text[-1] == "/"  # noqa: PLR2004 - two slashes
    return re.compile(text[1:-1]) if is_pattern else text


def _expect_tool(call: Call, wanted: str | Tool) -> None:
    tool = Tool(wanted) if isinstance(wanted, str) else wanted
    if tool.times == 0 and not tool.args:
        call.expect_no_tool(tool.name)
        return
    found = call.expect_tool(tool.name)
    if tool.args:
        found.with_args(**tool.args)
    if tool.answered is not None:
        found.answered(_wanted(tool.answered))
    if tool.action is not None:
        found.with_action(tool.action)
    if tool.times is not None:
        found.times(tool.times)


def _expect_said(call: Call, wanted: str | Said) -> None:
    said = Said(wanted) if isinstance(wanted, str) else wanted
    call.expect_said(_wanted(said.text), exact=said.exact, by=said.by)


def _expect_action(call: Call, wanted: str | Action) -> None:
    action = Action(wanted) if isinstance(wanted, str) else wanted
    call.expect_action(action.name, action.value)


def _expect_verb(call: Call, wanted: str | Verb) -> None:
    verb = Verb(wanted) if isinstance(wanted, str) else wanted
    call.expect_verb(verb.name, **verb.fields)


def _expect_summary(call: Call, wanted: Any) -> None:
    if isinstance(wanted, dict):
        call.expect_summary(**wanted)
    else:
        call.expect_summary(_wanted(wanted) if isinstance(wanted, str) else None)


_CHECKS: dict[str, Callable[[Call, Any], object]] = {
    "tool": _expect_tool,
    "no_tool": lambda call, wanted: call.expect_no_tool(None if wanted is True else wanted),
    "state": lambda call, wanted: call.expect_state(**wanted),
    "step": lambda call, wanted: call.expect_step(wanted),
    "context": lambda call, wanted: call.expect_context(wanted),
    "said": _expect_said,
    "action": _expect_action,
    "verb": _expect_verb,
    "sms": lambda call, wanted: call.expect_sms(**wanted),
    "summary": _expect_summary,
    "ended": lambda call, wanted: call.expect_ended(None if wanted is True else wanted),
    "judged": lambda call, wanted: call.expect_judged(wanted, Judge()),
}
