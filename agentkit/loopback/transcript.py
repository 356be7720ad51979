"""The transcript of a call: its moments as lines for people, without anything secret.

The same call gives the same text, byte for byte, so transcripts can be kept and compared. URLs
lose credentials and query, and control characters are shown as a replacement sign.
"""

import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from agentkit.loopback.evidence import ENDED, action_names, called
from agentkit.loopback.matching import shown
from agentkit.loopback.trace import Kind, Moment
from agentkit.testing.transcript import without_secrets

_QUIET: frozenset[Kind] = frozenset({"request", "reply", "event"})
_PARTS = {"script ended", "the AI session ends"}
_LONG_VERBS = {"ai", "ai_sidecar", "amazon_bedrock"}
_LABEL_WIDTH = 8
_TIME_WIDTH = 8
_NARROWEST = 48
_MICROSECONDS = 1_000_000
_TWO_HUNDREDS = range(200, 300)


def render(moments: Iterable[Moment], *, width: int = 100, everything: bool = False) -> str:
    """Return the moments as plain text, one a line, long ones wrapped at width.

    Args:
        moments: those of a `Trace`, or a part of them.
        width: how many signs fit into a line; at least 48.
        everything: also the requests and debug events.
    """
    listed = list(moments)
    first, width = listed[0].at_us if listed else 0, max(width, _NARROWEST)
    lines: list[str] = []
    for moment in listed:
        if everything or not _is_quiet(moment):
            lines += _wrapped(_head(moment, first), line(moment), width)
    return "".join(f"{each}\n" for each in lines)


def line(moment: Moment) -> str:
    """Return one moment in a line, without its time and kind."""
    told = _TOLD.get(moment.kind, _text)(moment)
    words = " ".join(without_secrets(told).split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in words)


def _head(moment: Moment, first_us: int) -> str:
    label = _LABELS.get(moment.kind, moment.kind)
    seconds = f"{(moment.at_us - first_us) / _MICROSECONDS:.2f}"
    return f"{seconds:>{_TIME_WIDTH}}  {label:<{_LABEL_WIDTH}}  "


def _wrapped(head: str, told: str, width: int) -> list[str]:
    indent = " " * len(head)
    lines = textwrap.wrap(
        told, width - len(head), break_on_hyphens=False, break_long_words=False
    ) or [""]
    return [(head + lines[0]).rstrip(), *(indent + each for each in lines[1:])]


def _is_quiet(moment: Moment) -> bool:
    """Tell whether a moment is of the machinery, and went well."""
    if moment.kind == "reply":
        status = moment.text.partition(" ")[0]
        return status.isdecimal() and int(status) in _TWO_HUNDREDS
    if moment.kind == "mark" and moment.text in _PARTS:
        return not isinstance(moment.data, dict) or moment.data.get("why") != "error"
    return moment.kind in _QUIET


def _text(moment: Moment) -> str:
    return moment.text


def _with_data(moment: Moment) -> str:
    if moment.data in (None, {}, ""):
        return moment.text
    return f"{moment.text} {shown(moment.data)}".strip()


def _tool(moment: Moment) -> str:
    return called(moment.text, moment.data)


def _answer(moment: Moment) -> str:
    names = action_names(moment.data)
    return f'→ "{moment.text}"' + (f" [{', '.join(names)}]" if names else "")


def _verb(moment: Moment) -> str:
    return moment.text if moment.text in _LONG_VERBS else _with_data(moment)


def _state(moment: Moment) -> str:
    if not isinstance(moment.data, dict):
        return _with_data(moment)
    changed = ", ".join(f"{key}={shown(value)}" for key, value in moment.data.items())
    return f"{moment.text} {changed}".strip()


def _mark(moment: Moment) -> str:
    if moment.text == ENDED:
        return f"{ENDED} by the {moment.data}"
    return _with_data(moment)


def _why(moment: Moment) -> str:
    why: Any = moment.data
    return f"{moment.text} ({why})" if isinstance(why, str) and why else moment.text


_LABELS: dict[Kind, str] = {"answer": "", "mark": "call"}
_TOLD: dict[Kind, Callable[[Moment], str]] = {
    "tool": _tool,
    "answer": _answer,
    "action": _with_data,
    "verb": _verb,
    "state": _state,
    "step": _why,
    "request": _why,
    "event": _with_data,
    "mark": _mark,
}
