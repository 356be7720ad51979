"""The prompt of an agent: text, sections, and both."""

from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from tests.documents import JSON, ai_of, make

LEVELS: list[JSON] = [
    {"title": "Role", "body": "You help.", "bullets": ["one", "two"], "numberedBullets": True},
    {"title": "Rules", "body": "b", "subsections": [{"title": "Sub", "bullets": ["x"]}]},
    {"title": "Count", "body": "n", "numbered": True},
]


def pom_of(agent: AgentBase) -> list[JSON]:
    pom: list[JSON] = ai_of(agent)["prompt"]["pom"]
    return pom


def test_sections_are_sent_in_their_order_without_empty_fields() -> None:
    agent = make()
    agent.prompt_add_section("Role", "You help.", ["one", "two"], numbered_bullets=True)
    agent.prompt_add_section("Rules", "b", subsections=[{"title": "Sub", "bullets": ["x"]}])
    assert agent.prompt_add_section("Count", "n", numbered=True) is agent
    assert ai_of(agent)["prompt"] == {"pom": LEVELS}


def test_a_section_has_a_body_where_the_platform_wants_one() -> None:
    agent = make().prompt_add_section("Title").prompt_add_section("List", bullets=["x"])
    assert pom_of(agent) == [{"title": "Title", "body": ""}, {"title": "List", "bullets": ["x"]}]


def test_a_subsection_goes_to_its_parent_which_is_made_when_missing() -> None:
    agent = make().prompt_add_section("Rules", "b")
    agent.prompt_add_subsection("Rules", "First", "f", ["x"])
    agent.prompt_add_subsection("Rules", "Second", "s")
    assert agent.prompt_add_subsection("New", "Only", "o") is agent
    assert pom_of(agent) == [
        {
            "title": "Rules",
            "body": "b",
            "subsections": [
                {"title": "First", "body": "f", "bullets": ["x"]},
                {"title": "Second", "body": "s"},
            ],
        },
        {"title": "New", "body": "", "subsections": [{"title": "Only", "body": "o"}]},
    ]


def test_paragraphs_and_bullets_are_added_to_a_section_which_is_made_when_missing() -> None:
    agent = make().prompt_add_section("Rules", "One.", ["a"])
    agent.prompt_add_to_section("Rules", "Two.").prompt_add_to_section("Rules", bullet="b")
    agent.prompt_add_to_section("Rules", bullet="c", bullets=["d", "e"])
    assert agent.prompt_add_to_section("New", "Body.") is agent
    assert pom_of(agent) == [
        {"title": "Rules", "body": "One.\n\nTwo.", "bullets": ["a", "b", "c", "d", "e"]},
        {"title": "New", "body": "Body."},
    ]


def test_a_section_is_found_by_its_title_at_any_level() -> None:
    agent = make().prompt_add_subsection("Rules", "Sub")
    assert agent.prompt_has_section("Rules")
    assert agent.prompt_has_section("Sub")
    assert not agent.prompt_has_section("rules")


def test_a_whole_prompt_replaces_all_sections() -> None:
    agent = make().prompt_add_section("Old", "o")
    snake = [{**LEVELS[0], "numbered_bullets": True}]
    snake[0].pop("numberedBullets")
    assert agent.set_prompt_pom(snake) is agent
    assert pom_of(agent) == LEVELS[:1]
    assert pom_of(agent.set_prompt_pom(LEVELS)) == LEVELS
    assert ai_of(agent.set_prompt_pom([]))["prompt"] == {
        "text": "You are Mini, a helpful AI assistant."
    }


def test_text_stands_before_the_sections() -> None:
    agent = make().prompt_add_section("Rules", "b").set_prompt_text("Be kind.")
    assert pom_of(agent) == [{"body": "Be kind."}, {"title": "Rules", "body": "b"}]


def test_sampling_parameters_stand_beside_sections_too() -> None:
    agent = make().prompt_add_section("Rules", "b").set_prompt_llm_params(temperature=0.3)
    prompt = ai_of(agent)["prompt"]
    assert prompt == {"pom": [{"title": "Rules", "body": "b"}], "temperature": 0.3}


def test_without_pom_the_sections_are_one_text() -> None:
    agent = make(use_pom=False).set_prompt_text("Be kind.").set_prompt_pom(LEVELS)
    assert ai_of(agent)["prompt"] == {
        "text": "Be kind.\n\n## Role\n\nYou help.\n\n1. one\n2. two\n\n"
        "## Rules\n\nb\n\n### Sub\n\n- x\n\n## 3. Count\n\nn"
    }


DECLARED: dict[str, tuple[Any, list[JSON]]] = {
    "a body": ({"Role": "You help."}, [{"title": "Role", "body": "You help."}]),
    "bullets": ({"Rules": ["a", "b"]}, [{"title": "Rules", "bullets": ["a", "b"]}]),
    "a tuple": ({"Rules": ("a", "b")}, [{"title": "Rules", "bullets": ["a", "b"]}]),
    "a section": (
        {"Rules": {"body": "b", "bullets": ["a"], "numbered_bullets": True}},
        [{"title": "Rules", "body": "b", "bullets": ["a"], "numberedBullets": True}],
    ),
    "subsections": (
        {"Rules": {"subsections": [{"title": "Sub", "body": "s"}]}},
        [{"title": "Rules", "body": "", "subsections": [{"title": "Sub", "body": "s"}]}],
    ),
    "a list": (LEVELS, LEVELS),
    "several": (
        {"B": "b", "A": "a"},
        [{"title": "B", "body": "b"}, {"title": "A", "body": "a"}],
    ),
}


def declaring(sections: Any) -> type[AgentBase]:
    return type("Declaring", (AgentBase,), {"PROMPT_SECTIONS": sections})


@pytest.mark.parametrize(("declared", "expected"), DECLARED.values(), ids=DECLARED)
def test_a_class_may_declare_its_prompt(declared: Any, expected: list[JSON]) -> None:
    agent = make(kind=declaring(declared))
    assert pom_of(agent) == expected
    assert pom_of(agent.prompt_add_section("More", "m"))[:-1] == expected


def test_agents_of_a_class_do_not_share_what_is_added_to_its_prompt() -> None:
    kind = declaring({"Rules": ["a"]})
    first, second = make(kind=kind), make(kind=kind)
    first.prompt_add_to_section("Rules", bullet="b")
    assert pom_of(second) == [{"title": "Rules", "bullets": ["a"]}]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("You help.", "PROMPT_SECTIONS must be a dict of titles or a list of sections"),
        (5, "PROMPT_SECTIONS must be a dict of titles or a list of sections"),
        ({"Role": 5}, r"PROMPT_SECTIONS\['Role'\] must be text, a list or a dict"),
        ({"Role": {"text": "x"}}, r"prompt section 'Role': unknown \['text'\]"),
        ([{"Title": "x"}], r"prompt section None: unknown \['Title'\]"),
    ],
)
def test_a_wrong_declaration_is_an_error_when_the_agent_is_made(
    declared: Any, message: str
) -> None:
    with pytest.raises(DefinitionError, match=message):
        make(kind=declaring(declared))


class Told(AgentBase):
    """Says its prompts itself."""

    told: Any = "You sell tea."
    asked: Any = "Sum up."

    def get_prompt(self) -> Any:
        return self.told

    def get_post_prompt(self) -> Any:
        return self.asked


def test_prompts_may_be_told_by_methods() -> None:
    agent = make(kind=Told)
    assert ai_of(agent)["prompt"] == {"text": "You sell tea."}
    assert ai_of(agent)["post_prompt"] == {"text": "Sum up."}


def test_a_method_may_tell_sections_or_nothing() -> None:
    agent = make(kind=Told)
    agent.set_prompt_text("You sell coffee.").set_prompt_llm_params(temperature=0.3)
    assert isinstance(agent, Told)
    agent.told, agent.asked = [{"title": "Role", "body": "You sell tea."}], None
    assert ai_of(agent)["prompt"] == {
        "pom": [{"title": "Role", "body": "You sell tea."}],
        "temperature": 0.3,
    }
    assert "post_prompt" not in ai_of(agent)
    agent.told = None
    assert ai_of(agent)["prompt"] == {"text": "You sell coffee.", "temperature": 0.3}


def test_what_is_told_is_compiled_once() -> None:
    agent = make(kind=Told)
    first = agent.compiled()
    assert agent.compiled() is first
    assert isinstance(agent, Told)
    agent.told = "You sell cocoa."
    assert agent.compiled() is not first
    assert ai_of(agent)["prompt"] == {"text": "You sell cocoa."}
    assert ai_of(agent.add_hint("tea"))["hints"] == ["tea"]


@pytest.mark.parametrize(("told", "asked"), [(5, None), (None, 5), ({"a": 1}, None), (None, [])])
def test_a_prompt_that_is_none_is_refused(told: Any, asked: Any) -> None:
    agent = make(kind=Told)
    assert isinstance(agent, Told)
    agent.told, agent.asked = told, asked
    with pytest.raises(DefinitionError, match=r"get_(post_)?prompt returned a"):
        agent.compiled()


def test_the_prompts_can_be_read() -> None:
    agent = make()
    assert agent.get_prompt() == ""
    assert agent.get_post_prompt() is None
    agent.prompt_add_section("Role", "You sell tea.").set_post_prompt("Sum up.")
    assert agent.get_prompt() == [{"title": "Role", "body": "You sell tea."}]
    assert agent.get_post_prompt() == "Sum up."
    assert make(use_pom=False).set_prompt_text("You sell tea.").get_prompt() == "You sell tea."
