"""What was said in a call, as lines for a terminal, without anything secret.

URLs lose their credentials and query, and control characters are shown as a replacement sign, so
that neither an agent nor a caller can write to the terminal or leak a token through a transcript.
"""

import re
import textwrap
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct

_URL = re.compile(
    r"""(://)                  # of a URL, the scheme stays
        (?:[^\s/?\#]*@)?       # user and password go
        ([^\s"<>?\#]*)         # host and path stay
        (?:[?\#][^\s"<>]*)?    # query and fragment go
    """,
    re.VERBOSE,
)
_TOKEN = re.compile(r"""(token=)[^\s&"'<>]+""", re.IGNORECASE)
_GAP = "   "
_INDENT = " " * 8
_NARROWEST = 40


class Entry(Struct, frozen=True):
    """One message of a call, without credentials, tokens and query strings.

    Attributes:
        who: the sender.
        kind: `document`, `tool`, `startup_hook`, `hangup_hook` or `post_prompt`.
        text: the message in a line: `order(item="tea")`, or what the agent answered.
        data: the JSON that belongs to it: the arguments, the summary, the list of actions.
        status: the HTTP status of an answer, None for a request.
        url: where the request went.
    """

    who: Literal["platform", "agent"]
    kind: str
    text: str
    data: Any
    status: int | None
    url: str


def request_entry(kind: str, url: str, text: str, data: object = None) -> Entry:
    """Return the entry of a request, with its secrets left out."""
    return Entry("platform", kind, without_secrets(text), _clean(data), None, without_secrets(url))


def answer_entry(kind: str, url: str, status: int, text: str, data: object = None) -> Entry:
    """Return the entry of an answer, with its secrets left out."""
    return Entry("agent", kind, without_secrets(text), _clean(data), status, without_secrets(url))


def without_secrets(text: str) -> str:
    """Return text with the URLs in it bare of credentials and query, and without tokens."""
    if "=" not in text and "://" not in text:  # as most of what is said
        return text
    return _TOKEN.sub(r"\1…", _URL.sub(r"\1\2", text))


def render(transcript: Iterable[Entry], *, width: int = 100) -> str:
    """Return the transcript as plain text: a message a line, long ones wrapped at width.

    It holds no colour codes, control characters, credentials, tokens or query strings.
    """
    width = max(width, _NARROWEST)
    rows = [(_direction(entry), _place(entry, width), _said(entry)) for entry in transcript]
    column = max((len(place) for _, place, _ in rows if len(place) <= width // 3), default=0)
    return "\n".join(line for row in rows for line in _lines(*row, column=column, width=width))


def _lines(direction: str, place: str, said: str, *, column: int, width: int) -> list[str]:
    head = f"{direction}{_GAP}{place:<{column}}{_GAP}"
    apart = len(place) > column or len(head) > width * 2 // 3
    indent = _INDENT if apart else " " * len(head)
    said_lines = textwrap.wrap(said, width - len(indent), break_on_hyphens=False)
    if apart or not said_lines:
        return [head.rstrip(), *(indent + line for line in said_lines)]
    return [head + said_lines[0], *(indent + line for line in said_lines[1:])]


def _direction(entry: Entry) -> str:
    return "platform → agent" if entry.who == "platform" else "agent → platform"


def _place(entry: Entry, width: int) -> str:
    if entry.status is not None:
        return str(entry.status)
    place = _printable(f"POST {urlsplit(entry.url).path or '/'}")
    room = width - len(_direction(entry)) - len(_GAP)
    return place if len(place) <= room else f"{place[: room - 1]}…"


def _said(entry: Entry) -> str:
    if entry.who == "platform" or entry.kind == "document":
        return _printable(entry.text)
    quoted = f'"{_printable(entry.text)}"' if entry.text else ""
    objects = [action for action in entry.data or () if isinstance(action, dict)]
    names = dict.fromkeys(name for action in objects for name in action)
    listed = f"[{_printable(', '.join(names))}]" if names else ""
    return _GAP.join(filter(None, [quoted, listed]))


def _printable(text: str) -> str:
    words = " ".join(without_secrets(text).split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in words)


def _clean(data: Any) -> Any:
    """Return a copy of plain data whose strings hold no secrets."""
    if isinstance(data, str):
        return without_secrets(data)
    if isinstance(data, dict):
        return {without_secrets(str(key)): _clean(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_clean(item) for item in data]
    return data
