"""What of each verb happens here, for the documentation and for whoever wonders about a test."""

from typing import Literal

from msgspec import Struct

from agentkit.loopback.script.outcomes import RESULTS
from agentkit.loopback.script.performing import PERFORM, WAITS
from agentkit.loopback.tables.verbs import VERBS

_BY_THEMSELVES = frozenset(("return", "execute"))

How = Literal["runs", "waits", "performed", "recorded"]

_MEANING: dict[How, str] = {
    "runs": "the verb does here what it does on the platform",
    "waits": "the script waits for the caller, the model or the test, then writes its variables",
    "performed": "the variables are written as `outcomes` says or as usual; nothing else happens",
    "recorded": "the verb is noted in the trace and nothing else happens",
}
_LEFT_OUT: dict[str, str] = {
    "ai": "belongs to the session",
    "ai_sidecar": "belongs to the session",
    "amazon_bedrock": "belongs to the session",
    "answer": "codecs and credentials",
    "connect": "ringing, and the order of several destinations",
    "enter_queue": "the document of `wait_url` runs once",
    "join_conference": "the document of `wait_url` runs once",
    "pay": "`prompts` are not played, and nothing is charged",
    "play": "volume and voices are noted; files take no time",
    "prompt": "timeouts; words count as speech whatever the engine",
    "record": "beep and timeouts",
    "record_call": "terminators and length: it succeeds when it begins",
    "request": "`connect_timeout`: the line has its own",
}
_CALLBACKS = "Nothing is posted to `status_url`, `call_state_url` and other callbacks of verbs."


class Modelled(Struct, frozen=True):
    """What of one verb happens here.

    Attributes:
        verb: its name.
        how: in a word; the words are explained above the written table.
        sets: the result variables that it writes.
        left_out: what of it does not happen.
    """

    verb: str
    how: How
    sets: tuple[str, ...]
    left_out: str


def modelled() -> tuple[Modelled, ...]:
    """Return what happens here of every verb, by name."""
    return tuple(
        Modelled(verb, _how(verb), _sets(verb), _LEFT_OUT.get(verb, "")) for verb in sorted(VERBS)
    )


def _how(verb: str) -> How:
    if verb in PERFORM:
        return "runs"
    if verb in WAITS:
        return "waits"
    return "performed" if verb in RESULTS else "recorded"


def _sets(verb: str) -> tuple[str, ...]:
    if verb in _BY_THEMSELVES:
        return ("return_value",)
    result = RESULTS.get(verb)
    if result is None:
        return ()
    return (result.variable, *result.sets, *(("return_value",) if result.returns else ()))


def as_markdown() -> str:
    """Write the table, and what its words mean, for the documentation."""
    words = [f"* **{how}**: {text}" for how, text in _MEANING.items()]
    rows = [_row(row) for row in modelled()]
    head = ["| verb | here | result variables | left out |", "|---|---|---|---|"]
    return "\n".join([*words, "", _CALLBACKS, "", *head, *rows, ""])


def _row(row: Modelled) -> str:
    sets = ", ".join(f"`{name}`" for name in row.sets)
    return f"| `{row.verb}` | {row.how} | {sets} | {row.left_out} |"
