"""Documents written verb by verb."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import SMS, SWML, DefinitionError, FunctionResult
from agentkit.errors import EncodingError
from agentkit.swml.verb import FAMILIES, SMS_FAMILIES, kinds
from agentkit.verbs import AiPrompt, Answer, Condition, Destination, Hangup, Kept, Swaig


def main(swml: SWML) -> list[Any]:
    verbs: list[Any] = swml.to_dict()["sections"]["main"]
    return verbs


def test_verbs_stand_in_the_order_of_their_calls() -> None:
    made = SWML().answer(max_duration=60).play("say:Hello.").sleep(500).hangup("busy")
    assert made.to_dict() == {
        "version": "1.0.0",
        "sections": {
            "main": [
                {"answer": {"max_duration": 60}},
                {"play": {"url": "say:Hello."}},
                {"sleep": 500},
                {"hangup": {"reason": "busy"}},
            ]
        },
    }


def test_a_new_document_has_an_empty_main_section() -> None:
    assert SWML().to_json() == b'{"version":"1.0.0","sections":{"main":[]}}'


def test_sections_are_gone_on_with_by_name() -> None:
    made = SWML().execute("menu").section("menu").label("top").section("main").hangup()
    assert made.to_dict()["sections"] == {
        "main": [{"execute": {"dest": "menu"}}, {"hangup": {}}],
        "menu": [{"label": "top"}],
    }


def test_every_verb_is_a_method_with_the_fields_of_its_struct() -> None:
    for name, kind in kinds(FAMILIES).items():
        if name == "set":
            continue  # it takes its variables by name, too
        given = getattr(SWML, "return_" if name == "return" else name)
        fields = [*inspect.signature(kind).parameters]
        assert [*inspect.signature(given).parameters][1:] == fields, name
        assert given.__doc__ == kind.__doc__
    for name in kinds(SMS_FAMILIES):
        assert callable(getattr(SMS, "return_" if name == "return" else name))


def test_parts_may_be_structs_or_dicts() -> None:
    by_structs = SWML().connect(parallel=[Destination("+1", from_="+2")])
    as_dicts: Any = [{"to": "+1", "from": "+2"}]
    assert main(by_structs) == main(SWML().connect(parallel=as_dicts))


def test_variables_stand_where_numbers_may() -> None:
    made = SWML().answer(max_duration="${vars.limit}").record_call(stereo="%{both}")
    assert main(made) == [
        {"answer": {"max_duration": "${vars.limit}"}},
        {"record_call": {"stereo": "%{both}"}},
    ]


def test_conditions_hold_verbs() -> None:
    made = SWML().cond([Condition("x == 1", [Hangup()]), Condition(else_=[Answer()])])
    assert main(made) == [
        {"cond": [{"when": "x == 1", "then": [{"hangup": {}}]}, {"else": [{"answer": {}}]}]}
    ]


def test_bare_verbs_have_no_keys_of_their_own() -> None:
    made = SWML().set({"a": 1}).unset(["a"]).label("x").return_([1, {"b": None}])
    assert main(made) == [
        {"set": {"a": 1}},
        {"unset": ["a"]},
        {"label": "x"},
        {"return": [1, {"b": None}]},
    ]


def test_variables_may_be_named() -> None:
    assert main(SWML().set({"a": 1}, b=2)) == [{"set": {"a": 1, "b": 2}}]


def test_a_document_can_be_begun_anew() -> None:
    made = SWML().answer().section("x").hangup()
    assert made.reset().answer().to_dict()["sections"] == {"main": [{"answer": {}}]}


def test_an_agent_can_be_written_whole() -> None:
    functions: Any = [{"function": "f", "description": "d", "gates": [{"id": "g"}]}]
    made = SWML().ai(
        AiPrompt(text="You sell tea.", extra={"model": "m"}), SWAIG=Swaig(functions=functions)
    )
    assert main(made) == [
        {
            "ai": {
                "prompt": {"text": "You sell tea.", "model": "m"},
                "SWAIG": {
                    "functions": [{"function": "f", "description": "d", "gates": [{"id": "g"}]}]
                },
            }
        }
    ]


def test_speech_is_played() -> None:
    assert main(SWML().say("Hi.", voice="v", language="de-DE", gender="male", volume=3)) == [
        {
            "play": {
                "url": "say:Hi.",
                "say_voice": "v",
                "say_language": "de-DE",
                "say_gender": "male",
                "volume": 3,
            }
        }
    ]


def test_what_the_tables_do_not_know_can_be_said() -> None:
    made = SWML().verb("if", {"a": 1}).verb("answer").hangup(extra={"later": True})
    assert main(made) == [{"if": {"a": 1}}, {"answer": {}}, {"hangup": {"later": True}}]
    kept, answer, _ = made
    assert kept == Kept({"if": {"a": 1}})
    assert answer == Answer()


def test_a_verb_made_before_can_be_added() -> None:
    assert main(SWML().add(Answer(codecs="OPUS"))) == [{"answer": {"codecs": "OPUS"}}]


def test_text_messages_have_their_own_verbs() -> None:
    made = SMS().receive().reply("Thanks.").section("more").request("https://e.com").return_(1)
    assert made.to_dict()["sections"] == {
        "main": [{"receive": {}}, {"reply": "Thanks."}],
        "more": [{"request": {"url": "https://e.com"}}, {"return": 1}],
    }
    assert SMS().verb("answer").to_dict()["sections"]["main"] == [{"answer": {}}]
    cases: Any = {"a": [{"reply": "b"}]}
    rest = SMS().execute("d").transfer("https://e.com").switch("x", cases).goto("l").label("l")
    assert len([*rest]) == 5


def test_a_document_can_be_an_answer() -> None:
    result = FunctionResult("Goodbye.").execute_swml(SWML().hangup(), transfer=True)
    assert result.action[0]["SWML"] == SWML().hangup().to_dict()


def test_nothing_that_is_handed_out_is_the_documents_own() -> None:
    made = SWML().set({"a": [1]})
    made.to_dict()["sections"]["main"].clear()
    made.sections["main"].clear()
    main(made)[0]["set"]["a"].append(2)
    assert main(made) == [{"set": {"a": [1]}}]


def test_what_an_author_keeps_does_not_change_the_document() -> None:
    values = {"a": [1]}
    made = SWML().set(values)
    values["a"].append(2)
    assert main(made) == [{"set": {"a": [1]}}]


WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (lambda d: d.goto("x", max=101), "goto.max: expected `int` <= 100"),
    (lambda d: d.goto(5), "goto.label: expected `str`, got `int`"),
    (lambda d: d.answer(max_duration="60"), "answer.max_duration: expected `int`, got `str`"),
    (lambda d: d.play(), "play: needs one of url, urls"),
    (lambda d: d.play("a.mp3"), "play.url: expected https://…, say:text"),
    (lambda d: d.connect(), "connect: needs one of to, serial"),
    (lambda d: d.connect("+1", serial=[]), "connect: needs one of to, serial"),
    (lambda d: d.connect(serial=[{"from": "+1"}]), "connect.serial[0].to: is missing"),
    (lambda d: d.cond([{"when": "x"}]), "cond.cases[0]: needs when and then"),
    (lambda d: d.send_sms("+1", "+2"), "send_sms: needs body or media"),
    (lambda d: d.join_conference("c", max_participants=1), "join_conference.max_participants"),
    (lambda d: d.ai({"text": "x", "top_p": 2}), "ai.prompt.top_p: expected `float` <= 1"),
    (lambda d: d.ai("x"), "ai.prompt: expected an object, got str"),
    (lambda d: d.verb("goto", {}), "goto.label: is missing"),
    (lambda d: d.verb("", {}), "a verb needs a name"),
    (lambda d: d.verb("goto", 5), "goto: expected an object, got int"),
    (lambda d: d.section(""), "a section needs a name"),
    (lambda d: d.add({"answer": {}}), "add takes a verb"),
    (lambda d: d.say(5), "say takes a text"),
    (lambda d: d.sleep(0.5), "sleep.duration: expected `int`"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_a_mistake_is_refused_where_it_is_made(change: Callable[[Any], Any], said: str) -> None:
    made = SWML()
    with pytest.raises(DefinitionError) as caught:
        change(made)
    assert said in str(caught.value)
    assert main(made) == []


def test_what_is_no_json_is_refused_when_it_is_written() -> None:
    with pytest.raises(EncodingError):
        SWML().set({"a": object()}).to_json()
