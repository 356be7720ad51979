"""Skills and ready-made agents: what they keep in a call, on every host."""

from typing import Any

import pytest

from agentkit import AgentBase
from agentkit.prefabs import InfoGathererAgent
from agentkit.testing import SimulatedCall
from tests.interaction.hosts import AUTH, Host

behaviour = pytest.mark.behaviour
QUESTIONS = [
    {"key_name": "name", "question_text": "Your name?"},
    {"key_name": "tea", "question_text": "Which tea?"},
]


def desk() -> AgentBase:
    agent = AgentBase("Desk", route="/desk", basic_auth=AUTH)
    return agent.add_skill("math").add_skill("info_gatherer", {"questions": QUESTIONS})


@pytest.fixture
def agent() -> AgentBase:
    """Made before the loop runs: its modules are loaded from disk."""
    return desk()


@behaviour("skills.answer")
async def test_a_skill_answers_and_keeps_its_data_in_the_call(host: Host, agent: AgentBase) -> None:
    async with host(agent) as reached:
        call = SimulatedCall(reached.client, url=reached.path)
        await call.start()
        assert (await call.tool("calculate", expression="6*7")).response == "6*7 = 42"
        assert "Your name?" in str((await call.tool("start_questions")).response)
        assert "Which tea?" in str((await call.tool("submit_answer", answer="Kim")).response)
        kept = call.global_data["skill:info_gatherer"]["answers"]
        assert kept == [{"key_name": "name", "answer": "Kim"}]


@behaviour("skills.per_call")
async def test_a_skill_added_for_one_call_never_reaches_another(
    host: Host, agent: AgentBase
) -> None:
    def configure(query: Any, body: Any, headers: Any, one: AgentBase) -> None:
        if query.get("when"):
            one.add_skill("datetime")

    agent.set_dynamic_config_callback(configure)
    async with host(agent) as reached:
        for query, there in (("", False), ("?when=1", True), ("", False)):
            call = SimulatedCall(reached.client, url=f"{reached.path}{query}")
            await call.start()
            main = call.document["sections"]["main"]
            ai = next(verb["ai"] for verb in main if "ai" in verb)
            names = [entry["function"] for entry in ai["SWAIG"]["functions"]]
            assert ("get_current_time" in names) is there


@behaviour("prefabs.questions")
async def test_questions_are_chosen_for_each_call(host: Host) -> None:
    async def chosen(query: Any, body: Any, headers: Any) -> Any:
        return QUESTIONS[1:] if query.get("only") == "tea" else QUESTIONS

    agent = InfoGathererAgent(route="/intake", basic_auth=AUTH).set_question_callback(chosen)
    async with host(agent) as reached:
        for query, first in (("", "Your name?"), ("?only=tea", "Which tea?")):
            call = SimulatedCall(reached.client, url=f"{reached.path}{query}")
            await call.start()
            assert first in str((await call.tool("start_questions")).response)
