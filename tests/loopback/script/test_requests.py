"""The `request` verb."""

from typing import Any

import pytest

from agentkit import _json
from agentkit.loopback.webhook import Answer
from tests.loopback.script.scripts import Played, run

URL = "https://example.com/api"


async def asked(answer: Answer, **body: Any) -> Played:
    request = {"url": URL, "method": "POST", **body}
    return await run({"request": request}, answers={URL: answer}, vars={"n": 7})


async def test_a_request_carries_method_headers_and_json() -> None:
    played = await asked(Answer(200), headers={"X-Number": "${n}", "X-Flag": True},
                         body={"n": "${n}", "text": "is ${n}"})  # fmt: skip
    [webhook] = played.wire.sent
    assert (webhook.kind, webhook.method, webhook.url) == ("request", "POST", URL)
    assert webhook.headers == (
        ("X-Number", "7"), ("X-Flag", "true"), ("Content-Type", "application/json"),
    )  # fmt: skip
    assert _json.decode(webhook.body) == {"n": 7, "text": "is 7"}


@pytest.mark.parametrize(
    ("given", "seconds"), [(2.5, 2.5), ("3", 3.0), ("${n}", 7.0), (0, 0.0), (-1, 0.0), ([], 0.0)]
)
async def test_a_request_waits_as_long_as_it_says(given: object, seconds: float) -> None:
    played = await asked(Answer(200), timeout=given)
    assert played.wire.sent[0].timeout_seconds == seconds


async def test_a_request_with_text_goes_as_it_is() -> None:
    played = await asked(Answer(200), method="put", body="a=${n}",
                         headers={"content-type": "text/plain"})  # fmt: skip
    [webhook] = played.wire.sent
    assert (webhook.method, webhook.body) == ("PUT", b"a=7")
    assert webhook.headers == (("content-type", "text/plain"),)


async def test_json_keeps_the_content_type_that_was_given() -> None:
    played = await asked(Answer(200), body=[1], headers={"content-type": "application/x"})
    assert played.wire.sent[0].headers == (("content-type", "application/x"),)


async def test_the_answer_becomes_variables() -> None:
    answer = Answer(201, b'{"a":{"b":[1]}}', headers=(("content-type", "application/json"),))
    played = await asked(answer, save_variables="true")
    assert played.vars == {
        "n": 7,
        "request_url": URL,
        "request_result": "success",
        "return_value": "success",
        "request_response_code": 201,
        "request_response_headers": {"content-type": "application/json"},
        "request_response_body": '{"a":{"b":[1]}}',
        "request_response": {"a": {"b": [1]}},
    }


async def test_variables_of_the_answer_are_used_by_their_paths() -> None:
    answer = Answer(200, b'{"a":{"b":[1]}}', headers=(("content-type", "application/json"),))
    played = await run(
        {"request": {"url": URL, "method": "GET", "save_variables": True}},
        {"set": {"x": "${request_response.a.b[0]}",
                 "y": "${request_response_headers.content-type}"}},
        answers={URL: answer},
    )  # fmt: skip
    assert (played.vars["x"], played.vars["y"]) == (1, "application/json")


async def test_the_answer_is_not_parsed_unless_asked() -> None:
    assert "request_response" not in (await asked(Answer(200, b'{"a":1}'))).vars


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"[" * 70 + b"]" * 70])
async def test_an_answer_that_is_no_json_has_no_variables(body: bytes) -> None:
    played = await asked(Answer(200, body), save_variables=True)
    assert played.vars["request_response"] == {}


async def test_64_kilobytes_and_64_headers_are_kept() -> None:
    headers = tuple((f"x-{at}", "1") for at in range(100))
    played = await asked(Answer(200, b"\xff" * 100_000, headers=headers))
    assert len(played.vars["request_response_body"]) == 65_536
    assert len(played.vars["request_response_headers"]) == 64


async def test_an_error_status_is_a_failure_with_its_answer() -> None:
    played = await asked(Answer(404, b"no"))
    assert (played.vars["request_result"], played.vars["return_value"]) == ("failed", "failed")
    assert (played.vars["request_response_code"], played.vars["request_response_body"]) == (
        404, "no",
    )  # fmt: skip


async def test_no_answer_is_a_failure_without_one() -> None:
    played = await asked(Answer(0, error="timeout"))
    assert played.vars == {
        "n": 7, "request_url": URL, "request_result": "failed", "return_value": "failed",
    }  # fmt: skip
