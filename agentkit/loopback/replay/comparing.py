"""What has changed: documents, answers, state, steps and the HTTP of tools, then and today."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, Struct

from agentkit import _json
from agentkit.loopback.replay.journal import Exchange, Journal, Reply
from agentkit.loopback.replay.masks import Masks
from agentkit.loopback.replay.playing import Replayed
from agentkit.loopback.replay.values import Difference, differences

JSON = dict[str, Any]
Area = Literal[
    "verbs", "prompt", "steps", "functions", "params", "settings",
    "status", "response", "actions", "answer", "state", "http",
]  # fmt: skip

_ARGUMENT_CHARACTERS = 60


class Changed(Struct, frozen=True):
    """One thing that is not as it was.

    Attributes:
        number: which webhook, counted from 1; 0 for the call as a whole.
        about: the webhook in words, such as `order(tea="Assam")`.
        area: what kind of thing.
        what: where in it and how.
    """

    number: int
    about: str
    area: Area
    what: Difference


class Comparison(Struct, frozen=True):
    """A replay, compared with its journal.

    Attributes:
        call_id: the call.
        changed: what is not as it was, in the order of the call.
        equal: how many webhooks were answered as they were.
        skipped: webhooks that were not compared, in words with the reason.
        missing: what the journal lacks.
    """

    call_id: str
    changed: list[Changed]
    equal: int
    skipped: list[str]
    missing: list[str]

    @property
    def is_equal(self) -> bool:
        """Whether nothing has changed."""
        return not self.changed


def compared(
    journal: Journal, replayed: Sequence[Replayed], hosts: Sequence[str], patterns: Sequence[str]
) -> Comparison:
    """Return what has changed between a journal and its replay.

    Args:
        journal: the call.
        replayed: its webhooks, then and now.
        hosts: what the agent is called today, as `host:port`.
        patterns: regular expressions of what may differ.

    Raises:
        MaskError: a pattern is no regular expression.
    """
    comparing = _Comparing(journal, hosts, patterns)
    changed, skipped, equal = list[Changed](), list[str](), 0
    for number, each in enumerate(replayed, 1):
        about = told(each.before)
        if each.lost and each.before.reply is not None:
            lost = Difference(each.before.function or "url", "changed", "answered here", each.why)
            changed.append(Changed(number, about, "functions", lost))
            continue
        if each.now is None or each.before.reply is None:
            why = each.why or "the journal has no answer"
            skipped.append(f"{number}. {about}: {why}")
            continue
        found = [
            Changed(number, about, *what) for what in comparing.exchange(each.before, each.now)
        ]
        changed += found
        equal += not found
    changed += [Changed(0, "the call", "steps", what) for what in comparing.steps(replayed)]
    missing = [*journal.missing, *_without_queries(journal)]
    return Comparison(journal.call_id, changed, equal, skipped, missing)


def told(exchange: Exchange) -> str:
    """Return a webhook in words: the function with its arguments, or which request it is."""
    if exchange.what not in {"function", "hook", "poll"} or not exchange.function:
        return {"post_prompt": "summary"}.get(exchange.what, exchange.what)
    given = ", ".join(f"{name}={_short(value)}" for name, value in exchange.arguments.items())
    return f"{exchange.function}({given})"


def actions_of(reply: Reply | None) -> list[JSON]:
    """Return the actions of a function's answer."""
    body = reply.body if reply is not None else None
    found = body.get("action") if isinstance(body, dict) else None
    several = found if isinstance(found, list) else [found]
    return [action for action in several if isinstance(action, dict)]


def moves_of(reply: Reply | None) -> list[str]:
    """Return where an answer moves the conversation, as `context/…` and `step/…`."""
    names = {"change_context": "context", "change_step": "step"}
    return [
        f"{names[name]} {value}"
        for action in actions_of(reply)
        for name, value in action.items()
        if name in names and isinstance(value, str)
    ]


def _without_queries(journal: Journal) -> Iterator[str]:
    """Say which parameters of documents and polls were left out of the journal, but for tokens."""
    asked = [each for each in journal.exchanges if each.what == "document" or each.method == "GET"]
    masked = {name for each in asked for name, value in each.query.items() if value == "***"}
    if names := sorted(masked - {"token", "__token"}):
        yield f"values in the query: {', '.join(names)} (Redaction(keep_query=…) keeps them)"


Found = tuple[Area, Difference]


class _Comparing:
    """Compares the exchanges of one call."""

    def __init__(self, journal: Journal, hosts: Sequence[str], patterns: Sequence[str]) -> None:
        known = _json.encode([exchange.body for exchange in journal.exchanges]).decode()
        then = {urlsplit(exchange.url).netloc for exchange in journal.exchanges}
        self._masks = Masks({*hosts, *then} - {""}, known, patterns)
        self._is_whole = journal.is_whole
        self._state_before: Any = None
        self._state_now: Any = None

    def exchange(self, before: Exchange, now: Exchange) -> Iterator[Found]:
        """Return how one webhook is answered otherwise."""
        then, today = before.reply or Reply(0), now.reply or Reply(0)
        if then.status != today.status:
            yield "status", Difference("status", "changed", then.status, today.status)
        if not then.cut and not today.cut:
            yield from self._bodies(before, then.body, today.body)
        if self._is_whole:
            yield from self._states(before, now)
            yield from self._http(before, now)

    def steps(self, replayed: Sequence[Replayed]) -> Iterator[Difference]:
        """Return whether the answers lead the conversation another way."""
        pairs = [(each.before, each.now) for each in replayed if each.now is not None]
        compared = [(then, now) for then, now in pairs if then.reply is not None]
        before = [move for then, _ in compared for move in moves_of(then.reply)]
        after = [move for _, now in compared for move in moves_of(now.reply)]
        if before != after:
            yield Difference("steps", "changed", before, after)

    def _bodies(self, about: Exchange, before: Any, after: Any) -> Iterator[Found]:
        then, now = (
            self._masks.value(_plain(about, before)),
            self._masks.value(_plain(about, after)),
        )
        for each in differences(then, now):
            yield _area(about, each.path), each

    def _states(self, before: Exchange, now: Exchange) -> Iterator[Found]:
        """A journal says the state when it has changed; what was last said holds until then."""
        if before.state is UNSET and now.state is UNSET:
            return
        self._state_before = self._state_before if before.state is UNSET else before.state
        self._state_now = self._state_now if now.state is UNSET else now.state
        then, today = self._masks.value(self._state_before), self._masks.value(self._state_now)
        for each in differences(then or {}, today or {}, "state"):
            yield "state", each

    def _http(self, before: Exchange, now: Exchange) -> Iterator[Found]:
        then = [self._masks.value(_asked(pair["request"])) for pair in before.http]
        today = [self._masks.value(_asked(pair["request"])) for pair in now.http]
        for each in differences(then, today, "http"):
            yield "http", each


def _asked(request: JSON) -> JSON:
    """Headers are the client's own and change with its version."""
    return {name: value for name, value in request.items() if name != "headers"}


def _plain(about: Exchange, body: Any) -> Any:
    """One action may be answered as a list or alone."""
    if about.what == "document" or not isinstance(body, dict) or "action" not in body:
        return body
    return {**body, "action": actions_of(Reply(0, body))}


def _short(value: Any) -> str:
    text = _json.encode(value).decode()
    return text if len(text) <= _ARGUMENT_CHARACTERS else f"{text[:_ARGUMENT_CHARACTERS]}…"


_IN_MODEL: dict[str, Area] = {
    "prompt": "prompt",
    "post_prompt": "prompt",
    "SWAIG": "functions",
    "params": "params",
}


def _area(about: Exchange, path: str) -> Area:
    """Return the kind of a place in a document or in an answer."""
    if about.what != "document":
        top = path.partition(".")[0]
        return {"response": "response", "action": "actions"}.get(top, "answer")  # type: ignore[return-value]
    parts = path.split(".")
    place = next((n for n, part in enumerate(parts) if part.startswith(("ai", "amazon_bed"))), None)
    if place is None or place + 1 == len(parts):
        return "verbs"
    inside = parts[place + 1 :]
    if inside[:2] == ["prompt", "contexts"]:
        return "steps"
    return _IN_MODEL.get(inside[0], "settings")
