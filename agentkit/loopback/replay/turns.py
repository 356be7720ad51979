"""The turns of a call: what the caller said, and what the model did then.

The summary after a call tells both (facts 4.1): its call log what was said, its log of functions
which were called, the platform's own ones too. Without a summary only the functions are known.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from agentkit import _json
from agentkit.loopback.replay.journal import Exchange, Journal

JSON = dict[str, Any]

_HOOKS = frozenset({"startup_hook", "hangup_hook", "check_for_input", "summarize_conversation"})
_MICROSECONDS = 1_000_000


class Called(Struct):
    """A function that the model called.

    Attributes:
        answered: the exchange of it; None when the platform, or somebody else, answered it.
    """

    name: str
    arguments: JSON
    answered: Exchange | None = None


class Turn(Struct):
    """What the caller said and what came of it.

    Attributes:
        said: None where the agent began; "" when it is not known.
        called: the functions, in order.
        answer: the last thing that the agent said then, "" when it is not known.
    """

    said: str | None
    called: list[Called] = field(default_factory=list)
    answer: str = ""


def turns_of(journal: Journal) -> list[Turn]:
    """Return the turns of a call, the agent's own beginning first if there is one."""
    asked = [each for each in journal.exchanges if each.function and each.function not in _HOOKS]
    summary = next((e.body for e in journal.exchanges if e.what == "post_prompt"), None)
    log = _objects(summary, "call_log")
    if not any(entry.get("role") == "user" for entry in log):
        return [Turn("", [Called(each.function, each.arguments, each)]) for each in asked]
    spoken = [entry for entry in log if _text(entry) != _summary_text(summary)]
    return _Walk(asked, _objects(summary, "swaig_log")).turns(spoken)


class _Walk:
    """Goes through the call log, and takes from the log of functions what belongs there."""

    def __init__(self, asked: list[Exchange], functions: list[JSON]) -> None:
        self._asked = asked
        self._functions = functions
        self._turns = [Turn(None)]

    def turns(self, log: Iterable[JSON]) -> list[Turn]:
        for entry in log:
            text = _text(entry)
            if entry.get("role") == "user" and text:
                self._natives_before(entry.get("timestamp"))
                self._turns.append(Turn(text))
            elif entry.get("role") == "assistant" and text:
                self._turns[-1].answer = text
            elif entry.get("role") == "tool":
                self._until(str(entry.get("function_name")))
        self._until(None)
        first, *others = self._turns
        return self._turns if first.called or first.answer else others

    def _natives_before(self, timestamp: Any) -> None:
        """Take what the platform ran itself before the caller spoke again."""
        while self._functions and _is_own(self._functions[0]):
            at = self._functions[0].get("epoch_time")
            known = isinstance(at, int) and isinstance(timestamp, int)
            if not known or int(at or 0) * _MICROSECONDS > timestamp:
                return
            self._take()

    def _until(self, name: str | None) -> None:
        """Take everything up to a function, if it is there; all that is left for None."""
        names = [entry.get("command_name") for entry in self._functions]
        if name is not None and name not in names:
            return
        count = len(names) if name is None else names.index(name) + 1
        for _ in range(count):
            self._take()

    def _take(self) -> None:
        entry = self._functions.pop(0)
        name = str(entry.get("command_name"))
        if name in _HOOKS:
            return
        answered = next((each for each in self._asked if each.function == name), None)
        if answered is not None and entry.get("native") is not True:
            self._asked.remove(answered)
        else:
            answered = None
        self._turns[-1].called.append(Called(name, _arguments(entry), answered))


def _is_own(entry: JSON) -> bool:
    """Say whether the platform called a function by itself."""
    return entry.get("native") is True or entry.get("command_name") in _HOOKS


def _text(entry: JSON) -> str:
    return str(entry.get("content") or "").strip()


def _summary_text(summary: Any) -> str | None:
    """Return what the model wrote at the end: it stands in the call log like something said."""
    data = summary.get("post_prompt_data") if isinstance(summary, dict) else None
    raw = data.get("raw") if isinstance(data, dict) else None
    return raw.strip() if isinstance(raw, str) and raw.strip() else None


def _arguments(entry: JSON) -> JSON:
    try:
        found = _json.decode(str(entry.get("command_arg") or "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _objects(summary: Any, name: str) -> list[JSON]:
    found = summary.get(name) if isinstance(summary, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
