"""`InfoGathererAgent`: one question at a time, its progress in the call's data."""

from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.prefabs import InfoGathererAgent
from agentkit.questions import LONGEST_ANSWER, checked_questions, progress
from agentkit.testing import AgentClient, SimulatedCall
from tests.skills.asking import started

QUESTIONS: list[dict[str, Any]] = [
    {"key_name": "name", "question_text": "What is your name?"},
    {"key_name": "email", "question_text": "What is your email?", "confirm": True},
]


@pytest.fixture
def agent() -> InfoGathererAgent:
    return InfoGathererAgent(QUESTIONS)


async def test_questions_are_asked_one_by_one_and_answers_kept(agent: AgentBase) -> None:
    call = await started(agent)
    first = await call.tool("start_questions")
    assert "What is your name?" in str(first.response)
    assert "need not confirm" in str(first.response)
    assert list(first.actions[0]) == ["replace_in_history"]
    second = await call.tool("submit_answer", answer="Robin")
    assert "What is your email?" in str(second.response)
    assert "Repeat it to the caller" in str(second.response)
    assert second.actions == [
        {"replace_in_history": True},
        {"set_global_data": {"answers": [{"key_name": "name", "answer": "Robin"}],
                             "question_index": 1}},
    ]  # fmt: skip
    last = await call.tool("submit_answer", answer="robin@example.com")
    assert "last question" in str(last.response)
    assert [kept["answer"] for kept in call.global_data["answers"]] == [
        "Robin", "robin@example.com"
    ]  # fmt: skip
    late = await call.tool("submit_answer", answer="more")
    assert (late.response, late.actions) == ("All questions are answered already.", [])
    assert (await call.tool("start_questions")).response == "There is nothing to ask."


@pytest.mark.parametrize(
    ("hostile", "kept"),
    [("${vars.x} %{y} @{z}", "$ {vars.x} % {y} @ {z}"), ("a" * 5000, "a" * LONGEST_ANSWER)],
)
async def test_an_answer_opens_no_expression_and_has_an_end(
    agent: AgentBase, hostile: str, kept: str
) -> None:
    call = await started(agent)
    await call.tool("submit_answer", answer=hostile)
    assert call.global_data["answers"] == [{"key_name": "name", "answer": kept}]


async def document(agent: AgentBase, url: str) -> Any:
    call = SimulatedCall(AgentClient(agent, auth=agent.get_basic_auth_credentials()), url=url)
    await call.start()
    return call


async def test_an_async_callback_chooses_the_questions_of_a_call() -> None:
    async def chosen(query: Any, body: Any, headers: Any) -> list[dict[str, str]]:
        assert "host" in headers
        assert body["call"]["call_id"]
        return [{"key_name": "k", "question_text": f"About {query['what']}?"}]

    agent = InfoGathererAgent().set_question_callback(chosen)
    call = await document(agent, "/info_gatherer?what=tea")
    assert "About tea?" in str((await call.tool("start_questions")).response)


@pytest.mark.parametrize("wrong", [None, [], "text", [{}], [{"key_name": "k"}], ["q"], {}])
async def test_a_callback_that_returns_no_questions_is_told_as_an_error(wrong: Any) -> None:
    agent = InfoGathererAgent().set_question_callback(lambda query, body, headers: wrong)
    client = AgentClient(agent, auth=agent.get_basic_auth_credentials())
    main = (await client.get("/info_gatherer")).json()["sections"]["main"]
    assert [next(iter(verb)) for verb in main] == ["answer", "play", "hangup"]


async def test_without_a_callback_name_and_message_are_asked_for() -> None:
    call = await document(InfoGathererAgent(), "/info_gatherer")
    assert "What is your name?" in str((await call.tool("start_questions")).response)


def test_a_callback_must_be_callable() -> None:
    with pytest.raises(DefinitionError, match="set_question_callback takes a function"):
        InfoGathererAgent().set_question_callback("questions")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [[], "ab", [{"key_name": "a"}], [{"key_name": "", "question_text": "b"}], [5]]
)
def test_wrong_questions_are_refused(wrong: Any) -> None:
    with pytest.raises(DefinitionError, match=r"^desk"):
        checked_questions(wrong, "desk")


DAMAGED: list[Any] = [
    None, [], "x", {"questions": "x"}, {"questions": [5, {"key_name": 1}]}, {"question_index": -1},
    {"question_index": True}, {"question_index": "1"}, {"answers": {}}, {"answers": [1, "a"]},
]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED)
def test_damaged_progress_counts_as_none(damaged: Any) -> None:
    assert progress(damaged, QUESTIONS) == (QUESTIONS, 0, [])


def test_progress_past_the_end_has_no_question() -> None:
    state = progress({"questions": QUESTIONS, "question_index": 99, "answers": []})
    assert state.current is None
    assert state.to_dict()["question_index"] == 99
