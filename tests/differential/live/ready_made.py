"""Agents that the SDK has ready made, and a service without a model."""

from typing import Any

from tests.differential.live.shops import USER
from tests.differential.sdk import (
    AgentBase,
    BedrockAgent,
    ConciergeAgent,
    FAQBotAgent,
    InfoGathererAgent,
    ReceptionistAgent,
    SurveyAgent,
    SWMLService,
)


def info_gatherer() -> AgentBase:
    questions: list[dict[str, Any]] = [
        {"key_name": "name", "question_text": "What is your name?"},
        {"key_name": "mail", "question_text": "What is your address?", "confirm": True},
    ]
    return InfoGathererAgent(questions, basic_auth=USER)


def faq() -> AgentBase:
    faqs = [
        {"question": "What is Sencha?", "answer": "A green tea."},
        {"question": "When are you open?", "answer": "From nine to five."},
    ]
    return FAQBotAgent(faqs, basic_auth=USER)


def concierge() -> AgentBase:
    amenities = {"pool": {"hours": "7 AM - 10 PM", "location": "2nd floor"}}
    return ConciergeAgent("Grand Hotel", ["spa"], amenities, basic_auth=USER)


def survey() -> AgentBase:
    questions: list[dict[str, Any]] = [
        {"id": "stars", "text": "How many stars?", "type": "rating", "scale": 5},
        {"id": "again", "text": "Come again?", "type": "yes_no"},
    ]
    return SurveyAgent("Tea Survey", questions, introduction="Hello there.", basic_auth=USER)


def receptionist() -> AgentBase:
    departments = [{"name": "sales", "description": "To buy", "number": "+12025550111"}]
    return ReceptionistAgent(departments, greeting="Good day!", basic_auth=USER)


def bedrock() -> AgentBase:
    agent = BedrockAgent("bedrock", route="/bedrock", system_prompt="You sell tea.",
                         basic_auth=USER)  # fmt: skip
    agent.define_tool("price", "Tell the price.", {}, lambda args, raw: "Ten euros.")
    return agent


def menu(port: int) -> SWMLService:
    """A service without a model: a menu of two."""
    service = SWMLService("menu", route="/menu", host="127.0.0.1", port=port, basic_auth=USER)
    service.add_verb("answer", {})
    service.add_verb("prompt", {"play": "say:Press 1 for tea.", "max_digits": 1})
    tea = [{"play": {"url": "say:Tea it is."}}, {"connect": {"to": "+12025550111"}}]
    other = [{"play": {"url": "say:No tea."}}]
    choice = {"variable": "prompt_value", "case": {"1": tea}, "default": other}
    service.add_verb("switch", choice)
    service.add_verb("hangup", {})
    return service
