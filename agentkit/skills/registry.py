"""Where skills are found by name: registered, built in, in packages, in folders, in this order.

Classes are loaded when they are first asked for.
"""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from agentkit.errors import DefinitionError
from agentkit.skills.base import SkillBase
from agentkit.skills.folders import FILE, class_in

JSON = dict[str, Any]
PATHS = "SIGNALWIRE_SKILL_PATHS"
"""Folders of skills, separated as in `PATH`."""

GROUP = "agentkit.skills"
"""Entry points of packages that bring skills: the skill's name, and its class."""

BUILT_IN = {
    "api_ninjas_trivia": "agentkit.skills.trivia:TriviaSkill",
    "claude_skills": "agentkit.skills.claude:ClaudeSkillsSkill",
    "datasphere": "agentkit.skills.datasphere:DataSphereSkill",
    "datasphere_serverless": "agentkit.skills.datasphere:DataSphereServerlessSkill",
    "datetime": "agentkit.skills.date_time:DateTimeSkill",
    "google_maps": "agentkit.skills.maps:MapsSkill",
    "info_gatherer": "agentkit.skills.info_gatherer:InfoGathererSkill",
    "joke": "agentkit.skills.joke:JokeSkill",
    "math": "agentkit.skills.arithmetic:MathSkill",
    "mcp_gateway": "agentkit.skills.mcp_gateway:McpGatewaySkill",
    "native_vector_search": "agentkit.skills.vector_search:VectorSearchSkill",
    "play_background_file": "agentkit.skills.background_file:BackgroundFileSkill",
    "spider": "agentkit.skills.spider:SpiderSkill",
    "swml_transfer": "agentkit.skills.transfer:TransferSkill",
    "weather_api": "agentkit.skills.weather:WeatherSkill",
    "web_search": "agentkit.skills.web_search:WebSearchSkill",
    "wikipedia_search": "agentkit.skills.wikipedia:WikipediaSkill",
}


class SkillRegistry:
    """The skills that agents of this process can be given."""

    def __init__(self) -> None:
        self._registered: dict[str, type[SkillBase]] = {}
        self._folders: list[Path] = []

    def register_skill(self, skill_class: type[SkillBase]) -> None:
        """Let agents be given a skill by its `SKILL_NAME`; it comes before others of that name.

        Raises:
            DefinitionError: it is no skill, or has no name.
        """
        self._registered[_checked(skill_class).SKILL_NAME] = skill_class

    def add_skill_directory(self, path: str) -> None:
        """Look for skills in a folder: `NAME/skill.py` holds the class of the skill NAME.

        Its code runs in this process when such a skill is added.

        Raises:
            DefinitionError: there is no such folder.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise DefinitionError(f"there is no folder of skills {str(path)!r}")
        if folder not in self._folders:
            self._folders.append(folder)

    def get_skill_class(self, skill_name: str) -> type[SkillBase]:
        """Return the class of a skill.

        Raises:
            DefinitionError: there is no such skill, or what is found is none.
        """
        if skill_name in self._registered:
            return self._registered[skill_name]
        if skill_name in BUILT_IN:
            return _loaded(BUILT_IN[skill_name])
        if skill_name in (packaged := _packaged()):
            return _checked(packaged[skill_name].load())
        file = self._files().get(skill_name)
        if file is None:
            raise DefinitionError(self._unknown(skill_name))
        return class_in(file, skill_name)

    def list_skills(self) -> list[JSON]:
        """Return name, description, version and source of every skill; all of them are loaded."""
        return [
            {
                "name": name,
                "description": kind.SKILL_DESCRIPTION,
                "version": kind.SKILL_VERSION,
                "supports_multiple_instances": kind.SUPPORTS_MULTIPLE_INSTANCES,
                "required_packages": list(kind.REQUIRED_PACKAGES),
                "required_env_vars": list(kind.REQUIRED_ENV_VARS),
                "source": source,
            }
            for name, source in sorted(self._sources().items())
            for kind in [self.get_skill_class(name)]
        ]

    def get_all_skills_schema(self) -> dict[str, JSON]:
        """Return what `list_skills` does, by name and with `parameters`."""
        return {
            told["name"]: {
                **told,
                "parameters": self.get_skill_class(told["name"]).get_parameter_schema(),
            }
            for told in self.list_skills()
        }

    def list_all_skill_sources(self) -> dict[str, list[str]]:
        """Return the names of skills by where they come from."""
        found: dict[str, list[str]] = {}
        for name, source in sorted(self._sources().items()):
            found.setdefault(source, []).append(name)
        return found

    def _sources(self) -> dict[str, str]:
        named: dict[str, Iterable[str]] = {
            "folder": self._files(),
            "package": _packaged(),
            "built-in": BUILT_IN,
            "registered": self._registered,
        }
        return {name: source for source, names in named.items() for name in names}

    def _files(self) -> dict[str, Path]:
        """Files of skills by name; what was added first wins."""
        folders = [*self._folders, *_named_folders()]
        return {
            file.parent.name: file
            for folder in reversed(folders)
            for file in sorted(folder.glob(f"*/{FILE}"))
        }

    def _unknown(self, name: str) -> str:
        known = sorted(self._sources())
        alike = get_close_matches(str(name), known, 3)
        hint = f"did you mean {' or '.join(map(repr, alike))}?" if alike else f"there are {known}"
        return f"there is no skill {name!r}; {hint}"


def _named_folders() -> Iterator[Path]:
    return (Path(path) for path in os.environ.get(PATHS, "").split(os.pathsep) if path)


def _packaged() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _loaded(where: str) -> type[SkillBase]:
    module, _, name = where.partition(":")
    found: type[SkillBase] = getattr(import_module(module), name)
    return found


def _checked(found: Any) -> type[SkillBase]:
    if not (isinstance(found, type) and issubclass(found, SkillBase)):
        raise DefinitionError(f"a skill is a subclass of SkillBase, not {found!r}")
    if not found.SKILL_NAME:
        raise DefinitionError(f"{found.__name__} needs a SKILL_NAME")
    return found


skill_registry = SkillRegistry()
"""The skills of this process."""

register_skill = skill_registry.register_skill
add_skill_directory = skill_registry.add_skill_directory
list_skills = skill_registry.list_skills
list_skills_with_params = skill_registry.get_all_skills_schema
