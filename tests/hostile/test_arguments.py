"""Arguments that do not fit are told to the model in a sentence, and nothing runs (D9, D13)."""

import json
from typing import Any, Literal

import pytest

from agentkit import AgentBase, Call, SwaigFunctionResult, ToolError
from agentkit.escape import Template
from tests.hostile.agents import AUTH, CALL_ID, call, dial, plain, table
from tests.hostile.canaries import SECRET
from tests.hostile.doors import Door, Told, post

JSON = dict[str, Any]
AGAIN = "Ask the caller for what is needed, then call the function again."


class Shop(AgentBase):
    """Tools of both styles that count how often they ran."""

    def __init__(self) -> None:
        super().__init__("shop", "/agent", basic_auth=AUTH, secret=SECRET)
        self.ran: list[JSON] = []

    @AgentBase.tool
    async def order(
        self, tea: str, count: int, kind: Literal["loose", "bags"] = "loose", gift: bool = False
    ) -> str:
        """Order tea."""
        self.ran.append({"tea": tea, "count": count, "kind": kind, "gift": gift})
        return "ordered"

    @AgentBase.tool(parameters={"tea": {"type": "string"}}, required=["tea"])
    def classic(self, args: JSON, raw_data: JSON) -> str:
        """Order tea, in the other style."""
        self.ran.append(args)
        return "ordered"


async def ordered(door: Door, body: JSON) -> tuple[Told, list[JSON]]:
    """The answer to an order, and what ran."""
    door.app = shop = Shop()
    dialled = await dial(door)
    body = {"function": "order", "call_id": CALL_ID, **body}
    return await door.send(post(dialled.swaig, body)), shop.ran


MISSING = (
    'The argument "tea" is missing: it must be text; '
    f'the argument "count" is missing: it must be a whole number. {AGAIN}'
)
WITHOUT: dict[str, JSON] = {
    "no argument": {},
    "null": {"argument": None},
    "a text": {"argument": "tea"},
    "a list": {"argument": [{"tea": "Assam", "count": 1}]},
    "a number": {"argument": 5},
    "an empty object": {"argument": {}},
    "parsed is null": {"argument": {"parsed": None}},
    "parsed is empty": {"argument": {"parsed": []}},
    "parsed is a text": {"argument": {"parsed": "tea"}},
    "parsed is a number": {"argument": {"parsed": 5}},
    "parsed holds null": {"argument": {"parsed": [None]}},
    "parsed holds a list": {"argument": {"parsed": [[{"tea": "Assam", "count": 1}]]}},
    "parsed holds a text": {"argument": {"parsed": ["tea"]}},
    "parsed holds an empty object": {"argument": {"parsed": [{}]}},
    "only the second of parsed": {"argument": {"parsed": [None, {"tea": "Assam", "count": 1}]}},
    "raw is no JSON": {"argument": {"parsed": [None], "raw": "tea=Assam"}},
    "raw is cut": {"argument": {"raw": '{"tea": "Assam", "count": 1'}},
    "raw is a list": {"argument": {"raw": '[{"tea": "Assam", "count": 1}]'}},
    "raw is a number": {"argument": {"raw": 5}},
    "raw is an object": {"argument": {"raw": {"tea": "Assam", "count": 1}}},
    "raw is NaN": {"argument": {"raw": "NaN"}},
    "raw has a lone surrogate": {"argument": {"raw": '{"tea": "\\ud800", "count": 1}'}},
    "raw is very deep": {"argument": {"raw": "[" * 100_000}},
    "raw is a very deep object": {"argument": {"raw": '{"tea":' * 10_000 + "1" + "}" * 10_000}},
    "raw is empty": {"argument": {"raw": ""}},
    "at the top": {"tea": "Assam", "count": 1},
}


@table(WITHOUT)
async def test_a_call_without_readable_arguments_is_told_what_is_missing(
    case: JSON, door: Door
) -> None:
    assert await ordered(door, case) == (Told(200, {"response": MISSING}), [])


UNFIT: dict[str, tuple[JSON, str]] = {
    "missing": (
        {"tea": "Assam"},
        'The argument "count" is missing: it must be a whole number.',
    ),
    "null": (
        {"tea": "Assam", "count": None},
        'The argument "count" is missing: it must be a whole number.',
    ),
    "a word for a number": (
        {"tea": "Assam", "count": "many"},
        'The argument "count" must be a whole number, but it was "many".',
    ),
    "a fraction for a whole number": (
        {"tea": "Assam", "count": 1.5},
        'The argument "count" must be a whole number, but it was 1.5.',
    ),
    "a list for a number": (
        {"tea": "Assam", "count": [1]},
        'The argument "count" must be a whole number, but it was [1].',
    ),
    "a number for a text and more": (
        {"tea": {"name": "Assam"}, "count": {}},
        'The argument "tea" must be text, but it was {"name":"Assam"}; '
        'the argument "count" must be a whole number, but it was {}.',
    ),
    "none of the choices": (
        {"tea": "Assam", "count": 1, "kind": "dust"},
        'The argument "kind" must be one of loose, bags, but it was "dust".',
    ),
    "neither yes nor no": (
        {"tea": "Assam", "count": 1, "gift": "perhaps"},
        'The argument "gift" must be true or false, but it was "perhaps".',
    ),
    "a template": (
        {"tea": "Assam", "count": "${global_data.secret}"},
        'The argument "count" must be a whole number, but it was "$ {global_data.secret}".',
    ),
    "templates of all kinds": (
        {"tea": ["${a}", "%{b}", "@{c}"], "count": 1},
        'The argument "tea" must be text, but it was ["$ {a}","% {b}","@ {c}"].',
    ),
    "a template in a key": (
        {"tea": {"${a}": 1}, "count": 1},
        'The argument "tea" must be text, but it was {"$ {a}":1}.',
    ),
    "a template made by escaping": (
        {"tea": "Assam", "count": "$${x}"},
        'The argument "count" must be a whole number, but it was "$$ {x}".',
    ),
}


@table(UNFIT)
async def test_an_argument_that_does_not_fit_is_told_with_what_was_expected(
    case: tuple[JSON, str], door: Door
) -> None:
    arguments, sentence = case

    answer, ran = await ordered(door, {"argument": {"parsed": [arguments]}})

    assert answer == Told(200, {"response": f"{sentence} {AGAIN}"})
    assert ran == []


async def test_a_very_long_argument_is_told_in_short(door: Door) -> None:
    arguments = {"tea": "Assam", "count": "x" * 100_000}

    answer, ran = await ordered(door, {"argument": {"parsed": [arguments]}})

    assert answer.status == 200
    assert len(answer.data["response"]) < 400
    assert ran == []


FIT: dict[str, tuple[JSON, JSON]] = {
    "a number as text": ({"count": "3"}, {"count": 3}),
    "a number for text": ({"tea": 7}, {"tea": "7"}),
    "a huge number": ({"count": 10**30}, {"count": 10**30}),
    "a choice in another case": ({"kind": "BAGS"}, {"kind": "bags"}),
    "yes": ({"gift": "yes"}, {"gift": True}),
    "null for what may be left out": ({"gift": None, "kind": None}, {}),
    "unknown keys": ({"self": 1, "call": 2, "raw_data": 3, "__class__": 4, "": 5}, {}),
    "markup": ({"tea": "<b>\0\x1b[2J"}, {"tea": "<b>\0\x1b[2J"}),
    "a template": ({"tea": "${x}"}, {"tea": "${x}"}),
}


@table(FIT)
async def test_an_argument_is_taken_as_what_was_meant(case: tuple[JSON, JSON], door: Door) -> None:
    given, taken = case
    usual = {"tea": "Assam", "count": 1, "kind": "loose", "gift": False}
    arguments = {"tea": "Assam", "count": 1, **given}

    answer, ran = await ordered(door, {"argument": {"parsed": [arguments]}})

    assert (answer, ran) == (Told(200, {"response": "ordered"}), [{**usual, **taken}])


async def test_raw_counts_where_parsed_says_nothing(door: Door) -> None:
    raw = json.dumps({"tea": "Assam", "count": 2})

    answer, ran = await ordered(door, {"argument": {"parsed": [None], "raw": raw}})

    assert answer == Told(200, {"response": "ordered"})
    assert ran == [{"tea": "Assam", "count": 2, "kind": "loose", "gift": False}]


async def test_the_classic_style_is_told_what_is_missing_as_well(door: Door) -> None:
    answer, ran = await ordered(door, {"function": "classic", "argument": {"parsed": [{"x": 1}]}})

    sentence = f'The argument "tea" is missing: it must be text. {AGAIN}'
    assert (answer, ran) == (Told(200, {"response": sentence}), [])


async def test_the_classic_style_is_given_what_fits(door: Door) -> None:
    answer, ran = await ordered(door, {"function": "classic", "argument": {"raw": '{"tea": 7}'}})

    assert (answer, ran) == (Told(200, {"response": "ordered"}), [{"tea": "7"}])


HIDDEN: dict[str, object] = {"a call": {"call_id": "x"}, "text": "x", "null": None}


@table(HIDDEN)
async def test_the_model_cannot_pass_what_is_injected(case: object, door: Door) -> None:
    seen: list[str | None] = []

    async def look(call: Call) -> str:
        seen.append(call.call_id)
        return "seen"

    door.app = agent = plain()
    agent.define_tool("look", handler=look)
    dialled = await dial(door)
    body = {"function": "look", "call_id": CALL_ID, "argument": {"parsed": [{"call": case}]}}

    assert await door.send(post(dialled.swaig, body)) == Told(200, {"response": "seen"})
    assert seen == [CALL_ID]


def echo(what: str) -> Any:
    return what


def in_result(what: str) -> SwaigFunctionResult:
    return SwaigFunctionResult(what).add_action("say", what).update_global_data({what: what})


def in_dict(what: str) -> JSON:
    return {"response": what, "action": [{"say": what}, {what: [what, (what, 1)]}]}


def in_set(what: str) -> JSON:
    return {"response": "x", "action": [{"say": {what}}]}


def as_error(what: str) -> None:
    raise ToolError(what)


OPEN, SHUT = "${a} %{b} @{c}", "$ {a} % {b} @ {c}"
ECHOES: dict[str, tuple[Any, Any]] = {
    "text": (echo, lambda x: {"response": x}),
    "a list": (lambda what: [what], lambda x: {"response": f'["{x}"]'}),
    "a result": (
        in_result,
        lambda x: {"response": x, "action": [{"say": x}, {"set_global_data": {x: x}}]},
    ),
    "a dict": (in_dict, lambda x: {"response": x, "action": [{"say": x}, {x: [x, [x, 1]]}]}),
    "a set": (in_set, lambda x: {"response": "x", "action": [{"say": [x]}]}),
    "an error": (as_error, lambda x: {"response": x}),
}


@pytest.mark.parametrize("strict", [False, True], ids=["usual", "strict"])
@table(ECHOES)
async def test_what_an_author_replies_passes_through_unless_templates_are_strict(
    case: tuple[Any, Any], strict: bool, door: Door
) -> None:
    reply, expected = case

    async def act(what: str) -> Any:
        return reply(what)

    door.app = agent = plain(strict_templates=strict)
    agent.define_tool("act", handler=act)
    dialled = await dial(door)

    answer = await door.send(post(dialled.swaig, call("act", what=OPEN)))

    assert answer == Told(200, expected(SHUT if strict else OPEN))


MEANT: dict[str, tuple[Any, JSON]] = {
    "text": (lambda: Template("${a}"), {"response": "${a}"}),
    "a result": (lambda: SwaigFunctionResult(Template("${a}")), {"response": "${a}"}),
    "a dict": (
        lambda: {"response": Template("${a}"), "action": [{"say": "${b}"}]},
        {"response": "${a}", "action": [{"say": "$ {b}"}]},
    ),
    "an action": (
        lambda: SwaigFunctionResult("${b}").add_action("say", Template("${a}")),
        {"response": "$ {b}", "action": [{"say": "${a}"}]},
    ),
}


@table(MEANT)
async def test_a_template_is_meant_as_it_is_when_templates_are_strict(
    case: tuple[Any, JSON], door: Door
) -> None:
    act, expected = case
    door.app = agent = plain(strict_templates=True)
    agent.define_tool("act", handler=act)
    dialled = await dial(door)

    assert await door.send(post(dialled.swaig, call("act"))) == Told(200, expected)


@pytest.mark.parametrize("strict", [False, True])
async def test_a_template_is_text_like_any_other(strict: bool, door: Door) -> None:
    def fail() -> None:
        raise ToolError(Template("${a}"))

    door.app = agent = plain(strict_templates=strict)
    agent.define_tool("act", handler=lambda: Template("${a}"))
    agent.define_tool("fail", handler=fail)
    dialled = await dial(door)

    for name in ("act", "fail"):
        answer = await door.send(post(dialled.swaig, call(name)))
        assert answer == Told(200, {"response": "${a}"})
