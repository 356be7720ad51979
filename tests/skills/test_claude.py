"""The skill `claude_skills`: texts of a folder as tools."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.skills.claude import LONGEST_ARGUMENTS, MOST_BYTES, filled
from tests.skills.asking import ai_of, said

Make = Callable[..., AgentBase]
TEXT = """---
name: Brew Tea
description: >
  Brew
  tea.
---
All: $ARGUMENTS; first $0 and $ARGUMENTS[0], second $1; in ${CLAUDE_SKILL_DIR} of
${CLAUDE_SESSION_ID}; !`rm -rf /` stays.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "brew" / "SKILL.md", TEXT)
    write(tmp_path / "brew" / "refs" / "table.md", "Green: 70.")
    write(tmp_path / "brew" / "scripts" / "heat.py", "print()")
    write(tmp_path / "brew" / "assets" / "cup.txt", "cup")
    write(tmp_path / "plain" / "SKILL.md", "Just text.\n")
    write(tmp_path / "notes.md", "no skill")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def make(folder: Path) -> Make:
    def made(**params: Any) -> AgentBase:
        return AgentBase("desk").add_skill("claude_skills", {"skills_path": str(folder), **params})

    return made


@pytest.fixture
def agent(make: Make) -> AgentBase:
    return make()


async def test_arguments_come_where_the_text_has_them(agent: AgentBase, folder: Path) -> None:
    told = await said(agent, "claude_brew_tea", arguments="green ${vars.x}")
    assert told.startswith("All: green $ {vars.x}; first green and green, second $; in ")
    assert f"in {folder / 'brew'} of\n" in told
    assert "!`rm -rf /` stays." in told
    assert "CLAUDE" not in told


async def test_arguments_come_after_a_text_without_a_place(agent: AgentBase) -> None:
    assert await said(agent, "claude_plain") == "Just text."
    told = await said(agent, "claude_plain", arguments="tea")
    assert told == "Just text.\n\nARGUMENTS: tea"
    told = await said(agent, "claude_plain", arguments="x" * 9_000)
    assert len(told) == LONGEST_ARGUMENTS + len("Just text.\n\nARGUMENTS: ")


async def test_a_section_is_told_and_nothing_else_of_the_disk(agent: AgentBase) -> None:
    told = await said(agent, "claude_brew_tea", section="refs/table")
    assert told == "Green: 70."
    skill = next(iter(agent.spec.skills.values())).skill
    document = skill._documents[0]
    for hostile in ("../plain/SKILL", "/etc/passwd", "SKILL", None):
        told = skill._answer(document, {"section": hostile}, {}).response
        assert told.startswith("All: ;")


def test_texts_stand_in_the_prompt_with_their_sections(make: Make) -> None:
    ai = ai_of(make(allow_script_execution=True, include=["brew"]))
    assert [section["title"] for section in ai["prompt"]["pom"]] == ["Brew Tea"]
    assert ai["prompt"]["pom"][0]["body"].endswith(
        "Available reference sections: refs/table\n"
        'Call claude_brew_tea(section="<name>") to load a section.\n\n'
        "Scripts: scripts/heat.py\n\nAssets: assets/cup.txt"
    )
    assert ai["SWAIG"]["functions"][0]["description"] == "Brew tea."
    assert ai["hints"] == ["Brew", "Tea"]


def test_an_author_may_leave_out_and_reword(make: Make) -> None:
    ai = ai_of(
        make(exclude=["brew"], tool_prefix="tell_", skill_descriptions={"plain": "Tell it."})
    )
    assert [entry["function"] for entry in ai["SWAIG"]["functions"]] == ["tell_plain"]
    assert ai["SWAIG"]["functions"][0]["description"] == "Tell it."


@pytest.mark.parametrize(
    ("front", "told", "called"),
    [
        ("disable-model-invocation: true", False, False),
        ("user-invocable: false", True, False),
        ("name: x", True, True),
        ("- a list", True, True),
        ("", True, True),
    ],
)
def test_front_matter_rules_what_is_offered(
    make: Make, folder: Path, front: str, told: bool, called: bool
) -> None:
    write(folder / "ruled" / "SKILL.md", f"---\n{front}\n---\nText.")
    agent = make(include=["ruled"])
    assert bool(agent.spec.prompt.sections) is told
    assert bool(agent.spec.tools) is called
    agent = make(include=["ruled"], ignore_invocation_control=True, response_prefix="P")
    assert agent.spec.prompt.sections
    assert agent.spec.tools


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"skills_path": "/no/such/folder"}, "there is no folder '/no/such/folder'"),
        ({"allow_shell_injection": True}, "runs no commands"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told(make: Make, params: Any, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        make(**params)


def test_front_matter_that_is_no_yaml_is_told(make: Make, folder: Path) -> None:
    write(folder / "broken" / "SKILL.md", "---\nname: [\n---\n")
    with pytest.raises(DefinitionError, match=r"front matter of broken/SKILL\.md"):
        make()


def test_front_matter_makes_no_objects(make: Make, folder: Path) -> None:
    write(folder / "evil" / "SKILL.md", "---\nname: !!python/object/apply:os.getcwd []\n---\n")
    with pytest.raises(DefinitionError, match="cannot read the front matter"):
        make()


def test_a_long_file_is_cut(make: Make, folder: Path) -> None:
    write(folder / "long" / "SKILL.md", "x" * (MOST_BYTES + 10))
    section = make(include=["long"]).spec.prompt.sections[0]
    assert len(section["body"]) == MOST_BYTES


def test_two_folders_are_two_instances(make: Make, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "more" / "x" / "SKILL.md", "Other.")
    agent = make().add_skill("claude_skills", {"skills_path": str(tmp_path / "more")})
    assert len(agent.list_skills()) == 2
    assert agent.remove_skill("claude_skills").spec.tools == {}


@pytest.mark.parametrize(
    ("text", "given", "told"),
    [
        ("$1", "a", ""),
        ("$100", "a", "$100\n\nARGUMENTS: a"),
        ("$ARGUMENTSx", "a", "$ARGUMENTSx\n\nARGUMENTS: a"),
        ("$0$1", "a b", "ab"),
        ("$ARGUMENTS", "$0", "$0"),
    ],
)
def test_places_are_filled_once(text: str, given: str, told: str) -> None:
    assert filled(text, given, {}) == told
