"""Verbs and parameters that are wrong are refused with agent, path and line."""

from typing import Any

import pytest

from agentkit import SWML, AgentBase, DefinitionError
from agentkit.parameters import CHOICES, FLAGS, NUMBERS, SAMPLING, TEXTS, WHOLE
from agentkit.swml.body import Misfit, Mode, slots_of
from agentkit.verbs import AiParams, PostPrompt
from tests.documents import ai_of, main_of, make
from tests.hostile.agents import table
from tests.hostile.misplaced import Misplaced, check

odd: Any = 5

VERBS = {
    "no url": Misplaced(
        lambda a: a.add_post_answer_verb("play", {}), "main.play", "needs one of url, urls"
    ),
    "both urls": Misplaced(
        lambda a: a.add_pre_answer_verb("play", {"url": "say:a", "urls": ["say:b"]}),
        "main.play",
        "needs one of url, urls",
    ),
    "what cannot be played": Misplaced(
        lambda a: a.add_post_answer_verb("play", {"url": "a.mp3"}),
        "main.play.url",
        "expected https://…, say:text, silence:seconds or ring:[seconds:]country",
    ),
    "too loud": Misplaced(
        lambda a: a.add_post_answer_verb("play", {"url": "say:a", "volume": 41}),
        "main.play.volume",
        "expected `float` <= 40.0",
    ),
    "a body that is none": Misplaced(
        lambda a: a.add_post_ai_verb("transfer", "main"),
        "main.transfer",
        "expected an object, got str",
    ),
    "no destination": Misplaced(
        lambda a: a.add_post_ai_verb("transfer", {}), "main.transfer.dest", "is missing"
    ),
    "two destinations": Misplaced(
        lambda a: a.add_post_ai_verb("connect", {"to": "+1", "serial": []}),
        "main.connect",
        "needs one of to, serial, parallel, serial_parallel",
    ),
    "a destination without an address": Misplaced(
        lambda a: a.add_post_ai_verb("connect", {"parallel": [{"from": "+1"}]}),
        "main.connect.parallel[0].to",
        "is missing",
    ),
    "an encryption that is none": Misplaced(
        lambda a: a.add_post_ai_verb("connect", {"to": "+1", "encryption": "strong"}),
        "main.connect.encryption",
        "Invalid enum value 'strong'",
    ),
    "a jump too often": Misplaced(
        lambda a: a.add_post_ai_verb("goto", {"label": "a", "max": 101}),
        "main.goto.max",
        "expected `int` <= 100",
    ),
    "a jump in a condition": Misplaced(
        lambda a: a.add_post_ai_verb("cond", [{"when": "x", "then": [{"goto": {}}]}]),
        "main.cond[0].then[0].goto.label",
        "is missing",
    ),
    "a condition without what follows": Misplaced(
        lambda a: a.add_post_ai_verb("cond", [{"when": "x"}]),
        "main.cond[0]",
        "needs when and then, or only else",
    ),
    "a nap backwards": Misplaced(
        lambda a: a.add_pre_answer_verb("sleep", {"duration": -2}),
        "main.sleep.duration",
        "expected `int` >= -1",
    ),
    "a message of nothing": Misplaced(
        lambda a: a.add_post_ai_verb("send_sms", {"to_number": "+1", "from_number": "+2"}),
        "main.send_sms",
        "needs body or media",
    ),
    "a conference of one": Misplaced(
        lambda a: a.add_post_ai_verb("join_conference", {"name": "c", "max_participants": 1}),
        "main.join_conference.max_participants",
        "expected `int` >= 2",
    ),
    "a recording of another kind": Misplaced(
        lambda a: a.add_post_answer_verb("record_call", {"format": "ogg"}),
        "main.record_call.format",
        "Invalid enum value 'ogg'",
    ),
    "a request of another kind": Misplaced(
        lambda a: a.add_post_ai_verb("request", {"url": "u", "method": "PATCH"}),
        "main.request.method",
        "Invalid enum value 'PATCH'",
    ),
    "a reason that is none": Misplaced(
        lambda a: a.add_post_ai_verb("hangup", {"reason": "tired"}),
        "main.hangup.reason",
        "Invalid enum value 'tired'",
    ),
    "an answer without end": Misplaced(
        lambda a: a.add_answer_verb({"max_duration": "for ever"}),
        "main.answer.max_duration",
        "expected `int`, got `str`",
    ),
    "a model in the document": Misplaced(
        lambda a: a.set_document({"sections": {"main": [{"ai": {"prompt": {"text": 5}}}]}}),
        "sections.main[0].ai.prompt.text",
        "expected `str`, got `int`",
    ),
    "a jump in the document": Misplaced(
        lambda a: a.set_document({"sections": {"main": [], "x": [{"label": "a"}, {"goto": {}}]}}),
        "sections.x[1].goto.label",
        "is missing",
    ),
}

PARAMS = {
    "no number": Misplaced(
        lambda a: a.set_param("ai_volume", "loud"),
        "ai.params.ai_volume",
        "must be a whole number from -50 to 50, not 'loud'",
    ),
    "too much": Misplaced(
        lambda a: a.set_params({"digit_timeout": 30_001}),
        "ai.params.digit_timeout",
        "must be a whole number from 0 to 30000, not 30001",
    ),
    "a part": Misplaced(
        lambda a: a.set_params({"barge_min_words": 1.5}),
        "ai.params.barge_min_words",
        "must be a whole number from 1 to 99, not 1.5",
    ),
    "a flag for a number": Misplaced(
        lambda a: a.set_params({"end_of_speech_timeout": True}),
        "ai.params.end_of_speech_timeout",
        "must be a whole number from 0 to 10000, not True",
    ),
    "nothing for a number": Misplaced(
        lambda a: a.set_params({"end_of_speech_timeout": None}),
        "ai.params.end_of_speech_timeout",
        "must be a whole number from 0 to 10000, not None",
    ),
    "too loud": Misplaced(
        lambda a: a.set_params({"energy_level": 100.5}),
        "ai.params.energy_level",
        "must be a number from 0 to 100, not 100.5",
    ),
    "not a flag": Misplaced(
        lambda a: a.set_params({"wait_for_user": "maybe"}),
        "ai.params.wait_for_user",
        "must be True or False, not 'maybe'",
    ),
    "not a text": Misplaced(
        lambda a: a.set_params({"static_greeting": ["Hello."]}),
        "ai.params.static_greeting",
        "must be a text, not ['Hello.']",
    ),
    "another choice": Misplaced(
        lambda a: a.set_params({"pom_format": "html"}),
        "ai.params.pom_format",
        "must be one of ('markdown', 'xml'), not 'html'",
    ),
    "too hot": Misplaced(
        lambda a: a.set_prompt_llm_params(temperature=1.6),
        "ai.prompt.temperature",
        "must be a number from 0 to 1.5, not 1.6",
    ),
    "too many": Misplaced(
        lambda a: a.set_post_prompt_llm_params(max_tokens=5_000),
        "ai.post_prompt.max_tokens",
        "must be a number from 0 to 4096, not 5000",
    ),
}


@table({f"{kind}: {name}": case for kind, cases in [("verb", VERBS), ("param", PARAMS)]
        for name, case in cases.items()})  # fmt: skip
def test_it_is_refused_with_agent_path_and_line(case: Misplaced) -> None:
    check(case)


def test_a_recording_of_an_agent_has_a_format() -> None:
    with pytest.raises(DefinitionError) as caught:
        make("Mini", record_call=True, record_format="ogg")
    assert (caught.value.agent, caught.value.path) == ("Mini", "main.record_call.format")


TAKEN: list[tuple[str, Any]] = [
    ("play", "say:hi"),
    ("play", ["say:hi", "say:ho"]),
    ("record_call", {"stereo": "true", "max_length": "60"}),
    ("answer", {"max_duration": "3600", "key_of_next_year": 1}),
    ("answer", {"max_duration": "${vars.limit}"}),
    ("join_conference", "c"),
    ("connect", {"to": "+1", "session_timeout": 0}),
    ("verb_of_next_year", {"a": [1]}),
    ("cond", [{"when": "x", "then": [{"verb_of_next_year": 1}]}]),
]


@pytest.mark.parametrize(("name", "body"), TAKEN, ids=str)
def test_what_the_platform_takes_goes_on_the_wire_as_it_was_written(name: str, body: Any) -> None:
    assert main_of(make().add_post_ai_verb(name, body))[-1] == {name: body}
    document = {"sections": {"main": [{name: body}]}}
    assert main_of(make().set_document(document)) == [{name: body}]


def test_parameters_that_the_platform_takes_go_on_the_wire_as_they_were_written() -> None:
    params = {
        "end_of_speech_timeout": "2500", "wait_for_user": "true", "debug": 1, "cache_mode": 0,
        "attention_timeout": 5000, "inactivity_timeout": 0, "acknowledge_interruptions": 3,
        "background_file_loops": None, "ai_volume": "${vars.volume}", "asr_diarize": "%{x}",
        "parameter_of_next_year": {"a": [1]}, "enable_barge": "complete", "convo": [],
    }  # fmt: skip
    assert ai_of(make().set_params(params))["params"] == params


def fits(name: str, value: Any) -> bool:
    try:
        slots_of(AiParams)[name].read(value, Mode.CHECK, "")
    except Misfit:
        return False
    return True


def taken(name: str, value: Any) -> bool:
    try:
        make().set_param(name, value)
    except DefinitionError:
        return False
    return True


WIDER = {"end_of_speech_timeout", "attention_timeout", "inactivity_timeout"}
"""Parameters of which the manual takes more than the schema."""


@pytest.mark.parametrize("name", sorted(WHOLE.keys() | NUMBERS.keys()))
def test_the_limits_are_those_of_the_typed_parameters(name: str) -> None:
    low, high = {**WHOLE, **NUMBERS}[name]
    for value in (low, high):
        assert taken(name, value)
        assert fits(name, value)
    for value in (low - 1, high + 1):
        assert not taken(name, value)
        assert not fits(name, value) or name in WIDER or abs(value) > 2**50


@pytest.mark.parametrize("name", sorted(FLAGS | TEXTS | CHOICES.keys()))
def test_the_kinds_are_those_of_the_typed_parameters(name: str) -> None:
    right: Any = True if name in FLAGS else CHOICES.get(name, ("a text",))[0]
    assert taken(name, right)
    assert fits(name, right)
    others: list[Any] = [[], {"a": 1}, 1.5]
    for wrong in others:
        assert not taken(name, wrong)
        assert not fits(name, wrong)


def test_every_parameter_but_five_is_checked() -> None:
    unchecked = slots_of(AiParams).keys() - (
        FLAGS | TEXTS | CHOICES.keys() | WHOLE.keys() | NUMBERS.keys()
    )
    assert unchecked == {
        "convo", "enable_barge", "enable_text_normalization", "hard_stop_time",
        "swaig_post_swml_vars",
    }  # fmt: skip


def test_the_limits_of_sampling_are_those_of_the_typed_prompt() -> None:
    slots = slots_of(PostPrompt)
    for name, (low, high) in SAMPLING.items():
        for value in (low, high):
            slots[name].read(value, Mode.CHECK, "")
        for value in (low - 1, high + 1):
            with pytest.raises(Misfit):
                slots[name].read(value, Mode.CHECK, "")


def test_a_typed_document_is_not_judged_again() -> None:
    kept = SWML.parse({"sections": {"main": [{"goto": {}}]}})
    agent: AgentBase = make().set_document(kept)
    assert main_of(agent) == [{"goto": {}}]
