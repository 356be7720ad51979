"""A call as a test: it says what was said, and expects what was answered."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.replay import Journal, Subject, as_test, call_in
from agentkit.loopback.replay.journal import Exchange, Reply
from agentkit.loopback.replay.turns import turns_of
from agentkit.loopback.replay.writing import python
from tests.loopback.replay.calls import ordering, recorded, tea_shop

JSON = dict[str, Any]
SUBJECT = Subject("shop.py:agent", "/shop", "calls/call.jsonl")


def ran(name: str, arguments: JSON, response: str | None = None, at: int = 0, **more: Any) -> JSON:
    entry: JSON = {"command_name": name, "command_arg": _json.encode(arguments).decode()}
    entry |= {"epoch_time": at, **more}
    if response is None:
        return {**entry, "native": True}
    body = {"argument": {"parsed": [arguments]}, "function": name}
    return {**entry, "post_data": body, "post_response": {"response": response}}


def said(role: str, content: str, at: int = 0, **more: Any) -> JSON:
    return {"role": role, "content": content, "timestamp": at * 1_000_000, **more}


LOG = [
    said("system", "You sell tea."),
    said("assistant", " Hello. "),
    said("user", "Two of Assam, please. ", 10),
    {"role": "assistant", "tool_calls": []},
    said("tool", "2 of Assam", function_name="order"),
    said("assistant", "They are on their way."),
    said("user", "And a price?", 20),
    said("tool", "7", function_name="elsewhere"),
    said("user", "   "),
    said("user", "Bye.", 30),
    said("assistant", '{"ordered": "Assam"}'),
]
RAN = [
    ran("startup_hook", {}, ""),
    ran("next_step", {"step": "order"}, at=9),
    ran("order", {"tea": "Assam", "packs": 2}, "2 of Assam", at=11),
    ran("next_step", {"step": "pay"}, at=12),
    ran("order", {"class": 1}, "", at=21),
    ran("hangup", {}, at=31),
]
SUMMARY = {
    "call_id": "c-1",
    "call_log": LOG,
    "swaig_log": RAN,
    "post_prompt_data": {"raw": '{"ordered": "Assam"}', "parsed": [{"ordered": "Assam"}]},
}

WRITTEN = '''\
"""The call c-1, written by `agentkit replay --as-test`."""

from agentkit.loading import agents_of, keep_in_memory, load
from agentkit.loopback import Call

app = load("shop.py:agent").app
keep_in_memory(app)
agent = agents_of(app)["/shop"]


def test_the_call_goes_as_it_did() -> None:
    with Call(agent) as call:
        call.summarizes({"ordered": "Assam"})
        call.start().uses("next_step", step="order").answers("Hello.")
        (
            call.say("Two of Assam, please.")
            .uses("order", tea="Assam", packs=2)
            .uses("next_step", step="pay")
            .answers("They are on their way.")
        )
        call.expect_tool("order").with_args(tea="Assam", packs=2).answered("2 of Assam")
        call.say("And a price?")
        call.say("Bye.").uses("order", **{"class": 1}).uses("hangup")
        call.expect_tool("order").with_args(**{"class": 1})
        call.hang_up()
'''


def test_a_summary_becomes_a_test_with_everything_that_was_said() -> None:
    assert as_test(call_in(_json.encode(SUMMARY)), SUBJECT) == WRITTEN


async def test_a_journal_becomes_a_test_with_what_was_answered() -> None:
    text = as_test(call_in(await recorded(tea_shop(), ordering)), SUBJECT)
    assert 'with Call(agent, caller="+12025550123", called="+12025550100") as call:\n' in text
    assert 'call.summarizes({"ordered": "Assam"})\n' in text
    assert (
        '        call.say("(what was said is not in the journal)")'
        '.uses("order", tea="Assam", packs=2)\n'
    ) in text
    assert '            .with_action("change_step")\n' in text
    assert 'assert agent.get_state(call.call_id) == {"tea": "Assam", "packs": 2}\n' in text
    compile(text, "test_call.py", "exec")


def test_the_http_of_tools_is_answered_from_the_journal() -> None:
    pair = {"request": {"method": "GET", "url": "u"}, "reply": {"status": 200}}
    asked = Exchange("function", "POST", "", body={"function": "f"}, reply=Reply(200), http=[pair])
    text = as_test(Journal('c"""\\\n', [asked]), SUBJECT)
    assert text.startswith("\"\"\"The call c''', written")
    assert 'journal = call_in(Path("calls/call.jsonl").read_bytes())\n' in text
    assert "recorder = Recorder(agent, sink=InMemory(), http=HttpFromJournal(journal))\n" in text
    assert "with Call(recorder, url=agent.route, auth=agent.get_basic_auth_credentials())" in text
    compile(text, "test_call.py", "exec")


ODD: dict[str, JSON] = {
    "logs that are none": {"call_log": 7, "swaig_log": [7]},
    "nobody spoke": {"call_log": [said("assistant", "Hello?")]},
    "no times": {"call_log": [{"role": "user", "content": "x"}], "swaig_log": [ran("a", {})]},
    "arguments that are no JSON": {
        "call_log": [said("user", "x")],
        "swaig_log": [{"command_name": "a", "command_arg": "{"}, {"command_arg": "[1]"}],
    },
    "a summary of prose": {"post_prompt_data": {"raw": "He ordered\ntea."}},
    "a summary of nothing": {"post_prompt_data": {"raw": 7}},
    "a summary that is empty": {"post_prompt_data": {"raw": "", "parsed": [7]}},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
def test_odd_summaries_become_tests_all_the_same(fields: JSON) -> None:
    summary = {"call_id": "c-1", "action": "post_conversation", **fields}
    journal = Journal("c-1", [Exchange("post_prompt", "POST", "", body=summary)])
    compile(as_test(journal, SUBJECT), "test_call.py", "exec")


def test_what_the_platform_ran_before_the_caller_spoke_belongs_to_the_turn_before() -> None:
    journal = call_in(_json.encode(SUMMARY))
    turns = [(turn.said, [called.name for called in turn.called]) for turn in turns_of(journal)]
    assert turns == [
        (None, ["next_step"]),
        ("Two of Assam, please.", ["order", "next_step"]),
        ("And a price?", []),
        ("Bye.", ["order", "hangup"]),
    ]


@pytest.mark.parametrize(
    "value", ["a", "it's", 'say "hi"', "a\nb", 1, 1.5, None, True, [1, "a"], {"a": {"b": [None]}}]
)
def test_plain_data_is_written_as_python(value: Any) -> None:
    assert eval(python(value)) == value


def test_texts_stand_in_double_quotes_where_that_is_readable() -> None:
    assert python("it is") == '"it is"'
    assert python('say "hi"') == "'say \"hi\"'"
