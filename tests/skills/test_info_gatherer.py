"""The skill `info_gatherer`: questions within a larger talk."""

import pytest

from agentkit import AgentBase
from tests.skills.asking import started

QUESTIONS = [
    {"key_name": "name", "question_text": "Your name?"},
    {"key_name": "mail", "question_text": "Your mail?", "confirm": True, "prompt_add": "Spell."},
]


@pytest.fixture
def agent() -> AgentBase:
    made = AgentBase("desk").add_skill("info_gatherer", {"questions": QUESTIONS})
    params = {"prefix": "after", "questions": QUESTIONS[:1], "completion_message": "Thanks."}
    return made.add_skill("info_gatherer", params)


async def test_questions_are_asked_and_confirmed(agent: AgentBase) -> None:
    call = await started(agent)
    first = str((await call.tool("start_questions")).response)
    assert 'Question 1 of 2: "Your name?"' in first
    assert "pass each answer to submit_answer" in first
    second = str((await call.tool("submit_answer", answer="${x}")).response)
    assert 'Question 2 of 2: "Your mail?"\nNote: Spell.\nRead the answer back' in second
    again = await call.tool("submit_answer", answer="a@b %{y}")
    assert again.response == (
        'Read "a@b % {y}" back to the caller. When they say that it is right, call this function '
        "again with confirmed_by_user true; else ask the question again."
    )
    assert again.actions == []
    last = await call.tool("submit_answer", answer="a@b", confirmed_by_user=True)
    assert str(last.response).startswith("That was the last question.")
    assert last.actions[0] == {
        "toggle_functions": [
            {"function": "start_questions", "active": False},
            {"function": "submit_answer", "active": False},
        ]
    }
    assert call.global_data["skill:info_gatherer"] == {
        "questions": QUESTIONS,
        "question_index": 2,
        "answers": [{"key_name": "name", "answer": "$ {x}"}, {"key_name": "mail", "answer": "a@b"}],
    }


async def test_two_lists_do_not_mix(agent: AgentBase) -> None:
    call = await started(agent)
    done = await call.tool("after_submit_answer", answer="Robin")
    assert done.response == "Thanks."
    assert call.global_data["skill:after"]["question_index"] == 1
    assert call.global_data["skill:info_gatherer"]["question_index"] == 0


def test_nothing_is_asked_twice(agent: AgentBase) -> None:
    """The tools are switched off by then; a late call is answered all the same."""
    skill = agent.spec.skills["info_gatherer"].skill
    over = {"global_data": {"skill:info_gatherer": {"questions": QUESTIONS, "question_index": 2}}}
    assert skill._started({}, over).response == "There is nothing to ask."
    assert skill._submitted({}, over).response == "All questions are answered already."
