"""A chat with an agent: a person types what the caller says, and sees what happens in the call."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from agentkit import _json
from agentkit.agent import AgentBase
from agentkit.cli_screen import Screen
from agentkit.errors import AgentKitError
from agentkit.loopback.call import Call
from agentkit.loopback.expect import SO_FAR
from agentkit.loopback.replay.values import differences
from agentkit.loopback.trace import Moment
from agentkit.loopback.transcript import line

JSON = dict[str, Any]

HELP = """\
/state    the data of the session and the agent's own state
/tools    the functions that the model may call now
/steps    contexts and steps, and where the call is
/prompt   what the model is told
/digits N press digits
/wait S   say nothing for so many seconds
/hangup   hang up (or Ctrl-D)"""

_QUIET = frozenset({"request", "reply", "event"})
_LABELS = {"mark": "call"}
_PARTS = frozenset({"script ended", "the AI session ends"})


def shortly(error: Exception | str) -> str:
    """Return a message without the transcript: it has been shown."""
    return str(error).partition(SO_FAR)[0].rstrip()


class Printer:
    """Shows the moments of a call as they happen.

    Args:
        screen: where.
        clock: seconds, for how long tools take.
    """

    def __init__(self, screen: Screen, clock: Callable[[], float] = time.perf_counter) -> None:
        self._screen = screen
        self._clock = clock
        self._asked = 0.0

    def show(self, moment: Moment) -> None:
        """Show a moment, unless it is of the machinery and went well."""
        if moment.kind == "tool":
            self._asked = self._clock()
        if not self._is_shown(moment):
            return
        text = line(moment)
        if moment.kind == "answer" and self._screen.is_live:
            text += f"  ({(self._clock() - self._asked) * 1000:.0f} ms)"
        self._screen.show(_LABELS.get(moment.kind, moment.kind), text)

    def _is_shown(self, moment: Moment) -> bool:
        if moment.kind == "caller":
            return not self._screen.is_live  # a person has typed it there
        if moment.kind == "reply":
            return not moment.text.startswith("2")
        return moment.kind not in _QUIET and moment.text not in _PARTS


class Entered(NamedTuple):
    """Something that the caller did.

    Attributes:
        kind: `say`, `press`, `wait` or `hang_up`, as in a scenario.
        value: what was said or pressed, seconds, or True.
        at: how many moments there were before.
    """

    kind: str
    value: str | float
    at: int


class Chat:
    """One call with a person at the keyboard.

    Args:
        call: the call, not started.
        screen: what is shown and asked.
        agent: the agent in this process, to look at its state; None elsewhere.

    Attributes:
        call: the call.
        entered: what the caller did so far.
    """

    def __init__(self, call: Call, screen: Screen, agent: AgentBase | None = None) -> None:
        self.call = call
        self._screen = screen
        self._agent = agent
        self._state: JSON = {}
        self.entered: list[Entered] = []
        self._commands: dict[str, Callable[[str], None]] = {
            "/state": self._show_state,
            "/tools": self._show_tools,
            "/steps": self._show_steps,
            "/prompt": self._show_prompt,
            "/digits": lambda digits: self._turn("press", digits, lambda: self.call.press(digits)),
            "/wait": self._wait,
            "/hangup": lambda _: self._hang_up(),
            "/help": lambda _: self._screen.show("", HELP),
        }
        call.trace.listen(Printer(screen).show)

    def run(self) -> None:
        """Play the call until somebody hangs up.

        Raises:
            AgentKitError: it could not begin.
        """
        self._screen.show("", "say something, or /help; Ctrl-D hangs up")
        self.call.start()
        self.call.settle()
        self._show_changes()
        while self.call.ended is None:
            typed = self._screen.ask(self._prompt())
            if typed is None:
                self._hang_up()
            elif typed.strip():
                self._take(typed.strip())

    def _take(self, typed: str) -> None:
        if not typed.startswith("/"):
            self._turn("say", typed, lambda: self.call.say(typed))
            return
        name, _, rest = typed.partition(" ")
        command = self._commands.get(name)
        if command is None:
            self._screen.show("error", f"there is no {name}; there are {', '.join(self._commands)}")
            return
        command(rest.strip())

    def _turn(self, kind: str, value: str | float, act: Callable[[], object]) -> None:
        """Do something in the call; what cannot be done is told, and the call goes on."""
        self.entered.append(Entered(kind, value, len(self.call.moments)))
        try:
            act()
            self.call.settle()
        except AgentKitError as error:
            self._screen.show("error", shortly(error))
        self._show_changes()

    def _wait(self, seconds: str) -> None:
        try:
            wanted = float(seconds)
        except ValueError:
            wanted = -1.0
        if not 0 <= wanted <= 86_400:  # noqa: PLR2004 - a day
            self._screen.show("error", "write /wait SECONDS")
            return
        self._turn("wait", wanted, lambda: self.call.pass_time(wanted))

    def _hang_up(self) -> None:
        self._turn("hang_up", True, self.call.hang_up)

    def _prompt(self) -> str:
        place = "/".join(part for part in self.call.place if part)
        return f"[{place}] you:" if place else "you:"

    def _show_changes(self) -> None:
        """Show what has changed in the agent's own state of the call."""
        now = self._own_state()
        for each in differences(self._state, now):
            values = (_short(each.before), _short(each.after))
            told = {"added": values[1], "removed": "gone"}.get(each.change, " → ".join(values))
            self._screen.show("state", f"{each.path}: {told}")
        self._state = now

    def _own_state(self) -> JSON:
        if self._agent is None or self._agent.states.backend.blocking is None:
            return {}
        return self._agent.get_state(self.call.call_id) or {}

    def _show_state(self, _: str) -> None:
        self._screen.show("", f"global_data {_json.indented(self.call.global_data)}")
        if self._agent is not None:
            self._screen.show("", f"state {_json.indented(self._own_state())}")

    def _show_tools(self, _: str) -> None:
        session = self.call.engine.seat.session
        tools = [] if session is None else session.tools()
        for tool in tools:
            properties = tool.parameters.get("properties", {})
            self._screen.show("", f"{tool.name}({', '.join(properties)})  {tool.description}")
        if not tools:
            self._screen.show("", "none")

    def _show_steps(self, _: str) -> None:
        context, step = self.call.place
        for name, steps in _contexts(self.call.document).items():
            self._screen.show("", f"{name}{'  ← here' if (name, '') == (context, step) else ''}")
            for each in steps:
                here = "  ← here" if (name, each) == (context, step) else ""
                self._screen.show("", f"  {each}{here}")
        if not context:
            self._screen.show("", "there are no steps")

    def _show_prompt(self, _: str) -> None:
        told = [message.content for message in self.call.messages if message.role == "system"]
        self._screen.show("", "\n\n".join(told) or "nothing")


def _short(value: Any) -> str:
    return _json.encode(value).decode()


def _contexts(document: bytes) -> dict[str, list[str]]:
    """Return the steps of all contexts in a document."""
    found: dict[str, list[str]] = {}
    waiting: list[Any] = [_json.decode(document)] if document else []
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(value for key, value in item.items() if key != "contexts")
            found |= _steps_of(item.get("contexts"))
    return found


def _steps_of(contexts: Any) -> dict[str, list[str]]:
    if not isinstance(contexts, dict):
        return {}
    return {
        name: [str(step.get("name")) for step in context.get("steps", ()) if isinstance(step, dict)]
        for name, context in contexts.items()
        if isinstance(context, dict)
    }
