"""A call as a journal tells it: what the platform posted, in order, and what came of it.

`agentkit.recorder` writes journals; `agentkit.recorder.format` says what their lines mean. A
journal may end in the middle of a line, or of a call: what can be read is read, and the rest is
counted.
"""

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType, field

from agentkit import _json
from agentkit.errors import AgentKitError

JSON = dict[str, Any]

NEWEST: Final = 1
"""The newest format that is understood."""


class ReplayError(AgentKitError):
    """The call cannot be replayed: there is none in the file, or none that is understood."""


class Reply(Struct, frozen=True):
    """An answer to a webhook.

    Attributes:
        status: of HTTP; 0 when the application raised.
        body: the JSON data, or the text of an answer that is none, or None.
        cut: how long a body was that is missing; 0 when none is.
        error: what was raised instead of an answer.
    """

    status: int
    body: Any = None
    cut: int = 0
    error: str = ""


class Exchange(Struct):
    """One webhook and what came of it.

    Attributes:
        what: which request it was, such as `document` or `function`.
        url: where it went, without secrets and query.
        query: the parameters whose values are known.
        body: what was posted: JSON data, or text, or None.
        cut: how long a body was that is missing; 0 when none is.
        reply: None when the journal has no answer: the process died, or nobody has kept it.
        state: of the call, after it; unset when it is as before.
        http: what tools asked of other services meanwhile, and the replies.
    """

    what: str
    method: str
    url: str
    query: dict[str, str] = {}
    body: Any = None
    cut: int = 0
    reply: Reply | None = None
    state: Any | UnsetType = UNSET
    http: list[JSON] = field(default_factory=list)

    @property
    def function(self) -> str:
        """The name of the function that is called, "" when none is."""
        name = self.body.get("function") if isinstance(self.body, dict) else None
        return name if isinstance(name, str) else ""

    @property
    def arguments(self) -> JSON:
        """The arguments of the function, {} when there are none."""
        argument = self.body.get("argument") if isinstance(self.body, dict) else None
        parsed = argument.get("parsed") if isinstance(argument, dict) else None
        first = parsed[0] if isinstance(parsed, list) and parsed else None
        return first if isinstance(first, dict) else {}


class Journal(Struct):
    """A call.

    Attributes:
        call_id: its id.
        exchanges: in the order in which the webhooks came.
        missing: what the journal says itself, or what can be seen, to be missing.
        is_whole: whether it tells of state and the HTTP of tools; a summary alone does not.
    """

    call_id: str
    exchanges: list[Exchange]
    missing: list[str] = field(default_factory=list)
    is_whole: bool = True


def read(data: bytes) -> Journal:
    """Return the call in a journal.

    Raises:
        ReplayError: there is none, or it is written in a newer format.
    """
    lines, damaged = _lines(data)
    made = _Reading()
    for line in lines:
        made.take(line)
    if damaged:
        made.journal.missing.append(f"{damaged} damaged lines were passed over")
    if not made.journal.exchanges:
        raise ReplayError("there is no webhook in this file: is it a journal of a recorder?")
    return made.journal


def exchange_of(lines: list[JSON]) -> Exchange | None:
    """Return the exchange that the lines of one are about, None without its webhook."""
    made = _Reading()
    for line in lines:
        made.take(line)
    return made.journal.exchanges[0] if made.journal.exchanges else None


class _Reading:
    """Puts lines together."""

    def __init__(self) -> None:
        self.journal = Journal("", [])
        self._by_id: dict[str, Exchange] = {}

    def take(self, line: JSON) -> None:
        """Take the next line; one of an unknown kind is passed over."""
        take = {
            "call": self._call,
            "webhook": self._webhook,
            "answer": self._answer,
            "state": self._state,
            "http": self._http,
            "note": self._note,
        }.get(str(line["kind"]))
        if take is not None:
            take(line)

    def _call(self, line: JSON) -> None:
        written = line.get("format")
        if not isinstance(written, int) or written > NEWEST:
            raise ReplayError(f"the journal has format {written!r}; this version reads {NEWEST}")
        self.journal.call_id = str(line.get("call_id", ""))

    def _webhook(self, line: JSON) -> None:
        query = line.get("query")
        made = Exchange(
            what=str(line.get("what", "document")),
            method=str(line.get("method", "POST")),
            url=str(line.get("url", "/")),
            query=dict(query) if isinstance(query, dict) else {},
            body=_body(line),
            cut=_number(line, "cut"),
        )
        self._by_id[str(line.get("exchange"))] = made
        self.journal.exchanges.append(made)

    def _answer(self, line: JSON) -> None:
        asked = self._asked(line)
        if asked is not None:
            status, cut = _number(line, "status"), _number(line, "cut")
            asked.reply = Reply(status, _body(line), cut, str(line.get("error", "")))

    def _state(self, line: JSON) -> None:
        asked = self._asked(line)
        if asked is not None:
            asked.state = line.get("body")

    def _http(self, line: JSON) -> None:
        asked, body = self._asked(line), line.get("body")
        if asked is not None and isinstance(body, dict) and isinstance(body.get("request"), dict):
            asked.http.append(body)

    def _note(self, line: JSON) -> None:
        self.journal.missing.append(str(line.get("text", "")))

    def _asked(self, line: JSON) -> Exchange | None:
        return self._by_id.get(str(line.get("exchange")))


def _body(line: JSON) -> Any:
    return line["body"] if "body" in line else line.get("text")


def _number(line: JSON, name: str) -> int:
    value = line.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _lines(data: bytes) -> tuple[list[JSON], int]:
    """Return what can be read, and how many lines cannot."""
    found, damaged = list[JSON](), 0
    for text in data.split(b"\n"):
        if not text.strip():
            continue
        try:
            line = _json.decode(text)
        except ValueError:
            line = None
        if isinstance(line, dict) and "kind" in line:
            found.append(line)
        else:
            damaged += 1
    return found, damaged
