"""Functions of skills and ready-made agents, called as the platform does: what they do."""

from typing import Any

from tests.differential.agents.prefabs import DEPARTMENTS, QUESTIONS
from tests.differential.asking import USER, Asked
from tests.differential.sdk import AgentBase, InfoGathererAgent, ReceptionistAgent


def _call(agent: Any, function: str, data: Any = None, **arguments: Any) -> Asked:
    body = {
        "function": function,
        "call_id": "c-1",
        "argument": {"parsed": [arguments], "raw": "", "substituted": ""},
        "global_data": data or {},
    }
    return Asked(agent, call=body)


def _progress(at: int, *answers: str) -> dict[str, Any]:
    kept = [
        {"key_name": question["key_name"], "answer": answer}
        for question, answer in zip(QUESTIONS, answers, strict=False)
    ]
    return {"questions": QUESTIONS, "question_index": at, "answers": kept}


def _gatherer() -> AgentBase:
    agent = AgentBase("desk", basic_auth=USER)
    agent.prompt_add_section("Role", "Help the caller.")
    agent.add_skill("info_gatherer", {"questions": QUESTIONS})
    return agent


def _in_skill(at: int, *answers: str) -> dict[str, Any]:
    return {"skill:info_gatherer": _progress(at, *answers)}


def skill_asks_first() -> Asked:
    return _call(_gatherer(), "start_questions", _in_skill(0))


def skill_keeps_an_answer() -> Asked:
    return _call(_gatherer(), "submit_answer", _in_skill(0), answer="Robin")


def skill_wants_a_confirmation() -> Asked:
    return _call(_gatherer(), "submit_answer", _in_skill(1, "Robin"), answer="r@e.com")


def skill_keeps_the_last_answer() -> Asked:
    data = _in_skill(1, "Robin")
    return _call(_gatherer(), "submit_answer", data, answer="r@e.com", confirmed_by_user=True)


def skill_has_all_answers() -> Asked:
    return _call(_gatherer(), "submit_answer", _in_skill(2, "Robin", "r@e.com"), answer="x")


def agent_asks_first() -> Asked:
    agent = InfoGathererAgent(QUESTIONS, basic_auth=USER)
    return _call(agent, "start_questions", _progress(0))


def agent_keeps_an_answer() -> Asked:
    agent = InfoGathererAgent(QUESTIONS, basic_auth=USER)
    return _call(agent, "submit_answer", _progress(0), answer="Robin")


def agent_keeps_the_last_answer() -> Asked:
    agent = InfoGathererAgent(QUESTIONS, basic_auth=USER)
    return _call(agent, "submit_answer", _progress(1, "Robin"), answer="r@e.com")


def agent_has_all_answers() -> Asked:
    agent = InfoGathererAgent(QUESTIONS, basic_auth=USER)
    return _call(agent, "submit_answer", _progress(2, "Robin", "r@e.com"), answer="x")


def answer_with_an_expression() -> Asked:
    agent = InfoGathererAgent(QUESTIONS, basic_auth=USER)
    return _call(agent, "submit_answer", _progress(0), answer="${global_data.secret}")


def receptionist_notes_a_caller() -> Asked:
    agent = ReceptionistAgent(DEPARTMENTS, basic_auth=USER)
    data = {"departments": DEPARTMENTS, "caller_info": {}}
    return _call(agent, "collect_caller_info", data, name="Robin", reason="tea")


def receptionist_puts_through() -> Asked:
    agent = ReceptionistAgent(DEPARTMENTS, basic_auth=USER)
    data = {"departments": DEPARTMENTS, "caller_info": {"name": "Robin"}}
    return _call(agent, "transfer_call", data, department="support")


def receptionist_is_told_another_number() -> Asked:
    agent = ReceptionistAgent(DEPARTMENTS, basic_auth=USER)
    forged = [{"name": "sales", "description": "x", "number": "+19005550000"}]
    return _call(agent, "transfer_call", {"departments": forged}, department="sales")


def receptionist_knows_no_such_department() -> Asked:
    agent = ReceptionistAgent(DEPARTMENTS, basic_auth=USER)
    return _call(agent, "transfer_call", {"departments": DEPARTMENTS}, department="kitchen")
