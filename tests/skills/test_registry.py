"""Finding skills: registered, built in, of packages, in folders."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from agentkit import AgentBase, DefinitionError
from agentkit.skills import SkillBase, SkillRegistry, registry
from agentkit.skills.folders import class_in

ECHO = '''
from agentkit.skills import SkillBase

class Helper(SkillBase):
    SKILL_NAME = "other"

class Echo(SkillBase):
    """Says it again."""
    SKILL_NAME = "echo"
    SKILL_DESCRIPTION = "Say it again."

    def register_tools(self) -> None:
        self.define_tool(name="echo", handler=echo)

def echo(text: str) -> str:
    """Say it again."""
    return text
'''


class Mine(SkillBase):
    SKILL_NAME = "mine"


@pytest.fixture
def skills(monkeypatch: pytest.MonkeyPatch) -> Iterator[SkillRegistry]:
    """A registry of the test's own, in the place of the process's."""
    own = SkillRegistry()
    monkeypatch.setattr("agentkit.skills.adding.skill_registry", own)
    class_in.cache_clear()
    yield own
    class_in.cache_clear()


def folder(root: Path, name: str = "echo", code: str = ECHO) -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "skill.py").write_text(code, "utf-8")
    return root


def test_a_registered_skill_is_added_by_its_name(skills: SkillRegistry) -> None:
    skills.register_skill(Mine)
    assert AgentBase("desk").add_skill("mine").list_skills() == ["mine"]


@pytest.mark.parametrize("wrong", [SkillBase, int, Mine.SKILL_NAME, None])
def test_what_has_no_name_or_is_no_skill_is_not_registered(
    skills: SkillRegistry, wrong: Any
) -> None:
    with pytest.raises(DefinitionError, match=r"subclass of SkillBase|needs a SKILL_NAME"):
        skills.register_skill(wrong)


def test_a_folder_of_skills_is_searched(skills: SkillRegistry, tmp_path: Path) -> None:
    skills.add_skill_directory(str(folder(tmp_path)))
    skills.add_skill_directory(str(tmp_path))
    agent = AgentBase("desk").add_skill("echo")
    assert agent.spec.tools["echo"].entry["description"] == "Say it again."
    assert skills.get_skill_class("echo") is skills.get_skill_class("echo")


def test_the_environment_names_folders(
    skills: SkillRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALWIRE_SKILL_PATHS", f"{tmp_path / 'none'}:{folder(tmp_path / 'a')}:")
    assert skills.get_skill_class("echo").SKILL_DESCRIPTION == "Say it again."


def test_the_first_folder_wins(skills: SkillRegistry, tmp_path: Path) -> None:
    skills.add_skill_directory(str(folder(tmp_path / "a")))
    skills.add_skill_directory(str(folder(tmp_path / "b", code=ECHO.replace("Say it", "Not it"))))
    assert skills.get_skill_class("echo").SKILL_DESCRIPTION == "Say it again."


def test_a_folder_that_is_not_there_is_refused(skills: SkillRegistry, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="there is no folder of skills"):
        skills.add_skill_directory(str(tmp_path / "none"))


def test_a_file_without_the_skill_of_its_folders_name_is_refused(
    skills: SkillRegistry, tmp_path: Path
) -> None:
    skills.add_skill_directory(str(folder(tmp_path, "parrot")))
    with pytest.raises(DefinitionError, match="has no subclass of SkillBase with SKILL_NAME = 'p"):
        skills.get_skill_class("parrot")


def test_a_file_that_raises_says_so_each_time(skills: SkillRegistry, tmp_path: Path) -> None:
    skills.add_skill_directory(str(folder(tmp_path, code="raise OSError('no disk')")))
    for _ in range(2):
        with pytest.raises(OSError, match="no disk"):
            skills.get_skill_class("echo")


def test_a_file_that_no_loader_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be loaded as a module"):
        class_in(tmp_path / "skill.txt", "echo")


def test_packages_bring_skills(skills: SkillRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("mine", f"{__name__}:Mine", registry.GROUP),
        EntryPoint("nothing", f"{__name__}:ECHO", registry.GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    assert skills.get_skill_class("mine") is Mine
    assert skills.list_all_skill_sources()["package"] == ["mine", "nothing"]
    with pytest.raises(DefinitionError, match="a skill is a subclass of SkillBase"):
        skills.get_skill_class("nothing")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("datetme", "did you mean 'datetime'"), ("qqqqqq", "there are"), ("../math", "'math'")],
)
def test_an_unknown_skill_is_refused_with_what_there_is(
    skills: SkillRegistry, name: str, hint: str
) -> None:
    with pytest.raises(DefinitionError, match=f"there is no skill '{name}'; .*{hint}"):
        skills.get_skill_class(name)


def test_all_skills_tell_what_they_are(skills: SkillRegistry) -> None:
    skills.register_skill(Mine)
    told = {each["name"]: each for each in skills.list_skills()}
    assert told.keys() == {*registry.BUILT_IN, "mine"}
    assert all(told[name]["description"] for name in registry.BUILT_IN)
    assert all(told[name]["source"] == "built-in" for name in registry.BUILT_IN)
    assert told["mine"]["source"] == "registered"


def test_all_parameters_of_the_built_in_skills_are_described(skills: SkillRegistry) -> None:
    for name, told in skills.get_all_skills_schema().items():
        for parameter, schema in told["parameters"].items():
            assert schema["type"], (name, parameter)
            assert schema["description"].endswith("."), (name, parameter)
