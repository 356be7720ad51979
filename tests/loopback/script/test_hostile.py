"""Strange documents: each ends in the way that the table says, none with a traceback."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.errors import CallError
from agentkit.loopback.script.machine import MAX_PERFORMED
from agentkit.loopback.webhook import Answer
from tests.loopback.script.scripts import Played, document, say

URL = "https://example.com/next"
GOTO = {"goto": {"label": "a"}}


def nested(verb: dict[str, Any], depth: int) -> dict[str, Any]:
    for _ in range(depth):
        verb = {"cond": [{"when": "true", "then": [verb]}]}
    return verb


def lists(depth: int) -> bytes:
    return b'{"sections":{"main":' + b"[" * depth + b"]" * depth + b"}}"


UNUSABLE: dict[str, object] = {
    "nothing": b"",
    "white space": b"  \n ",
    "a number": b"7",
    "a text": b'"main"',
    "null": b"null",
    "an array": b"[]",
    "an array of documents": [document()],
    "cut JSON": b'{"sections": {"main": [',
    "bytes that are no text": b'{"sections": {"main": ["\xff\xfe"]}}',
    "half a surrogate pair": b'{"sections": {"main": ["\\ud800"]}}',
    "nulls before": b"\x00\x00{}",
    "HTML": b"<html><body>502 Bad Gateway</body></html>",
    "no sections": {"version": "1.0.0"},
    "sections that are null": {"sections": None},
    "sections that are an array": {"sections": [["main"]]},
    "no main": {"sections": {"other": []}},
    "nested as deep as a pit": lists(200_000),
    "nested a little too deep": lists(130),
    "YAML that holds itself": b"sections: &a\n  main: [*a]\n",
    "YAML that grows by aliases": b"sections:\n  main:\n"
    + b"".join(
        b"    - &a%d [%s]\n" % (at, b",".join([b"*a%d" % (at - 1)] * 9) if at else b"x")
        for at in range(9)
    ),
    "YAML that makes objects": b"sections: !!python/object/apply:os.system ['true']",
    "YAML with tabs": b"sections:\n\tmain: []",
    "YAML nested too deep": b"sections: {main: " + b"[" * 200 + b"]" * 200 + b"}",
    "YAML nested as deep as a pit": b"[" * 3000 + b"]" * 3000,
    "a document of Python": {"sections": {"main": [{"set": {"a": object()}}]}},
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_document_of_no_use_is_a_call_error(name: str) -> None:
    with pytest.raises(CallError):
        Played(UNUSABLE[name], {})


# Verbs of main, how the script ends, and what the last warning says ("" when there is none).
STRANGE: dict[str, tuple[list[Any], str, str]] = {
    "a verb that does not exist": ([{"dance": {}}], "error", '"dance" is not defined'),
    "a verb without a name": ([{"": {}}], "error", '"" is not defined'),
    "a number for a verb": ([7], "error", '"" is not defined'),
    "null for a verb": ([None], "error", '"" is not defined'),
    "an array for a verb": ([[{"answer": {}}]], "error", '"" is not defined'),
    "an empty object for a verb": ([{}], "error", '"" is not defined'),
    "two verbs in one object": ([{"answer": {}, "hangup": {}}], "error", '"" is not defined'),
    "a text for a verb": (["answer"], "finished", "wanted an object with the verb"),
    "a text that is no verb": (["sing"], "error", '"" is not defined'),
    "a body that is null": ([{"answer": None}], "finished", "null, wanted a body"),
    "a label twice": ([{"label": "a"}, {"label": "a"}], "finished", ""),
    "a label that is an object": ([{"label": {"name": "a"}}], "finished", "wanted a text"),
    "a goto in a circle": ([{"label": "a"}, GOTO], "finished", ""),
    "gotos in circles": ([{"label": "a"}, {"label": "b"}, {"goto": {"label": "b"}}, GOTO],
                         "finished", ""),
    "a hundred gotos": ([{"label": "a"}, *[{"goto": {"label": "a"}} for _ in range(100)]],
                        "error", f"more than {MAX_PERFORMED} verbs"),
    "a goto without a label": ([{"goto": {}}], "error", 'Label "" is not defined'),
    "a goto to nowhere": ([{"goto": {"label": "x"}}], "error", 'Label "x" is not defined'),
    "a goto that is a text": ([{"goto": "x"}], "error", 'Label "x" is not defined'),
    "a goto with a strange max": ([{"label": "a"}, {"goto": {"label": "a", "max": []}}],
                                  "finished", "wanted an integer"),
    "a goto without end": ([{"label": "a"}, {"goto": {"label": "a", "max": 1e308}}],
                           "finished", "is not between 1 and 100"),
    "a cond that is no array": ([{"cond": {"when": "true"}}], "finished", "wanted an array"),
    "a cond of numbers": ([{"cond": [1, None, []]}], "finished", "wanted an object"),
    "a cond without then": ([{"cond": [{"when": "true"}]}], "finished", "has no `then`"),
    "a cond with a number to do": ([{"cond": [{"when": "true", "then": 5}]}],
                                   "error", '"" is not defined'),
    "a condition that is an object": ([{"cond": [{"when": {}, "then": [say("x")]}]}],
                                      "finished", "wanted a text"),
    "a condition that is no JavaScript": ([{"cond": [{"when": "((", "then": []}]}],
                                          "finished", "SyntaxError"),
    "a condition without end": ([{"cond": [{"when": "for(;;);", "then": []}]}],
                                "finished", "interrupted"),
    "a condition as long as a book": ([{"cond": [{"when": "1+" * 5000 + "1", "then": []}]}],
                                      "finished", "longer than 1023 characters"),
    "conditions nested deep": ([nested({"dance": {}}, 30)], "error", '"dance" is not defined'),
    "a switch without a variable": ([{"switch": {"case": {}}}], "finished", "has no variable"),
    "a switch that is a text": ([{"switch": "a"}], "finished", "has no variable"),
    "a switch on an object": ([{"switch": {"variable": "call", "case": []}}],
                              "finished", "wanted an object"),
    "a switch on JavaScript": ([{"switch": {"variable": "throw 1", "case": {}}}],
                               "finished", "${throw 1}: 1"),
    "a set that is an array": ([{"set": [1]}], "finished", "wants an object"),
    "a set of an empty name": ([{"set": {"": 1, ".": 2, "a..b": 3, "vars.": 4}}], "finished", ""),
    "a set of braces": ([{"set": {"a": "${", "b": "%{}", "c": "${${}}", "d": "}${'}'}{"}}],
                        "finished", "SyntaxError"),
    "a set of a prototype": ([{"set": {"__proto__": {"a": 1}, "b": "${({}).a}"}}],
                             "finished", ""),
    "a set that doubles": ([{"set": {"a": "xx"}}, {"label": "a"},
                            {"set": {"a": "${vars.a}${vars.a}"}}, {"goto": {"label": "a"}}],
                           "error", "larger than"),
    "a set that doubles in arrays": ([{"label": "a"}, {"set": {"a": ["${a}", "${a}"]}}, GOTO],
                                     "error", "larger than"),
    "a set that doubles in JavaScript": ([{"set": {"a": "x"}}, {"label": "a"},
                                          {"set": {"a": "${vars.a + vars.a}"}}, GOTO],
                                         "finished", "larger than"),
    "a set that nests": (
        [{"label": "a"}, {"set": {"a": {"b": "${a}"}}}, GOTO],
        "error",
        "100 levels",
    ),
    "sets that fill the memory": ([{"set": {"x": "x" * 900_000}},
                                   *[{"set": {f"v{at}": "${x} ${x.length}"}} for at in range(99)]],
                                  "error", "larger than"),
    "an unset of numbers": ([{"unset": [1, None, {}]}], "finished", "wanted a text"),
    "an execute of itself": ([{"execute": {"dest": "main"}}], "error", "nests deeper than 256"),
    "an execute of nothing": ([{"execute": {}}], "error", 'Section "" is not defined'),
    "an execute of a number": ([{"execute": {"dest": 5}}], "error", 'Section "5" is not defined'),
    "an execute that is a text": ([{"execute": "x"}], "error", 'Section "x" is not defined'),
    "an execute of cut JSON": ([{"execute": {"dest": "{"}}], "error", "is not JSON"),
    "an execute of a document": ([{"execute": {"dest": document(say("x"))}}],
                                 "finished", "wanted a text"),
    "an execute with strange params": ([{"execute": {"dest": "s", "params": [1]}}],
                                       "finished", "wanted an object"),
    "results that are numbers": ([{"execute": {"dest": "s", "result": 5, "on_return": 6}}],
                                 "error", '"" is not defined'),
    "a transfer in a circle": ([{"transfer": {"dest": "main"}}], "error", "more than 32 transfers"),
    "a transfer to a text": ([{"transfer": "s"}], "finished", "wanted an object"),
    "a transfer to a URL that leads back": ([{"transfer": {"dest": URL}}],
                                            "error", "more than 32 transfers"),
    "a sleep of an eternity": ([{"sleep": 1e308}], "finished", ""),
    "a URL that quotes the last one": (
        [{"request": {"url": "${vars}", "method": "BREW"}}, {"transfer": {"dest": "main"}}],
        "error",
        "larger than",
    ),
    "variables that share": (
        [{"set": {"x": "x" * 900_000}}, *[{"set": {f"v{at}": "${x}"}} for at in range(9)],
         {"set": {"y": "${x.length + 1}"}}],
        "error",
        "larger than 4000000 characters",
    ),
    "a set of everything in a circle": (
        [{"label": "a"}, {"set": {"a": "${vars}", "b": "${vars}"}}, GOTO],
        "error",
        "larger than",
    ),
    "a return of everything": ([{"return": "${vars}"}], "finished", ""),
    "a sleep of a day in a circle": ([{"answer": {}}, {"label": "a"}, {"sleep": 86_400_000}, GOTO],
                                     "max_duration", ""),
    "a sleep of a text": ([{"sleep": "soon"}], "finished", "wanted an integer"),
    "a sleep of 10**400": ([{"sleep": "1e400"}], "finished", "wanted an integer"),
    "a play of nothing": ([{"play": {}}], "finished", "has nothing to play"),
    "a play of an empty array": ([{"play": {"urls": []}}], "finished", "has nothing to play"),
    "a play of numbers": ([{"play": {"urls": [1, {}, None]}}], "finished", "cannot play ''"),
    "a play that is a text": ([{"play": "say:Hello"}], "finished", "wanted an object"),
    "a silence without end": ([{"play": {"url": "silence:1e99"}}], "max_duration", ""),
    "a silence of a word": ([{"play": {"url": "silence:long"}}], "finished", ""),
    "a ring of everywhere": ([{"play": {"url": "ring:-1:everywhere!"}}], "finished", "cannot play"),
    "a prompt without a question": ([{"prompt": {}}], "finished", "has no play"),
    "a prompt that is a number": ([{"prompt": 1}], "finished", "has no parameters"),
    "a connect to nobody": ([{"connect": {}}], "finished", "has no to"),
    "a connect that is an array": ([{"connect": []}], "finished", "has no parameters"),
    "a hangup that is a number": ([{"hangup": 5}], "hangup", "wanted an object"),
    "a hangup for no reason": ([{"hangup": {"reason": ["x"]}}], "hangup", "wanted a text"),
    "an ai verb without a prompt": ([{"ai": {}}], "finished", "has no prompt"),
    "a request to nowhere": ([{"request": {}}], "finished", "has no URL"),
    "a request that is a text": ([{"request": "x"}], "finished", "has no URL"),
    "a request with a strange method": ([{"request": {"url": URL, "method": "BREW"}}],
                                        "finished", "has no method 'BREW'"),
    "a request with strange parts": (
        [{"request": {"url": URL, "method": "POST", "headers": [1], "body": 7}}],
        "finished", "the number 7, wanted a text"),
    "an SMS to nobody": ([{"send_sms": {}}], "finished", "has no to_number"),
    "an answer for a strange time": ([{"answer": {"max_duration": "x"}}],
                                     "finished", "wanted an integer"),
    "ten thousand verbs": ([{"set": {"a": 1}}] * (MAX_PERFORMED + 1), "error", "more than"),
    "a megabyte of text": ([say("x" * 1_000_000)], "finished", ""),
    "fifty thousand references": ([say("${a}" * 50_000)], "finished", ""),
    "a thousand wrong fields": ([{"answer": {f"f{at}": at for at in range(1000)}}],
                                "finished", "unknown field"),
}  # fmt: skip

BACK = _json.encode(document({"transfer": {"dest": URL}}))


@pytest.mark.parametrize("name", STRANGE)
async def test_a_strange_script_ends_as_the_table_says(name: str) -> None:
    verbs, ended, warning = STRANGE[name]
    played = Played(document(*verbs, s=[]), {URL: Answer(200, BACK)})
    assert await played.machine.proceed() is None
    assert played.machine.ended == ended
    assert warning in (played.warnings or [""])[-1]


async def test_variables_that_are_too_large_when_it_goes_on_end_the_script() -> None:
    shared = [{"set": {f"v{at}": "${x}"}} for at in range(9)]
    result = [{"when": "1 + 1", "then": [say("never")]}]
    played = Played(
        document(
            {"set": {"x": "x" * 900_000}}, *shared, {"connect": {"to": "+1", "result": result}}
        ),
        {},
    )
    assert await played.machine.proceed() is not None
    played.machine.resume({"connect_result": "connected"})
    assert await played.machine.proceed() is None
    assert (played.machine.ended, played.heard) == ("error", [])


def test_the_tables_are_long_enough() -> None:
    assert len(UNUSABLE) + len(STRANGE) >= 60
