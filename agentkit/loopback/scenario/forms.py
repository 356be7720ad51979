"""What a scenario may say; docs/loopback.md describes it for people."""

from typing import Any, Literal

from msgspec import Struct

Data = dict[str, Any]


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    """Refuses fields that it does not have."""


class Mock(_Form, frozen=True):
    """How a function is answered.

    Attributes:
        response: the answer's text.
        actions: its actions.
        delay_seconds: how long it takes on the call's clock.
        fails: whether the server fails instead.
    """

    response: str | None = None
    actions: list[Data] = []
    delay_seconds: float = 0.0
    fails: bool = False


class Tool(_Form, frozen=True):
    """A function that was called.

    Attributes:
        name: the function.
        args: arguments among those of the call.
        times: how many such calls there were; any number when it is left out.
        answered: a text in the answer.
        action: the name of an action in the answer.
    """

    name: str
    args: Data = {}
    times: int | None = None
    answered: str | None = None
    action: str | None = None


class Said(_Form, frozen=True):
    """Something that was said."""

    text: str
    exact: bool = False
    by: Literal["agent", "platform", "caller"] | None = None


class Action(_Form, frozen=True):
    """An action that took effect; without a value, any."""

    name: str
    value: Any = ...


class Verb(_Form, frozen=True):
    """A verb that was performed, with fields among its own."""

    name: str
    fields: Data = {}


class Expect(_Form, frozen=True):
    """What a test expects at a point of the call; every field that is there must hold."""

    tool: str | Tool | None = None
    no_tool: str | Literal[True] | None = None
    state: Data | None = None
    step: str | None = None
    context: str | None = None
    said: str | Said | None = None
    action: str | Action | None = None
    verb: str | Verb | None = None
    sms: Data | None = None
    summary: str | Data | Literal[True] | None = None
    ended: Literal["caller", "agent", "document", True] | None = None
    judged: str | None = None


class Step(_Form, frozen=True):
    """One thing that happens; it has one of `say`, `press`, `wait`, `expect` and `hang_up`.

    Attributes:
        say: what the caller says.
        press: digits that the caller presses.
        wait: seconds in which nobody speaks.
        hang_up: the caller hangs up.
        expect: what is expected then.
        uses: the functions that the model calls after `say` or `press`: names, or objects with a
            name and its arguments.
        answers: what the model says then.
    """

    say: str | None = None
    press: str | None = None
    wait: float | None = None
    hang_up: Literal[True] | None = None
    expect: Expect | list[Expect] | None = None
    uses: list[str | dict[str, Data]] = []
    answers: str | None = None


class Persona(_Form, frozen=True):
    """A caller that a model plays, after the steps."""

    description: str
    goal: str = ""
    turns: int = 20


class Scenario(_Form, frozen=True):
    """One call.

    Attributes:
        title: what it is about; the file's name by default.
        agent: `module:name`, `file.py:name` beside the scenario, or a URL.
        greeting: what the model says first.
        brain: who decides what the model does where a step does not say it.
        steps: what happens, in order; the caller hangs up at the end.
        summary: what the model writes at the end.
    """

    title: str = ""
    agent: str | None = None
    url: str | None = None
    caller: str | None = None
    called: str | None = None
    headers: dict[str, str] = {}
    vars: Data = {}
    envs: Data = {}
    seed: str | int | None = None
    faults: str | list[str] = []
    mocks: dict[str, Mock] = {}
    outcomes: dict[str, str | Data] = {}
    brain: Literal["rules", "model"] = "rules"
    greeting: str | None = None
    steps: list[Step] = []
    persona: Persona | None = None
    summary: str | Data | None = None
