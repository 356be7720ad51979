"""`agentkit test`: play scenario files, and tell what came of them."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

import click

from agentkit import _json
from agentkit._log import printable
from agentkit.errors import DefinitionError
from agentkit.late import LateModule

FAILED, BROKEN = 1, 2

_WORTH_A_PROCESS = 24  # scenarios that take as long as the start of a process

_suite = LateModule("agentkit.cli_suite")
_junit = LateModule("agentkit.cli_junit")
_bar = LateModule("agentkit.cli_progress")
_scenarios = LateModule("agentkit.loopback.scenario.loading")
_COLOURS = {"passed": "green", "failed": "red", "broken": "yellow"}
_EXAMPLES = """\b
Examples:
  agentkit test scenarios
  agentkit test scenarios/booking.yaml -x
  agentkit test scenarios -k refund -j 4 --junit report.xml
"""
Played = Any
Tell = Callable[[Played], None]


@click.command(epilog=_EXAMPLES)
@click.argument("paths", metavar="DIR|FILE…", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-k", "words", metavar="WORD", multiple=True, help="Only those with it in path or title."
)
@click.option("-x", "stop", is_flag=True, help="Stop after the first that has not passed.")
@click.option(
    "-j", "jobs", type=click.IntRange(0), default=0, help="Processes; by default as many as pay."
)
@click.option("--junit", type=click.Path(path_type=Path), help="Write a report for CI there.")
@click.option("--json", "data", type=click.Path(path_type=Path), help="Write what came of each.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds that one may take.")
@click.option("--auth", envvar="AGENTKIT_CALL_AUTH", help="USER:PASSWORD for agents at URLs.")
@click.option("--keep-state", is_flag=True, help="Use the agents' own stores, not the memory.")
def test(paths: tuple[Path, ...], **options: Any) -> None:
    """Play scenarios: YAML files, or all in a folder and below it.

    Each is played with an agent of its own. Exits with 0 when all have passed, with 1 when one has
    failed, with 2 when one could not be played or there is none.
    """
    began = time.perf_counter()
    try:
        files = _found(paths or (Path(),), options["words"])
    except DefinitionError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(BROKEN) from error
    done = _all_played(files, options)
    seconds = time.perf_counter() - began
    _tell_failures(done)
    click.echo(_summed_up(done, len(files), seconds))
    _write(done, seconds, options)
    statuses = {each.status for each in done}
    raise SystemExit(BROKEN if "broken" in statuses else FAILED if "failed" in statuses else 0)


def _found(paths: Iterable[Path], words: tuple[str, ...]) -> list[Path]:
    """Return the files to play.

    Raises:
        DefinitionError: there are none.
    """
    every = [file for path in paths for file in _scenarios.find_scenarios(path)]
    files = [file for file in dict.fromkeys(every) if not words or _has(file, words)]
    if not files:
        raise DefinitionError(f"no scenario has {' or '.join(words)} in its path or title")
    return files


def _has(file: Path, words: tuple[str, ...]) -> bool:
    text = str(file)
    with suppress(DefinitionError):  # it is told when it is played
        text += _scenarios.load_scenario(file).title
    return any(word.lower() in text.lower() for word in words)


def _all_played(files: list[Path], options: dict[str, Any]) -> list[Played]:
    jobs = options["jobs"] or min(os.cpu_count() or 1, 1 + len(files) // _WORTH_A_PROCESS)
    user, colon, password = (options["auth"] or "").partition(":")
    auth = (user, password) if colon else None
    how = _suite.Suite(jobs, options["timeout"], options["stop"], options["keep_state"], auth)
    done = list[Played]()
    with _telling(files) as tell:
        for each in _suite.played(files, how):
            done.append(each)
            tell(each)
    return sorted(done, key=lambda each: files.index(Path(each.path)))


def _telling(files: list[Path]) -> AbstractContextManager[Tell]:
    """Show a bar on a terminal, and lines in the order of the files everywhere else."""
    if sys.stdout.isatty():
        bar: AbstractContextManager[Tell] = _bar.progress(len(files))
        return bar
    return nullcontext(_InOrder(files).tell)


class _InOrder:
    """Prints a line a scenario, in the order of the files, whoever ends first."""

    def __init__(self, files: list[Path]) -> None:
        self._waiting = [str(file) for file in files]
        self._done: dict[str, Played] = {}

    def tell(self, each: Played) -> None:
        """Take what came of one."""
        self._done[each.path] = each
        while self._waiting and self._waiting[0] in self._done:
            click.echo(line_of(self._done[self._waiting.pop(0)]))


def line_of(each: Played) -> str:
    """Return one scenario in a line."""
    status = click.style(f"{each.status:7}", fg=_COLOURS[each.status])
    title = "" if each.title == Path(each.path).stem else f"  {each.title}"
    return f"{status} {printable(f'{each.path}{title}')}"


def _tell_failures(done: list[Played]) -> None:
    for each in done:
        if each.status != "passed":
            about = printable(f"{each.status}: {each.path}  {each.title}")
            click.echo(click.style(f"\n{about}", bold=True))
            click.echo(_indented(each.message, ""))
            if each.transcript:
                click.echo(f"the call:\n{_indented(each.transcript)}")
            if each.printed:
                click.echo(f"printed:\n{_indented(each.printed)}")


def _indented(text: str, by: str = "  ") -> str:
    """Return lines that begin further to the right and cannot move a cursor."""
    return "\n".join(f"{by}{printable(line)}" for line in text.rstrip().split("\n"))


def _summed_up(done: list[Played], files: int, seconds: float) -> str:
    counts = Counter(each.status for each in done)
    parts = [f"{counts[status]} {status}" for status in _COLOURS if counts[status]]
    if len(done) < files:
        parts.append(f"{files - len(done)} not played")
    worst = next(status for status in ("broken", "failed", "passed") if counts[status])
    return click.style(f"\n{', '.join(parts)} in {seconds:.2f} s", fg=_COLOURS[worst], bold=True)


def _write(done: list[Played], seconds: float, options: dict[str, Any]) -> None:
    if options["junit"] is not None:
        options["junit"].write_bytes(_junit.junit(done, seconds))
    if options["data"] is not None:
        told = {"seconds": round(seconds, 3), "scenarios": done}
        options["data"].write_text(f"{_json.indented(told)}\n", "utf-8")
