"""A chat, written down: as a scenario that `agentkit test` plays, or as a journal."""

import os
import re
from pathlib import Path
from typing import Any

from agentkit.cli_chat import Chat, Entered
from agentkit.errors import DefinitionError
from agentkit.loopback.evidence import tool_runs
from agentkit.loopback.extras import need
from agentkit.loopback.trace import Moment
from agentkit.recorder import Kept
from agentkit.recorder import format as journal

JSON = dict[str, Any]

_USER = re.compile(r"(://)[^/?#]*@")

SCENARIO, JOURNAL = frozenset({".yaml", ".yml"}), ".jsonl"


def checked_record(path: Path | None) -> Path | None:
    """Return where a chat is to be written down.

    Raises:
        DefinitionError: its name does not say how.
    """
    if path is not None and path.suffix not in SCENARIO | {JOURNAL}:
        raise DefinitionError(
            f"--record {path}: name it .yaml for a scenario, .jsonl for a journal"
        )
    return path


class JournalFile:
    """A journal in one file, written anew; a `Sink`.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)

    def append(self, call_id: str, line: bytes, at: float, *, begins: bool) -> Kept:
        """Add a line; see `Sink`."""
        del begins
        head = b""
        if not self._path.exists():
            head = journal.line(at, "call", format=journal.FORMAT, call_id=call_id)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(head + line)
        return Kept.WRITTEN


def write_scenario(path: Path, target: str, options: JSON, chat: Chat) -> None:
    """Write a call as a scenario: what was said, which functions were called, what they answered.

    Args:
        path: the file.
        target: the agent, as it was named on the command line.
        options: further members of the scenario, such as `caller`.
        chat: the call.

    Raises:
        DefinitionError: the library for YAML is not installed.
    """
    yaml = need("yaml", "a scenario")

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]  # loaded when it is needed
        def ignore_aliases(self, data: object) -> bool:
            return True

    scenario = {"agent": _seen_from(path, target), **options, **_scenario(chat)}
    text = yaml.dump(scenario, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _seen_from(path: Path, target: str) -> str:
    """Return an agent as it is found from the folder of the scenario; a password stays outside."""
    if "://" in target:
        return _USER.sub(r"\1", target)
    file, colon, name = target.partition(":")
    if not file.endswith(".py"):
        return target
    near = os.path.relpath(Path(file).resolve(), path.resolve().parent)
    return f"{Path(near).as_posix()}{colon}{name}"


def _scenario(chat: Chat) -> JSON:
    moments = chat.call.moments
    ends = [entered.at for entered in chat.entered]
    greeting = _words(moments[: ends[0] if ends else None])
    steps: list[JSON] = []
    for entered, end in zip(chat.entered, [*ends[1:], len(moments)], strict=True):
        steps += _steps(entered, moments[entered.at : end])
    return {**({"greeting": greeting[0]} if greeting else {}), "steps": steps}


def _steps(entered: Entered, moments: list[Moment]) -> list[JSON]:
    """Return the step of one turn, and what is expected after it."""
    step: JSON = {entered.kind: entered.value}
    runs = [run for run in tool_runs(moments) if run.name not in _HOOKS]
    if entered.kind in {"say", "press"}:
        words = _words(moments)
        step |= {"uses": [{run.name: run.arguments} for run in runs]} if runs else {}
        step |= {"answers": words[0]} if words else {}
    answered = [run for run in runs if run.response]
    expected: list[JSON] = [
        {"tool": {"name": run.name, "answered": run.response}} for run in answered
    ]
    places = [moment.text.partition("/")[2] for moment in moments if moment.kind == "step"]
    expected += [{"step": places[-1]}] if places and places[-1] else []
    return [step, {"expect": expected}] if expected else [step]


def _words(moments: list[Moment]) -> list[str]:
    return [moment.text for moment in moments if moment.kind == "agent"]


_HOOKS = frozenset({"startup_hook", "hangup_hook", "summarize_conversation", "check_for_input"})
