"""Adding skills to an agent and taking them away: what changes, and what never does."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from agentkit import AgentBase, DefinitionError, FunctionResult
from agentkit.skills import SkillBase
from tests.skills.asking import ai_of, said, started

JSON = dict[str, Any]


class Counter(SkillBase):
    """Counts, in the call's global data."""

    SKILL_NAME = "counter"
    SUPPORTS_MULTIPLE_INSTANCES = True
    cleaned: ClassVar[list[str]] = []

    def register_tools(self) -> None:
        self.agent.set_param("counts", True)
        self.define_tool(name=self.param("tool_name"), description="Count.", handler=self.count)

    def count(self, args: JSON, raw_data: JSON) -> FunctionResult:
        known = self.get_skill_data(raw_data).get("count", 0)
        return self.update_skill_data(FunctionResult("Counted."), {"count": known + 1})

    def get_hints(self) -> list[str]:
        return ["count"]

    def get_global_data(self) -> JSON:
        return {"counting": True}

    def get_prompt_sections(self) -> list[JSON]:
        return [{"title": f"Count by {self.param('tool_name')}", "body": "Count."}]

    def cleanup(self) -> None:
        self.cleaned.append(self.get_instance_key())


class Plain(SkillBase):
    SKILL_NAME = "plain"


class Unwilling(SkillBase):
    SKILL_NAME = "unwilling"

    def setup(self) -> bool:
        self.agent.add_hint("left behind")
        return False


class Failing(SkillBase):
    SKILL_NAME = "failing"

    def register_tools(self) -> None:
        self.define_tool(name="half", description="Half.", handler=lambda args: "")
        raise OSError("no room")


@pytest.fixture
def agent() -> AgentBase:
    Counter.cleaned.clear()
    return AgentBase("desk").prompt_add_section("Role", "Help.").add_hint("count")


def test_a_skill_brings_tools_hints_data_and_prompt(agent: AgentBase) -> None:
    agent.add_skill(Counter, {"tool_name": "count_up"})
    ai = ai_of(agent)
    assert [entry["function"] for entry in ai["SWAIG"]["functions"]] == ["count_up"]
    assert ai["hints"] == ["count", "count"]
    assert ai["global_data"] == {"counting": True}
    assert [section["title"] for section in ai["prompt"]["pom"]] == ["Role", "Count by count_up"]
    assert agent.list_skills() == ["counter_count_up"]


def test_a_removed_skill_leaves_nothing_behind(agent: AgentBase) -> None:
    before = agent.compiled().swml
    agent.add_skill(Counter).remove_skill("counter")
    assert agent.compiled().swml == before
    assert agent.list_skills() == []
    assert Counter.cleaned == ["counter_counter"]


def test_removing_one_of_two_instances_leaves_what_both_said(agent: AgentBase) -> None:
    agent.add_skill(Counter, {"tool_name": "a"})
    alone = agent.compiled().swml
    agent.add_skill(Counter, {"tool_name": "b"}).remove_skill("counter_b")
    assert agent.compiled().swml == alone
    agent.add_skill(Counter, {"tool_name": "b"}).remove_skill("counter_a")
    assert ai_of(agent)["global_data"] == {"counting": True}
    assert list(agent.spec.tools) == ["b"]


def test_the_name_of_a_skill_means_all_its_instances(agent: AgentBase) -> None:
    agent.add_skill(Counter, {"tool_name": "a"}).add_skill(Counter, {"tool_name": "b"})
    assert agent.has_skill("counter")
    assert agent.has_skill("counter_b")
    assert not agent.has_skill("math")
    assert agent.remove_skill("counter").list_skills() == []


def test_what_the_author_changed_since_stays(agent: AgentBase) -> None:
    agent.add_skill(Counter)
    agent.update_global_data({"counting": "twice"})
    agent.prompt_add_to_section("Count by counter", bullet="Slowly.")
    agent.remove_skill("counter")
    assert ai_of(agent)["global_data"] == {"counting": "twice"}
    assert [section["title"] for section in ai_of(agent)["prompt"]["pom"]] == ["Role"]


def test_what_the_author_took_away_first_is_not_missed(agent: AgentBase) -> None:
    agent.add_skill(Counter).set_prompt_pom([{"title": "Other", "body": "Else."}])
    agent.remove_skill("counter")
    assert [section["title"] for section in ai_of(agent)["prompt"]["pom"]] == ["Other"]


def test_a_skill_that_replaces_all_sections_takes_its_own_with_it() -> None:
    class Rewriting(SkillBase):
        SKILL_NAME = "rewriting"

        def register_tools(self) -> None:
            self.agent.set_prompt_pom([{"title": "New", "body": "n"}, {"body": "untitled"}])

    agent = AgentBase("desk").prompt_add_section("Role", "Help.").add_skill(Rewriting)
    agent.remove_skill("rewriting")
    assert agent.spec.prompt.sections == ()


def test_removing_what_is_not_there_changes_nothing(agent: AgentBase) -> None:
    before = agent.spec
    assert agent.remove_skill("math").spec == before


@pytest.mark.parametrize(
    ("skill", "error"), [(Unwilling, "'unwilling' could not be set up"), (Failing, "no room")]
)
def test_a_skill_that_fails_leaves_the_agent_as_it_was(
    agent: AgentBase, skill: type, error: str
) -> None:
    before = agent.spec
    with pytest.raises((DefinitionError, OSError), match=error):
        agent.add_skill(skill)
    assert agent.spec is before


def test_a_skill_that_may_be_there_once_is_refused_the_second_time(agent: AgentBase) -> None:
    agent.add_skill(Plain)
    with pytest.raises(DefinitionError, match="agent 'desk': the skill 'plain' is there already"):
        agent.add_skill(Plain)


def test_the_same_instance_again_changes_nothing_and_another_of_its_name_is_refused(
    agent: AgentBase,
) -> None:
    agent.add_skill(Counter)
    before = agent.spec
    assert agent.add_skill(Counter).spec is before
    with pytest.raises(DefinitionError, match="another instance needs another tool_name"):
        agent.add_skill(Counter, {"prefix": "other"})


@pytest.mark.parametrize("wrong", [None, 5, int, SkillBase])
def test_what_is_no_skill_is_refused(agent: AgentBase, wrong: Any) -> None:
    with pytest.raises(DefinitionError, match="add_skill takes a name, or a class of skills"):
        agent.add_skill(wrong)


def test_missing_packages_and_variables_are_named(
    agent: AgentBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Needy(SkillBase):
        SKILL_NAME = "needy"
        REQUIRED_PACKAGES: ClassVar[Any] = ("json", "no_such_package", "no_such_package.part")
        REQUIRED_ENV_VARS: ClassVar[Any] = ("NEEDY_KEY",)

    made = Needy(agent)
    assert not made.validate_packages()
    assert not made.validate_env_vars()
    with pytest.raises(DefinitionError, match=r"installed: no_such_package, no_such_package\.part"):
        agent.add_skill(Needy)
    monkeypatch.setattr(Needy, "REQUIRED_PACKAGES", ())
    with pytest.raises(DefinitionError, match="'needy' needs NEEDY_KEY in the environment"):
        agent.add_skill(Needy)
    monkeypatch.setenv("NEEDY_KEY", "k")
    assert agent.add_skill(Needy).has_skill("needy")
    assert made.validate_env_vars()


def test_fields_for_tools_join_every_entry(agent: AgentBase) -> None:
    fields = {"meta_data": {"a": 1}, "secure": False, "description": "The author's"}
    agent.add_skill(Counter, {"swaig_fields": fields})
    agent.add_skill("joke", {"api_key": "k", "swaig_fields": fields})
    count, joke = ai_of(agent)["SWAIG"]["functions"]
    assert count["meta_data"] == joke["meta_data"] == {"a": 1}
    assert count["description"] == "Count."
    assert joke["description"] == "The author's"
    assert "secure" not in count
    assert "secure" not in joke
    assert not agent.spec.tools["counter"].secure


def test_a_mistake_is_told_with_the_agent_and_the_line(agent: AgentBase) -> None:
    with pytest.raises(DefinitionError) as caught:
        agent.add_skill("jok")
    assert caught.value.agent == "desk"
    assert caught.value.line is not None
    assert caught.value.line.startswith(f"{__file__}:")
    with pytest.raises(DefinitionError, match=r"question 1 needs .*test_adding\.py:\d+\)$"):
        agent.add_skill("info_gatherer", {"questions": [{"key_name": "a"}]})


def test_sections_may_be_written_in_either_form(agent: AgentBase) -> None:
    class Listing(SkillBase):
        SKILL_NAME = "listing"

        def get_prompt_sections(self) -> list[JSON]:
            return [
                {"body": "Untitled."},
                {"title": "L", "bullets": ["a"], "numberedBullets": True},
            ]

    agent.add_skill(Listing)
    assert agent.spec.prompt.sections[1:] == (
        {"body": "Untitled."}, {"title": "L", "bullets": ["a"], "numberedBullets": True},
    )  # fmt: skip


def test_the_prompt_can_be_left_alone(agent: AgentBase) -> None:
    agent.add_skill(Counter, {"skip_prompt": True})
    assert [section["title"] for section in ai_of(agent)["prompt"]["pom"]] == ["Role"]


async def test_a_skill_keeps_data_of_its_own_in_a_call(agent: AgentBase) -> None:
    call = await started(agent.add_skill(Counter).add_skill(Counter, {"tool_name": "b"}))
    for tool in ("counter", "counter", "b"):
        assert (await call.tool(tool)).response == "Counted."
    assert call.global_data["skill:counter_counter"] == {"count": 2}
    assert call.global_data["skill:counter_b"] == {"count": 1}


@pytest.mark.parametrize("raw", [None, {}, {"global_data": []}, {"global_data": {"skill:x": 5}}])
def test_damaged_data_of_a_call_counts_as_none(agent: AgentBase, raw: Any) -> None:
    assert Counter(agent, {"prefix": "x"}).get_skill_data(raw) == {}


async def test_a_skill_of_one_request_reaches_no_other(agent: AgentBase) -> None:
    def configured(query: Mapping[str, str], body: JSON, headers: Any, own: AgentBase) -> None:
        own.add_skill(Counter)

    agent.set_dynamic_config_callback(configured)
    assert await said(agent, "counter") == "Counted."
    assert agent.list_skills() == []


def test_a_copy_of_an_agent_cannot_clean_up_what_the_agent_uses(agent: AgentBase) -> None:
    agent.add_skill(Counter)
    assert agent.fork().remove_skill("counter").list_skills() == []
    assert Counter.cleaned == []
    assert agent.list_skills() == ["counter_counter"]
