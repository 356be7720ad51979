"""`agentkit replay`: yesterday's calls against today's code."""

from pathlib import Path
from typing import Any

import click

from agentkit import _json
from agentkit.errors import AgentKitError
from agentkit.late import LateModule

DIFFERENT, UNUSABLE = 1, 2

_replaying = LateModule("agentkit.cli_replaying")
_report = LateModule("agentkit.loopback.replay.report")
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_EXAMPLES = """\b
Examples:
  agentkit replay calls/call-3f9c….jsonl agent.py:agent
  agentkit replay calls/*.jsonl agent.py:agent --mock-http
  agentkit replay post_prompt.json shop.agents:server --json
  agentkit replay call.jsonl agent.py --as-test tests/test_call.py
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("target", metavar="MODULE:AGENT")
@click.option("--route", help="Which agent of a server, where the call does not say it.")
@click.option("--mock-http", is_flag=True, help="Answer the HTTP of tools from the journal.")
@click.option("--mask", "masks", multiple=True, metavar="REGEX", help="What may differ in texts.")
@click.option("--keep-state", is_flag=True, help="Use the agent's own store, not the memory.")
@click.option("--json", "as_data", is_flag=True, help="Print what has changed as JSON.")
@click.option("--as-test", "test", metavar="PATH", help="Write a pytest file of it; - to print it.")
def replay(files: tuple[Path, ...], target: str, **options: Any) -> None:
    """Drive today's code with calls of before, and tell what is answered otherwise.

    FILE is a journal of `agentkit.recorder`, or what the platform posted after a call. Webhooks are
    posted in their order to the URLs and with the tokens of today's documents; tools run. State is
    kept in memory, unless you say otherwise. Exits with 0 when all is as it was, with 1 when
    something has changed, with 2 when a call or the agent cannot be used.

    With --as-test it plays nothing but writes a test of the call, to be kept.
    """
    as_data, test = options.pop("as_data"), options.pop("test")
    if test is not None and len(files) > 1:
        raise click.UsageError("--as-test takes one call")
    if test is not None:
        raise SystemExit(_write_test(files[0], target, options["route"], test))
    how = _replaying.Options(**options)
    raise SystemExit(max(_replayed(file, target, how, as_data=as_data) for file in files))


def _replayed(file: Path, target: str, options: Any, *, as_data: bool) -> int:
    """Replay a call, print what has changed, and return the exit code of it."""
    try:
        comparison = _replaying.replayed(file, target, options)
    except (AgentKitError, OSError) as error:
        return _unusable(file, error)
    text = _report.as_text(comparison)
    shown = _json.indented(_report.as_json(comparison)) if as_data else _coloured(text)
    click.echo(shown)
    return 0 if comparison.is_equal else DIFFERENT


def _write_test(file: Path, target: str, route: str | None, to: str) -> int:
    """Write the test in the place of a replay: it expects what was answered then."""
    try:
        text = _replaying.test_of(file, target, route)
    except (AgentKitError, OSError) as error:
        return _unusable(file, error)
    if to == "-":
        click.echo(text, nl=False)
        return 0
    Path(to).parent.mkdir(parents=True, exist_ok=True)
    Path(to).write_text(text, "utf-8")
    click.echo(f"written to {to}")
    return 0


def _unusable(file: Path, error: Exception) -> int:
    click.echo(f"Error: {file}: {error}", err=True)
    return UNUSABLE


def _coloured(text: str) -> str:
    return "\n".join(map(_styled, text.split("\n")))


def _styled(line: str) -> str:
    if line.startswith("  "):
        return click.style(line, fg=_COLOURS.get(line.lstrip()[:1]))
    return click.style(line, bold=True) if line[:1].isdigit() else line
