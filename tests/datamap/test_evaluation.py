"""A data map is answered here as the platform answers it: in its order, with its quirks."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest

from agentkit import DefinitionError, FunctionResult
from agentkit.datamap import (
    Answers,
    DataMap,
    Evaluation,
    TransportError,
    WebhookReply,
    WebhookRequest,
    evaluate,
    patterns,
    phones,
    webhooks,
)
from agentkit.errors import EvaluationError

JSON = dict[str, Any]
URL = "https://api.example/w"
CALL: JSON = {
    "global_data": {"key": "k1", "caller": "Robin"},
    "prompt_vars": {"time_of_day": "morning"},
    "call_id": "c-1",
}


def said(text: str) -> FunctionResult:
    return FunctionResult(text)


async def ask(
    data_map: DataMap | Mapping[str, Any], args: JSON | None = None, answers: JSON | None = None
) -> Evaluation:
    return await evaluate(data_map, args, Answers(answers or {}), data=CALL, clock=lambda: 1.8e9)


# Expressions ---------------------------------------------------------------------------------


def commands() -> DataMap:
    made = DataMap("media").expression("${args.do}", "start|play", said("Playing ${args.do}."))
    made.expression("${args.do}", "/STOP/", said("Loud.")).expression(
        "${args.do} ${time_of_day}", "^stop morning$", said("Stopped.").hangup()
    )
    return made.fallback_output(said("What is ${args.do}, ${prompt_vars.time_of_day}?"))


MATCHES = {
    "the first that is found": ("Now PLAY!", "Playing Now PLAY!.", "expressions[0].output"),
    "with regard to case": ("STOP", "Loud.", "expressions[1].output"),
    "without regard to case": ("stop", "Stopped.", "expressions[2].output"),
    "none": ("sing", "What is sing, morning?", "output"),
}


@pytest.mark.parametrize(("do", "response", "source"), MATCHES.values(), ids=MATCHES)
async def test_the_first_expression_that_matches_answers(
    do: str, response: str, source: str
) -> None:
    outcome = await ask(commands(), {"do": do})
    assert (outcome.response, outcome.source) == (response, source)
    assert outcome.request is None


async def test_an_answer_has_its_actions() -> None:
    assert (await ask(commands(), {"do": "stop"})).actions == [{"hangup": True}]
    assert (await ask({"output": {"action": {"stop": True}}})).actions == [{"stop": True}]
    assert (await ask(commands(), {"do": "play"})).actions == []


async def test_what_does_not_match_may_answer_as_well() -> None:
    made = DataMap("m").expression("${args.n}", r"^\d+$", said("A number."), said("No number."))
    made.expression("${args.n}", ".", said("never"))
    assert (await ask(made, {"n": "12"})).response == "A number."
    outcome = await ask(made, {"n": "x"})
    assert (outcome.response, outcome.source) == ("No number.", "expressions[0].nomatch-output")


PATTERNS = {
    "anywhere": ("b", "abc", True),
    "case": ("B", "abc", True),
    "delimited": ("/B/", "abc", False),
    "delimited with a flag": ("/B/i", "abc", True),
    "dot and line": ("a.b", "a\nb", False),
    "dot and line with a flag": ("/a.b/s", "a\nb", True),
    "lines": ("/^b$/m", "a\nb", True),
    "flags of others": ("/b/iugz", "aB", True),
    "slashes within": ("/a/b/", "a/b", True),
    "a path": ("/etc/x-1", "see /ETC/X-1", True),
    "a slash": ("/", "a/b", True),
    "lookahead": ("^(?=.*b)a", "ab", True),
    "lookbehind": ("(?<!a)b", "ab", False),
    "possessive": ("a++b", "aab", True),
    "recursion": (r"^(\((?1)*\))$", "(()())", True),
    "classes": ("[[:digit:]]", "a1", True),
    "beyond ASCII": ("É", "é", True),
}


@pytest.mark.parametrize(("pattern", "text", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_is_read_as_the_platform_reads_it(
    pattern: str, text: str, expected: bool
) -> None:
    assert patterns.found(pattern, text) is expected


async def test_a_pattern_that_is_wrong_is_told() -> None:
    made = DataMap("m").expression("${args.a}", "(", said("x"))
    with pytest.raises(EvaluationError, match=r"the pattern '\(' is wrong: missing \)"):
        await ask(made, {"a": "b"})


def test_a_pattern_that_explodes_is_stopped() -> None:
    with pytest.raises(EvaluationError, match=r"took more than 0\.05 s"):
        patterns.found(r"(\w+)\s?\1+$", "ab" * 10_000 + "!", seconds=0.05)


@pytest.mark.parametrize(
    ("module", "use", "package"),
    [
        ("regex", lambda: patterns.found("a", "a"), "regex"),
        ("phonenumbers", lambda: phones.formatted("1"), "phonenumbers"),
    ],
)
def test_a_package_that_is_missing_is_named(
    module: str, use: Callable[[], object], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DefinitionError, match=rf"{package} package: .*agentkit-swml\[datamap\]"):
        use()


# Webhooks ------------------------------------------------------------------------------------


def weather() -> DataMap:
    made = DataMap("weather").webhook("GET", f"{URL}?q=${{enc:args.city}}&k=${{global_data.key}}")
    made.output(said("${temp} in ${input.args.city} for ${global_data.caller} ${args.city}"))
    return made.error_keys(["error"]).fallback_output(said("No weather for ${args.city}."))


ASKED = f"{URL}?q=New%20York&k=k1"


async def test_a_webhook_is_asked_and_its_reply_fills_the_output() -> None:
    outcome = await ask(weather(), {"city": "New York"}, {ASKED: {"temp": 5, "args": "gone"}})
    assert outcome.response == "5 in New York for Robin "
    assert outcome.source == "webhooks[0].output"
    assert outcome.reply == {"temp": 5, "args": "gone"}
    assert outcome.unresolved == ("args.city",)
    assert outcome.request == WebhookRequest(
        "GET", ASKED, {"User-Agent": "SignalWire-CallFabric/1.0"}
    )
    assert outcome.request.json() is None


FAILURES: dict[str, tuple[Any, str]] = {
    "an error key": ({"error": None}, "error"),
    "no reply": (TransportError("gone"), "protocol_error"),
    "no connection": (ConnectionRefusedError(), "protocol_error"),
    "a deadline": (TimeoutError(), "protocol_error"),
    "no json": (WebhookReply(b"<html>"), "parse_error"),
    "nothing": (WebhookReply(b""), "parse_error"),
    "a number": (WebhookReply(b"5"), "parse_error"),
    "no json with a status": (WebhookReply(b"", 503), "parse_error"),
}


@pytest.mark.parametrize(("reply", "failure"), FAILURES.values(), ids=FAILURES)
async def test_a_failed_webhook_leaves_the_answer_to_the_output(reply: Any, failure: str) -> None:
    outcome = await ask(weather(), {"city": "New York"}, {ASKED: reply})
    assert (outcome.response, outcome.source) == ("No weather for New York.", "output")
    assert outcome.failure == failure


async def test_without_an_output_the_platform_has_a_sentence_of_its_own() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("x")).global_error_keys(["bad"])
    outcome = await ask(made, {}, {URL: {"bad": 0}})
    assert outcome.response == "There was an error processing this request."
    assert (outcome.source, outcome.failure) == ("", "bad")


async def test_a_status_alone_is_no_failure() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("${http_code}: ${why}"))
    refused = WebhookReply(b'{"why": "busy"}', 503)
    assert (await ask(made, {}, {URL: refused})).response == "503: busy"
    made.error_keys(["http_code"])
    assert (await ask(made, {}, {URL: refused})).failure == "http_code"
    assert (await ask(made, {}, {URL: {"why": "well"}})).response == ": well"
    array = DataMap("m").webhook("GET", URL).output(said("${http_code} ${array[0]}"))
    assert (await ask(array, {}, {URL: WebhookReply(b'["a"]', 404)})).response == "404 a"


async def test_a_list_is_found_under_array() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("${array[0].joke}"))
    assert (await ask(made, {}, {URL: [{"joke": "Knock."}]})).response == "Knock."


async def test_fields_of_a_reply_hide_those_of_the_call() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("${global_data} ${input} ${prompt_vars.x}"))
    outcome = await ask(made, {}, {URL: {"global_data": "g", "input": "i"}})
    assert outcome.response == "g i "


async def test_the_call_is_under_input_once_a_webhook_has_replied() -> None:
    made = DataMap("m").webhook("GET", URL)
    made.output(said("${input.call_id} ${input.function} ${input.meta_data.m} ${call_id}"))
    definition = {**made.to_swaig_function(), "meta_data": {"m": "M"}}
    assert (await ask(definition, {}, {URL: {}})).response == "c-1 m M "


async def test_only_one_webhook_is_asked_the_first_that_may_run() -> None:
    made = (
        DataMap("m")
        .webhook("GET", f"{URL}/none", require_args=["none"])
        .output(said("none"))
        .webhook("GET", f"{URL}/mute")
        .webhook("GET", f"{URL}/zip", require_args=["zip", "code"])
        .output(said("zip"))
        .webhook("GET", f"{URL}/city")
        .output(said("city"))
        .fallback_output(said("fallback"))
    )
    answers: JSON = {f"{URL}/zip": {}, f"{URL}/city": {}}
    assert (await ask(made, {"code": "1"}, answers)).source == "webhooks[2].output"
    assert (await ask(made, {}, answers)).source == "webhooks[3].output"
    failed = {f"{URL}/zip": TransportError(), f"{URL}/city": {}}
    assert (await ask(made, {"zip": "1"}, failed)).response == "fallback"


async def test_no_webhook_that_may_run_leaves_the_answer_to_the_output() -> None:
    made = DataMap("m").webhook("GET", URL, require_args=["a"]).output(said("x"))
    assert (await ask(made)).response == "There was an error processing this request."
    assert (await ask(made.fallback_output(said("y")))).response == "y"


async def test_expressions_on_a_reply_come_before_its_output() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("other"))
    made.webhook_expressions(
        [{"string": "${status}", "pattern": "^ok$", "output": {"response": "fine ${status}"}}]
    )
    outcome = await ask(made, {}, {URL: {"status": "OK"}})
    assert (outcome.response, outcome.source) == ("fine OK", "webhooks[0].expressions[0].output")
    assert (await ask(made, {}, {URL: {"status": "?"}})).response == "other"


async def test_a_reply_that_no_expression_matches_leaves_the_answer_to_the_output() -> None:
    made = DataMap("m").webhook("GET", URL).fallback_output(said("fallback"))
    made.webhook_expressions([{"string": "x", "pattern": "y", "output": {"response": "z"}}])
    assert (await ask(made, {}, {URL: {}})).response == "fallback"


LOOPS: dict[str, tuple[JSON, Any, str]] = {
    "all": ({}, [{"t": "A"}, {"t": "B"}], "A of 2 for x; B of 2 for x; "),
    "some": ({"max": 1}, [{"t": "A"}, {"t": "B"}], "A of 2 for x; "),
    "zero is all": ({"max": 0}, [{"t": "A"}], "A of 2 for x; "),
    "less is all": ({"max": -1}, [{"t": "A"}], "A of 2 for x; "),
    "plain items": ({"append": "${this},"}, ["a", 2], "a,2,"),
    "no list": ({}, {"t": "A"}, ""),
    "an empty list": ({}, [], ""),
}


@pytest.mark.parametrize(("config", "items", "expected"), LOOPS.values(), ids=LOOPS)
async def test_a_list_becomes_text(config: JSON, items: Any, expected: str) -> None:
    append = "${this.t} of ${count} for ${input.args.q}; "
    known = {"input_key": "data.items", "output_key": "text", "append": append}
    made = DataMap("m").webhook("GET", URL).foreach({**known, **config}).output(said("<${text}>"))
    outcome = await ask(made, {"q": "x"}, {URL: {"count": 2, "data": {"items": items}}})
    assert outcome.response == f"<{expected}>"


async def test_data_in_an_output_breaks_it_and_nothing_is_answered() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("${things}"))
    outcome = await ask(made, {}, {URL: {"things": [1]}})
    assert (outcome.output, outcome.source) == ({}, "webhooks[0].output")
    assert "invalid JSON" in outcome.problem
    assert outcome.response is None


# Requests ------------------------------------------------------------------------------------

BODY = {"city": "${args.city}", "n": 1}
REQUESTS: dict[str, tuple[DataMap, str, str, bytes]] = {
    "a get": (DataMap("m").webhook("GET", URL), "GET", "", b""),
    "a put is a get": (DataMap("m").webhook("PUT", URL), "GET", "", b""),
    "a post without a body": (DataMap("m").webhook("POST", URL), "POST", "", b""),
    "params make a post": (
        DataMap("m").webhook("GET", URL).params(BODY),
        "POST",
        "application/json",
        b'{"city":"Bern","n":1}',
    ),
    "no params are params": (
        DataMap("m").webhook("GET", URL).params({}),
        "POST",
        "application/json",
        b"{}",
    ),
    "arguments alone": (
        DataMap("m").webhook("GET", URL, input_args_as_params=True),
        "POST",
        "application/json",
        b'{"city":"Bern"}',
    ),
    "arguments over params": (
        DataMap("m").webhook("POST", URL, input_args_as_params=True).params({**BODY, "city": "x"}),
        "POST",
        "application/json",
        b'{"city":"Bern","n":1}',
    ),
    "a form": (
        DataMap("m").webhook("POST", URL, form_param="data").params(BODY),
        "POST",
        "application/x-www-form-urlencoded",
        b"data=%7B%22city%22%3A%22Bern%22%2C%22n%22%3A1%7D",
    ),
}


@pytest.mark.parametrize(("data_map", "method", "content", "body"), REQUESTS.values(), ids=REQUESTS)
async def test_a_request_is_what_the_platform_would_send(
    data_map: DataMap, method: str, content: str, body: bytes
) -> None:
    answers = Answers({URL: {}})
    await evaluate(data_map.output(said("x")), {"city": "Bern"}, answers)
    (request,) = answers.requests
    assert (request.method, request.body) == (method, body)
    assert request.headers.get("Content-Type", "") == content


async def test_headers_are_not_expanded_and_a_user_in_the_url_becomes_one() -> None:
    made = DataMap("m").webhook("GET", "https://us%40er:p:w@api.example/w", {"X": "${args.city}"})
    answers = Answers({URL: {}})
    await evaluate(made.output(said("x")), {"city": "Bern"}, answers)
    assert answers.requests[0].headers == {
        "User-Agent": "SignalWire-CallFabric/1.0",
        "Authorization": "Basic dXNAZXI6cDp3",
        "X": "${args.city}",
    }


def moved(location: str, status: int = 302) -> WebhookReply:
    return WebhookReply(b"", status, {"location": location})


async def test_redirects_are_followed_with_the_body() -> None:
    made = DataMap("m").webhook("POST", URL).params({"a": 1}).output(said("${ok}"))
    answers = Answers({URL: moved("/next", 301), "https://api.example/next": moved("https://u:p@b.example/"),
                       "https://b.example/": {"ok": "yes"}})  # fmt: skip
    assert (await evaluate(made, {}, answers)).response == "yes"
    assert [request.body for request in answers.requests] == [b'{"a":1}'] * 3
    assert answers.requests[-1].headers["Authorization"] == "Basic dTpw"


async def test_too_many_redirects_are_a_failure() -> None:
    made = DataMap("m").webhook("GET", URL).output(said("x"))
    answers = Answers({URL: moved(URL)})
    outcome = await evaluate(made, {}, answers)
    assert outcome.reply == {"protocol_error": True, "http_code": 302}
    assert len(answers.requests) == 16


async def test_a_reply_that_never_comes_is_a_failure() -> None:
    async def silent(request: WebhookRequest) -> WebhookReply:
        await anyio.sleep_forever()
        raise AssertionError

    request = WebhookRequest("GET", URL, {})
    assert await webhooks.sent(silent, request, seconds=0) == {"protocol_error": True}


async def test_a_webhook_without_a_transport_is_told() -> None:
    with pytest.raises(EvaluationError, match=f"there is no transport for {URL}"):
        await evaluate(DataMap("m").webhook("GET", URL).output(said("x")))


async def test_a_url_without_an_answer_is_told() -> None:
    with pytest.raises(EvaluationError, match=f"there is no answer for {URL}"):
        await ask(DataMap("m").webhook("GET", URL).output(said("x")))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"function": "m", "data_map": {}}, "ai.SWAIG.functions.m.data_map: needs expressions,"),
        ({}, "data_map: needs expressions, webhooks or an output"),
        ({"webhooks": [{"output": {"response": "x"}}]}, "data_map.webhooks[0]: needs 'url'"),
    ],
)
async def test_what_is_no_data_map_is_refused(given: JSON, reason: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        await ask(given)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_data_maps_are_answered_on_every_event_loop(backend: str) -> None:
    async def run() -> Evaluation:
        return await ask(weather(), {"city": "New York"}, {ASKED: {"temp": 5}})

    assert anyio.run(run, backend=backend).source == "webhooks[0].output"
