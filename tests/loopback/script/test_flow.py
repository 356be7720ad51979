"""The verbs that say what comes next."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.errors import CallError
from agentkit.loopback.script import programs
from agentkit.loopback.webhook import Answer
from tests.loopback.script.scripts import Played, document, machine, run, say

URL = "https://user:pass@example.com/more?a=1"
ERROR = "relay_script_method_undefined"


async def test_cond_takes_the_first_condition_that_holds() -> None:
    items = [
        {"when": "vars.n == 1", "then": [say("one")]},
        {"when": "vars.n == 2", "then": [say("two")]},
        {"when": "true", "then": [say("late")]},
        {"else": [say("other")]},
    ]
    assert (await run({"cond": items}, vars={"n": 2})).heard == ["two"]


async def test_cond_without_a_match_goes_on() -> None:
    assert (await run({"cond": [{"when": "0", "then": [say("x")]}]}, say("on"))).heard == ["on"]


async def test_the_else_beside_a_condition_is_taken_when_it_does_not_hold() -> None:
    items = [{"when": "0", "then": [say("x")], "else": [say("else")]}, {"else": [say("late")]}]
    assert (await run({"cond": items})).heard == ["else"]


@pytest.mark.parametrize(
    ("variable", "heard"),
    [("n", "two"), ("vars.n", "two"), ("${n}", "two"), ("%{vars.n}", "two"), ("on", "yes"),
     ("call.type", "phone"), ("nowhere", "other"), ("n + 1", "three")],
)  # fmt: skip
async def test_switch_takes_the_case_of_the_value(variable: str, heard: str) -> None:
    case = {"2": [say("two")], "3": [say("three")], "true": [say("yes")], "phone": [say("phone")]}
    switch = {"variable": variable, "case": case, "default": [say("other")]}
    assert (await run({"switch": switch}, vars={"n": 2, "on": True})).heard == [heard]


async def test_switch_without_a_match_and_a_default_goes_on() -> None:
    assert (await run({"switch": {"variable": "n", "case": {}}}, say("on"))).heard == ["on"]


async def test_goto_jumps_while_its_condition_holds() -> None:
    played = await run(
        {"set": {"n": 0}}, {"label": "again"}, {"set": {"n": "${n + 1}"}},
        {"goto": {"label": "again", "when": "vars.n < 4"}}, say("${n}"),
    )  # fmt: skip
    assert played.heard == ["4"]


@pytest.mark.parametrize(("most", "heard"), [(3, 4), ("3", 4), (None, 101), (1000, 101), (0, 1)])
async def test_goto_jumps_at_most_as_often_as_it_says(most: Any, heard: int) -> None:
    goto = {"label": "a"} if most is None else {"label": "a", "max": most}
    played = await run({"label": "a"}, say("x"), {"goto": goto}, say("end"))
    assert played.heard == ["x"] * heard + ["end"]


async def test_goto_with_a_variable_for_its_bound_counts_its_jumps() -> None:
    goto = {"label": "${where}", "max": "${most}"}
    played = await run({"label": "a"}, say("x"), {"goto": goto}, vars={"most": 2, "where": "a"})
    assert played.heard == ["x"] * 3


async def test_goto_leaves_the_block_that_it_stands_in() -> None:
    block = [{"when": "true", "then": [say("in"), {"goto": {"label": "out", "max": 1}}, say("x")]}]
    played = await run({"cond": block}, say("skipped"), {"label": "out"}, say("out"))
    assert played.heard == ["in", "out"]


async def test_goto_does_not_leave_its_section() -> None:
    sections = {"s": [{"goto": {"label": "a"}}]}
    played = await run({"label": "a"}, {"execute": {"dest": "s"}}, sections=sections)
    assert played.machine.ended == "error"


async def test_jumps_are_counted_anew_in_every_run_of_a_section() -> None:
    sections = {"s": [{"label": "a"}, say("x"), {"goto": {"label": "a", "max": 1}}]}
    played = await run({"execute": {"dest": "s"}}, {"execute": {"dest": "s"}}, sections=sections)
    assert played.heard == ["x"] * 4


async def test_execute_runs_a_section_and_goes_on() -> None:
    sections = {"s": [say("${params.who}"), {"set": {"in": True}}]}
    played = await run(
        {"execute": {"dest": "s", "params": {"who": "${name}"}}}, say("[${params.who}]"),
        vars={"name": "Ada"}, sections=sections,
    )  # fmt: skip
    assert played.heard == ["Ada", "[]"]
    assert played.vars["in"] is True


async def test_return_gives_execute_its_value() -> None:
    sections = {
        "s": [{"cond": [{"when": "true", "then": [{"return": {"a": ["${n}"]}}]}]}, say("x")]
    }
    played = await run({"execute": {"dest": "s"}}, say("on"), vars={"n": 1}, sections=sections)
    assert played.vars["return_value"] == {"a": [1]}
    assert played.heard == ["on"]


async def test_a_section_without_return_leaves_no_value_of_another() -> None:
    played = await run({"execute": {"dest": "s"}}, vars={"return_value": 1}, sections={"s": []})
    assert "return_value" not in played.vars


async def test_return_at_the_top_ends_the_script() -> None:
    played = await run({"return": 5}, say("never"))
    assert (played.machine.ended, played.vars["return_value"], played.heard) == ("finished", 5, [])


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
async def test_return_takes_any_value(value: Any) -> None:
    played = await run({"execute": {"dest": "s"}}, sections={"s": [{"return": value}]})
    assert played.vars["return_value"] == value


async def test_execute_goes_on_with_on_return_and_then_its_result() -> None:
    execute = {
        "dest": "s",
        "on_return": [say("back"), {"set": {"return_value": "b"}}],
        "result": {"case": {"a": [say("A")], "b": [say("B")]}, "default": [say("?")]},
    }
    played = await run({"execute": execute}, say("on"), sections={"s": [{"return": "a"}]})
    assert played.heard == ["back", "B", "on"]


@pytest.mark.parametrize(
    ("result", "heard"),
    [({"variable": "x", "case": {"1": [say("one")]}}, "one"),
     ([{"when": "return_value == 'a'", "then": [say("cond")]}], "cond"),
     ({"case": {}, "default": [say("default")]}, "default")],
)  # fmt: skip
async def test_the_result_of_execute_is_a_switch_or_conditions(result: Any, heard: str) -> None:
    execute = {"execute": {"dest": "s", "result": result}}
    played = await run(execute, vars={"x": 1}, sections={"s": [{"return": "a"}]})
    assert played.heard == [heard]


async def test_execute_runs_a_document_from_a_url_with_the_state_in_the_body() -> None:
    inner = _json.encode(document(say("${params.a} ${params.b}"), {"return": "done"}))
    execute = {"dest": URL, "params": {"a": "${n}", "b": 2}}
    played = machine({"execute": {**execute}}, say("${return_value}"), answers={URL: inner},
                     vars={"n": 1}, envs={"E": "e"})  # fmt: skip
    await played.machine.proceed()
    assert played.heard == ["1 2", "done"]
    [webhook] = played.wire.sent
    assert (webhook.kind, webhook.method, webhook.url) == ("document", "POST", URL)
    body = _json.decode(webhook.body)
    assert body.keys() == {"call", "vars", "envs", "params"}
    assert body["vars"] == {"n": 1}
    assert body["envs"] == {"E": "e"}
    assert body["params"] == {"a": 1, "b": 2}
    assert body["call"]["call_id"] == played.machine.call["call_id"]


async def test_sections_are_those_of_the_document_that_runs() -> None:
    inner = _json.encode(document({"execute": {"dest": "s"}}, s=[say("inner")]))
    played = await run({"execute": {"dest": URL}}, {"execute": {"dest": "s"}},
                       answers={URL: inner}, sections={"s": [say("outer")]})  # fmt: skip
    assert played.heard == ["inner", "outer"]


UNFETCHED = {
    "no answer": Answer(0, error="timeout"),
    "an error": Answer(500, b"oops"),
    "a redirect": Answer(307),
    "HTML": Answer(200, b"<html>"),
    "nothing": Answer(200, b""),
    "no document": Answer(200, b"{}"),
}


@pytest.mark.parametrize("verb", ["execute", "transfer"])
@pytest.mark.parametrize("name", UNFETCHED)
async def test_a_document_that_cannot_be_had_ends_the_script(verb: str, name: str) -> None:
    played = await run({verb: {"dest": URL}}, say("never"), answers={URL: UNFETCHED[name]})
    assert (played.machine.ended, played.heard) == ("error", [])
    error = _json.decode(played.vars["script_error"])
    assert (error["method"], error["section"]) == (verb, "main")
    assert error["warning"] == "relay_script_document_invalid"


async def test_transfer_does_not_come_back() -> None:
    played = await run({"transfer": {"dest": "s", "params": {"a": 1}}}, say("never"),
                       sections={"s": [say("${params.a}")]})  # fmt: skip
    assert played.heard == ["1"]


async def test_a_call_is_transferred_at_most_32_times() -> None:
    played = await run(say("x"), {"transfer": {"dest": "main"}})
    assert len(played.heard) == 33
    assert played.machine.ended == "error"
    assert _json.decode(played.vars["script_error"])["method"] == "transfer"


async def test_sleep_lets_milliseconds_pass() -> None:
    played = machine({"sleep": 1500}, {"sleep": {"duration": "250"}}, {"sleep": "${ms}"},
                     vars={"ms": 250})  # fmt: skip
    before = played.clock.seconds
    await played.machine.proceed()
    assert played.clock.seconds == before + 2


@pytest.mark.parametrize("body", [-1, {"duration": -1}])
async def test_a_sleep_for_ever_waits_until_somebody_acts(body: Any) -> None:
    played = await run({"sleep": body}, say("awake"))
    pause = played.machine.waiting
    assert pause is not None
    assert pause.kind == "sleep"
    played.machine.resume()
    await played.machine.proceed()
    assert played.heard == ["awake"]


async def test_hangup_ends_the_script_and_says_why() -> None:
    played = await run({"hangup": {"reason": "busy"}}, say("never"))
    assert (played.machine.ended, played.heard) == ("hangup", [])
    assert played.trace.moments[-1].data == {"why": "hangup", "reason": "busy"}


async def test_an_unknown_verb_is_reported_in_script_error_and_ends_the_script() -> None:
    played = await run({"dance": {"a": 1}}, say("never"))
    error = _json.decode(played.vars["script_error"])
    assert error.keys() == {"document", "section", "method", "warning", "message"}
    assert _json.decode(error["document"]) == document({"dance": {"a": 1}}, say("never"))
    assert (error["section"], error["method"], error["warning"]) == ("main", "dance", ERROR)
    assert played.heard == []


async def test_an_error_in_an_inline_document_ends_only_that() -> None:
    played = await run({"ai": {"prompt": {"text": "x"}}})
    before = played.machine.waiting
    inline = document({"cond": [{"else": [{"dance": {}}]}]}, say("never"))
    assert await played.machine.run_inline(inline) is before
    assert (played.machine.ended, played.heard) == (None, [])
    assert _json.decode(played.vars["script_error"])["method"] == "dance"


async def test_an_inline_document_of_no_use_is_a_call_error() -> None:
    played = await run({"ai": {"prompt": {"text": "x"}}})
    with pytest.raises(CallError, match="no object `sections`"):
        await played.machine.run_inline({})
    assert played.machine.waiting is not None


async def test_a_move_to_nowhere_ends_the_script() -> None:
    played = await run({"ai": {"prompt": {"text": "x"}}})
    played.machine.move_to("nowhere")
    assert await played.machine.proceed() is None
    assert played.machine.ended == "error"


async def test_a_call_that_is_over_is_not_moved() -> None:
    played = await run({"hangup": {}})
    played.machine.move_to("main")
    assert await played.machine.proceed() is None
    assert played.machine.ended == "hangup"


async def test_an_answered_call_ends_after_its_longest_time() -> None:
    played = await run({"answer": {"max_duration": "60"}}, {"sleep": 61_000}, say("never"))
    assert (played.machine.ended, played.heard) == ("max_duration", [])


async def test_without_pyyaml_a_document_of_yaml_is_a_call_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "yaml", None)
    with pytest.raises(CallError, match=r"YAML needs pyyaml.*agentkit-swml\[loopback\]"):
        Played("sections: {main: [hangup], other: []}", {})


def test_a_repeated_document_is_read_once() -> None:
    first = programs.load(document(say("the same")))
    assert programs.load(_json.encode(document(say("the same")))) is first


def test_documents_that_were_not_used_for_long_are_forgotten() -> None:
    first = programs.load(document(say("forgotten")))
    for at in range(programs.MAX_CACHED):
        programs.load(document(say(f"another {at}")))
    assert programs.load(document(say("forgotten"))) is not first


async def test_a_document_of_yaml_runs_like_one_of_json() -> None:
    text = """
    version: 1.0.0
    sections:
      main:
        - answer:
        - set: {day: 2026-02-19, 7: seven}
        - play: {url: 'say:Hello ${day}'}
        - hangup
    """
    played = Played(text, {})
    await played.machine.proceed()
    assert (played.heard, played.machine.ended) == (["Hello 2026-02-19"], "hangup")
    assert played.vars["7"] == "seven"
