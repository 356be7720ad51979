"""Give a skill to an agent, and take it away again."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from agentkit.agent import AgentBase
from agentkit.errors import DefinitionError
from agentkit.place import caller
from agentkit.prompt import checked
from agentkit.skills.base import SkillBase, is_installed
from agentkit.skills.contribution import Contribution, contributed, without
from agentkit.skills.parameters import checked_params
from agentkit.skills.registry import skill_registry
from agentkit.spec import AgentSpec


class Loaded(NamedTuple):
    """A skill of an agent and what it has put into its spec."""

    skill: SkillBase
    contribution: Contribution


def add(agent: AgentBase, skill: str | type, params: Mapping[str, Any] | None) -> AgentSpec:
    """Set a skill up and return the agent's spec with it; the agent is changed on the way.

    Raises:
        DefinitionError: there is no such skill, a parameter, package or variable is missing, or
            the agent has it already; it tells the agent and the line that adds the skill.
    """
    try:
        return _added(agent, skill, params)
    except DefinitionError as error:
        if error.line is not None:
            raise
        raise DefinitionError(str(error), agent=agent.name, line=caller()) from error


def remove(agent: AgentBase, name: str) -> AgentSpec:
    """Return the agent's spec without a skill, or without all instances of one."""
    spec = agent.spec
    for key in named(spec, name):
        left = {other: loaded for other, loaded in spec.skills.items() if other != key}
        skill, contribution = spec.skills[key]
        spec = without(spec, contribution, [other.contribution for other in left.values()])
        spec = spec.changed(skills=left)
        if skill.agent is agent:  # not on the copy that one request has
            skill.cleanup()
    return spec


def named(spec: AgentSpec, name: str) -> list[str]:
    """Return the keys of the skills that a key or the name of a skill means."""
    if name in spec.skills:
        return [name]
    return [key for key, loaded in spec.skills.items() if name == loaded.skill.SKILL_NAME]


def _added(agent: AgentBase, skill: str | type, params: Mapping[str, Any] | None) -> AgentSpec:
    kind = _kind(skill)
    _check_needs(kind)
    made = kind(agent, checked_params(kind, params))
    before, key = agent.spec, made.get_instance_key()
    if key in before.skills:
        return _again(before, made, before.skills[key].skill)
    if made.setup() is False:
        raise DefinitionError(f"skill {kind.SKILL_NAME!r} could not be set up")
    data = _register(agent, made)
    contribution = contributed(before, agent.spec, data)
    return agent.spec.merging("skills", {key: Loaded(made, contribution)})


def _kind(skill: str | type) -> type[SkillBase]:
    if isinstance(skill, str):
        return skill_registry.get_skill_class(skill)
    if isinstance(skill, type) and issubclass(skill, SkillBase) and skill.SKILL_NAME:
        return skill
    raise DefinitionError(f"add_skill takes a name, or a class of skills, not {skill!r}")


def _check_needs(kind: type[SkillBase]) -> None:
    packages = [name for name in kind.REQUIRED_PACKAGES if not is_installed(name)]
    if packages:
        missing = ", ".join(packages)
        raise DefinitionError(
            f"skill {kind.SKILL_NAME!r} needs packages to be installed: {missing}"
        )
    variables = [name for name in kind.REQUIRED_ENV_VARS if not os.environ.get(name)]
    if variables:
        missing = ", ".join(variables)
        raise DefinitionError(f"skill {kind.SKILL_NAME!r} needs {missing} in the environment")


def _again(spec: AgentSpec, made: SkillBase, known: SkillBase) -> AgentSpec:
    """Adding an instance a second time changes nothing, unless it would be another one."""
    name = made.SKILL_NAME
    if not made.SUPPORTS_MULTIPLE_INSTANCES:
        raise DefinitionError(f"the skill {name!r} is there already")
    if (made.params, made.swaig_fields) != (known.params, known.swaig_fields):
        raise DefinitionError(
            f"the skill {name!r} is there with other parameters already; "
            "another instance needs another tool_name"
        )
    return spec


def _register(agent: AgentBase, made: SkillBase) -> Mapping[str, Any]:
    made.register_tools()
    if hints := made.get_hints():
        agent.add_hints(hints)
    data = made.get_global_data()
    if data:
        agent.update_global_data(data)
    if not made.params.get("skip_prompt"):
        for section in made.get_prompt_sections():
            told = checked(section)
            numbered = told.pop("numberedBullets", False)
            agent.prompt_add_section(**{"title": "", **told}, numbered_bullets=numbered)
    return data
