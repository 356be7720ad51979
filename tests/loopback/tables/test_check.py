"""What the tables say against documents."""

from typing import Any

import pytest

from agentkit.loopback.tables.check import MAX_FINDINGS, check_document


def verb(name: str, body: Any) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": [{name: body}]}}


def ai(**fields: Any) -> dict[str, Any]:
    return verb("ai", {"prompt": {"text": "x"}, **fields})


def prompt(**fields: Any) -> dict[str, Any]:
    return verb("ai", {"prompt": fields})


def function(**fields: Any) -> dict[str, Any]:
    return ai(SWAIG={"functions": [{"function": "f", "description": "d", **fields}]})


def steps(*of: Any, **context: Any) -> dict[str, Any]:
    return prompt(text="x", contexts={"default": {"steps": list(of), **context}})


def action(value: Any) -> dict[str, Any]:
    return function(data_map={"output": {"response": "r", "action": value}})


PARAMETERS = {
    "type": "object",
    "properties": {
        "a": {"type": "string", "enum": ["x"], "format": "date_time"},
        "b": {"type": "array", "items": {"type": "object", "properties": {}}},
        "c": {"anyOf": [{"type": "number"}, {"type": "null", "description": "none"}]},
        "d": {"const": 5},
    },
    "required": ["a"],
}

RIGHT: dict[str, dict[str, Any]] = {
    "no version": {"sections": {"main": []}},
    "other sections": {"sections": {"main": [{"label": "a"}], "b": [{"return": None}]}},
    "variables": verb("answer", {"max_duration": "${vars.n}"}),
    "a variable for a word": verb("hangup", {"reason": "%{why}"}),
    "a variable flag": verb("record", {"stereo": "${vars.stereo}"}),
    "a variable address": verb("play", {"url": "${file}"}),
    "several addresses": verb("play", {"urls": ["say:x", "ring:us", "silence:1"]}),
    "nested verbs": verb("cond", [{"when": "1", "then": [{"hangup": {}}]}, {"else": []}]),
    "a switch": verb("switch", {"variable": "a", "case": {"1": [{"answer": {}}]}, "default": []}),
    "a result of conditions": verb("connect", {"to": "+1", "result": [{"else": []}]}),
    "a result of cases": verb("connect", {"to": "+1", "result": {"case": {}}}),
    "serial destinations": verb("connect", {"serial": [{"to": "+1"}]}),
    "serial parallel": verb("connect", {"serial_parallel": [[{"to": "+1"}]]}),
    "a confirmation": verb("connect", {"to": "+1", "confirm": [{"play": {"url": "say:x"}}]}),
    "a sleep": verb("sleep", 5),
    "a sleep of an object": verb("sleep", {"duration": -1}),
    "names to unset": verb("unset", ["a"]),
    "an action in a word": verb("live_transcribe", {"action": "stop"}),
    "a start": verb(
        "live_translate",
        {"action": {"start": {"from_lang": "a", "to_lang": "b", "direction": []}}},
    ),
    "unknown parameters": ai(params={"of_tomorrow": 1}),
    "no loops": ai(params={"background_file_loops": None}),
    "no timeout": ai(params={"inactivity_timeout": 0}),
    "a POM": prompt(pom=[{"title": "t", "bullets": ["a"], "subsections": [{"body": "b"}]}]),
    "steps": steps({"name": "a", "text": "x", "functions": "none"}),
    "what the platform takes": steps(
        {"name": "a", "text": "x", "gather_info": {"questions": [{"key": "k", "question": "q"}]}},
        initial_step="a",
    ),
    "parameters": function(parameters=PARAMETERS),
    "one action": action({"say": "x"}),
    "an action that moves": action([{"SWML": verb("hangup", {}), "transfer": "true"}]),
    "an hour of hold": action([{"hold": "5m"}]),
    "languages": ai(languages=[{"name": "n", "code": ["en", "de"], "voice": "v"}]),
    "a hint": ai(hints=["a", {"hint": "a", "pattern": "b", "replace": "c"}]),
    "a sidecar": verb("ai_sidecar", {"lang": "en-US", "prompt": {"file": "x"}}),
    "a remote procedure": verb("execute_rpc", {"method": "dial"}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_against_what_is_right(name: str) -> None:
    assert check_document(RIGHT[name]) == ()


# The document, the path below the section `main`, the words, and whether the platform takes it.
WRONG: dict[str, tuple[dict[str, Any], str, str, bool]] = {
    "no document": ({}, "sections", "has no section `main`", False),
    "another version": ({"version": "2", "sections": {"main": []}}, "version", "1.0.0", False),
    "a field beside": ({"sections": {"main": []}, "x": 1}, "x", "unknown field", False),
    "a section of no verbs": ({"sections": {"main": {}}}, "sections.main",
                              "an object, wanted an array of verbs", False),
    "a verb of two": ({"sections": {"main": [{"a": 1, "b": 2}]}}, "sections.main[0]",
                      "2 keys, wanted an object with one verb", False),
    "a misspelt verb": (verb("asnwer", {}), "[0]", "`answer` is one", False),
    "a misspelt field": (verb("answer", {"max_durations": 1}), "[0].answer.max_durations",
                         "unknown field; `max_duration` is one", False),
    "a field unlike any": (verb("answer", {"zzz": 1}), "[0].answer.zzz", "unknown field", False),
    "a verb as text": ({"sections": {"main": ["hangup"]}}, "[0]", '"hangup" is a text', True),
    "no body": (verb("hangup", None), "[0].hangup", "null, wanted a body", True),
    "a body of text": (verb("answer", "x"), "[0].answer", "wanted an object", False),
    "a play of text": (verb("play", "say:x"), "[0].play", "wanted an object", True),
    "a field that is needed": (verb("goto", {}), "[0].goto", "has no `label`", False),
    "neither of two": (verb("play", {}), "[0].play", "has none of `url`, `urls`", False),
    "both of two": (verb("play", {"url": "say:a", "urls": []}), "[0].play",
                    "has url and urls of", False),
    "none of some": (verb("send_sms", {"to_number": "1", "from_number": "2"}), "[0].send_sms",
                     "has none of `body`, `media`", False),
    "a text for a number": (verb("answer", {"max_duration": "60"}), "[0].answer.max_duration",
                            'the text "60", wanted an integer', True),
    "a word for a number": (verb("answer", {"max_duration": "long"}), "[0].answer.max_duration",
                            'the text "long", wanted an integer', False),
    "a fraction": (verb("answer", {"max_duration": 1.5}), "[0].answer.max_duration",
                   "1.5 is no integer", True),
    "true for a number": (verb("sleep", True), "[0].sleep", "true, wanted an integer", True),
    "an endless number": (verb("sleep", "1e999"), "[0].sleep", "wanted an integer", False),
    "a number too large": (verb("goto", {"label": "a", "max": 101}), "[0].goto.max",
                           "101 is not between 1 and 100", False),
    "a number too small": (verb("sleep", -2), "[0].sleep", "-2 is not at least -1", False),
    "a variable where none may be": (prompt(text="x", max_tokens="${n}"),
                                     "[0].ai.prompt.max_tokens", "a variable", True),
    "a text for a flag": (verb("record", {"stereo": "true"}), "[0].record.stereo",
                          'the text "true", wanted true or false', True),
    "a number for a flag": (verb("record", {"beep": 1}), "[0].record.beep", "the number 1", True),
    "a word for a flag": (verb("record", {"beep": "loud"}), "[0].record.beep", '"loud"', False),
    "an array for a flag": (verb("record", {"beep": []}), "[0].record.beep", "an array", False),
    "another number for a flag": (verb("record", {"beep": 7}), "[0].record.beep",
                                  "the number 7", False),
    "a number for a text": (verb("send_digits", {"digits": 12}), "[0].send_digits.digits",
                            "the number 12, wanted a text", True),
    "null for a text": (verb("send_digits", {"digits": None}), "[0].send_digits.digits",
                        "null, wanted a text", False),
    "another word": (verb("hangup", {"reason": "tired"}), "[0].hangup.reason",
                     '"tired" is none of `hangup`, `busy`, `decline`', False),
    "another scheme": (verb("play", {"url": "hello.mp3"}), "[0].play.url", "begins with", False),
    "one for several": (verb("unset", 5), "[0].unset", "wanted a text", True),
    "one address for several": (verb("play", {"urls": "say:x"}), "[0].play.urls",
                                "wanted an array", True),
    "headers that are an object": (verb("connect", {"to": "+1", "headers": {}}),
                                   "[0].connect.headers", "an object, wanted an array", False),
    "a verb that may not confirm": (verb("connect", {"to": "+1", "confirm": [{"ai": {}}]}),
                                    "[0].connect.confirm[0]", '"ai" may not stand here', False),
    "verbs deep inside": (verb("cond", [{"when": "1", "then": [{"play": {"url": 5}}]}]),
                          "[0].cond[0].then[0].play.url", "the number 5", True),
    "a table of no verbs": (verb("switch", {"variable": "a", "case": []}), "[0].switch.case",
                            "an array, wanted an object", False),
    "no default context": (prompt(text="x", contexts={"a": {"steps": []}}),
                           "[0].ai.prompt.contexts", "has no `default`", False),
    "a step called next": (steps({"name": "next", "text": "x"}),
                           "[0].ai.prompt.contexts.default.steps[0].name", "may not be", False),
    "an empty POM": (prompt(pom=[]), "[0].ai.prompt.pom", "has 0 items, wanted at least 1", False),
    "too many codes": (ai(languages=[{"name": "n", "code": ["a"] * 4, "voice": "v"}]),
                       "[0].ai.languages[0].code", "has 4 items, wanted between 0 and 3", False),
    "a section with a title": (prompt(pom=[{"title": "t"}]), "[0].ai.prompt.pom[0]",
                               "has none of `body`, `bullets`", False),
    "a foreign keyword": (
        function(parameters={"type": "object", "properties": {"a": {"type": "string",
                                                                    "minLength": 1}}}),
        "[0].ai.SWAIG.functions[0].parameters.properties.a.minLength", "unknown field", False),
    "a format with a dash": (
        function(parameters={"type": "object", "properties": {"a": {"type": "string",
                                                                    "format": "date-time"}}}),
        "[0].ai.SWAIG.functions[0].parameters.properties.a.format", "is none of", False),
    "no description": (ai(SWAIG={"functions": [{"function": "f"}]}), "[0].ai.SWAIG.functions[0]",
                       "has no `description`", False),
    "two actions in one": (action([{"say": "x", "stop": True}]),
                           "[0].ai.SWAIG.functions[0].data_map.output.action[0]",
                           "has 2 keys, wanted one", False),
    "a document inside": (action({"SWML": {"sections": {"main": [{"dance": 1}]}}}),
                          "[0].ai.SWAIG.functions[0].data_map.output.action.SWML.sections.main[0]",
                          "is no verb", False),
    "no loops in words": (ai(params={"background_file_loops": {}}),
                          "[0].ai.params.background_file_loops", "an object, wanted", False),
    "a misspelt parameter": (ai(params={"a_new_one": 1, "end_of_speech_timout": 500}),
                             "[0].ai.params.end_of_speech_timout",
                             "unknown field; `end_of_speech_timeout` is one", False),
    "a timeout between": (ai(params={"inactivity_timeout": 5}),
                          "[0].ai.params.inactivity_timeout", "5 is not", False),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_the_tables_do_not_have_is_found_with_its_path(name: str) -> None:
    document, path, words, taken = WRONG[name]
    finding = check_document(document)[0]
    path = f"sections.main{path}" if path.startswith("[") else path
    assert finding.path == path
    assert words in finding.text
    assert finding.taken is taken


def test_at_most_a_hundred_things_are_said_against_a_document() -> None:
    found = check_document(verb("answer", {f"x{at}": 1 for at in range(500)}))
    assert len(found) == MAX_FINDINGS


def test_of_fields_that_may_stand_beside_the_first_hundred_are_compared() -> None:
    many = {f"{at}": 1 for at in range(MAX_FINDINGS)}
    assert check_document(ai(params={**many, "wait_for_users": True})) == ()


def test_conditions_that_nest_deep_are_checked_in_one_pass() -> None:
    inner: list[Any] = [{"dance": {}}]
    for _ in range(40):
        inner = [{"cond": [{"when": "1", "then": [], "else": inner}]}]
    assert len(check_document({"sections": {"main": inner}})) == 1
