import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.testing import Entry, render
from agentkit.testing.transcript import answer_entry, request_entry, without_secrets

SWAIG = "http://u:p@testserver/support/swaig?__token=t"


def test_a_call_reads_like_a_conversation() -> None:
    document = "http://testserver/support"
    actions = [{"set_global_data": {"a": 1}}, {"say": "x"}, {"say": "y"}]
    transcript = [
        request_entry("document", document, "call from +12025550123 to +12025550100"),
        answer_entry("document", document, 200, "SWML with answer, ai; functions: lookup_order"),
        request_entry("tool", SWAIG, 'lookup_order(order="A-17")'),
        answer_entry("tool", SWAIG, 200, "Order A-17 ships tomorrow.", actions),
        request_entry("post_prompt", f"{document}/post_prompt", 'summary: {"mood":"good"}'),
        answer_entry("post_prompt", f"{document}/post_prompt", 200, ""),
    ]

    assert render(transcript).split("\n") == [
        "platform → agent   POST /support               call from +12025550123 to +12025550100",
        "agent → platform   200                         SWML with answer, ai; functions:"
        " lookup_order",
        'platform → agent   POST /support/swaig         lookup_order(order="A-17")',
        'agent → platform   200                         "Order A-17 ships tomorrow."'
        "   [set_global_data, say]",
        'platform → agent   POST /support/post_prompt   summary: {"mood":"good"}',
        "agent → platform   200",
    ]


def test_nothing_said_is_an_empty_transcript() -> None:
    assert render([]) == ""


def test_a_long_answer_goes_on_below_where_it_began() -> None:
    transcript = [
        request_entry("tool", "http://h/a", "look()"),
        answer_entry("tool", "http://h/a", 200, "tea " * 12),
    ]

    assert render(transcript, width=60).split("\n") == [
        "platform → agent   POST /a   look()",
        'agent → platform   200       "tea tea tea tea tea tea tea',
        '                             tea tea tea tea tea"',
    ]


def test_a_long_path_has_a_line_of_its_own_and_moves_nothing_else() -> None:
    transcript = [
        request_entry("tool", "http://h/a", "look()"),
        request_entry("tool", f"http://h/{'long/' * 10}", "look()"),
        request_entry("tool", f"http://h/{'long/' * 20}", "look()"),
    ]

    assert render(transcript, width=80).split("\n") == [
        "platform → agent   POST /a   look()",
        "platform → agent   POST /" + "long/" * 10,
        "        look()",
        "platform → agent   POST /" + "long/" * 10 + "long…",
        "        look()",
    ]


def test_in_a_narrow_terminal_what_is_said_stands_below() -> None:
    transcript = [answer_entry("tool", "http://h/support/swaig", 200, "tea " * 12)]
    request = request_entry("tool", "http://h/swaig", "look()")

    assert render([request, *transcript], width=1).split("\n") == [
        "platform → agent   POST /swaig",
        "        look()",
        "agent → platform   200",
        '        "tea tea tea tea tea tea tea tea',
        '        tea tea tea tea"',
    ]


def test_the_root_is_shown_as_a_slash() -> None:
    assert render([request_entry("tool", "http://h", "a()")]) == ("platform → agent   POST /   a()")


def test_an_answer_may_be_actions_alone() -> None:
    said = render([answer_entry("tool", "http://h/a", 200, "", [{"hangup": True}, "odd"])])

    assert said == "agent → platform   200   [hangup]"


def test_control_characters_and_line_breaks_do_not_reach_the_terminal() -> None:
    said = "a\x1b[31mred\r\n\tb\x9b2J \u202etxt"

    assert render([answer_entry("tool", "http://h/a", 200, said, [{"\x1b": 1}])]) == (
        'agent → platform   200   "a\ufffd[31mred b\ufffd2J \ufffdtxt"   [\ufffd]'
    )


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://u:p@h/x", "http://h/x"),
        ("see https://u:p%40x@h:1/x?a=b&c=d#e, or not", "see https://h:1/x or not"),
        ("wss://u@h and http://h2?q", "wss://h and http://h2"),
        ('{"url":"http://u:p\'w@h/x?t=1","b":"c@d"}', '{"url":"http://h/x","b":"c@d"}'),
        ("<http://h/x?t=1>", "<http://h/x>"),
        ("/swaig?__token=abc&x=1", "/swaig?__token=…&x=1"),
        ("TOKEN=abc.def-_ done", "TOKEN=… done"),
        ('look(token="x")', 'look(token="x")'),
        ("write to a@b.example?", "write to a@b.example?"),
        ("", ""),
    ],
)
def test_urls_in_a_text_lose_credentials_and_query(text: str, clean: str) -> None:
    assert without_secrets(text) == clean


def test_an_entry_holds_a_clean_copy_of_its_data() -> None:
    data: dict[str, Any] = {"http://u:p@h?x": [SWAIG, 1, None, {"a": (SWAIG,)}]}

    entry = request_entry("tool", SWAIG, SWAIG, data)

    clean = "http://testserver/support/swaig"
    assert entry.data == {"http://h": [clean, 1, None, {"a": [clean]}]}
    assert (entry.text, entry.url) == (clean, clean)


SECRET = "s3cret-s3cret"
AROUND = st.text(max_size=30)
WHO: st.SearchStrategy[Literal["platform", "agent"]] = st.sampled_from(["platform", "agent"])


@given(who=WHO, before=AROUND, after=AROUND, path=AROUND, width=st.integers(0, 120))
def test_no_line_is_too_long_or_tells_a_secret(
    who: Literal["platform", "agent"], before: str, after: str, path: str, width: int
) -> None:
    url = f"https://user:{SECRET}@h/x?__token={SECRET}"
    text = f"{before} {url} {after}"
    status = None if who == "platform" else 200
    entry = Entry(who, "tool", text, [{text: 1}], status, f"http://h/{path.replace('#', '')}")

    said = render([entry, entry], width=width)

    assert SECRET not in said
    assert all(len(line) <= max(width, 40) for line in said.split("\n"))
    assert all(sign == "\n" or sign.isprintable() for sign in said)


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_an_entry_can_be_written_as_json(data: object) -> None:
    entry = request_entry("tool", SWAIG, "", data)

    assert json.loads(json.dumps(entry.data)) == entry.data
