"""What references stand for, in their own types."""

from typing import Any

import pytest

from agentkit.loopback.errors import CallError
from agentkit.loopback.script import javascript
from agentkit.loopback.script.templates import text_of
from tests.loopback.script.scripts import document, machine, run, say

VARS = {
    "name": "Ada", "count": 3, "half": 0.5, "on": True, "nothing": None, "list": ["a", "b"],
    "deep": {"er": {"est": 1}}, "with-dash": "d", "from": "mine",
}  # fmt: skip
ENVS = {"KEY": "k", "name": "env"}

FOUND: dict[str, Any] = {
    "${vars.name}": "Ada",
    "%{vars.name}": "Ada",
    "${ vars.name }": "Ada",
    "${name}": "Ada",
    "${envs.name}": "env",
    "${KEY}": "k",
    "${type}": "phone",
    "${from}": "mine",
    "${call.from}": "+12025550123",
    "${params.size}": 12,
    "${size}": "",
    "${count}": 3,
    "${half}": 0.5,
    "${on}": True,
    "${nothing}": None,
    "${null}": None,
    "${deep.er.est ? null : 1}": None,
    "${list}": ["a", "b"],
    "${list[1]}": "b",
    "${list.1}": "b",
    "${list[9]}": "",
    "${list.length}": 2,
    "${name.length}": 3,
    "${name[0]}": "A",
    "${deep.er.est}": 1,
    "${deep['er']}": {"est": 1},
    '${deep["er"].est}': 1,
    "${deep.no.where}": "",
    "${nowhere}": "",
    "${with-dash}": "d",
    "${vars.with-dash}": "d",
    "${count-1}": 2,
    "${call.headers[0].value}": "7",
    "${count + 1}": 4,
    "${name.toUpperCase()}": "ADA",
    "${Math.max(1, count)}": 3,
    "${true}": True,
    "${undefined}": "",
    "${({a: {b: [1]}})}": {"a": {"b": [1]}},
    "${`${name}!`}": "Ada!",
    "${'}'}": "}",
    "${'\\''}": "'",
    "${let x = 2; x * 2}": 4,
    "${10n ** 20n}": "100000000000000000000",
    "${() => 1}": "",
    "Hello ${name}, %{count} times": "Hello Ada, 3 times",
    "${half} ${on} ${nothing} ${list} ${deep.er}": '0.5 true  ["a","b"] {"est":1}',
    "${1 / 4 + 0.75}.": "1.",
    "costs $5 and 5%": "costs $5 and 5%",
    "open ${name": "open ${name",
    "${name} open ${": "Ada open ${",
    "": "",
}


@pytest.mark.parametrize("text", FOUND)
async def test_a_reference_becomes_its_value(text: str) -> None:
    verbs = [{"set": {"found": text, "inside": [{"deep": text}]}}]
    played = machine(*verbs, vars=VARS, envs=ENVS, params={"size": 12})
    await played.machine.proceed()
    assert played.vars["found"] == FOUND[text]
    assert played.vars["inside"] == [{"deep": FOUND[text]}]


HOLDS = {
    "vars.count == 3": True,
    "count > 5": False,
    "on": True,
    "nothing": False,
    "nowhere": False,
    "list": True,
    "${on}": True,
    "%{on}": True,
    "${nowhere}": False,
    "'${name}' == 'Ada'": True,
    "%{count} < 2": False,
    "name == 'Ada' && !nothing": True,
    "missing == 1": False,
    "typeof missing == 'undefined'": True,
    "false": False,
    "Math": True,
    "": False,
    "call.type == 'phone' || throw_up": True,
    "[]": True,
    "NaN": False,
}


@pytest.mark.parametrize("condition", HOLDS)
async def test_a_condition_holds_as_in_javascript(condition: str) -> None:
    played = await run(
        {"cond": [{"when": condition, "then": [say("yes")]}, {"else": [say("no")]}]}, vars=VARS
    )
    assert played.heard == ["yes" if HOLDS[condition] else "no"]


async def test_an_expression_that_cannot_be_evaluated_is_empty_and_warns() -> None:
    played = await run(say("a${missing.x + 1}b"))
    assert played.heard == ["ab"]
    assert played.warnings == ["${missing.x + 1}: ReferenceError: missing is not defined"]


async def test_expressions_see_the_time_of_the_call() -> None:
    played = machine(
        {"set": {"a": "${Date.now()}", "b": "${new Date().getTime()}", "c": "${Date()}",
                 "d": "${new Date(0).toISOString()}", "e": "${new Date() instanceof Date}"}}
    )  # fmt: skip
    played.clock.advance(1)
    await played.machine.proceed()
    now = played.clock.us // 1000
    assert (played.vars["a"], played.vars["b"]) == (now, now)
    assert "2026" in played.vars["c"]
    assert (played.vars["d"], played.vars["e"]) == ("1970-01-01T00:00:00.000Z", True)


async def test_chance_is_the_same_in_every_playing() -> None:
    verbs = [{"set": {"a": "${Math.random()}", "b": "${Math.random()}"}}]
    first, second = await run(*verbs), await run(*verbs)
    assert first.vars == second.vars
    assert first.vars["a"] != first.vars["b"]


LASTING = [
    "globalThis.left = 1", "left = 1", "Array.prototype.left = 1", "Object.prototype.left = 1",
    "Math.left = 1", "vars.left = 1", "String.prototype.left = 1", "(() => 1).constructor.left = 1",
]  # fmt: skip


@pytest.mark.parametrize("source", LASTING)
async def test_an_expression_leaves_nothing_behind(source: str) -> None:
    played = await run(
        {"set": {"x": f"${{{source}}}", "y": "${typeof left + [].left + ({}).left + vars.left}"}}
    )
    assert played.vars["y"] == "undefinedundefinedundefinedundefined"


HIDDEN = ["require", "process", "console", "fetch", "setTimeout", "std", "os", "Atomics",
          "SharedArrayBuffer", "performance", "print"]  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
async def test_an_expression_reaches_nothing_but_the_scopes(name: str) -> None:
    played = await run({"set": {"x": f"${{typeof {name}}}"}})
    assert played.vars["x"] == "undefined"


FAULTS = {
    "while (true) {}": "interrupted",
    "try { for (;;); } finally { 1 }": "interrupted",
    "'a'.repeat(1e9)": "out of memory",
    "(function f() { f() })()": "Maximum call stack",
    "/(a+)+$/.test('a'.repeat(40) + 'b')": "interrupted",
    "throw 'no'": "no",
    "'a'.repeat(2e6)": "larger than",
    "'\ud800'": "not Unicode",
    "x" * 1024: "longer than",
}


@pytest.mark.parametrize("source", FAULTS)
def test_an_expression_that_goes_too_far_is_stopped(source: str) -> None:
    scopes = b'{"vars":{},"envs":{},"call":{},"params":{}}'
    with pytest.raises(javascript.ScriptFault, match=FAULTS[source]):
        javascript.evaluate(source, scopes, 0, 0)
    assert javascript.evaluate("1 + 1", scopes, 0, 0) == 2


async def test_without_the_engine_plain_paths_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "quickjs", None)
    monkeypatch.delattr(javascript._local, "engine", raising=False)
    played = await run(say("${name} ${nowhere} ${list[0]}"), vars=VARS)
    assert played.heard == ["Ada  a"]
    with pytest.raises(CallError, match=r"'1 \+ 1' is JavaScript.*agentkit-swml\[loopback\]"):
        await run(say("${1 + 1}"))


async def test_set_writes_into_objects_without_changing_what_was_there() -> None:
    before = {"a": {"b": 1}}
    played = await run(
        {"set": {"vars.user.name": "Ada", "x.a.c": 2, "x.a.b.d": 3}}, {"set": {"user.age": 9}},
        vars={"x": before},
    )  # fmt: skip
    assert played.vars["user"] == {"name": "Ada", "age": 9}
    assert played.vars["x"] == {"a": {"b": {"d": 3}, "c": 2}}
    assert before == {"a": {"b": 1}}


async def test_unset_takes_variables_away() -> None:
    held = {"a": 1, "b": {"c": 1, "d": 2}, "e": 5, "f": 6}
    played = await run(
        {"unset": "a"}, {"unset": ["vars.b.c", "nowhere", "e.g.h", "${which}"]},
        vars={**held, "which": "f"},
    )  # fmt: skip
    assert played.vars == {"b": {"d": 2}, "e": 5, "which": "f"}


async def test_what_the_caller_of_the_machine_holds_is_not_changed() -> None:
    held: dict[str, Any] = {"a": 1}
    played = await run({"answer": {}}, {"set": {"b": 2}}, vars=held)
    assert held == {"a": 1}
    assert played.machine.vars is played.vars


def test_numbers_are_written_as_javascript_does() -> None:
    assert [text_of(n) for n in (1.0, 1.5, 1e21, 7, True, False)] == [
        "1", "1.5", "1e+21", "7", "true", "false",
    ]  # fmt: skip


async def test_a_document_inside_is_not_expanded_by_what_is_around() -> None:
    inner = document({"set": {"b": "${a}"}})
    played = await run({"set": {"a": 1}}, {"execute": {"dest": inner}})
    assert played.vars["b"] == 1
