"""Chat completions from an endpoint: what is asked, what is made of answers, what of failures."""

from typing import Any

import pytest

from agentkit.errors import DefinitionError
from agentkit.loopback import (
    Endpoint,
    ModelError,
    ModelRefused,
    ModelReplyError,
    ModelUnavailable,
)
from agentkit.loopback.brains.completions import Completion, ModelCall
from tests.loopback.brains.endpoint import Answer, Spoken, completion, failing, served

KEY = "sk-very-secret"
HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {"type": "function", "function": {"name": "book"}}


def endpoint(spoken: Spoken, **options: Any) -> Endpoint:
    settings = {"api_key": KEY, **options}
    return Endpoint("m-1", base_url=spoken.url, sleep=spoken.waits.append, **settings)


async def test_a_model_is_asked_as_the_api_wants_it() -> None:
    with served(completion(" Hi. ")) as spoken:
        options = {"temperature": 0}
        assert await endpoint(spoken, options=options).complete(HELLO) == Completion("Hi.")
        assert await endpoint(spoken, api_key="").complete(HELLO, [TOOL]) == Completion("Hi.")
    assert spoken.asked == [
        {"temperature": 0, "model": "m-1", "messages": HELLO},
        {"model": "m-1", "messages": HELLO, "tools": [TOOL]},
    ]
    assert spoken.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in spoken.headers[1]


async def test_a_model_may_call_functions() -> None:
    with served(completion(None, ("book", '{"seats": 2}'), ("pay", ""))) as spoken:
        found = await endpoint(spoken).complete(HELLO)
    assert found == Completion("", (ModelCall("book", '{"seats": 2}'), ModelCall("pay", "{}")))


async def test_the_environment_names_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(completion("Hi.")) as spoken:
        monkeypatch.setenv("OPENAI_BASE_URL", spoken.url + "/")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_MODEL", "m-2")
        await Endpoint().complete(HELLO)
    assert spoken.asked[0]["model"] == "m-2"
    assert spoken.headers[0]["authorization"] == f"Bearer {KEY}"


def test_an_endpoint_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DefinitionError, match=r"name of a model is needed: .* set OPENAI_MODEL"):
        Endpoint(base_url="http://127.0.0.1:1")
    with pytest.raises(DefinitionError, match="the URL of an endpoint is needed"):
        Endpoint("m-1")


async def test_a_busy_endpoint_is_asked_again() -> None:
    with served(
        failing(429, "busy"), failing(503), failing(500, retry_after="7"), completion("Hi.")
    ) as spoken:
        assert await endpoint(spoken).complete(HELLO) == Completion("Hi.")
    assert spoken.waits == [0.5, 1.0, 7.0]
    assert spoken.asked == spoken.asked[:1] * 4


async def test_an_endpoint_that_stays_busy_is_given_up() -> None:
    busy = failing(429, f"key {KEY} is over its limit", retry_after="soon")
    with served(busy) as spoken, pytest.raises(ModelUnavailable) as failed:
        await endpoint(spoken).complete(HELLO)
    assert spoken.waits == [0.5, 1.0, 2.0, 4.0]
    assert "asked 5 times: " in str(failed.value)
    assert "answered 429: key … is over its limit" in str(failed.value)


async def test_a_wait_is_never_long() -> None:
    with served(failing(503, retry_after="3600")) as spoken, pytest.raises(ModelUnavailable):
        await endpoint(spoken).complete(HELLO)
    assert spoken.waits == [30.0] * 4


async def test_an_endpoint_that_is_not_there_is_told() -> None:
    waits: list[float] = []
    there = Endpoint("m", base_url="http://user:pw@127.0.0.1:1/v1", sleep=waits.append)
    with pytest.raises(ModelUnavailable) as failed:
        await there.complete(HELLO)
    assert "http://127.0.0.1:1/v1/chat/completions cannot be reached" in str(failed.value)
    assert len(waits) == 4
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await Endpoint("m", base_url="http://[", sleep=waits.append).complete(HELLO)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
async def test_what_an_endpoint_refuses_is_not_asked_again(status: int) -> None:
    refusal = failing(status, f'{{"error": "bad key {KEY}"}}')
    with served(refusal) as spoken, pytest.raises(ModelRefused) as failed:
        await endpoint(spoken).complete(HELLO)
    assert failed.value.status == status
    assert len(spoken.asked) == 1
    assert KEY not in str(failed.value)
    assert "bad key …" in str(failed.value)


ODD: list[Answer] = [
    failing(200, ""),
    failing(200, "<html>"),
    failing(200, "[]"),
    failing(200, "{}"),
    failing(200, '{"choices": []}'),
    failing(200, '{"choices": {}}'),
    failing(200, '{"choices": [{}]}'),
    failing(200, '{"choices": [{"message": null}]}'),
    failing(200, '{"choices": [{"message": {"content": 5}}]}'),
    failing(200, '{"choices": [{"message": {"content": [{"type": "text"}]}}]}'),
    failing(200, '{"choices": [{"message": {"tool_calls": {}}}]}'),
    failing(200, '{"choices": [{"message": {"tool_calls": [{}]}}]}'),
    failing(200, '{"choices": [{"message": {"tool_calls": [{"function": {"name": 5}}]}}]}'),
    failing(200, '{"choices": [{"message": {"tool_calls": [{"function": {"arguments": 1}}]}}]}'),
    failing(200, '{"error": {"message": "sk-very-secret"}}'),
    (200, {}, b"\xff\xfe"),
    (200, {}, b'{"choices": [{"message": {"content": "\xff"}}]}'),
    (200, {}, b"[" * 100_000),
]


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_an_answer_that_is_no_completion_is_told(answer: Answer) -> None:
    with served(answer) as spoken, pytest.raises(ModelReplyError) as failed:
        await endpoint(spoken).complete(HELLO)
    assert "/v1/chat/completions" in str(failed.value)
    assert KEY not in str(failed.value)
    assert len(str(failed.value)) < 600
    assert len(spoken.asked) == 1
    assert isinstance(failed.value, ModelError)


async def test_a_connection_that_is_cut_is_tried_again() -> None:
    cut = (200, {"content-length": "1000", "connection": "close"}, b'{"choices":')
    with served(cut, completion("Hi.")) as spoken:
        assert await endpoint(spoken, timeout_seconds=0.5).complete(HELLO) == Completion("Hi.")
