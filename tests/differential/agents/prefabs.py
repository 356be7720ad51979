"""Agents that are ready made, filled with content."""

from typing import Any

from tests.differential.asking import USER, Asked
from tests.differential.sdk import (
    ConciergeAgent,
    FAQBotAgent,
    InfoGathererAgent,
    ReceptionistAgent,
    SurveyAgent,
)

QUESTIONS: list[dict[str, Any]] = [
    {"key_name": "name", "question_text": "What is your name?"},
    {"key_name": "email", "question_text": "What is your email address?", "confirm": True},
]
AMENITIES = {"pool": {"hours": "7 AM - 10 PM", "location": "2nd floor"}, "gym": {"hours": "24h"}}
DEPARTMENTS = [
    {"name": "sales", "description": "To buy something", "number": "+15551110000"},
    {"name": "support", "description": "Help", "number": "sip:support@example.com"},
]


def info_gatherer() -> InfoGathererAgent:
    return InfoGathererAgent(questions=QUESTIONS, basic_auth=USER)


def info_gatherer_elsewhere() -> InfoGathererAgent:
    return InfoGathererAgent(QUESTIONS[:1], name="intake", route="/intake", basic_auth=USER)


def info_gatherer_by_default() -> InfoGathererAgent:
    return InfoGathererAgent(basic_auth=USER)


def _chosen(query: dict[str, Any], body: dict[str, Any], headers: dict[str, Any]) -> Any:
    call = body.get("call", {}).get("call_id")
    text = f"Which {query.get('what')}, in {call}?"
    return [{"key_name": "what", "question_text": text, "confirm": True}]


def info_gatherer_with_a_callback() -> Asked:
    agent = InfoGathererAgent(basic_auth=USER)
    agent.set_question_callback(_chosen)
    return Asked(agent, query=[("what", "tea")])


def info_gatherer_fetched_by_get() -> Asked:
    agent = InfoGathererAgent(basic_auth=USER)
    agent.set_question_callback(_chosen)
    return Asked(agent, query=[("what", "tea")], method="GET")


def _raising(query: Any, body: Any, headers: Any) -> Any:
    raise LookupError("no questions")


def info_gatherer_with_a_callback_that_raises() -> InfoGathererAgent:
    agent = InfoGathererAgent(basic_auth=USER)
    agent.set_question_callback(_raising)
    return agent


def info_gatherer_without_questions() -> InfoGathererAgent:
    return InfoGathererAgent([], basic_auth=USER)


def info_gatherer_with_a_broken_question() -> InfoGathererAgent:
    return InfoGathererAgent([{"key_name": "name"}], basic_auth=USER)


def faq_bot() -> FAQBotAgent:
    faqs: list[dict[str, Any]] = [
        {"question": "What is Sencha?", "answer": "A green tea.", "categories": ["tea"]},
        {"question": "Is it good, or-not?", "answer": "It is.", "categories": ["tea"]},
        {"question": "How much is a pack?", "answer": "Ten euros."},
    ]
    return FAQBotAgent(faqs, basic_auth=USER)


def faq_bot_with_a_persona() -> FAQBotAgent:
    faqs = [{"question": "Where?", "answer": "Here."}]
    return FAQBotAgent(
        faqs, suggest_related=False, persona="You are Kim.", name="kim", route="/kim",
        basic_auth=USER,
    )  # fmt: skip


def faq_bot_without_an_answer() -> FAQBotAgent:
    return FAQBotAgent([{"question": "Why not tea?"}], basic_auth=USER)


def faq_bot_with_nothing() -> FAQBotAgent:
    return FAQBotAgent([], basic_auth=USER)


def concierge() -> ConciergeAgent:
    return ConciergeAgent("Grand Hotel", ["spa", "room service"], AMENITIES, basic_auth=USER)


def concierge_with_everything() -> ConciergeAgent:
    return ConciergeAgent(
        venue_name="Grand Hotel",
        services=["spa"],
        amenities=AMENITIES,
        hours_of_operation={"monday": "9-5", "sunday": "closed"},
        special_instructions=["Mention the festival."],
        welcome_message="Welcome to the Grand Hotel.",
        name="grand",
        route="/grand",
        basic_auth=USER,
    )


def concierge_of_nothing() -> ConciergeAgent:
    return ConciergeAgent("Shed", [], {}, basic_auth=USER)


def survey() -> SurveyAgent:
    questions: list[dict[str, Any]] = [
        {"id": "stars", "text": "How many stars?", "type": "rating", "scale": 3},
        {"id": "tea", "text": "Which tea?", "type": "multiple_choice", "options": ["A", "B"]},
        {"id": "again", "text": "Come again?", "type": "yes_no", "required": False},
        {"id": "why", "text": "Why?", "type": "open_ended"},
    ]
    return SurveyAgent("Tea Survey", questions, basic_auth=USER)


def survey_with_everything() -> SurveyAgent:
    return SurveyAgent(
        survey_name="Tea Survey",
        questions=[{"text": "How many stars?", "type": "rating"}],
        introduction="Hello there.",
        conclusion="Goodbye.",
        brand_name="Teas",
        max_retries=4,
        name="teas",
        route="/teas",
        basic_auth=USER,
    )


def survey_with_an_unknown_type() -> SurveyAgent:
    return SurveyAgent("S", [{"text": "How?", "type": "essay"}], basic_auth=USER)


def survey_without_options() -> SurveyAgent:
    return SurveyAgent("S", [{"text": "Which?", "type": "multiple_choice"}], basic_auth=USER)


def survey_of_nothing() -> SurveyAgent:
    return SurveyAgent("S", [], basic_auth=USER)


def survey_with_one_id_twice() -> SurveyAgent:
    questions = [{"id": "a", "text": "One?", "type": "yes_no"}] * 2
    return SurveyAgent("S", questions, basic_auth=USER)


def receptionist() -> ReceptionistAgent:
    return ReceptionistAgent(DEPARTMENTS, basic_auth=USER)


def receptionist_with_everything() -> ReceptionistAgent:
    agent = ReceptionistAgent(
        departments=DEPARTMENTS[:1], name="door", route="/door", greeting="Good day!",
        voice="elevenlabs.rachel", basic_auth=USER,
    )  # fmt: skip
    agent.prompt_add_section("Hours", "Open all day.")
    agent.add_skill("datetime")
    return agent


def receptionist_without_departments() -> ReceptionistAgent:
    return ReceptionistAgent([], basic_auth=USER)


def receptionist_without_a_number() -> ReceptionistAgent:
    return ReceptionistAgent([{"name": "sales", "description": "Buy"}], basic_auth=USER)
