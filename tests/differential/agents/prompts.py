"""Agents of both SDKs: what the model is told."""

from typing import Any, ClassVar

from tests.differential.sdk import AgentBase


def _agent(**options: Any) -> AgentBase:
    return AgentBase("Tea Shop", route="/tea", basic_auth=("u", "p"), **options)


def minimal() -> AgentBase:
    return _agent()


def minimal_without_pom() -> AgentBase:
    return _agent(use_pom=False)


def text() -> AgentBase:
    agent = _agent()
    agent.set_prompt_text("You sell tea. ünïcode ☎")
    return agent


def sections() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Role", "You sell tea.", bullets=["Assam", "Sencha"])
    agent.prompt_add_section("Rules", "Be kind.", numbered=True)
    agent.prompt_add_section("Steps", bullets=["ask", "sell"], numbered_bullets=True)
    agent.prompt_add_section("Both", "b", ["x"], numbered=True, numbered_bullets=True)
    return agent


def sections_with_subsections() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section(
        "Teas", "All teas.", subsections=[{"title": "Black", "body": "Assam"},
                                          {"title": "Green", "body": "", "bullets": ["Sencha"]}],
    )  # fmt: skip
    return agent


def subsections_added() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Teas", "All teas.")
    agent.prompt_add_subsection("Teas", "Black", "Assam", bullets=["strong", "malty"])
    agent.prompt_add_subsection("Teas", "Green", "Sencha")
    return agent


def subsection_of_a_missing_parent() -> AgentBase:
    agent = _agent()
    agent.prompt_add_subsection("Teas", "Black", "Assam")
    return agent


def added_to_sections() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Role", "You sell tea.")
    agent.prompt_add_to_section("Role", "You are kind.")
    agent.prompt_add_to_section("Role", bullet="Assam")
    agent.prompt_add_to_section("Role", bullets=["Sencha", "Oolong"])
    agent.prompt_add_to_section("More", "Made when missing.")
    return agent


def sections_asked_for() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Role", "You sell tea.")
    if agent.prompt_has_section("Role") and not agent.prompt_has_section("Rules"):
        agent.prompt_add_section("Rules", "Be kind.")
    return agent


def sections_as_text() -> AgentBase:
    agent = _agent(use_pom=False)
    agent.set_prompt_text("You sell tea.")
    return agent


def pom_at_once() -> AgentBase:
    agent = _agent()
    agent.set_prompt_pom([{"title": "Role", "body": "You sell tea.", "bullets": ["a"]}])
    return agent


def title_only() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Title")
    return agent


def text_and_sections() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_prompt_text("Be kind.")
    return agent


def declared_as_dict() -> AgentBase:
    class Declared(AgentBase):
        PROMPT_SECTIONS: ClassVar[Any] = {
            "Role": "You sell tea.",
            "Rules": ["Be kind.", "Be quick."],
            "More": {"body": "b", "bullets": ["x"], "numbered": True},
        }

    return Declared("Tea Shop", route="/tea", basic_auth=("u", "p"))


def declared_as_list() -> AgentBase:
    class Declared(AgentBase):
        PROMPT_SECTIONS: ClassVar[Any] = [
            {"title": "Role", "body": "You sell tea."},
            {"title": "Rules", "bullets": ["Be kind."]},
        ]

    return Declared("Tea Shop", route="/tea", basic_auth=("u", "p"))


def post_prompt() -> AgentBase:
    agent = _agent()
    agent.set_prompt_text("You sell tea.")
    agent.set_post_prompt("Sum up.")
    return agent


def sampling() -> AgentBase:
    agent = _agent()
    agent.prompt_add_section("Role", "You sell tea.")
    agent.set_prompt_llm_params(temperature=0.3, top_p=0.9, model="gpt-4o-mini")
    agent.set_prompt_llm_params(temperature=0.4, barge_confidence=0.5)
    agent.set_post_prompt("Sum up.")
    agent.set_post_prompt_llm_params(temperature=0.1, max_tokens=100)
    return agent


def prompt_told_by_a_method() -> AgentBase:
    class Told(AgentBase):
        def get_prompt(self) -> Any:
            return "You sell tea, says a method."

        def get_post_prompt(self) -> str | None:
            return "Sum up, says a method."

    return Told("Tea Shop", route="/tea", basic_auth=("u", "p"))


def sections_told_by_a_method() -> AgentBase:
    class Told(AgentBase):
        def get_prompt(self) -> Any:
            return [{"title": "Role", "body": "You sell tea."}]

    return Told("Tea Shop", route="/tea", basic_auth=("u", "p"))
