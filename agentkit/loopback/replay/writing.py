"""A call as a test: a pytest file that plays it again and expects what was answered then."""

import keyword
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, Struct

from agentkit.loopback.replay.comparing import actions_of
from agentkit.loopback.replay.journal import Exchange, Journal
from agentkit.loopback.replay.turns import Called, Turn, turns_of

JSON = dict[str, Any]

_WIDTH = 88

UNKNOWN = "(what was said is not in the journal)"
"""What the caller says where nobody knows it."""

_HEAD = '''"""The call {call_id}, written by `agentkit replay --as-test`."""

{imports}

app = load({target}).app
keep_in_memory(app)
agent = agents_of(app)[{route}]


def test_the_call_goes_as_it_did() -> None:
    with Call({called}{options}) as call:
'''
_IMPORTS = """\
from agentkit.loading import agents_of, keep_in_memory, load
from agentkit.loopback import Call"""
_WITH_HTTP = """\
from pathlib import Path

from agentkit.loading import agents_of, keep_in_memory, load
from agentkit.loopback import Call
from agentkit.loopback.replay import HttpFromJournal, call_in
from agentkit.recorder import InMemory, Recorder"""
_RECORDED = """
journal = call_in(Path({file}).read_bytes())
recorder = Recorder(agent, sink=InMemory(), http=HttpFromJournal(journal))
"""


class Subject(Struct, frozen=True):
    """What a test is about.

    Attributes:
        target: the agent, as it is named on the command line.
        route: its route.
        file: the journal.
    """

    target: str
    route: str
    file: str


def as_test(journal: Journal, subject: Subject) -> str:
    """Return the source of a test of a call."""
    has_http = any(exchange.http for exchange in journal.exchanges)
    head = _HEAD.format(
        call_id=" ".join(journal.call_id.split()).replace('"', "'").replace("\\", ""),
        imports=_WITH_HTTP if has_http else _IMPORTS,
        target=python(subject.target),
        route=python(subject.route),
        called="recorder, url=agent.route, auth=agent.get_basic_auth_credentials()"
        if has_http
        else "agent",
        options=_options(journal),
    )
    if has_http:
        recorded = _RECORDED.format(file=python(subject.file))
        head = head.replace("\n\n\ndef ", f"{recorded}\n\ndef ", 1)
    return head + "".join(f"        {line}\n" for line in _body(journal))


def python(value: Any) -> str:
    """Return plain data as Python writes it, texts in double quotes where that is readable."""
    if isinstance(value, str):
        written = repr(value)
        return f'"{written[1:-1]}"' if written[0] == "'" and '"' not in value else written
    if isinstance(value, dict):
        return f"{{{', '.join(f'{python(k)}: {python(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(python, value))}]"
    return repr(value)


def _options(journal: Journal) -> str:
    """Return who called whom, as far as it is known."""
    first = journal.exchanges[0].body
    call = first.get("call") if isinstance(first, dict) else None
    given = {"caller": "from", "called": "to"}
    known = {name: call.get(key) for name, key in given.items()} if isinstance(call, dict) else {}
    texts = {name: value for name, value in known.items() if isinstance(value, str) and value}
    return "".join(f", {name}={python(value)}" for name, value in texts.items())


def _body(journal: Journal) -> Iterator[str]:
    if summary := _summary(journal):
        yield f"call.summarizes({summary})"
    turns = turns_of(journal)
    first = turns.pop(0) if turns and turns[0].said is None else Turn(None)
    yield from _turn("call.start()", first)
    for turn in turns:
        yield from _turn(f"call.say({python(turn.said or UNKNOWN)})", turn)
    yield "call.hang_up()"
    yield from _end(journal)


def _turn(begun: str, turn: Turn) -> Iterator[str]:
    """Return a turn as it is written, and what is expected after it."""
    uses = [f".uses({_named(each.name, each.arguments)})" for each in turn.called]
    answers = [f".answers({python(turn.answer)})"] if turn.answer else []
    yield from _chain(begun, [*uses, *answers])
    for each in turn.called:
        if each.answered is not None:
            checks = [*_checks(each, each.answered)]
            yield from _chain(f"call.expect_tool({python(each.name)})", checks)


def _chain(begun: str, calls: list[str]) -> list[str]:
    """Return calls one after the other, below each other where a line is too short."""
    whole = begun + "".join(calls)
    if len(whole) <= _WIDTH or not calls:
        return [whole]
    return ["(", *(f"    {each}" for each in (begun, *calls)), ")"]


def _checks(called: Called, exchange: Exchange) -> Iterator[str]:
    if called.arguments:
        yield f".with_args({_arguments(called.arguments)})"
    body = exchange.reply.body if exchange.reply is not None else None
    response = body.get("response") if isinstance(body, dict) else None
    if isinstance(response, str) and response:
        yield f".answered({python(response)})"
    names = dict.fromkeys(name for action in actions_of(exchange.reply) for name in action)
    yield from (f".with_action({python(name)})" for name in names if name != "transfer")


def _summary(journal: Journal) -> str:
    """Return what the model wrote at the end, when the summary was posted."""
    body = next((each.body for each in journal.exchanges if each.what == "post_prompt"), None)
    data = body.get("post_prompt_data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return ""
    parsed, raw = data.get("parsed"), data.get("raw")
    if isinstance(parsed, list) and parsed and isinstance(parsed[0], dict):
        return python(parsed[0])
    return python(raw) if isinstance(raw, str) and raw else ""


def _end(journal: Journal) -> Iterator[str]:
    states = [each.state for each in journal.exchanges if each.state is not UNSET]
    if states and isinstance(states[-1], dict):
        yield f"assert agent.get_state(call.call_id) == {python(states[-1])}"


def _named(name: str, arguments: JSON) -> str:
    return ", ".join(filter(None, [python(name), _arguments(arguments)]))


def _arguments(arguments: JSON) -> str:
    """Return arguments by name, or as an object when a name is none in Python."""
    if all(name.isidentifier() and not keyword.iskeyword(name) for name in arguments):
        return ", ".join(f"{name}={python(value)}" for name, value in arguments.items())
    return f"**{python(arguments)}"
