"""`agentkit doctor`: look for what costs calls, and say it in words."""

import time
from textwrap import wrap
from typing import NamedTuple

import anyio
import click

from agentkit import _json
from agentkit.doctor import Finding, Level, Subject, Web, examine, settings
from agentkit.errors import AgentKitError
from agentkit.loading import load

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
_EXAMPLES = """\b
agentkit doctor agent.py:agent
agentkit doctor shop.agents:server --url https://agents.example.com --strict
"""
_WIDTH = 76


class _About(NamedTuple):
    subject: str
    found: Finding


@click.command(epilog=_EXAMPLES)
@click.argument("target", metavar="MODULE:AGENT")
@click.option("--url", help="Where it is served: follow its URLs from outside, too.")
@click.option("--timeout", default=30.0, show_default=True, help="Seconds a server may take.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(target: str, url: str | None, timeout: float, strict: bool, as_json: bool) -> None:
    """Look for what costs calls: settings, store, document, links, credentials, tokens.

    Exits with 1 when there is a problem. Of your code, only what makes documents runs.
    """
    try:
        findings = _examined(target, url, timeout)
    except AgentKitError as error:
        raise click.ClickException(str(error)) from error
    click.echo(_json.indented(_plain(findings)) if as_json else _told(findings))
    levels = [each.found.level for each in findings]
    bad = {Level.PROBLEM, Level.WARNING} if strict else {Level.PROBLEM}
    raise SystemExit(int(any(level in bad for level in levels)))


def _examined(target: str, url: str | None, timeout_seconds: float) -> list[_About]:
    began = time.perf_counter()
    app = load(target).app
    start = settings.of_start(time.perf_counter() - began)
    subject = Subject(app, url, Web(timeout_seconds))
    return [_About("start", start), *anyio.run(_all, subject)]


async def _all(subject: Subject) -> list[_About]:
    return [_About(*each) async for each in examine(subject)]


def _plain(findings: list[_About]) -> list[dict[str, str]]:
    return [
        {"about": about, "level": found.level.value.lower(), "what": found.what, "text": found.text}
        for about, found in findings
    ]


def _told(findings: list[_About]) -> str:
    lines, about = [], ""
    for each in findings:
        if each.subject != about:
            about = each.subject
            lines.append(click.style(about, bold=True))
        lines.append(_line(each.found))
    counts = [sum(each.found.level is level for each in findings) for level in Level]
    lines.append(f"\n{_counted(counts[-1], 'problem')}, {_counted(counts[-2], 'warning')}")
    return "\n".join(lines)


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _line(found: Finding) -> str:
    level = click.style(f"{found.level.value:8}", fg=_COLOURS.get(found.level))
    lines = wrap(found.text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"  {level} {found.what:12} " + f"\n{' ' * 24}".join(lines)
