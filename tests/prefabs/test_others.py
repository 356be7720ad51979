"""The other prefabs: what their tools answer, and what they refuse to be filled with."""

from typing import Any

import pytest

from agentkit import DefinitionError
from agentkit.prefabs import ConciergeAgent, FAQBotAgent, ReceptionistAgent, SurveyAgent
from tests.skills.asking import ai_of, said, started

HOSTILE = "${vars.x}" + "a" * 500


# FAQ -----------------------------------------------------------------------------------------


@pytest.fixture
def faq() -> FAQBotAgent:
    return FAQBotAgent(
        [
            {"question": "What is Sencha?", "answer": "Green.", "categories": ["Tea"]},
            {"question": "What is Sencha made of?", "answer": "Leaves.", "categories": ["Tea"]},
            {"question": "Is Sencha strong?", "answer": "No."},
            {"question": "Is there Sencha today?", "answer": "Yes."},
            {"question": "Where are you?", "answer": "Here.", "categories": ["place"]},
        ]
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"query": "what is sencha"}, ["What is Sencha?", "What is Sencha made of?"]),
        ({"query": "SENCHA"},
         ["What is Sencha?", "What is Sencha made of?", "Is Sencha strong?"]),
        ({"query": "sencha", "category": "tea"}, ["What is Sencha?", "What is Sencha made of?"]),
        ({"query": "", "category": "place"}, ["Where are you?"]),
        ({"query": "coffee", "category": "place"}, ["Where are you?"]),
        ({"query": "coffee"}, []), ({"query": ""}, []), ({}, []),
        ({"query": "sencha", "category": "cars"}, []),
    ],
)  # fmt: skip
async def test_questions_are_found(faq: FAQBotAgent, asked: Any, found: list[str]) -> None:
    told = await said(faq, "search_faqs", **asked)
    listed = [line.partition(". ")[2] for line in told.splitlines() if line[:1].isdigit()]
    assert listed == found
    assert found or told == "No question in the database fits."


# Concierge -----------------------------------------------------------------------------------


@pytest.fixture
def concierge() -> ConciergeAgent:
    amenities = {"Pool": {"location": "2nd floor"}, "gym": {"hours": "24h"}}
    return ConciergeAgent("Grand", ["Spa", "valet"], amenities)


@pytest.mark.parametrize(
    ("tool", "asked", "answer"),
    [
        ("check_availability", {"service": "SPA", "date": "2026-01-02", "time": "10:00"},
         "Yes, Grand offers Spa. Ask whether to reserve it for 2026-01-02 at 10:00."),
        ("check_availability", {"service": "valet"},
         "Yes, Grand offers valet. Ask whether to reserve it."),
        ("check_availability", {"service": "Golf"},
         "Grand does not offer golf. The services are: Spa, valet."),
        ("get_directions", {"location": "pool"},
         "Pool is here: 2nd floor. The signs at the entrance lead to it."),
        ("get_directions", {"location": "gym"},
         "There are no directions to gym. The front desk can help."),
        ("get_directions", {}, "There are no directions to . The front desk can help."),
    ],
)  # fmt: skip
async def test_the_concierge_tells_what_there_is(
    concierge: ConciergeAgent, tool: str, asked: Any, answer: str
) -> None:
    assert await said(concierge, tool, **asked) == answer


async def test_what_guests_say_opens_no_expression(concierge: ConciergeAgent) -> None:
    call = await started(concierge)
    for tool, argument in (
        ("check_availability", {"service": HOSTILE}),
        ("check_availability", {"service": "spa", "date": HOSTILE}),
        ("get_directions", {"location": HOSTILE}),
    ):
        told = str((await call.tool(tool, **argument)).response)
        assert "$ {vars.x}" in told
        assert len(told) < 320


# Survey --------------------------------------------------------------------------------------


@pytest.fixture
def survey() -> SurveyAgent:
    return SurveyAgent(
        "Tea",
        [
            {"id": "stars", "text": "Stars?", "type": "rating"},
            {"id": "tea", "text": "Which?", "type": "multiple_choice", "options": ["A", "Bb"]},
            {"id": "again", "text": "Again?", "type": "yes_no", "required": False},
            {"id": "why", "text": "Why?", "type": "open_ended"},
        ],
    )


@pytest.mark.parametrize(
    ("question", "response", "answer"),
    [
        ("stars", "4", "The answer to 'stars' fits."),
        ("stars", "6", "Ask for a whole number from 1 to 5."),
        ("stars", "0", "Ask for a whole number from 1 to 5."),
        ("stars", "3.5", "Ask for a whole number from 1 to 5."),
        ("stars", "\u0664", "Ask for a whole number from 1 to 5."),
        ("stars", "9" * 5000, "Ask for a whole number from 1 to 5."),
        ("tea", " bb ", "The answer to 'tea' fits."),
        ("tea", "C", "Ask for one of: A, Bb."),
        ("again", "Yes.", "The answer to 'again' fits."),
        ("again", "maybe", "Ask for a yes or a no."),
        ("again", "", "This question may be left out."),
        ("why", "because", "The answer to 'why' fits."),
        ("why", " ", "This question needs an answer."),
        ("${x}", "1", "There is no question with the ID '$ {x}'."),
    ],
)
async def test_answers_are_checked(
    survey: SurveyAgent, question: str, response: str, answer: str
) -> None:
    told = await said(survey, "validate_response", question_id=question, response=response)
    assert told == answer


async def test_answers_are_acknowledged(survey: SurveyAgent) -> None:
    told = await said(survey, "log_response", question_id="why", response="x")
    assert told == "The answer to 'Why?' is noted."
    told = await said(survey, "log_response", question_id="no", response="x")
    assert told == "There is no question with the ID 'no'."


@pytest.mark.parametrize(
    ("questions", "reason"),
    [
        ("abc", "questions must be a list"),
        ([5], "entry 1 needs the text 'text'"),
        ([{"text": " ", "type": "yes_no"}], "entry 1 needs the text 'text'"),
        ([{"text": "a", "type": "essay"}], "entry 1 needs a type"),
        ([{"text": "a"}], "entry 1 needs a type"),
        ([{"text": "a", "type": "multiple_choice", "options": []}], "entry 1 needs options"),
        ([{"text": "a", "type": "rating", "scale": 0}], "entry 1 needs a scale"),
        ([{"text": "a", "type": "rating", "scale": "5"}], "entry 1 needs a scale"),
        ([{"id": "x", "text": "a", "type": "yes_no"}] * 2, "two have the id 'x'"),
    ],
)
def test_a_survey_of_wrong_questions_is_refused(questions: Any, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        SurveyAgent("Tea", questions)


# Receptionist --------------------------------------------------------------------------------


@pytest.fixture
def receptionist() -> ReceptionistAgent:
    return ReceptionistAgent(
        [
            {"name": "sales", "description": "Buy", "number": "+15551110000"},
            {"name": "help", "description": "Help", "number": "sip:help@example.com"},
        ]
    )


async def test_a_caller_is_noted_and_put_through(receptionist: ReceptionistAgent) -> None:
    call = await started(receptionist)
    noted = await call.tool("collect_caller_info", name="Robin", reason="${tea}")
    assert noted.response == "Noted: Robin calls about $ {tea}."
    assert call.global_data["caller_info"] == {"name": "Robin", "reason": "$ {tea}"}
    through = await call.tool("transfer_call", department="help")
    assert through.response == "Tell the caller that you put them through to help now."
    assert through.actions == [
        {"SWML": {"sections": {"main": [{"connect": {"to": "sip:help@example.com"}}]},
                  "version": "1.0.0"}, "transfer": "true"},
    ]  # fmt: skip


async def test_a_department_of_the_callers_own_is_not_called(
    receptionist: ReceptionistAgent,
) -> None:
    call = await started(receptionist)
    answer = await call.tool("transfer_call", department="${x}")
    assert answer.actions == []
    handled = receptionist.transfer_call({"department": "${x}"}, {}).to_dict()
    assert handled == {"response": "There is no department named '$ {x}'."}


@pytest.mark.parametrize(
    ("departments", "reason"),
    [
        ([], "at least 1 entries"),
        ("sales", "departments must be a list"),
        ([{"name": "a", "description": "b"}], "entry 1 needs the text 'number'"),
    ],
)
def test_wrong_departments_are_refused(departments: Any, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        ReceptionistAgent(departments)


def test_prefabs_are_agents_and_take_everything_that_agents_take() -> None:
    agent = FAQBotAgent([], secret="s" * 40, public_url="https://a.example.com")
    agent.add_skill("math").prompt_add_section("More", "Be quick.")
    names = [entry["function"] for entry in ai_of(agent)["SWAIG"]["functions"]]
    assert names == ["search_faqs", "calculate"]


def test_a_faq_bot_need_not_suggest_questions() -> None:
    agent = FAQBotAgent([{"question": "Why?", "answer": "So."}], suggest_related=False)
    titles = [section["title"] for section in ai_of(agent)["prompt"]["pom"]]
    assert titles == ["Personality", "Goal", "Instructions", "FAQ Database"]


def test_a_welcome_cannot_be_interrupted() -> None:
    agent = ConciergeAgent("Grand", [], {}, welcome_message="Welcome.")
    params = ai_of(agent)["params"]
    assert params["static_greeting"] == "Welcome."
    assert params["static_greeting_no_barge"] is True
