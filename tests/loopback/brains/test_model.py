"""A language model as brain, caller and judge, against a server that speaks the API."""

import pytest

from agentkit.loopback import (
    Call,
    CallError,
    Endpoint,
    Judge,
    ModelBrain,
    ModelRefused,
    ModelReplyError,
    Persona,
    Verdict,
)
from agentkit.loopback.brains.base import Thought, Use
from tests.loopback.brains.endpoint import Spoken, completion, failing, served
from tests.loopback.brains.session import BOOK, view
from tests.loopback.shops import plain_shop as shop


def endpoint(spoken: Spoken) -> Endpoint:
    return Endpoint("m", base_url=spoken.url, api_key="sk-secret", sleep=spoken.waits.append)


def test_a_model_plays_the_agent() -> None:
    with (
        served(
            completion("Welcome."),
            completion(None, ("order", '{"tea": "Assam", "packs": 2}')),
            completion("Two packs are on their way."),
            completion('```json\n{"tea": "Assam"}\n```'),
        ) as spoken,
        Call(shop(), brain=ModelBrain(endpoint(spoken))) as call,
    ):
        call.start()
        call.say("Two packs of Assam")
        call.expect_tool("order").with_args(packs=2).once()
        call.expect_said("on their way")
        call.hang_up()
        call.expect_summary(tea="Assam")
    first, second, third, last = spoken.asked
    assert first["messages"][0]["role"] == "system"
    assert "You sell tea." in first["messages"][0]["content"]
    assert [tool["function"]["name"] for tool in first["tools"]] == call_tools()
    assert second["messages"][-1] == {"role": "user", "content": "Two packs of Assam"}
    asked, answer = third["messages"][-2:]
    assert asked["tool_calls"][0]["function"]["name"] == "order"
    assert answer["tool_call_id"] == asked["tool_calls"][0]["id"]
    assert "Ordered 2 of Assam." in answer["content"]
    assert last["messages"][-1] == {"role": "system", "content": "Summarize the call."}
    assert "sk-secret" not in call.transcript


def call_tools() -> list[str]:
    with Call(shop()) as call:
        call.start()
        return call.tools


async def test_arguments_are_taken_as_the_model_wrote_them() -> None:
    with served(completion("", ("book_table", '{"seats": '))) as spoken:
        thought = await ModelBrain(endpoint(spoken)).think(view("x", tools=[BOOK]))
    assert thought == Thought(uses=(Use("book_table", {}, '{"seats": '),))


async def test_a_summary_may_be_prose() -> None:
    with served(completion("Nothing happened.")) as spoken:
        brain = ModelBrain(endpoint(spoken))
        assert await brain.summarize(view(), "Sum up.") == "Nothing happened."


def test_a_model_that_fails_is_no_failure_of_the_agent() -> None:
    with served(failing(401, "no")) as spoken:
        call = Call(shop(), brain=ModelBrain(endpoint(spoken)))
        call.start()
        with pytest.raises(ModelRefused) as failed:
            call.settle()
        call.close()
    assert not isinstance(failed.value, AssertionError)


def test_the_environment_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(completion("[hang up]")) as spoken:
        monkeypatch.setenv("OPENAI_BASE_URL", spoken.url)
        monkeypatch.setenv("OPENAI_MODEL", "m")
        ModelBrain()
        Judge()
        with Call(shop()) as call:
            call.start()
            assert call.converse(Persona("Robin.")) == 0


def test_a_model_plays_the_caller() -> None:
    with served(
        completion("I want to order the tea Assam."), completion("Bye! [hang up]")
    ) as spoken:
        caller = Persona("Robin, in a hurry.", goal="a pack of tea.", endpoint=endpoint(spoken))
        with Call(shop()) as call:
            call.start()
            assert call.converse(caller) == 1
            call.expect_tool("order").with_args(tea="Assam")
            call.expect_ended("caller")
    first, second = spoken.asked
    assert "Robin, in a hurry." in first["messages"][0]["content"]
    assert "What the person wants: a pack of tea. When" in first["messages"][0]["content"]
    assert "tools" not in first
    assert [message["role"] for message in second["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


@pytest.mark.parametrize("words", ["", " [hang up] "])
async def test_a_caller_without_words_hangs_up(words: str) -> None:
    with served(completion(words)) as spoken:
        assert await Persona("Robin.", endpoint=endpoint(spoken)).next([]) is None


JUDGED = [
    ('{"answer": "yes", "reason": "He was."}', Verdict(True, "He was.")),
    ('```json\n{"answer": "No ", "reason": "He was not."}\n```', Verdict(False, "He was not.")),
    ('{"answer": true}', Verdict(True, "")),
    ('{"answer": false, "reason": 5}', Verdict(False, "5")),
    ("Yes, he was.", Verdict(True, "he was.")),
    ("**No** - he was not.", Verdict(False, "he was not.")),
    ("no", Verdict(False, "")),
]


@pytest.mark.parametrize(("text", "verdict"), JUDGED)
async def test_a_judge_answers_yes_or_no(text: str, verdict: Verdict) -> None:
    with served(completion(text)) as spoken:
        assert await Judge(endpoint(spoken)).ask("Was he polite?", []) == verdict
    assert "Was he polite?" in spoken.asked[0]["messages"][1]["content"]


@pytest.mark.parametrize("text", ["", "perhaps", "yesterday", '{"answer": "maybe"}', "[1]"])
async def test_a_judge_who_answers_neither_is_told(text: str) -> None:
    neither = pytest.raises(ModelReplyError, match="answered neither yes nor no")
    with served(completion(text)) as spoken, neither:
        await Judge(endpoint(spoken)).ask("Was he polite?", [])


def test_a_judge_fails_a_test_with_the_reason() -> None:
    answer = completion('{"answer": "no", "reason": "It only says hello."}')
    with served(answer) as spoken, Call(shop()) as call:
        call.start()
        with pytest.raises(CallError, match="the judge says no: It only says hello"):
            call.expect_judged("Was tea sold?", Judge(endpoint(spoken)))
    assert "agent     Hello." in spoken.asked[0]["messages"][1]["content"]
